//! Mismatches: why no row of a file fits its header, found by reading its beginning with other rules.

use windrow_scan::csv::RecordFault;

use super::head::{FileHead, line_end_of};
use super::rules::{CsvRules, DELIMITERS};
use super::sample::{BYTES_MAX as SAMPLE_BYTES_MAX, ROWS_MAX, Sample, SampledFault};
use super::text_log::{pattern_for, time_before_words};
use crate::codec::{Encoding, ReadAt};
use crate::error::{Code, Error, Help, Location, Result, Setting};
use crate::event::{TimeFormat, TimeReader, formats};
use crate::reject::Reason;
use crate::settings::Stop;
use crate::source::InputFile;
use crate::text::number::counted;
use crate::text::shell::word;

/// How many lines before a header are tried.
const TITLE_LINES_MAX: u64 = 20;

/// Bytes that hold most headers, whatever comes before them.
const BEGINNING_BYTES: usize = 64 << 10;

/// Bytes that are searched for a cause: a sample, and what may come before its first row.
const LOOKED_AT_BYTES: usize = SAMPLE_BYTES_MAX + (1 << 20);

/// The beginning of a file, which is read only once.
struct Beginning {
    bytes: Vec<u8>,
    /// Whether it is the whole file.
    is_whole: bool,
}

impl Beginning {
    fn read(bytes: usize, read_at: ReadAt<'_>) -> Result<Self> {
        let mut beginning = vec![0; bytes];
        let read = read_at(&mut beginning, 0)?;
        beginning.truncate(read);
        Ok(Beginning { bytes: beginning, is_whole: read < bytes })
    }

    /// Fills `bytes` from `at` on. `None` if they reach beyond the beginning of a longer file.
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
    /// The sample of its beginning under these rules.
    fn sample(&self, rules: &CsvRules) -> Option<Sample> {
        let beyond = || Error::data("more of the file is needed").with_code(Code::UnreadableFormat);
        let read_at = |bytes: &mut [u8], at: u64| self.beginning.read_at(bytes, at).ok_or_else(beyond);
        Sample::read(&self.file.name, rules, ROWS_MAX, &read_at).ok()
    }

    /// The sample under these rules, if at least half of its lines are records.
    fn fits(&self, rules: &CsvRules) -> Option<Sample> {
        self.sample(rules).filter(|found| !found.rows.is_empty() && found.rows.len() >= found.malformed)
    }
}

/// The error for a file of which no row was counted, with the cause and, if possible, the setting to change. `None` if no cause is found.
pub fn mismatch(file: &InputFile, rules: &CsvRules, time: &TimeReader) -> Option<Error> {
    if rules.pattern.is_some() {
        return None;
    }
    let input = file.open(&Stop::default()).ok()?;
    let beginning = Beginning::read(LOOKED_AT_BYTES, &|bytes, at| input.read_at(bytes, at)).ok()?;
    let unfit = &Unfit { file, beginning };
    let sample = unfit.sample(rules)?;
    // Nothing is known of the rows after a row that is too long.
    if sample.odd.iter().any(|odd| odd.fault == RecordFault::TooLong) {
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

/// The setting and the value to declare for a file whose header lacks some of the `columns`, if a later line has them all.
/// The beginning of the file is read only once.
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
    let head = |rules: &CsvRules| FileHead::read("", rules, line_end, &read_at);
    let has_all = |head: &FileHead| columns.iter().all(|column| head.names.iter().any(|name| name == column));
    let commented = CsvRules { comment: Some(b'#'), ..rules.clone() };
    if rules.comment.is_none() && head(&commented).is_ok_and(|head| has_all(&head)) {
        return Some((Setting::Comment, "#".to_owned()));
    }
    let lines = rules.skip_lines + 1..=rules.skip_lines + TITLE_LINES_MAX;
    let heads = lines.map(|skip_lines| head(&CsvRules { skip_lines, ..rules.clone() }));
    // If there are no more lines, there is no use in skipping more.
    let mut heads = heads.take_while(|head| head.as_ref().map_or(true, |head| !head.names.is_empty()));
    let found = heads.find_map(|head| head.ok().filter(has_all))?;
    Some((Setting::SkipLines, found.skipped.to_string()))
}

/// The cause and the help if the lines are records under one more rule that is not declared.
fn declared(unfit: &Unfit<'_>, rules: &CsvRules, sample: &Sample) -> Option<(String, Help)> {
    let mut tried = Vec::new();
    if rules.encoding.is_utf8() && sample.odd.iter().any(|odd| odd.fault == RecordFault::InvalidUtf8) {
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

/// The cause and the help if each row ends with a delimiter that the header does not have.
fn trailing_delimiter(unfit: &Unfit<'_>, sample: &Sample) -> Option<(String, Help)> {
    let delimiter = char::from(sample.head.dialect.delimiter());
    let has_one_more = |odd: &SampledFault| {
        let text = odd.text.trim_ascii_end();
        odd.fault == RecordFault::TooManyFields
            && odd.fields == sample.header.len() + 1
            && text.last() == Some(&sample.head.dialect.delimiter())
    };
    sample.odd.iter().all(has_one_more).then(|| {
        let cause = format!("every row has one field more than the header: a {delimiter:?} at its end");
        let pattern = word(format!("s/[{delimiter}][[:space:]]*$//"));
        (cause, format!("sed {pattern} {} > fixed.csv", word(&unfit.file.path)).into())
    })
}

/// The cause and the help if a later line is the header.
fn title(unfit: &Unfit<'_>, rules: &CsvRules, sample: &Sample, time: &TimeReader) -> Option<(String, Help)> {
    let names_column = |name: &String| {
        name.parse::<f64>().is_err() && matches!(time.read(name.as_bytes()), Err(Reason::BadTime))
    };
    later_line(unfit, rules, sample, &|found| found.header.iter().all(names_column))
}

/// The cause and the help for the first later line that can be a header, judging by the rows after it.
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

/// The same for the title lines of a spreadsheet, which have the same number of delimiters as the rows.
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

/// The cause and the help if the rules skip all rows, as lines before the header or as comments.
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

/// What is wrong with the first line that is not a record.
fn other(unfit: &Unfit<'_>, sample: &Sample) -> (String, Help) {
    let first = sample.odd.first();
    let (fields, names) = (first.map_or(0, |odd| odd.fields), sample.header.len());
    let reason = first.map_or("", |odd| Reason::from(odd.fault).name());
    let cause = match first.map(|odd| odd.fault) {
        Some(RecordFault::TooFewFields | RecordFault::TooManyFields) => {
            let (has, names_them) = (counted(fields as u64, "field"), !sample.header_line.is_empty());
            let declared = match names_them {
                true => format!("the header has {names}"),
                false if names == 1 => "1 column is declared".to_owned(),
                false => format!("{names} columns are declared"),
            };
            format!("the first row has {has}, {declared}")
        }
        _ => format!("the first row is a reject: {reason}"),
    };
    let log = time_before_words(&sample.header_line).and_then(|_| pattern_for(&sample.header_line));
    (cause, log.unwrap_or_else(|| format!("look at the file: head -n 5 {}", word(&unfit.file.path)).into()))
}

#[cfg(test)]
mod tests;
