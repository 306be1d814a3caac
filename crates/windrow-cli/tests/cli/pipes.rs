//! Standard input and named pipes, read once from beginning to end.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::process::{Command, Stdio};
use std::thread;

use super::{EVENTS, Said, contains, folder, names, run, said, windrow};

/// What a command says to whose standard input `bytes` come.
fn run_with(folder: &tempfile::TempDir, arguments: &[&str], bytes: Vec<u8>) -> Said {
    let mut child = windrow(folder, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that refuses its input reads none of it.
    let writer = thread::spawn(move || drop(stdin.write_all(&bytes)));
    let said = said(child.wait_with_output().unwrap());
    writer.join().unwrap();
    said
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

const JOB: &str = "version = 1\nname = 'a'\n[source]\npath = '-'\nformat = 'csv'\ntime = 'time'\n\
                   keys = ['action']\n[reports.r]\nevery = '1h'\n";

#[test]
fn what_comes_through_a_pipe_is_counted_as_a_file_is() {
    let folder = folder(&[("job.toml", JOB)]);
    let log = ["generate", "--events", "300000", "--dirt", "1%", "-o", "events.csv"];
    assert_eq!(run(&folder, &log).code, 0);
    let bytes = fs::read(folder.path().join("events.csv")).unwrap();
    let file = run(&folder, &["run", "events.csv", "--every", "1h", "--rejects", "file.csv"]);
    assert_eq!(file.code, 0, "{}", file.err);
    let rejects = |name| {
        fs::read_to_string(folder.path().join(name)).unwrap().replace("events.csv,", "standard input,")
    };
    for (arguments, bytes) in [
        (&["run", "-", "--every", "1h", "--rejects", "pipe.csv"][..], bytes.clone()),
        (&["run", "-", "--every", "1h", "--rejects", "pipe.csv", "--threads", "1"], gzip(&bytes)),
        (&["run", "job.toml", "--rejects", "pipe.csv"], gzip(&bytes)),
        (&["run", "/dev/stdin", "--every", "1h", "--rejects", "pipe.csv"], bytes),
    ] {
        let pipe = run_with(&folder, arguments, bytes);
        assert_eq!(pipe.code, 0, "{arguments:?}: {}", pipe.err);
        assert_eq!(pipe.out, file.out, "{arguments:?}");
        assert_eq!(
            rejects("pipe.csv").replace("/dev/stdin,", "standard input,"),
            rejects("file.csv"),
            "{arguments:?}"
        );
    }
}

#[test]
fn standard_input_that_is_a_file_is_read_as_a_file() {
    let folder = folder(&[]);
    let open = |name: &str| fs::File::open(folder.path().join(name)).unwrap();
    let run_on = |stdin: fs::File| {
        let done = windrow(&folder, &["run", "-", "--every", "1h"]).stdin(stdin).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{err}");
        (String::from_utf8(done.stdout).unwrap(), err)
    };
    for (name, form) in [("events.csv", "csv"), ("events.parquet", "parquet")] {
        let log = ["generate", "--events", "3000", "--format", form, "-o", name];
        assert_eq!(run(&folder, &log).code, 0);
        // Parquet is read from its end, which is not possible on a pipe.
        assert_eq!(run_on(open(name)).0, run(&folder, &["run", name, "--every", "1h"]).out, "{name}");
    }
    // If the first line was read before, only the rest is read.
    let text = fs::read_to_string(folder.path().join("events.csv")).unwrap();
    let mut rest = open("events.csv");
    rest.seek(SeekFrom::Start(1 + text.find('\n').unwrap() as u64)).unwrap();
    let flags = ["run", "-", "--every", "1h", "--columns", "time,action"];
    let done = windrow(&folder, &flags).stdin(rest).output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(err.contains("rows 3,000 = counted 3,000"), "{err}");
}

#[test]
fn a_named_pipe_is_read_when_it_is_named() {
    let folder = folder(&[("other.csv", EVENTS)]);
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let to = pipe.clone();
    let writer = thread::spawn(move || fs::write(to, EVENTS.replace("00:01:", "00:02:")).unwrap());
    let said =
        run(&folder, &["run", "pipe", "other.csv", "--time", "time", "--every", "1h", "--key", "action"]);
    writer.join().unwrap();
    assert_eq!(said.code, 0, "{}", said.err);
    contains(&said.out, &["2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,Close,2\n"]);
    contains(&said.err, &["2 files read"]);
}

#[test]
fn a_pipe_is_no_second_copy() {
    let folder = folder(&[("events.csv", EVENTS)]);
    let arguments = ["run", "-", "events.csv", "--time", "time", "--every", "1h", "--key", "action"];
    let said = run_with(&folder, &arguments, EVENTS.into());
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["refused events.csv: its content is that of standard input, which counts"]);
}

#[test]
fn what_reads_more_than_once_refuses_a_pipe() {
    let kept = format!("{JOB}[output]\npath = 'out'\n");
    let folder = folder(&[("job.toml", JOB), ("kept.toml", &kept), ("answer.csv", "")]);
    for arguments in [
        &["check", "-"][..],
        &["check", "job.toml"],
        &["run", "kept.toml"],
        &["run", "-", "--every", "1h", "--keep", "made"],
        &["compare", "job.toml", "answer.csv"],
    ] {
        let said = run_with(&folder, arguments, EVENTS.into());
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.err);
        contains(
            &said.err,
            &["standard input is a pipe, which is read once", "help: write it to a file first"],
        );
    }
    assert_eq!(names(folder.path()), ["answer.csv", "job.toml", "kept.toml"], "nothing was begun");
}

#[test]
fn an_empty_or_damaged_pipe_is_as_such_a_file() {
    let folder = folder(&[]);
    let flags = ["run", "-", "--time", "time", "--key", "action", "--every", "1h"];
    let said = run_with(&folder, &flags, Vec::new());
    assert_eq!(said.code, 0, "{}", said.err);
    let whole = gzip(EVENTS.repeat(100).as_bytes());
    let said = run_with(&folder, &flags, whole[..whole.len() - 3].to_vec());
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["standard input: its gzip data ends early"]);
}

#[test]
fn a_first_row_too_long_to_hold_is_a_reject_wherever_it_comes_from() {
    let folder = folder(&[]);
    let log = format!(
        "time,action\n2016-07-26T00:00:00Z,{}\n{}",
        "x".repeat(3 << 20),
        EVENTS.split_once('\n').unwrap().1
    );
    fs::write(folder.path().join("long.csv"), &log).unwrap();
    fs::write(folder.path().join("long.csv.gz"), gzip(log.as_bytes())).unwrap();
    let flags = ["--time", "time", "--key", "action", "--every", "1h"];
    let expected = {
        fs::write(folder.path().join("short.csv"), EVENTS).unwrap();
        run(&folder, &[&["run", "short.csv"], &flags[..]].concat()).out
    };
    for (input, bytes) in [
        ("long.csv", vec![]),
        ("long.csv.gz", vec![]),
        ("-", log.clone().into_bytes()),
        ("-", gzip(log.as_bytes())),
    ] {
        let said = run_with(&folder, &[&["run", input], &flags[..]].concat(), bytes);
        assert_eq!(said.code, 0, "{input}: {}", said.err);
        assert_eq!(said.out, expected, "{input}");
        contains(&said.err, &["too_long"]);
    }
}

#[test]
fn a_signal_ends_a_run_that_waits_for_its_input() {
    let folder = folder(&[]);
    for begun in ["", "time,action\n2024-01-01T00:00:00Z,Open\n"] {
        let flags = ["run", "-", "--time", "time", "--key", "action", "--every", "1h"];
        let mut child =
            windrow(&folder, &flags).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Held until the run has ended: waiting for a child closes what it still has of its input.
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(begun.as_bytes()).unwrap();
        // A signal that comes before the handler is there ends the process as well, by itself. SIGINT may be ignored until then.
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let status = child.wait().unwrap();
        assert!(!status.success(), "{status}");
        drop(stdin);
    }
}

#[test]
fn a_log_is_the_same_however_it_is_packed() {
    let folder = folder(&[]);
    let answer = |path: &str| {
        let said = run(&folder, &["run", path, "--every", "10m", "--top", "Open:3"]);
        assert_eq!(said.code, 0, "{path}: {}", said.err);
        said.out
    };
    let log = ["generate", "--events", "20k", "--dirt", "1%"];
    assert_eq!(run(&folder, &[&log[..], &["-o", "plain.csv"]].concat()).code, 0);
    let plain = answer("plain.csv");
    for (codec, ending) in [("gzip", "gz"), ("zstd", "zst"), ("bzip2", "bz2"), ("xz", "xz")] {
        let file = format!("whole.{ending}");
        assert_eq!(run(&folder, &[&log[..], &["--codec", codec, "-o", &file]].concat()).code, 0);
        assert_eq!(answer(&file), plain, "{codec}");
        let output = windrow(&folder, &[&log[..], &["--codec", codec]].concat()).output().unwrap();
        assert_eq!(output.stdout, fs::read(folder.path().join(&file)).unwrap(), "{codec}");
        assert_eq!(
            run(&folder, &[&log[..], &["--codec", codec, "--files", "3", "-o", codec]].concat()).code,
            0
        );
        assert_eq!(
            names(&folder.path().join(codec)),
            [1, 2, 3].map(|at| format!("events-{at}.csv.{ending}"))
        );
        assert_eq!(answer(codec), plain, "{codec} in a folder");
    }
}

#[test]
fn a_refused_file_is_named_in_the_error_that_ends_the_run() {
    let folder = folder(&[("in/a.csv", EVENTS)]);
    let cut = &gzip(EVENTS.repeat(100).as_bytes())[..60];
    std::fs::write(folder.path().join("in/b.csv.gz"), cut).unwrap();
    for strict in [&[][..], &["--strict"]] {
        let said = super::run(&folder, &[&["run", "in", "--every", "1h"], strict].concat());
        assert_eq!(said.code, 3, "{}", said.err);
        let error = said.err.lines().find(|line| line.starts_with("error: ")).unwrap();
        contains(error, &["in/b.csv.gz: its gzip data ends early"]);
    }
}
