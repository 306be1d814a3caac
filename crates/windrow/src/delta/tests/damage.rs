use std::fs;
use std::path::PathBuf;

use super::*;
use crate::error::{Error, Kind};

/// A table of some versions, and its folder.
fn table(versions: i64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    (1..=versions).for_each(|n| assert!(append(&mut table, &[n], "a").is_ok()));
    let place = folder.path().join(PATH);
    (folder, place)
}

fn log(place: &std::path::Path, version: u64, ending: &str) -> PathBuf {
    place.join(format!("_delta_log/{version:020}.{ending}"))
}

#[track_caller]
fn refused(folder: &tempfile::TempDir) -> Error {
    let error = DeltaTable::open(&Store::local(folder.path()), PATH).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    assert!(error.help_text().is_some());
    error
}

#[test]
fn a_missing_version_is_named() {
    for missing in [0, 1, 3] {
        let (folder, place) = table(5);
        fs::remove_file(log(&place, missing, "json")).unwrap();
        let error = refused(&folder);
        assert!(error.message().contains(&format!("{missing:020}.json: this version is missing")), "{error}");
    }
    let (folder, place) = table(12);
    fs::remove_file(log(&place, 11, "json")).unwrap();
    assert!(refused(&folder).message().contains("00011.json"));
}

#[test]
fn a_torn_or_empty_commit_is_named() {
    let (folder, place) = table(2);
    let path = log(&place, 2, "json");
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() - 1 {
        fs::write(&path, &whole[..length]).unwrap();
        let error = refused(&folder);
        assert!(error.message().contains("00002.json"), "{length}: {error}");
    }
    fs::write(&path, vec![0; whole.len()]).unwrap();
    refused(&folder);
}

#[test]
fn a_damaged_checkpoint_is_named() {
    let (folder, place) = table(10);
    let path = log(&place, 10, "checkpoint.parquet");
    let whole = fs::read(&path).unwrap();
    for bytes in [&whole[..0], &whole[..whole.len() / 2], &vec![0; whole.len()]] {
        fs::write(&path, bytes).unwrap();
        assert!(refused(&folder).message().contains("00010.checkpoint.parquet"));
    }
}

#[test]
fn a_missing_or_damaged_data_file_is_named() {
    let (folder, place) = table(1);
    let table = open(folder.path());
    let added = table.files().next().unwrap();
    let path = place.join(added.path());
    let whole = fs::read(&path).unwrap();
    let check = |bytes: Option<&[u8]>| {
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let rows = table.read(added, None, None).and_then(|rows| rows.collect::<Result<Vec<_>>>());
        let error = rows.unwrap_err();
        assert_eq!(error.kind(), Kind::Attention, "{error}");
        assert!(error.message().contains(added.path()), "{error}");
    };
    check(Some(&whole[..whole.len() - 1]));
    check(Some(&vec![0; whole.len()]));
    let mut bent = whole.clone();
    bent[10] ^= 0xff;
    bent[4] ^= 0xff;
    check(Some(&bent));
    check(None);
}

#[test]
fn what_needs_more_than_is_known_is_refused() {
    let lines = [
        (
            r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7}}"#,
            "reader version 3 and writer version 7",
        ),
        (r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":4}}"#, "writer version 4"),
        (r#"{"domainMetadata":{"domain":"d"}}"#, "newer protocol"),
        (
            r#"{"add":{"path":"a.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"deletionVector":{"storageType":"u"}}}"#,
            "deletion vectors",
        ),
    ];
    for (line, said) in lines {
        let (folder, place) = table(1);
        fs::write(log(&place, 2, "json"), line).unwrap();
        let error = refused(&folder);
        assert!(error.message().contains(said), "{error}");
    }
}

#[test]
fn a_rule_that_cannot_be_kept_is_refused() {
    let bends = [
        ("windrow.format\":\"1\"", "delta.appendOnly\":\"true\"", "appendOnly"),
        (r#"\"type\":\"long\""#, r#"\"type\":\"decimal(38,0)\""#, "decimal(38,0)"),
        (r#"\"metadata\":{}"#, r#"\"metadata\":{\"delta.invariants\":\"n > 0\"}"#, "delta.invariants"),
        ("\"provider\":\"parquet\"", "\"provider\":\"orc\"", "orc"),
    ];
    for (from, to, said) in bends {
        let (folder, place) = table(1);
        let path = log(&place, 0, "json");
        let text = unhashed(&fs::read_to_string(&path).unwrap());
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = refused(&folder);
        assert!(error.message().contains(said), "{error}");
    }
}

#[test]
fn a_path_that_leads_out_of_the_table_is_refused() {
    for path in [
        "/etc/passwd",
        "file:///etc/passwd",
        "../a.parquet",
        "a/%2e%2e/%2E%2E/b",
        "a//b",
        "a%zz",
        "_delta_log/a",
    ] {
        let (folder, place) = table(1);
        let line = format!(
            r#"{{"add":{{"path":"{path}","partitionValues":{{}},"size":1,"modificationTime":1,"dataChange":true}}}}"#
        );
        fs::write(log(&place, 2, "json"), line).unwrap();
        assert!(refused(&folder).message().contains("the path"));
    }
}

/// What a table shows with one of its files as `bytes`: its numbers, or the kind of the error.
fn shown(folder: &std::path::Path) -> Result<Vec<i64>> {
    let table = DeltaTable::open(&Store::local(folder), PATH)?;
    let mut numbers = Vec::new();
    for file in table.iter().flat_map(DeltaTable::files) {
        for batch in table.as_ref().unwrap().read(file, Some(&["n"]), None)? {
            numbers.extend(batch?.column(0).as_primitive::<Int64Type>().values());
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Every byte of the file at `path` is bent, and the file is cut at every length: the table shows what it did, or is refused.
#[track_caller]
fn bend_everywhere(folder: &std::path::Path, path: &std::path::Path) {
    let right = shown(folder).unwrap();
    let whole = fs::read(path).unwrap();
    let check = |bytes: &[u8], what: String| {
        fs::write(path, bytes).unwrap();
        match shown(folder) {
            Ok(numbers) => assert_eq!(numbers, right, "{what}"),
            Err(error) => assert_eq!(error.kind(), Kind::Attention, "{what}: {error}"),
        }
    };
    for at in 0..whole.len() {
        let mut bent = whole.clone();
        bent[at] ^= 1 << (at % 8);
        check(&bent, format!("byte {at} of {}", path.display()));
        if at % 16 == 0 {
            check(&whole[..at], format!("{} cut at {at}", path.display()));
        }
    }
    fs::write(path, &whole).unwrap();
    assert_eq!(shown(folder).unwrap(), right);
}

#[test]
fn a_bent_byte_is_seen_or_changes_nothing() {
    let (folder, place) = table(10);
    let data = DeltaTable::open(&Store::local(folder.path()), PATH).unwrap().unwrap();
    let data = place.join(data.files().next().unwrap().path());
    bend_everywhere(folder.path(), &data);
    bend_everywhere(folder.path(), &log(&place, 10, "checkpoint.parquet"));
    bend_everywhere(folder.path(), &place.join("_delta_log/_last_checkpoint"));
    append(&mut open(folder.path()), &[11], "a").unwrap();
    bend_everywhere(folder.path(), &log(&place, 11, "json"));
}

#[test]
fn a_bent_file_of_another_program_never_panics() {
    let (folder, place) = table(1);
    let path = log(&place, 1, "json");
    let text = unhashed(&fs::read_to_string(&path).unwrap());
    assert!(text.contains("windrow.blocks"));
    fs::write(&path, text.replace("windrow.blocks", "other")).unwrap();
    let table = open(folder.path());
    let file = table.files().next().unwrap();
    let path = place.join(file.path());
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bent = whole.clone();
        for bit in [0x01, 0x10, 0x80] {
            bent[at] = whole[at] ^ bit;
            fs::write(&path, &bent).unwrap();
            let rows = table.read(file, None, None).and_then(|rows| rows.collect::<Result<Vec<_>>>());
            // Without a hash a number may be another one; what does not read is damage.
            assert!(rows.is_ok() || rows.unwrap_err().kind() == Kind::Attention, "byte {at}");
        }
    }
}

#[test]
fn what_another_program_commits_is_seen_until_it_is_settled() {
    let (folder, place) = table(3);
    let mut table = open(folder.path());
    assert!(!table.is_changed_by_others());
    fs::write(log(&place, 4, "json"), r#"{"txn":{"appId":"other","version":1}}"#).unwrap();
    table.refresh().unwrap();
    assert!(table.is_changed_by_others() && open(folder.path()).is_changed_by_others());
    // Our own commits, and a checkpoint, do not cover it.
    (5..=12).for_each(|n| assert!(append(&mut table, &[n], "a").is_ok()));
    assert!(table.is_changed_by_others() && open(folder.path()).is_changed_by_others());
    let settles = Commit { settles_others: true, ..commit(&table, vec![], vec![], "b") };
    table.commit(settles).unwrap();
    append(&mut table, &[13], "a").unwrap();
    assert!(!table.is_changed_by_others() && !open(folder.path()).is_changed_by_others());
}

#[test]
fn a_commit_that_the_disk_cannot_make_last_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let mut broken = crate::storage::LocalFolder::new(folder.path());
    broken.sync = |folder| match folder.ends_with("_delta_log") {
        true => Err(std::io::Error::other("the disk is broken")),
        false => Ok(()),
    };
    let store = Store::new(Arc::new(broken));
    let mut table = DeltaTable::open(&store, PATH).unwrap().unwrap();
    let error = append(&mut table, &[1], "a").unwrap_err();
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    assert!(error.message().contains("cannot make it last"), "{error}");
    // A run that goes on all the same does not end well.
    assert!(store.check_lasting().is_err());
    assert_eq!(numbers(&open(folder.path())), [1], "it is there");
}
