//! Places: which line and column of a job file an error is about.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::error::{Code, Error, Location};
use crate::text::escape;
use crate::text::escape::for_people;
use crate::text::suggest::nearest;

/// What is wrong with a job, and which of its keys is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The way to the key, for example `reports`, `daily`, `every`; items of lists by number.
    pub keys: Vec<String>,
    /// What is wrong with it, without the key.
    pub error: Error,
}

impl From<Error> for Fault {
    /// A fault of no key.
    fn from(error: Error) -> Self {
        Fault { keys: Vec::new(), error }
    }
}

impl From<Fault> for Error {
    /// The error with the key before it: `reports.daily.every: ...`.
    fn from(fault: Fault) -> Self {
        // Line and column say which item of a list it is.
        let is_number = |at: usize| fault.keys[at].parse::<usize>().is_ok();
        let is_item = |at: usize| at > 0 && is_number(at) && LISTS.contains(&fault.keys[at - 1].as_str());
        let keys = (0..fault.keys.len()).filter(|at| !is_item(*at)).map(|at| fault.keys[at].as_str());
        let keys: Vec<&str> = keys.collect();
        if keys.is_empty() { fault.error } else { fault.error.within(keys.join(".")) }
    }
}

/// The keys whose values are lists.
const LISTS: [&str; 4] = ["path", "keys", "values", "lookup"];

/// Adds the key of the job file to an error.
pub(super) trait At<T> {
    fn at(self, keys: &[&str]) -> Result<T, Fault>;
}

impl<T> At<T> for Result<T, Error> {
    fn at(self, keys: &[&str]) -> Result<T, Fault> {
        self.map_err(|error| Fault { keys: keys.iter().map(|key| (*key).to_owned()).collect(), error })
    }
}

/// A fault as an error that says where in the job file it is.
pub(super) fn locate(fault: Fault, text: &str, path: &Path) -> Error {
    let offset = offset_of(&fault.keys, text);
    at_offset(offset, text, path, fault.into())
}

/// An error about a key that is there: `path:line:column` of its name stand before it. For those who read a job file
/// and cannot do everything that it may say.
pub fn name_refused(keys: &[&str], error: Error, text: &str, path: &Path) -> Error {
    // With a key below it, it is its name and not its value that is looked for.
    let keys: Vec<String> = keys.iter().chain([&""]).map(|key| (*key).to_owned()).collect();
    at_offset(offset_of(&keys, text), text, path, error)
}

/// What the TOML reader found, in the job file's words.
pub(super) fn explain(error: &toml::de::Error, text: &str, path: &Path) -> Error {
    let message = error.message();
    let explained = match message.strip_prefix("unknown field `") {
        Some(rest) => unknown_key(rest),
        None => wrong_type(message.trim_end()),
    };
    at_offset(error.span().map(|span| span.start), text, path, explained)
}

/// The reader's message in words of TOML rather than of Rust.
fn wrong_type(message: &str) -> Error {
    let words =
        [("expected u64", "expected a whole number from 0"), ("expected i64", "expected a whole number")];
    let words = words.into_iter().chain([("expected a map", "expected a table"), ("\n", ", ")]);
    let error = Error::usage(words.fold(message.to_owned(), |text, (from, to)| text.replace(from, to)))
        .with_code(Code::JobFile);
    if message.ends_with("expected a string") { error.with_help("write it in quotes") } else { error }
}

/// `name`, expected one of `a`, `b`: the serde way to say which keys there are.
fn unknown_key(rest: &str) -> Error {
    let mut quoted = rest.split('`').step_by(2);
    let name = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let all = format!("the keys here are {}", known.join(", "));
    let error = Error::usage(format!("unknown key `{}`", for_people(name))).with_code(Code::UnknownKey);
    let meant = MEANT.iter().find(|(word, key)| *word == name && known.contains(key));
    let Some(meant) = meant.map(|(_, key)| *key).or_else(|| nearest(name, known.iter().copied())) else {
        return error.with_help(all);
    };
    // Times may be read in one zone while windows follow the clock of another.
    let other = match meant == "zone" && known.contains(&"local_times") {
        true => " it is the zone of times without an offset, and windows have `zone` in their report;",
        false => "",
    };
    error.with_help(format!("did you mean `{meant}`?{other} {all}"))
}

/// Names that other programs use, each with the key that is meant if there is one of that name.
const MEANT: [(&str, &str); 7] = [
    ("n", "limit"),
    ("limit", "n"),
    ("count", "n"),
    ("order_by", "by"),
    ("time_zone", "zone"),
    ("timezone", "zone"),
    ("tz", "zone"),
];

/// Puts `path:line:column` before an error.
fn at_offset(offset: Option<usize>, text: &str, path: &Path, error: Error) -> Error {
    let file = escape::path(path);
    let Some((offset, before)) = offset.and_then(|offset| Some((offset, text.get(..offset)?))) else {
        return error.within(&file).at(Location::of(file));
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let place = Location::of(&*file).line(line as u64).byte(offset as u64).column(column.to_string());
    error.within(format_args!("{file}:{line}:{column}")).at(place)
}

/// Where the value of a key begins; for a missing key, where the table begins that lacks it.
fn offset_of(keys: &[String], text: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut offset = None;
    for (depth, key) in keys.iter().enumerate() {
        let Some((name, value)) = table.iter().find(|(name, _)| name.get_ref() == key) else { break };
        let is_last = depth + 1 == keys.len();
        offset = Some(if is_last { value.span().start } else { name.span().start });
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            DeValue::Array(list) => {
                let item = keys.get(depth + 1).and_then(|at| at.parse::<usize>().ok());
                let item = item.and_then(|at| list.get(at));
                let start = item.map_or(value.span().start, |item| item.span().start);
                let within = item.and_then(|item| item.get_ref().as_table()).zip(keys.get(depth + 2));
                let found = within.and_then(|(table, key)| table.get(key.as_str()));
                return Some(found.map_or(start, |value| value.span().start));
            }
            _ => break,
        }
    }
    offset
}
