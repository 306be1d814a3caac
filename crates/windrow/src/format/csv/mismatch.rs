//! Mismatches: why no row of a file is a record of its header, found by reading its beginning by other rules.

use windrow_scan::csv::Fault;

use super::head::{Head, line_end_of};
use super::rules::{CsvRules, DELIMITERS};
use super::sample::{Odd, ROWS_MAX, Sample};
use crate::codec::{Encoding, ReadAt};
use crate::error::{Code, Error, Help, Location, Setting};
use crate::event::{TimeFormat, TimeReader, formats};
use crate::format::Format;
use crate::reject::Reason;
use crate::source::InputFile;
use crate::text::number::counted;
use crate::text::shell::word;

/// Lines before a header that are tried.
const TITLE_LINES_MAX: u64 = 20;

/// Bytes in which most headers are, whatever stands before them.
const BEGINNING_BYTES: usize = 64 << 10;

/// The error for a file of which no row is a record: why, and the setting that reads it. None where other rules read no row
/// either.
pub fn mismatch(file: &InputFile, rules: &CsvRules, time: &TimeReader) -> Option<Error> {
    let sample = Sample::of(file, Some(Format::Csv), rules, ROWS_MAX).ok()?;
    let no_row = |(cause, help): (String, Help)| {
        Error::data(format!("no row of {} was counted: {cause}", file.name))
            .with_code(Code::NothingCounted)
            .at(Location::of(&file.name))
            .help(help)
    };
    if !sample.rows.is_empty() {
        return padded_title(file, rules, &sample, time).map(no_row);
    }
    if sample.odd.is_empty() {
        return left_out(file, rules, &sample, time).map(no_row);
    }
    let cause = declared(file, rules, &sample)
        .or_else(|| trailing_delimiter(file, &sample))
        .or_else(|| title(file, rules, &sample, time))
        .unwrap_or_else(|| other(file, &sample));
    Some(no_row(cause))
}

/// What to declare for a file whose header has not the `columns` that are needed, while a later line has them: a
/// setting and its value. Its beginning is read once, however many lines are tried.
pub(super) fn later_header(
    rules: &CsvRules,
    columns: &[&str],
    read_at: ReadAt<'_>,
) -> Option<(Setting, String)> {
    let mut beginning = vec![0; BEGINNING_BYTES];
    let read = read_at(&mut beginning, 0).ok()?;
    let is_whole = read < beginning.len();
    beginning.truncate(read);
    let read_at = |bytes: &mut [u8], at: u64| match beginning.get(at as usize..) {
        Some(held) if is_whole || held.len() >= bytes.len() => {
            let read = held.len().min(bytes.len());
            bytes[..read].copy_from_slice(&held[..read]);
            Ok(read)
        }
        _ => read_at(bytes, at),
    };
    let line_end = line_end_of(rules, &read_at).ok()?;
    let head = |rules: &CsvRules| Head::read("", rules, line_end, &read_at);
    let has_all = |head: &Head| columns.iter().all(|column| head.names.iter().any(|name| name == column));
    let commented = CsvRules { comment: Some(b'#'), ..rules.clone() };
    if rules.comment.is_none() && head(&commented).is_ok_and(|head| has_all(&head)) {
        return Some((Setting::Comment, "#".to_owned()));
    }
    let lines = rules.skip_lines + 1..=rules.skip_lines + TITLE_LINES_MAX;
    let heads = lines.map(|skip_lines| head(&CsvRules { skip_lines, ..rules.clone() }));
    // Where no line is left, none follows.
    let mut heads = heads.take_while(|head| head.as_ref().map_or(true, |head| !head.names.is_empty()));
    let found = heads.find_map(|head| head.ok().filter(has_all))?;
    Some((Setting::SkipLines, found.skipped.to_string()))
}

/// Whether one more rule, which is declared nowhere, makes records of the lines.
fn declared(file: &InputFile, rules: &CsvRules, sample: &Sample) -> Option<(String, Help)> {
    let mut tried = Vec::new();
    if rules.encoding.is_utf8() && sample.odd.iter().any(|odd| odd.fault == Fault::InvalidUtf8) {
        let encoding = Encoding::of_label("latin1").ok()?;
        let cause = "its rows are not UTF-8, perhaps Latin-1".to_owned();
        tried.push((CsvRules { encoding, ..rules.clone() }, (Setting::Encoding, "latin1"), cause));
    }
    if rules.comment.is_none() && sample.head.line.starts_with(b"#") {
        let cause = format!("line {} is a comment, not a header", sample.head.line_ends);
        tried.push((CsvRules { comment: Some(b'#'), ..rules.clone() }, (Setting::Comment, "#"), cause));
    }
    for (name, byte) in DELIMITERS {
        let cause =
            format!("its delimiter is the {name}, not {:?}", char::from(sample.head.dialect.delimiter()));
        tried.push((CsvRules { delimiter: Some(byte), ..rules.clone() }, (Setting::Delimiter, name), cause));
    }
    let found =
        tried.into_iter().find(|(rules, ..)| fits(file, rules).is_some_and(|found| found.header.len() > 1));
    found.map(|(_, (setting, value), cause)| (cause, Help::default().changed(setting, value)))
}

/// Whether each row ends with a delimiter that the header has not.
fn trailing_delimiter(file: &InputFile, sample: &Sample) -> Option<(String, Help)> {
    let delimiter = char::from(sample.head.dialect.delimiter());
    let has_one_more = |odd: &Odd| {
        let text = odd.text.trim_ascii_end();
        odd.fault == Fault::TooManyFields
            && odd.fields == sample.header.len() + 1
            && text.last() == Some(&sample.head.dialect.delimiter())
    };
    sample.odd.iter().all(has_one_more).then(|| {
        let cause = format!("every row has one field more than the header: a {delimiter:?} at its end");
        let pattern = word(format!("s/[{delimiter}][[:space:]]*$//"));
        (cause, format!("sed {pattern} {} > fixed.csv", word(&file.path)).into())
    })
}

/// Whether a later line is the header.
fn title(file: &InputFile, rules: &CsvRules, sample: &Sample, time: &TimeReader) -> Option<(String, Help)> {
    let names_column = |name: &String| {
        name.parse::<f64>().is_err() && matches!(time.read(name.as_bytes()), Err(Reason::BadTime))
    };
    later_line(file, rules, sample, &|found| found.header.iter().all(names_column))
}

/// The first line after the header that is one as well, by what follows on it.
fn later_line(
    file: &InputFile,
    rules: &CsvRules,
    sample: &Sample,
    is_header: &dyn Fn(&Sample) -> bool,
) -> Option<(String, Help)> {
    let from = sample.head.line_ends.max(rules.skip_lines + 1);
    (from..from + TITLE_LINES_MAX).find_map(|skip_lines| {
        let rules = CsvRules { skip_lines, ..rules.clone() };
        let found = fits(file, &rules).filter(is_header)?;
        let cause = format!("its header is line {}, after a title", found.head.line_ends);
        Some((cause, Help::default().changed(Setting::SkipLines, skip_lines.to_string())))
    })
}

/// Whether a later line is the header, after lines of a spreadsheet that have as many delimiters.
fn padded_title(
    file: &InputFile,
    rules: &CsvRules,
    sample: &Sample,
    time: &TimeReader,
) -> Option<(String, Help)> {
    if !sample.header.iter().any(String::is_empty) {
        return None;
    }
    let is_written = |format: &TimeFormat| !matches!(format, TimeFormat::Iso | TimeFormat::Date);
    let has_time = |row: &Vec<String>| {
        row.iter()
            .map(|text| text.trim_ascii())
            .any(|text| is_time(time, text) || formats(text).iter().any(is_written))
    };
    let names_column =
        |name: &String| !name.is_empty() && name.parse::<f64>().is_err() && !is_time(time, name);
    later_line(file, rules, sample, &|found| {
        found.header.iter().all(names_column) && found.rows.first().is_some_and(has_time)
    })
}

/// Whether the rules leave out lines that are rows without them, so that no row remains.
fn left_out(
    file: &InputFile,
    rules: &CsvRules,
    sample: &Sample,
    time: &TimeReader,
) -> Option<(String, Help)> {
    if sample.head.skipped > 0 && sample.header.is_empty() {
        let all = CsvRules { skip_lines: 0, ..rules.clone() };
        let whole = Sample::of(file, Some(Format::Csv), &all, ROWS_MAX)
            .ok()
            .filter(|of| of.rows.len() + of.malformed > 0)?;
        let cause =
            format!("all of its {} are left out before the header", counted(sample.head.skipped, "line"));
        let fewer = title(file, &all, &whole, time).filter(|_| whole.rows.is_empty());
        let all = || Help::default().changed(Setting::SkipLines, "0");
        let fewer = fewer.map_or_else(all, |(_, fewer)| fewer);
        return Some((cause, Help::from("leave out fewer lines: ").join(fewer)));
    }
    let comment = rules.comment?;
    let whole =
        Sample::of(file, Some(Format::Csv), &CsvRules { comment: None, ..rules.clone() }, ROWS_MAX).ok()?;
    whole.rows.iter().flatten().find(|text| is_time(time, text.trim_ascii()))?;
    let cause = format!("its rows begin with {:?}, and are left out as comments", char::from(comment));
    let other = if comment == b'#' { ";" } else { "#" };
    let help = Help::from("declare no comments, or another character for them: ");
    Some((cause, help.changed(Setting::Comment, other)))
}

fn is_time(time: &TimeReader, text: &str) -> bool {
    !matches!(time.read_plainly(text.as_bytes()), Err(Reason::BadTime))
}

/// What is wrong with its first line that is not a record.
fn other(file: &InputFile, sample: &Sample) -> (String, Help) {
    let first = sample.odd.first();
    let (fields, names) = (first.map_or(0, |odd| odd.fields), sample.header.len());
    let reason = first.map_or("", |odd| Reason::from(odd.fault).name());
    let cause = match first.map(|odd| odd.fault) {
        Some(Fault::TooFewFields | Fault::TooManyFields) => {
            let (has, names_them) = (counted(fields as u64, "field"), !sample.header_line.is_empty());
            let declared = if names_them { "the header has" } else { "columns names" };
            format!("the first row has {has}, {declared} {names}")
        }
        _ => format!("the first row is a reject: {reason}"),
    };
    (cause, format!("look at the file: head -n 5 {}", word(&file.path)).into())
}

/// The sample of a file by other rules, if most of its lines are records.
fn fits(file: &InputFile, rules: &CsvRules) -> Option<Sample> {
    let sample = Sample::of(file, Some(Format::Csv), rules, ROWS_MAX).ok()?;
    (!sample.rows.is_empty() && sample.rows.len() >= sample.malformed).then_some(sample)
}

#[cfg(test)]
mod tests;
