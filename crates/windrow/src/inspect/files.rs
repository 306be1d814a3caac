//! The files behind a job: a row per input file, from the ledger.

use crate::error::Result;
use crate::job::Job;
use crate::ledger::{FileRow, Ledger, rows};
use crate::publish::table::Table;

/// The columns that people are shown of each file.
const SHOWN: [&str; 9] =
    ["file", "state", "size", "rows", "counted", "rejected", "first_event", "last_event", "reason"];

/// The rows of `ledger`, sorted by name; times are in the zone of the job.
pub fn files(job: &Job, ledger: &Ledger) -> Result<Table<'static>> {
    let mut rows: Vec<&FileRow> = ledger.rows().collect();
    rows.sort_by(|a, b| a.file.cmp(&b.file));
    let table = Table::of(rows::batch(&Ledger::columns(), rows)?, job.clock());
    Ok(table.showing(&SHOWN))
}
