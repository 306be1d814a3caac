//! What is not built yet: refused by its name, so that nobody takes it for a slip of the pen.

use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use windrow::job::{JobFile, name_refused};
use windrow::{Error, Result};

use crate::voice::Voice;

const COMMANDS: [&str; 4] = ["plan", "show", "why", "compare"];
const FLAGS: [&str; 3] = ["--again", "--expect-through", "--wait"];

/// Ends the process that was given arguments it does not know: says that they are not built yet, if so.
pub(crate) fn refuse(unknown: clap::Error) -> ! {
    let Some(error) = not_built(&unknown) else { unknown.exit() };
    Voice::plain().error(&error);
    std::process::exit(i32::from(error.kind().exit_code()))
}

/// Keys of a job file that only a run with a ledger obeys: whether one is there, where, how it is written, what to do.
type Key = (fn(&JobFile) -> bool, &'static [&'static str], &'static str, &'static str);

const KEYS: [Key; 5] = [
    (
        |job| job.output.is_some(),
        &["output"],
        "[output]",
        "leave it out: the report is printed, or written where `--output` says",
    ),
    (
        |job| job.source.growing.is_some(),
        &["source", "growing"],
        "growing",
        "leave it out: every file is read whole",
    ),
    (
        |job| job.source.on_gone.is_some(),
        &["source", "on_gone"],
        "on_gone",
        "leave it out: a run counts the files that are there",
    ),
    (
        |job| job.source.duplicates.is_some(),
        &["source", "duplicates"],
        "duplicates",
        "leave it out: a run counts every file that is listed",
    ),
    (
        |job| job.rejects.is_some(),
        &["rejects"],
        "[rejects]",
        "leave it out: `--rejects PATH` writes the rejects",
    ),
];

/// An error for the first key of the job file at `path` that is valid, and that this program does not obey yet.
pub(crate) fn refuse_keys(text: &str, path: &Path) -> Result<()> {
    let job = JobFile::from_toml(text, path)?;
    match KEYS.iter().find(|(is_there, ..)| is_there(&job)) {
        None => Ok(()),
        Some((_, keys, written, advice)) => {
            let error = Error::usage(format!("`{written}` is not built yet")).help(*advice);
            Err(name_refused(keys, error, text, path))
        }
    }
}

fn not_built(unknown: &clap::Error) -> Option<Error> {
    let name = |kind| match unknown.get(kind) {
        Some(ContextValue::String(name)) => name.as_str(),
        _ => "",
    };
    let command = name(ContextKind::InvalidSubcommand);
    if COMMANDS.contains(&command) {
        return Some(
            Error::usage(format!("`windrow {command}` is not built yet"))
                .help("`windrow --help` lists the commands that are"),
        );
    }
    let flag = name(ContextKind::InvalidArg);
    FLAGS.contains(&flag).then(|| {
        Error::usage(format!("`{flag}` is not built yet"))
            .help("leave it out: every run reads all of its inputs, once")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_reads_and_the_program_does_not_obey_is_refused_by_name() {
        let refused =
            |text: &str| refuse_keys(text, Path::new("job.toml")).map_err(|e| e.message().to_owned());
        let at = |place: &str, written: &str| Err(format!("job.toml:{place}: `{written}` is not built yet"));
        assert_eq!(refused("[output]\npath = 'out'"), at("1:2", "[output]"));
        assert_eq!(refused("[rejects]\nraw = 'none'"), at("1:2", "[rejects]"));
        for key in ["growing = false", "on_gone = 'keep'", "duplicates = 'refuse'"] {
            let name = key.split(' ').next().unwrap_or_default();
            assert_eq!(refused(&format!("[source]\n{key}")), at("2:1", name));
        }
        assert_eq!(refused("[source]\nroot = '/data'"), Ok(()));
    }
}
