//! What stands before the first row of a file, and how its rows are written.

use std::ops::Range;

use super::content::recognised;
use super::csv::{self, CsvRules};
use super::{InputFormat, arrow, json, parquet, text};
use crate::codec::{ReadAt, Unpacked};
use crate::error::{Code, Error, Result};
use crate::event::TimeReader;
use crate::measure::MeasuredColumn;
use crate::record::RecordRules;
use crate::storage::became_shorter;
use crate::tally::Tally;
use crate::text::escape::quoted;

/// What is known of a file before its first row is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    /// How its rows are written.
    pub(crate) written: Written,
    /// Where the first row begins.
    pub(crate) body_start: u64,
    /// The lines before that.
    pub(crate) line_ends: u64,
    /// What stands there.
    pub(crate) tally: Tally,
}

/// How the rows of a file are written, and where in them is what a job names.
#[derive(Clone, Debug)]
pub(crate) enum Written {
    Csv(Box<csv::Header>),
    Json(json::Objects),
    Parquet(Box<parquet::Table>),
    /// A table in memory.
    Arrow(Box<arrow::Table>),
    Text(text::Layout),
}

impl Default for Written {
    fn default() -> Self {
        Written::Csv(Box::default())
    }
}

impl Written {
    /// What ends lines.
    pub(super) fn line_end(&self) -> u8 {
        match self {
            Written::Csv(header) => header.dialect.line_end().byte(),
            _ => b'\n',
        }
    }
}

/// The columns that a job names, and what reads its times.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) time: &'a str,
    /// What is read behind the time and a space.
    pub(crate) beside: Option<&'a str>,
    pub(crate) keys: &'a [String],
    /// What is measured.
    pub(crate) measured: &'a [MeasuredColumn],
    /// Which of the keys the path of the file names, so that the file need not have them.
    pub(crate) in_path: &'a [String],
    pub(crate) reader: &'a TimeReader,
    /// What is made of records, where anything is: then the columns of the file are those that it needs, and these are not asked for by
    /// what the job names.
    pub(crate) record: Option<&'a RecordRules>,
}

impl<'a> Columns<'a> {
    /// The names: that of the time, of what is read behind it, of the keys, and of what is measured and none of these.
    pub(super) fn names(&self) -> Vec<String> {
        if let Some(record) = self.record {
            return record.names();
        }
        let time = [Some(self.time), self.beside];
        let mut names: Vec<String> =
            time.into_iter().flatten().map(str::to_owned).chain(self.keys.iter().cloned()).collect();
        for column in self.measured {
            if !names.contains(&column.name) {
                names.push(column.name.clone());
            }
        }
        names
    }

    /// Which of the [`names`](Self::names) are of keys.
    pub(super) fn numbers_of_keys(&self) -> Range<usize> {
        if self.record.is_some() {
            return 0..0;
        }
        let first = 1 + usize::from(self.beside.is_some());
        first..first + self.keys.len()
    }

    /// Which of the [`names`](Self::names) are measured, in their order.
    pub(super) fn numbers_of_measured(&self) -> Vec<usize> {
        if self.record.is_some() {
            return Vec::new();
        }
        let names = self.names();
        let number = |column: &MeasuredColumn| names.iter().position(|name| *name == column.name);
        self.measured.iter().filter_map(number).collect()
    }
}

/// The place of a column that a file need not have, and has not: its values are empty.
pub(crate) const ABSENT: usize = usize::MAX;

/// The error for a file that has the time `name` in its rows and in its path.
pub(crate) fn time_in_both(name: &str) -> Error {
    Error::data(format!("the time {name} is in the file and in its path", name = quoted(name)))
        .with_code(Code::RepeatedColumn)
        .with_help("name another column for the time, or the folders otherwise")
}

impl Header {
    /// The header of the file `name`, and how many of its bytes are to be read: of one that grows, and has `grown_to` bytes
    /// now, those up to its last line end; of any other all. Its format is the one declared, or else what its beginning shows.
    ///
    /// # Errors
    /// The file cannot be read, is in another format, or has not the columns that are wanted.
    pub(crate) fn read(
        name: &str,
        format: Option<InputFormat>,
        rules: &CsvRules,
        wanted: Columns<'_>,
        grown_to: Option<u64>,
        bytes: &Unpacked,
    ) -> Result<(Header, Option<u64>)> {
        if wanted.beside.is_some() && wanted.reader.in_path().is_some() {
            return Err(Error::usage(format!("{name}: one of the two columns of the time is in its path"))
                .with_code(Code::NotBuilt)
                .with_help("name two columns of the file for the time, or one"));
        }
        // A job says how files are written, and this is none.
        if let Some(table) = bytes.table() {
            let table = arrow::Table::new(table, wanted).map_err(|error| error.within(name))?;
            return Ok((Header { written: Written::Arrow(Box::new(table)), ..Header::default() }, None));
        }
        let read_at: ReadAt<'_> = &|into: &mut [u8], at: u64| bytes.read_at(into, at);
        match recognised(name, format, read_at)? {
            InputFormat::Csv => {
                let (header, end) = csv::Header::read(name, rules, wanted, grown_to, read_at)?;
                let (body_start, line_ends, tally) =
                    (header.body_start, header.line_ends, header.tally.clone());
                Ok((Header { written: Written::Csv(Box::new(header)), body_start, line_ends, tally }, end))
            }
            InputFormat::Json => {
                let (objects, body_start) =
                    json::Objects::read(name, rules, wanted, grown_to.is_some(), read_at)?;
                let end = match grown_to {
                    Some(size) => Some(end_of_lines(b'\n', size, read_at)?.max(body_start)),
                    None => None,
                };
                let tally = Tally { bytes_read: body_start, ..Tally::default() };
                Ok((Header { written: Written::Json(objects), body_start, line_ends: 0, tally }, end))
            }
            InputFormat::Parquet | InputFormat::Delta if grown_to.is_some() => {
                Err(Error::usage(format!("{name}: Parquet files do not grow: each is written once"))
                    .with_code(Code::UnreadableFormat)
                    .with_help("leave out growing = true"))
            }
            InputFormat::Parquet | InputFormat::Delta => {
                let table =
                    bytes.whole().and_then(|input| parquet::Table::read(input, wanted, &rules.parquet));
                let table = table.map_err(|error| error.within(name))?;
                Ok((Header { written: Written::Parquet(Box::new(table)), ..Header::default() }, None))
            }
            InputFormat::Text => {
                let (layout, body_start) = text::Layout::read(name, rules, wanted, read_at)?;
                let end = match grown_to {
                    Some(size) => Some(end_of_lines(b'\n', size, read_at)?.max(body_start)),
                    None => None,
                };
                let tally = Tally { bytes_read: body_start, ..Tally::default() };
                Ok((Header { written: Written::Text(layout), body_start, line_ends: 0, tally }, end))
            }
        }
    }

    /// Whether rows can be told apart from anywhere in the file, so that several threads can read it.
    pub(crate) fn is_splittable(&self) -> bool {
        match &self.written {
            Written::Csv(_) | Written::Text(_) => true,
            Written::Json(objects) => objects.shape == json::Shape::Lines,
            Written::Parquet(_) | Written::Arrow(_) => true,
        }
    }

    /// In how many pieces the file is read, each by one thread, where its format has cut it; none: it is cut by its bytes.
    pub(crate) fn pieces(&self) -> Option<u64> {
        match &self.written {
            Written::Csv(_) | Written::Json(_) | Written::Text(_) => None,
            Written::Parquet(table) => Some(table.groups() as u64),
            Written::Arrow(table) => Some(table.pieces()),
        }
    }
}

/// Where the last whole line of a file of `size` bytes ends: what follows it waits for its line end.
pub(super) fn end_of_lines(line_end: u8, size: u64, read_at: ReadAt<'_>) -> Result<u64> {
    let mut end = size;
    let mut bytes = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(LOOKED_AT);
        bytes.resize((end - start) as usize, 0);
        if read_at(&mut bytes, start)? < bytes.len() {
            return Err(became_shorter());
        }
        if let Some(place) = memchr::memrchr(line_end, &bytes) {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Bytes that are looked at together for the last line end.
const LOOKED_AT: u64 = 64 << 10;
