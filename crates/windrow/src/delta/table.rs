//! A table: opened or created, read, committed to.

use arrow_schema::{Field, Schema, SchemaRef};
use std::sync::Arc;

use super::action::{Action, Format, MetaData, Texts};
use super::checkpoint;
use super::clean::{self, Cleaned, Keep};
use super::commit::{Attempt, Commit, Committed, PastCommit, attempt, lost, signed};
use super::file::DataFile;
use super::log::{Log, LogFile};
use super::read::{Rows, projected};
use super::schema;
use super::snapshot::{PROTOCOL, Snapshot};
use super::stats::ColumnRange;
use super::store::Store;
use super::write::DataWriter;
use crate::clock;
use crate::error::{Error, Kind, Result};

/// What a new table is.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Its columns. Types: bool, i16, i32, i64, f64, text, bytes, and times in microseconds UTC.
    pub schema: SchemaRef,
    /// Columns, of text or integers, whose values are kept once per data file and not in it.
    pub partition_columns: Vec<String>,
    /// What it is for, for those who look at it with other programs.
    pub description: String,
    /// Properties, by their names.
    pub properties: Vec<(String, String)>,
    /// The run that creates it.
    pub run_id: String,
}

/// A Delta table at one version. Sees what others commit when it is [refreshed](Table::refresh).
#[derive(Clone, Debug)]
pub struct Table {
    log: Log,
    snapshot: Snapshot,
}

impl Table {
    /// The table in the folder `path` of `store`, at its newest version; none if there is none.
    ///
    /// # Errors
    /// Person: it is damaged, or newer than this program. Storage: it cannot be read.
    pub fn open(store: &Store, path: &str) -> Result<Option<Table>> {
        let log = Log { store: store.clone(), table: path.trim_end_matches('/').to_owned() };
        Ok(log.load()?.map(|snapshot| Table { log, snapshot }))
    }

    /// The table as it was at `version`; none if that is no longer known.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn open_at(store: &Store, path: &str, version: u64) -> Result<Option<Table>> {
        let log = Log { store: store.clone(), table: path.trim_end_matches('/').to_owned() };
        Ok(log.load_at(version)?.map(|snapshot| Table { log, snapshot }))
    }

    /// This table as it was at `version`; none if that is no longer known.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn at(&self, version: u64) -> Result<Option<Table>> {
        let log = self.log.clone();
        Ok(log.load_at(version)?.map(|snapshot| Table { log, snapshot }))
    }

    /// Creates the table, or opens it if it is there or another one creates it first.
    ///
    /// # Errors
    /// Person: a table of other columns is there. Otherwise as [`Table::open`] and [`Table::commit`].
    pub fn create(store: &Store, path: &str, spec: &TableSpec) -> Result<Table> {
        let table = match Table::open(store, path)? {
            Some(table) => table,
            None => {
                let log = Log { store: store.clone(), table: path.trim_end_matches('/').to_owned() };
                match attempt(&log, 0, &first_actions(spec)?)? {
                    Attempt::Won | Attempt::Lost(_) => Table::open(store, path)?.ok_or_else(|| {
                        Error::new(Kind::Storage, format!("{}: the table is gone again", log.place()))
                            .help("a retry is safe")
                    })?,
                }
            }
        };
        let is_other = table.schema().fields() != spec.schema.fields()
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
    /// As [`Table::open`].
    pub fn refresh(&mut self) -> Result<()> {
        self.log.follow(&mut self.snapshot)
    }

    /// The version it is at; the first is 0.
    pub fn version(&self) -> u64 {
        self.snapshot.version
    }

    /// What no other table has, not even one that takes its place.
    pub fn id(&self) -> &str {
        &self.snapshot.meta_data.id
    }

    /// Its columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.snapshot.schema
    }

    /// Its properties.
    pub fn properties(&self) -> &Texts {
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

    /// Whether the data file of this path is in the table, or was and is remembered as removed.
    pub fn has_had(&self, path: &str) -> bool {
        self.file(path).is_some() || self.snapshot.removed.contains_key(path)
    }

    /// How far the writer `app_id` has come, by its own count.
    pub fn txn(&self, app_id: &str) -> Option<i64> {
        self.snapshot.txns.get(app_id).map(|txn| txn.version)
    }

    /// The rows of `file`: these columns (all if none are named), in the table's order. With `range`, row groups that
    /// hold nothing in it are left out; rows outside of it may still come.
    ///
    /// # Errors
    /// Person: the file is missing or damaged. Storage: it cannot be read. Bug: a column that the table has not.
    pub fn read(
        &self,
        file: &DataFile,
        columns: Option<&[&str]>,
        range: Option<&ColumnRange>,
    ) -> Result<Rows> {
        Rows::open(&self.log, file, projected(self.schema(), columns)?, range)
    }

    /// Begins a data file whose rows have these values in the partition columns.
    ///
    /// # Errors
    /// Bug: other partition columns than the table's, or a value with other characters than those of numbers and
    /// dates: it names a folder too. Delta does not tell an empty value from none.
    pub fn writer(&self, partition: &Texts) -> Result<DataWriter> {
        self.writer_of(self.schema(), partition)
    }

    /// [`Table::writer`] for rows of the columns that a commit gives the table.
    ///
    /// # Errors
    /// As [`Table::writer`].
    pub fn writer_of(&self, schema: &SchemaRef, partition: &Texts) -> Result<DataWriter> {
        let columns = &self.snapshot.meta_data.partition_columns;
        let is_other =
            partition.len() != columns.len() || columns.iter().any(|name| !partition.contains_key(name));
        let is_plain = |value: &str| {
            !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        if is_other || !partition.values().flatten().all(|value| is_plain(value)) {
            return Err(Error::bug(format!(
                "{partition:?} are no values of the partition columns {columns:?}"
            )));
        }
        let stored = schema.fields().iter().filter(|field| !columns.contains(field.name()));
        let stored = Arc::new(Schema::new(stored.cloned().collect::<Vec<_>>()));
        DataWriter::new(self.log.clone(), schema.clone(), stored, partition.clone())
    }

    /// Makes the next version. A checkpoint follows where one is due.
    ///
    /// # Errors
    /// Storage: another commit came first, and the message names its run; or it did not land; or that cannot be seen.
    /// In each case a new run finds out what is true. Bug: files that are not the table's, or a count that does not
    /// rise.
    pub fn commit(&mut self, commit: Commit) -> Result<Committed> {
        self.check(&commit)?;
        let version = commit.expected_version + 1;
        let meta_data = commit.meta_data(&self.snapshot.meta_data)?;
        let actions = commit.actions(meta_data);
        if let Attempt::Lost(winner) = attempt(&self.log, version, &actions)? {
            return Err(lost(&self.log, &winner));
        }
        self.snapshot.apply(&self.log, &actions)?;
        if version.is_multiple_of(checkpoint::EVERY)
            && let Err(error) = self.checkpoint()
        {
            // The commit is made, and true without its checkpoint.
            tracing::warn!(table = self.place(), version, %error, "no checkpoint");
        }
        Ok(Committed { version })
    }

    /// An error if it is past `version`: who has worked from that version has lost.
    ///
    /// # Errors
    /// Storage: another run has made a later version.
    pub fn check_version(&self, version: u64) -> Result<()> {
        if version >= self.version() {
            return Ok(());
        }
        let actions = self.log.commit(version + 1)?.unwrap_or_default();
        Err(lost(&self.log, &PastCommit::new(version + 1, &actions)))
    }

    /// Who made its version; none if the log has it no longer.
    ///
    /// # Errors
    /// As [`Table::open`].
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
        match &commit.txn {
            Some((app_id, count)) if self.txn(app_id) >= Some(*count) => {
                wrong("repeats a count of its writer")
            }
            _ => Ok(()),
        }
    }

    /// Writes a checkpoint of this version; what a reader has to read stays short.
    ///
    /// # Errors
    /// Storage. The table is whole without its checkpoint.
    pub fn checkpoint(&self) -> Result<()> {
        checkpoint::write(&self.log, &self.snapshot)
    }

    /// The commits that the log still has, the newest first.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn history(&self) -> Result<Vec<PastCommit>> {
        let mut commits = Vec::new();
        for entry in self.log.store.list(&self.log.folder())?.iter().rev() {
            if let Some(LogFile::Commit(version)) = self.log.name(&entry.path)
                && let Some(actions) = self.log.commit(version)?
            {
                commits.push(PastCommit::new(version, &actions));
            }
        }
        Ok(commits)
    }

    /// Deletes what no version of the last `retention_ms` needs: data files that were removed or never committed
    /// before that, and the log behind the checkpoint from which those versions can be read. `keep` is asked before a
    /// data file that no version names is deleted, by its path in the table's folder: a run that lives long may need it.
    ///
    /// # Errors
    /// Usage: a retention longer than the table remembers removed files. Storage: a part may be done.
    pub fn clean(&mut self, retention_ms: i64, keep: Keep<'_>) -> Result<Cleaned> {
        self.refresh()?;
        clean::clean(&self.log, &self.snapshot, retention_ms, keep)
    }
}

/// The first version of a table.
fn first_actions(spec: &TableSpec) -> Result<Vec<Action>> {
    let is_text_or_integer = |field: &Field| field.data_type().is_integer() || field.data_type().is_string();
    for name in &spec.partition_columns {
        if !spec.schema.field_with_name(name).is_ok_and(is_text_or_integer) {
            return Err(Error::bug(format!("{name:?} cannot be a partition column")));
        }
    }
    let (name, days) = checkpoint::REMEMBERED;
    let own = (name.to_owned(), Some(days.to_owned()));
    let properties = spec.properties.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
    let meta_data = MetaData {
        id: uuid::Uuid::new_v4().to_string(),
        name: None,
        description: Some(spec.description.clone()),
        format: Format { provider: "parquet".to_owned(), options: Texts::new() },
        schema_string: schema::write(&spec.schema)?,
        partition_columns: spec.partition_columns.clone(),
        configuration: properties.chain([own]).collect(),
        created_time: Some(clock::unix_ms()),
    };
    let actions = vec![
        Action { protocol: Some(PROTOCOL), ..Action::default() },
        Action { meta_data: Some(meta_data), ..Action::default() },
    ];
    Ok(signed(actions, "CREATE TABLE".to_owned(), spec.run_id.clone(), serde_json::Value::Null))
}
