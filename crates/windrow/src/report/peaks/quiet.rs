//! Quiet gaps: windows, or runs of them, with far fewer events than usual.

use std::ops::Range;

use super::grid::Grid;
use super::usual::{NEIGHBOURS, Usual, UsualWindows, Usuals, usual_of};
use super::{FoundPeak, hundredths};

/// A window is low with at most one in so many of the usual events.
const LOW: f64 = 4.0;

/// The runs of low windows among those of `judged` whose events, taken together, are as far below the usual as the threshold; `overlap`
/// windows hold one instant.
pub(super) fn gaps(
    grid: &Grid,
    usuals: &Usuals,
    (threshold, overlap): (f64, usize),
    judged: Range<usize>,
) -> Vec<FoundPeak> {
    let mut gaps = Vec::new();
    let mut first = judged.start;
    // What is usual where windows are compared with those around them: the windows within a gap say nothing of it.
    let mut before = None;
    for at in judged.clone() {
        if first == at {
            before = usual_of(&grid.values[at.saturating_sub(NEIGHBOURS)..at], UsualWindows::Around);
        }
        let usual = usuals.at(at).filter(|usual| usual.place != UsualWindows::Around).or(before);
        if usual.is_some_and(|usual| usual.median > 0.0 && grid.values[at] * LOW <= usual.median) {
            continue;
        }
        gaps.extend(found(grid, usuals, first..at, overlap));
        first = at + 1;
    }
    gaps.extend(found(grid, usuals, first..judged.end, overlap));
    gaps.retain(|gap| gap.score >= threshold);
    gaps
}

/// A run of low windows as one gap. Of windows that overlap those are added up that follow one another.
fn found(grid: &Grid, usuals: &Usuals, run: Range<usize>, overlap: usize) -> Option<FoundPeak> {
    if run.is_empty() {
        return None;
    }
    let after = run.end..grid.values.len().min(run.end + NEIGHBOURS);
    let beside =
        [&grid.values[run.start.saturating_sub(NEIGHBOURS)..run.start], &grid.values[after]].concat();
    let around = usual_of(&beside, UsualWindows::Around);
    let (mut value, mut expected, mut variance, mut last) = (0.0, 0.0, 0.0, run.start);
    for at in run.clone().step_by(overlap) {
        let Usual { median, spread, .. } =
            usuals.at(at).filter(|usual| usual.place != UsualWindows::Around).or(around)?;
        value += grid.values[at];
        expected += median;
        variance += spread * spread;
        last = at;
    }
    let score = hundredths((expected - value) / variance.sqrt());
    Some(FoundPeak { first: run.start, last, value, expected, score, place: UsualWindows::Around })
}
