//! A table: opening or creating it, reading it, committing to it.

use arrow_schema::SchemaRef;
use std::ops::Range;
use std::sync::Arc;

use super::action::{Action, TextMap};
use super::checkpoint;
use super::clean::{self, Cleaned, MustStay, Retention};
use super::commit::{Attempt, Commit, Committed, PastCommit, attempt, lost};
use super::file::DataFile;
use super::folder::Folder;
use super::log::{Log, LogFile};
use super::read::{DataFileRows, WantedRows, projected};
use super::schema;
use super::snapshot::{Snapshot, follows};
use super::spec::{TableSpec, first_actions};
use super::stats::ColumnRange;
use super::store::Store;
use super::write::DataWriter;
use crate::error::{Code, Error, Kind, Result};

/// Files past the retention are deleted once in this many versions, between two checkpoints: then the next one omits them.
const CLEANED_EVERY: u64 = 20;

/// A Delta table at one version. To see later commits, [refresh](DeltaTable::refresh) it.
#[derive(Clone, Debug)]
pub struct DeltaTable {
    log: Log,
    snapshot: Arc<Snapshot>,
    /// Whether it was opened at an earlier version than the newest known one.
    is_past: bool,
}

impl DeltaTable {
    /// The table in the folder `folder` of `store`, at its newest version; `None` if there is no table.
    ///
    /// # Errors
    /// Attention: it is damaged, or newer than this program. Storage: it cannot be read.
    pub fn open(store: &Store, folder: impl Into<Folder>) -> Result<Option<DeltaTable>> {
        let log = folder.into().log(store);
        Ok(log.load()?.map(|snapshot| DeltaTable { log, snapshot, is_past: false }))
    }

    /// This table as it was at `version`; `None` if that is no longer known, or not yet.
    ///
    /// # Errors
    /// As [`DeltaTable::open`].
    pub fn at(&self, version: u64) -> Result<Option<DeltaTable>> {
        if version >= self.version() {
            return Ok((version == self.version()).then(|| self.clone()));
        }
        let log = self.log.clone();
        Ok(log.load_before(&self.snapshot, version)?.map(|snapshot| DeltaTable {
            log,
            snapshot,
            is_past: true,
        }))
    }

    /// Creates the table, or opens it if it exists or another program creates it first. An existing table may lack the last
    /// nullable columns of `spec`: a commit adds them, see [`DeltaTable::columns_for`].
    ///
    /// # Errors
    /// Attention: there is a table with other columns. Otherwise as [`DeltaTable::open`] and [`DeltaTable::commit`].
    pub fn create(store: &Store, folder: impl Into<Folder>, spec: &TableSpec) -> Result<DeltaTable> {
        let folder = folder.into();
        let table = match DeltaTable::open(store, folder.clone())? {
            Some(table) => table,
            None => {
                let log = folder.clone().log(store);
                match attempt(&log, 0, &first_actions(spec)?)? {
                    Attempt::Won | Attempt::Lost(_) => DeltaTable::open(store, folder)?.ok_or_else(|| {
                        Error::new(Kind::Storage, format!("{}: the table is gone again", log.place()))
                            .with_code(Code::LostRace)
                            .with_help("a retry is safe")
                    })?,
                }
            }
        };
        let is_other = !schema::grows_to(table.schema(), &spec.schema)
            || table.snapshot.meta_data.partition_columns != spec.partition_columns;
        if is_other {
            let path = table.log.commit_path(0);
            return Err(table.log.damaged(&path, "a table of other columns is there"));
        }
        Ok(table)
    }

    /// Brings it to the newest version.
    ///
    /// # Errors
    /// As [`DeltaTable::open`].
    pub fn refresh(&mut self) -> Result<()> {
        let gone = || self.log.damaged(&self.log.folder(), "the table is gone");
        self.snapshot = self.log.load()?.ok_or_else(gone)?;
        Ok(())
    }

    /// The version it is at; the first is 0.
    pub fn version(&self) -> u64 {
        self.snapshot.version
    }

    /// An id that no other table has, not even one that takes its place.
    pub fn id(&self) -> &str {
        &self.snapshot.meta_data.id
    }

    /// Its columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.snapshot.schema
    }

    /// The [`schema`](Commit::schema) for a commit that adds rows of the columns `wanted`; `None` if the table has these columns.
    pub fn columns_for(&self, wanted: &SchemaRef) -> Option<SchemaRef> {
        (self.schema().fields() != wanted.fields()).then(|| wanted.clone())
    }

    /// The columns whose values are kept once per data file.
    pub fn partition_columns(&self) -> &[String] {
        &self.snapshot.meta_data.partition_columns
    }

    /// Its properties.
    pub fn properties(&self) -> &TextMap {
        &self.snapshot.meta_data.configuration
    }

    /// Its folder, for people.
    pub fn place(&self) -> String {
        self.log.place()
    }

    /// Its data files, in order of their paths.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &DataFile> {
        self.snapshot.files.values()
    }

    /// The data file of this path.
    pub fn file(&self, path: &str) -> Option<&DataFile> {
        self.snapshot.files.get(path)
    }

    /// Whether the data file of this path is in the table, or is remembered as removed from it.
    ///
    /// # Errors
    /// As [`DeltaTable::open`].
    pub fn has_had(&self, path: &str) -> Result<bool> {
        Ok(self.file(path).is_some() || self.snapshot.all_removed(&self.log)?.contains_key(path))
    }

    /// Whether another program has made its newest version, or an earlier one that no commit has settled since.
    pub fn is_changed_by_others(&self) -> bool {
        !self.snapshot.is_sealed()
    }

    /// The error for a fault in it, with what to do.
    pub fn damaged(&self, what: impl std::fmt::Display) -> Error {
        self.log.damaged(&self.log.table, what)
    }

    /// The progress of the writer `app_id`, by its own count.
    pub fn txn(&self, app_id: &str) -> Option<i64> {
        self.snapshot.txns.get(app_id).map(|txn| txn.version)
    }

    /// The rows of `file`: these columns (all for `None`), in the table's order. With `range`, row groups without rows in it
    /// are left out; rows outside of it may still come.
    ///
    /// # Errors
    /// Attention: the file is missing or damaged. Storage: it cannot be read, or it was cleaned away because other runs have made
    /// many versions since this one was opened. Bug: the table does not have a column.
    pub fn read(
        &self,
        file: &DataFile,
        columns: Option<&[&str]>,
        range: Option<&ColumnRange>,
    ) -> Result<DataFileRows> {
        let wanted = range.map_or(WantedRows::All, WantedRows::InRange);
        self.opened(file, projected(self.schema(), columns)?, wanted)
    }

    /// Like [`DeltaTable::read`], for all columns of the rows in these ranges of row numbers, which count from 0.
    pub(crate) fn read_at(&self, file: &DataFile, stretches: &[Range<u64>]) -> Result<DataFileRows> {
        self.opened(file, self.schema().clone(), WantedRows::Stretches(stretches))
    }

    fn opened(&self, file: &DataFile, schema: SchemaRef, wanted: WantedRows<'_>) -> Result<DataFileRows> {
        DataFileRows::open(&self.log, file, schema, wanted).map_err(|error| match error.kind() {
            Kind::Attention if !self.is_past && self.is_replaced(file) => self.log.outdated(),
            _ => error,
        })
    }

    /// Whether a later version than this one no longer names `file`.
    fn is_replaced(&self, file: &DataFile) -> bool {
        let is_later = |now: &Snapshot| now.version > self.version() && now.meta_data.id == self.id();
        let now = self.log.load_anew().ok().flatten();
        now.is_some_and(|now| is_later(&now) && !now.files.contains_key(file.path()))
    }

    /// Whether the bytes of `file` are still stored.
    ///
    /// # Errors
    /// Storage.
    pub fn is_stored(&self, file: &DataFile) -> Result<bool> {
        Ok(self.log.store.stat(&self.log.path(&file.place))?.is_some())
    }

    /// Deletes a data file that was written but that no commit names.
    ///
    /// # Errors
    /// Storage.
    pub(crate) fn discard(&self, file: &DataFile) -> Result<()> {
        self.log.store.delete(&self.log.path(&file.place))
    }

    /// Begins a data file whose rows have these values in the partition columns.
    ///
    /// # Errors
    /// Bug: the partition columns are not the table's, or a value is empty, which Delta cannot distinguish from null.
    pub fn writer(&self, partition: &TextMap) -> Result<DataWriter> {
        self.writer_of(self.schema(), partition)
    }

    /// [`DeltaTable::writer`] for rows of the columns that a commit gives the table.
    ///
    /// # Errors
    /// As [`DeltaTable::writer`].
    pub fn writer_of(&self, schema: &SchemaRef, partition: &TextMap) -> Result<DataWriter> {
        DataWriter::new(self.log.clone(), schema, self.partition_columns(), partition.clone())
    }

    /// Makes the next version, and a checkpoint if one is due.
    ///
    /// # Errors
    /// Storage: another commit came first, and the message names its run; or it did not land; or that cannot be seen.
    /// In each case a new run finds out which is true. Bug: files of another table, or a count that does not increase.
    pub fn commit(&mut self, commit: Commit) -> Result<Committed> {
        self.check(&commit)?;
        let version = commit.expected_version + 1;
        let meta_data = commit.meta_data(&self.snapshot.meta_data)?;
        let seals = self.snapshot.is_sealed() || commit.settles_others;
        let actions = commit.actions(meta_data, seals, self.snapshot.last.clone())?;
        if self.snapshot.is_stale() {
            self.check_newest()?;
        }
        // The known snapshot may be so old that the commits after it do not belong to the history: a retry lists the log again.
        let forget = |_: &Error| self.log.store.known().forget(&self.log.table);
        if let Attempt::Lost(winner) = attempt(&self.log, version, &actions).inspect_err(forget)? {
            let error = lost(&self.log, &winner);
            forget(&error);
            return Err(error);
        }
        self.check_landed(version, &actions)?;
        Arc::make_mut(&mut self.snapshot).apply(&self.log, &actions)?;
        self.log.store.known().keep(&self.log.table, &self.snapshot);
        if version.is_multiple_of(checkpoint::EVERY)
            && let Err(error) = self.checkpoint()
        {
            // The commit is made, and is valid without its checkpoint.
            tracing::warn!(table = self.place(), version, %error, "no checkpoint");
        }
        Ok(Committed { version })
    }

    /// Makes sure that the commit of `version`, just put with `actions`, is part of the history. If others have made many
    /// versions since this one was read, it may be in the place of an earlier commit that was cleaned away. Then the commit
    /// before it is gone too, or is another such stray, but then the last checkpoint is much later.
    fn check_landed(&self, version: u64, actions: &[Action]) -> Result<()> {
        let (log, known) = (&self.log, self.log.store.known());
        let is_overtaken = || -> Result<bool> {
            let last = checkpoint::last(log)?.filter(|last| *last >= version + checkpoint::OVERTAKEN);
            if let Some(last) = last
                && log.store.stat(&log.checkpoint_path(last))?.is_some()
            {
                return Ok(true);
            }
            let is_alone = log.store.stat(&log.commit_path(version - 1))?.is_none();
            Ok(is_alone && log.files()?.iter().any(|file| file.version() > version))
        };
        match is_overtaken() {
            Ok(false) => return Ok(()),
            // A commit that does not belong to the history may follow the known snapshot.
            Err(error) => {
                known.forget(&log.table);
                let place = log.store.place(&log.commit_path(version));
                return Err(error
                    .within(format!("cannot tell whether {place} counts"))
                    .with_kind(Kind::Storage));
            }
            Ok(true) => known.forget(&log.table),
        }
        let own = actions.iter().find_map(|action| action.commit_info.as_ref()?.txn_id.as_deref());
        if log.commit(version + 1)?.is_none_or(|next| !follows(&next, own)) {
            log.store.delete(&log.commit_path(version))?;
        }
        Err(log.outdated())
    }

    /// An error if it is past `version`: a run that has worked from that version has lost.
    ///
    /// # Errors
    /// Storage: another run has made a later version.
    pub fn check_version(&self, version: u64) -> Result<()> {
        if version >= self.version() {
            return Ok(());
        }
        self.lost_after(version)
    }

    fn lost_after(&self, version: u64) -> Result<()> {
        let actions = self.log.commit(version + 1)?.unwrap_or_default();
        Err(lost(&self.log, &PastCommit::new(version + 1, &actions)))
    }

    /// An error if its log has a later version: the next versions may have been cleaned away meanwhile, and a commit would land
    /// where another one was.
    fn check_newest(&self) -> Result<()> {
        let is_later = |file: &LogFile| file.version() > self.version();
        if self.log.files()?.iter().any(is_later) { self.lost_after(self.version()) } else { Ok(()) }
    }

    /// The commit that made its version; `None` if the log no longer has it.
    ///
    /// # Errors
    /// As [`DeltaTable::open`].
    pub fn made_by(&self) -> Result<Option<PastCommit>> {
        let actions = self.log.commit(self.version())?;
        Ok(actions.map(|actions| PastCommit::new(self.version(), &actions)))
    }

    fn check(&self, commit: &Commit) -> Result<()> {
        self.check_version(commit.expected_version)?;
        let wrong = |what: &str| Err(Error::bug(format!("{}: a commit {what}", self.place())));
        if commit.expected_version > self.version() {
            return wrong("expects a version that was not read");
        }
        if commit.removes.iter().any(|file| self.file(file.path()).is_none()) {
            return wrong("removes a file that is not in the table");
        }
        if commit.adds.iter().any(|file| self.file(file.path()).is_some()) {
            return wrong("adds a file that is in the table");
        }
        match commit.txns.iter().any(|(app_id, count)| self.txn(app_id) >= Some(*count)) {
            true => wrong("repeats a count of its writer"),
            false => Ok(()),
        }
    }

    /// Writes a checkpoint of this version, so that readers need to read less.
    ///
    /// # Errors
    /// Storage. The table is complete without its checkpoint.
    pub fn checkpoint(&self) -> Result<()> {
        checkpoint::write(&self.log, &self.snapshot, &|_| false)
    }

    /// The commits that the log still has, the newest first.
    ///
    /// # Errors
    /// As [`DeltaTable::open`].
    pub fn history(&self) -> Result<Vec<PastCommit>> {
        self.log.history()
    }

    /// Deletes files that no version of the last `retention_ms` needs: data files that were removed before that or never
    /// committed, and the log before the checkpoint from which those versions can be read. Before a data file that no version
    /// names is deleted, `keep` is asked, with its path in the table's folder: a long run may need it.
    ///
    /// # Errors
    /// Usage: a retention longer than the table remembers removed files. Storage: a part may be done.
    pub fn clean(&mut self, retention_ms: i64, keep: MustStay<'_>) -> Result<Cleaned> {
        self.clean_by(Retention { versions_ms: retention_ms, versions_max: u64::MAX, least_ms: 0 }, keep)
    }

    /// [`DeltaTable::clean`], but keeps less of a table that changes often.
    ///
    /// # Errors
    /// As [`DeltaTable::clean`].
    pub fn clean_by(&mut self, retention: Retention, keep: MustStay<'_>) -> Result<Cleaned> {
        self.refresh()?;
        clean::clean(&self.log, &self.snapshot, retention, keep)
    }

    /// [`DeltaTable::clean_by`], if enough versions were made since the last cleaning, by this program or another one.
    ///
    /// # Errors
    /// As [`DeltaTable::clean`].
    pub fn clean_in_turn(&mut self, retention: Retention) -> Result<()> {
        let first = self.log.store.known().first(&self.log.table).unwrap_or(self.version());
        let turn = |version: u64| (version + checkpoint::EVERY / 2) / CLEANED_EVERY;
        if turn(first) != turn(self.version()) {
            self.clean_by(retention, &|_| false)?;
        }
        Ok(())
    }
}
