//! Suggestions: how the times of a column may be declared, tried on the bulk of a sample. For people, who declare a format.

use super::header::named_once;
use super::readings::{Possible, possible};
use crate::error::{Corrected, Error};
use crate::event::{TimeFormat, TimeReader, TimeRules, is_clock};
use crate::format::csv::Sample;
use crate::job::Word;
use crate::text::escape::{for_people, names, quoted};
use crate::text::number::grouped;
use crate::text::shell::word;

/// Columns, readings and names that an error shows.
const SHOWN: usize = 6;

/// The error of a run in which no row had a readable time: `values` are some texts of the time `column`, of which `sample`
/// may have more.
pub fn no_time(
    column: &str,
    values: &[&str],
    sample: Option<&Sample>,
    rules: &TimeRules,
    corrected: Corrected,
) -> Error {
    let error = Error::usage(format!(
        "no row has a time in column {} {}",
        for_people(column),
        as_declared(&rules.format)
    ));
    let sampled = |sample: &Sample| -> Vec<String> {
        sample.position(column).map(|at| sample.values(at).map(str::to_owned).collect()).unwrap_or_default()
    };
    let sampled = sample.map(sampled).unwrap_or_default();
    let sampled: Vec<&str> = sampled.iter().map(String::as_str).collect();
    let values = if sampled.is_empty() { values.to_vec() } else { sampled };
    error.help(how_to_read(&[(column, values)], sample, rules, corrected))
}

/// The error of inputs in which no column holds times: `some` have a few.
pub(super) fn no_time_column(
    sample: &Sample,
    rules: &TimeRules,
    (some, rows): (&[&str], &str),
    corrected: Corrected,
) -> Error {
    let error = Error::usage(format!("no column holds times {} in {rows}", as_declared(&rules.format)));
    let once = named_once(sample);
    let likely: Vec<(&str, Vec<&str>)> = (0..sample.header.len())
        .filter(|at| once.contains(sample.header[*at].as_str()))
        .filter_map(|at| {
            let values: Vec<&str> = sample.values(at).collect();
            let readings = possible(&values, rules);
            let reads = readings.first().filter(|reading| reading.plausible)?.reads;
            (reads * 2 > sample.rows.len()).then(|| (sample.header[at].as_str(), values))
        })
        .collect();
    let mut help = Vec::new();
    if !likely.is_empty() {
        help.push(how_to_read(&likely, Some(sample), rules, corrected));
    }
    if !some.is_empty() {
        let commands: Vec<String> =
            some.iter().take(SHOWN).map(|time| corrected(&[("--time", time)])).collect();
        let few = "a few values do; to reject the others:";
        let few = if likely.is_empty() { few.to_owned() } else { format!("of another column {few}") };
        help.push(format!("{few}\n    {}", commands.join("\n    ")));
    }
    if help.is_empty() {
        help.push(format!(
            "name the column with --time and its format with --time-format; see windrow run --help; the columns are {}",
            names(&sample.header)
        ));
    }
    error.help(help.join("\n  "))
}

/// Each possible reading of each column, and the commands that declare the likeliest.
pub(super) fn how_to_read(
    columns: &[(&str, Vec<&str>)],
    sample: Option<&Sample>,
    rules: &TimeRules,
    corrected: Corrected,
) -> String {
    let mut text = "declare the format, which is never guessed:".to_owned();
    let mut commands = Vec::new();
    for (column, values) in columns.iter().take(SHOWN) {
        let readings = possible(values, rules);
        let Some(likeliest) = readings.first() else {
            let first = values.first().unwrap_or(&"");
            text += &format!(
                "\n    {} = {} reads in no common format: write a strptime pattern for it",
                for_people(column),
                quoted(first)
            );
            continue;
        };
        let beside = sample.filter(|_| likeliest.is_of_days());
        if let Some(joined) = beside.and_then(|sample| joined(sample, column, rules, corrected)) {
            text += &joined;
            continue;
        }
        text += &format!("\n    {} = {} may be", for_people(column), quoted(&likeliest.first));
        for reading in readings.iter().take(SHOWN) {
            text += &format!("\n        {}", described(reading, values.len()));
        }
        let plausible = readings.iter().filter(|reading| reading.plausible);
        commands.extend(
            plausible.map(|reading| corrected(&[("--time", column), ("--time-format", &reading.format)])),
        );
    }
    if let Some(more) = columns.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text += &format!("\n    and {} more columns", grouped(more as u64));
    }
    match commands.as_slice() {
        [] => text,
        [command] => text + &format!("\n  then:\n    {command}"),
        several => text + &format!("\n  then one of:\n    {}", several.join("\n    ")),
    }
}

/// What to do about a date whose time of day stands in another column; none when no column has it.
fn joined(sample: &Sample, date: &str, rules: &TimeRules, corrected: Corrected) -> Option<String> {
    const FILE: &str = "joined.csv";
    let at = sample.position(date)?;
    let is_of_clock = |other: &usize| {
        let clocks = sample.values(*other).filter(|value| is_clock(value)).count();
        *other != at && clocks * 2 > sample.rows.len()
    };
    let beside = (0..sample.header.len()).find(is_of_clock)?;
    let both = sample.rows.iter().map(|row| (row[at].trim_ascii(), row[beside].trim_ascii()));
    let both = both.filter(|(date, clock)| !date.is_empty() && !clock.is_empty());
    let texts: Vec<String> = both.map(|(date, clock)| format!("{date} {clock}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let name = format!("{date} {}", sample.header[beside]);
    let reader = TimeReader::new(rules).ok()?;
    let declared = texts.iter().filter(|text| reader.read_plainly(text.as_bytes()).is_ok()).count();
    let formats: Vec<String> = match declared * 2 > texts.len() {
        true => vec![String::new()],
        false => {
            let plausible = possible(&texts, rules).into_iter().filter(|reading| reading.plausible);
            plausible.map(|reading| reading.format).collect()
        }
    };
    let what = format!(
        "\n    {} is a date whose time of day is in the column {}",
        for_people(date),
        for_people(&sample.header[beside])
    );
    let (file, given) = (format!(" {} ", word(&sample.file)), corrected(&[]) + " ");
    // Only a command that names this file alone can name the joined one instead.
    if sample.is_one_of_several || given.matches(&file).count() != 1 {
        return Some(format!("{what}: join both columns into one, in each input, before you count them"));
    }
    let command = |format: &String| {
        let changes = [("--time", name.as_str()), ("--time-format", format)];
        let changes = if format.is_empty() { &changes[..1] } else { &changes[..] };
        format!("\n        {}", corrected(changes).replacen(&file, &format!(" {FILE} "), 1))
    };
    let commands: String = formats.iter().map(command).collect();
    let delimiter = char::from(sample.head.dialect.delimiter()).escape_default();
    let write = format!("w=csv.writer(sys.stdout,delimiter=\"{delimiter}\")");
    let read = format!("csv.reader(sys.stdin,delimiter=\"{delimiter}\")");
    let row =
        format!("w.writerow(r+[r[{at}]+\" \"+r[{beside}]]) for r in {read} if len(r)>{}", at.max(beside));
    Some(format!(
        "{what}: make one column of both\n        \
         python3 -c 'import csv,sys; {write}; [{row}]' <{file}> {FILE}{commands}"
    ))
}

fn described(reading: &Possible, values: usize) -> String {
    let Possible { format, reads, plausible, .. } = reading;
    let (reads, values) = (grouped(*reads as u64), grouped(values as u64));
    let mark = if *plausible { ", plausible" } else { "" };
    format!("{} as {format:?} ({reads} of {values} values read{mark})", reading.first_text())
}

pub(super) fn as_declared(format: &TimeFormat) -> String {
    match format {
        TimeFormat::Iso => "written as YYYY-MM-DD hh:mm:ss".to_owned(),
        TimeFormat::Pattern(pattern) => format!("written as {pattern:?}"),
        word => format!("written as {}", word.word().unwrap_or_default()),
    }
}
