//! Headers: everything before the first row of a file, and how its rows are written.

use std::ops::Range;

use super::content::recognised;
use super::csv::{self, CsvRules};
use super::{InputFormat, arrow, json, parquet, text};
use crate::codec::{ReadAt, Unpacked};
use crate::delta::TableColumns;
use crate::error::{Code, Error, Result};
use crate::event::TimeReader;
use crate::measure::MeasuredColumn;
use crate::record::RecordRules;
use crate::source::InputFile;
use crate::storage::became_shorter;
use crate::tally::Tally;
use crate::text::escape::quoted;

/// What windrow knows of a file before it reads the first row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    /// How its rows are written.
    pub(crate) written: RowLayout,
    /// Where the first row begins.
    pub(crate) body_start: u64,
    /// The number of lines before it.
    pub(crate) line_ends: u64,
    /// The tally of these lines and bytes.
    pub(crate) tally: Tally,
}

/// How the rows of a file are written, and where in them the columns of a job are.
#[derive(Clone, Debug)]
pub(crate) enum RowLayout {
    Csv(Box<csv::CsvHeader>),
    Json(json::Objects),
    Parquet(Box<parquet::ParquetTable>),
    /// A table in memory.
    Arrow(Box<arrow::ArrowTable>),
    Text(text::TextLayout),
}

impl Default for RowLayout {
    fn default() -> Self {
        RowLayout::Csv(Box::default())
    }
}

impl RowLayout {
    /// The byte that ends lines.
    pub(super) fn line_end(&self) -> u8 {
        match self {
            RowLayout::Csv(header) => header.dialect.line_end().byte(),
            _ => b'\n',
        }
    }
}

/// The columns that a job names, and what reads its times.
#[derive(Clone, Copy)]
pub(crate) struct NamedColumns<'a> {
    pub(crate) time: &'a str,
    /// A second column of the time. Its text is read after that of the first, with a space between them.
    pub(crate) beside: Option<&'a str>,
    pub(crate) keys: &'a [String],
    /// The measured columns.
    pub(crate) measured: &'a [MeasuredColumn],
    /// The keys that the path of the file gives, so that the file need not have them.
    pub(crate) in_path: &'a [String],
    pub(crate) reader: &'a TimeReader,
    /// What the file calls the columns, if it is of a table that maps them.
    pub(crate) mapped: Option<&'a TableColumns>,
    /// The rules for records, if the job has any. Then the columns that they need are looked for in the file, not those named above.
    pub(crate) record: Option<&'a RecordRules>,
}

impl<'a> NamedColumns<'a> {
    /// The names of the time, of its second column, of the keys, and of those measured columns that are not among them.
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

/// The place of an optional column that a file does not have. Its values are empty.
pub(crate) const ABSENT: usize = usize::MAX;

/// The error for a file that has the time `name` in its rows and in its path.
pub(crate) fn time_in_both(name: &str) -> Error {
    Error::data(format!("the time {name} is in the file and in its path", name = quoted(name)))
        .with_code(Code::RepeatedColumn)
        .with_help("choose another time column, or rename the folders")
}

impl Header {
    /// The header of the file `name`, and how many of its bytes to read. A growing file that has `grown_to` bytes now is read up
    /// to its last line end. For other files the number is `None`: all are read. `format` is the declared format, if there is one.
    ///
    /// # Errors
    /// The file cannot be read, is in another format, or does not have the wanted columns.
    pub(crate) fn read(
        name: &str,
        format: Option<InputFormat>,
        rules: &CsvRules,
        wanted: NamedColumns<'_>,
        grown_to: Option<u64>,
        bytes: &Unpacked,
    ) -> Result<(Header, Option<u64>)> {
        if wanted.beside.is_some() && wanted.reader.in_path().is_some() {
            return Err(Error::not_built(format!(
                "{name}: one of the two columns of the time is in its path"
            ))
            .with_help("name two columns of the file for the time, or one"));
        }
        // The format that a job declares is for files, not for tables in memory.
        if let Some(table) = bytes.table() {
            let table = arrow::ArrowTable::new(table, wanted).map_err(|error| error.within(name))?;
            return Ok((Header { written: RowLayout::Arrow(Box::new(table)), ..Header::default() }, None));
        }
        let read_at: ReadAt<'_> = &|into: &mut [u8], at: u64| bytes.read_at(into, at);
        match recognised(name, format, read_at)? {
            InputFormat::Csv => {
                let (header, end) = csv::CsvHeader::read(name, rules, wanted, grown_to, read_at)?;
                let (body_start, line_ends, tally) =
                    (header.body_start, header.line_ends, header.tally.clone());
                Ok((Header { written: RowLayout::Csv(Box::new(header)), body_start, line_ends, tally }, end))
            }
            InputFormat::Json => {
                let (objects, body_start) =
                    json::Objects::read(name, rules, wanted, grown_to.is_some(), read_at)?;
                let end = match grown_to {
                    Some(size) => Some(end_of_lines(b'\n', size, read_at)?.max(body_start)),
                    None => None,
                };
                let tally = Tally { bytes_read: body_start, ..Tally::default() };
                Ok((Header { written: RowLayout::Json(objects), body_start, line_ends: 0, tally }, end))
            }
            InputFormat::Parquet | InputFormat::Delta if grown_to.is_some() => {
                Err(Error::usage(format!("{name}: Parquet files do not grow: each is written once"))
                    .with_code(Code::UnreadableFormat)
                    .with_help("leave out growing = true"))
            }
            InputFormat::Parquet | InputFormat::Delta => {
                let table = bytes
                    .whole()
                    .and_then(|input| parquet::ParquetTable::read(input, wanted, &rules.parquet));
                let table = table.map_err(|error| error.within(name))?;
                Ok((Header { written: RowLayout::Parquet(Box::new(table)), ..Header::default() }, None))
            }
            InputFormat::Text => {
                let (layout, body_start) = text::TextLayout::read(name, rules, wanted, read_at)?;
                let end = match grown_to {
                    Some(size) => Some(end_of_lines(b'\n', size, read_at)?.max(body_start)),
                    None => None,
                };
                let tally = Tally { bytes_read: body_start, ..Tally::default() };
                Ok((Header { written: RowLayout::Text(layout), body_start, line_ends: 0, tally }, end))
            }
        }
    }

    /// Leaves out the rows of `file` that were deleted from it, by the log of its table.
    ///
    /// # Errors
    /// The file's deletion vector is damaged, is that of another file, or cannot be read.
    pub(crate) fn leave_out_deleted(&mut self, file: &InputFile) -> Result<()> {
        let deleted = file.table.as_ref().and_then(|part| part.deleted.as_ref());
        let (Some(deleted), RowLayout::Parquet(table)) = (deleted, &mut self.written) else { return Ok(()) };
        deleted.numbers().and_then(|rows| table.leave_out(rows)).map_err(|error| error.within(&file.name))
    }

    /// Whether reading can start anywhere in the file, so that several threads can share it.
    pub(crate) fn is_splittable(&self) -> bool {
        match &self.written {
            RowLayout::Csv(_) | RowLayout::Text(_) => true,
            RowLayout::Json(objects) => objects.shape == json::ObjectShape::Lines,
            RowLayout::Parquet(_) | RowLayout::Arrow(_) => true,
        }
    }

    /// The number of pieces that the format divides the file into, each read by one thread. `None` if the file is cut by bytes.
    pub(crate) fn pieces(&self) -> Option<u64> {
        match &self.written {
            RowLayout::Csv(_) | RowLayout::Json(_) | RowLayout::Text(_) => None,
            RowLayout::Parquet(table) => Some(table.groups() as u64),
            RowLayout::Arrow(table) => Some(table.pieces()),
        }
    }
}

/// Where the last whole line of a file of `size` bytes ends. The rest is read once its line end is there.
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

/// Bytes of one read in the search for the last line end.
const LOOKED_AT: u64 = 64 << 10;
