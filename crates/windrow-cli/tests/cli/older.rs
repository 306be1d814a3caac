//! A ledger that an older version has written (tests/data/ledger-2, of format 2): it answers as before, is migrated by the first
//! run that writes, and is continued.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

use super::restore::copy;
use super::{contains, run};

/// 2024-04-01, when the first of its files were changed.
const FIRST_CHANGE: u64 = 1_711_929_600;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ledger-2")
}

fn expected(name: &str) -> String {
    fs::read_to_string(data().join("expected").join(name)).unwrap()
}

/// The job with its inputs and its ledger as they were.
fn older() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&data(), folder.path());
    for (name, day) in [("a.csv", 2), ("b.csv", 0), ("refused.csv", 1)] {
        modified(&folder, name, day);
    }
    folder
}

fn modified(folder: &TempDir, name: &str, day: u64) {
    let file = fs::File::options().append(true).open(folder.path().join("in").join(name)).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(FIRST_CHANGE + day * 86_400)).unwrap();
}

fn commits(folder: &TempDir, table: &str) -> Vec<PathBuf> {
    let log = folder.path().join("out").join(table).join("_delta_log");
    let mut commits: Vec<_> = fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path()).collect();
    commits.sort();
    commits
}

/// The lines of the newest commit of a table that say what it is.
fn newest_meta_data(folder: &TempDir, table: &str) -> Vec<Value> {
    let text = fs::read_to_string(commits(folder, table).pop().unwrap()).unwrap();
    let actions = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    actions.filter_map(|action| action.get("metaData").cloned()).collect()
}

#[test]
fn a_ledger_of_the_format_before_answers_as_before() {
    let folder = older();
    let ask = |arguments: &[&str]| {
        let said = run(&folder, arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said.out
    };
    assert_eq!(ask(&["digest", "job.toml"]), expected("digest"));
    for table in ["windows", "changes"] {
        let shown = ask(&["show", "job.toml", table, "--format", "csv"]);
        assert_eq!(shown, expected(&format!("{table}.csv")));
    }
    // Its rejects have no column `row`, which stands behind `byte`.
    for (row, before) in
        ask(&["show", "job.toml", "rejects", "--format", "csv"]).lines().zip(expected("rejects.csv").lines())
    {
        let mut fields: Vec<&str> = row.splitn(5, ',').collect();
        assert!(["row", ""].contains(&fields.remove(3)), "{row}");
        assert_eq!(fields.join(","), before);
    }
    // New columns follow the old ones.
    let (shown, before) = (ask(&["show", "job.toml", "files", "--format", "csv"]), expected("files.csv"));
    assert_eq!(shown.lines().count(), before.lines().count());
    for (row, before) in shown.lines().zip(before.lines()) {
        assert!(row.starts_with(before), "{row}\n{before}");
    }
    let why = ask(&["why", "job.toml", "2024-03-31T01:30", "--format", "json"]);
    let (why, before): (Value, Value) =
        (serde_json::from_str(&why).unwrap(), serde_json::from_str(&expected("why.json")).unwrap());
    assert_eq!(why["numbers"], before["numbers"]);
    for (file, before) in why["files"].as_array().unwrap().iter().zip(before["files"].as_array().unwrap()) {
        assert_eq!((&file["file"], &file["numbers"]), (&before["file"], &before["numbers"]));
    }
    // Who only asks migrates nothing.
    assert_eq!(newest_meta_data(&folder, "state/ledger"), [Value::Null; 0]);
    // What counts is not read again. A file that was refused is: another version may read more.
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 3, "a file is refused still: {}", said.err);
    contains(&said.err, &["2 same, 1 gone before, 1 other rules; 50 B to read"]);
    assert_eq!(ask(&["digest", "job.toml"]), expected("digest"));
}

#[test]
fn a_ledger_of_the_format_before_is_migrated_in_one_commit_and_continued() {
    let folder = older();
    let path = folder.path().join("in/a.csv");
    fs::write(&path, fs::read_to_string(&path).unwrap() + "2024-03-31T02:32:00Z,close\n").unwrap();
    modified(&folder, "a.csv", 4);
    let before = commits(&folder, "state/ledger").len();
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 3, "a file is refused still: {}", said.err);
    contains(&said.err, &["1 grown, 1 same", "Close 1 → 2, in/a.csv changed", "77 B read, ledger version 4"]);
    assert_eq!(commits(&folder, "state/ledger").len(), before + 1);
    for (table, column) in [("state/ledger", "lines"), ("state/contributions", "state_version")] {
        let [meta_data] = &newest_meta_data(&folder, table)[..] else { panic!("{table} is not migrated") };
        contains(meta_data["schemaString"].as_str().unwrap(), &[column]);
    }
    assert_eq!(newest_meta_data(&folder, "state/ledger")[0]["configuration"]["windrow.format"], "4");
    // What was counted before and since is what one run over all files counts.
    let digest = run(&folder, &["digest", "job.toml"]).out;
    assert_ne!(digest, expected("digest"));
    fs::write(folder.path().join("in/gone.csv"), "time,action\n2024-03-30T23:10:00Z,Close\n").unwrap();
    fs::remove_file(folder.path().join("in/refused.csv")).unwrap();
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    run(&folder, &["run", "job.toml"]);
    assert_eq!(run(&folder, &["digest", "job.toml"]).out, digest);
}

#[test]
fn a_ledger_of_a_later_format_needs_a_person() {
    let folder = older();
    for commit in commits(&folder, "state/ledger") {
        let text = fs::read_to_string(&commit).unwrap();
        // Without its hash, as commits of other programs are.
        let hash = text.find(",\"hash\":\"").unwrap();
        let text = text.replace(&text[hash..hash + 42], "");
        fs::write(&commit, text.replace("\"windrow.format\":\"2\"", "\"windrow.format\":\"9\"")).unwrap();
    }
    for arguments in [&["run", "job.toml"][..], &["digest", "job.toml"], &["show", "job.toml", "files"]] {
        let said = run(&folder, arguments);
        assert_eq!(said.code, 5, "{}", said.err);
        contains(
            &said.err,
            &["in format 9; this version reads formats up to 4", "use the version of windrow that wrote it"],
        );
    }
}
