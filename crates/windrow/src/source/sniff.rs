//! Sniffing: the time column and the keys of inputs whose job names none, from a sample, and the errors that say
//! what to name when the sample does not settle it. What is chosen is said; a format is never guessed.

mod header;

use std::collections::BTreeSet;

use windrow_csv::Dialect;

use super::readings::{Possible, possible};
use super::sample::Sample;
use crate::error::{Error, Result};
use crate::event::{TimeFormat, TimeReader, TimeRules};
use crate::reject::Reason;
use crate::report::number::{counted, grouped};
use crate::text::escape::quoted;

use header::{check_header, check_name, is_named_once, no_such_column};

/// What the user named; the rest is chosen.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The time column.
    pub time: Option<&'a str>,
    /// How times are read; the column in it is not looked at.
    pub rules: &'a TimeRules,
    /// The keys.
    pub keys: &'a [String],
    /// Whether values of a key are named, so that there must be one.
    pub values_named: bool,
}

/// What was chosen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The time column.
    pub time: String,
    /// The keys.
    pub keys: Vec<String>,
    /// What was chosen and why, a line each.
    pub said: Vec<String>,
}

/// Writes the command (or the lines of the job file) that was given, with these flags and values changed.
pub type Corrected<'a> = &'a dyn Fn(&[(&str, &str)]) -> String;

/// What flags and their values are as lines of a job file.
pub fn source_lines(changes: &[(&str, &str)]) -> String {
    let line = |(flag, value): &(&str, &str)| {
        let key = flag.trim_start_matches('-').replace('-', "_");
        match value.parse::<u64>() {
            Ok(number) => format!("{key} = {number}"),
            Err(_) => format!("{key} = {}", toml::Value::String((*value).to_owned())),
        }
    };
    let lines: Vec<String> = changes.iter().map(line).collect();
    format!("[source]: {}", lines.join(", "))
}

/// The column names that usually hold what happened, in lower case.
pub const USUAL_KEYS: [&str; 5] = ["action", "event", "event_name", "event_type", "type"];

/// A column with more distinct values in the sample is not taken for a key unasked.
const FEW_VALUES: usize = 100;

/// Chooses what `wanted` leaves open.
///
/// # Errors
/// Usage, with the corrected command: a named column is missing, the delimiter is wrong, two columns have a name that is needed, the header is data,
/// no column or several read as times, or values are named and no column is sure to be their key.
pub fn choose(sample: &Sample, dialect: &Dialect, wanted: &Wanted, corrected: Corrected) -> Result<Chosen> {
    check_header(sample, dialect, wanted.rules, corrected)?;
    for (column, flag) in wanted.time.iter().map(|time| (*time, "--time")).chain(keys_of(wanted)) {
        if !sample.header.is_empty() && sample.position(column).is_none() {
            return Err(no_such_column(sample, column, flag));
        }
        check_name(sample, column)?;
    }
    let mut said = Vec::new();
    let time = match wanted.time {
        Some(time) => named_time(sample, time, wanted.rules, corrected)?,
        None => only_time(sample, wanted.rules, wanted.keys, corrected, &mut said)?,
    };
    let keys = match wanted.keys {
        [] => usual_key(sample, &time, wanted.values_named, corrected, &mut said)?,
        keys => keys.to_vec(),
    };
    check_name(sample, &time)?;
    Ok(Chosen { time, keys, said })
}

/// The error of a run in which no row had a readable time: `values` are some texts of the time `column`.
pub fn no_time(column: &str, values: &[&str], rules: &TimeRules, corrected: Corrected) -> Error {
    let error = Error::usage(format!("no row has a time in column {column} {}", as_declared(&rules.format)));
    error.help(how_to_read(&[(column, values.to_vec())], rules, corrected))
}

fn keys_of<'a>(wanted: &'a Wanted) -> impl Iterator<Item = (&'a str, &'static str)> {
    wanted.keys.iter().map(|key| (key.as_str(), "--key"))
}

/// The named time column; refused at once only if the sample shows that another format is meant.
fn named_time(sample: &Sample, time: &str, rules: &TimeRules, corrected: Corrected) -> Result<String> {
    let values: Vec<&str> = sample.position(time).into_iter().flat_map(|at| sample.values(at)).collect();
    let reader = TimeReader::new(rules)?;
    if values.iter().any(|value| is_time(&reader, value))
        || possible(&values, rules).first().is_none_or(|possible| possible.reads * 2 < values.len())
    {
        return Ok(time.to_owned());
    }
    let declared = as_declared(&rules.format);
    Err(Error::usage(format!("column {time} of {} has no time {declared}", sample.file)).help(how_to_read(
        &[(time, values)],
        rules,
        corrected,
    )))
}

/// The only column that reads as a time.
fn only_time(
    sample: &Sample,
    rules: &TimeRules,
    keys: &[String],
    corrected: Corrected,
    said: &mut Vec<String>,
) -> Result<String> {
    if sample.rows.is_empty() {
        said.push(format!("nothing to choose a time column from: {} has no row", sample.file));
        let is_free = |name: &&String| !keys.contains(name) && !is_usual(name);
        let time = sample.header.iter().find(is_free).or(sample.header.first());
        return Ok(time.map_or("time", String::as_str).to_owned());
    }
    let reader = TimeReader::new(rules)?;
    let reading = columns(sample, |times, all| times > 0 && times * 2 >= all, &reader);
    let rows = rows_of(sample);
    let columns: Vec<&str> = reading.iter().copied().filter(|name| is_named_once(sample, name)).collect();
    match (columns.as_slice(), reading.first()) {
        ([], Some(&"")) => Err(Error::usage(format!("the only time column of {} has no name", sample.file))
            .help("give it one in the header")),
        ([], Some(name)) => check_name(sample, name).map(|()| (*name).to_owned()),
        ([], None) => Err(no_time_column(sample, rules, &reader, corrected)),
        ([time], _) => {
            said.push(format!("time column: {time} (the only one that reads as a time in {rows})"));
            Ok((*time).to_owned())
        }
        (several, _) => {
            let commands: Vec<String> = several.iter().map(|time| corrected(&[("--time", time)])).collect();
            Err(Error::usage(format!(
                "{} columns read as times in {rows}: {}",
                several.len(),
                several.join(", ")
            ))
            .help(format!("say which one:\n    {}", commands.join("\n    "))))
        }
    }
}

/// The columns of which `enough` of the values are times, told how many are and how many there are.
fn columns<'s>(
    sample: &'s Sample,
    enough: impl Fn(usize, usize) -> bool,
    reader: &TimeReader,
) -> Vec<&'s str> {
    let reads = |at: usize| {
        let times = sample.values(at).filter(|value| is_time(reader, value)).count();
        enough(times, sample.values(at).count())
    };
    (0..sample.header.len()).filter(|at| reads(*at)).map(|at| sample.header[at].as_str()).collect()
}

/// Whether a text is a time, be it one that is not believed or that its clock skipped.
fn is_time(reader: &TimeReader, text: &str) -> bool {
    !matches!(reader.read(text.as_bytes()), Err(Reason::BadTime))
}

fn no_time_column(sample: &Sample, rules: &TimeRules, reader: &TimeReader, corrected: Corrected) -> Error {
    let all = sample.header.iter().enumerate().map(|(at, name)| (name.as_str(), sample.values(at).collect()));
    let likely: Vec<(&str, Vec<&str>)> = all
        .filter(|(_, values): &(&str, Vec<&str>)| {
            possible(values, rules).iter().any(|possible| possible.plausible)
        })
        .collect();
    let (declared, rows) = (as_declared(&rules.format), rows_of(sample));
    let error = Error::usage(format!("no column holds times {declared} in {rows}"));
    let some = columns(sample, |times, _| times > 0, reader);
    if !some.is_empty() {
        let commands: Vec<String> = some.iter().map(|time| corrected(&[("--time", time)])).collect();
        return error
            .help(format!("a few values do; to reject the others:\n    {}", commands.join("\n    ")));
    }
    if likely.is_empty() {
        let help = corrected(&[("--time", "COLUMN"), ("--time-format", "%d/%m/%Y %H:%M:%S")]);
        return error.help(format!(
            "name it and its format; the columns are {}\n    {help}",
            sample.header.join(", ")
        ));
    }
    error.help(how_to_read(&likely, rules, corrected))
}

/// Each possible reading of the first value of each column, and the command that declares the likeliest.
fn how_to_read(columns: &[(&str, Vec<&str>)], rules: &TimeRules, corrected: Corrected) -> String {
    const READINGS_MAX: usize = 6;
    let mut text = "declare the format, which is never guessed:".to_owned();
    let mut commands = Vec::new();
    for (column, values) in columns {
        let readings = possible(values, rules);
        let first = values.first().unwrap_or(&"");
        if readings.is_empty() {
            text += &format!("\n    {column} = {first} reads in no common format", first = quoted(first));
            commands.push(corrected(&[("--time", column), ("--time-format", "%d/%m/%Y %H:%M:%S")]));
            continue;
        }
        text += &format!("\n    {column} = {first} may be", first = quoted(first));
        for reading in readings.iter().take(READINGS_MAX) {
            text += &format!("\n        {}", described(reading, values.len()));
        }
        let plausible = readings.iter().filter(|reading| reading.plausible);
        let likely: Vec<&Possible> =
            if readings[0].plausible { plausible.collect() } else { vec![&readings[0]] };
        commands.extend(
            likely.iter().map(|reading| corrected(&[("--time", column), ("--time-format", &reading.format)])),
        );
    }
    let or = if commands.len() > 1 { "then one of" } else { "then" };
    text + &format!("\n  {or}:\n    {}", commands.join("\n    "))
}

fn described(reading: &Possible, values: usize) -> String {
    let Possible { format, reads, plausible, .. } = reading;
    let (reads, values) = (grouped(*reads as u64), grouped(values as u64));
    let mark = if *plausible { ", plausible" } else { "" };
    format!("{} as {format:?} ({reads} of {values} values read{mark})", reading.first_text())
}

fn as_declared(format: &TimeFormat) -> String {
    match format {
        TimeFormat::Iso => "written as YYYY-MM-DD hh:mm:ss".to_owned(),
        TimeFormat::Date => "written as YYYY-MM-DD".to_owned(),
        TimeFormat::EpochS => "written as epoch_s".to_owned(),
        TimeFormat::EpochMs => "written as epoch_ms".to_owned(),
        TimeFormat::EpochUs => "written as epoch_us".to_owned(),
        TimeFormat::EpochNs => "written as epoch_ns".to_owned(),
        TimeFormat::Pattern(pattern) => format!("written as {pattern:?}"),
    }
}

/// The one column with a usual name and few values; none when that is not one column and no values are named.
fn usual_key(
    sample: &Sample,
    time: &str,
    values_named: bool,
    corrected: Corrected,
    said: &mut Vec<String>,
) -> Result<Vec<String>> {
    let few: Vec<(&str, usize)> = (0..sample.header.len())
        .map(|at| (sample.header[at].as_str(), sample.values(at).collect::<BTreeSet<_>>().len()))
        .filter(|(name, values)| *name != time && (1..=FEW_VALUES).contains(values))
        .filter(|(name, _)| is_named_once(sample, name))
        .collect();
    let named = sample
        .header
        .iter()
        .map(String::as_str)
        .filter(|name| values_named && *name != time && is_named_once(sample, name));
    let mut usual: Vec<&str> =
        few.iter().map(|(name, _)| *name).chain(named).filter(|name| is_usual(name)).collect();
    usual.sort_unstable();
    usual.dedup();
    let candidates: Vec<String> =
        few.iter().map(|(name, values)| format!("{name} ({})", counted(*values as u64, "value"))).collect();
    if let [key] = usual.as_slice() {
        let values = few.iter().find(|(name, _)| name == key).map_or_else(String::new, |(_, values)| {
            format!(", with {} in {}", counted(*values as u64, "value"), rows_of(sample))
        });
        said.push(format!("key: {key} (the only column with a usual name{values})"));
        return Ok(vec![(*key).to_owned()]);
    }
    if values_named {
        return no_key_of_values(sample, time, &few, corrected);
    }
    match candidates.as_slice() {
        [] => said.push("no key: all rows are counted; --key COLUMN counts per value of a column".to_owned()),
        some => {
            let why = if usual.is_empty() {
                "no column has a usual name"
            } else {
                "several columns have usual names"
            };
            said.push(format!("no key ({why}): all rows are counted; --key may be {}", some.join(", ")));
        }
    }
    Ok(vec![])
}

/// The error when values are named and no column is sure to be theirs; inputs without even a header have none to miss.
fn no_key_of_values(
    sample: &Sample,
    time: &str,
    few: &[(&str, usize)],
    corrected: Corrected,
) -> Result<Vec<String>> {
    if sample.header.is_empty() {
        return Ok(vec![USUAL_KEYS[0].to_owned()]);
    }
    let mut names: Vec<&str> = few.iter().map(|(name, _)| *name).collect();
    if names.is_empty() {
        names = sample.header.iter().map(String::as_str).filter(|name| *name != time).collect();
    }
    let error = Error::usage("values are named, but not the column they are in");
    let commands: String =
        names.iter().map(|name| format!("\n    {}", corrected(&[("--key", name)]))).collect();
    Err(error.help(match names.as_slice() {
        [] => format!("leave the values out: {time} is the only column"),
        _ => format!("say which one; the columns are {}{commands}", sample.header.join(", ")),
    }))
}

fn is_usual(name: &str) -> bool {
    USUAL_KEYS.contains(&name.trim_ascii().to_ascii_lowercase().as_str())
}

fn rows_of(sample: &Sample) -> String {
    match sample.rows.len() {
        1 => format!("the only row of {}", sample.file),
        rows => format!("the first {} rows of {}", grouped(rows as u64), sample.file),
    }
}

#[cfg(test)]
mod tests;
