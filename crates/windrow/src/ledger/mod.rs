//! The ledger: what is remembered of each input file, so that the cost of a run depends only on what changed.
//!
//! It consists of Delta tables. `state/ledger` has a row per input file and is the source of truth: one commit to it puts
//! a run into effect. `state/contributions` and `rejects` hold what readings found; a row counts only if the ledger names
//! its contribution or reading. `changes` and `runs` record what happened.

pub mod changes;
mod contributions;
mod files;
mod format;
mod lost;
mod named;
mod owner;
mod rejects;
mod row_intake;
pub(crate) mod rows;
pub mod runs;
mod staged;
mod sums;
mod tables;
mod upkeep;

use std::sync::Arc;

use arrow_schema::SchemaRef;
use hashbrown::{HashMap, HashSet};

use crate::delta::{Commit, DataFile, DeltaTable, Folder, Retention, Store, TableSpec};
use crate::error::{Code, Error, Kind, Result};

pub use changes::Change;
pub(crate) use changes::{Changes, told_up_to};
pub(crate) use contributions::values as key_values;
pub use files::{FileOrigin, FileRow};
pub use format::FORMAT;
pub(crate) use lost::{KeptRejects, Loss};
pub(crate) use named::{Compaction, with};
pub use named::{NamedContributions, parts};
pub use rejects::RejectRow;
pub(crate) use row_intake::RowIntake;
pub use rows::{Instant, LedgerRow};
pub use runs::RunRow;
pub use staged::StagedRow;
pub(crate) use sums::SumIntake;
pub use sums::{PaneCount, Sums};
pub use tables::KeptTable;
pub use tables::read_rows;
pub(crate) use tables::{Additions, BATCH_ROWS, drop_rejects, keep_rows, read_in_order};
pub use upkeep::{KeepTimes, keep_up};

/// The folder of the ledger's own table, from the output folder.
const PATH: &str = "state/ledger";

/// The folder of its log, from the output folder.
pub(crate) const LOG: &str = "state/ledger/_delta_log/";

/// What to do if it is damaged.
const REMEDY: &str = "restore the whole output folder from a backup; or move it away and run again: all files that are there \
                      are read, and what counts of files that are gone is lost";

/// The properties with the folder of the contributions, from the output folder, if it is not the usual one, and the id of
/// their table.
const CONTRIBUTIONS_PATH: &str = "windrow.contributions";
const CONTRIBUTIONS_ID: &str = "windrow.contributions.id";

/// The name, before the id of the table of contributions, that keeps since which version of it all named ones are there.
const CONTRIBUTIONS_VERSION: &str = "windrow.contributions.";

/// The most rows of a data file. With fewer rows, less is written again when one of them changes.
const FILE_ROWS_MAX: usize = 5_000;

/// With any change, small data files with about this many rows are written again, so that there are few files.
const FILE_ROWS_MIN: usize = 200;

/// The ledger at one version.
#[derive(Debug)]
pub struct Ledger {
    table: DeltaTable,
    /// The rows, by data file.
    files: Vec<(DataFile, Arc<Vec<FileRow>>)>,
    /// The data files that the last commit removed, with their rows.
    replaced: Vec<(DataFile, Arc<Vec<FileRow>>)>,
    /// The folder, the id and the version of the table with the contributions that the next commit names.
    contributions: Option<(String, String, u64)>,
}

impl Ledger {
    /// The ledger in `store`, the output folder of a job; `None` if no run has made one.
    ///
    /// # Errors
    /// Attention: it is damaged, or of a newer windrow.
    pub fn open(store: &Store) -> Result<Option<Self>> {
        DeltaTable::open(store, Folder::new(PATH, REMEDY))?.map(|table| Ledger::read(table, None)).transpose()
    }

    /// The version of the ledger in `store`, read anew and not from this process's memory; `None` if there is no ledger.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub(crate) fn version_now(store: &Store) -> Result<Option<u64>> {
        Folder::new(PATH, REMEDY).newest_version(store)
    }

    /// Whether there is a ledger in `store`, damaged or not.
    ///
    /// # Errors
    /// Storage: it cannot be seen.
    pub fn is_there(store: &Store) -> Result<bool> {
        Folder::new(PATH, REMEDY).has_table(store)
    }

    /// The ledger as it was at `version`; `None` if not all of it is known any more.
    ///
    /// # Errors
    /// Storage: it cannot be read.
    pub fn known_at(&self, version: u64) -> Result<Option<Self>> {
        let before = || self.table.at(version)?.map(|table| Ledger::read(table, Some(self))).transpose();
        match before() {
            Err(error) if error.kind() == Kind::Attention => Ok(None),
            ledger => ledger,
        }
    }

    /// The first ledger in `store`, empty.
    ///
    /// # Errors
    /// Storage: another run has made it, and has committed to it.
    pub fn create(store: &Store, run: &str) -> Result<Self> {
        let spec = TableSpec {
            schema: FileRow::schema(),
            partition_columns: Vec::new(),
            description: "windrow: a row per input file, and which contribution counts for it".to_owned(),
            properties: vec![format::property()],
            run_id: run.to_owned(),
        };
        let table = DeltaTable::create(store, Folder::new(PATH, REMEDY), &spec)?;
        // A result computed without its rows is not valid with them.
        table.check_version(0)?;
        Ledger::read(table, None)
    }

    /// `other` is the ledger at another version: data files that both have are not read again.
    fn read(table: DeltaTable, other: Option<&Ledger>) -> Result<Self> {
        format::check(&table)?;
        let mut files = Vec::new();
        for file in table.files() {
            if let Some(known) = other.and_then(|other| other.rows_in(file.path())) {
                files.push((file.clone(), known));
                continue;
            }
            let mut rows = Vec::new();
            for batch in table.read(file, None, None)? {
                rows.extend(rows::rows::<FileRow>(&batch?, &table)?);
            }
            files.push((file.clone(), Arc::new(rows)));
        }
        Ok(Ledger { table, files, replaced: Vec::new(), contributions: None })
    }

    /// The columns of its rows.
    pub fn columns() -> SchemaRef {
        FileRow::schema()
    }

    /// An id that no other ledger has, not even one that takes its place.
    pub fn id(&self) -> &str {
        self.table.id()
    }

    /// Its version.
    pub fn version(&self) -> u64 {
        self.table.version()
    }

    /// Its rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &FileRow> {
        self.files.iter().flat_map(|(_, rows)| rows.iter())
    }

    /// The rows in the data file of this path, also if the last commit removed it.
    fn rows_in(&self, path: &str) -> Option<Arc<Vec<FileRow>>> {
        let mut files = self.files.iter().chain(&self.replaced);
        files.find(|(file, _)| file.path() == path).map(|(_, rows)| rows.clone())
    }

    /// The contributions that count.
    pub fn contributions(&self) -> NamedContributions {
        self.rows().filter_map(|row| row.contribution.as_deref()).collect()
    }

    /// The folder of its contributions, from the output folder.
    pub(crate) fn contributions_path(&self) -> &str {
        let path = self.table.properties().get(CONTRIBUTIONS_PATH).and_then(Option::as_deref);
        path.unwrap_or(KeptTable::Contributions.path())
    }

    /// See [`Ledger::contributions_path`].
    pub(crate) fn contributions_folder(&self) -> Folder {
        contributions_in(self.contributions_path())
    }

    /// Whether its contributions are in the same table as those of `other`. The first ledgers did not keep the id of the table.
    pub(crate) fn has_contributions_of(&self, other: &Ledger) -> bool {
        let id = self.contributions_id();
        self.contributions_path() == other.contributions_path()
            && (id.is_none() || id == other.contributions_id())
    }

    /// The id of the table with its contributions, if that was kept.
    fn contributions_id(&self) -> Option<&str> {
        self.table.properties().get(CONTRIBUTIONS_ID).and_then(Option::as_deref)
    }

    /// The version of the table `id` since which it has all named contributions, if that was kept.
    pub(crate) fn contributions_version(&self, id: &str) -> Option<u64> {
        let version = self.table.txn(&format!("{CONTRIBUTIONS_VERSION}{id}"))?;
        u64::try_from(version).ok()
    }

    /// Sets the table for the contributions that the next commit names: `table`, in the folder `path`.
    pub(crate) fn will_name(&mut self, path: &str, table: &DeltaTable) {
        self.contributions = Some((path.to_owned(), table.id().to_owned(), table.version()));
    }

    /// Checks that `table` has the contributions that count, as far as that shows without reading them.
    ///
    /// # Errors
    /// Attention: it has not, or another program has changed it.
    pub(crate) fn check_contributions(&self, store: &Store, table: Option<&DeltaTable>) -> Result<()> {
        if !self.rows().any(|row| row.contribution.is_some()) {
            return Ok(());
        }
        let Some(table) = table else {
            let place = self.contributions_folder().place(store);
            return Err(Error::new(
                Kind::Attention,
                format!("{place}: the contributions that the ledger names are missing"),
            )
            .with_code(Code::LedgerDamaged)
            .with_help(KeptTable::Contributions.help()));
        };
        let wanted = self.contributions_version(table.id()).unwrap_or_default();
        if self.contributions_id().is_some_and(|id| id != table.id()) {
            return Err(table.damaged("it is not the table that the ledger names contributions of"));
        }
        if table.is_changed_by_others() {
            return Err(table.damaged("another program has changed it"));
        }
        if table.version() < wanted {
            let version = table.version();
            return Err(table.damaged(format!(
                "it is at version {version}, and the ledger names contributions of version {wanted}: they are not of one moment"
            )));
        }
        Ok(())
    }

    /// The readings whose rejects count.
    pub fn readings(&self) -> HashSet<String> {
        self.rows()
            .filter_map(|row| row.reading.as_deref())
            .flat_map(named::parts)
            .map(str::to_owned)
            .collect()
    }

    /// The times of the first and the last event that count, in microseconds UTC.
    pub fn span_us(&self) -> Option<(i64, i64)> {
        let counted = self.rows().filter(|row| row.contribution.is_some());
        let spans = counted.filter_map(|row| Some((row.first_event?.0, row.last_event?.0)));
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// The time of the newest event that counts, in microseconds UTC.
    pub fn newest_us(&self) -> Option<i64> {
        self.span_us().map(|(_, last)| last)
    }

    /// Checks the events counted of its files against `events`, those found in each contribution, by name.
    ///
    /// # Errors
    /// Attention: contributions that it names are missing, or have another sum.
    pub(crate) fn check_events(&self, events: &HashMap<String, u64>) -> Result<()> {
        for row in self.rows() {
            let Some(contribution) = &row.contribution else { continue };
            let found: u64 = named::parts(contribution).filter_map(|part| events.get(part)).sum();
            if i64::try_from(found) != Ok(row.counted) {
                let message = format!(
                    "the contributions are damaged: those of {} have {found} events, and the ledger has counted {}",
                    row.file, row.counted
                );
                return Err(Error::new(Kind::Attention, message)
                    .with_code(Code::LedgerDamaged)
                    .with_help(KeptTable::Contributions.help()));
            }
        }
        Ok(())
    }

    /// Puts `run` of the job of that name into effect, in one commit: `puts` replace the rows of their files, and the rows of
    /// `forgets` are removed.
    ///
    /// # Errors
    /// Storage: another run was first, or the commit did not land; nothing has changed.
    pub fn commit(
        &mut self,
        job: &str,
        run: &str,
        mut puts: Vec<FileRow>,
        forgets: &HashSet<String>,
    ) -> Result<u64> {
        // There may be very many: they are moved, not copied.
        puts.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        let leaves = |row: &FileRow| {
            puts.binary_search_by(|put| put.file.cmp(&row.file)).is_ok() || forgets.contains(&*row.file)
        };
        let is_touched = |rows: &[FileRow]| rows.iter().any(leaves);
        let (mut touched, mut kept): (Vec<_>, Vec<_>) =
            self.files.iter().partition(|(_, rows)| is_touched(rows));
        // Small files are written again with others that are no larger, so that there are few and each row is written again
        // rarely.
        kept.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
        let mut rows =
            puts.len().max(FILE_ROWS_MIN) + touched.iter().map(|(_, rows)| rows.len()).sum::<usize>();
        while let Some(few) = kept.pop_if(|few| few.1.len() <= rows && few.1.len() < FILE_ROWS_MAX) {
            rows += few.1.len();
            touched.push(few);
        }
        let removes: Vec<DataFile> = touched.iter().map(|(file, _)| file.clone()).collect();
        let kept: HashSet<String> = kept.into_iter().map(|(file, _)| file.path().to_owned()).collect();
        let stay = touched.into_iter().flat_map(|(_, rows)| rows.iter()).filter(|row| !leaves(row));
        let stay: Vec<FileRow> = stay.cloned().collect();
        puts.extend(stay);
        puts.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        let mut adds = Vec::new();
        while !puts.is_empty() {
            let rows = puts.split_off(puts.len().saturating_sub(FILE_ROWS_MAX));
            puts.shrink_to_fit();
            let mut writer = self.table.writer_of(&FileRow::schema(), &Default::default())?;
            writer.write(&rows::batch(&FileRow::schema(), &rows)?)?;
            adds.push((writer.finish()?, Arc::new(rows)));
        }
        let (mut txns, mut properties) = (Vec::new(), Vec::new());
        if let Some((path, id, version)) = &self.contributions {
            let is_new = |name: &str, value: &str| {
                self.table.properties().get(name).and_then(Option::as_deref) != Some(value)
            };
            let both = [(CONTRIBUTIONS_PATH, path), (CONTRIBUTIONS_ID, id)];
            let news = both.into_iter().filter(|(name, value)| is_new(name, value));
            properties.extend(news.map(|(name, value)| (name.to_owned(), value.clone())));
            if self.contributions_version(id) < Some(*version) {
                txns.push((format!("{CONTRIBUTIONS_VERSION}{id}"), *version as i64));
            }
        }
        properties.extend(format::upgrade(&self.table));
        if self.owner() != Some(job) {
            properties.push((owner::PROPERTY.to_owned(), job.to_owned()));
        }
        self.table.commit(Commit {
            expected_version: self.table.version(),
            adds: adds.iter().map(|(file, _)| file.clone()).collect(),
            removes,
            txns,
            properties,
            schema: self.table.columns_for(&FileRow::schema()),
            operation: "RUN".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        })?;
        self.contributions = None;
        let is_kept = |(file, _): &(DataFile, _)| kept.contains(file.path());
        let (kept, replaced) = std::mem::take(&mut self.files).into_iter().partition(is_kept);
        (self.files, self.replaced) = (kept, replaced);
        self.files.extend(adds);
        Ok(self.version())
    }

    /// Deletes what no version within `retention` needs, once in several versions.
    ///
    /// # Errors
    /// As [`DeltaTable::clean`].
    pub(crate) fn clean_in_turn(&mut self, retention: Retention) -> Result<()> {
        self.table.clean_in_turn(retention)
    }
}

/// The table of contributions in the folder `path`.
pub(crate) fn contributions_in(path: &str) -> Folder {
    Folder::new(path, KeptTable::Contributions.remedy())
}
