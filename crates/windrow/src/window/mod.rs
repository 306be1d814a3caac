//! Windows from panes: half-open `[start, end)`, fixed or calendar, in a time zone.
//!
//! A boundary is an instant at which a zone's clock shows a mark of the step's ruler. Within a stretch (one offset)
//! that is arithmetic; a stretch begins either with a gap, whose skipped marks all fall on its first instant, or
//! with a fold, in which marks show a second time. In UTC there is one stretch, hence only arithmetic.

pub(crate) mod civil;
mod ruler;
mod touched;
mod zone;

pub use touched::Touched;
pub(crate) use zone::Stretch;
pub use zone::Zone;

use crate::job::{ReportSpec, Step};
use ruler::Ruler;

/// One window: `[start, end)` in microseconds UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// The first instant.
    pub start_us: i64,
    /// The instant after the last.
    pub end_us: i64,
}

/// All the windows of a step and a size in a zone.
#[derive(Clone, Debug)]
pub struct Windows {
    ruler: Ruler,
    /// Whether a mark that the clock shows twice is two boundaries.
    both: bool,
    steps_per_window: u32,
    zone: Zone,
}

/// Longer steps see only the first of two equal readings.
const BOTH_READINGS_MAX_US: i64 = 3_600_000_000;

/// Instants further from 1970 than this (15,000 years) are taken for this, so that no sum overflows and no walk
/// over the changes of a clock is long. No event is that far.
const FAR_US: i64 = 15_000 * 366 * civil::DAY_US;

impl Windows {
    /// The windows that begin every `every` and are `size` long, by the clock of `zone`. A `size` that is not a
    /// whole number of `every` (which no checked job has) counts as `every`.
    pub fn new(every: Step, size: Step, zone: &Zone) -> Self {
        Windows {
            ruler: Ruler::of(every),
            both: every.fixed_us().is_some_and(|us| us <= BOTH_READINGS_MAX_US),
            steps_per_window: size.steps_of(every).max(1),
            zone: zone.clone(),
        }
    }

    /// The windows of a report.
    pub fn of(report: &ReportSpec) -> Self {
        Windows::new(report.every, report.size, &report.zone)
    }

    /// How many windows hold an instant; 1 unless they overlap.
    pub fn steps_per_window(&self) -> u32 {
        self.steps_per_window
    }

    /// The last boundary at or before `us`: the start of the step that holds it.
    pub fn floor(&self, us: i64) -> i64 {
        let us = us.clamp(-FAR_US, FAR_US);
        let mut stretch = self.zone.stretch_of(us);
        let mut reading_us = us + stretch.offset_us;
        loop {
            let mark_us = self.ruler.mark(self.ruler.number(reading_us));
            if mark_us > self.shown_us(&stretch) {
                return (mark_us - stretch.offset_us).max(stretch.start_us);
            }
            let end_us = stretch.start_us;
            stretch = self.zone.stretch_of(end_us - 1);
            reading_us = end_us - 1 + stretch.offset_us;
        }
    }

    /// The first boundary after `us`.
    pub fn next(&self, us: i64) -> i64 {
        self.advance(us, 1)
    }

    /// The last boundary before `us`.
    pub fn previous(&self, us: i64) -> i64 {
        self.floor(us - 1)
    }

    /// The `steps`th boundary after `us`, `steps` at least 1. Its cost does not grow with `steps`, save for the changes of the zone's
    /// clock on the way.
    pub fn advance(&self, us: i64, steps: u32) -> i64 {
        let us = us.clamp(-FAR_US, FAR_US);
        let mut stretch = self.zone.stretch_of(us);
        let mut done = self.ruler.number((us + stretch.offset_us).max(self.shown_us(&stretch)));
        let mut left = i64::from(steps.max(1));
        loop {
            let boundary_us = self.ruler.mark(done + left).saturating_sub(stretch.offset_us);
            if boundary_us < stretch.end_us || stretch.end_us > FAR_US {
                return boundary_us;
            }
            left -= (self.last_mark(&stretch) - done).max(0);
            stretch = self.zone.stretch_of(stretch.end_us);
            left -= self.boundaries_at_start(&stretch);
            if left == 0 {
                return stretch.start_us;
            }
            done = self.marks_at_start(&stretch);
        }
    }

    /// How many boundaries there are in `(from_us, to_us]`, which for two boundaries is how many steps they are
    /// apart; 0 when `to_us` is not after `from_us`. Its cost grows only with the changes of the zone's clock between them.
    pub fn steps_between(&self, from_us: i64, to_us: i64) -> u64 {
        let (from_us, to_us) = (from_us.clamp(-FAR_US, FAR_US), to_us.clamp(-FAR_US, FAR_US));
        let mut stretch = self.zone.stretch_of(from_us);
        let mut done = self.ruler.number((from_us + stretch.offset_us).max(self.shown_us(&stretch)));
        let mut steps = 0;
        while to_us >= stretch.end_us {
            steps += (self.last_mark(&stretch) - done).max(0);
            stretch = self.zone.stretch_of(stretch.end_us);
            steps += self.boundaries_at_start(&stretch);
            done = self.marks_at_start(&stretch);
        }
        steps += (self.ruler.number(to_us + stretch.offset_us) - done).max(0);
        u64::try_from(steps).unwrap_or_default()
    }

    /// The windows that hold the instant `us`, in order.
    pub fn each_window_of(&self, us: i64) -> impl Iterator<Item = Window> + '_ {
        let last_start_us = self.floor(us);
        let first_start_us =
            (1..self.steps_per_window).fold(last_start_us, |start_us, _| self.previous(start_us));
        let first = Window { start_us: first_start_us, end_us: self.next(last_start_us) };
        let following = |window: &Window| Window {
            start_us: self.next(window.start_us),
            end_us: self.next(window.end_us),
        };
        std::iter::successors(Some(first), move |window| Some(following(window)))
            .take(self.steps_per_window as usize)
    }

    /// The window that begins at the boundary `start_us`.
    pub fn window_starting(&self, start_us: i64) -> Window {
        Window { start_us, end_us: self.advance(start_us, self.steps_per_window) }
    }

    /// What the zone's clock shows at `us`, with its offset; see [`Zone::label`].
    pub fn label(&self, us: i64) -> String {
        self.zone.label(us)
    }

    /// The reading up to which the marks were boundaries before a stretch began, or are none.
    fn shown_us(&self, stretch: &Stretch) -> i64 {
        match self.both {
            true => stretch.highest_us.min(first_reading_us(stretch).saturating_sub(1)),
            false => stretch.highest_us,
        }
    }

    /// The number of the last mark that has had its boundary when a stretch has just begun.
    fn marks_at_start(&self, stretch: &Stretch) -> i64 {
        self.ruler.number(self.shown_us(stretch).max(first_reading_us(stretch)))
    }

    /// 1 if a stretch begins with a boundary, however many marks fall on it; else 0.
    fn boundaries_at_start(&self, stretch: &Stretch) -> i64 {
        (self.marks_at_start(stretch) - self.ruler.number(self.shown_us(stretch))).min(1)
    }

    /// The number of the last mark that is shown before a stretch ends.
    fn last_mark(&self, stretch: &Stretch) -> i64 {
        self.ruler.number(stretch.end_us - 1 + stretch.offset_us)
    }
}

/// What the clock shows when a stretch begins.
fn first_reading_us(stretch: &Stretch) -> i64 {
    stretch.start_us.saturating_add(stretch.offset_us)
}

#[cfg(test)]
mod tests;
