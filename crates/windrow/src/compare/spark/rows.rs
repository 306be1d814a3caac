//! The rows of a file, as `spark.read.option("header", True).csv` has them.

use std::io::Read;
use std::ops::Range;

use super::SparkCsvOptions;
use super::record::{RecordSeparator, SparkRecords};
use crate::error::{Error, Result};
use crate::settings::Stop;

/// Bytes to read at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// The most bytes of a record to hold: by these rules, the rest of the file may be one record.
const RECORD_BYTES_MAX: usize = 64 << 20;

const BOM: &[u8] = "\u{feff}".as_bytes();

/// One row.
pub(in crate::compare) struct SparkRow<'r> {
    /// The values of the wanted columns; empty: null.
    pub(in crate::compare) values: &'r [Vec<u8>],
    /// Its fields.
    pub(in crate::compare) fields: usize,
    /// The line it begins on, from 1.
    pub(in crate::compare) line: u64,
    /// Its bytes, without the end of the line.
    pub(in crate::compare) text: &'r [u8],
}

/// How the lines of a file are cut and taken apart.
#[derive(Clone, Debug)]
pub(in crate::compare) struct SparkLayout<'l> {
    pub(in crate::compare) reader: SparkCsvOptions,
    pub(in crate::compare) delimiter: u8,
    /// Lines that begin with it are left out.
    pub(in crate::compare) comment: Option<u8>,
    /// The places of the columns whose values are asked for.
    pub(in crate::compare) wanted: &'l [usize],
    /// The number of columns.
    pub(in crate::compare) columns: usize,
    /// Whether the first record is not a row.
    pub(in crate::compare) has_header: bool,
}

/// Calls `each` with every row of `file`; false: a record is too long, so that this is not how it is read.
pub(in crate::compare) fn each_row(
    mut file: impl Read,
    name: &str,
    layout: &SparkLayout<'_>,
    stop: &Stop,
    mut each: impl FnMut(SparkRow<'_>),
) -> Result<bool> {
    let mut bytes = Vec::new();
    let mut wanted = CHUNK_BYTES;
    let (mut line, mut is_header, mut at_eof) = (1, layout.has_header, false);
    let mut records: Option<SparkRecords> = None;
    let reader = layout.reader;
    let drops = reader.drops_malformed && !reader.is_pruned(layout.wanted.len(), layout.columns);
    loop {
        stop.check()?;
        let missing = wanted.saturating_sub(bytes.len()) as u64;
        if !at_eof {
            let got = (&mut file).take(missing).read_to_end(&mut bytes);
            at_eof =
                (got.map_err(|error| Error::io(format!("cannot read {name}"), &error))? as u64) < missing;
        }
        let records = records.get_or_insert_with(|| {
            if bytes.starts_with(BOM) {
                bytes.drain(..BOM.len());
            }
            let line_end =
                if layout.reader.multi_line { RecordSeparator::of(&bytes) } else { RecordSeparator::Lf };
            SparkRecords::new(layout, line_end)
        });
        let mut at = 0;
        while let Some((text, next)) = next_record(records, layout, &bytes, at, at_eof) {
            let lines = |range: Range<usize>| memchr::memchr_iter(b'\n', &bytes[range]).count() as u64;
            let start_line = line + lines(at..text.start);
            line += lines(at..next);
            at = next;
            let is_dropped = drops && records.fields != layout.columns;
            if !std::mem::take(&mut is_header) && !is_dropped {
                let text = &bytes[text];
                each(SparkRow { values: &records.values, fields: records.fields, line: start_line, text });
            }
        }
        if at_eof {
            return Ok(true);
        }
        bytes.drain(..at);
        wanted = CHUNK_BYTES.max(bytes.len() * 2);
        if bytes.len() > RECORD_BYTES_MAX {
            return Ok(false);
        }
    }
}

/// The place of the next record behind `from`, and of the one after it; `None`: more bytes are needed, or there is no record.
fn next_record(
    records: &mut SparkRecords,
    layout: &SparkLayout<'_>,
    bytes: &[u8],
    from: usize,
    at_eof: bool,
) -> Option<(Range<usize>, usize)> {
    if layout.reader.multi_line {
        let next = records.read(bytes, from)?;
        let is_whole = at_eof || next < bytes.len();
        let start = from + bytes[from..next].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let text = bytes[start..next].trim_ascii_end().len();
        return is_whole.then_some((start..start + text, next));
    }
    let mut at = from;
    loop {
        let end = memchr::memchr2(b'\n', b'\r', &bytes[at..]).map(|len| at + len);
        let (end, next) = match end {
            Some(end) if bytes[end] == b'\n' => (end, end + 1),
            Some(end) if bytes.get(end + 1) == Some(&b'\n') => (end, end + 2),
            Some(end) if at_eof || end + 1 < bytes.len() => (end, end + 1),
            None if at_eof && at < bytes.len() => (bytes.len(), bytes.len()),
            _ => return None,
        };
        let text = &bytes[at..end];
        let is_blank = text.iter().all(|byte| *byte <= b' ');
        let is_comment = layout.comment.is_some_and(|comment| text.first() == Some(&comment));
        if !is_blank && !is_comment {
            records.read(text, 0)?;
            return Some((at..end, next));
        }
        at = next;
    }
}
