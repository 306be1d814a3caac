//! Delta tables as inputs: tests/data/delta, which delta-rs has written. Its versions: 0 has four rows in three partitions (one of a
//! null, one whose value is percent-encoded); 1 and 2 add a row, in files of equal bytes; 3 deletes a row; 4 joins files (OPTIMIZE),
//! and has a checkpoint; 5 adds a row.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::kept::ok;
use super::restore::copy;
use super::{contains, folder, run};

const JOB: &str = "name = 'app'\nversion = 1\n[source]\nformat = 'delta'\npath = ['t']\ntime = 'time'\nkeys = ['action']\n\
    [reports.daily]\nevery = '1d'\nvalues = ['Open', 'Shut', 'A/B 100%', '']\n[output]\npath = 'out'\n";

/// Brings the table in `t` to this version.
fn at_version(folder: &TempDir, version: u64) {
    let (from, to) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/delta"), folder.path().join("t"));
    copy(&from, &to);
    for entry in fs::read_dir(to.join("_delta_log")).unwrap() {
        let entry = entry.unwrap();
        let of: Option<u64> = entry.file_name().to_str().unwrap().get(..20).and_then(|n| n.parse().ok());
        if of.is_none_or(|of| of > version) {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

/// The counts of the day: `Open`, `Shut`, `A/B 100%` and those without an action.
#[track_caller]
fn counts(csv: &str) -> Vec<u64> {
    let row = csv.lines().find(|line| line.starts_with("2024-01-01")).unwrap();
    row.split(',').skip(2).take(4).map(|n| n.parse().unwrap()).collect()
}

#[test]
fn the_newest_version_counts() {
    let folder = folder(&[("job.toml", &JOB.replace("[output]\npath = 'out'\n", ""))]);
    for (version, expected) in [
        (0, [2, 0, 1, 1]),
        (1, [3, 0, 1, 1]),
        (2, [4, 0, 1, 1]),
        (3, [3, 0, 1, 1]),
        (4, [3, 0, 1, 1]),
        (5, [3, 1, 1, 1]),
    ] {
        at_version(&folder, version);
        let said = ok(&folder, &["run", "job.toml"]);
        assert_eq!(counts(&said.out), expected, "version {version}");
    }
    // A checkpoint is enough.
    for version in 0..=4 {
        fs::remove_file(folder.path().join(format!("t/_delta_log/{version:020}.json"))).unwrap();
    }
    assert_eq!(counts(&ok(&folder, &["run", "job.toml"]).out), [3, 1, 1, 1]);
}

#[test]
fn a_ledger_follows_a_table_without_changing_what_did_not_change() {
    let folder = folder(&[("job.toml", JOB)]);
    for (version, expected, windows_changed) in [
        (0, [2, 0, 1, 1], 1),
        (2, [4, 0, 1, 1], 1),
        // More than a tenth of the files leave, as they may in a table.
        (3, [3, 0, 1, 1], 1),
        (4, [3, 0, 1, 1], 0),
        (5, [3, 1, 1, 1], 1),
        // A table that is brought back to an older version.
        (2, [4, 0, 1, 1], 1),
    ] {
        at_version(&folder, version);
        ok(&folder, &["plan", "job.toml"]);
        ok(&folder, &["run", "job.toml", "--summary-json", "s.json"]);
        let kept = ok(&folder, &["digest", "job.toml", "--csv"]).out;
        assert_eq!(kept, ok(&folder, &["digest", "job.toml", "t", "--csv"]).out, "version {version}");
        let fresh = ok(&folder, &["run", "job.toml", "t"]).out;
        assert_eq!(counts(&fresh), expected, "version {version}");
        let summary: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join("s.json")).unwrap()).unwrap();
        assert_eq!(summary["windows_changed"], windows_changed, "version {version}: {summary}");
        let again = ok(&folder, &["run", "job.toml"]);
        contains(&again.err, &["nothing new"]);
    }
}

#[test]
fn what_is_no_longer_an_input_leaves_only_by_the_log_of_its_table() {
    let folder = folder(&[("job.toml", JOB)]);
    at_version(&folder, 2);
    ok(&folder, &["run", "job.toml"]);
    // The folder is not there: no log says that its rows are gone.
    fs::rename(folder.path().join("t"), folder.path().join("away")).unwrap();
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 5, "{}", said.err);
}

#[test]
fn flags_recognise_a_table() {
    let folder = folder(&[("in/a.csv", "time,action\n2024-01-01T00:00:00Z,Open\n")]);
    at_version(&folder, 5);
    let said = ok(&folder, &["run", "t", "--every", "1d", "--key", "action"]);
    contains(&said.out, &["Open,3", "Shut,1", "A/B 100%,1"]);
    let both = ok(&folder, &["run", "t", "in", "--every", "1d", "--key", "action"]);
    contains(&both.out, &["Open,4"]);
    let said = ok(&folder, &["run", ".", "--every", "1d", "--key", "action"]);
    contains(&said.err, &["skipped ./t (a Delta table, read only where its folder is named)"]);
    for (arguments, parts) in [
        (&["run", "in", "--input-format", "delta"][..], &["in is not a Delta table"][..]),
        (&["run", "t", "--input-format", "csv"], &["no input in t", "--input-format delta"]),
    ] {
        let said = run(&folder, arguments);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, parts);
    }
}

#[test]
fn what_a_table_needs_and_is_not_read_is_named() {
    let folder = folder(&[("job.toml", JOB)]);
    let next = "t/_delta_log/00000000000000000006.json";
    let protocol = "{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7,\"readerFeatures\":[FEATURES],\"writerFeatures\":[]}}";
    let add = "{\"add\":{\"path\":\"PATH\",\"partitionValues\":{\"action\":\"Open\"},\"size\":1,\"modificationTime\":0,\"dataChange\":true VECTOR}}";
    let vector = ",\"deletionVector\":{\"storageType\":\"u\",\"pathOrInlineDv\":\"ab^-aqEH.-t@S}K{vb[*k^\",\"offset\":4,\"sizeInBytes\":40,\"cardinality\":6}";
    for (line, code, part) in [
        (protocol.replace("FEATURES", "\"catalogManaged\""), 3, "the feature catalogManaged"),
        (
            add.replace("PATH", "a.parquet").replace("VECTOR", vector),
            2,
            "deletion vectors, which is not read",
        ),
        (add.replace("PATH", "file:///srv/a.parquet").replace("VECTOR", ""), 2, "outside of its folder"),
        (add.replace("PATH", "s3://b/a.parquet").replace("VECTOR", ""), 3, "are at s3://"),
        ("{\"add\":".to_owned(), 3, "00000000000000000006.json of its log is damaged"),
    ] {
        at_version(&folder, 5);
        fs::write(folder.path().join(next), line).unwrap();
        let said = run(&folder, &["run", "job.toml"]);
        assert_eq!(said.code, code, "{}", said.err);
        contains(&said.err, &[part]);
    }
    // A data file that is not there is refused by itself.
    at_version(&folder, 5);
    fs::write(folder.path().join(next), add.replace("PATH", "gone.parquet").replace("VECTOR", "")).unwrap();
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["t/gone.parquet"]);
}
