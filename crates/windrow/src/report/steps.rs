//! Stand-in for windows of fixed steps on the UTC clock.

use crate::job::Step;
use crate::window::Zone;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start_us: i64,
    pub end_us: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Windows {
    every_us: i64,
    size_us: i64,
}

impl Windows {
    pub(super) fn new(every: Step, size: Step, _zone: &Zone) -> Self {
        Windows { every_us: every.fixed_us().unwrap_or(1), size_us: size.fixed_us().unwrap_or(1) }
    }
    pub(super) fn floor(&self, us: i64) -> i64 {
        us.div_euclid(self.every_us) * self.every_us
    }
    pub(super) fn next(&self, boundary: i64) -> i64 {
        boundary + self.every_us
    }
    pub(super) fn first_window_of(&self, us: i64) -> i64 {
        self.floor(us) - (self.size_us - self.every_us)
    }
    pub(super) fn window_starting(&self, start_us: i64) -> Window {
        Window { start_us, end_us: start_us + self.size_us }
    }
    pub(super) fn steps_between(&self, from: i64, to: i64) -> u64 {
        ((to - from) / self.every_us) as u64
    }
    pub(super) fn steps_per_window(&self) -> u32 {
        (self.size_us / self.every_us) as u32
    }
    pub(super) fn after(&self, boundary: i64, steps: u64) -> i64 {
        boundary + steps as i64 * self.every_us
    }
}
