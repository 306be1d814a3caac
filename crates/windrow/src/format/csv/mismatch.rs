//! Mismatches: why no row of a file is a record of its header, found by reading its beginning by other rules.

use windrow_scan::csv::Fault;

use super::head::{Head, line_end_of};
use super::rules::{CsvRules, DELIMITERS};
use super::sample::{BYTES_MAX as SAMPLE_BYTES_MAX, Odd, ROWS_MAX, Sample};
use crate::codec::{Encoding, ReadAt};
use crate::error::{Code, Error, Help, Location, Result, Setting};
use crate::event::{TimeFormat, TimeReader, formats};
use crate::reject::Reason;
use crate::settings::Stop;
use crate::source::InputFile;
use crate::text::number::counted;
use crate::text::shell::word;

/// Lines before a header that are tried.
const TITLE_LINES_MAX: u64 = 20;

/// Bytes in which most headers are, whatever stands before them.
const BEGINNING_BYTES: usize = 64 << 10;

/// Bytes in which a cause is looked for: a sample, and what may stand before its first row.
const LOOKED_AT_BYTES: usize = SAMPLE_BYTES_MAX + (1 << 20);

/// The beginning of a file, read once however often it is looked at.
struct Beginning {
    bytes: Vec<u8>,
    /// Whether it is all of the file.
    is_whole: bool,
}

impl Beginning {
    fn read(bytes: usize, read_at: ReadAt<'_>) -> Result<Self> {
        let mut beginning = vec![0; bytes];
        let read = read_at(&mut beginning, 0)?;
        beginning.truncate(read);
        Ok(Beginning { bytes: beginning, is_whole: read < bytes })
    }

    /// Fills `bytes` from `at` on; none where they reach beyond it.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> Option<usize> {
        let held = self.bytes.get(at as usize..).unwrap_or_default();
        let read = held.len().min(bytes.len());
        bytes[..read].copy_from_slice(&held[..read]);
        (self.is_whole || read == bytes.len()).then_some(read)
    }
}

/// A file whose rows do not fit.
struct Unfit<'a> {
    file: &'a InputFile,
    beginning: Beginning,
}

impl Unfit<'_> {
    /// The sample of its beginning by these rules.
    fn sample(&self, rules: &CsvRules) -> Option<Sample> {
        let beyond = || Error::data("more of the file is needed").with_code(Code::UnreadableFormat);
        let read_at = |bytes: &mut [u8], at: u64| self.beginning.read_at(bytes, at).ok_or_else(beyond);
        Sample::read(&self.file.name, rules, ROWS_MAX, &read_at).ok()
    }

    /// The sample by other rules, if most of its lines are records.
    fn fits(&self, rules: &CsvRules) -> Option<Sample> {
        self.sample(rules).filter(|found| !found.rows.is_empty() && found.rows.len() >= found.malformed)
    }
}

/// The error for a file of which no row is a record: why, and the setting that reads it. None where other rules read no row
/// either.
pub fn mismatch(file: &InputFile, rules: &CsvRules, time: &TimeReader) -> Option<Error> {
    if rules.pattern.is_some() {
        return None;
    }
    let input = file.open(&Stop::default()).ok()?;
    let beginning = Beginning::read(LOOKED_AT_BYTES, &|bytes, at| input.read_at(bytes, at)).ok()?;
    let unfit = &Unfit { file, beginning };
    let sample = unfit.sample(rules)?;
    // Of the rows behind one that cannot be held nothing is known.
    if sample.odd.iter().any(|odd| odd.fault == Fault::TooLong) {
        return None;
    }
    let no_row = |(cause, help): (String, Help)| {
        Error::data(format!("no row of {} was counted: {cause}", file.name))
            .with_code(Code::NothingCounted)
            .at(Location::of(&file.name))
            .with_help(help)
    };
    if !sample.rows.is_empty() {
        return padded_title(unfit, rules, &sample, time).map(no_row);
    }
    if sample.odd.is_empty() {
        return left_out(unfit, rules, &sample, time).map(no_row);
    }
    let cause = declared(unfit, rules, &sample)
        .or_else(|| trailing_delimiter(unfit, &sample))
        .or_else(|| title(unfit, rules, &sample, time))
        .unwrap_or_else(|| other(unfit, &sample));
    Some(no_row(cause))
}

/// What to declare for a file whose header has not the `columns` that are needed, while a later line has them: a
/// setting and its value. Its beginning is read once, however many lines are tried.
pub(super) fn later_header(
    rules: &CsvRules,
    columns: &[&str],
    read_at: ReadAt<'_>,
) -> Option<(Setting, String)> {
    let beginning = Beginning::read(BEGINNING_BYTES, read_at).ok()?;
    let read_at = |bytes: &mut [u8], at: u64| match beginning.read_at(bytes, at) {
        Some(read) => Ok(read),
        None => read_at(bytes, at),
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
fn declared(unfit: &Unfit<'_>, rules: &CsvRules, sample: &Sample) -> Option<(String, Help)> {
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
        tried.into_iter().find(|(rules, ..)| unfit.fits(rules).is_some_and(|found| found.header.len() > 1));
    found.map(|(_, (setting, value), cause)| (cause, Help::default().changed(setting, value)))
}

/// Whether each row ends with a delimiter that the header has not.
fn trailing_delimiter(unfit: &Unfit<'_>, sample: &Sample) -> Option<(String, Help)> {
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
        (cause, format!("sed {pattern} {} > fixed.csv", word(&unfit.file.path)).into())
    })
}

/// Whether a later line is the header.
fn title(unfit: &Unfit<'_>, rules: &CsvRules, sample: &Sample, time: &TimeReader) -> Option<(String, Help)> {
    let names_column = |name: &String| {
        name.parse::<f64>().is_err() && matches!(time.read(name.as_bytes()), Err(Reason::BadTime))
    };
    later_line(unfit, rules, sample, &|found| found.header.iter().all(names_column))
}

/// The first line after the header that is one as well, by what follows on it.
fn later_line(
    unfit: &Unfit<'_>,
    rules: &CsvRules,
    sample: &Sample,
    is_header: &dyn Fn(&Sample) -> bool,
) -> Option<(String, Help)> {
    let from = sample.head.line_ends.max(rules.skip_lines + 1);
    (from..from + TITLE_LINES_MAX).find_map(|skip_lines| {
        let rules = CsvRules { skip_lines, ..rules.clone() };
        let found = unfit.fits(&rules).filter(is_header)?;
        let cause = format!("its header is line {}, after a title", found.head.line_ends);
        Some((cause, Help::default().changed(Setting::SkipLines, skip_lines.to_string())))
    })
}

/// Whether a later line is the header, after lines of a spreadsheet that have as many delimiters.
fn padded_title(
    unfit: &Unfit<'_>,
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
    later_line(unfit, rules, sample, &|found| {
        found.header.iter().all(names_column) && found.rows.first().is_some_and(has_time)
    })
}

/// Whether the rules leave out lines that are rows without them, so that no row remains.
fn left_out(
    unfit: &Unfit<'_>,
    rules: &CsvRules,
    sample: &Sample,
    time: &TimeReader,
) -> Option<(String, Help)> {
    if sample.head.skipped > 0 && sample.header.is_empty() {
        let all = CsvRules { skip_lines: 0, ..rules.clone() };
        let whole = unfit.sample(&all).filter(|of| of.rows.len() + of.malformed > 0)?;
        let cause =
            format!("all of its {} are left out before the header", counted(sample.head.skipped, "line"));
        let fewer = title(unfit, &all, &whole, time).filter(|_| whole.rows.is_empty());
        let all = || Help::default().changed(Setting::SkipLines, "0");
        let fewer = fewer.map_or_else(all, |(_, fewer)| fewer);
        return Some((cause, Help::from("leave out fewer lines: ").join(fewer)));
    }
    let comment = rules.comment?;
    let whole = unfit.sample(&CsvRules { comment: None, ..rules.clone() })?;
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
fn other(unfit: &Unfit<'_>, sample: &Sample) -> (String, Help) {
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
    (cause, format!("look at the file: head -n 5 {}", word(&unfit.file.path)).into())
}

#[cfg(test)]
mod tests;
