//! A case whose inputs are in a store. Where `WINDROW_CASE_STORE` is set, `tests/stores` has put the folders of all cases there.
//! With `WINDROW_CASE_LEDGER=1` its ledger is there too. Of `WINDROW_CASE_EVERY` cases one is asked.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::case::Case;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The address of the folder that holds the folders of all cases, such as `s3://bucket/cases`.
pub(crate) fn address() -> Option<String> {
    variable("WINDROW_CASE_STORE")
}

/// How many cases there are to be asked, and those of them that can be asked of a store.
pub(crate) fn cases(address: &str) -> (usize, Vec<StoredCase>) {
    let every = variable("WINDROW_CASE_EVERY").map_or(1, |every| every.parse().unwrap());
    let has_ledger = variable("WINDROW_CASE_LEDGER").is_some();
    let mut cases = Case::all();
    // A ledger is kept by a job, and holds an answer.
    cases.retain(|case| !has_ledger || (case.is_job && case.expect.is_some()));
    let cases: Vec<Case> = cases.into_iter().step_by(every).collect();
    (cases.len(), cases.iter().filter_map(|case| StoredCase::of(case, address, has_ledger)).collect())
}

/// A case that reads from a store what it reads from `in/` elsewhere.
pub(crate) struct StoredCase {
    pub(crate) case: Case,
    pub(crate) has_ledger: bool,
    /// The folder of the case that reads from `in/`.
    pub(crate) on_disk: PathBuf,
    /// What names begin with that begin with `in/` elsewhere.
    prefix: String,
    _folder: TempDir,
}

impl StoredCase {
    /// The case over the store at `address`; none if nothing that it asks names a file, or if it names one by more than its names: in a
    /// store, `.` and `..` are names.
    fn of(case: &Case, address: &str, has_ledger: bool) -> Option<Self> {
        let prefix = format!("{address}/{}/", case.name);
        let args: Vec<String> = case.args.iter().map(|word| word_in_store(word, &prefix)).collect();
        let job = fs::read_to_string(case.folder.join("job.toml")).ok();
        let stored_job = job.as_deref().map(|text| text_in_store(text, &prefix));
        let is_dotted = |text: &String| text.contains("/./") || text.contains("/../");
        if (args == case.args && stored_job == job) || args.iter().chain(&stored_job).any(is_dotted) {
            return None;
        }
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join(&case.name);
        fs::create_dir(&folder).unwrap();
        if let Some(text) = stored_job {
            let output = format!("\n[output]\npath = \"{prefix}out\"\n");
            fs::write(folder.join("job.toml"), text + if has_ledger { &output } else { "" }).unwrap();
        }
        let on_disk = case.folder.clone();
        Some(StoredCase {
            case: Case { args, folder, ..case.clone() },
            has_ledger,
            on_disk,
            prefix,
            _folder: around,
        })
    }

    /// What was said of files in the store, as it is said of those in `in/`.
    pub(crate) fn as_of_paths(&self, said: &str) -> String {
        said.replace(&self.prefix, "")
    }
}

/// `text` of a job, with the addresses of its inputs in place of their paths.
fn text_in_store(text: &str, prefix: &str) -> String {
    ["\"in/", "\"in\"", "'in/", "'in'"].iter().fold(text.to_owned(), |text, path| {
        text.replace(path, &format!("{}{prefix}{}", &path[..1], &path[1..]))
    })
}

fn word_in_store(word: &str, prefix: &str) -> String {
    match word == "in" || word.starts_with("in/") {
        true => format!("{prefix}{word}"),
        false => word.to_owned(),
    }
}
