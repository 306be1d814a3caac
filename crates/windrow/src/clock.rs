//! The only door to the clock. Nothing that decides an answer goes through it: it times work and names runs.
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

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
