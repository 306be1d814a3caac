//! Runs: what each run did, how long it took, and where the time went. No number depends on them.

use super::rows::{Instant, row};

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its name.
    pub run: String,
    /// When it began.
    pub started: Instant,
    /// When this row was written.
    pub ended: Instant,
    /// `changed`, `nothing new`, `refused` (some files were) or `failed`.
    pub outcome: String,
    /// The version of the ledger that it began from; `None`: there was no ledger.
    pub ledger_before: Option<i64>,
    /// The version of the ledger that it left.
    pub ledger_version: Option<i64>,
    /// Files that the job names.
    pub files_listed: i64,
    /// Files that it read.
    pub files_read: i64,
    /// The number of files by result, as JSON.
    pub files: String,
    /// Rows of the files it read.
    pub rows: i64,
    /// Bytes it read.
    pub bytes_read: i64,
    /// Rows that changed in the published reports.
    pub windows_changed: i64,
    /// Seconds per stage, as JSON.
    pub stages: String,
    /// The stage that took longest.
    pub bottleneck: String,
    /// The engine.
    pub engine: String,
    /// The version of windrow.
    pub version: String,
}

row!(RunRow: run started ended outcome ledger_before ledger_version files_listed files_read files
    rows bytes_read windows_changed stages bottleneck engine version);

/// When the run of this name began, in microseconds since 1970 UTC: its name begins with the time in milliseconds.
pub fn began_us(run: &str) -> Option<i64> {
    i64::from_str_radix(run.get(..12)?, 16).ok()?.checked_mul(1_000)
}
