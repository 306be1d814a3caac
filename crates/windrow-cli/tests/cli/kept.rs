//! Jobs that keep a ledger: a fixture, and the commands that ask the ledger rather than the files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::{Said, contains, folder, names, run};

const JOB: &str = "name = 'app'\nversion = 1\n[source]\npath = ['logs']\ntime = 'time'\nkeys = ['action']\n\
    [clean]\naction = { case = 'title' }\n[limits]\nrejects = 'none'\n\
    [reports.ten_minutes]\nevery = '10m'\nvalues = ['Open', 'Close']\n\
    [reports.daily]\nevery = '1d'\nzone = 'Europe/Berlin'\n[output]\npath = 'out'\n";
const FIRST: &str = "time,action\n2016-07-26T02:40:00Z,Open\n2016-07-26T02:41:00Z,open \n\
    2016-07-26T02:45:00Z,Close\n2016-07-26T03:30:00Z,Close\nfoo,Open\n";
pub(super) const LATE: &str = "time,action\n2016-07-26T02:42:00Z,OPEN\n2016-07-26T02:43:00Z,Open\n";

/// A job with one log that no run has read yet.
pub(super) fn fresh() -> TempDir {
    let folder = folder(&[("job.toml", JOB), ("logs/a.csv", FIRST)]);
    settled(&folder.path().join("logs/a.csv"));
    folder
}

/// A job whose second log arrived late, after the first run.
pub(super) fn two_runs() -> TempDir {
    let folder = fresh();
    ok(&folder, &["run", "job.toml"]);
    put(&folder, "logs/b.csv", LATE);
    ok(&folder, &["run", "job.toml"]);
    folder
}

pub(super) fn put(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    settled(&path);
}

/// Makes a file older than what might still change unseen: what was changed just before it was read is read once more.
pub(super) fn settled(path: &Path) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).unwrap();
}

/// The job with other lines.
pub(super) fn edit(folder: &TempDir, from: &str, to: &str) {
    let path = folder.path().join("job.toml");
    let job = fs::read_to_string(&path).unwrap();
    assert!(job.contains(from), "{from}");
    fs::write(path, job.replacen(from, to, 1)).unwrap();
}

#[track_caller]
pub(super) fn ok(folder: &TempDir, arguments: &[&str]) -> Said {
    let said = run(folder, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    said
}

/// Every file below a folder.
pub(super) fn all_files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() { found.extend(all_files(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

#[test]
fn a_digest_of_the_ledger_is_that_of_the_files_it_has_accepted() {
    let folder = two_runs();
    let kept = ok(&folder, &["digest", "job.toml"]);
    contains(&kept.err, &["from the ledger, version 2: 6 events of 2 files"]);
    assert_eq!(kept.out, ok(&folder, &["digest", "job.toml", "logs"]).out);
    // No event is read: the logs may be gone.
    put(&folder, "logs/c.csv", LATE);
    fs::remove_file(folder.path().join("logs/a.csv")).unwrap();
    assert_eq!(ok(&folder, &["digest", "job.toml"]).out, kept.out);
    edit(&folder, "case = 'title'", "case = 'keep'");
    assert_ne!(
        ok(&folder, &["digest", "job.toml"]).out,
        kept.out,
        "what is clean is decided when it is asked"
    );
    edit(&folder, "keys = ['action']", "keys = []");
    edit(&folder, "[clean]\naction = { case = 'keep' }", "");
    edit(&folder, "values = ['Open', 'Close']", "");
    let said = run(&folder, &["digest", "job.toml"]);
    assert_eq!((said.code, said.out.as_str()), (5, ""), "{}", said.err);
    contains(&said.err, &["differ from those of the ledger", "--again all"]);
    let said = run(&fresh(), &["digest", "job.toml"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["out has no ledger yet", "windrow run job.toml"]);
}

#[test]
fn what_is_asked_of_the_ledger_looks_for_no_input() {
    let folder = two_runs();
    let questions: [&[&str]; 5] = [
        &["digest", "job.toml"],
        &["show", "job.toml", "windows", "--format", "csv"],
        &["show", "job.toml", "files", "--output", "files.csv"],
        &["show", "job.toml", "windows", "--report", "ten_minutes", "--shape", "wide"],
        &["why", "job.toml", "2016-07-26T02:40", "Open"],
    ];
    let before = questions.map(|question| ok(&folder, question).out);
    let is_as_before = || {
        for (question, before) in questions.iter().zip(&before) {
            assert_eq!(ok(&folder, question).out, *before, "{question:?}");
        }
    };
    fs::remove_dir_all(folder.path().join("logs")).unwrap();
    is_as_before();
    // A link to itself is a folder that not even root can list.
    symlink("logs", folder.path().join("logs")).unwrap();
    is_as_before();
    assert_ne!(run(&folder, &["run", "job.toml"]).code, 0);
    let said = run(&folder, &["digest", "job.toml", "--every", "1h"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["--every would change the answer of job.toml"]);
}

#[test]
fn check_says_whether_the_output_can_be_written_and_agrees_with_the_job() {
    let folder = fresh();
    let said = ok(&folder, &["check", "job.toml"]);
    contains(&said.err, &["output: out can be written; there is no ledger yet", "nothing was published"]);
    assert!(!folder.path().join("out").exists());
    ok(&folder, &["run", "job.toml"]);
    put(&folder, "logs/b.csv", LATE);
    let before = all_files(&folder.path().join("out"));
    let said = ok(&folder, &["check", "job.toml"]);
    contains(
        &said.err,
        &["ledger version 1 agrees with the job", "a run would find 2 files: 1 same, 1 new; 64 B to read"],
    );
    assert_eq!(all_files(&folder.path().join("out")), before);
    edit(&folder, "time = 'time'", "time = 'time'\nzone = 'Asia/Tokyo'");
    let said = run(&folder, &["check", "job.toml"]);
    assert_eq!(said.code, 5, "{}", said.err);
    contains(&said.err, &["differ from those of the ledger"]);
}

#[test]
fn a_job_of_another_name_is_refused_by_every_command() {
    let folder = two_runs();
    edit(&folder, "name = 'app'", "name = 'other'");
    for command in [
        &["run", "job.toml"][..],
        &["plan", "job.toml"],
        &["check", "job.toml"],
        &["show", "job.toml", "windows"],
        &["show", "job.toml", "files"],
        &["why", "job.toml", "2016-07-26"],
        &["digest", "job.toml"],
    ] {
        let said = run(&folder, command);
        assert_eq!(said.code, 5, "{command:?}: {}", said.err);
        contains(&said.err, &["it is the ledger of job \"app\", not of \"other\""]);
    }
}

#[test]
fn the_job_that_flags_keep_is_the_job_that_published() {
    let folder = folder(&[("in/a.csv", FIRST)]);
    settled(&folder.path().join("in/a.csv"));
    ok(&folder, &["run", "in", "--time", "time", "--every", "1d", "--keep", "kk"]);
    let plan = ok(&folder, &["plan", "kk/job.toml"]);
    contains(&plan.out, &["report windows: no window is made again"]);
    let shown = ok(&folder, &["show", "kk/job.toml", "windows"]);
    assert!(!shown.err.contains("has changed"), "{}", shown.err);
}

#[test]
fn changes_show_hostile_values_and_names_as_everything_else_does() {
    let folder = fresh();
    ok(&folder, &["run", "job.toml"]);
    put(&folder, "logs/b\x1b.csv", "time,action\n2016-07-26T02:42:00Z,\"O\nb\"\nfoo,Open\n");
    let said = ok(&folder, &["run", "job.toml"]);
    contains(&said.err, &[r"O\x0ab 0 → 1, logs/b\x1b.csv arrived late", r"rejected logs/b\x1b.csv:4"]);
    contains(&said.err, &["1 window changed"]);
}

#[test]
fn a_summary_counts_the_files_that_a_run_has_read() {
    let folder = fresh();
    put(&folder, "logs/refused.csv", "time\n2016-07-26T02:42:00Z\n");
    let read = |arguments: &[&str]| {
        run(&folder, &[&["run", "job.toml", "--summary-json", "s.json"], arguments].concat());
        let text = fs::read_to_string(folder.path().join("s.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["files_read"].as_u64().unwrap()
    };
    let files = fs::read_dir(folder.path().join("logs")).unwrap().count() as u64 - 1;
    assert_eq!((read(&[]), read(&[]), read(&["--again", "all"])), (files, 0, files));
    put(&folder, "logs/late.csv", "time,action\n2016-07-26T02:42:00Z,Open\n");
    assert_eq!(read(&[]), 1);
}

#[test]
fn all_of_the_time_of_a_run_is_in_its_stages() {
    let folder = fresh();
    ok(&folder, &["run", "job.toml", "--summary-json", "s.json"]);
    let text = fs::read_to_string(folder.path().join("s.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let stages = summary["stages_s"].as_object().unwrap();
    let names: Vec<&str> = stages.keys().map(String::as_str).collect();
    assert_eq!(names, ["commit", "count", "list", "plan", "publish", "record", "tidy"], "{text}");
    let sum: f64 = stages.values().filter_map(serde_json::Value::as_f64).sum();
    assert!((sum - summary["elapsed_s"].as_f64().unwrap()).abs() < 1e-6, "{text}");
}

#[test]
fn a_run_says_how_to_see_the_answer_and_all_rejects() {
    let folder = fresh();
    put(&folder, "logs/a.csv", &format!("{FIRST}{}", "foo,Open\n".repeat(9)));
    let said = ok(&folder, &["run", "job.toml"]).err;
    contains(&said, &["to see all 10: windrow show job.toml rejects\n"]);
    contains(&said, &["to see the answer: windrow show job.toml windows\n"]);
    let shown = ok(&folder, &["show", "job.toml", "rejects", "--format", "csv"]).out;
    assert_eq!(shown.lines().count(), 11, "{shown}");
    put(&folder, "logs/b.csv", LATE);
    let said = ok(&folder, &["run", "job.toml"]).err;
    assert!(!said.contains("to see"), "{said}");
}

#[test]
fn a_log_of_any_format_keeps_its_counts_when_it_is_rotated() {
    for (ending, head, event) in [
        (".ndjson", "", "{\"time\":\"2024-01-01T00:0@:00Z\",\"action\":\"Open\"}\n"),
        (".csv", "time,action\n", "2024-01-01T00:0@:00Z,Open\n"),
    ] {
        let folder = folder(&[]);
        let name = format!("logs/app{ending}");
        fs::create_dir(folder.path().join("logs")).unwrap();
        put(&folder, &name, &format!("{head}{}", event.replace('@', "0").repeat(3)));
        let keep = ["run", "logs", "--every", "1h", "--key", "action", "--keep", "out"];
        ok(&folder, &keep);
        for (n, rotated) in [(1, ".1"), (2, "-20240101")] {
            fs::rename(folder.path().join(&name), folder.path().join(format!("{name}{rotated}"))).unwrap();
            put(&folder, &name, &format!("{head}{}", event.replace('@', &n.to_string()).repeat(n)));
            ok(&folder, &["run", "out/job.toml"]);
        }
        let shown = ok(&folder, &["show", "out/job.toml", "windows", "--format", "csv"]).out;
        contains(&shown, &["2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,Open,6,"]);
    }
}
