//! Whether the server is still alive. A server may be silent while it works, but the silence of a lost connection ends the query.

use std::time::Duration;

use super::progress::QueryProgress;
use crate::clock::Stopwatch;

/// How long a server may be unreachable, from its last sign of life.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How long a query may make no progress: no task begins or ends, and no rows arrive. A server that ran out of memory still answers,
/// but never finishes.
pub(super) const STANDSTILL: Duration = Duration::from_secs(900);

/// The silence after which windrow asks the server for a sign of life. The answer does not depend on the query, so a long task
/// looks different from a dead machine. Pings of HTTP/2 would be simpler, but servers before Spark 4.3 hang up on them.
const SILENCE: Duration = Duration::from_secs(4);

/// The same after a lost connection: the new one must prove that it reaches the same server.
const SILENCE_AFTER_BREAK: Duration = Duration::from_secs(1);

/// The pause before the first and the longest before later attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The server's last sign of life, and what has happened since.
#[derive(Debug)]
pub(super) struct Pulse {
    sign: Stopwatch,
    breaks: u32,
    asked: Option<Stopwatch>,
}

impl Pulse {
    pub(super) fn start() -> Self {
        Pulse { sign: Stopwatch::start(), breaks: 0, asked: None }
    }

    /// Notes a sign of life.
    pub(super) fn beat(&mut self) {
        *self = Pulse::start();
    }

    /// Notes that windrow did not listen for a while, so that its silence does not count against the server.
    pub(super) fn listen_again(&mut self) {
        self.sign = Stopwatch::start();
        self.asked = None;
    }

    /// Notes a lost connection. Returns the pause before the next attempt, or `None` when it is time to give up.
    pub(super) fn lost(&mut self) -> Option<Duration> {
        let pause = pause(self.breaks);
        self.breaks += 1;
        self.asked = None;
        (!self.is_over()).then_some(pause)
    }

    /// Whether the connection has been down for too long.
    pub(super) fn is_over(&self) -> bool {
        self.breaks > 0 && self.sign.elapsed() >= PATIENCE
    }

    /// Whether it is time to ask the server for a sign of life; if so, notes that it was asked.
    pub(super) fn asks(&mut self) -> bool {
        let silence = if self.breaks > 0 { SILENCE_AFTER_BREAK } else { SILENCE };
        let due = self.asked.as_ref().unwrap_or(&self.sign).elapsed() >= silence;
        if due {
            self.asked = Some(Stopwatch::start());
        }
        due
    }
}

fn pause(breaks: u32) -> Duration {
    PAUSES.0.saturating_mul(1 << breaks.min(10)).min(PAUSES.1)
}

/// When a query last made progress.
#[derive(Debug)]
pub(super) struct Motion {
    last: Option<QueryProgress>,
    since: Stopwatch,
}

impl Motion {
    pub(super) fn start() -> Self {
        Motion { last: None, since: Stopwatch::start() }
    }

    /// Notes that rows arrived, or that windrow did not wait for any.
    pub(super) fn moved(&mut self) {
        self.since = Stopwatch::start();
    }

    /// Takes Spark's report of the query's progress. Returns whether it is further than before.
    pub(super) fn is_at(&mut self, watched: QueryProgress) -> bool {
        let is_further = self.last.replace(watched) != Some(watched);
        if is_further {
            self.moved();
        }
        is_further
    }

    /// Whether the query has made no progress for too long. Servers can be configured not to report any.
    pub(super) fn is_over(&self) -> bool {
        self.last.is_some() && is_standstill(self.since.elapsed())
    }
}

fn is_standstill(still: Duration) -> bool {
    still >= STANDSTILL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        let pauses: Vec<u128> = (0..8).map(|breaks| pause(breaks).as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(pause(u32::MAX), PAUSES.1);
    }

    #[test]
    fn a_query_stands_still_while_its_tasks_do() {
        let mut motion = Motion::start();
        let begun = QueryProgress { tasks_total: 4, tasks_running: 2, ..QueryProgress::default() };
        let ended = QueryProgress { tasks_done: 1, ..begun };
        let moves: Vec<bool> = [begun, begun, ended, ended].into_iter().map(|at| motion.is_at(at)).collect();
        assert_eq!(moves, [true, false, true, false]);
        assert!(!motion.is_over());
        assert!(is_standstill(STANDSTILL) && !is_standstill(STANDSTILL - Duration::from_secs(1)));
    }

    #[test]
    fn silence_of_a_connection_that_stands_is_never_over() {
        let mut pulse = Pulse::start();
        assert!(!pulse.is_over());
        assert!(pulse.lost().is_some(), "the first break leaves time for another attempt");
        pulse.beat();
        assert_eq!(pulse.breaks, 0);
    }
}
