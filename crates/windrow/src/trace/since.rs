//! Since: the moment that a person means by a run or a time.

use crate::delta::Store;
use crate::error::{Error, Result};
use crate::job::ReportSpec;
use crate::ledger::RunRow;

use super::runs;

/// The moment after which changes are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// The moment, in microseconds since 1970 UTC.
    pub after_us: i64,
    /// The run that had published by then, if one was named.
    pub run: Option<String>,
}

/// Runs that an error names.
const NAMED: usize = 3;

impl Since {
    /// What `text` means: a time, by the clock of `spec`, or the name of a run or how it begins, which is the moment that it ended.
    ///
    /// # Errors
    /// Usage: it is no time and no run, or the beginning of several.
    pub fn read(text: &str, spec: &ReportSpec, store: &Store) -> Result<Since> {
        // The names of runs have letters and digits only.
        if text.contains(['-', ':']) {
            // Changes of this very moment are meant.
            return Ok(Since { after_us: spec.instant(text)?.saturating_sub(1), run: None });
        }
        let runs = runs::all(store)?;
        let begins = |run: &&RunRow| !text.is_empty() && run.run.starts_with(&text.to_ascii_lowercase());
        let found: Vec<&RunRow> = runs.iter().filter(begins).collect();
        match found.as_slice() {
            [run] => Ok(Since { after_us: run.ended.0, run: Some(run.run.clone()) }),
            [] => Err(unknown(text, &runs)),
            several => {
                let names: Vec<&str> = several.iter().take(NAMED).map(|run| run.run.as_str()).collect();
                Err(Error::usage(format!("{} runs begin with {text}", several.len()))
                    .help(format!("write more of it: {}", names.join(", "))))
            }
        }
    }
}

fn unknown(text: &str, runs: &[RunRow]) -> Error {
    let error = Error::usage(format!("there is no run {text}, and it is no time"));
    let alike = |run: &RunRow| strsim::normalized_damerau_levenshtein(text, &run.run);
    match runs.iter().max_by(|a, b| alike(a).total_cmp(&alike(b))) {
        Some(run) if alike(run) > 0.5 => error.help(format!("did you mean {}?", run.run)),
        Some(run) => error.help(format!("the newest run is {}; `windrow show JOB runs` lists them", run.run)),
        None => error.help("no run is known; write a time: 2024-01-31T12:00"),
    }
}
