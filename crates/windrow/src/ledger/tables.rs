//! The tables beside the ledger: their folders, and adding to them.

use arrow_schema::SchemaRef;
use hashbrown::HashSet;

use super::{Change, LedgerRow, RejectRow, RunRow, contributions, rejects, rows, staged};
use crate::delta::{
    ColumnRange, Commit, DataFile, DataWriter, DeltaTable, Folder, StatsValue, Store, TableSpec, remedy,
};
use crate::error::{Help, Kind, Result};

/// A table that is kept beside the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptTable {
    /// The counts of each reading.
    Contributions,
    /// The rows that are not events.
    Rejects,
    /// The published numbers that changed.
    Changes,
    /// What each run did.
    Runs,
    /// Data files of the published events, which the table of events may not have yet.
    Events,
}

impl KeptTable {
    /// The tables that are beside every ledger.
    pub const ALL: [KeptTable; 4] =
        [KeptTable::Contributions, KeptTable::Rejects, KeptTable::Changes, KeptTable::Runs];

    /// Its folder, from the output folder.
    pub fn path(self) -> &'static str {
        match self {
            KeptTable::Contributions => "state/contributions",
            KeptTable::Rejects => "rejects",
            KeptTable::Changes => "changes",
            KeptTable::Runs => "runs",
            KeptTable::Events => "state/events",
        }
    }

    /// Its folder, with what to do if the table is damaged.
    pub(crate) fn folder(self) -> Folder {
        Folder::new(self.path(), self.remedy())
    }

    /// What to do if it is damaged, without naming its place.
    pub(crate) fn help(self) -> Help {
        remedy(self.remedy(), "")
    }

    pub(super) fn remedy(self) -> &'static str {
        match self {
            KeptTable::Contributions => {
                "read every file again with {again}; or restore the whole output folder from a backup"
            }
            KeptTable::Rejects => {
                "restore {} from a backup; or move it away and find all rejects again with {again}"
            }
            KeptTable::Changes => {
                "restore {} from a backup; or move it away: the next run tells again what the versions of the reports still show"
            }
            KeptTable::Runs => {
                "restore {} from a backup; or move it away: the records of earlier runs are lost, and nothing else"
            }
            KeptTable::Events => {
                "restore the whole output folder from a backup; or move {} away and read every file again with {again}"
            }
        }
    }

    fn schema(self) -> SchemaRef {
        match self {
            KeptTable::Contributions => contributions::schema(),
            KeptTable::Rejects => rejects::schema(),
            KeptTable::Changes => Change::schema(),
            KeptTable::Runs => RunRow::schema(),
            KeptTable::Events => staged::schema(),
        }
    }

    fn description(self) -> &'static str {
        match self {
            KeptTable::Contributions => {
                "windrow: counts per contribution, pane and raw key; the ledger says which count"
            }
            KeptTable::Rejects => {
                "windrow: rows that are not events; the ledger says of which readings they count"
            }
            KeptTable::Changes => "windrow: published numbers that changed, and the file that is the cause",
            KeptTable::Runs => "windrow: what each run did and how long it took",
            KeptTable::Events => "windrow: data files of the published events; the ledger says which count",
        }
    }
}

/// The table in `store`; `None` if no run has made it.
pub(crate) fn open(store: &Store, kept: KeptTable) -> Result<Option<DeltaTable>> {
    DeltaTable::open(store, kept.folder())
}

/// The table in `store`, made empty if there is none.
pub(crate) fn create(store: &Store, kept: KeptTable, run: &str) -> Result<DeltaTable> {
    create_in(store, kept.folder(), kept, run)
}

/// A table of this kind in another folder, made empty if there is none.
pub(crate) fn create_in(store: &Store, folder: Folder, kept: KeptTable, run: &str) -> Result<DeltaTable> {
    let spec = TableSpec {
        schema: kept.schema(),
        partition_columns: Vec::new(),
        description: kept.description().to_owned(),
        properties: Vec::new(),
        run_id: run.to_owned(),
    };
    DeltaTable::create(store, folder, &spec)
}

/// Begins a data file of one of the tables, with all its columns: the commit that adds it gives them to the table.
pub(crate) fn writer(table: &DeltaTable, kept: KeptTable) -> Result<DataWriter> {
    table.writer_of(&kept.schema(), &Default::default())
}

/// Data files that are written and that no commit names yet.
#[derive(Debug)]
pub(crate) struct Additions {
    kept: KeptTable,
    table: DeltaTable,
    files: Vec<DataFile>,
}

impl Additions {
    pub(crate) fn new(kept: KeptTable, table: DeltaTable, files: Vec<DataFile>) -> Self {
        Additions { kept, table, files }
    }

    /// Adds them to their table, and returns the table.
    pub(crate) fn keep(mut self, run: &str) -> Result<DeltaTable> {
        append(&mut self.table, self.kept, self.files, run)?;
        Ok(self.table)
    }

    /// Deletes them. If one stays, cleaning deletes it later with all files that no version names.
    pub(crate) fn discard(self) {
        for file in &self.files {
            if let Err(error) = self.table.discard(file) {
                tracing::debug!(file = file.path(), %error, "a data file stays that nothing names");
            }
        }
    }
}

/// How often to try an addition if other runs commit first.
const ATTEMPTS: usize = 20;

/// Adds data files to a table whose rows are independent of each other: a concurrent addition does not matter.
fn append(table: &mut DeltaTable, kept: KeptTable, adds: Vec<DataFile>, run: &str) -> Result<()> {
    let Some(first) = adds.first() else { return Ok(()) };
    for attempt in 1.. {
        let committed = table.commit(Commit {
            expected_version: table.version(),
            adds: adds.clone(),
            schema: table.columns_for(&kept.schema()),
            operation: "WRITE".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        });
        match committed {
            Ok(_) => return Ok(()),
            Err(error) if attempt == ATTEMPTS => return Err(error),
            Err(error) => {
                table.refresh()?;
                // It may have been added, and another run may have merged it into a larger one since.
                if table.has_had(first.path())? {
                    return Ok(());
                }
                // It may have been added, merged and cleaned away while this run was paused.
                if !table.is_stored(first)? {
                    return Err(error);
                }
                tracing::debug!(%error, "adding again");
            }
        }
    }
    Ok(())
}

/// Adds `rows` to one of the tables.
pub(crate) fn keep_rows<T: LedgerRow>(store: &Store, kept: KeptTable, run: &str, rows: &[T]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = create(store, kept, run)?;
    let mut writer = writer(&table, kept)?;
    rows.chunks(BATCH_ROWS).try_for_each(|rows| write_rows(&mut writer, kept, rows))?;
    append(&mut table, kept, vec![writer.finish()?], run)
}

/// Writes rows of one of the tables.
pub(crate) fn write_rows<T: LedgerRow>(writer: &mut DataWriter, kept: KeptTable, rows: &[T]) -> Result<()> {
    writer.write(&rows::batch(&kept.schema(), rows)?)
}

/// Removes the rejects of `readings`, which the ledger no longer names: their files were mended. Rejects that it has never
/// named stay: another run may be about to name them. A damaged table stays as it is: no number depends on it.
pub(crate) fn drop_rejects(store: &Store, readings: &HashSet<String>, run: &str) -> Result<()> {
    match try_drop_rejects(store, readings, run) {
        Err(error) if error.kind() == Kind::Attention => {
            tracing::warn!(%error, "rejects of mended files stay");
            Ok(())
        }
        dropped => dropped,
    }
}

fn try_drop_rejects(store: &Store, readings: &HashSet<String>, run: &str) -> Result<()> {
    if readings.is_empty() {
        return Ok(());
    }
    let Some(mut table) = open(store, KeptTable::Rejects)? else { return Ok(()) };
    let (mut adds, mut removes) = (Vec::new(), Vec::new());
    let bound = |reading: Option<&String>| StatsValue::Text(reading.cloned().unwrap_or_default());
    let (from, to) = (bound(readings.iter().min()), bound(readings.iter().max()));
    let range = ColumnRange { column: "reading".to_owned(), from, to };
    for file in table.files().filter(|file| file.may_hold(&range)) {
        let (mut kept, mut dropped) = (Vec::new(), 0);
        for batch in table.read(file, None, None)? {
            for row in rows::rows::<RejectRow>(&batch?, &table)? {
                if readings.contains(&row.reading) { dropped += 1 } else { kept.push(row) }
            }
        }
        if dropped == 0 {
            continue;
        }
        removes.push(file.clone());
        if !kept.is_empty() {
            let mut writer = writer(&table, KeptTable::Rejects)?;
            kept.chunks(BATCH_ROWS).try_for_each(|rows| write_rows(&mut writer, KeptTable::Rejects, rows))?;
            adds.push(writer.finish()?);
        }
    }
    if removes.is_empty() {
        return Ok(());
    }
    let (expected_version, operation) = (table.version(), "DELETE".to_owned());
    let (schema, run_id) = (table.columns_for(&KeptTable::Rejects.schema()), run.to_owned());
    let commit = Commit { expected_version, adds, removes, schema, operation, run_id, ..Commit::default() };
    match table.commit(commit) {
        // Another run has changed the table: the next run does it.
        Err(error) if error.kind() == Kind::Storage => {
            tracing::debug!(%error, "rejects of mended files stay for now");
            Ok(())
        }
        committed => committed.map(|_| ()),
    }
}

/// Rows to turn into columns at a time.
pub(crate) const BATCH_ROWS: usize = 16 << 10;

/// Calls `each` with rows of one of the tables, some at a time: data files in the order of `by`, their rows as they were
/// written. Data files without rows in `range` are left out.
pub(crate) fn read_in_order<T: LedgerRow, K: Ord>(
    store: &Store,
    kept: KeptTable,
    by: impl FnMut(&&DataFile) -> K,
    range: Option<&ColumnRange>,
    each: &mut dyn FnMut(Vec<T>) -> Result<()>,
) -> Result<()> {
    let Some(table) = open(store, kept)? else { return Ok(()) };
    let mut files: Vec<&DataFile> =
        table.files().filter(|file| range.is_none_or(|range| file.may_hold(range))).collect();
    files.sort_by_key(by);
    for file in files {
        for batch in table.read(file, None, range)? {
            each(rows::rows::<T>(&batch?, &table)?)?;
        }
    }
    Ok(())
}

/// Calls `each` with the rows of one of the tables, in no particular order; data files without rows in `range` are left
/// out.
pub fn read_rows<T: LedgerRow>(
    store: &Store,
    kept: KeptTable,
    range: Option<&ColumnRange>,
    each: &mut dyn FnMut(T) -> Result<()>,
) -> Result<()> {
    let Some(table) = open(store, kept)? else { return Ok(()) };
    for file in table.files().filter(|file| range.is_none_or(|range| file.may_hold(range))) {
        for batch in table.read(file, None, range)? {
            rows::rows::<T>(&batch?, &table)?.into_iter().try_for_each(&mut *each)?;
        }
    }
    Ok(())
}
