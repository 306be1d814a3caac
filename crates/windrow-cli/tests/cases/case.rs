//! A case as it is written in its folder.

use std::fs;
use std::path::{Path, PathBuf};

/// What is asked and what is right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// The arguments of the program.
    pub(crate) args: Vec<String>,
    /// Whether it is asked by its job file alone, so that the library can be asked the same.
    pub(crate) is_job: bool,
    /// What stdout is; none: nothing.
    pub(crate) expect: Option<String>,
    /// What the rejects are written as; none: there are no rejects.
    pub(crate) rejects: Option<String>,
    /// The exit code.
    pub(crate) exit: u8,
    /// What the error says.
    pub(crate) error: Vec<String>,
    /// What else is said.
    pub(crate) summary: Vec<String>,
    /// What keeps the folder from being a case.
    pub(crate) faults: Vec<String>,
}

/// What may be in the folder of a case.
const KNOWN: [&str; 8] =
    ["job.toml", "args", "in", "expect.csv", "rejects.csv", "error", "summary", "note.md"];

/// The first line of a file of rejects.
pub(crate) const REJECTS_HEADER: &str = "file,line,byte,row,column,reason,raw\n";

/// The same where all rows are lines, and where none is; what is left out is empty.
const SHORT_HEADERS: [(&str, usize, &str); 2] =
    [("file,line,byte,column,reason,raw\n", 3, ","), ("file,row,column,reason,raw\n", 1, ",,")];

/// Rejects as the program writes them: with all columns.
fn with_all_columns(rejects: String) -> String {
    let is_it = |(header, ..): &&(&str, usize, &str)| rejects.starts_with(*header);
    let Some((header, fields, empty)) = SHORT_HEADERS.iter().find(is_it) else { return rejects };
    let mut text = REJECTS_HEADER.to_owned();
    for line in rejects[header.len()..].lines() {
        let mut is_quoted = false;
        let ends = line.char_indices().filter(|(_, c)| {
            is_quoted ^= *c == '"';
            *c == ',' && !is_quoted
        });
        let (end, _) = ends.take(*fields).last().unwrap();
        text += &format!("{}{empty}{}\n", &line[..end], &line[end..]);
    }
    text
}

impl Case {
    /// All cases, or those whose name holds what `WINDROW_CASE` says, sorted by name.
    pub(crate) fn all() -> Vec<Case> {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
        let wanted = std::env::var("WINDROW_CASE").unwrap_or_default();
        let folders = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path());
        let mut cases: Vec<Case> =
            folders.filter(|path| path.is_dir()).map(|path| Case::read(&path)).collect();
        let is_built = |name: &str| cfg!(feature = "sql") || !name.starts_with("sql-");
        cases.retain(|case| case.name.contains(&wanted) && is_built(&case.name));
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        cases
    }

    fn read(folder: &Path) -> Case {
        let folder = folder.canonicalize().unwrap();
        let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let lines = |name: &str| -> Vec<String> {
            text(name).unwrap_or_default().lines().map(str::to_owned).collect()
        };
        let (args, mut error) = (lines("args"), lines("error"));
        let exit = error.first().and_then(|line| line.strip_prefix("exit ")?.parse().ok());
        let mut case = Case {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            is_job: args.is_empty(),
            args: if args.is_empty() { ["run", "job.toml"].map(str::to_owned).to_vec() } else { args },
            expect: text("expect.csv"),
            rejects: text("rejects.csv").map(with_all_columns),
            exit: exit.unwrap_or(0),
            summary: lines("summary"),
            ..Case::default()
        };
        case.faults = case.faults_in(&folder, exit, &error);
        case.error = if error.is_empty() { error } else { error.split_off(1) };
        case.folder = folder;
        case
    }

    fn faults_in(&self, folder: &Path, exit: Option<u8>, error: &[String]) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        let has = |name: &str| names.iter().any(|other| other == name);
        let unknown = names.iter().filter(|name| !KNOWN.contains(&name.as_str()));
        let mut faults: Vec<String> = unknown.map(|name| format!("{name} is not a part of a case")).collect();
        let mut fault = |is_wrong: bool, what: &str| faults.extend(is_wrong.then(|| what.to_owned()));
        let note = fs::read_to_string(folder.join("note.md")).unwrap_or_default();
        fault(note.trim().is_empty() || note.trim().contains("\n\n"), "note.md is not a paragraph");
        fault(!has("in"), "there is nothing to read: no in/");
        fault(!has("job.toml") && !has("args"), "nothing is asked: no job.toml and no args");
        fault(!has("expect.csv") && !has("error"), "nothing is expected: no expect.csv and no error");
        fault(has("expect.csv") && self.expect.is_none(), "expect.csv is not UTF-8");
        fault(has("error") && exit.unwrap_or(0) == 0, "error does not begin with `exit N`, N over 0");
        fault(has("error") && error.len() < 2, "error does not say what stderr holds");
        let texts = error.iter().chain(&self.summary).chain(&self.args);
        fault(texts.clone().any(|text| text.trim().is_empty()), "a line of error, summary or args is empty");
        fault(has("summary") && self.summary.is_empty(), "summary is empty");
        let rejects = self.rejects.as_deref();
        let is_reject_file = |text: &str| text.starts_with(REJECTS_HEADER) && text.lines().count() > 1;
        fault(has("rejects.csv") && !rejects.is_some_and(is_reject_file), "rejects.csv holds no rejects");
        faults.into_iter().map(|fault| format!("{}: {fault}", self.name)).collect()
    }

    /// A difference, to be read by a person.
    pub(crate) fn difference(&self, how: &str, what: &str, expected: &str, got: &str) -> String {
        format!("{} ({how}): {what}\n--- expected\n{expected}\n--- got\n{got}", self.name)
    }
}
