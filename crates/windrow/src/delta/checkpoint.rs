//! Checkpoints: the whole table as of one version in one Parquet file, so that a reader needs few commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::{LineDelimitedWriter, ReaderBuilder};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use serde::{Deserialize, Serialize};

use super::action::{Action, Add, Remove};
use super::log::Log;
use super::snapshot::Snapshot;
use super::write::parquet_bytes;
use crate::clock;
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::storage::Put;

/// A checkpoint is written at each version that is a multiple of this.
pub(crate) const EVERY: u64 = 10;

/// The log is cut off by number of versions only if the last checkpoint is at least this many versions later. So a commit
/// that lands where an earlier one was cut off can notice it.
pub(crate) const OVERTAKEN: u64 = EVERY;

/// How long a removed file is remembered, and the longest retention that cleaning accepts: in days, and as the property
/// that other writers of the table follow.
pub(crate) const REMEMBERED_DAYS: i64 = 30;
pub(crate) const REMEMBERED: (&str, &str) = ("delta.deletedFileRetentionDuration", "interval 30 days");

/// Actions to turn into columns at a time.
const BATCH_ROWS: usize = 16 << 10;

/// The contents of `_last_checkpoint`, for readers who look for it.
#[derive(Serialize, Deserialize)]
struct LastCheckpoint {
    version: u64,
    size: usize,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

const LAST: &str = "_delta_log/_last_checkpoint";

/// The tag of the last checkpoint with the hash of its bytes.
const HASH: &str = "windrow.hash";

/// The columns of a checkpoint that are read to know the table, and those of the files that were removed from it.
const TABLE: [&str; 4] = ["txn", "add", "metaData", "protocol"];
const REMOVED: [&str; 1] = ["remove"];

/// Writes the checkpoint of `snapshot`, and names it as the last one.
///
/// `is_gone` says which removed files are already deleted: the checkpoint need not list them any more.
pub(crate) fn write(log: &Log, snapshot: &Snapshot, is_gone: &dyn Fn(&Remove) -> bool) -> Result<()> {
    let mut removed = snapshot.all_removed(log)?;
    removed.retain(|_, remove| !is_gone(remove));
    let actions = actions(snapshot, &removed);
    let schema = Arc::new(schema());
    let batches =
        actions.chunks(BATCH_ROWS).map(|actions| columns(&schema, actions)).collect::<Result<Vec<_>>>()?;
    let bytes = parquet_bytes(&schema, &batches)?;
    let tags = BTreeMap::from([(HASH.to_owned(), Fingerprint::of(&bytes).to_string())]);
    // An existing checkpoint has the same contents: a version never changes.
    if log.store.put_new(&log.checkpoint_path(snapshot.version), bytes)? == Put::Taken {
        return Ok(());
    }
    // The last one never goes back to an earlier version: commits rely on that.
    if last(log)?.is_some_and(|last| last > snapshot.version) {
        return Ok(());
    }
    let last = serde_json::to_vec(&LastCheckpoint { version: snapshot.version, size: actions.len(), tags })
        .map_err(|error| Error::bug(format!("the last checkpoint cannot be written: {error}")))?;
    log.store.put(&log.path(LAST), last.into())
}

/// The table from its checkpoint at `version`, without the files that were removed before; `None` if the checkpoint does not
/// exist, or no longer.
///
/// # Errors
/// Attention: the checkpoint is damaged.
pub(crate) fn read(log: &Log, version: u64) -> Result<Option<Snapshot>> {
    let Some(actions) = some_actions(log, version, &TABLE)? else { return Ok(None) };
    let snapshot = Snapshot::restore(log, version, &log.checkpoint_path(version), &actions)?;
    Ok(Some(Snapshot { base: Some(version), ..snapshot }))
}

/// The removed files in the checkpoint at `version`; `None` if the checkpoint does not exist, or no longer.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_removed(log: &Log, version: u64) -> Result<Option<BTreeMap<String, Remove>>> {
    let actions = some_actions(log, version, &REMOVED)?;
    let removes = |actions: Vec<Action>| actions.into_iter().filter_map(|action| action.remove);
    Ok(actions.map(|actions| removes(actions).map(|remove| (remove.path.clone(), remove)).collect()))
}

/// The version that is named as the last checkpoint, if any.
pub(crate) fn last(log: &Log) -> Result<Option<u64>> {
    Ok(read_last(log)?.map(|last| last.version))
}

fn read_last(log: &Log) -> Result<Option<LastCheckpoint>> {
    let last = log.store.get(&log.path(LAST))?;
    Ok(last.and_then(|last| serde_json::from_slice(&last).ok()))
}

fn some_actions(log: &Log, version: u64, columns: &[&str]) -> Result<Option<Vec<Action>>> {
    let path = log.checkpoint_path(version);
    let Some(bytes) = log.store.get(&path)? else { return Ok(None) };
    // `_last_checkpoint` is only a hint. Its hash is used to find damage.
    let last = read_last(log)?.filter(|last| last.version == version);
    let hash = last.and_then(|mut last| last.tags.remove(HASH));
    if hash.is_some_and(|hash| hash != Fingerprint::of(&bytes).to_string()) {
        return Err(log.damaged(&path, "it is damaged: its bytes are not those that were written"));
    }
    let actions = read_actions(bytes, columns);
    actions.map(Some).map_err(|error| log.damaged(&path, format!("it is damaged: {error}")))
}

fn actions(snapshot: &Snapshot, removed: &BTreeMap<String, Remove>) -> Vec<Action> {
    let since_ms = clock::unix_ms() - REMEMBERED_DAYS * 86_400_000;
    let remembered = removed
        .values()
        .filter(|remove| remove.deletion_timestamp.is_none_or(|removed_ms| removed_ms >= since_ms));
    let mut actions = vec![
        Action { protocol: Some(snapshot.protocol.clone()), ..Action::default() },
        Action { meta_data: Some(snapshot.meta_data.clone()), ..Action::default() },
    ];
    actions.extend(snapshot.txns.values().map(|txn| Action { txn: Some(txn.clone()), ..Action::default() }));
    actions.extend(snapshot.files.values().map(|file| Action {
        add: Some(Add { data_change: false, ..file.add.clone() }),
        ..Action::default()
    }));
    actions.extend(remembered.map(|remove| Action { remove: Some(remove.clone()), ..Action::default() }));
    actions
}

fn columns(schema: &Arc<Schema>, actions: &[Action]) -> Result<RecordBatch> {
    let columns = || -> Result<Option<RecordBatch>, ArrowError> {
        let mut decoder = ReaderBuilder::new(schema.clone()).build_decoder()?;
        decoder.serialize(actions)?;
        decoder.flush()
    };
    let batch = columns().map_err(|error| Error::bug(format!("a checkpoint cannot be made: {error}")))?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(schema.clone())))
}

fn read_actions(bytes: Bytes, columns: &[&str]) -> Result<Vec<Action>, Box<dyn std::error::Error>> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options)?;
    let known = schema();
    let roots = reader.parquet_schema().root_schema().get_fields().iter().enumerate();
    let is_wanted = |name: &str| columns.contains(&name) && known.field_with_name(name).is_ok();
    let wanted = roots.filter(|(_, root)| is_wanted(root.name())).map(|(at, _)| at);
    let mask = ProjectionMask::roots(reader.parquet_schema(), wanted.collect::<Vec<_>>());
    let mut actions = Vec::new();
    for batch in reader.with_projection(mask).build()? {
        let mut writer = LineDelimitedWriter::new(Vec::new());
        writer.write(&batch?)?;
        writer.finish()?;
        // A row without any of these columns is an action of another kind.
        let lines = writer.into_inner();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !matches!(line, [] | [b'{', b'}'])) {
            actions.push(serde_json::from_slice(line)?);
        }
    }
    Ok(actions)
}

/// The columns of a checkpoint: one per kind of action.
fn schema() -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let long = |name: &str| Field::new(name, DataType::Int64, true);
    let int = |name: &str| Field::new(name, DataType::Int32, true);
    let yes_or_no = |name: &str| Field::new(name, DataType::Boolean, true);
    let group =
        |name: &str, fields: Vec<Field>| Field::new(name, DataType::Struct(Fields::from(fields)), true);
    let texts = |name: &str| {
        let key = Field::new("key", DataType::Utf8, false);
        Field::new_map(name, "key_value", key, Field::new("value", DataType::Utf8, true), false, true)
    };
    Schema::new(vec![
        group("txn", vec![text("appId"), long("version"), long("lastUpdated")]),
        group(
            "add",
            vec![
                text("path"),
                texts("partitionValues"),
                long("size"),
                long("modificationTime"),
                yes_or_no("dataChange"),
                text("stats"),
                texts("tags"),
            ],
        ),
        group(
            "remove",
            vec![
                text("path"),
                long("deletionTimestamp"),
                yes_or_no("dataChange"),
                yes_or_no("extendedFileMetadata"),
                texts("partitionValues"),
                long("size"),
            ],
        ),
        group(
            "metaData",
            vec![
                text("id"),
                text("name"),
                text("description"),
                group("format", vec![text("provider"), texts("options")]),
                text("schemaString"),
                Field::new_list("partitionColumns", Field::new("element", DataType::Utf8, true), true),
                texts("configuration"),
                long("createdTime"),
            ],
        ),
        group("protocol", vec![int("minReaderVersion"), int("minWriterVersion")]),
    ])
}
