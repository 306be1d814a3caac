//! The command line as a user meets it: what goes to stdout, what to stderr, which exit code, which files are left.
#![allow(clippy::unwrap_used, clippy::panic)]
mod check;
mod choice;
mod compare;
mod delta;
mod encrypted;
mod faults;
mod flags;
mod help;
mod hostile;
mod kept;
mod looks;
mod lost;
mod no_answer;
mod nothing;
mod older;
mod path_columns;
mod pipes;
mod plan;
mod restore;
mod show;
mod signals;
mod stays_out;
mod summary;
mod times;
mod unread;
mod why;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const EVENTS: &str =
    "time,action\n2024-01-01T00:00:00Z,Open\n2024-01-01T00:01:00Z,Close\n2024-01-01T00:21:00Z,Open\n";
const DIRTY: &str = "time,action\nfoo,Open\n2024-01-01T00:00:00Z,Cl\"ose\n2024-01-01T00:00:00Z,Open\n";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn windrow(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windrow"));
    command.current_dir(folder.path()).args(arguments);
    let windrows = ["WINDROW_THREADS", "WINDROW_LOG", "WINDROW_ENGINE", "WINDROW_LOG_FORMAT"];
    for variable in windrows.into_iter().chain(["CLICOLOR_FORCE", "COLUMNS", "LINES"]) {
        command.env_remove(variable);
    }
    command
}

/// What a run says: exit code, stdout, stderr.
struct Said {
    code: i32,
    out: String,
    err: String,
}

fn run(folder: &TempDir, arguments: &[&str]) -> Said {
    said(windrow(folder, arguments).output().unwrap())
}

fn said(output: Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

/// Names in the folder.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

#[test]
fn paths_alone_give_csv_on_stdout_and_say_what_was_chosen_on_stderr() {
    let folder = folder(&[("events.csv", EVENTS)]);
    let said = run(&folder, &["run", "events.csv", "--values", "Open,Close"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(
        said.out,
        "window_start,window_end,open_count,close_count,avg_actions\n\
         2024-01-01T00:00:00Z,2024-01-01T00:10:00Z,1,1,1.0\n\
         2024-01-01T00:10:00Z,2024-01-01T00:20:00Z,0,0,0.0\n\
         2024-01-01T00:20:00Z,2024-01-01T00:30:00Z,1,0,0.5\n"
    );
    contains(&said.err, &["time column: time", "key: action", "--every 10m", "rows 3 = counted 3"]);
    let quiet = run(&folder, &["run", "events.csv", "--values", "Open,Close", "-q"]);
    assert_eq!((quiet.out, quiet.err.as_str()), (said.out, ""));
}

#[test]
fn the_job_that_flags_make_gives_the_same_answer() {
    let folder = folder(&[("in/a.csv", EVENTS), ("jobs/.keep", "")]);
    let flags = ["run", "in", "--every", "20m", "--values", "Open", "--case", "upper", "--fill", "none"];
    let wrong = run(&folder, &flags);
    assert_eq!(wrong.code, 2, "a value that the cleaning never gives");
    contains(&wrong.err, &["error: --values", "did you mean `OPEN`"]);
    let flags = ["run", "in", "--every", "20m", "--values", "OPEN", "--case", "upper", "--fill", "none"];
    let first = run(&folder, &[&flags[..], &["--save-job", "jobs/job.toml"]].concat());
    assert_eq!(first.code, 0, "{}", first.err);
    contains(&first.err, &["windrow run jobs/job.toml"]);
    let saved = fs::read_to_string(folder.path().join("jobs/job.toml")).unwrap();
    contains(&saved, &["\nrejects = \"none\"\n"]);
    contains(&first.out, &["open_count,other_count", "2024-01-01T00:20:00Z,2024-01-01T00:40:00Z,1,0,1.0"]);
    let again = run(&folder, &["run", "jobs/job.toml"]);
    assert_eq!((again.code, again.out), (0, first.out), "{}", again.err);
    let digest = run(&folder, &["digest", "jobs/job.toml"]);
    assert_eq!((digest.code, digest.out.len()), (0, 65), "{}", digest.err);
    assert_eq!(run(&folder, &["digest", "jobs/job.toml", "in/a.csv"]).out, digest.out);
    let canonical = run(&folder, &["digest", "jobs/job.toml", "--csv"]);
    contains(&canonical.out, &["# report windows\nwindow_start,window_end,action,count\n"]);
}

#[test]
fn flags_that_would_change_a_jobs_answer_are_refused_by_name() {
    let folder = folder(&[("in/a.csv", EVENTS)]);
    run(&folder, &["run", "in", "--save-job", "job.toml"]);
    let said = run(&folder, &["run", "job.toml", "--every", "1h", "--strict"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["--every, --strict would change the answer of job.toml", "edit job.toml"]);
    let said = run(&folder, &["run", "job.toml", "--report", "daily"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["--report daily", "windows"]);
    let json =
        run(&folder, &["run", "job.toml", "--report", "windows", "--format", "json", "--shape", "long"]);
    assert_eq!(json.code, 0, "{}", json.err);
    assert!(json.out.starts_with('['), "{}", json.out);
    let missing = run(&folder, &["run", "jbo.toml"]);
    assert_eq!(missing.code, 2);
    contains(&missing.err, &["no such file or folder: jbo.toml", "did you mean", "job.toml"]);
}

#[test]
fn a_shape_that_the_job_cannot_have_is_refused() {
    let folder = folder(&[("a.csv", EVENTS)]);
    let wide = ["run", "a.csv", "--key", "action", "--shape", "wide"];
    let values = ["run", "a.csv", "--key", "action", "--values", "a-b,a_b", "--shape", "wide"];
    for (arguments, part) in [(&wide[..], "none is named"), (&values, "needs the column a_b_count")] {
        let said = run(&folder, arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
        contains(&said.err, &[part]);
    }
    let job = "name = 'j'\nversion = 1\n[source]\npath = 'a.csv'\ntime = 'time'\nkeys = ['action']\n\
               [reports.r]\nevery = '1h'\nvalues = ['a-b', 'a_b']\nshape = 'long'\n";
    fs::write(folder.path().join("j.toml"), job).unwrap();
    assert_eq!(run(&folder, &["run", "j.toml"]).code, 0);
    let said = run(&folder, &["run", "j.toml", "--shape", "wide"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
    contains(&said.err, &["--shape: reports.r.values: `a_b` needs the column a_b_count"]);
}

#[test]
fn a_job_file_comes_first() {
    let folder = folder(&[("a.csv", EVENTS), ("two.toml", "x")]);
    let said = run(&folder, &["run", "a.csv", "two.toml"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
    contains(&said.err, &["the job file two.toml is named after", "name it first"]);
}

#[test]
fn rejects_are_written_also_when_the_run_fails() {
    let many: String = (0..60).map(|i| format!("2024-01-01T00:{i:02}:00Z,k{i}\n")).collect();
    let folder = folder(&[("a.csv", DIRTY), ("b.csv", &format!("time,action\n{many}"))]);
    let job = "name = 'j'\nversion = 1\n[source]\npath = ['a.csv', 'b.csv']\ntime = 'time'\nkeys = ['action']\n\
               [limits]\nrejects = 'none'\ngroups = 5\n[reports.r]\nevery = '1m'\n";
    fs::write(folder.path().join("j.toml"), job).unwrap();
    let said = run(&folder, &["run", "j.toml", "--rejects", "r.csv", "--threads", "1"]);
    assert_eq!((said.code, said.out.as_str()), (6, ""), "{}", said.err);
    let rejects = fs::read_to_string(folder.path().join("r.csv")).unwrap();
    contains(&rejects, &["a.csv,2,12,,time,bad_time", "a.csv,3,21,,action,stray_quote"]);
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    let folder = folder(&[("events.csv", EVENTS), ("z.csv", "")]);
    fs::write(folder.path().join("z.csv"), b"\x04\x22\x4d\x18").unwrap();
    for (arguments, code, part) in [
        (&["run", "events.csv", "--input-format", "parquet"][..], 3, "does not begin as Parquet does"),
        (
            &["run", "events.csv", "--again", "all"],
            2,
            "--again is for a job with a ledger, and this one keeps none",
        ),
        (&["run", "hdfs://node/events.csv"], 2, "only a Spark cluster reads hdfs://node/events.csv"),
        (&["run", "z.csv"], 3, "z.csv is LZ4, which is not read"),
        (&["run", "z.csv", "--time", "time", "--key", "action"], 3, "z.csv is LZ4, which is not read"),
    ] {
        let said = run(&folder, arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}", said.err);
        contains(&said.err, &["error: ", part, "\n  help: "]);
    }
    contains(&run(&folder, &["chekc", "events.csv"]).err, &["similar", "'check'"]);
}

#[test]
fn an_undeclared_time_format_is_answered_with_the_full_command() {
    let folder = folder(&[("my log.csv", "ts,action\n1469679568123,Open\n")]);
    let said = run(&folder, &["run", "my log.csv", "--every", "1h"]);
    assert_eq!(said.code, 2);
    contains(
        &said.err,
        &["2016-07-28T04:19:28.123Z", "windrow run 'my log.csv' --every 1h --time ts --time-format epoch_ms"],
    );
    let corrected =
        run(&folder, &["run", "my log.csv", "--every", "1h", "--time", "ts", "--time-format", "epoch_ms"]);
    assert_eq!(corrected.code, 0, "{}", corrected.err);

    let jobs = "name = \"j\"\nversion = 1\n[source]\npath = \"my log.csv\"\ntime = \"ts\"\n[reports.r]\nevery = \"1h\"\n";
    fs::write(folder.path().join("j.toml"), jobs).unwrap();
    let said = run(&folder, &["run", "j.toml"]);
    assert_eq!(said.code, 2, "{}", said.err);
    contains(
        &said.err,
        &["no row has a time in column ts", "in j.toml, [source]:", "time_format = \"epoch_ms\""],
    );
}

#[test]
fn rejects_are_shown_and_written_also_when_the_file_is_refused() {
    let folder = folder(&[("dirty.csv", DIRTY)]);
    let said = run(&folder, &["run", "dirty.csv", "--rejects", "r.csv"]);
    assert_eq!(said.code, 0, "{}", said.err);
    contains(
        &said.err,
        &["rejected dirty.csv:2 (byte 12, column time): bad_time: foo,Open", "rejects: r.csv"],
    );
    let rows = "file,line,byte,row,column,reason,raw\n\
                dirty.csv,2,12,,time,bad_time,\"foo,Open\"\n\
                dirty.csv,3,21,,action,stray_quote,\"2024-01-01T00:00:00Z,Cl\"\"ose\"\n";
    assert_eq!(fs::read_to_string(folder.path().join("r.csv")).unwrap(), rows);
    let limits = ["run", "dirty.csv", "--max-rejects", "1", "--rejects", "r2.ndjson", "--output", "x.csv"];
    let refused = run(&folder, &limits);
    assert_eq!(refused.code, 3, "{}", refused.err);
    let lines = fs::read_to_string(folder.path().join("r2.ndjson")).unwrap();
    assert_eq!(lines.lines().count(), 2);
    assert_eq!(names(folder.path()), ["dirty.csv", "r.csv", "r2.ndjson"]);
}

#[test]
fn a_refused_file_beside_others_is_said_and_exits_3() {
    let folder = folder(&[("in/a.csv", EVENTS), ("in/b.csv", DIRTY)]);
    let good = run(&folder, &["run", "in/a.csv"]);
    let partly = run(&folder, &["run", "in", "--max-rejects", "0", "--summary-json", "s.json"]);
    assert_eq!((partly.code, partly.out), (3, good.out), "{}", partly.err);
    contains(
        &partly.err,
        &[
            "1 file read, 1 refused",
            "\nrefused in/b.csv: 2 of 3 rows are rejects",
            "the answer was published without the refused files: in/b.csv: 2 of 3 rows are rejects",
        ],
    );
    let summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("s.json")).unwrap()).unwrap();
    assert_eq!(summary["files_refused"][0]["file"], "in/b.csv");
    let strict = run(&folder, &["run", "in", "--max-rejects", "0", "--strict", "--output", "x.csv"]);
    assert_eq!((strict.code, strict.out.as_str()), (3, ""), "{}", strict.err);
    assert!(!folder.path().join("x.csv").exists());
}

#[test]
fn outputs_are_checked_before_anything_is_read() {
    let folder = folder(&[("in/a.csv", "not a header that could be read\n")]);
    for (arguments, part) in [
        (&["--output", "in/a.csv"][..], "--output in/a.csv is the input in/a.csv"),
        (&["--output", "in/b.csv"], "is inside the input in"),
        (&["--output", "in/b.json"], "is inside the input in"),
        (&["--rejects", "in/b.ndjson"], "is inside the input in"),
        (&["--output", "in"], "is a folder"),
        (&["--output", "gone/x.csv"], "mkdir -p gone"),
        (&["--output", "x.csv", "--format", "json"], "--format json, but x.csv is csv"),
        (&["--output", "x.csv", "--summary-json", "x.csv"], "both name x.csv"),
        (&["--rejects", "r.txt"], "rejects.csv or rejects.ndjson"),
        (&["--threads", "0"], "invalid value '0' for '--threads <N>': write a whole number, at least 1"),
    ] {
        let said = run(&folder, &[&["run", "in"], arguments].concat());
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.err);
        contains(&said.err, &[part]);
    }
    assert_eq!(names(folder.path()), ["in"]);
}

#[test]
fn a_job_that_cannot_be_published_is_refused_before_anything_is_read() {
    let folder = folder(&[("dirty.csv", DIRTY)]);
    let job = "name = \"j\"\nversion = 1\n[source]\npath = \"dirty.csv\"\ntime = \"time\"\n\
               [reports.a]\nevery = \"1h\"\n[reports.b]\nevery = \"1d\"\n";
    fs::write(folder.path().join("j.toml"), job).unwrap();
    let several = run(&folder, &["run", "j.toml", "-o", "x.parquet"]);
    assert_eq!(several.code, 2, "{}", several.err);
    contains(&several.err, &["parquet holds one table, and the job has 2 reports: a, b", "--report a"]);
    let span =
        ["run", "dirty.csv", "--every=1s", "--fill=zero", "--from", "2000-01-01", "--to", "2024-01-01"];
    let large = run(&folder, &span);
    assert_eq!(large.code, 6, "{}", large.err);
    contains(&large.err, &["757,382,400 windows, more than the limit of 10,000,000 rows"]);
    for said in [several, large] {
        assert!(!said.err.contains("rejected dirty.csv"), "{}", said.err);
    }
    assert_eq!(run(&folder, &["run", "j.toml", "-o", "x.parquet", "--report", "b"]).code, 0);
    assert_eq!(run(&folder, &[&span[..], &["--format", "table"]].concat()).code, 0);
}

#[test]
fn every_format_is_written_by_its_ending() {
    let folder = folder(&[("events.csv", EVENTS)]);
    for (name, begins) in [
        ("x.csv", &b"window_start"[..]),
        ("x.json", b"["),
        ("x.ndjson", b"{"),
        ("x.parquet", b"PAR1"),
        ("x.html", b"<!"),
        ("x.txt", b"windows"),
    ] {
        let said = run(&folder, &["run", "events.csv", "--output", name]);
        assert_eq!((said.code, said.out.as_str()), (0, ""), "{name}: {}", said.err);
        let bytes = fs::read(folder.path().join(name)).unwrap();
        assert!(bytes.to_ascii_lowercase().starts_with(&begins.to_ascii_lowercase()), "{name}");
    }
}

#[test]
fn messages_can_be_json() {
    let folder = folder(&[("events.csv", EVENTS)]);
    let said = run(&folder, &["run", "events.csv", "--top", "x", "--log-format", "json"]);
    assert_eq!(said.code, 2);
    let last: serde_json::Value = serde_json::from_str(said.err.lines().last().unwrap()).unwrap();
    assert_eq!((last["level"].as_str(), last["exit"].as_u64()), (Some("ERROR"), Some(2)), "{}", said.err);
    assert!(
        said.err.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{}",
        said.err
    );
    let said = run(&folder, &["run", "events.csv", "--log-format", "json"]);
    let lines = said.err.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let summaries: Vec<_> = lines.filter(|line| line["message"] == "summary").collect();
    let [summary] = summaries.as_slice() else { panic!("{}", said.err) };
    assert_eq!((&summary["level"], &summary["rows"]["counted"]), (&"INFO".into(), &3.into()));
    assert_eq!(summary["reports"][0]["windows_observed"], 2);
    assert_eq!(run(&folder, &["run", "events.csv", "--log-format", "json", "-q"]).err, "");
}

#[test]
fn the_machine_and_the_settings_do_not_change_the_answer() {
    let folder = folder(&[]);
    run(&folder, &["generate", "--events", "20000", "--dirt", "1%", "-o", "events.csv"]);
    let answer = run(&folder, &["run", "events.csv"]).out;
    assert!(answer.lines().count() > 100);
    let other = windrow(&folder, &["run", "events.csv", "--threads", "3", "-vv"])
        .env("TZ", "Asia/Tokyo")
        .env("LC_ALL", "de_DE.UTF-8")
        .env("WINDROW_THREADS", "1")
        .output()
        .unwrap();
    assert_eq!(said(other).out, answer);
    let wrong = windrow(&folder, &["run", "events.csv"]).env("WINDROW_THREADS", "none").output().unwrap();
    assert_eq!(said(wrong).code, 2);
}
