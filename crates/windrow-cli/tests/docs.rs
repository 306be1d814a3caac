//! The documents, met as their readers meet them: every command in them is run and must print what they show.
//!
//! A fenced block of `console` is a session in a folder that holds a copy of the examples; the blocks of a document
//! follow on each other. A line that begins with `$ ` is a command for the shell (lines that begin with `> ` continue
//! it), the lines after it are what it prints, stdout and stderr together; `...` stands for any lines. Names of
//! runs and how long they took are not compared. `WINDROW_BLESS=1` writes what is printed now into the documents.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use windrow::Reason;

/// Every document of the repository.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let in_folder =
        |folder: &str| fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let all = [".", "docs", "examples"].into_iter().flat_map(in_folder);
    let mut documents: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    documents.sort();
    assert!(documents.len() > 8, "{documents:?}");
    documents
}

fn document(name: &str) -> String {
    let path = documents().into_iter().find(|path| path.ends_with(name)).unwrap();
    fs::read_to_string(path).unwrap()
}

/// A folder in which a reader of the documents works.
struct ReaderDesk(TempDir);

impl ReaderDesk {
    fn new() -> ReaderDesk {
        let desk = tempfile::tempdir().unwrap();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        fs::create_dir(desk.path().join("examples")).unwrap();
        for example in fs::read_dir(examples).unwrap().map(|entry| entry.unwrap()) {
            fs::copy(example.path(), desk.path().join("examples").join(example.file_name())).unwrap();
        }
        ReaderDesk(desk)
    }

    /// What a command for the shell prints.
    fn run(&self, command: &str) -> String {
        let binaries = Path::new(env!("CARGO_BIN_EXE_windrow")).parent().unwrap();
        let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
        let printed = tempfile::NamedTempFile::new().unwrap();
        let out = || File::options().append(true).open(printed.path()).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(self.0.path()).env("PATH", path);
        for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("WINDROW_")) {
            shell.env_remove(variable);
        }
        for variable in ["CLICOLOR_FORCE", "COLUMNS", "LINES"] {
            shell.env_remove(variable);
        }
        shell.stdin(Stdio::null()).stdout(out()).stderr(out()).status().unwrap();
        fs::read_to_string(printed.path()).unwrap()
    }
}

/// The document with the sessions as they go now.
fn replay(document: &str, mut run: impl FnMut(&str) -> String) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut in_session = false;
    let mut lines = document.lines().peekable();
    while let Some(line) = lines.next() {
        told.push(line.to_owned());
        if line.starts_with("```") {
            in_session = line == "```console";
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| in_session) else { continue };
        let mut command = command.to_owned();
        while let Some(line) = lines.next_if(|line| line.starts_with("> ")) {
            told.push(line.to_owned());
            command = command + "\n" + &line["> ".len()..];
        }
        let mut shown = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && *line != "```") {
            shown.push(line);
        }
        let printed = run(&command);
        let printed: Vec<&str> = printed.lines().collect();
        let kept = if agree(&shown, &printed) { shown } else { printed };
        told.extend(kept.into_iter().map(str::to_owned));
    }
    told.join("\n") + "\n"
}

/// Whether what is shown is what is printed.
fn agree(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], printed) => printed.is_empty(),
        (["...", rest @ ..], printed) => (0..=printed.len()).any(|skipped| agree(rest, &printed[skipped..])),
        ([line, rest @ ..], [first, others @ ..]) => timeless(line) == timeless(first) && agree(rest, others),
        _ => false,
    }
}

/// A line without the names of runs, and without when they were and how long they took.
fn timeless(line: &str) -> String {
    let is_run =
        |word: &str| [20, 32].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = line.split(' ').map(|word| if is_run(word.trim_end_matches(',')) { "RUN," } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    let before = line.strip_suffix(" s").and_then(|line| line.rsplit_once([';', ',']));
    let line = match before {
        Some((before, seconds)) if seconds.trim().parse::<f64>().is_ok() => before.to_owned(),
        _ => line,
    };
    match line.split_once(" read by run ") {
        Some((before, _)) => before.to_owned(),
        None => line,
    }
}

#[test]
fn every_command_prints_what_the_document_shows() {
    let mut commands = 0;
    let mut wrong = String::new();
    // What is not built is not tried.
    let is_built = |path: &PathBuf| cfg!(feature = "sql") || !path.ends_with("docs/sql.md");
    for path in documents().into_iter().filter(is_built) {
        let document = fs::read_to_string(&path).unwrap();
        let desk = ReaderDesk::new();
        let told = replay(&document, |command| {
            commands += 1;
            desk.run(command)
        });
        if told == document {
            continue;
        }
        if std::env::var_os("WINDROW_BLESS").is_some() {
            fs::write(&path, told).unwrap();
            continue;
        }
        let differ = told.lines().zip(document.lines()).position(|(now, then)| now != then);
        let at = differ.unwrap_or(told.lines().count().min(document.lines().count()));
        let [now, then] = [&told, &document].map(|text| text.lines().nth(at).unwrap_or("(nothing)"));
        wrong += &format!("{}:{}\n    shows  {then}\n    prints {now}\n", path.display(), at + 1);
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(commands > 30, "only {commands} commands were found");
}

#[test]
fn pictures_are_those_that_are_drawn_now() {
    let (desk, told) = (ReaderDesk::new(), document("pictures.md"));
    let (_, command) = told.split_once("$ windrow run").unwrap();
    let (command, _) = command.split_once('\n').unwrap();
    desk.run(&format!("windrow run{command}"));
    let drawn = fs::read_to_string(desk.0.path().join("events.svg")).unwrap();
    let kept = documents()[0].ancestors().nth(1).unwrap().join("docs/pictures/events.svg");
    if std::env::var_os("WINDROW_BLESS").is_some() {
        fs::create_dir_all(kept.parent().unwrap()).unwrap();
        fs::write(&kept, &drawn).unwrap();
    }
    assert!(fs::read_to_string(kept).unwrap() == drawn, "the picture is another: WINDROW_BLESS=1 draws it");
}

#[test]
fn every_link_leads_to_a_file() {
    for path in documents() {
        let document = fs::read_to_string(&path).unwrap();
        for link in document.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let leads = file.is_empty() || file.contains("://") || path.parent().unwrap().join(file).exists();
            assert!(leads, "{}: {link}", path.display());
        }
    }
}

#[test]
fn every_file_that_is_named_is_there() {
    let folders =
        ["bench/", "cases/", "crates/", "docs/", "examples/", "fuzz/", "notebooks/", "release/", "tests/"];
    let (mut named, mut missing) = (0, Vec::new());
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let spans = text.split('`').filter(|span| folders.iter().any(|folder| span.starts_with(folder)));
        // Not patterns, commands and names with a place for one.
        for span in spans.filter(|span| !span.contains(['*', ' ', '\n', '<', '{', '…'])) {
            named += 1;
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(span);
            if !file.exists() && span.chars().all(|c| !c.is_ascii_uppercase()) {
                missing.push(format!("{}: {span}", path.display()));
            }
        }
    }
    assert!(missing.is_empty() && named > 50, "{named} named, missing: {missing:#?}");
}

/// The first column of the tables under a heading, without the marks for code.
fn first_column(document: &str, heading: &str) -> Vec<String> {
    let under = document.split("\n#").find(|part| part.lines().next().unwrap().ends_with(heading));
    let rows = under.unwrap_or_else(|| panic!("no heading {heading}")).lines();
    let names = rows.filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    names.map(str::to_owned).collect()
}

#[test]
fn every_reason_for_a_reject_is_explained() {
    let reasons = Reason::ALL.map(|reason| reason.name().to_owned());
    let documents =
        ["docs/csv.md", "docs/json.md", "docs/text.md", "docs/measures.md", "docs/sql.md", "docs/lookups.md"];
    let all = documents.map(|name| first_column(&document(name), "Rejects")).concat();
    assert_eq!(all, reasons);
}

#[test]
fn the_reference_of_the_commands_has_the_flags_that_they_have() {
    let desk = ReaderDesk::new();
    let flags = |text: &str| -> BTreeSet<String> {
        let words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '-'));
        let is_flag =
            |word: &str| word.trim_start_matches("--").starts_with(|char: char| char.is_alphabetic());
        words.filter(|word| word.starts_with("--") && is_flag(word)).map(str::to_owned).collect()
    };
    let commands =
        ["run", "check", "plan", "show", "why", "compare", "digest", "generate", "completions", "man"];
    let helps = commands.map(|command| desk.run(&format!("windrow {command} --help")));
    let help = helps.concat() + &desk.run("windrow --help");
    assert_eq!(flags(&document("docs/cli.md")), flags(&help));
}
