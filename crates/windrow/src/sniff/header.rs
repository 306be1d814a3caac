//! The header of a sample: whether it is a header, and whether it has the needed columns.

use std::collections::HashSet;

use windrow_scan::json::ObjectList;

use super::is_time;
use super::named::may_be_path;
use crate::error::{Code, Error, Help, Location, Result, Setting};
use crate::event::{TimeReader, TimeRules};
use crate::format::csv::{Sample, pattern_for, time_before_words};
use crate::text::escape::{for_people, names, quoted};
use crate::text::{shell, suggest};

/// Refuses a first row that is taken for a header by mistake.
pub(super) fn check_header(sample: &Sample, rules: &TimeRules) -> Result<()> {
    let Sample { file, header, header_line, head, .. } = sample;
    let line = head.skipped + head.blank + head.comment + 1;
    if let Some(delimiter) = header_line.trim().strip_prefix("sep=") {
        return Err(Error::usage(format!(
            "line {line} of {file} is {header_line}, a note for spreadsheets, not a header",
            header_line = quoted(header_line)
        ))
        .with_code(Code::NoHeader)
        .at(Location::of(file).line(line))
        .with_help(
            Help::from("take it out, and say ").set(Setting::Delimiter, delimiter).and(format!(
                ": tail -n +{} {} > events.csv",
                line + 1,
                shell::input(file)
            )),
        ));
    }
    if let Some((delimiter, columns)) = sample.better_delimiter() {
        let shown = if delimiter == b'\t' { "\\t".to_owned() } else { char::from(delimiter).to_string() };
        return Err(Error::usage(format!("1 column found in {file}; delimiter '{shown}' gives {columns}"))
            .with_code(Code::WrongDelimiter)
            .at(Location::of(file).line(line))
            .with_help(Help::default().changed(Setting::Delimiter, shown)));
    }
    let reader = TimeReader::new(rules)?;
    let is_time = |name: &String| is_time(&reader, name);
    check_no_log(sample, header.first().is_some_and(is_time), line)?;
    if !header.iter().any(is_time) {
        return Ok(());
    }
    let name = |(at, text)| if is_time(text) { "time".to_owned() } else { format!("column_{}", at + 1) };
    let names: Vec<String> = header.iter().enumerate().map(name).collect();
    let delimiter = char::from(head.dialect.delimiter()).to_string();
    let columns = names.join(",");
    let (names, file_word) = (shell::word(names.join(&delimiter)), shell::input(file));
    let help = match head.skipped {
        0 => Help::from("name the columns: ").changed(Setting::Columns, columns),
        _ => Help::from("leave out fewer lines with ")
            .name(Setting::SkipLines)
            .and("; or, if it has no header, name the columns and count with-header.csv without ")
            .name(Setting::SkipLines)
            .and(format!(":\n    (echo {names}; tail -n +{line} {file_word}) > with-header.csv")),
    };
    Err(Error::usage(format!("{file} has no header: line {line} is data: {}", for_people(header_line)))
        .with_code(Code::NoHeader)
        .with_help(help))
}

/// Refuses a line of a text log that is taken for a header. Its first field may be a time: lines with a time and one without words
/// before the delimiter are CSV without a header.
fn check_no_log(sample: &Sample, begins_with_time: bool, line: u64) -> Result<()> {
    let Sample { file, header_line, head, .. } = sample;
    let Some(time) = time_before_words(header_line) else { return Ok(()) };
    if begins_with_time && !time.contains(char::from(head.dialect.delimiter())) {
        return Ok(());
    }
    let what = format!("{file} has no header: line {line} is data: {}", for_people(header_line));
    Err(Error::usage(what).with_code(Code::NoHeader).with_help(pattern_for(header_line).unwrap_or_default()))
}

/// Refuses an object around the objects that are meant, unless it is an event itself: `time` is one of its columns, or a member before
/// the list reads as a time.
pub(super) fn check_list(sample: &Sample, time: Option<&str>, rules: &TimeRules) -> Result<()> {
    let Some(list) = list_around(sample) else { return Ok(()) };
    let reader = TimeReader::new(rules)?;
    let is_event = match time {
        Some(time) => sample.position(time).is_some(),
        None => !list.comes_first && sample.rows.iter().flatten().any(|value| is_time(&reader, value)),
    };
    if is_event {
        return Ok(());
    }
    let names = for_people(&list.names.join(".")).into_owned();
    let what = format!("{} is one object with a list of objects, {names}", sample.file);
    Err(Error::usage(what)
        .with_code(Code::UnreadableFormat)
        .with_help(format!("take them out of the list:\n    {}", out_of_list(sample, list))))
}

/// The list in the only object of a sample.
pub(super) fn list_around(sample: &Sample) -> Option<&ObjectList> {
    sample.list.as_ref().filter(|_| sample.rows.len() <= 1)
}

/// The command that counts the objects of a list.
pub(super) fn out_of_list(sample: &Sample, list: &ObjectList) -> String {
    let is_word = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    let step = |name: &String| match is_word(name) {
        true => format!(".{name}"),
        false => format!(".\"{}\"", name.replace('\\', r"\\").replace('"', "\\\"")),
    };
    let path = shell::word(list.names.iter().map(step).collect::<String>() + "[]");
    format!("jq -c {path} {} | windrow run -", shell::input(&sample.file))
}

/// Refuses a needed column if another one has the same name.
pub(super) fn check_name(sample: &Sample, name: &str) -> Result<()> {
    let places = sample.header.iter().enumerate().filter(|(_, other)| *other == name);
    let places: Vec<String> = places.map(|(at, _)| (at + 1).to_string()).collect();
    if places.len() < 2 {
        return Ok(());
    }
    let places = places.join(", ");
    Err(Error::usage(format!(
        "column {name} appears more than once in {} ({places})",
        sample.file,
        name = quoted(name)
    ))
    .with_code(Code::RepeatedColumn)
    .with_help("give each column a name of its own in the header"))
}

/// The columns that can be named, because no other column has the same name.
pub(super) fn named_once(sample: &Sample) -> HashSet<&str> {
    let (mut once, mut seen) = (HashSet::new(), HashSet::from([""]));
    for name in &sample.header {
        if seen.insert(name) {
            once.insert(name.as_str());
        } else {
            once.remove(name.as_str());
        }
    }
    once
}

/// The error for a missing column. `made` are the columns that the job computes, which may be meant too.
pub(super) fn no_such_column(sample: &Sample, column: &str, setting: Setting, made: &[String]) -> Error {
    let error = Error::usage(format!("{} has no column {column}", sample.file, column = quoted(column)))
        .with_code(Code::MissingColumn);
    let columns = match made {
        [] => names(&sample.header),
        made => format!("{}; the job adds {}", names(&sample.header), names(made)),
    };
    match suggest::nearest(column, sample.header.iter().chain(made).map(String::as_str)) {
        Some(name) => error.with_help(
            Help::from("did you mean ")
                .set(setting.clone(), meant(&setting, name))
                .and(format!("? The columns are {columns}")),
        ),
        None => error.with_help(format!("the columns are {columns}")),
    }
}

/// The value of a setting that names the column.
fn meant(setting: &Setting, name: &str) -> String {
    match setting {
        Setting::Measures(function) => format!("{function}({name})"),
        _ => name.to_owned(),
    }
}

/// The error for a column that an expression names, and that does not exist.
pub(super) fn no_named_column(sample: &Sample, column: &str) -> Error {
    let what =
        format!("{} has no column {}, which an expression or a look-up names", sample.file, quoted(column));
    let error = Error::usage(what).with_code(Code::MissingColumn);
    let columns = names(&sample.header);
    error.with_help(match nearest(sample, column) {
        Some(name) => format!("did you mean {}? The columns are {columns}", quoted(name)),
        None => format!("the columns are {columns}"),
    })
}

/// The column with the name most similar to `column`, if one is similar.
pub(super) fn nearest<'a>(sample: &'a Sample, column: &str) -> Option<&'a str> {
    // A sample has no columns of lists that it was not asked for.
    if may_be_path(column) {
        return None;
    }
    suggest::nearest(column, sample.header.iter().map(String::as_str))
}
