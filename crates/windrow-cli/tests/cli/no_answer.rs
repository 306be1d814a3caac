//! Runs of a job with a ledger that end without an answer, again and again: what they read and what they leave.

use std::fs;
use std::path::Path;

use super::kept::{LATE, all_files, edit, fresh, ok, put};
use super::{contains, run};

const BROKEN: &str = "time,action\n2016-07-26T02:40:00Z,Open,\n2016-07-26T02:41:00Z,Close,\n";

/// What a run says first that knows its inputs.
const UNREAD: &str = "error: the inputs were not read again, as none has another size or time: ";

/// What it says last.
const HOW_TO_READ: &str = "\n    or read them again with --again all";

/// All files of the output and what is in them.
fn output(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = match folder.join("out").exists() {
        true => all_files(&folder.join("out")),
        false => Vec::new(),
    };
    files.sort();
    files.into_iter().map(|name| (name.clone(), fs::read(&name).unwrap())).collect()
}

/// Five runs end in the same way; only the first reads its inputs, and leaves what the others leave as it is.
#[track_caller]
fn ends_alike(folder: &tempfile::TempDir, code: i32, said: &str) {
    let before = output(folder.path());
    let first = run(folder, &["run", "job.toml"]);
    assert_eq!(first.code, code, "{}", first.err);
    contains(&first.err, &[said, "to read"]);
    let after_first = output(folder.path());
    let data =
        |output: &[(String, Vec<u8>)]| output.iter().filter(|(name, _)| name.contains("part-")).count();
    assert_eq!(data(&after_first), data(&before), "no data file stays that nothing names");
    for _ in 0..4 {
        let again = run(folder, &["run", "job.toml"]);
        assert_eq!(again.code, code, "{}", again.err);
        let told = again.err.trim_end().strip_prefix(UNREAD).and_then(|told| told.strip_suffix(HOW_TO_READ));
        let told = told.unwrap_or_else(|| panic!("{}", again.err));
        contains(&first.err, &[told]);
        assert!(!again.err.contains("to read"), "{}", again.err);
        assert_eq!(run(folder, &["plan", "job.toml"]).code, code);
    }
    assert!(output(folder.path()) == after_first, "files or what is in them changed");
}

#[test]
fn broken_inputs_are_read_once() {
    let folder = fresh();
    put(&folder, "logs/a.csv", BROKEN);
    ends_alike(&folder, 3, "no row of logs/a.csv was counted");
    // All rejects are in the input alone.
    let asked = run(&folder, &["run", "job.toml", "--rejects", "r.csv"]);
    assert_eq!(asked.code, 3, "{}", asked.err);
    assert_eq!(fs::read_to_string(folder.path().join("r.csv")).unwrap().lines().count(), 3);
    // Another job is another question.
    edit(&folder, "time = 'time'", "time = 'time'\ntime_format = '%s'");
    contains(&run(&folder, &["run", "job.toml"]).err, &["to read"]);
    edit(&folder, "\ntime_format = '%s'", "");
    put(&folder, "logs/a.csv", LATE);
    ok(&folder, &["run", "job.toml"]);
    assert!(!folder.path().join("out/state/no-answer.json").exists());
}

#[test]
fn a_correction_that_leaves_size_and_time_is_read_when_asked_for() {
    let folder = fresh();
    put(&folder, "logs/a.csv", BROKEN);
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 3);
    put(&folder, "logs/a.csv", &BROKEN.replace(",\n", "\n\n"));
    let unread = run(&folder, &["run", "job.toml"]);
    assert_eq!(unread.code, 3, "{}", unread.err);
    contains(&unread.err, &[UNREAD]);
    ok(&folder, &["run", "job.toml", "--again", "all"]);
}

#[test]
fn broken_inputs_in_the_place_of_good_ones_are_read_once() {
    let folder = fresh();
    ok(&folder, &["run", "job.toml"]);
    let shown = ok(&folder, &["show", "job.toml", "windows", "--report", "daily"]).out;
    put(&folder, "logs/a.csv", BROKEN);
    ends_alike(&folder, 3, "no row of logs/a.csv was counted");
    assert_eq!(ok(&folder, &["show", "job.toml", "windows", "--report", "daily"]).out, shown);
    // A second file that counts makes it a refusal no more.
    put(&folder, "logs/b.csv", LATE);
    ok(&folder, &["run", "job.toml"]);
}

#[test]
fn what_a_strict_job_refuses_is_read_once() {
    let folder = fresh();
    edit(&folder, "rejects = 'none'", "rejects = 0\nstrict = true");
    ends_alike(&folder, 3, "the job is strict: nothing was kept or published");
}

#[test]
fn times_that_do_not_read_are_read_once() {
    let folder = fresh();
    put(&folder, "logs/a.csv", "time,action\n26.07.2016 02:40,Open\n");
    ends_alike(&folder, 2, "no row has a time in column");
    contains(&run(&folder, &["run", "job.toml"]).err, &["time_format = "]);
}

#[test]
fn an_answer_whose_last_events_leave_is_none() {
    let folder = fresh();
    edit(&folder, "keys = ['action']", "keys = ['action']\non_gone = 'subtract'");
    put(&folder, "logs/b.csv", "time,action\nfoo,Open\n");
    ok(&folder, &["run", "job.toml"]);
    let shown = ok(&folder, &["show", "job.toml", "windows", "--report", "daily"]).out;
    fs::rename(folder.path().join("logs/a.csv"), folder.path().join("a.csv")).unwrap();
    for _ in 0..2 {
        for command in ["plan", "run"] {
            let said = run(&folder, &[command, "job.toml", "--accept-gone"]);
            assert_eq!(said.code, 3, "{}", said.err);
            contains(
                &said.err,
                &["of the 1 file that is there no row counts: 1 row read, and all are rejects"],
            );
        }
        assert_eq!(ok(&folder, &["show", "job.toml", "windows", "--report", "daily"]).out, shown);
    }
    // It is what one run over what is there ends with.
    assert_ne!(run(&folder, &["run", "job.toml", "logs", "--report", "daily"]).code, 0);
    fs::rename(folder.path().join("a.csv"), folder.path().join("logs/a.csv")).unwrap();
    ok(&folder, &["run", "job.toml"]);
    // Without a file at all there is nothing that was read.
    fs::remove_file(folder.path().join("logs/a.csv")).unwrap();
    fs::remove_file(folder.path().join("logs/b.csv")).unwrap();
    ok(&folder, &["run", "job.toml", "--accept-gone"]);
}
