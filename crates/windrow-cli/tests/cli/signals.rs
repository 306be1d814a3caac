//! What may end a run from outside: a reader that leaves, a signal, a limit of the system.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use super::{contains, folder, names, run, said, windrow};

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let folder = folder(&[]);
    let log = ["generate", "--events", "20000", "--span", "52w", "-o", "events.csv"];
    assert_eq!(run(&folder, &log).code, 0);
    let print = ["run", "events.csv", "--every", "1m", "--format", "json"];
    for command in [&print[..], &["generate", "--events", "1M"]] {
        let mut child =
            windrow(&folder, command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 100];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let said = said(child.wait_with_output().unwrap());
        assert_eq!(said.code, 0, "{command:?}: {}", said.err);
        assert!(!said.err.contains("error"), "{command:?}: {}", said.err);
    }
}

#[test]
fn a_signal_ends_the_run_and_leaves_no_half_file() {
    let folder = folder(&[]);
    let log = ["generate", "--events", "20000", "--span", "52w", "-o", "events.csv"];
    assert_eq!(run(&folder, &log).code, 0);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        // No one reads on, and the answer is larger than the pipe: the run waits until the signal, and a second at most after it.
        let mut child =
            windrow(&folder, &["run", "events.csv", "--every", "1s", "--fill", "none", "--format", "json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
        let mut first = [0];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        let killed =
            Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        // The pipe stays open and full until the run has ended, or the run would find that its reader has left.
        let status = child.wait().unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(status.code(), Some(code), "{err}");
        contains(&err, &["nothing was published"]);
        assert_eq!(names(folder.path()), ["events.csv"]);
    }
}

#[test]
fn a_generate_that_is_stopped_leaves_no_half_file() {
    for files in ["1", "3"] {
        let folder = folder(&[("logs/.keep", "")]);
        let output = if files == "1" { "logs/big.csv" } else { "logs" };
        let log = ["generate", "--events", "3000M", "--files", files, "--output", output];
        let mut child = windrow(&folder, &log).stderr(Stdio::null()).spawn().unwrap();
        let logs = folder.path().join("logs");
        while names(&logs).len() < 2 {
            assert!(child.try_wait().unwrap().is_none());
            std::thread::yield_now();
        }
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(143));
        assert_eq!(names(&logs), [".keep"], "--files {files}");
    }
}

#[test]
fn a_file_past_the_size_limit_of_the_process_is_a_limit_and_leaves_the_old_one() {
    let folder = folder(&[("big.csv", "old")]);
    let log = ["generate", "--events", "20000", "--span", "52w", "-o", "events.csv"];
    assert_eq!(run(&folder, &log).code, 0);
    let limited = "ulimit -f 8; exec \"$0\" run events.csv --every 1m --output big.csv";
    let shell = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_windrow")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = said(shell);
    assert_eq!(said.code, 6, "{}", said.err);
    contains(&said.err, &["error: big.csv: cannot write the result", "\n  help: "]);
    assert_eq!(names(folder.path()), ["big.csv", "events.csv"]);
    assert_eq!(fs::read_to_string(folder.path().join("big.csv")).unwrap(), "old");
}
