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

/// How long what no newer version needs is kept, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Files that were removed, the log of the versions that named them, and files that no version names: a run may be about
    /// to.
    pub versions_ms: i64,
    /// Of a table with more than `commits_max` commits in its log: removed files and the log.
    pub least_ms: i64,
    /// See `least_ms`.
    pub commits_max: usize,
}

/// Every so many versions one of the checkpoints stays that later ones have made needless.
const CHECKPOINTS_EVERY: u64 = 100;

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

/// Deletes what no version within the retention needs. `snapshot` is the newest.
pub(crate) fn clean(log: &Log, snapshot: &Snapshot, retention: Retention, keep: Keep<'_>) -> Result<Cleaned> {
    let Retention { versions_ms, least_ms, commits_max } = retention;
    if !(0..=checkpoint::REMEMBERED_DAYS * 86_400_000).contains(&versions_ms) {
        return Err(Error::usage(format!("{}: it cannot be cleaned with this retention", log.place()))
            .help(format!("choose at most {} days", checkpoint::REMEMBERED_DAYS)));
    }
    let entries = log.store.list(&log.table)?;
    let now_ms = clock::unix_ms();
    let is_commit = |entry: &&Entry| matches!(log.name(&entry.path), Some(LogFile::Commit(_)));
    let is_long = entries.iter().filter(is_commit).count() > commits_max;
    let before_ms = now_ms - if is_long { least_ms.min(versions_ms) } else { versions_ms };

    let removed = snapshot.all_removed(log)?;
    let is_recent =
        |remove: &Remove| remove.deletion_timestamp.is_some_and(|removed_ms| removed_ms >= before_ms);
    let (recent, old): (Vec<&Remove>, Vec<&Remove>) = removed.values().partition(|remove| is_recent(remove));
    let live = snapshot.files.values().map(|file| file.place.clone());
    let needed: HashSet<String> = live.chain(places(recent)).collect();
    let mut old: HashSet<String> = places(old).collect();

    let mut cleaned = Cleaned::default();
    let mut stays = HashSet::new();
    for entry in &entries {
        let Some(inside) = entry.path.strip_prefix(&log.table).and_then(|path| path.strip_prefix('/')) else {
            continue;
        };
        // A file that was removed has served; of one that no version names nobody knows.
        let before_ms = if old.contains(inside) { before_ms } else { now_ms - versions_ms };
        let is_old = entry.modified_ms < before_ms;
        if is_old && is_ours(inside) && !needed.contains(inside) && !keep(inside) {
            cleaned.delete(log, entry)?;
            cleaned.data_files += 1;
        } else {
            stays.insert(inside);
        }
    }
    clean_log(log, &entries, before_ms, &mut cleaned)?;
    // What is deleted has to be remembered no longer.
    old.retain(|place| !stays.contains(place.as_str()));
    if !old.is_empty() && !snapshot.version.is_multiple_of(checkpoint::EVERY) {
        let is_gone = |remove: &Remove| decode(&remove.path).is_some_and(|place| old.contains(&place));
        checkpoint::write(log, snapshot, &is_gone)?;
    }
    Ok(cleaned)
}

/// Where removed files are in the table's folder.
fn places<'r>(removes: Vec<&'r Remove>) -> impl Iterator<Item = String> + 'r {
    removes.into_iter().filter_map(|remove| decode(&remove.path))
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

/// Deletes the log before the newest checkpoint from which every version since `before_ms` can be read, and checkpoints
/// that later ones make needless.
fn clean_log(log: &Log, entries: &[Entry], before_ms: i64, cleaned: &mut Cleaned) -> Result<()> {
    let named = || entries.iter().filter_map(|entry| Some((log.name(&entry.path)?, entry)));
    let first_kept = named()
        .filter_map(|(file, entry)| match file {
            LogFile::Commit(version) if entry.modified_ms >= before_ms => Some(version),
            _ => None,
        })
        .min();
    let checkpoints = || {
        named().filter_map(|(file, _)| match file {
            LogFile::Checkpoint(version) => Some(version),
            LogFile::Commit(_) => None,
        })
    };
    let oldest_kept = checkpoints().filter(|version| first_kept.is_none_or(|first| *version < first)).max();
    let newest = checkpoints().max();
    if let Some(checkpoint) = oldest_kept {
        // The log is only given up for a checkpoint that reads.
        checkpoint::read(log, checkpoint)?;
    }
    let is_needless = |file: &LogFile, entry: &Entry| match *file {
        LogFile::Commit(version) => Some(version) < oldest_kept,
        LogFile::Checkpoint(version) => {
            let is_spare = entry.modified_ms < before_ms && !version.is_multiple_of(CHECKPOINTS_EVERY);
            Some(version) < oldest_kept || is_spare && Some(version) != oldest_kept && Some(version) != newest
        }
    };
    let mut old: Vec<_> = named().filter(|(file, entry)| is_needless(file, entry)).collect();
    old.sort_by_key(|(file, _)| match file {
        LogFile::Commit(version) | LogFile::Checkpoint(version) => *version,
    });
    for (_, entry) in old {
        cleaned.delete(log, entry)?;
        cleaned.log_files += 1;
    }
    Ok(())
}
