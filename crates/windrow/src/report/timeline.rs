//! The timeline: events over time as bars of a natural length (an hour, a day, a month), for charts.

use std::iter::once;

use super::ReportData;
use crate::calendar::{DAY_US, Length, Step, Unit, Zone};
use crate::window::{Window, Windows};

/// Events of some consecutive steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The first instant, in microseconds UTC.
    pub start_us: i64,
    /// The instant it ends before, in microseconds UTC.
    pub end_us: i64,
    /// Its events, each once even where windows overlap.
    pub events: u64,
    /// Whether the report has only a part of the time: it begins or ends within the bar.
    pub is_partial: bool,
}

/// Events over time: bars that begin where the clock of the report shows a multiple of their length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The bars, in order of time; the first and the last may be partial.
    pub bars: Vec<Bar>,
    /// How long a bar is.
    pub length: Step,
    pub(super) zone: Zone,
}

/// Lengths that people count time in.
pub(super) const NATURAL: [Step; 41] = [
    step(1, Unit::Millisecond),
    step(2, Unit::Millisecond),
    step(5, Unit::Millisecond),
    step(10, Unit::Millisecond),
    step(20, Unit::Millisecond),
    step(50, Unit::Millisecond),
    step(100, Unit::Millisecond),
    step(200, Unit::Millisecond),
    step(500, Unit::Millisecond),
    step(1, Unit::Second),
    step(2, Unit::Second),
    step(5, Unit::Second),
    step(10, Unit::Second),
    step(30, Unit::Second),
    step(1, Unit::Minute),
    step(2, Unit::Minute),
    step(5, Unit::Minute),
    step(10, Unit::Minute),
    step(30, Unit::Minute),
    step(1, Unit::Hour),
    step(2, Unit::Hour),
    step(3, Unit::Hour),
    step(6, Unit::Hour),
    step(12, Unit::Hour),
    step(1, Unit::Day),
    step(1, Unit::Week),
    step(1, Unit::Month),
    step(1, Unit::Quarter),
    step(1, Unit::Year),
    step(2, Unit::Year),
    step(5, Unit::Year),
    step(10, Unit::Year),
    step(20, Unit::Year),
    step(50, Unit::Year),
    step(100, Unit::Year),
    step(200, Unit::Year),
    step(500, Unit::Year),
    step(1_000, Unit::Year),
    step(2_000, Unit::Year),
    step(5_000, Unit::Year),
    step(10_000, Unit::Year),
];

/// No bar needs to be longer than all of time.
const LONGEST_US: i64 = 10_000 * 366 * DAY_US;

/// From one natural length to the next it is at most seven times as far.
const FARTHEST: u64 = 8;

impl Timeline {
    /// The events of the highest bar.
    pub fn max(&self) -> u64 {
        self.bars.iter().map(|bar| bar.events).max().unwrap_or(0)
    }

    /// Whether the first or the last bar is partial.
    pub fn has_partial(&self) -> bool {
        self.bars.iter().any(|bar| bar.is_partial)
    }
}

impl ReportData {
    /// The events of this report over time in at most `bars_max` bars, of which each holds whole steps of the windows.
    pub fn timeline(&self, bars_max: usize) -> Timeline {
        let zone = self.spec.zone.clone();
        let Some((first_us, end_us)) = self.span_us() else {
            return Timeline { bars: Vec::new(), length: self.spec.every, zone };
        };
        let span = Window { start_us: first_us, end_us };
        let length = length(&self.windows, self.spec.every, &zone, span, bars_max.max(1) as u64);
        let mut bars = bars(&Windows::new(length, length, &zone).later_by(self.windows.offset_us()), span);
        let mut at = 0;
        for (pane_us, events) in self.counts.events_by_pane(&(first_us..end_us)) {
            while pane_us >= bars[at].end_us {
                at += 1;
            }
            bars[at].events += events;
        }
        Timeline { bars, length, zone }
    }
}

/// The length of the bars: that of a step if so many fit, else the shortest natural one whose bars begin where windows do; where none
/// does (steps of 7 minutes), a round number of steps.
fn length(windows: &Windows, every: Step, zone: &Zone, span: Window, bars_max: u64) -> Step {
    let is_whole = |length: &Step| {
        let bars = Windows::new(*length, *length, zone).later_by(windows.offset_us());
        let n = bars.steps_between(bars.floor(span.start_us), bars.floor(span.end_us - 1)) + 1;
        let starts = std::iter::successors(Some(bars.next(span.start_us)), |us| Some(bars.next(*us)));
        let mut starts = starts.take_while(|us| *us < span.end_us);
        (n <= bars_max).then_some(n).filter(|_| starts.all(|us| windows.floor(us) == us))
    };
    let natural = NATURAL.into_iter().find_map(|length| Some((length, is_whole(&length)?)));
    let natural = natural.filter(|(_, n)| n.saturating_mul(FARTHEST) >= bars_max).map(|(length, _)| length);
    let round = (0..9).flat_map(|zeros| [1, 2, 5].map(|n| n * 10_u32.pow(zeros)));
    let steps = round.filter_map(|n| Some(Step { n: n.checked_mul(every.n)?, ..every }));
    let steps = steps.filter(|length| {
        let one_us = about_us(Step { n: 1, ..every });
        i64::from(length.n).checked_mul(one_us).is_some_and(|us| us <= LONGEST_US)
    });
    let mut lengths = once(every).chain(natural).chain(steps);
    lengths.find(|length| is_whole(length).is_some()).unwrap_or(NATURAL[NATURAL.len() - 1])
}

/// The bars that begin at the boundaries of `lengths`, without their events.
fn bars(lengths: &Windows, span: Window) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut start_us = lengths.floor(span.start_us);
    while start_us < span.end_us {
        let next_us = lengths.next(start_us);
        let is_partial = start_us < span.start_us || next_us > span.end_us;
        bars.push(Bar {
            start_us: start_us.max(span.start_us),
            end_us: next_us.min(span.end_us),
            events: 0,
            is_partial,
        });
        start_us = next_us;
    }
    bars
}

const fn step(n: u32, unit: Unit) -> Step {
    Step { n, unit }
}

/// About how long a step is, to put steps in order.
pub(super) fn about_us(step: Step) -> i64 {
    match step.length() {
        Length::Fixed(us) => us,
        Length::Days(days) => days * DAY_US,
        Length::Months(months) => months * 30 * DAY_US,
    }
}

#[cfg(test)]
mod tests;
