use std::fs;
use std::path::PathBuf;

use super::*;
use crate::error::{Error, Kind};

/// A table of some versions, and its folder.
fn table(versions: i64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut table = Table::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    (1..=versions).for_each(|n| assert!(append(&mut table, &[n], "a").is_ok()));
    let place = folder.path().join(PATH);
    (folder, place)
}

fn log(place: &std::path::Path, version: u64, ending: &str) -> PathBuf {
    place.join(format!("_delta_log/{version:020}.{ending}"))
}

#[track_caller]
fn refused(folder: &tempfile::TempDir) -> Error {
    let error = Table::open(&Store::local(folder.path()), PATH).unwrap_err();
    assert_eq!(error.kind(), Kind::Person, "{error}");
    assert!(error.next().is_some());
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
        assert_eq!(error.kind(), Kind::Person, "{error}");
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
        let text = fs::read_to_string(&path).unwrap();
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
