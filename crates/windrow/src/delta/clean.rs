//! Cleaning: deletes files that no version within a retention needs.

use std::collections::{BTreeMap, HashSet};

use super::action::Remove;
use super::checkpoint;
use super::log::{Log, LogFile};
use super::snapshot::Snapshot;
use crate::clock;
use crate::error::{Code, Error, Result};
use crate::storage::StoredFile;
use crate::text::percent::decoded_text;
use crate::wait::at_once;

/// Asked whether a data file that no version names must stay.
pub type MustStay<'a> = &'a dyn Fn(&str) -> bool;

/// How long to keep files that newer versions do not need.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Versions younger than this can be read, in milliseconds. Files that no version names stay equally long: a run may be
    /// about to name them.
    pub versions_ms: i64,
    /// The most of those versions to keep. Programs that still read or write from an older one get an error and must start again.
    pub versions_max: u64,
    /// All versions younger than this are kept nevertheless, in milliseconds: this is the time that readers of the table have.
    pub least_ms: i64,
}

/// Of the checkpoints that are no longer needed, one is kept per this many versions.
const CHECKPOINTS_EVERY: u64 = 100;

/// How many data files are deleted at the same time: a store answers slowly.
const DELETED_AT_ONCE: usize = 16;

/// The number of files and bytes that were deleted.
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
    fn delete(&mut self, log: &Log, entry: &StoredFile) -> Result<()> {
        log.store.delete(&entry.path)?;
        self.bytes += entry.size_bytes;
        Ok(())
    }
}

/// Deletes files that no version within the retention needs. `snapshot` is the newest.
pub(crate) fn clean(
    log: &Log,
    snapshot: &Snapshot,
    retention: Retention,
    keep: MustStay<'_>,
) -> Result<Cleaned> {
    let versions_ms = retention.versions_ms;
    if !(0..=checkpoint::REMEMBERED_DAYS * 86_400_000).contains(&versions_ms) {
        return Err(Error::usage(format!("{}: it cannot be cleaned with this retention", log.place()))
            .with_code(Code::InvalidValue)
            .with_help(format!("choose at most {} days", checkpoint::REMEMBERED_DAYS)));
    }
    let entries = log.store.list(&log.table)?;
    let before_ms = clock::unix_ms() - versions_ms;
    let cut = cut(log, &entries, snapshot.version, retention)?;

    let removed = snapshot.all_removed(log)?;
    let behind = match cut {
        Cut::ByNumber(checkpoint) => checkpoint::read_removed(log, checkpoint)?.unwrap_or_default(),
        Cut::ByTime(_) | Cut::Nowhere => BTreeMap::new(),
    };
    let is_recent = |remove: &Remove| {
        !behind.contains_key(&remove.path)
            && remove.deletion_timestamp.is_some_and(|removed_ms| removed_ms >= before_ms)
    };
    let (recent, old): (Vec<&Remove>, Vec<&Remove>) = removed.values().partition(|remove| is_recent(remove));
    let live = snapshot.files.values().map(|file| file.place.clone());
    let needed: HashSet<String> = live.chain(places(recent)).collect();
    let behind: HashSet<String> = places(behind.values().collect()).collect();
    let mut old: HashSet<String> = places(old).collect();

    let mut cleaned = Cleaned::default();
    let (mut needless, mut stays) = (Vec::new(), HashSet::new());
    for entry in &entries {
        let Some(inside) = entry.path.strip_prefix(&log.table).and_then(|path| path.strip_prefix('/')) else {
            continue;
        };
        // A file that was removed before all kept versions is not needed, whatever its time.
        let is_old = behind.contains(inside) || entry.modified_ms < before_ms;
        if is_old && is_ours(inside) && !needed.contains(inside) && !keep(inside) {
            needless.push(entry);
        } else {
            stays.insert(inside);
        }
    }
    at_once(DELETED_AT_ONCE, &needless, |entry| log.store.delete(&entry.path))?;
    cleaned.data_files = needless.len() as u64;
    cleaned.bytes = needless.iter().map(|entry| entry.size_bytes).sum();
    // Deleted files need not be remembered. The log is cut off after this: the cut may be behind the snapshot whose removed
    // files are read here.
    old.retain(|place| !stays.contains(place.as_str()));
    if !old.is_empty() && !snapshot.version.is_multiple_of(checkpoint::EVERY) {
        let is_gone = |remove: &Remove| decoded_text(&remove.path).is_some_and(|place| old.contains(&place));
        checkpoint::write(log, snapshot, &is_gone)?;
    }
    clean_log(log, &entries, cut, before_ms, &mut cleaned)?;
    Ok(cleaned)
}

/// Where removed files are in the table's folder.
fn places<'r>(removes: Vec<&'r Remove>) -> impl Iterator<Item = String> + 'r {
    removes.into_iter().filter_map(|remove| decoded_text(&remove.path))
}

/// Whether tables make files like this one in their folder: a data file, or one that was never finished. Any other file
/// there is from another program.
fn is_ours(inside: &str) -> bool {
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    let is_hidden = folder.split('/').any(|part| part.starts_with(['_', '.']) && !part.contains('='));
    let is_unfinished = name.starts_with('.') && name.ends_with(".part");
    let is_data = name.ends_with(".parquet") && !name.starts_with(['_', '.']);
    (is_unfinished && (folder == "_delta_log" || !is_hidden)) || (is_data && !is_hidden)
}

/// Where a log is cut off: at the checkpoint from which all kept versions can be read.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Nowhere,
    /// The versions before are too old.
    ByTime(u64),
    /// Enough newer ones are there.
    ByNumber(u64),
}

/// Where the log of a table at `version` is cut off.
fn cut(log: &Log, entries: &[StoredFile], version: u64, retention: Retention) -> Result<Cut> {
    let Retention { versions_ms, versions_max, least_ms } = retention;
    let now_ms = clock::unix_ms();
    let checkpoints = || named(log, entries).filter_map(|(file, _)| file.checkpoint());
    let before = |is_kept: &dyn Fn(u64, i64) -> bool| {
        let kept = named(log, entries).filter_map(|(file, entry)| {
            file.commit().filter(|version| is_kept(*version, now_ms.saturating_sub(entry.modified_ms)))
        });
        let first = kept.min();
        checkpoints().filter(|version| first.is_none_or(|first| *version < first)).max()
    };
    // A version with a time in the future, as after a clock was set back, is young, but not very young.
    let by_time = before(&|_, age_ms| age_ms <= versions_ms);
    let by_number = before(&|of, age_ms| {
        let is_new = of > version.saturating_sub(versions_max);
        age_ms <= versions_ms && (is_new || (0..=least_ms).contains(&age_ms))
    });
    // A program that has paused since a version that is cut off sees from the last checkpoint that it is too late: see `OVERTAKEN`.
    let is_told = |first: u64| -> Result<bool> {
        let last = checkpoint::last(log)?.filter(|last| checkpoints().any(|version| version == *last));
        Ok(last >= Some(first + checkpoint::OVERTAKEN))
    };
    let (cut, checkpoint) = match (by_number, by_time) {
        (Some(first), _) if by_number > by_time && is_told(first)? => (Cut::ByNumber(first), first),
        (_, Some(first)) => (Cut::ByTime(first), first),
        (_, None) => return Ok(Cut::Nowhere),
    };
    // The log is cut off only at a checkpoint that can be read. It may be gone if another run cleans too.
    Ok(checkpoint::read(log, checkpoint)?.map_or(Cut::Nowhere, |_| cut))
}

fn named<'e>(log: &'e Log, entries: &'e [StoredFile]) -> impl Iterator<Item = (LogFile, &'e StoredFile)> {
    entries.iter().filter_map(|entry| Some((log.name(&entry.path)?, entry)))
}

/// Deletes the log before the first kept checkpoint, and checkpoints that later ones replace.
fn clean_log(
    log: &Log,
    entries: &[StoredFile],
    cut: Cut,
    before_ms: i64,
    cleaned: &mut Cleaned,
) -> Result<()> {
    let oldest_kept = match cut {
        Cut::ByTime(first) | Cut::ByNumber(first) => Some(first),
        Cut::Nowhere => None,
    };
    let newest = named(log, entries).filter_map(|(file, _)| file.checkpoint()).max();
    let is_needless = |file: &LogFile, entry: &StoredFile| match *file {
        LogFile::Commit(version) => Some(version) < oldest_kept,
        LogFile::Checkpoint(version) => {
            let is_spare = entry.modified_ms < before_ms && !version.is_multiple_of(CHECKPOINTS_EVERY);
            Some(version) < oldest_kept || is_spare && Some(version) != oldest_kept && Some(version) != newest
        }
    };
    let mut old: Vec<_> = named(log, entries).filter(|(file, entry)| is_needless(file, entry)).collect();
    old.sort_by_key(|(file, _)| file.version());
    for (_, entry) in old {
        cleaned.delete(log, entry)?;
        cleaned.log_files += 1;
    }
    Ok(())
}
