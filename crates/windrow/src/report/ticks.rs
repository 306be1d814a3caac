//! Ticks: which bars of a chart have their time written below them: midnights, first days of months, full hours.

use std::iter::once;

use super::timeline::{NATURAL, Timeline, about_us};
use super::{Precision, TimeText};
use crate::calendar::{Step, Unit};
use crate::window::Windows;

/// The time below a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Which bar.
    pub bar: usize,
    /// The time: a date where a day begins, else what the clock shows.
    pub text: String,
}

/// No length of a bar, but of use between days and weeks.
const TWO_DAYS: Step = Step { n: 2, unit: Unit::Day };

/// Between two times, in characters.
const GAP: f64 = 2.0;

impl Timeline {
    /// The times to write below the bars, as many as have a place, where a bar is as wide as `chars_per_bar` characters and `room`
    /// is the width of all, in characters.
    pub fn ticks(&self, chars_per_bar: f64, room: f64) -> Vec<Tick> {
        let x = |bar: usize| bar as f64 * chars_per_bar;
        let end = |tick: &Tick| x(tick.bar) + tick.text.len() as f64;
        let fits = |ticks: &[Tick]| ticks.windows(2).all(|two| end(&two[0]) + GAP <= x(two[1].bar));
        let longer = |step: &Step| about_us(*step) > about_us(self.length);
        let mut natural: Vec<Step> = NATURAL.into_iter().chain([TWO_DAYS]).filter(longer).collect();
        natural.sort_by_key(|step| about_us(*step));
        let mut every = once(self.length).chain(natural);
        let mut ticks = every.find_map(|step| Some(self.ticks_every(step)).filter(|ticks| fits(ticks)));
        let ticks = ticks.get_or_insert_default();
        ticks.retain(|tick| end(tick) <= room);
        if let (Some(bar), ..=1) = (self.bars.first(), ticks.len()) {
            let text = TimeText::new(&self.zone).short(bar.start_us, Precision::of(self.length));
            ticks.insert(0, Tick { bar: 0, text });
            if !fits(ticks) {
                ticks.remove(0);
            }
        }
        std::mem::take(ticks)
    }

    /// A tick wherever the clock shows a multiple of `step`.
    fn ticks_every(&self, step: Step) -> Vec<Tick> {
        let (Some(first), Some(last)) = (self.bars.first(), self.bars.last()) else { return Vec::new() };
        let marks = Windows::new(step, step, &self.zone);
        let day = Step { n: 1, unit: Unit::Day };
        let days = Windows::new(day, day, &self.zone);
        let clock = TimeText::new(&self.zone);
        let precision = Precision::of(step);
        let starts = std::iter::successors(Some(marks.next(first.start_us - 1)), |us| Some(marks.next(*us)));
        let starts: Vec<i64> = starts.take_while(|us| *us < last.end_us).collect();
        let has_midnight = starts.iter().any(|us| days.floor(*us) == *us);
        let text = |at: usize, us: i64| match () {
            _ if precision <= Precision::Day => clock.short(us, precision),
            _ if days.floor(us) == us => clock.short(us, Precision::Day),
            _ if at == 0 && !has_midnight => clock.short(us, precision),
            _ => {
                clock.short(us, precision).split_once(' ').map_or(String::new(), |(_, time)| time.to_owned())
            }
        };
        let bar_of = |us: i64| self.bars.partition_point(|bar| bar.end_us <= us);
        starts.iter().enumerate().map(|(at, us)| Tick { bar: bar_of(*us), text: text(at, *us) }).collect()
    }
}
