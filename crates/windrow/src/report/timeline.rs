//! The timeline: events over time in a given number of bars, for charts.

use super::Report;
use crate::window::Windows;

/// Events of some consecutive steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The first instant, in microseconds UTC.
    pub start_us: i64,
    /// The instant it ends before, in microseconds UTC.
    pub end_us: i64,
    /// Its events, each once even where windows overlap.
    pub events: u64,
}

/// Events over time: bars of equally many steps; the last may have fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The bars, in order of time.
    pub bars: Vec<Bar>,
    /// Steps per bar.
    pub steps_per_bar: u64,
}

impl Timeline {
    /// The events of the highest bar.
    pub fn max(&self) -> u64 {
        self.bars.iter().map(|bar| bar.events).max().unwrap_or(0)
    }
}

impl Report<'_> {
    /// The events of this report over time in at most `bars_max` bars.
    pub fn timeline(&self, bars_max: usize) -> Timeline {
        let windows = &self.windows;
        let Some((first_us, end_us)) = self.span_us() else {
            return Timeline { bars: Vec::new(), steps_per_bar: 1 };
        };
        let span_us = first_us..end_us;
        let steps = windows.steps_between(first_us, windows.floor(end_us - 1)) + 1;
        let steps_per_bar = steps.div_ceil(bars_max.max(1) as u64);
        let mut bars = Vec::new();
        let mut start_us = first_us;
        for left in (1..=steps).rev().step_by(usize::try_from(steps_per_bar).unwrap_or(usize::MAX)) {
            let end_us = after(windows, start_us, left.min(steps_per_bar));
            bars.push(Bar { start_us, end_us, events: 0 });
            start_us = end_us;
        }
        let mut at = 0;
        for (pane_us, events) in self.counts.events_by_pane(&span_us) {
            while pane_us >= bars[at].end_us {
                at += 1;
            }
            bars[at].events += events;
        }
        Timeline { bars, steps_per_bar }
    }
}

/// The boundary `steps` after another, which may be more than the windows advance at once.
fn after(windows: &Windows, mut boundary_us: i64, mut steps: u64) -> i64 {
    while steps > 0 {
        let some = u32::try_from(steps).unwrap_or(u32::MAX);
        boundary_us = windows.advance(boundary_us, some);
        steps -= u64::from(some);
    }
    boundary_us
}
