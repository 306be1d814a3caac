//! The timeline: events over time in a given number of bars, for charts.

use super::Report;

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
        let bar = |at: u64| Bar {
            start_us: windows.after(first_us, at * steps_per_bar),
            end_us: windows.after(first_us, ((at + 1) * steps_per_bar).min(steps)),
            events: 0,
        };
        let mut bars: Vec<Bar> = (0..steps.div_ceil(steps_per_bar)).map(bar).collect();
        let mut at = 0;
        self.counts.each_count(&span_us, |pane_us, _, n| {
            while pane_us >= bars[at].end_us {
                at += 1;
            }
            bars[at].events += n;
        });
        Timeline { bars, steps_per_bar }
    }
}
