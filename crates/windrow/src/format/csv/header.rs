//! The header: from the names in the first record to the places of the columns that a job needs.

use windrow_scan::csv::Dialect;

use super::head::{FileHead, line_end_of};
use super::mismatch::later_header;
use super::rules::{CsvRules, DELIMITERS};
use crate::codec::ReadAt;
use crate::error::{Code, Error, Help, Result, Setting};
use crate::event::TimeReader;
use crate::format::header::{ABSENT, NamedColumns, end_of_lines, time_in_both};
use crate::record::FileColumn;
use crate::tally::Tally;
use crate::text::escape::{names, quoted};
use crate::text::suggest::nearest;

/// What the header of a file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct CsvHeader {
    /// How the rows of the file are written.
    pub(crate) dialect: Dialect,
    /// The header's line without its line end, to recognise it if it is repeated.
    pub(crate) line: Vec<u8>,
    /// The names of the columns.
    pub(crate) names: Vec<String>,
    /// The column that has the time.
    pub(crate) time: usize,
    /// The second column of the time, if it is in two columns.
    pub(crate) beside: Option<usize>,
    /// The columns that have the keys.
    pub(crate) keys: Vec<usize>,
    /// The columns that are measured.
    pub(crate) measured: Vec<usize>,
    /// The columns that the rules for records need. If there are such rules, the columns above are not used.
    pub(crate) record: Option<Vec<usize>>,
    /// Where the first record after the header begins.
    pub(crate) body_start: u64,
    /// The number of lines up to and including the header.
    pub(crate) line_ends: u64,
    /// The lines before the header that are not rows, and the header's bytes.
    pub(crate) tally: Tally,
}

impl CsvHeader {
    /// The header of the file `name`, and how many of its bytes to read. A growing file that has `grown_to` bytes now is read up
    /// to its last line end. For other files the number is `None`: all are read.
    ///
    /// # Errors
    /// The file cannot be read, is not CSV, or does not have the wanted columns.
    pub(crate) fn read(
        name: &str,
        rules: &CsvRules,
        wanted: NamedColumns<'_>,
        grown_to: Option<u64>,
        read_at: ReadAt<'_>,
    ) -> Result<(CsvHeader, Option<u64>)> {
        let within = |error: Error| error.within(name);
        let read_at = |bytes: &mut [u8], at: u64| read_at(bytes, at).map_err(within);
        let line_end = line_end_of(rules, &read_at)?;
        let ends = grown_to.map(|size| end_of_lines(line_end.byte(), size, &read_at)).transpose()?;
        let read_at = |bytes: &mut [u8], at: u64| {
            let left = ends.map_or(u64::MAX, |ends| ends.saturating_sub(at));
            let wanted = left.min(bytes.len() as u64) as usize;
            read_at(&mut bytes[..wanted], at)
        };
        let head = FileHead::read(name, rules, line_end, &read_at)?;
        let mut header = CsvHeader::of(head, wanted).map_err(|error| {
            let columns = wanted.names();
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let is_repeated = error.code() == Code::RepeatedColumn;
            let later = (!is_repeated).then(|| later_header(rules, &columns, &read_at)).flatten();
            within(match later {
                Some((setting, value)) => {
                    error.with_help(Help::from("a later line names these columns: ").set(setting, value))
                }
                None => error,
            })
        })?;
        if let Some(record) = wanted.record {
            record
                .check_joined(&mut |name| header.names.iter().any(|other| other == name))
                .map_err(within)?;
        }
        header.tally.bytes_read = header.body_start;
        Ok((header, ends))
    }

    /// The header of a file with this head.
    ///
    /// # Errors
    /// Usage: a wanted column is missing or there more than once.
    fn of(head: FileHead, wanted: NamedColumns<'_>) -> Result<CsvHeader> {
        let FileHead { dialect, line, names, end, line_ends, skipped, blank, comment } = head;
        let mut tally = Tally { skipped, blank, comment, ..Tally::default() };
        tally.read = tally.ignored();
        let mut header =
            CsvHeader { dialect, line, names, body_start: end, line_ends, tally, ..CsvHeader::default() };
        if !header.names.is_empty() {
            let has = |name: &str| header.names.iter().any(|other| other == name);
            let place = |name: &String| match wanted.in_path.contains(name) && !has(name) {
                true => Ok(ABSENT),
                false => column(wanted.reader, &header, name),
            };
            if let Some(record) = wanted.record {
                if wanted.reader.in_path().is_some() && has(wanted.time) {
                    return Err(time_in_both(wanted.time));
                }
                let place = |column: &FileColumn| place(&column.name).map_err(|error| column.named(error));
                header.record = Some(record.file.iter().map(place).collect::<Result<_>>()?);
                return Ok(header);
            }
            let keys = wanted.keys.iter().map(place).collect::<Result<_>>();
            let time = match wanted.reader.in_path() {
                Some(_) if has(wanted.time) => return Err(time_in_both(wanted.time)),
                // Any column will do, as the time is in the path.
                Some(_) => 0,
                None => column(wanted.reader, &header, wanted.time)?,
            };
            let beside = wanted.beside.map(|name| column(wanted.reader, &header, name)).transpose()?;
            let measured = wanted.measured.iter().map(|of| column(wanted.reader, &header, &of.name));
            header.measured = measured.collect::<Result<_>>()?;
            (header.time, header.beside, header.keys) = (time, beside, keys?);
        }
        Ok(header)
    }
}

/// The place of the column `name`, which must be there exactly once.
fn column(time: &TimeReader, header: &CsvHeader, name: &str) -> Result<usize> {
    let places: Vec<usize> =
        header.names.iter().enumerate().filter(|(_, other)| *other == name).map(|(at, _)| at).collect();
    match places[..] {
        [place] => Ok(place),
        [] => Err(missing(time, header, name)),
        _ => {
            let places: Vec<String> = places.iter().map(|place| (place + 1).to_string()).collect();
            Err(Error::usage(format!(
                "column {name} appears more than once ({})",
                places.join(", "),
                name = quoted(name)
            ))
            .with_code(Code::RepeatedColumn)
            .with_help("give the columns different names in the header"))
        }
    }
}

fn missing(time: &TimeReader, header: &CsvHeader, name: &str) -> Error {
    let names = names(&header.names);
    let error = Error::usage(format!("no column {name}; the header has {names}", name = quoted(name)))
        .with_code(Code::MissingColumn);
    if header.names.iter().any(|name| time.read(name.as_bytes()).is_ok()) {
        return error.with_help(
            "the first line looks like data: a CSV file begins with a line that names its columns",
        );
    }
    if let Some((delimiter, columns)) = other_delimiter(header) {
        let named = DELIMITERS.iter().find(|(name, byte)| *name == "tab" && *byte == delimiter as u8);
        let value = named.map_or(delimiter.to_string(), |(name, _)| (*name).to_owned());
        return error
            .with_help(format!("1 column found; the delimiter {delimiter:?} gives {columns}:"))
            .set(Setting::Delimiter, value);
    }
    match nearest(name, header.names.iter().map(String::as_str)) {
        Some(near) => error.with_help(format!("did you mean {near}?", near = quoted(near))),
        None => {
            error.with_help("name a column of the header for the time, for each key and for each measure")
        }
    }
}

/// The delimiter that divides a header of one column into several, and how many.
fn other_delimiter(header: &CsvHeader) -> Option<(char, usize)> {
    if header.names.len() > 1 {
        return None;
    }
    [';', '\t', '|', ',']
        .into_iter()
        .filter(|delimiter| *delimiter as u8 != header.dialect.delimiter())
        .map(|delimiter| (delimiter, header.line.iter().filter(|byte| **byte == delimiter as u8).count() + 1))
        .filter(|(_, columns)| *columns > 1)
        .max_by_key(|(_, columns)| *columns)
}
