//! What is cleaned away under those who read or write: by number of versions, whatever the clock says.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::*;
use crate::clock;
use crate::delta::store::faulty::{Faulty, InjectedFault};
use crate::error::Kind;
use crate::storage::LocalFolder;

const WEEK_MS: i64 = 7 * 86_400_000;
const KEPT: Retention = Retention { versions_ms: WEEK_MS, versions_max: 20, least_ms: 0 };

/// A table whose every version replaces the only data file, and which is cleaned in turn.
fn busy(folder: &Path, versions: u64) -> DeltaTable {
    let mut table = DeltaTable::create(&Store::local(folder), PATH, &spec()).unwrap();
    replace_often(folder, versions);
    table.refresh().unwrap();
    table
}

fn replace_often(folder: &Path, versions: u64) {
    for _ in 0..versions {
        // A run each, which lists the log anew.
        let mut table = open(folder);
        let number = i64::try_from(table.version()).unwrap() + 1;
        let (added, old) = (file(&table, &[number]).unwrap(), table.files().cloned().collect());
        table.commit(commit(&table, vec![added], old, "busy")).unwrap();
        table.clean_in_turn(KEPT).unwrap();
    }
}

fn stored(folder: &Path) -> usize {
    Store::local(folder).list(PATH).unwrap().len()
}

fn log_file(folder: &Path, version: u64) -> std::path::PathBuf {
    folder.join(PATH).join(format!("_delta_log/{version:020}.json"))
}

#[test]
fn a_table_is_as_small_after_many_versions_as_after_few() {
    let folder = tempfile::tempdir().unwrap();
    busy(folder.path(), 60);
    let most = || {
        let after = |_| {
            replace_often(folder.path(), 1);
            stored(folder.path())
        };
        (0..20).map(after).max().unwrap()
    };
    let few = most();
    replace_often(folder.path(), 160);
    assert_eq!(most(), few);
    // A commit and a removed file for each of 20 to 50 versions, the live one, and the checkpoints.
    assert!(few <= 2 * 50 + 1 + 8, "{few} files");
    let table = open(folder.path());
    assert_eq!(numbers(&table), [i64::try_from(table.version()).unwrap()]);
    assert!(table.at(table.version() - 20).unwrap().is_some(), "the newest 20 versions can be read");
}

#[test]
fn a_clock_that_was_set_back_keeps_nothing_longer() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(PATH);
    busy(folder.path(), 60);
    let few = stored(folder.path());
    let now_ms = u64::try_from(clock::unix_ms()).unwrap();
    let ahead = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms + 400 * 86_400_000);
    for entry in Store::local(folder.path()).list(PATH).unwrap() {
        File::options()
            .write(true)
            .open(folder.path().join(entry.path))
            .unwrap()
            .set_modified(ahead)
            .unwrap();
    }
    replace_often(folder.path(), 60);
    assert!(stored(folder.path()) <= few + 1, "{} files, {few} before", stored(folder.path()));
    assert!(place.join("_delta_log/_last_checkpoint").exists());
}

#[test]
fn what_is_younger_than_the_least_age_stays_however_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    for _ in 0..60 {
        let mut table = open(folder.path());
        append(&mut table, &[1], "a").unwrap();
        table.clean_in_turn(Retention { least_ms: WEEK_MS, ..KEPT }).unwrap();
    }
    assert!(log_file(folder.path(), 0).exists());
    assert!(open(folder.path()).at(1).unwrap().is_some());
}

#[test]
fn a_commit_from_a_version_that_was_cleaned_away_is_lost() {
    for removes in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut late = busy(folder.path(), 3);
        replace_often(folder.path(), 60);
        assert!(!log_file(folder.path(), 4).exists(), "its place is free");
        let (before, newest) = (numbers(&open(folder.path())), open(folder.path()).version());
        let (added, old) = (file(&late, &[-1]).unwrap(), late.files().cloned().collect());
        let error = late.commit(commit(&late, vec![added], if removes { old } else { vec![] }, "late"));
        let error = error.unwrap_err();
        assert_eq!(error.kind(), Kind::Storage, "{error}");
        assert!(!log_file(folder.path(), 4).exists(), "a commit outside the history is removed");
        let now = open(folder.path());
        assert_eq!((numbers(&now), now.version()), (before, newest));
        late.refresh().unwrap();
        append(&mut late, &[-2], "again").unwrap();
        assert_eq!(open(folder.path()).version(), newest + 1);
    }
}

#[test]
fn a_commit_that_cannot_look_for_later_ones_is_not_taken_for_made() {
    let folder = tempfile::tempdir().unwrap();
    busy(folder.path(), 3);
    let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
    let mut late = DeltaTable::open(&faulty.store(), PATH).unwrap().unwrap();
    replace_often(folder.path(), 60);
    let before = numbers(&open(folder.path()));
    let added = file(&late, &[-1]).unwrap();
    faulty.plan("_last_checkpoint", InjectedFault::Before);
    let error = late.commit(commit(&late, vec![added], vec![], "late")).unwrap_err();
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    assert!(error.message().contains("cannot tell whether"), "{error}");
    late.refresh().unwrap();
    assert_eq!((numbers(&late), numbers(&open(folder.path()))), (before.clone(), before));
}

#[test]
fn who_reads_what_was_cleaned_away_is_told_to_begin_again() {
    let folder = tempfile::tempdir().unwrap();
    let old = busy(folder.path(), 3);
    replace_often(folder.path(), 60);
    let file = old.files().next().unwrap().clone();
    let error = old.read(&file, None, None).unwrap_err();
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    assert!(error.help_text().unwrap().contains("run again"), "{error:?}");
    // What is missing and still counts is damage, and what is asked for on purpose and no longer there is not known.
    let table = open(folder.path());
    fs::remove_file(folder.path().join(PATH).join(table.files().next().unwrap().path())).unwrap();
    let error = table.read(table.files().next().unwrap(), None, None).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    assert!(table.at(3).unwrap().is_none());
}

#[test]
fn the_log_stays_where_no_checkpoint_tells_of_later_versions() {
    let folder = tempfile::tempdir().unwrap();
    DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let last = folder.path().join(PATH).join("_delta_log/_last_checkpoint");
    for _ in 0..60 {
        let mut table = open(folder.path());
        append(&mut table, &[1], "a").unwrap();
        if table.version() > 10 {
            let _ = fs::remove_file(&last);
        }
        table.clean_by(KEPT, &|_| false).unwrap();
    }
    assert!(log_file(folder.path(), 0).exists());
}

#[test]
fn the_last_checkpoint_is_never_an_earlier_one_again() {
    let folder = tempfile::tempdir().unwrap();
    busy(folder.path(), 25);
    let late = open(folder.path()).at(22).unwrap().unwrap();
    replace_often(folder.path(), 10);
    late.checkpoint().unwrap();
    let last = fs::read_to_string(folder.path().join(PATH).join("_delta_log/_last_checkpoint")).unwrap();
    assert!(last.contains("\"version\":35") || last.contains("\"version\":30"), "{last}");
}

#[test]
fn a_log_that_is_cleaned_while_it_is_opened_is_listed_again() {
    let folder = tempfile::tempdir().unwrap();
    busy(folder.path(), 33);
    let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
    faulty.next_list_is_as_now(&format!("{PATH}/_delta_log"));
    replace_often(folder.path(), 60);
    let table = DeltaTable::open(&faulty.store(), PATH).unwrap().unwrap();
    assert_eq!((table.version(), numbers(&table)), (93, vec![93]));
}

/// The first version whose commit is there.
fn first_kept(folder: &Path) -> u64 {
    (0..).find(|version| log_file(folder, *version).exists()).unwrap()
}

#[test]
fn a_commit_that_strayed_below_the_cut_is_followed_by_none() {
    let dry = tempfile::tempdir().unwrap();
    busy(dry.path(), 63);
    let first = first_kept(dry.path());

    let folder = tempfile::tempdir().unwrap();
    busy(folder.path(), first - 2);
    let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
    let mut strays = DeltaTable::open(&faulty.store(), PATH).unwrap().unwrap();
    let mut late = open(folder.path());
    replace_often(folder.path(), 63 - (first - 2));
    assert_eq!(first_kept(folder.path()), first);
    let added = file(&strays, &[-1]).unwrap();
    faulty.plan("_last_checkpoint", InjectedFault::Before);
    strays.commit(commit(&strays, vec![added], vec![], "strays")).unwrap_err();
    assert_eq!(first_kept(folder.path()), first - 1, "it stays, and seems to be followed by the next");

    let error = late.refresh().unwrap_err();
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    late.refresh().unwrap();
    assert_eq!((late.version(), numbers(&late)), (63, vec![63]));
}

#[test]
fn a_commit_from_a_version_that_was_cleaned_away_is_lost_whatever_is_said_of_the_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let mut late = busy(folder.path(), 3);
    let last = folder.path().join(PATH).join("_delta_log/_last_checkpoint");
    replace_often(folder.path(), 10);
    let set_back = fs::read(&last).unwrap();
    replace_often(folder.path(), 50);
    fs::write(&last, set_back).unwrap();
    let added = file(&late, &[-1]).unwrap();
    let error = late.commit(commit(&late, vec![added], vec![], "late")).unwrap_err();
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    assert!(!log_file(folder.path(), 4).exists(), "a commit outside the history is removed");
}
