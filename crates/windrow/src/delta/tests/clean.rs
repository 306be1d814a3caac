use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::error::Kind;

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// Makes a file, or all files of a folder, `days` old.
fn age(path: &Path, days: u64) {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().for_each(|entry| age(&entry.unwrap().path(), days));
    }
    let then = fs::metadata(path).unwrap().modified().unwrap() - Duration::from_secs(days * 86_400);
    File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

/// How many data files a table's folder has.
fn data_files(folder: &Path) -> usize {
    let entries = Store::local(folder).list(PATH).unwrap();
    entries.iter().filter(|entry| entry.path.ends_with(".zstd.parquet")).count()
}

#[test]
fn an_orphan_is_cleaned_after_the_retention_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(PATH);
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    append(&mut table, &[1], "a").unwrap();
    let kept = file(&table, &[2]).unwrap().path().to_owned();
    let orphan = place.join(&kept);
    let unfinished = place.join(".part-x.parquet.y.part");
    fs::write(&unfinished, "half").unwrap();
    fs::write(place.join("notes.txt"), "not ours").unwrap();
    fs::create_dir(place.join("_other")).unwrap();
    fs::write(place.join("_other/a.parquet"), "not ours").unwrap();
    fs::write(place.join("_other/.a.part"), "not ours").unwrap();
    assert_eq!(numbers(&open(folder.path())), [1]);

    age(&place, 6);
    assert_eq!(table.clean(WEEK_MS, &|_| false).unwrap(), Cleaned::default());
    age(&place, 2);
    assert_eq!(table.clean(WEEK_MS, &|path| path == kept).unwrap().data_files, 1, "the unfinished one only");
    assert!(orphan.exists() && !unfinished.exists());
    assert_eq!(table.clean(WEEK_MS, &|_| false).unwrap().data_files, 1);
    assert!(!orphan.exists());
    assert!(place.join("notes.txt").exists() && place.join("_other/a.parquet").exists());
    assert!(place.join("_other/.a.part").exists());
    assert_eq!(numbers(&open(folder.path())), [1]);
    assert_eq!(table.clean(31 * DAY_MS, &|_| false).unwrap_err().kind(), Kind::Usage);
}

#[test]
fn a_removed_file_stays_as_long_as_a_version_in_the_retention_names_it() {
    for through_checkpoint in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(PATH);
        let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
        append(&mut table, &[1], "a").unwrap();
        let first = table.files().next().unwrap().clone();
        table.commit(commit(&table, vec![], vec![first], "b")).unwrap();
        age(&place, 100);
        if through_checkpoint {
            table.checkpoint().unwrap();
        }
        let mut table = open(folder.path());
        assert_eq!(table.clean(WEEK_MS, &|_| false).unwrap().data_files, 0, "removed just now");
        assert_eq!(data_files(folder.path()), 1);
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(PATH);
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    append(&mut table, &[1], "a").unwrap();
    let first = table.files().next().unwrap().clone();
    let mut removal = commit(&table, vec![], vec![first], "b");
    removal.info = serde_json::Value::Null;
    table.commit(removal).unwrap();
    age(&place, 100);
    let path = place.join(format!("_delta_log/{:020}.json", 2));
    let text = unhashed(&fs::read_to_string(&path).unwrap());
    let at = text.find("deletionTimestamp\":").unwrap() + "deletionTimestamp\":".len();
    let removed_ms: i64 = text[at..at + 13].parse().unwrap();
    fs::write(&path, text.replace(&text[at..at + 13], &(removed_ms - 8 * DAY_MS).to_string())).unwrap();
    assert_eq!(open(folder.path()).clean(WEEK_MS, &|_| false).unwrap().data_files, 1);
    assert_eq!(data_files(folder.path()), 0);
}

#[test]
fn the_log_goes_only_behind_a_checkpoint_that_is_old_enough() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(PATH);
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    (1..=25).for_each(|n| assert!(append(&mut table, &[n], "a").is_ok()));
    assert_eq!(table.clean(WEEK_MS, &|_| false).unwrap().log_files, 0, "all young");
    let log = |version: u64, ending: &str| place.join(format!("_delta_log/{version:020}.{ending}"));
    (0..=20).for_each(|version| age(&log(version, "json"), 10));
    age(&log(10, "checkpoint.parquet"), 10);
    age(&log(20, "checkpoint.parquet"), 10);
    // Version 20 was the newest a week ago: it is read from its checkpoint.
    assert_eq!(table.clean(WEEK_MS, &|_| false).unwrap().log_files, 21);
    assert!(!log(19, "json").exists() && log(20, "json").exists() && log(20, "checkpoint.parquet").exists());
    let table = open(folder.path());
    assert_eq!((table.version(), numbers(&table).len(), table.txn("job")), (25, 25, Some(25)));
    assert_eq!(table.history().unwrap().len(), 6);

    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(PATH);
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    (1..=25).for_each(|n| assert!(append(&mut table, &[n], "a").is_ok()));
    let log = |version: u64, ending: &str| place.join(format!("_delta_log/{version:020}.{ending}"));
    (0..=19).for_each(|version| age(&log(version, "json"), 10));
    age(&log(10, "checkpoint.parquet"), 10);
    // Version 19 was the newest a week ago: it is read from the checkpoint before it.
    assert_eq!(table.clean(WEEK_MS, &|_| false).unwrap().log_files, 10);
    assert!(log(10, "json").exists() && log(10, "checkpoint.parquet").exists());
}
