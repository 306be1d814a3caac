//! Windows from panes: half-open `[start, end)`, fixed or calendar, in a time zone.
//!
//! A boundary is an instant at which a zone's clock shows a mark of the step's ruler. Within a stretch (one offset)
//! that is arithmetic; a stretch begins either with a gap, whose skipped marks all fall on its first instant, or
//! with a fold, in which marks show a second time. In UTC there is one stretch, so arithmetic alone suffices.
//! The first and the last boundary are the same for all windows, so that every reader of times can read both.

mod ruler;
mod touched;

pub use touched::Touched;

use crate::calendar::{Step, Stretch, YEAR_1_US, Zone};
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
    /// From one window's start to the next, and the length of a window.
    steps: [Step; 2],
    zone: Zone,
}

/// Longer steps see only the first of two equal readings.
const BOTH_READINGS_MAX_US: i64 = 3_600_000_000;

/// The first boundary of all windows, 0001-01-01T00:00:00Z: a window that would begin before it begins there.
pub(crate) const FIRST_BOUNDARY_US: i64 = YEAR_1_US;
/// The last boundary of all windows, 9999-12-30T00:00:00Z: a window that would end after it ends there. Every reader of
/// times knows this instant, on the clock of every zone.
pub(crate) const LAST_BOUNDARY_US: i64 = 253_402_128_000_000_000;

impl Windows {
    /// The windows that begin every `every` and are `size` long, by the clock of `zone`. A `size` that is not a
    /// whole number of `every` (which no checked job has) counts as `every`.
    pub fn new(every: Step, size: Step, zone: &Zone) -> Self {
        Windows {
            ruler: Ruler::of(every),
            both: every.fixed_us().is_some_and(|us| us <= BOTH_READINGS_MAX_US),
            steps_per_window: size.steps_of(every).max(1),
            steps: [every, size],
            zone: zone.clone(),
        }
    }

    /// The same windows, each beginning `offset_us` later by the clock: days that begin at 06:00, weeks that begin on a Sunday.
    pub fn later_by(self, offset_us: i64) -> Self {
        Windows { ruler: self.ruler.later_by(offset_us), ..self }
    }

    /// How much later they begin than those without an offset.
    pub(crate) fn offset_us(&self) -> i64 {
        self.ruler.offset_us()
    }

    /// The steps whose marks their boundaries are: from one window's start to the next, and the length of a window.
    pub(crate) fn steps(&self) -> [Step; 2] {
        self.steps
    }

    /// The zone whose clock they follow.
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }

    /// How many windows hold an instant; 1 unless they overlap.
    pub fn steps_per_window(&self) -> u32 {
        self.steps_per_window
    }

    /// The last boundary at or before `us`: the start of the step that holds it.
    pub fn floor(&self, us: i64) -> i64 {
        let us = us.clamp(FIRST_BOUNDARY_US, LAST_BOUNDARY_US);
        if us == LAST_BOUNDARY_US { us } else { self.mark_before(us).max(FIRST_BOUNDARY_US) }
    }

    /// The last instant at or before `us` at which a mark is a boundary.
    fn mark_before(&self, us: i64) -> i64 {
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
        if us < FIRST_BOUNDARY_US {
            return if steps <= 1 { FIRST_BOUNDARY_US } else { self.advance(FIRST_BOUNDARY_US, steps - 1) };
        }
        if us >= LAST_BOUNDARY_US {
            return LAST_BOUNDARY_US;
        }
        let mut stretch = self.zone.stretch_of(us);
        let mut done = self.ruler.number((us + stretch.offset_us).max(self.shown_us(&stretch)));
        let mut left = i64::from(steps.max(1));
        loop {
            let boundary_us = self.ruler.mark(done + left).saturating_sub(stretch.offset_us);
            if boundary_us < stretch.end_us || stretch.end_us > LAST_BOUNDARY_US {
                return boundary_us.min(LAST_BOUNDARY_US);
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
        if to_us <= from_us || to_us < FIRST_BOUNDARY_US || from_us >= LAST_BOUNDARY_US {
            return 0;
        }
        if from_us < FIRST_BOUNDARY_US {
            return 1 + self.steps_between(FIRST_BOUNDARY_US, to_us);
        }
        if to_us >= LAST_BOUNDARY_US {
            return 1 + self.steps_between(from_us, LAST_BOUNDARY_US - 1);
        }
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
        let next = move |start_us: &i64| Some(self.next(*start_us)).filter(|next| *next <= last_start_us);
        std::iter::successors(Some(first_start_us), next).map(|start_us| self.window_starting(start_us))
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
