//! Past runs: how long reading took in them, to estimate how long it will take.

use super::runs;
use crate::ledger::RunRow;

/// How many runs, from the newest on, the estimate uses.
const RUNS_TOLD: usize = 10;

/// Totals of the last runs that read something.
pub(super) struct Past {
    bytes: u64,
    rows: u64,
    seconds: f64,
}

impl Past {
    pub(super) fn of(runs: &[RunRow]) -> Self {
        let mut past = Past { bytes: 0, rows: 0, seconds: 0.0 };
        for run in runs.iter().rev().filter(|run| run.bytes_read > 0).take(RUNS_TOLD) {
            past.bytes += run.bytes_read.unsigned_abs();
            past.rows += run.rows.unsigned_abs();
            past.seconds += runs::stages(run).get("count").copied().unwrap_or_default();
        }
        past
    }

    pub(super) fn rows(&self, bytes: u64) -> Option<u64> {
        let rows = u128::from(bytes) * u128::from(self.rows) / u128::from(self.bytes).max(1);
        (self.bytes > 0).then(|| u64::try_from(rows).unwrap_or(u64::MAX))
    }

    pub(super) fn seconds(&self, bytes: u64) -> Option<f64> {
        (self.bytes > 0).then(|| bytes as f64 * self.seconds / self.bytes as f64)
    }
}
