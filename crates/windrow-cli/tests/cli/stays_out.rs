//! Files that stay out of the answer of a job with a ledger: each run says so, and ends like it.

use serde_json::Value;

use super::kept::{LATE, edit, fresh, ok, put};
use super::{contains, run};

/// What `run` ends with, twice: when a file is refused, and when nothing is new.
#[track_caller]
fn refused_twice(folder: &tempfile::TempDir, reason: &str) {
    let first = run(folder, &["run", "job.toml", "--summary-json", "s.json"]);
    assert_eq!(first.code, 3, "{}", first.err);
    contains(&first.err, &[&format!("refused {reason}"), "published without the refused files"]);
    let summary: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("s.json")).unwrap()).unwrap();
    assert_eq!((&summary["rows"]["read"], &summary["rows"]["counted"]), (&0.into(), &0.into()), "{summary}");
    assert_ne!(summary["rows"]["refused"], 0, "{summary}");
    let again = run(folder, &["run", "job.toml"]);
    assert_eq!(again.code, 3, "a retry does not hide it: {}", again.err);
    contains(&again.err, &[&format!("still refused: {reason}"), "nothing new"]);
}

#[test]
fn a_duplicate_is_told_by_every_run() {
    let folder = fresh();
    put(&folder, "logs/b.csv", LATE);
    ok(&folder, &["run", "job.toml"]);
    put(&folder, "logs/copy.csv", LATE);
    refused_twice(&folder, "logs/copy.csv: its content is that of logs/b.csv, which counts");
    let without = run(&folder, &["run", "job.toml", "logs", "--report", "daily"]);
    assert_eq!(without.code, 3, "as without a ledger: {}", without.err);
    edit(&folder, "keys = ['action']", "keys = ['action']\nduplicates = 'count'");
    ok(&folder, &["run", "job.toml"]);
}

#[test]
fn a_file_past_the_limit_is_told_by_every_run() {
    let folder = fresh();
    ok(&folder, &["run", "job.toml"]);
    edit(&folder, "rejects = 'none'", "rejects = 2");
    put(&folder, "logs/bad.csv", "time,action\nfoo,Open\nfoo,Open\nfoo,Open\n");
    refused_twice(&folder, "logs/bad.csv: 3 of 3 rows are rejects");
    std::fs::remove_file(folder.path().join("logs/bad.csv")).unwrap();
    ok(&folder, &["run", "job.toml"]);
}

#[test]
fn a_strict_job_takes_no_duplicate() {
    let folder = fresh();
    ok(&folder, &["run", "job.toml"]);
    edit(&folder, "rejects = 'none'", "rejects = 'none'\nstrict = true");
    let before = ok(&folder, &["digest", "job.toml"]).out;
    put(&folder, "logs/b.csv", LATE);
    put(&folder, "logs/copy.csv", LATE);
    for _ in 0..2 {
        let said = run(&folder, &["run", "job.toml"]);
        assert_eq!(said.code, 3, "{}", said.err);
        contains(&said.err, &["the job is strict: nothing was kept or published", "logs/copy.csv"]);
        assert_eq!(ok(&folder, &["digest", "job.toml"]).out, before);
    }
}

#[test]
fn two_jobs_do_not_share_an_output() {
    let folder = fresh();
    ok(&folder, &["run", "job.toml"]);
    let before = ok(&folder, &["digest", "job.toml"]).out;
    edit(&folder, "name = 'app'", "name = 'other'");
    for command in ["run", "plan", "check"] {
        let said = run(&folder, &[command, "job.toml"]);
        assert_eq!(said.code, 5, "{command}: {}", said.err);
        contains(
            &said.err,
            &[
                "it is the ledger of job \"app\", not of \"other\"",
                "an [output] path of its own",
                "name = \"app\"",
            ],
        );
    }
    edit(&folder, "name = 'other'", "name = 'app'");
    assert_eq!(ok(&folder, &["digest", "job.toml"]).out, before);
    edit(&folder, "name = 'app'", "name = 'renamed'");
    ok(&folder, &["run", "job.toml", "--again", "all"]);
    ok(&folder, &["run", "job.toml"]);
}
