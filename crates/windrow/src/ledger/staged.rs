//! Staged events: data files of published events that are written before the ledger names their contributions. The table of
//! events may not have them yet.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::named::NamedContributions;
use super::rows::row;
use super::tables::{self, KeptTable, read_rows};
use super::upkeep::RETENTION;
use crate::delta::{ColumnRange, Commit, DataFile, DeltaTable, StatsValue, Store};
use crate::error::{Kind, Result};

/// A data file of the published events.
#[derive(Clone, Debug, PartialEq)]
pub struct StagedRow {
    /// The contribution that its events belong to.
    pub contribution: String,
    /// The entry of the file for the log of the table of events.
    pub file: String,
}

row!(StagedRow: contribution file);

/// The columns of the table.
pub(super) fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![text("contribution"), text("file")]))
}

/// If the table has more data files than this, a commit to remove the settled ones is worthwhile.
const FILES_MAX: usize = 8;

impl StagedRow {
    /// Calls `each` with the staged data files of the contributions `wanted`.
    ///
    /// # Errors
    /// Attention: the table is damaged. Those of `each`.
    pub(crate) fn each(
        store: &Store,
        wanted: &NamedContributions,
        each: &mut dyn FnMut(StagedRow) -> Result<()>,
    ) -> Result<()> {
        let Some((from, to)) = wanted.bounds() else { return Ok(()) };
        let bound = |id: &str| StatsValue::Text(id.to_owned());
        let range = ColumnRange { column: "contribution".to_owned(), from: bound(from), to: bound(to) };
        read_rows(store, KeptTable::Events, Some(&range), &mut |row: StagedRow| {
            if wanted.times(&row.contribution) > 0 { each(row) } else { Ok(()) }
        })
    }

    /// Removes the files that are in `settled`, the table as it was before a commit to the ledger whose events are published by now.
    /// What another run had staged before that commit either counts by now or never will, as only one run can make that commit.
    pub(crate) fn drop_settled(store: &Store, settled: &DeltaTable, run: &str) -> Result<()> {
        if settled.files().len() <= FILES_MAX {
            return Ok(());
        }
        let Some(mut table) = tables::open(store, KeptTable::Events)? else { return Ok(()) };
        let is_there = |file: &&DataFile| table.file(file.path()).is_some();
        let commit = Commit {
            expected_version: table.version(),
            removes: settled.files().filter(is_there).cloned().collect(),
            operation: "DELETE".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        };
        match table.commit(commit) {
            // Another run has changed the table: the next run does it.
            Err(error) if error.kind() == Kind::Storage => Ok(()),
            Err(error) => Err(error),
            Ok(_) => table.clean_in_turn(RETENTION),
        }
    }
}
