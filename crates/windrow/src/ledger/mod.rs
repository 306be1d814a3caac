//! The ledger: what is remembered of each input file, so that a run costs what changed.
//!
//! Five Delta tables. `state/ledger` has a row per input file and is the truth: one commit to it makes a run true.
//! `state/contributions` and `rejects` hold what readings found; a row counts only if the ledger names its
//! contribution or reading. `changes` and `runs` tell what happened.

pub mod changes;
mod contributions;
mod files;
mod rejects;
pub(crate) mod rows;
pub mod runs;
mod sums;
mod tables;
mod upkeep;

use std::collections::BTreeMap;

use arrow_schema::SchemaRef;
use hashbrown::HashSet;

use crate::delta::{Commit, DataFile, Store, Table, TableSpec};
use crate::error::{Error, Kind, Result};
use crate::increment::ContributionId;
use crate::job::Job;

pub use changes::Change;
pub(crate) use changes::Changes;
pub(crate) use contributions::values as key_values;
pub use files::{FileRow, Origin};
pub use rejects::RejectRow;
pub use rows::Instant;
pub use runs::RunRow;
pub(crate) use sums::Intake;
pub use sums::{PaneCount, Sums};
pub use tables::Kept;
pub use tables::read_rows;
pub(crate) use tables::{BATCH_ROWS, append, create, drop_rejects, keep_rows, read_in_order, write_rows};
pub use upkeep::{Keep, RETENTION_MS, keep_up};

/// The number of the form in which the ledger is kept. A newer one is not read; an older one is upgraded.
pub const FORMAT: u32 = 1;

const FORMAT_PROPERTY: &str = "windrow.format";

/// Where the ledger's own table is, from the output folder.
const PATH: &str = "state/ledger";

/// Rows of one data file, at most; the fewer, the less is written again when one of them changes.
const FILE_ROWS_MAX: usize = 20_000;

/// A data file with fewer rows is written again with the next change, so that there are few files.
const FILE_ROWS_MIN: usize = 5_000;

/// The ledger at one version.
#[derive(Debug)]
pub struct Ledger {
    table: Table,
    /// The rows, by the data file that has them.
    files: Vec<(DataFile, Vec<FileRow>)>,
}

impl Ledger {
    /// The ledger in `store`, the output folder of a job; none if no run has made one.
    ///
    /// # Errors
    /// Person: it is damaged, or of a newer windrow.
    pub fn open(store: &Store) -> Result<Option<Self>> {
        Table::open(store, PATH)?.map(Ledger::read).transpose()
    }

    /// The ledger as it was at `version`; none if that is no longer known.
    pub fn at(store: &Store, version: u64) -> Result<Option<Self>> {
        Table::open_at(store, PATH, version)?.map(Ledger::read).transpose()
    }

    /// The ledger as it was at `version`; none if that is no longer known, in whole.
    ///
    /// # Errors
    /// Storage: it cannot be read.
    pub fn known_at(store: &Store, version: u64) -> Result<Option<Self>> {
        match Ledger::at(store, version) {
            Err(error) if error.kind() == Kind::Person => Ok(None),
            ledger => ledger,
        }
    }

    /// The first ledger in `store`, empty.
    ///
    /// # Errors
    /// Storage: another run has made it, and has committed to it.
    pub fn create(store: &Store, run: &str) -> Result<Self> {
        let spec = TableSpec {
            schema: files::schema(),
            partition_columns: Vec::new(),
            description: "windrow: a row per input file, and which contribution counts for it".to_owned(),
            properties: vec![(FORMAT_PROPERTY.to_owned(), FORMAT.to_string())],
            run_id: run.to_owned(),
        };
        let table = Table::create(store, PATH, &spec)?;
        // What was worked out without its rows does not hold beside them.
        table.check_version(0)?;
        Ledger::read(table)
    }

    fn read(table: Table) -> Result<Self> {
        check_format(&table)?;
        let mut files = Vec::new();
        for file in table.files() {
            let mut rows = Vec::new();
            for batch in table.read(file, None, None)? {
                rows.extend(rows::rows::<FileRow>(&batch?, &table.place())?);
            }
            files.push((file.clone(), rows));
        }
        Ok(Ledger { table, files })
    }

    /// The columns of its rows.
    pub fn columns() -> SchemaRef {
        files::schema()
    }

    /// What no other ledger has, not even one that takes its place.
    pub fn id(&self) -> &str {
        self.table.id()
    }

    /// Its version.
    pub fn version(&self) -> u64 {
        self.table.version()
    }

    /// Its rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &FileRow> {
        self.files.iter().flat_map(|(_, rows)| rows)
    }

    /// The contributions that count.
    pub fn contributions(&self) -> HashSet<ContributionId> {
        self.rows().filter_map(|row| row.contribution.clone().map(ContributionId)).collect()
    }

    /// Whether it has counted what `job` counts.
    ///
    /// # Errors
    /// Person: the job file was changed since.
    pub fn check_job(&self, job: &Job) -> Result<()> {
        let counts_by = job.count_fingerprint();
        if self.rows().all(|row| row.contribution.is_none() || row.counted_by == counts_by) {
            return Ok(());
        }
        Err(Error::new(
            Kind::Person,
            "the job file counts otherwise than what the ledger has counted (source, time, keys or the width of panes)",
        )
        .help("read every file again with --again all; or undo the change of the job file"))
    }

    /// The readings whose rejects count.
    pub fn readings(&self) -> HashSet<String> {
        self.rows().filter_map(|row| row.reading.clone()).collect()
    }

    /// The time of the newest event that counts, in microseconds UTC.
    pub fn newest_us(&self) -> Option<i64> {
        let counted = self.rows().filter(|row| row.contribution.is_some());
        counted.filter_map(|row| row.last_event).map(|last| last.0).max()
    }

    /// An error unless its files have added `events` together.
    ///
    /// # Errors
    /// Person: contributions that it names are not there.
    pub fn check_events(&self, events: u64) -> Result<()> {
        let counted = self.rows().filter(|row| row.contribution.is_some());
        let counted: i64 = counted.map(|row| row.counted).sum();
        if i64::try_from(events) == Ok(counted) {
            return Ok(());
        }
        let message = format!(
            "the contributions are damaged: they have {events} events, and {} says {counted}",
            self.table.place()
        );
        Err(Error::new(Kind::Person, message)
            .help("restore the state from a backup, or run with --again all"))
    }

    /// Makes `run` true: `puts` replace the rows of their files, and the rows of `forgets` leave. One commit.
    ///
    /// # Errors
    /// Storage: another run was first, or the commit did not land; nothing has changed.
    pub fn commit(&mut self, run: &str, puts: Vec<FileRow>, forgets: &HashSet<String>) -> Result<u64> {
        let mut puts: BTreeMap<String, FileRow> =
            puts.into_iter().map(|row| (row.file.clone(), row)).collect();
        let is_touched = |rows: &[FileRow]| {
            rows.len() < FILE_ROWS_MIN
                || rows.iter().any(|row| puts.contains_key(&row.file) || forgets.contains(&row.file))
        };
        let (touched, kept): (Vec<_>, Vec<_>) = self.files.iter().partition(|(_, rows)| is_touched(rows));
        let removes: Vec<DataFile> = touched.iter().map(|(file, _)| file.clone()).collect();
        let kept: HashSet<String> = kept.into_iter().map(|(file, _)| file.path().to_owned()).collect();
        for row in touched.into_iter().flat_map(|(_, rows)| rows) {
            if !forgets.contains(&row.file) {
                puts.entry(row.file.clone()).or_insert_with(|| row.clone());
            }
        }
        let rows: Vec<FileRow> = puts.into_values().collect();
        let mut adds = Vec::new();
        for rows in rows.chunks(FILE_ROWS_MAX) {
            let mut writer = self.table.writer(&Default::default())?;
            writer.write(&rows::batch(&files::schema(), rows)?)?;
            adds.push((writer.finish()?, rows.to_vec()));
        }
        self.table.commit(Commit {
            expected_version: self.table.version(),
            adds: adds.iter().map(|(file, _)| file.clone()).collect(),
            removes,
            operation: "RUN".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        })?;
        self.files.retain(|(file, _)| kept.contains(file.path()));
        self.files.extend(adds);
        Ok(self.version())
    }

    /// Deletes what no version of the last `retention_ms` needs.
    ///
    /// # Errors
    /// As [`Table::clean`].
    pub fn clean(&mut self, retention_ms: i64) -> Result<()> {
        self.table.clean(retention_ms, &|_| false).map(|_| ())
    }
}

fn check_format(table: &Table) -> Result<()> {
    let format = table.properties().get(FORMAT_PROPERTY).cloned().flatten();
    match format.as_deref().and_then(|format| format.parse::<u32>().ok()) {
        Some(FORMAT) => Ok(()),
        Some(newer) if newer > FORMAT => {
            let message = format!("{}: of format {newer}; this windrow reads {FORMAT}", table.place());
            Err(Error::new(Kind::Person, message).help("use the windrow that wrote it, or a newer one"))
        }
        _ => Err(Error::new(Kind::Person, format!("{}: it is not a ledger", table.place()))
            .help("name another folder in [output], or restore this one from a backup")),
    }
}
