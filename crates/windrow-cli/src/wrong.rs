//! Wrong arguments: what clap refuses, with windrow's own flag where that of another tool was typed.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use windrow::Error;
use windrow::text::{escape, shell};

use crate::messages::Messages;
use crate::work::is_job_file;

/// A flag of windrow, and what other tools call it.
const OTHERS: [(&str, &[&str]); 14] = [
    ("--key", &["--group-by", "--groupby", "--group", "--by", "--keys", "--dimension", "-k"]),
    ("--every", &["--window", "--interval", "--freq", "--frequency", "--step", "--bucket", "--period", "-w"]),
    ("--delimiter", &["--sep", "--separator", "--delim", "--field-separator", "-d"]),
    ("--zone", &["--tz", "--timezone", "--time-zone"]),
    ("--top", &["--limit", "--head", "-n"]),
    ("--time", &["--timestamp", "--time-column", "--timestamp-column", "--ts", "--date", "--datetime"]),
    ("--time-format", &["--date-format", "--timestamp-format", "--datetime-format"]),
    ("--values", &["--pivot", "--columns"]),
    ("--from", &["--start", "--since", "--begin", "--after"]),
    ("--to", &["--end", "--until", "--before"]),
    ("--output", &["--out", "--outfile", "--output-file"]),
    ("--threads", &["--jobs", "--parallel", "--workers", "--cores", "-j"]),
    ("--max-rejects", &["--max-errors", "--max-bad", "--bad-lines"]),
    ("--format", &["--output-format"]),
];

/// Says what is wrong, and what the program ends with. Help and the version are not wrong, and end it here.
pub(crate) fn arguments(error: &clap::Error) -> u8 {
    let given = crate::given();
    if let Some(error) = told(error, given) {
        Messages::plain().error(&error);
        return error.kind().exit_code();
    }
    let text = error.render().to_string();
    if !error.use_stderr() || escape::visible_lines(&text) == text {
        error.exit();
    }
    Messages::plain().note(text.trim_end());
    2
}

/// The error in windrow's words, where they say more than clap's.
fn told(error: &clap::Error, given: &[OsString]) -> Option<Error> {
    match error.kind() {
        ErrorKind::UnknownArgument => of_another_tool(text(error, ContextKind::InvalidArg)?, given),
        ErrorKind::InvalidSubcommand => without_command(text(error, ContextKind::InvalidSubcommand)?, given),
        _ => None,
    }
}

fn text(error: &clap::Error, of: ContextKind) -> Option<&str> {
    match error.get(of)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

fn of_another_tool(typed: &str, given: &[OsString]) -> Option<Error> {
    if !["run", "check", "digest"].contains(&given.get(1)?.to_str()?) {
        return None;
    }
    let typed = typed.split_once('=').map_or(typed, |(flag, _)| flag);
    let (own, _) = OTHERS.iter().find(|(_, others)| others.contains(&typed))?;
    if let Some(job) = job_file(given).filter(|_| !["--output", "--threads", "--format"].contains(own)) {
        let job = escape::path(job);
        return Some(
            Error::usage(format!("windrow has no {typed}; its flag is {own}, and {job} says that already"))
                .with_help(format!("edit {job}; to ask something else, leave it out and name the files")),
        );
    }
    let words = given.iter().skip(1).map(|word| {
        let text = word.to_str().unwrap_or_default();
        match text.strip_prefix(typed) {
            Some("") => (*own).to_owned(),
            Some(value) if value.starts_with('=') => shell::word(format!("{own}{value}")),
            _ => shell::word(word),
        }
    });
    let command = words.collect::<Vec<_>>().join(" ");
    let note = match *own {
        "--zone" => " is for the windows; for times without an offset in the files it is --source-zone",
        "--top" => " shows the busiest windows",
        _ => "",
    };
    Some(Error::usage(format!("windrow has no {typed}; its flag is {own}")).with_help(format!(
        "windrow {command}{}",
        if note.is_empty() { String::new() } else { format!("\n    {own}{note}") }
    )))
}

/// The job file among the words, which is not one to be written.
fn job_file(given: &[OsString]) -> Option<&Path> {
    let named = given.windows(2).find(|pair| pair[0] != "--save-job" && is_job_file(Path::new(&pair[1])));
    named.map(|pair| Path::new(&pair[1]))
}

fn without_command(typed: &str, given: &[OsString]) -> Option<Error> {
    let word = given.iter().find(|word| word.to_string_lossy() == typed)?;
    let is_path = Path::new(word).exists() || typed.contains(['/', '*', '.']);
    is_path.then(|| {
        let words: Vec<String> = given.iter().skip(1).map(shell::word).collect();
        Error::usage(format!("{} is not a command", escape::path(word)))
            .with_help(format!("to count it: windrow run {}", words.join(" ")))
    })
}
