//! Tables beside the ledger that were lost: no number rests on them, and what was in them is missed.

use std::fs;

use super::kept::{LATE, all_files, edit, ok, put, two_runs};
use super::{contains, run};

#[test]
fn lost_rejects_end_with_5_and_are_found_again() {
    let folder = two_runs();
    let rejects = ok(&folder, &["show", "job.toml", "rejects"]).out;
    fs::remove_dir_all(folder.path().join("out/rejects")).unwrap();
    let said = run(&folder, &["show", "job.toml", "rejects"]);
    assert_eq!((said.code, said.out.as_str()), (5, ""), "{}", said.err);
    contains(&said.err, &["the ledger has counted 1 reject of logs/a.csv, and 0 are there", "--again all"]);
    let said = run(&folder, &["why", "job.toml", "2016-07-26T02:40"]);
    assert_eq!(said.code, 5, "{}", said.err);
    contains(&said.out, &["  Open   4\n", "  rejects: bad_time 1\n    some of their rows are lost\n"]);
    // Another file has none to lose.
    ok(&folder, &["show", "job.toml", "rejects", "--file", "logs/b.csv"]);
    for _ in 0..2 {
        contains(&ok(&folder, &["run", "job.toml"]).err, &["warning: out/rejects: the ledger has counted 1"]);
    }
    let again = ok(&folder, &["run", "job.toml", "--again", "all"]).err;
    assert!(!again.contains("warning"), "{again}");
    assert_eq!(ok(&folder, &["show", "job.toml", "rejects"]).out, rejects);
    assert!(!ok(&folder, &["run", "job.toml"]).err.contains("warning"));
}

#[test]
fn lost_runs_are_told() {
    let folder = two_runs();
    assert_eq!(ok(&folder, &["show", "job.toml", "runs"]).err, "");
    fs::remove_dir_all(folder.path().join("out/runs")).unwrap();
    let said = ok(&folder, &["show", "job.toml", "runs"]);
    contains(
        &said.err,
        &["warning: the runs that made version 1 and 1 more of the ledger are not on record"],
    );
    put(&folder, "logs/c.csv", &LATE.replace("02:42", "02:44"));
    ok(&folder, &["run", "job.toml"]);
    contains(&ok(&folder, &["show", "job.toml", "runs"]).err, &["version 1 and 1 more of the ledger"]);
}

#[test]
fn lost_changes_are_told_and_recorded_again() {
    let folder = two_runs();
    let changes = ok(&folder, &["show", "job.toml", "changes"]);
    assert_eq!((changes.out.lines().count(), changes.err.as_str()), (3, ""));
    fs::remove_dir_all(folder.path().join("out/changes")).unwrap();
    let why = ["why", "job.toml", "2016-07-26T02:40", "--since", "2016-07-26"];
    for question in [&["show", "job.toml", "changes"][..], &why] {
        contains(
            &ok(&folder, question).err,
            &["warning: changes of ten_minutes", "are not on record", "run the job"],
        );
    }
    ok(&folder, &["run", "job.toml"]);
    let again = ok(&folder, &["show", "job.toml", "changes"]);
    assert_eq!((again.out, again.err), (changes.out, changes.err));
}

#[test]
fn a_run_that_is_not_known_is_answered_with_the_newest() {
    let folder = two_runs();
    let runs = ok(&folder, &["show", "job.toml", "runs", "--format", "csv"]).out;
    let names: Vec<&str> = runs.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    // More like the first run than like the newest, and like neither.
    for unknown in ["nosuchrun", &names[0][names[0].len() - 6..]] {
        let said = run(&folder, &["why", "job.toml", "2016-07-26T02:40", "--since", unknown]);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, &[&format!("the newest run is {}", names[1])]);
    }
}

#[test]
fn what_is_made_anew_says_why() {
    let changed = |folder: &tempfile::TempDir| {
        let changes = ok(folder, &["show", "job.toml", "changes", "--report", "daily"]).out;
        changes.lines().last().unwrap().to_owned()
    };
    let folder = two_runs();
    edit(&folder, "time = 'time'", "time = 'time'\nearliest = '2016-07-26T02:43'");
    ok(&folder, &["run", "job.toml", "--again", "all"]);
    contains(&changed(&folder), &[",Open,4,1,counted by other rules,logs/a.csv,2,"]);
    edit(&folder, "case = 'title'", "case = 'upper'");
    edit(&folder, "'Open', 'Close'", "'OPEN', 'CLOSE'");
    ok(&folder, &["run", "job.toml"]);
    contains(&changed(&folder), &[",1,0,the job or windrow changed,,0,"]);

    let folder = two_runs();
    for name in all_files(&folder.path().join("out/state/contributions")) {
        if name.ends_with(".parquet") {
            fs::write(name, "torn").unwrap();
        }
    }
    fs::remove_file(folder.path().join("logs/a.csv")).unwrap();
    let said = ok(&folder, &["run", "job.toml", "--again", "all", "--accept-gone"]);
    contains(&said.err, &["Open 4 → 2, cause unknown: earlier counts no longer available\n"]);
    contains(&changed(&folder), &[",Open,4,2,cause unknown: earlier counts no longer available,,0,"]);
}
