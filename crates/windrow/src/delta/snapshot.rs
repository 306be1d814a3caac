//! A table at one version: the sum of its log.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow_schema::SchemaRef;

use super::action::{Action, Add, MetaData, Protocol, Remove, Txn};
use super::checkpoint;
use super::file::DataFile;
use super::log::Log;
use super::schema;
use crate::clock::{self, Stopwatch};
use crate::error::{Code, Error, Kind, Result};

/// The newest supported protocol.
pub(crate) const PROTOCOL: Protocol = Protocol { min_reader_version: 1, min_writer_version: 2 };

/// A table at one version.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) version: u64,
    pub(crate) protocol: Protocol,
    pub(crate) meta_data: MetaData,
    pub(crate) schema: SchemaRef,
    /// The data files by their paths in the log.
    pub(crate) files: BTreeMap<String, DataFile>,
    /// Files that were removed since `base`, and that readers of older versions still need.
    pub(crate) removed: BTreeMap<String, Remove>,
    /// The checkpoint that it was read from, which has the files that were removed before.
    pub(crate) base: Option<u64>,
    pub(crate) txns: BTreeMap<String, Txn>,
    /// The transaction of its newest commit, if that was read and names one.
    pub(crate) last: Option<String>,
    /// The checkpoints that the log had when it was listed.
    pub(crate) checkpoints: Vec<u64>,
    /// When the log was listed.
    pub(super) listed: (Stopwatch, i64),
}

/// How long after its log was listed a table is only followed by name. Later, it is listed again, as the next versions may
/// have been cleaned away.
const STALE: Duration = Duration::from_secs(600);

/// The name under which each commit records its own version: after a commit of another program, the two versions differ.
pub(crate) const SEAL: &str = "windrow.version";

impl Snapshot {
    /// A table that begins with the commit of version 0.
    pub(crate) fn begin(log: &Log, actions: &[Action]) -> Result<Snapshot> {
        Snapshot::restore(log, 0, &log.commit_path(0), actions)
    }

    /// A table from all of its actions as of `version`, which are in the file `path`.
    pub(crate) fn restore(log: &Log, version: u64, path: &str, actions: &[Action]) -> Result<Snapshot> {
        let protocol = actions.iter().find_map(|action| action.protocol.clone());
        let meta_data = actions.iter().find_map(|action| action.meta_data.clone());
        let (Some(protocol), Some(meta_data)) = (protocol, meta_data) else {
            return Err(log.damaged(path, "it does not say what the table is"));
        };
        check_protocol(log, &protocol)?;
        let schema = read_schema(log, &meta_data)?;
        let mut snapshot = Snapshot {
            version,
            protocol,
            meta_data,
            schema,
            files: BTreeMap::new(),
            removed: BTreeMap::new(),
            base: None,
            txns: BTreeMap::new(),
            last: None,
            checkpoints: Vec::new(),
            listed: (Stopwatch::start(), clock::unix_ms()),
        };
        snapshot.take(log, path, actions)?;
        Ok(snapshot)
    }

    /// Whether its log was listed so long ago that the next versions may have been cleaned away.
    pub(crate) fn is_stale(&self) -> bool {
        let (watch, listed_ms) = &self.listed;
        let slept_ms = clock::unix_ms().saturating_sub(*listed_ms);
        watch.elapsed() >= STALE || u128::from(slept_ms.unsigned_abs()) >= STALE.as_millis()
    }

    /// Whether its newest commit is from windrow, also from a version that did not record this yet.
    pub(crate) fn is_sealed(&self) -> bool {
        self.txns.get(SEAL).is_none_or(|txn| u64::try_from(txn.version) == Ok(self.version))
    }

    /// All files that were removed and that readers of older versions still need.
    ///
    /// # Errors
    /// Storage: later versions were made and this one was cleaned away.
    pub(crate) fn all_removed(&self, log: &Log) -> Result<BTreeMap<String, Remove>> {
        let mut removed = match self.base {
            Some(base) => checkpoint::read_removed(log, base)?.ok_or_else(|| log.outdated())?,
            None => BTreeMap::new(),
        };
        removed.extend(self.removed.iter().map(|(path, remove)| (path.clone(), remove.clone())));
        removed.retain(|path, _| !self.files.contains_key(path));
        Ok(removed)
    }

    /// Moves to the next version.
    ///
    /// # Errors
    /// Attention: the commit is damaged. Storage: it does not follow the newest commit of this snapshot. That one then does not
    /// belong to the history: it was put where an earlier one had been cleaned away.
    pub(crate) fn apply(&mut self, log: &Log, actions: &[Action]) -> Result<()> {
        if !follows(actions, self.last.as_deref()) {
            return Err(log.outdated());
        }
        let path = log.commit_path(self.version + 1);
        self.take(log, &path, actions)?;
        self.version += 1;
        Ok(())
    }

    fn take(&mut self, log: &Log, path: &str, actions: &[Action]) -> Result<()> {
        self.last = actions.iter().find_map(|action| action.commit_info.as_ref()?.txn_id.clone());
        for action in actions {
            if let Some(protocol) = &action.protocol {
                check_protocol(log, protocol)?;
                self.protocol = protocol.clone();
            }
            if let Some(meta_data) = &action.meta_data {
                self.schema = read_schema(log, meta_data)?;
                self.meta_data = meta_data.clone();
            }
        }
        for action in actions {
            if let Some(add) = &action.add {
                self.add(log, path, add)?;
            }
            if let Some(remove) = &action.remove {
                self.files.remove(&remove.path);
                self.removed.insert(remove.path.clone(), remove.clone());
            }
            if let Some(txn) = &action.txn {
                self.txns.insert(txn.app_id.clone(), txn.clone());
            }
        }
        Ok(())
    }

    fn add(&mut self, log: &Log, path: &str, add: &Add) -> Result<()> {
        if add.deletion_vector.is_some() {
            return Err(newer(log, "a file with deletion vectors"));
        }
        let file = DataFile::new(add.clone(), &self.schema).map_err(|what| log.damaged(path, what))?;
        self.removed.remove(&add.path);
        self.files.insert(add.path.clone(), file);
        Ok(())
    }
}

/// Whether the commit of `actions` may follow the transaction `last`. A commit that does not name its predecessor may.
pub(crate) fn follows(actions: &[Action], last: Option<&str>) -> bool {
    let told =
        actions.iter().find_map(|action| action.commit_info.as_ref()?.windrow.as_ref()?.after.as_deref());
    told.zip(last).is_none_or(|(after, last)| after == last)
}

fn check_protocol(log: &Log, protocol: &Protocol) -> Result<()> {
    let Protocol { min_reader_version: reader, min_writer_version: writer } = protocol;
    if *reader > PROTOCOL.min_reader_version || *writer > PROTOCOL.min_writer_version {
        return Err(newer(log, format!("reader version {reader} and writer version {writer}")));
    }
    Ok(())
}

fn read_schema(log: &Log, meta_data: &MetaData) -> Result<SchemaRef> {
    let is_on =
        |name: &str| meta_data.configuration.get(name).is_some_and(|value| value.as_deref() == Some("true"));
    if meta_data.format.provider != "parquet" {
        return Err(newer(log, format!("files of the format {}", meta_data.format.provider)));
    }
    if is_on("delta.appendOnly") {
        return Err(newer(log, "the rule delta.appendOnly"));
    }
    schema::read(&meta_data.schema_string).map_err(|what| newer(log, what))
}

fn newer(log: &Log, what: impl std::fmt::Display) -> Error {
    Error::new(
        Kind::Attention,
        format!("{}: this table needs more than this windrow knows: {what}", log.place()),
    )
    .with_code(Code::NewerVersion)
    .with_help(
        "use the program that changed it, or a newer windrow; an older windrow cannot keep its promises here",
    )
}
