//! Changes: which published numbers became others, from what to what, and which file is the cause.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};

use super::rows::{Instant, integer, row, text, time};
use super::tables::{self, BATCH_ROWS, Kept};
use crate::delta::{Commit, Store, Table};
use crate::error::Result;

/// A published number that became another.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The run that published it.
    pub run: String,
    /// When.
    pub at: Instant,
    /// In which report.
    pub report: String,
    /// The version of the ledger that the new number shows.
    pub ledger_version: i64,
    /// The window.
    pub window_start: Instant,
    /// The window.
    pub window_end: Instant,
    /// The values of the keys after cleaning, as a JSON array; null is null.
    pub keys: String,
    /// The count before; 0 where there was no row.
    pub old: i64,
    /// The count since.
    pub new: i64,
    /// Why: a word for what happened to the file, or to the job.
    pub cause: String,
    /// The file that made the difference, the first by name of those that did.
    pub file: Option<String>,
    /// How many files made it.
    pub files: i64,
    /// The column of the measure that became another; none: the count did.
    pub measure: Option<String>,
    /// Its number before, as it is written; null is none.
    pub old_value: Option<String>,
    /// Its number since.
    pub new_value: Option<String>,
}

row!(Change: run at report ledger_version window_start window_end keys old new cause file files measure old_value new_value);

/// By what name, before a report table's id, it is kept up to which version of that table changes are told.
const TOLD: &str = "windrow.told.";

/// What is told so far.
#[derive(Debug)]
pub(crate) struct Changes {
    table: Table,
}

impl Changes {
    /// The changes in `store`.
    pub(crate) fn open(store: &Store, run: &str) -> Result<Self> {
        Ok(Changes { table: tables::create(store, Kept::Changes, run)? })
    }

    /// Up to which version of the report table `id` changes are told.
    pub(crate) fn told(&self, id: &str) -> Option<u64> {
        told(&self.table, id)
    }

    /// Adds the changes of the report table `id` up to its `version`.
    ///
    /// # Errors
    /// Storage: another run was first, or the commit did not land. Who looks again sees whether they are told.
    pub(crate) fn tell(&mut self, run: &str, (id, version): (&str, u64), changes: &[Change]) -> Result<()> {
        let mut adds = Vec::new();
        if !changes.is_empty() {
            let mut writer = tables::writer(&self.table, Kept::Changes)?;
            for rows in changes.chunks(BATCH_ROWS) {
                tables::write_rows(&mut writer, Kept::Changes, rows)?;
            }
            adds.push(writer.finish()?);
        }
        self.table.commit(Commit {
            expected_version: self.table.version(),
            adds,
            schema: self.table.columns_for(&schema()),
            txns: vec![(format!("{TOLD}{id}"), version as i64)],
            operation: "WRITE".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        })?;
        Ok(())
    }
}

/// Up to which version of the report table `id` changes are told in `store`; none: up to none.
pub(crate) fn told_up_to(store: &Store, id: &str) -> Result<Option<u64>> {
    Ok(tables::open(store, Kept::Changes)?.and_then(|table| told(&table, id)))
}

fn told(table: &Table, id: &str) -> Option<u64> {
    table.txn(&format!("{TOLD}{id}")).and_then(|version| u64::try_from(version).ok())
}

/// The columns of the table.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        text("run"),
        time("at"),
        text("report"),
        integer("ledger_version"),
        time("window_start"),
        time("window_end"),
        text("keys"),
        integer("old"),
        integer("new"),
        text("cause"),
        text("file"),
        integer("files"),
        // A table that an older version made lacks the last ones.
        text("measure"),
        text("old_value"),
        text("new_value"),
    ]))
}
