//! Published peaks: for each report that asks for peaks, a Delta table `peaks/<name>`, which records the version of the ledger it shows.
//!
//! Whether a window stands out depends on all other windows. So all peaks are found again, and if they differ, they replace the old rows.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;

use super::moment::{is_overtaken, ledger_version, shows};
use super::{FINGERPRINT, REMEDY, RETENTION};
use crate::delta::{Commit, DataFile, DeltaTable, Folder, Store, TableSpec};
use crate::error::{Error, Result};
use crate::ledger::Ledger;

/// The table of the peaks of one report.
#[derive(Debug)]
pub(crate) struct PublishedPeaks {
    table: DeltaTable,
}

impl PublishedPeaks {
    fn folder(name: &str) -> Folder {
        Folder::new(format!("peaks/{name}"), REMEDY)
    }

    /// The table of the report `name`; none if it was never published.
    pub(crate) fn open(store: &Store, name: &str) -> Result<Option<Self>> {
        Ok(DeltaTable::open(store, PublishedPeaks::folder(name))?.map(|table| PublishedPeaks { table }))
    }

    /// The table of the report `name`. If it does not exist, an empty one with these columns is created.
    pub(crate) fn create(store: &Store, name: &str, schema: &SchemaRef, run: &str) -> Result<Self> {
        if let Some(published) = PublishedPeaks::open(store, name)? {
            return Ok(published);
        }
        let spec = TableSpec {
            schema: schema.clone(),
            partition_columns: Vec::new(),
            description: format!("windrow: the windows of the report {name} that stand out, a row each"),
            properties: vec![(FINGERPRINT.to_owned(), String::new())],
            run_id: run.to_owned(),
        };
        Ok(PublishedPeaks { table: DeltaTable::create(store, PublishedPeaks::folder(name), &spec)? })
    }

    /// Whether another run has made the ledger newer than `ledger`, and published it.
    ///
    /// # Errors
    /// Attention: the ledger is older than what the table shows; `help` says what to do.
    pub(crate) fn is_overtaken(&self, store: &Store, ledger: &Ledger, help: &str) -> Result<bool> {
        is_overtaken(&self.table, store, ledger, help)
    }

    /// Whether the table shows this version of `ledger` by the rules of `fingerprint`, and was not changed by another program.
    pub(crate) fn shows(&self, ledger: &Ledger, fingerprint: &str) -> bool {
        ledger_version(&self.table, ledger.id()) == Some(ledger.version())
            && self.table.properties().get(FINGERPRINT).and_then(Option::as_deref) == Some(fingerprint)
            && !self.table.is_changed_by_others()
    }

    /// Replaces the rows by `rows`, and records that they show this version of `ledger` by the rules of `fingerprint`.
    ///
    /// # Errors
    /// Storage: another run published first, or the commit did not land.
    pub(crate) fn replace(
        &mut self,
        run: &str,
        ledger: &Ledger,
        fingerprint: &str,
        rows: &RecordBatch,
    ) -> Result<()> {
        let has_same_columns = self.table.schema().fields() == rows.schema_ref().fields();
        let is_same = has_same_columns && !self.table.is_changed_by_others() && self.rows()? == *rows;
        let removes: Vec<DataFile> = self.table.files().filter(|_| !is_same).cloned().collect();
        let mut adds = Vec::new();
        if !is_same && rows.num_rows() > 0 {
            let mut writer = self.table.writer_of(rows.schema_ref(), &Default::default())?;
            writer.write(rows)?;
            adds.push(writer.finish()?);
        }
        self.table.commit(Commit {
            expected_version: self.table.version(),
            adds,
            removes,
            txns: shows(&self.table, (ledger.id(), ledger.version())),
            schema: (!has_same_columns).then(|| rows.schema()),
            properties: vec![(FINGERPRINT.to_owned(), fingerprint.to_owned())],
            settles_others: true,
            operation: "PUBLISH".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        })?;
        Ok(())
    }

    /// The rows of the table.
    fn rows(&self) -> Result<RecordBatch> {
        let mut batches = Vec::new();
        for file in self.table.files() {
            for batch in self.table.read(file, None, None)? {
                batches.push(batch?);
            }
        }
        concat_batches(self.table.schema(), &batches)
            .map_err(|error| Error::bug(format!("the rows of published peaks: {error}")))
    }

    /// Deletes files that no version within the retention needs; only at some versions.
    pub(crate) fn keep_up(&mut self) -> Result<()> {
        self.table.clean_in_turn(RETENTION)
    }
}
