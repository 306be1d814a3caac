//! Rows of a job that makes something of its records first: they are collected, and counted a batch at a time.

use windrow_scan::csv::{OtherLine, RecordRow, RecordVisitor};

use super::head::is_header;
use super::header::CsvHeader;
use super::rows::{CsvRows, cut};
use crate::format::ABSENT;
use crate::record::{Batch, TextsInPlace};
use crate::reject::{Place, Reason};

/// Hands the rows that a scan of `bytes` visits to a batch.
pub(super) struct CsvRecords<'a, 'b> {
    pub(super) rows: &'b mut CsvRows<'a>,
    pub(super) batch: &'b mut Batch,
    pub(super) header: &'a CsvHeader,
    /// The bytes that are scanned.
    pub(super) bytes: &'b [u8],
    /// Whether rows are offered to the batch as a whole.
    pub(super) offers_rows: bool,
    /// Whether rows must be checked for bytes that are invalid in their encoding.
    pub(super) is_checked: bool,
}

impl CsvRecords<'_, '_> {
    /// Counts what was collected.
    pub(super) fn count(&mut self) {
        let (base, encoding, bytes) = (self.rows.base, self.rows.encoding, self.bytes);
        self.batch.count(bytes, &mut self.rows.events, &|start, len| {
            let place = Place::Line { line: 0, byte: base + start as u64 };
            (place, cut(encoding, &bytes[start..start + len]))
        });
    }
}

impl RecordVisitor for CsvRecords<'_, '_> {
    #[inline(always)]
    fn row(&mut self, row: RecordRow<'_>) {
        let (content, encoding) = (row.content(), self.rows.encoding);
        if is_header(&self.header.line, content) {
            self.rows.events.tally.repeated_header += 1;
            return;
        }
        if self.is_checked && !encoding.is_sound(content) {
            let column = (0..self.header.names.len()).find(|at| !encoding.is_sound(&row.value(*at)));
            return self.rows.reject(row.start(), content, Reason::InvalidUtf8, column, None);
        }
        let columns = self.header.record.as_deref().unwrap_or_default();
        if self.offers_rows {
            let (texts, place) = (ColumnsOfRow { row: &row, columns }, (row.start(), content.len()));
            if self.batch.takes(&texts, place, &mut self.rows.events) {
                if self.batch.is_full() {
                    self.count();
                }
                return;
            }
        }
        for column in columns {
            match row_value(&row, *column) {
                Some((following, len)) if encoding.is_utf8() => self.batch.push(self.bytes, following, len),
                _ => self.batch.push_made(&encoding.decode(&row.value(*column))),
            }
        }
        self.batch.end_row(row.start(), content.len());
        if self.batch.is_full() {
            self.count();
        }
    }

    fn line(&mut self, line: OtherLine<'_>) {
        self.rows.line(line);
    }
}

/// A row, and where the columns that the rules name are in it.
struct ColumnsOfRow<'r, 'b> {
    row: &'r RecordRow<'b>,
    columns: &'r [usize],
}

impl TextsInPlace for ColumnsOfRow<'_, '_> {
    #[inline(always)]
    fn text(&self, column: usize) -> Option<(&[u8], usize)> {
        row_value(self.row, self.columns[column])
    }

    /// Any text may be in a column.
    #[inline(always)]
    fn is_sound(&self) -> bool {
        true
    }
}

/// The value in a column, where it stands as it is; nothing in one that the file has not.
#[inline(always)]
fn row_value<'r>(row: &RecordRow<'r>, column: usize) -> Option<(&'r [u8], usize)> {
    match column {
        ABSENT => Some((&[], 0)),
        column => row.value_in_place(column),
    }
}
