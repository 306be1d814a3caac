//! A case through the program: exit code, stdout, stderr and the file of rejects.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::case::{Case, REJECTS_HEADER};
use crate::stored::StoredCase;

/// What the program does when it is asked.
struct ProgramSaid {
    exit: i32,
    out: String,
    err: String,
    rejects: Option<String>,
}

/// How the program is asked: threads, and the zone of the machine. Neither may change an answer.
const WAYS: [(&str, &str); 2] = [("1", "UTC"), ("3", "Pacific/Auckland")];

/// The engine that is asked, in place of the embedded one; it has the threads it has.
fn engine() -> Option<String> {
    std::env::var("WINDROW_CASE_ENGINE").ok().filter(|engine| !engine.is_empty())
}

/// Where the program does not do what the case expects.
pub(crate) fn differences(case: &Case) -> Vec<String> {
    let ways = if engine().is_some() { &WAYS[1..] } else { &WAYS };
    let asked =
        |(threads, zone): &(&str, &str)| (format!("program, {threads} threads"), ask(case, threads, zone));
    ways.iter().map(asked).flat_map(|(how, said)| differences_of(case, &how, &said)).collect()
}

/// Where the program does not answer of files in a store, or of a ledger there, as the case expects.
pub(crate) fn differences_in_store(stored: &StoredCase) -> Vec<String> {
    if stored.has_ledger {
        return differences_of_ledger(stored);
    }
    let (threads, zone) = WAYS[1];
    let said = ask(&stored.case, threads, zone);
    let said = ProgramSaid {
        exit: said.exit,
        out: stored.as_of_paths(&said.out),
        err: stored.as_of_paths(&said.err),
        rejects: said.rejects.map(|rejects| stored.as_of_paths(&rejects)),
    };
    differences_of(&stored.case, "program, inputs in a store", &said)
}

/// A ledger holds what the files on the disk hold, after a run and after one with nothing new.
fn differences_of_ledger(stored: &StoredCase) -> Vec<String> {
    let (threads, zone) = WAYS[1];
    let asked = |folder: &Path, what: &str| {
        let output = program(threads, zone).current_dir(folder).args([what, "job.toml"]).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (case, mut found) = (&stored.case, Vec::new());
    let (_, expected, _) = asked(&stored.on_disk, "digest");
    for how in ["ledger in a store", "ledger in a store, nothing new"] {
        let (exit, _, said) = asked(&case.folder, "run");
        let (_, got, said_of_digest) = asked(&case.folder, "digest");
        if exit != i32::from(case.exit) {
            found.push(case.difference(how, "exit code", &case.exit.to_string(), &format!("{exit}\n{said}")));
        }
        if got != expected || expected.is_empty() {
            found.push(case.difference(how, "digest", &expected, &format!("{got}\n{said_of_digest}")));
        }
    }
    found
}

/// Writes what the program answers as what is expected. What it says on stderr is expected by a person only.
pub(crate) fn bless(case: &Case) {
    let said = ask(case, WAYS[0].0, WAYS[0].1);
    let is_answer = said.exit == 0 || !said.out.is_empty();
    for (name, text) in [("expect.csv", Some(said.out).filter(|_| is_answer)), ("rejects.csv", said.rejects)]
    {
        let path = case.folder.join(name);
        match text {
            Some(text) => fs::write(path, text).unwrap(),
            None if path.exists() => fs::remove_file(path).unwrap(),
            None => {}
        }
    }
}

fn differences_of(case: &Case, how: &str, said: &ProgramSaid) -> Vec<String> {
    if engine().is_some() && is_refused_by_name(said) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut compare = |what: &str, expected: &str, got: &str| {
        if expected != got {
            found.push(case.difference(how, what, expected, got));
        }
    };
    if said.exit != i32::from(case.exit) {
        compare("exit code", &case.exit.to_string(), &format!("{}\n{}", said.exit, said.err));
    }
    compare("stdout", case.expect.as_deref().unwrap_or_default(), &said.out);
    compare(
        "rejects",
        case.rejects.as_deref().unwrap_or_default(),
        said.rejects.as_deref().unwrap_or_default(),
    );
    let missing = case.error.iter().chain(&case.summary).filter(|text| !said.err.contains(text.as_str()));
    found.extend(missing.map(|text| case.difference(how, "stderr", text, &said.err)));
    found
}

/// Whether another engine says that it does not do what the case is about.
fn is_refused_by_name(said: &ProgramSaid) -> bool {
    said.exit == 2 && said.out.is_empty() && said.err.contains("may give another answer on Spark")
}

/// The reports of a case that are written to a file each, as one table is all that CSV holds.
fn reports_of(case: &Case) -> Vec<String> {
    let job = fs::read_to_string(case.folder.join("job.toml")).unwrap_or_default();
    let names = job.lines().filter_map(|line| line.strip_prefix("[reports.")?.strip_suffix(']'));
    if case.args.iter().any(|word| word == "--report") { vec![] } else { names.map(str::to_owned).collect() }
}

/// What was written of `reports`, one after the other.
fn written(folder: &Path, reports: &[String]) -> String {
    let texts = reports.iter().filter_map(|name| fs::read_to_string(folder.join(format!("{name}.csv"))).ok());
    texts.collect::<Vec<_>>().join("\n")
}

/// The program, which knows nothing of who runs the tests.
fn program(threads: &str, zone: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windrow"));
    for variable in ["WINDROW_LOG", "WINDROW_LOG_FORMAT", "WINDROW_ENGINE", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.env("WINDROW_THREADS", threads).env("TZ", zone);
    command
}

fn ask(case: &Case, threads: &str, zone: &str) -> ProgramSaid {
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects.csv");
    let mut command = program(threads, zone);
    command.current_dir(&case.folder).args(&case.args).arg("--rejects").arg(&rejects);
    let reports = reports_of(case);
    if reports.len() > 1 {
        command.arg("-o").arg(folder.path().join("{report}.csv"));
    }
    if let Some(engine) = engine() {
        command.env("WINDROW_ENGINE", engine);
    }
    let output = command.output().unwrap();
    ProgramSaid {
        exit: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap() + &written(folder.path(), &reports),
        err: String::from_utf8(output.stderr).unwrap(),
        rejects: fs::read_to_string(rejects).ok().filter(|text| text != REJECTS_HEADER),
    }
}
