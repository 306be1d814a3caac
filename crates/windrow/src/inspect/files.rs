//! The files behind a job: a row per input file, from the ledger.

use std::borrow::Cow;

use crate::error::Result;
use crate::job::Job;
use crate::ledger::{FileRow, Ledger, rows};
use crate::publish::table::Table;
use crate::source::identity_shown;

/// The columns that people are shown of each file.
const SHOWN: [&str; 9] =
    ["file", "state", "size", "rows", "counted", "rejected", "first_event", "last_event", "reason"];

/// The rows of `ledger`, sorted by name, with names as messages show them; times are in the zone of the job.
pub fn files(job: &Job, ledger: &Ledger) -> Result<Table<'static>> {
    let mut rows: Vec<&FileRow> = ledger.rows().collect();
    rows.sort_by(|a, b| a.file.cmp(&b.file));
    let rows: Vec<Cow<'_, FileRow>> = rows.into_iter().map(shown).collect();
    let rows = rows.iter().map(AsRef::as_ref);
    let table = Table::of(rows::batch(&Ledger::columns(), rows)?, job.clock());
    Ok(table.showing(&SHOWN))
}

/// A row as people know its files.
fn shown(row: &FileRow) -> Cow<'_, FileRow> {
    let name = |identity: &str| Some(identity_shown(identity)).filter(|shown| shown != identity);
    let (file, other) = (name(&row.file), row.other.as_deref().and_then(name));
    if file.is_none() && other.is_none() {
        return Cow::Borrowed(row);
    }
    let mut row = row.clone();
    row.file = file.map_or(row.file, Into::into);
    row.other = other.map(Into::into).or(row.other);
    Cow::Owned(row)
}
