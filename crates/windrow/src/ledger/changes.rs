//! Changes: which published numbers changed, their old and new values, and which file is the cause.

use super::rows::{Instant, LedgerRow, row};
use super::tables::{self, BATCH_ROWS, KeptTable};
use crate::delta::{Commit, DeltaTable, Store};
use crate::error::Result;

/// A published number that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The run that published it.
    pub run: String,
    /// When it was published.
    pub at: Instant,
    /// The report.
    pub report: String,
    /// The version of the ledger that the new number is from.
    pub ledger_version: i64,
    /// The window.
    pub window_start: Instant,
    /// The window.
    pub window_end: Instant,
    /// The values of the keys after cleaning, as a JSON array; null is null.
    pub keys: String,
    /// The count before; 0 if there was no row.
    pub old: i64,
    /// The count after.
    pub new: i64,
    /// The cause: a word for what happened to the file or to the job.
    pub cause: String,
    /// The file that caused the change; of several, the first by name.
    pub file: Option<String>,
    /// The number of files that caused it.
    pub files: i64,
    /// The column of the measure that changed; `None`: the count changed.
    pub measure: Option<String>,
    /// The number of the measure before, as text; `None` is null.
    pub old_value: Option<String>,
    /// The number of the measure after.
    pub new_value: Option<String>,
}

row!(Change: run at report ledger_version window_start window_end keys old new cause file files measure old_value new_value);

/// The name, before the id of a report table, under which the table keeps up to which version of it changes are on record.
const TOLD: &str = "windrow.told.";

/// The changes on record.
#[derive(Debug)]
pub(crate) struct Changes {
    table: DeltaTable,
}

impl Changes {
    /// The changes in `store`.
    pub(crate) fn open(store: &Store, run: &str) -> Result<Self> {
        Ok(Changes { table: tables::create(store, KeptTable::Changes, run)? })
    }

    /// The version of the report table `id` up to which changes are on record.
    pub(crate) fn told(&self, id: &str) -> Option<u64> {
        told(&self.table, id)
    }

    /// Adds the changes of the report table `id` up to its `version`.
    ///
    /// # Errors
    /// Storage: another run was first, or the commit did not land. Open it again to see whether they are on record.
    pub(crate) fn tell(&mut self, run: &str, (id, version): (&str, u64), changes: &[Change]) -> Result<()> {
        let mut adds = Vec::new();
        if !changes.is_empty() {
            let mut writer = tables::writer(&self.table, KeptTable::Changes)?;
            for rows in changes.chunks(BATCH_ROWS) {
                tables::write_rows(&mut writer, KeptTable::Changes, rows)?;
            }
            adds.push(writer.finish()?);
        }
        self.table.commit(Commit {
            expected_version: self.table.version(),
            adds,
            schema: self.table.columns_for(&Change::schema()),
            txns: vec![(format!("{TOLD}{id}"), version as i64)],
            operation: "WRITE".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        })?;
        Ok(())
    }
}

/// The version of the report table `id` up to which changes are on record in `store`; `None`: there is no such version.
pub(crate) fn told_up_to(store: &Store, id: &str) -> Result<Option<u64>> {
    Ok(tables::open(store, KeptTable::Changes)?.and_then(|table| told(&table, id)))
}

fn told(table: &DeltaTable, id: &str) -> Option<u64> {
    table.txn(&format!("{TOLD}{id}")).and_then(|version| u64::try_from(version).ok())
}
