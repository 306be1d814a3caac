//! Cleaning: deleting what no version within a retention needs.

use std::collections::HashSet;

use super::action::Remove;
use super::checkpoint;
use super::file::decode;
use super::log::{Log, LogFile};
use super::snapshot::Snapshot;
use super::store::Entry;
use crate::clock;
use crate::error::{Error, Result};

/// Asked whether a data file that no version names must stay.
pub type Keep<'a> = &'a dyn Fn(&str) -> bool;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Data files, and files that were never finished.
    pub data_files: u64,
    /// Files of the log.
    pub log_files: u64,
    /// Bytes of both.
    pub bytes: u64,
}

impl Cleaned {
    fn delete(&mut self, log: &Log, entry: &Entry) -> Result<()> {
        log.store.delete(&entry.path)?;
        self.bytes += entry.size_bytes;
        Ok(())
    }
}

/// Deletes what no version of the last `retention_ms` needs. `snapshot` is the newest.
pub(crate) fn clean(log: &Log, snapshot: &Snapshot, retention_ms: i64, keep: Keep<'_>) -> Result<Cleaned> {
    if !(0..=checkpoint::REMEMBERED_DAYS * 86_400_000).contains(&retention_ms) {
        return Err(Error::usage(format!("{}: it cannot be cleaned with this retention", log.place()))
            .help(format!("choose at most {} days", checkpoint::REMEMBERED_DAYS)));
    }
    let before_ms = clock::unix_ms() - retention_ms;
    let needed = needed(snapshot, before_ms);
    let mut cleaned = Cleaned::default();
    for entry in &log.store.list(&log.table)? {
        let Some(inside) = entry.path.strip_prefix(&log.table).and_then(|path| path.strip_prefix('/')) else {
            continue;
        };
        if entry.modified_ms < before_ms && is_ours(inside) && !needed.contains(inside) && !keep(inside) {
            cleaned.delete(log, entry)?;
            cleaned.data_files += 1;
        }
    }
    clean_log(log, before_ms, &mut cleaned)?;
    Ok(cleaned)
}

/// The data files, by their places in the table's folder, that some version since `before_ms` names.
fn needed(snapshot: &Snapshot, before_ms: i64) -> HashSet<String> {
    let live = snapshot.files.values().map(|file| file.place.clone());
    let is_recent =
        |remove: &&Remove| remove.deletion_timestamp.is_some_and(|removed_ms| removed_ms >= before_ms);
    let removed = snapshot.removed.values().filter(is_recent);
    live.chain(removed.filter_map(|remove| decode(&remove.path))).collect()
}

/// Whether a file of the table's folder is one that tables make: a data file, or one that was never finished. What
/// else lies there, others put there.
fn is_ours(inside: &str) -> bool {
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    let is_hidden = folder.split('/').any(|part| part.starts_with(['_', '.']));
    let is_unfinished = name.starts_with('.') && name.ends_with(".part");
    let is_data = name.ends_with(".parquet") && !name.starts_with(['_', '.']);
    (is_unfinished && (folder == "_delta_log" || !is_hidden)) || (is_data && !is_hidden)
}

/// Deletes the log before the newest checkpoint from which every version since `before_ms` can be read.
fn clean_log(log: &Log, before_ms: i64, cleaned: &mut Cleaned) -> Result<()> {
    let entries = log.store.list(&log.folder())?;
    let named = || entries.iter().filter_map(|entry| Some((log.name(&entry.path)?, entry)));
    let first_kept = named()
        .filter_map(|(file, entry)| match file {
            LogFile::Commit(version) if entry.modified_ms >= before_ms => Some(version),
            _ => None,
        })
        .min();
    let newest = named().filter_map(|(file, _)| match file {
        LogFile::Checkpoint(version) if first_kept.is_none_or(|first| version < first) => Some(version),
        _ => None,
    });
    let Some(checkpoint) = newest.max() else { return Ok(()) };
    // The log is only given up for a checkpoint that reads.
    checkpoint::read(log, checkpoint)?;
    let mut old: Vec<_> = named()
        .map(|(file, entry)| match file {
            LogFile::Commit(version) | LogFile::Checkpoint(version) => (version, entry),
        })
        .filter(|(version, _)| *version < checkpoint)
        .collect();
    old.sort_by_key(|(version, _)| *version);
    for (_, entry) in old {
        cleaned.delete(log, entry)?;
        cleaned.log_files += 1;
    }
    Ok(())
}
