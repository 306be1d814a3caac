//! The only door to the clock. Nothing that decides an answer goes through it: it times work and names runs.
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant, SystemTime};

/// A started stopwatch.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Milliseconds since 1970 by the machine's clock; 0 for a clock before that. For the records of commits and the ages
/// of files only.
pub fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
