//! Results in CSV, with a header or without.

use std::cmp::Ordering;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use windrow_scan::csv::record::{self, NextRecord, RecordLine};
use windrow_scan::csv::{Dialect, OtherLine, RECORD_BYTES_MAX, RecordRow, RecordScanner, RecordVisitor};

use super::{EachRow, Go, ResultField, cannot_read};
use crate::compare::instant::reads_as_time;
use crate::compare::spark::SparkCsvOptions;
use crate::compare::spark::rows::{SparkLayout, each_row};
use crate::error::{Code, Error, Result};
use crate::reject::Reason;
use crate::settings::Stop;
use crate::text::escape;

/// Bytes to read at a time: enough for at least one record.
const CHUNK_BYTES: usize = 2 * RECORD_BYTES_MAX;

const BOM: &[u8] = "\u{feff}".as_bytes();

/// Calls `each` with every row of the file.
pub(super) fn read(path: &Path, each: &mut EachRow<'_>) -> Result<Go> {
    let mut file = Chunks::open(path)?;
    let Some(first) = file.first_record()? else { return Ok(Go::On) };
    if is_of_spark(path) {
        return read_as_spark(path, &first, each);
    }
    let mut rows = CsvResultRows {
        path,
        names: first.names,
        fields: Vec::new(),
        lines: first.lines,
        each,
        ended: Ok(Go::On),
    };
    let mut scanner = RecordScanner::new(first.dialect, rows.names.len());
    loop {
        let scanned = scanner.scan(&file.bytes, file.bytes.len(), file.at_eof, &mut rows);
        if rows.ended != Ok(Go::On) {
            return rows.ended;
        }
        file.bytes.drain(..scanned.bytes);
        if file.at_eof {
            return Ok(Go::On);
        }
        file.fill()?;
    }
}

/// Whether a file is named as Spark names its part files.
fn is_of_spark(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-"))
}

/// Calls `each` with every row of a file that Spark has written: its writer puts a backslash before a quote, and only
/// its reader reads back all that it writes.
fn read_as_spark(path: &Path, first: &CsvStart, each: &mut EachRow<'_>) -> Result<Go> {
    let wanted: Vec<usize> = (0..first.names.len()).collect();
    let layout = SparkLayout {
        reader: SparkCsvOptions { multi_line: true, quote_escapes: false, drops_malformed: false },
        delimiter: first.dialect.delimiter(),
        comment: None,
        wanted: &wanted,
        columns: wanted.len(),
        has_header: first.has_header,
    };
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let mut ended = Ok(Go::On);
    let is_whole = each_row(file, &escape::path(path), &layout, &Stop::default(), |row| {
        if ended != Ok(Go::On) {
            return;
        }
        let reason = match row.fields.cmp(&wanted.len()) {
            Ordering::Less => Some(Reason::TooFewFields),
            Ordering::Greater => Some(Reason::TooManyFields),
            Ordering::Equal => None,
        };
        let fields: Vec<ResultField> = row.values.iter().map(|value| field(value)).collect();
        let place = || format!("{}:{}", escape::path(path), row.line);
        ended = match reason {
            Some(reason) => Err(not_a_row(path, row.line, reason)),
            None => each(&first.names, &fields, &place),
        };
    })?;
    if !is_whole {
        return Err(Error::data(format!("{}: a quote stays open", escape::path(path)))
            .with_code(Code::UnreadableResult)
            .with_help("was it written to its end?"));
    }
    ended
}

/// Spark writes an empty text in quotes; it is null like one without.
fn field(value: &[u8]) -> ResultField {
    match value.is_empty() {
        true => ResultField::Null,
        false => ResultField::Text(String::from_utf8_lossy(value).into_owned()),
    }
}

/// The names of the columns.
pub(super) fn names(path: &Path) -> Result<Vec<String>> {
    Ok(Chunks::open(path)?.first_record()?.map(|first| first.names).unwrap_or_default())
}

struct Chunks<'p> {
    path: &'p Path,
    file: File,
    bytes: Vec<u8>,
    at_eof: bool,
}

struct CsvStart {
    names: Vec<String>,
    dialect: Dialect,
    has_header: bool,
    /// The lines taken so far: the header and blank lines before it.
    lines: u64,
}

impl<'p> Chunks<'p> {
    fn open(path: &'p Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
        let mut chunks = Chunks { path, file, bytes: Vec::new(), at_eof: false };
        chunks.fill()?;
        if chunks.bytes.starts_with(BOM) {
            chunks.bytes.drain(..BOM.len());
        }
        Ok(chunks)
    }

    fn fill(&mut self) -> Result<()> {
        let wanted = CHUNK_BYTES.saturating_sub(self.bytes.len()) as u64;
        let got = (&mut self.file).take(wanted).read_to_end(&mut self.bytes);
        self.at_eof = (got.map_err(|error| cannot_read(self.path, &error))? as u64) < wanted;
        Ok(())
    }

    /// Takes the header. If the first record is data, it stays, and its columns are named by their numbers.
    fn first_record(&mut self) -> Result<Option<CsvStart>> {
        let line = self.bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        let count = |byte: u8| line.unwrap_or_default().iter().filter(|other| **other == byte).count();
        let delimiter =
            [b',', b'\t', b';', b'|'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',');
        let dialect = Dialect::default().with_delimiter(delimiter).unwrap_or_default();
        let (mut fields, mut lines) = (Vec::new(), 0);
        loop {
            match record::read(&dialect, None, &self.bytes, self.at_eof, &mut fields) {
                NextRecord::More if !self.at_eof => self.fill()?,
                NextRecord::End | NextRecord::More => return Ok(None),
                NextRecord::Line { what: RecordLine::Record, whole, .. } => {
                    let texts: Vec<String> = fields
                        .iter()
                        .map(|field| record::unquote(&dialect, &self.bytes[field.clone()]))
                        .map(|text| String::from_utf8_lossy(text.trim_ascii()).into_owned())
                        .collect();
                    if texts.iter().any(|text| reads_as_time(text)) {
                        let names = (1..=texts.len()).map(|at| at.to_string()).collect();
                        return Ok(Some(CsvStart { names, dialect, has_header: false, lines }));
                    }
                    self.bytes.drain(..whole.unwrap_or(self.bytes.len()));
                    let lines = lines + 1;
                    return Ok(Some(CsvStart { names: texts, dialect, has_header: true, lines }));
                }
                NextRecord::Line { what: RecordLine::Malformed { fault, .. }, .. } => {
                    return Err(not_a_row(self.path, lines + 1, Reason::from(fault)));
                }
                NextRecord::Line { whole, .. } => {
                    self.bytes.drain(..whole.unwrap_or(self.bytes.len()));
                    lines += 1;
                }
            }
        }
    }
}

fn not_a_row(path: &Path, line: u64, reason: Reason) -> Error {
    Error::data(format!("{}:{line} is not a row: {}", escape::path(path), reason.name()))
        .with_code(Code::UnreadableResult)
        .with_help("correct the row: each has as many fields as the first line")
}

struct CsvResultRows<'a, 'e> {
    path: &'a Path,
    names: Vec<String>,
    fields: Vec<ResultField>,
    lines: u64,
    each: &'a mut EachRow<'e>,
    ended: Result<Go>,
}

impl RecordVisitor for CsvResultRows<'_, '_> {
    fn row(&mut self, row: RecordRow<'_>) {
        self.lines += 1;
        if self.ended != Ok(Go::On) {
            return;
        }
        self.fields.clear();
        for column in 0..self.names.len() {
            self.fields.push(field(&row.value(column)));
        }
        let (path, lines) = (self.path, self.lines);
        self.ended = (self.each)(&self.names, &self.fields, &|| format!("{}:{lines}", escape::path(path)));
    }

    fn line(&mut self, line: OtherLine<'_>) {
        self.lines += 1;
        if let (RecordLine::Malformed { fault, .. }, Ok(Go::On)) = (line.what, &self.ended) {
            self.ended = Err(not_a_row(self.path, self.lines, Reason::from(fault)));
        }
    }
}
