//! Sniffing: finds the time column and the keys of inputs from a sample if the job names none. If the sample does not settle
//! it, the error says what to name. Each choice is reported; a format is never guessed.

mod header;
mod named;
mod question;
mod readings;
mod recognised;
mod suggest;

use std::collections::BTreeSet;

use crate::error::{Code, Error, Help, Location, Result, Setting};
use crate::event::{TimeReader, TimeRules};
use crate::format::csv::Sample;
use crate::format::text::{Preset, TextPattern};
use crate::measure::Measure;
use crate::reject::Reason;
use crate::text::escape::{for_people, names};
use crate::text::number::{counted, grouped};

use header::{
    check_header, check_list, check_name, list_around, named_once, nearest, no_named_column, no_such_column,
    out_of_list,
};
pub use named::names_in;
pub use question::{Answerable, NAME, Question};
pub use readings::{Possible, possible};
pub use suggest::no_time;
use suggest::{as_declared, how_to_read, no_time_column};

/// What the user named; the rest is chosen from the sample.
#[derive(Clone, Debug)]
pub struct NamedByUser<'a> {
    /// The time column.
    pub time: Option<&'a str>,
    /// How times are read; its `column` is ignored.
    pub rules: &'a TimeRules,
    /// The keys.
    pub keys: &'a [String],
    /// The measures of columns.
    pub measures: Vec<&'a Measure>,
    /// Whether values of a key are named, so that there must be a key.
    pub values_named: bool,
    /// The columns that the job computes; files need not have them.
    pub made: &'a [String],
    /// The columns of files that expressions name.
    pub named: &'a [String],
}

/// What was chosen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The time column.
    pub time: String,
    /// The keys.
    pub keys: Vec<String>,
    /// What was chosen and why, a line each.
    pub said: Vec<Help>,
}

/// The column names that usually hold what happened, in lower case.
pub const USUAL_KEYS: [&str; 5] = ["action", "event", "event_name", "event_type", "type"];

/// The usual keys of text logs; the first of them that a log has is taken.
const KEYS_OF_LOGS: [&str; 2] = ["status", "level"];

/// The most commands that are suggested.
const COMMANDS_MAX: usize = 10;

/// A column with more distinct values in the sample is not chosen as a key.
const FEW_VALUES: usize = 100;

/// `rules` with the format of the times in a sample, if none is declared. Times of text logs are in brackets, in one of a few
/// formats; a text cannot be in two of them.
pub fn rules_of(sample: &Sample, rules: &TimeRules) -> TimeRules {
    let Some(pattern) = &sample.pattern else { return rules.clone() };
    let column = sample.position(&rules.column).or_else(|| sample.position("time"));
    let values: Vec<&str> = column.into_iter().flat_map(|at| sample.values(at)).collect();
    let mut formats = pattern.time_formats().into_iter().map(|format| TimeRules { format, ..rules.clone() });
    let first = formats.next().unwrap_or_else(|| rules.clone());
    let reads = |rules: &TimeRules| {
        let reader = TimeReader::new(rules).ok();
        let times =
            values.iter().filter(|value| reader.as_ref().is_some_and(|reader| is_time(reader, value)));
        times.count() * 2 > values.len()
    };
    if reads(&first) { first } else { formats.find(reads).unwrap_or(first) }
}

/// Chooses what `wanted` leaves open.
///
/// # Errors
/// Usage, with the corrected command: a named column is missing, the delimiter is wrong, two columns have a name that is needed, the header is data,
/// no column or several read as times, or values are named and no column is sure to be their key.
pub fn choose(sample: &Sample, wanted: &NamedByUser) -> Result<Chosen> {
    chosen(sample, wanted).map_err(|error| error.at(Location::of(&*sample.file)))
}

fn chosen(sample: &Sample, wanted: &NamedByUser) -> Result<Chosen> {
    if sample.has_header() {
        check_header(sample, wanted.rules)?;
    }
    check_list(sample, wanted.time, wanted.rules)?;
    let mut said: Vec<Help> = Vec::new();
    if let Some(list) = list_around(sample) {
        let (names, command) = (for_people(&list.names.join(".")).into_owned(), out_of_list(sample, list));
        said.push(
            format!("{} is one object; to count those in its list {names}: {command}", sample.file).into(),
        );
    }
    let beside = wanted.rules.beside.as_deref();
    let times = wanted.time.into_iter().chain(beside).map(|time| (time, Setting::Time));
    let is_of_file = |(column, _): &(&str, Setting)| !wanted.made.iter().any(|made| made == column);
    for (column, setting) in times.chain(keys_of(wanted)).chain(measured_of(wanted)).filter(is_of_file) {
        if !sample.header.is_empty() && sample.position(column).is_none() {
            // An object may lack any member, and a line of logfmt any name.
            let may_lack = sample.names_are_of_rows() && setting != Setting::Time;
            if !may_lack || nearest(sample, column).is_some() {
                return Err(no_such_column(sample, column, setting, wanted.made));
            }
            let what = if setting == Setting::Keys { "key" } else { "measured column" };
            said.push(format!("{what}: {} (not in {})", for_people(column), rows_of(sample)).into());
        }
        check_name(sample, column)?;
    }
    for column in wanted.named {
        if !sample.header.is_empty() && sample.position(column).is_none() {
            if !sample.names_are_of_rows() || nearest(sample, column).is_some() {
                return Err(no_named_column(sample, column));
            }
            let rows = rows_of(sample);
            said.push(format!("column of an expression: {} (not in {rows})", for_people(column)).into());
        }
        check_name(sample, column)?;
    }
    let time = match wanted.time {
        Some(time) if wanted.made.iter().any(|made| made == time) => time.to_owned(),
        Some(time) => named_time(sample, time, wanted.rules)?,
        None => only_time(sample, wanted, &mut said)?,
    };
    let keys = match wanted.keys {
        [] => usual_key(sample, &time, wanted.values_named, &mut said)?,
        keys => keys.to_vec(),
    };
    check_name(sample, &time)?;
    Ok(Chosen { time, keys, said })
}

fn keys_of<'a>(wanted: &'a NamedByUser) -> impl Iterator<Item = (&'a str, Setting)> {
    wanted.keys.iter().map(|key| (key.as_str(), Setting::Keys))
}

/// The columns that are measured, each once. The format reports any other fault with them.
fn measured_of<'a>(wanted: &'a NamedByUser) -> impl Iterator<Item = (&'a str, Setting)> {
    let mut seen = BTreeSet::new();
    let columns = wanted.measures.iter().filter(move |measure| seen.insert(&*measure.column));
    columns.map(|measure| (&*measure.column, Setting::Measures(measure.function.to_string())))
}

/// The named time column; refused here only if the sample shows that another format is meant.
fn named_time(sample: &Sample, time: &str, rules: &TimeRules) -> Result<String> {
    let values = sample.texts_of_time((time, rules.beside.as_deref()));
    let values: Vec<&str> = values.iter().map(|value| &**value).collect();
    let reader = TimeReader::new(rules)?;
    if sample.times.iter().chain(&sample.dates).any(|name| name == time)
        || values.iter().any(|value| is_time(&reader, value))
        || possible(&values, rules).first().is_none_or(|possible| possible.reads * 2 < values.len())
    {
        return Ok(time.to_owned());
    }
    let declared = as_declared(&rules.format);
    Err(Error::usage(format!("column {} of {} has no time {declared}", for_people(time), sample.file))
        .with_code(Code::NoReadableTime)
        .with_help(how_to_read(&[(time, values)], Some(sample), rules)))
}

/// The only column that reads as a time.
fn only_time(sample: &Sample, wanted: &NamedByUser, said: &mut Vec<Help>) -> Result<String> {
    let NamedByUser { rules, keys, .. } = wanted;
    if sample.rows.is_empty() {
        said.push(format!("nothing to choose a time column from: {} has no row", sample.file).into());
        let is_free = |name: &&String| !keys.contains(name) && !is_usual(name);
        let time = sample.header.iter().find(is_free).or(sample.header.first());
        return Ok(time.map_or("time", String::as_str).to_owned());
    }
    let reader = TimeReader::new(rules)?;
    // A column of dates is a candidate only if no column has full times.
    let by_type = if sample.times.is_empty() { &sample.dates } else { &sample.times };
    let times: Vec<usize> = (0..sample.header.len())
        .map(|at| {
            let is_by_type = by_type.contains(&sample.header[at]);
            let is_time = |value: &&str| is_by_type && !value.is_empty() || is_time(&reader, value);
            sample.values(at).filter(is_time).count()
        })
        .collect();
    let with = |enough: &dyn Fn(usize) -> bool| -> Vec<&str> {
        let columns = sample.header.iter().zip(&times).filter(|(_, times)| enough(**times));
        columns.map(|(name, _)| name.as_str()).collect()
    };
    // A column that is mostly empty is not the time of the rows.
    let reading = with(&|times| times * 2 >= sample.rows.len());
    let rows = rows_of(sample);
    let once = named_once(sample);
    let columns: Vec<&str> = reading.iter().copied().filter(|name| once.contains(name)).collect();
    match (columns.as_slice(), reading.first()) {
        ([], Some(&"")) => Err(Error::usage(format!("the only time column of {} has no name", sample.file))
            .with_code(Code::UnnamedColumn)
            .with_help("give it one in the header")),
        ([], Some(name)) => check_name(sample, name).map(|()| (*name).to_owned()),
        ([], None) => Err(no_time_column(sample, rules, (&with(&|times| times > 0), &rows))),
        ([time], _) => {
            let of = for_people(time);
            said.push(format!("time column: {of} (the only one that reads as a time in {rows})").into());
            Ok((*time).to_owned())
        }
        (several, _) if in_brackets(sample).is_some_and(|time| several.contains(&time)) => {
            let time = in_brackets(sample).unwrap_or_default();
            said.push(format!("time column: {time} (what stands in brackets in {})", sample.file).into());
            Ok(time.to_owned())
        }
        (several, _) => {
            let each = several.iter().take(COMMANDS_MAX);
            let help = each.fold(Help::from("say which one:"), |help, time| {
                help.and("\n    ").changed(Setting::Time, *time)
            });
            Err(Error::usage(format!(
                "{} columns read as times in {rows}: {}",
                several.len(),
                names(several)
            ))
            .with_code(Code::SeveralTimeColumns)
            .with_help(help))
        }
    }
}

/// The column of the time in logs of web servers, whose other numbers may read as times too.
fn in_brackets(sample: &Sample) -> Option<&'static str> {
    let Some(TextPattern::Preset(Preset::Common | Preset::Combined)) = &sample.pattern else { return None };
    Some("time")
}

/// Whether a text is a time, even one out of range or one that the clock skipped.
fn is_time(reader: &TimeReader, text: &str) -> bool {
    !matches!(reader.read_plainly(text.as_bytes()), Err(Reason::BadTime))
}

/// The only column with a usual name and few values; no key if there is not exactly one and no values are named.
fn usual_key(sample: &Sample, time: &str, values_named: bool, said: &mut Vec<Help>) -> Result<Vec<String>> {
    let once = named_once(sample);
    let few: Vec<(&str, usize)> = (0..sample.header.len())
        .map(|at| (sample.header[at].as_str(), sample.values(at).collect::<BTreeSet<_>>().len()))
        .filter(|(name, values)| *name != time && (1..=FEW_VALUES).contains(values))
        .filter(|(name, _)| once.contains(name))
        .collect();
    let named = sample
        .header
        .iter()
        .map(String::as_str)
        .filter(|name| values_named && *name != time && once.contains(name));
    let mut usual: Vec<&str> =
        few.iter().map(|(name, _)| *name).chain(named).filter(|name| is_usual(name)).collect();
    usual.sort_unstable();
    usual.dedup();
    if usual.is_empty() && sample.pattern.is_some() {
        let of_logs = KEYS_OF_LOGS.iter().find_map(|key| few.iter().find(|(name, _)| name == key));
        usual.extend(of_logs.map(|(name, _)| *name));
    }
    let candidates: Vec<String> = few
        .iter()
        .map(|(name, values)| format!("{} ({})", for_people(name), counted(*values as u64, "value")))
        .collect();
    if let [key] = usual.as_slice() {
        let values = few.iter().find(|(name, _)| name == key).map_or_else(String::new, |(_, values)| {
            format!(", with {} in {}", counted(*values as u64, "value"), rows_of(sample))
        });
        said.push(format!("key: {} (the only column with a usual name{values})", for_people(key)).into());
        return Ok(vec![(*key).to_owned()]);
    }
    if values_named {
        return no_key_of_values(sample, time, &few);
    }
    match candidates.as_slice() {
        [] => {
            let help = Help::from("no key: all rows are counted; ").set(Setting::Keys, "COLUMN");
            said.push(help.and(" counts per value of a column"));
        }
        some => {
            let why = if usual.is_empty() {
                "no column has a usual name"
            } else {
                "several columns have usual names"
            };
            let help = Help::from(format!("no key ({why}): all rows are counted; ")).name(Setting::Keys);
            said.push(help.and(format!(" may be {}", names(some))));
        }
    }
    Ok(vec![])
}

/// The error if values are named and no column is surely their key; inputs without a header have no column to miss.
fn no_key_of_values(sample: &Sample, time: &str, few: &[(&str, usize)]) -> Result<Vec<String>> {
    if sample.header.is_empty() {
        return Ok(vec![USUAL_KEYS[0].to_owned()]);
    }
    let mut keys: Vec<&str> = few.iter().map(|(name, _)| *name).collect();
    if keys.is_empty() {
        keys = sample.header.iter().map(String::as_str).filter(|name| *name != time).collect();
    }
    let error = Error::usage("values are named, but not the column they are in").with_code(Code::KeyNotNamed);
    if keys.is_empty() {
        return Err(error.with_help(format!("leave the values out: {} is the only column", for_people(time))));
    }
    let which = Help::from(format!("say which one; the columns are {}", names(&sample.header)));
    let each = keys.iter().take(COMMANDS_MAX);
    Err(error.with_help(each.fold(which, |help, key| help.and("\n    ").changed(Setting::Keys, *key))))
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
