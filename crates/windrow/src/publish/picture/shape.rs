//! Shapes: the bars of a chart as paths.

use super::frame::num;
use crate::report::{Series, Timeline};

/// Where the bars of a chart stand.
pub(super) struct BarLayout {
    /// The left end of the first bar.
    pub(super) left: f64,
    /// Where bars end at the top when they are as high as `ceiling`.
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// The events of a bar as high as the plot.
    pub(super) ceiling: u64,
    /// How many bars there are.
    pub(super) bars: usize,
}

/// The part of a bar's place that is left free, where bars are wide enough.
const GAP: f64 = 0.12;
const WIDTH_WITH_GAP_MIN: f64 = 2.5;
/// What is not zero is seen.
const HEIGHT_MIN: f64 = 1.0;

impl BarLayout {
    pub(super) fn bar_width(&self) -> f64 {
        self.width / self.bars as f64
    }

    /// The left end of a bar.
    pub(super) fn x(&self, bar: usize) -> f64 {
        self.left + bar as f64 * self.bar_width()
    }

    /// How far down `events` reach up to.
    pub(super) fn y(&self, events: u64) -> f64 {
        let height = events as f64 * self.height / self.ceiling as f64;
        self.top + self.height - if events > 0 { height.max(HEIGHT_MIN) } else { 0.0 }
    }

    /// The bars of each series, one upon the other; those that are `partial` or those that are not.
    pub(super) fn stacked(&self, timeline: &Timeline, series: &[Series], partial: bool) -> Vec<String> {
        let gap = if self.bar_width() < WIDTH_WITH_GAP_MIN { 0.0 } else { GAP };
        let width = num(self.bar_width() * (1.0 - gap));
        let mut paths = vec![String::new(); series.len()];
        for (at, bar) in timeline.bars.iter().enumerate().filter(|(_, bar)| bar.is_partial == partial) {
            let base = self.top + self.height;
            let per_event =
                if bar.events > 0 { (base - self.y(bar.events)) / bar.events as f64 } else { 0.0 };
            let mut below = 0;
            for (series, path) in series.iter().zip(&mut paths) {
                let n = series.events[at];
                if n > 0 {
                    let (y, top) = (base - below as f64 * per_event, base - (below + n) as f64 * per_event);
                    *path += &format!("M{} {}V{}h{width}V{}z", num(self.x(at)), num(y), num(top), num(y));
                    below += n;
                }
            }
        }
        paths
    }
}

/// A round step (1, 2 or 5 times a power of ten) of which three to five reach `max`.
pub(super) fn round_step(max: u64) -> u64 {
    let least = max.div_ceil(5).max(1);
    let ten = 10_u64.pow(least.ilog10());
    [1, 2, 5].into_iter().map(|n| n * ten).find(|step| *step >= least).unwrap_or(ten * 10)
}
