//! The scan: every line of a stretch of bytes, the fast way where records are well-formed, the automaton's elsewhere.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use crate::block::InstructionSet;
use crate::csv::Dialect;
use crate::csv::find::RecordIndex;
use crate::csv::record::{self, NextRecord, RecordLine, without_cr};
use crate::{RECORD_BYTES_MAX, Scanned, skip_line};

/// Receives the lines that a scan finds, in the order of the file.
pub trait RecordVisitor {
    /// A record with as many fields as there are columns.
    fn row(&mut self, row: RecordRow<'_>);
    /// Any other line.
    fn line(&mut self, line: OtherLine<'_>);
}

/// A record with as many fields as there are columns.
#[derive(Clone, Copy, Debug)]
pub struct RecordRow<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
    delimiters: &'a [u32],
    quote: u8,
    may_have_quotes: bool,
}

impl<'a> RecordRow<'a> {
    /// Where the record begins in the bytes given to the scan.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The record without its line end.
    pub fn content(&self) -> &'a [u8] {
        &self.bytes[self.start..self.end]
    }

    /// The place of field `column` (from 0), quotes included.
    #[inline(always)]
    fn place(&self, column: usize) -> Range<usize> {
        let start = match column.checked_sub(1) {
            Some(before) => self.delimiters[before] as usize + 1,
            None => self.start,
        };
        let end = match self.delimiters.get(column) {
            Some(end) => *end as usize,
            None => self.end,
        };
        start..end
    }

    /// The value of field `column` (from 0), without its quotes.
    #[inline(always)]
    pub fn value(&self, column: usize) -> Cow<'a, [u8]> {
        let field = &self.bytes[self.place(column)];
        if self.may_have_quotes { self.unquoted(field) } else { Cow::Borrowed(field) }
    }

    /// The value of field `column` where it stands in the bytes as it is: the bytes from its first on, and its
    /// length. None when doubled quotes have to be made single.
    #[inline(always)]
    pub fn value_in_place(&self, column: usize) -> Option<(&'a [u8], usize)> {
        let Range { mut start, mut end } = self.place(column);
        // SAFETY: the scanner makes rows whose fields follow each other within `bytes`, so start <= end <= len.
        let following = unsafe { self.bytes.get_unchecked(start..) };
        if self.may_have_quotes && end > start && following[0] == self.quote {
            (start, end) = (start + 1, end - 1);
            if memchr(self.quote, &self.bytes[start..end]).is_some() {
                return None;
            }
            return Some((&self.bytes[start..], end - start));
        }
        Some((following, end - start))
    }

    #[inline(never)]
    fn unquoted(&self, field: &'a [u8]) -> Cow<'a, [u8]> {
        record::unquote(&Dialect { quote: self.quote, ..Dialect::default() }, field)
    }
}

/// A line that is not a row.
#[derive(Clone, Copy, Debug)]
pub struct OtherLine<'a> {
    /// Where it begins in the bytes given to the scan.
    pub start: usize,
    /// Its content without the line end; only its beginning when it is too long to be held.
    pub content: &'a [u8],
    /// What it is; never a record.
    pub what: RecordLine,
}

/// Scans stretches of one file, each beginning where the one before was left.
#[derive(Clone, Debug)]
pub struct RecordScanner {
    dialect: Dialect,
    columns: usize,
    way: InstructionSet,
    index: RecordIndex,
    fields: Vec<Range<usize>>,
    skipping: bool,
}

/// Bytes that are indexed anew after a line that the automaton had to judge; doubled as long as all goes well.
const CAREFUL_BYTES: usize = 4 << 10;

/// Most bytes that are indexed at once, so that index and bytes stay in the cache.
const INDEXED_BYTES_MAX: usize = 32 << 10;

/// So a record that is indexed whole is never too long.
const _: () = assert!(INDEXED_BYTES_MAX < RECORD_BYTES_MAX);

/// The most bytes that one call scans, as places are 32 bits wide. Tests use less, to reach the limit.
const BYTES_MAX: usize = if cfg!(test) { RECORD_BYTES_MAX + 4096 } else { u32::MAX as usize };

impl RecordScanner {
    /// A scanner for records of `columns` fields; a record has at least one.
    pub fn new(dialect: Dialect, columns: usize) -> Self {
        RecordScanner {
            dialect,
            columns: columns.max(1),
            way: InstructionSet::fastest(),
            index: RecordIndex::default(),
            fields: Vec::new(),
            skipping: false,
        }
    }

    /// Scans the lines of `bytes` that begin before `limit`, as far as they are whole; with `at_eof` the file ends
    /// where `bytes` end. When nothing is consumed, more bytes are needed. One call consumes at most the first 4 GiB.
    pub fn scan(
        &mut self,
        bytes: &[u8],
        limit: usize,
        at_eof: bool,
        visit: &mut impl RecordVisitor,
    ) -> Scanned {
        let (bytes, at_eof) = match bytes.get(..BYTES_MAX) {
            Some(first) => (first, at_eof && bytes.len() == BYTES_MAX),
            None => (bytes, at_eof),
        };
        let mut at = if self.skipping {
            skip_line(self.dialect.line_end.byte(), bytes, at_eof, &mut self.skipping)
        } else {
            0
        };
        let line_ends = u64::from(at > 0 && bytes[at - 1] == self.dialect.line_end.byte());
        let mut scanned = Scanned { line_ends, ..Scanned::default() };
        let mut stretch = INDEXED_BYTES_MAX;
        while at < limit.min(bytes.len()) && !self.skipping {
            // A caller that wants few rows does not pay for many.
            let end = bytes.len().min(at + stretch).min(limit.saturating_add(CAREFUL_BYTES));
            let done = self.rows(&bytes[..end], at, limit, visit, &mut scanned);
            if done.all_wanted {
                return Scanned { bytes: done.at, ..scanned };
            }
            stretch = if done.at > at { (stretch * 2).min(INDEXED_BYTES_MAX) } else { stretch };
            let stuck = done.at == at || done.stopped;
            at = done.at;
            if stuck {
                match self.line(bytes, at, at_eof, visit, &mut scanned) {
                    Some(next) => at = next,
                    None => break,
                }
                stretch = CAREFUL_BYTES;
            }
        }
        Scanned { bytes: at, ..scanned }
    }

    /// Whether the bytes consumed last belong to a line that goes on.
    pub fn is_in_line(&self) -> bool {
        self.skipping
    }

    /// Visits the well-formed records from `start` on, up to the first line that is something else.
    fn rows(
        &mut self,
        bytes: &[u8],
        start: usize,
        limit: usize,
        visit: &mut impl RecordVisitor,
        scanned: &mut Scanned,
    ) -> Done {
        let RecordScanner { index, columns, dialect, .. } = self;
        index.fill(self.way, dialect, bytes, start);
        let separators = *columns - 1;
        let has_high = index.has_high && dialect.is_utf8;
        let is_plain = separators > 0 && !has_high && !index.has_quotes;
        // The rows that begin before the limit: the first one, and those after a line end before it.
        let wanted = 1 + index.newlines.partition_point(|place| *place as usize + 1 < limit);
        let wanted = wanted.min(index.newlines.len());
        let (mut at, mut rows, mut delimiters) = (start, 0, &index.delimiters[..]);
        let mut done = Done { at, all_wanted: false, stopped: false };
        for newline in index.newlines[..wanted].iter().map(|place| *place as usize) {
            let end = without_cr(bytes, newline).max(at);
            // The needed number of delimiters is before the line end, and the next one is not.
            let (fields, others) = match delimiters.split_at_checked(separators) {
                Some(split) => split,
                None => (delimiters, &delimiters[..0]),
            };
            let well_formed = fields.len() == separators
                && fields.last().is_none_or(|last| (*last as usize) < newline)
                && others.first().is_none_or(|next| *next as usize > newline);
            if !well_formed || !(is_plain || is_text(dialect, &bytes[at..end], separators, has_high)) {
                done.stopped = true;
                break;
            }
            visit.row(RecordRow {
                bytes,
                start: at,
                end,
                delimiters: fields,
                quote: dialect.quote,
                may_have_quotes: index.has_quotes,
            });
            delimiters = others;
            rows += 1;
            at = newline + 1;
        }
        done.all_wanted |= at >= limit;
        done.stopped |= index.stop.is_some();
        done.at = at;
        scanned.lines += rows;
        scanned.line_ends +=
            rows + index.quoted_newlines.partition_point(|place| (*place as usize) < at) as u64;
        done
    }

    /// Visits the line at `at` as the automaton reads it. None when more bytes are needed.
    #[inline(never)]
    fn line(
        &mut self,
        bytes: &[u8],
        at: usize,
        at_eof: bool,
        visit: &mut impl RecordVisitor,
        scanned: &mut Scanned,
    ) -> Option<usize> {
        let text = &bytes[at..];
        let NextRecord::Line { what, content, whole } =
            record::read(&self.dialect, Some(self.columns), text, at_eof, &mut self.fields)
        else {
            return None;
        };
        if what == RecordLine::Record {
            let ends: Vec<u32> = self.fields.iter().map(|field| (at + field.end) as u32).collect();
            visit.row(RecordRow {
                bytes,
                start: at,
                end: at + content,
                delimiters: &ends[..self.columns - 1],
                quote: self.dialect.quote,
                may_have_quotes: true,
            });
        } else {
            visit.line(OtherLine { start: at, content: &text[..content], what });
        }
        let next = match whole {
            Some(whole) => at + whole,
            None => {
                self.skipping = true;
                at + skip_line(self.dialect.line_end.byte(), text, at_eof, &mut self.skipping)
            }
        };
        scanned.lines += 1;
        let line_end = self.dialect.line_end.byte();
        scanned.line_ends += memchr::memchr_iter(line_end, &bytes[at..next]).count() as u64;
        Some(next)
    }
}

/// How far the fast way came.
struct Done {
    at: usize,
    /// The next line begins at the limit or after it.
    all_wanted: bool,
    /// The next line is not a well-formed record.
    stopped: bool,
}

/// Whether a line is not blank, as only a single field can be, and is UTF-8, which is only checked if `has_high`.
fn is_text(dialect: &Dialect, line: &[u8], separators: usize, has_high: bool) -> bool {
    let is_blank = || line.iter().all(|byte| record::is_white(dialect, *byte));
    (separators > 0 || !is_blank()) && (!has_high || std::str::from_utf8(line).is_ok())
}

#[cfg(test)]
mod tests;
