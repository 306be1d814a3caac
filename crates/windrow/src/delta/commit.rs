//! A commit: it becomes exactly the next version, or it is lost. Nothing is rebased, retried or overwritten.

use arrow_schema::SchemaRef;
use bytes::Bytes;
use serde_json::json;

use super::action::{Action, Add, CommitInfo, MetaData, Remove, RunInfo, Txn};
use super::file::DataFile;
use super::log::{Log, hash_behind_first, read_commit};
use super::schema;
use super::snapshot::SEAL;
use crate::clock;
use crate::error::{Code, Error, Kind, Result};
use crate::storage::Put;

/// The changes that make the version after `expected_version`.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The version that all of this was computed from.
    pub expected_version: u64,
    /// Data files that count from now on.
    pub adds: Vec<DataFile>,
    /// Data files that no longer count.
    pub removes: Vec<DataFile>,
    /// The progress of writers with this commit, by their names and their own counts.
    pub txns: Vec<(String, i64)>,
    /// Columns that replace the table's: the same with more nullable ones behind them, or other ones if all its data files are
    /// removed.
    pub schema: Option<SchemaRef>,
    /// Properties to set, with their values.
    pub properties: Vec<(String, String)>,
    /// Whether the commit only moves rows: the data files that it adds hold exactly the rows of those that it removes. Readers
    /// of changes skip it.
    pub only_moves_rows: bool,
    /// What was done, in one upper-case word, for the history.
    pub operation: String,
    /// Whether commits of other programs are accepted, so that they are not reported after this commit.
    pub settles_others: bool,
    /// The run that commits.
    pub run_id: String,
    /// Other facts for the history.
    pub info: serde_json::Value,
}

/// A successful commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The version it made.
    pub version: u64,
}

/// A commit in the history of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct PastCommit {
    /// The version it made.
    pub version: u64,
    /// When, in milliseconds since 1970 by the writer's clock, if the writer recorded it.
    pub timestamp_ms: Option<i64>,
    /// What was done.
    pub operation: Option<String>,
    /// The run that committed; `None` for another program.
    pub run_id: Option<String>,
    /// The facts that this run kept with it; null for another program.
    pub info: serde_json::Value,
}

impl PastCommit {
    pub(crate) fn new(version: u64, actions: &[Action]) -> Self {
        let told = actions.iter().find_map(|action| action.commit_info.clone()).unwrap_or_default();
        let (run_id, info) = match told.windrow {
            Some(run) => (Some(run.run_id), run.info),
            None => (None, serde_json::Value::Null),
        };
        PastCommit { version, timestamp_ms: told.timestamp, operation: told.operation, run_id, info }
    }
}

impl Commit {
    /// The metadata of the table from this commit on, if it differs from `before`.
    pub(crate) fn meta_data(&self, before: &MetaData) -> Result<Option<MetaData>> {
        if self.schema.is_none() && self.properties.is_empty() {
            return Ok(None);
        }
        let mut meta_data = before.clone();
        if let Some(schema) = &self.schema {
            meta_data.schema_string = schema::write(schema)?;
        }
        let properties = self.properties.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
        meta_data.configuration.extend(properties);
        Ok(Some(meta_data))
    }

    /// The actions of this commit; the first one says who made it. `seals`: no commit of another program is unsettled before it.
    /// `after`: the transaction of the previous commit, if known.
    pub(crate) fn actions(
        self,
        meta_data: Option<MetaData>,
        seals: bool,
        after: Option<String>,
    ) -> Result<Vec<Action>> {
        let now_ms = clock::unix_ms();
        let seal = seals.then(|| (SEAL.to_owned(), self.expected_version as i64 + 1));
        let txns = self.txns.into_iter().chain(seal);
        let txns = txns.map(|(app_id, version)| Txn { app_id, version, last_updated: Some(now_ms) });
        let removes = self.removes.into_iter().map(|file| Remove {
            path: file.add.path,
            deletion_timestamp: Some(now_ms),
            data_change: !self.only_moves_rows,
            extended_file_metadata: Some(true),
            partition_values: Some(file.add.partition_values),
            size: Some(file.add.size),
        });
        let mut actions: Vec<Action> = Vec::new();
        actions.extend(meta_data.map(|meta_data| Action { meta_data: Some(meta_data), ..Action::default() }));
        actions.extend(txns.map(|txn| Action { txn: Some(txn), ..Action::default() }));
        actions.extend(removes.map(|remove| Action { remove: Some(remove), ..Action::default() }));
        actions.extend(self.adds.into_iter().map(|file| Action {
            add: Some(Add { data_change: !self.only_moves_rows, ..file.add }),
            ..Action::default()
        }));
        let run = RunInfo { run_id: self.run_id, info: self.info, after, ..RunInfo::default() };
        signed(actions, self.operation, run)
    }
}

/// `actions`, after the one that says that `run` commits them.
pub(crate) fn signed(mut actions: Vec<Action>, operation: String, run: RunInfo) -> Result<Vec<Action>> {
    // The lines behind the first one.
    let hash = hash_behind_first(&[b"\n", &lines(&actions)?[..]].concat());
    let run = RunInfo { actions: actions.len() + 1, hash: Some(hash), ..run };
    let commit_info = CommitInfo {
        timestamp: Some(clock::unix_ms()),
        operation: Some(operation),
        operation_parameters: Some(json!({})),
        engine_info: Some(concat!("windrow/", env!("CARGO_PKG_VERSION")).to_owned()),
        txn_id: Some(uuid::Uuid::new_v4().to_string()),
        windrow: Some(run),
    };
    actions.insert(0, Action { commit_info: Some(commit_info), ..Action::default() });
    Ok(actions)
}

/// The result of an attempt to make a version.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// The version is ours.
    Won,
    /// Another commit made it.
    Lost(PastCommit),
}

/// Tries to commit these actions as `version`.
///
/// # Errors
/// Storage: it has not landed, as far as can be seen now, or that cannot be seen.
pub(crate) fn attempt(log: &Log, version: u64, actions: &[Action]) -> Result<Attempt> {
    let path = log.commit_path(version);
    let body = lines(actions)?;
    let put = log.store.put_new(&path, body.clone());
    if let Ok(Put::Done) = put {
        return Ok(Attempt::Won);
    }
    // An error may come after the effect, and "taken" may mean taken by this very request, sent twice. Only the log
    // shows it: no two attempts have equal bytes, not even two of one run.
    let place = log.store.place(&path);
    match log.store.get(&path) {
        Ok(Some(found)) if found == body => {
            log.store.check_lasting()?;
            Ok(Attempt::Won)
        }
        Ok(Some(found)) => {
            let actions = read_commit(&found).map_err(|what| log.damaged(&path, what))?;
            Ok(Attempt::Lost(PastCommit::new(version, &actions)))
        }
        Ok(None) => {
            let error = put.err().unwrap_or_else(|| {
                Error::new(
                    Kind::Storage,
                    format!(
                        "cannot write {place}: the store rejected the write, and the object does not exist"
                    ),
                )
                .with_code(Code::StorageFailed)
            });
            let help = format!("nothing was committed; {}", error.help_text().unwrap_or("a retry is safe"));
            Err(error.with_help(help))
        }
        Err(unread) => {
            let error = put.err().unwrap_or(unread);
            Err(error
                .within(format!("cannot tell whether {place} was written"))
                .with_kind(Kind::Storage)
                .with_help("run again: the next run looks first, so a retry is safe"))
        }
    }
}

/// The error for a commit that came second.
pub(crate) fn lost(log: &Log, winner: &PastCommit) -> Error {
    let who = match &winner.run_id {
        Some(run_id) => format!("run {run_id}"),
        None => "another program".to_owned(),
    };
    Error::new(Kind::Storage, format!("{}: {who} has made version {} first", log.place(), winner.version))
        .with_code(Code::LostRace)
        .with_help("run again: it starts from the other run's commit")
}

fn lines(actions: &[Action]) -> Result<Bytes> {
    let mut bytes = Vec::new();
    for action in actions {
        serde_json::to_writer(&mut bytes, action)
            .map_err(|error| Error::bug(format!("a commit cannot be written: {error}")))?;
        bytes.push(b'\n');
    }
    Ok(bytes.into())
}
