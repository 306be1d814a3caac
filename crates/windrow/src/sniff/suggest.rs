//! Suggestions: how to declare the times of a column, tried on most of a sample. A person then declares the format.

use super::header::named_once;
use super::readings::{Possible, possible};
use crate::error::{Code, Error, Help, HelpPart, Setting};
use crate::event::{TimeFormat, TimeReader, TimeRules, is_clock};
use crate::format::csv::{Sample, pattern_for};
use crate::job::Word;
use crate::text::escape::{for_people, names, quoted};
use crate::text::number::grouped;

/// The most columns, readings and names in an error.
const SHOWN: usize = 6;

/// The error of a run in which no row had a readable time. `values` are some texts of the time `column`; `sample` may have
/// more of them.
pub fn no_time(column: &str, values: &[&str], sample: Option<&Sample>, rules: &TimeRules) -> Error {
    let error = Error::usage(format!(
        "no row has a time in column {} {}",
        for_people(column),
        as_declared(&rules.format)
    ))
    .with_code(Code::NoReadableTime);
    let beside = rules.beside.as_deref();
    let sampled = sample.map(|sample| sample.texts_of_time((column, beside))).unwrap_or_default();
    let sampled: Vec<&str> = sampled.iter().map(|value| &**value).collect();
    let values = if sampled.is_empty() { values.to_vec() } else { sampled };
    error.with_help(how_to_read(&[(column, values)], sample, rules))
}

/// The error of inputs in which no column holds times: `some` have a few.
pub(super) fn no_time_column(sample: &Sample, rules: &TimeRules, (some, rows): (&[&str], &str)) -> Error {
    let error = Error::usage(format!("no column holds times {} in {rows}", as_declared(&rules.format)))
        .with_code(Code::NoReadableTime);
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
    if likely.is_empty()
        && some.is_empty()
        && let Some(help) = of_text_log(sample)
    {
        return error.with_help(help);
    }
    let mut help = Vec::new();
    if !likely.is_empty() {
        help.push(how_to_read(&likely, Some(sample), rules));
    }
    if !some.is_empty() {
        let few = "a few values do; to reject the others:";
        let few = if likely.is_empty() { few.to_owned() } else { format!("of another column {few}") };
        let each = some.iter().take(SHOWN);
        help.push(each.fold(few.into(), |help: Help, time| help.and("\n    ").changed(Setting::Time, *time)));
    }
    let Some(help) = help.into_iter().reduce(|all, more| all.and("\n  ").join(more)) else {
        let columns = names(&sample.header);
        let help = Help::from("name the column with ").name(Setting::Time).and(" and its format with ");
        return error.with_help(help.name(Setting::TimeFormat).and(format!("; the columns are {columns}")));
    };
    error.with_help(help)
}

/// What to do if the only column holds lines of text rather than fields.
fn of_text_log(sample: &Sample) -> Option<Help> {
    let first = sample.rows.first().and_then(|row| row.first());
    let line = std::iter::once(&sample.header_line).chain(first);
    let line = line.max_by_key(|line| line.split_whitespace().count())?;
    pattern_for(line).filter(|_| sample.has_header() && sample.header.len() == 1)
}

/// Each possible reading of each column, and the settings that declare the likeliest.
pub(super) fn how_to_read(columns: &[(&str, Vec<&str>)], sample: Option<&Sample>, rules: &TimeRules) -> Help {
    let mut help = Help::from("declare the format, which is never guessed:");
    let mut declared = Vec::new();
    for (column, values) in columns.iter().take(SHOWN) {
        let readings = possible(values, rules);
        let shown = for_people(column);
        let Some(likeliest) = readings.first() else {
            let first = quoted(values.first().unwrap_or(&""));
            help = help.and(format!(
                "\n    {shown} = {first} reads in no common format: write a strptime pattern for it"
            ));
            continue;
        };
        let beside = sample.filter(|_| likeliest.is_of_days() && rules.beside.is_none());
        if let Some(joined) = beside.and_then(|sample| joined(sample, column, rules)) {
            help = help.join(joined);
            continue;
        }
        help = help.and(format!("\n    {shown} = {} may be", quoted(&likeliest.first)));
        for reading in readings.iter().take(SHOWN) {
            help = help.and(format!("\n        {}", described(reading, values.len())));
        }
        let plausible = readings.iter().filter(|reading| reading.plausible);
        declared.extend(plausible.map(|reading| {
            vec![(Setting::Time, (*column).to_owned()), (Setting::TimeFormat, reading.format.clone())]
        }));
    }
    if let Some(more) = columns.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        help = help.and(format!("\n    and {} more columns", grouped(more as u64)));
    }
    help = match declared.len() {
        0 => help,
        1 => help.and("\n  then:"),
        _ => help.and("\n  then one of:"),
    };
    declared.into_iter().fold(help, |help, changes| help.and("\n    ").with(HelpPart::Changed(changes)))
}

/// What to do about a date with its time of day in another column; `None` if no column has times of day.
fn joined(sample: &Sample, date: &str, rules: &TimeRules) -> Option<Help> {
    let at = sample.position(date)?;
    let is_of_clock = |other: &usize| {
        let clocks = sample.values(*other).filter(|value| is_clock(value)).count();
        let values = sample.values(*other).count();
        // Some rows may lack it.
        *other != at && clocks * 2 > values && values * 2 >= sample.rows.len()
    };
    let beside = (0..sample.header.len()).find(is_of_clock)?;
    let texts = sample.texts_of_time((date, Some(&sample.header[beside])));
    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
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
    let help = Help::from(format!("{what}: name both"));
    Some(formats.into_iter().fold(help, |help, format| {
        let mut changes = vec![(Setting::Time, format!("{date},{}", sample.header[beside]))];
        if !format.is_empty() {
            changes.push((Setting::TimeFormat, format));
        }
        help.and("\n        ").with(HelpPart::Changed(changes))
    }))
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
