//! Files in folders called `key=value`, as a ledger and a question by flags see them.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::kept::{ok, put};
use super::{contains, folder, run};

const JOB: &str = "name = 'app'\nversion = 1\n[source]\npath = ['in']\ntime = 'time'\nkeys = ['action']\non_gone = 'subtract'\n\
    [reports.daily]\nevery = '1d'\n[output]\npath = 'out'\n";
const ROWS: &str = "time\n2016-07-26T02:42:00Z\n2016-07-26T02:43:00Z\n";

fn move_to(folder: &TempDir, from: &str, to: &str) {
    let to = folder.path().join(to);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::rename(folder.path().join(from), to).unwrap();
}

/// Runs the job: what the ledger then has is what all files have. The summary, and the CSV of the digest.
#[track_caller]
fn kept(folder: &TempDir) -> (Value, String) {
    ok(folder, &["run", "job.toml", "--summary-json", "s.json"]);
    let kept = ok(folder, &["digest", "job.toml", "--csv"]).out;
    assert_eq!(kept, ok(folder, &["digest", "job.toml", "in", "--csv"]).out);
    (serde_json::from_str(&fs::read_to_string(folder.path().join("s.json")).unwrap()).unwrap(), kept)
}

fn moved(summary: &Value) -> i64 {
    summary["files"]["moved"].as_i64().unwrap_or_default()
}

#[test]
fn a_file_that_moves_to_a_folder_of_other_values_has_other_events() {
    let folder = folder(&[("job.toml", JOB)]);
    for at in 0..20 {
        fs::create_dir_all(folder.path().join("in/action=Other")).unwrap();
        put(&folder, &format!("in/action=Other/{at}.csv"), &format!("time\n2016-07-25T00:00:{at:02}Z\n"));
    }
    for name in ["in/action=Open/a.csv", "in/action=Close/b.csv"] {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        put(&folder, name, ROWS);
    }
    let (summary, answer) = kept(&folder);
    assert_eq!(summary["rows"]["counted"], 24, "equal bytes below other values are not copies: {summary}");
    contains(&answer, &["Open,2", "Close,2", "Other,20"]);

    move_to(&folder, "in/action=Open/a.csv", "in/action=Open/old/a.csv");
    let (summary, _) = kept(&folder);
    assert_eq!(moved(&summary), 1, "{summary}");

    move_to(&folder, "in/action=Open/old/a.csv", "in/action=Shut/a.csv");
    let (summary, answer) = kept(&folder);
    assert_eq!((moved(&summary), &summary["files"]["new"]), (0, &1.into()), "{summary}");
    assert!(answer.contains("Shut,2") && !answer.contains("Open"), "{answer}");

    // Renamed and grown: below the same value it is the same file, below another one it is not.
    for (from, to, is_same) in [
        ("in/action=Shut/a.csv", "in/action=Shut/a-1.csv", true),
        ("in/action=Close/b.csv", "in/action=Open/b.csv", false),
    ] {
        move_to(&folder, from, to);
        put(&folder, to, &format!("{ROWS}2016-07-26T02:44:00Z\n"));
        let (summary, _) = kept(&folder);
        assert_eq!(moved(&summary), i64::from(is_same), "{to}: {summary}");
    }
}

#[test]
fn flags_find_the_columns_of_paths() {
    let folder = folder(&[
        ("in/action=Open/a.csv", ROWS),
        ("in/action=Close/b.ndjson", "{\"time\":\"2016-07-26T02:42:00Z\"}\n"),
    ]);
    let said = ok(&folder, &["run", "in", "--every", "1d"]);
    contains(&said.err, &["key: action"]);
    contains(&said.out, &["Close,1", "Open,2"]);
    let named = ok(&folder, &["run", "in", "--every", "1d", "--key", "action"]);
    assert_eq!(named.out, said.out);
    let none = run(&folder, &["run", "in", "--every", "1d", "--key", "acton"]);
    contains(&none.err, &["did you mean --key action"]);
}
