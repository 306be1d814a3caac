//! Peaks: windows that stand out from the usual, and quiet gaps, each with its reason. Every window of the grid is judged,
//! also those without events.
//!
//! Floats are only added, subtracted, multiplied, divided and rooted, which every machine does alike.

mod grid;
mod quiet;
mod table;
mod usual;
mod words;

#[cfg(test)]
mod tests;

use super::{ReportData, past_limit};
use crate::error::{Result, Setting};
use crate::job::Peaks;
use crate::text::number::counted;
use crate::window::Window;
use grid::Grid;
use usual::{UsualWindows, Usuals};

/// A window, or a run of quiet ones, that stands out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Peak {
    /// The window; of a quiet gap from the start of its first window to the end of its last.
    pub window: Window,
    /// Whether it has far less than usual, not more.
    pub is_quiet: bool,
    /// What it has.
    pub value: f64,
    /// What is usual.
    pub expected: f64,
    /// How far apart they are, in robust standard deviations, rounded to hundredths.
    pub score: f64,
    /// All of this in words.
    pub reason: String,
    /// What it has in words.
    pub(crate) what: String,
}

/// A window, or a run of windows, that stands out.
#[derive(Clone, Copy, Debug)]
struct FoundPeak {
    /// The first window and the last, by their places in the grid.
    first: usize,
    last: usize,
    value: f64,
    expected: f64,
    score: f64,
    place: UsualWindows,
}

impl ReportData {
    /// The windows that stand out, as the job asks for them: the highest score first, then the earliest.
    pub fn peaks(&self) -> &[Peak] {
        &self.peaks
    }

    /// Finds them.
    ///
    /// # Errors
    /// Limit: the grid has more windows than `limits.grid_rows`.
    pub(super) fn find_peaks(&self, asked: &Peaks) -> Result<Vec<Peak>> {
        let windows = self.windows_in_grid();
        if windows > self.grid_rows_max {
            let error = past_limit(&self.spec, &counted(windows, "window"), self.grid_rows_max);
            let help = "choose a longer step, limit the report to a span of time, leave out its peaks, or raise the limit:";
            return Err(error.with_help(help).set(Setting::GridRowsMax, windows.to_string()));
        }
        let grid = Grid::of(self, &asked.by)?;
        let usuals = Usuals::of(&grid, self.spec.every, &self.spec.zone, &asked.by);
        let overlap = self.windows.steps_per_window() as usize;
        let mut found = highest(peaks(&grid, &usuals, asked.threshold, overlap), asked.limit);
        let quiet = if asked.gaps {
            // The first and the last window may have been cut off where the log was.
            let (first, last) = (self.spec.from_us.is_none(), self.spec.to_us.is_none());
            let judged = usize::from(first)..grid.values.len().saturating_sub(usize::from(last));
            highest(quiet::gaps(&grid, &usuals, (asked.threshold, overlap), judged), asked.limit)
        } else {
            Vec::new()
        };
        let n = found.len();
        found.extend(quiet);
        let peak = |(at, found): (usize, FoundPeak)| {
            let (start_us, last_us) = (grid.starts_us[found.first], grid.starts_us[found.last]);
            let window = Window { start_us, end_us: self.windows.window_starting(last_us).end_us };
            let is_quiet = at >= n;
            let what = words::what(&found, &asked.by, is_quiet, window);
            let reason = what.clone() + &words::how(&found, is_quiet);
            let FoundPeak { value, expected, score, .. } = found;
            Peak { window, is_quiet, value, expected, score, reason, what }
        };
        let mut peaks: Vec<Peak> = found.into_iter().enumerate().map(peak).collect();
        peaks.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.window.cmp(&b.window)));
        Ok(peaks)
    }
}

/// The windows far above the usual. Windows that overlap or follow one another are one peak, for which the highest is reported.
fn peaks(grid: &Grid, usuals: &Usuals, threshold: f64, overlap: usize) -> Vec<FoundPeak> {
    let mut peaks: Vec<FoundPeak> = Vec::new();
    let mut last_over = None;
    for (at, value) in grid.values.iter().copied().enumerate() {
        let Some(usual) = usuals.at(at) else { continue };
        let score = hundredths((value - usual.median) / usual.spread);
        // A window without a value is not over it.
        if score.is_nan() || score < threshold {
            continue;
        }
        let expected = usual.median;
        let found = FoundPeak { first: at, last: at, value, expected, score, place: usual.place };
        let is_next = last_over.replace(at).is_some_and(|last| at - last <= overlap);
        match peaks.last_mut().filter(|_| is_next) {
            Some(peak) if (peak.score, peak.value) < (score, value) => *peak = found,
            Some(_) => {}
            None => peaks.push(found),
        }
    }
    peaks
}

/// Those with the highest scores; of equal ones the earliest.
fn highest(mut found: Vec<FoundPeak>, limit: usize) -> Vec<FoundPeak> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.first.cmp(&b.first)));
    found.truncate(limit);
    found
}

fn hundredths(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}
