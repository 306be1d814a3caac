//! Lines of a job that makes something of its records first: they are collected, and counted a batch at a time.

use windrow_scan::text::LineVisitor;

use super::decoder::{TextRows, check};
use super::reader::LineFault;
use crate::record::Batch;

/// Hands the lines of `bytes` to a batch.
pub(super) struct TextRecords<'a, 'b> {
    pub(super) rows: &'b mut TextRows<'a>,
    pub(super) batch: &'b mut Batch,
    /// The bytes that are scanned.
    pub(super) bytes: &'b [u8],
}

impl TextRecords<'_, '_> {
    /// Counts what was collected.
    pub(super) fn count(&mut self) {
        self.batch.count_lines(self.bytes, &mut self.rows.events, self.rows.base);
    }

    fn row(&mut self, line: &[u8]) -> Result<(), LineFault> {
        if !self.rows.is_text {
            check(line)?;
        }
        self.rows.reader.read(line)?;
        for number in 0..self.rows.layout.names.len() {
            match self.rows.reader.place(line, number) {
                Some(place) => {
                    let len = place.len();
                    self.batch.push(self.bytes, &line[place.start..], len);
                }
                None => self.batch.push_made(&self.rows.reader.text(line, number)?),
            }
        }
        Ok(())
    }
}

impl LineVisitor for TextRecords<'_, '_> {
    fn line(&mut self, bytes: &[u8], start: usize, len: usize) {
        let line = &bytes[start..start + len];
        if line.first().is_none_or(u8::is_ascii_whitespace) && line.trim_ascii().is_empty() {
            self.rows.events.tally.blank += 1;
            return;
        }
        match self.row(line) {
            Ok(()) => self.batch.end_row(start, len),
            Err(wrong) => {
                self.batch.give_up_row();
                self.rows.reject(start, line, wrong);
            }
        }
        if self.batch.is_full() {
            self.count();
        }
    }

    fn too_long(&mut self, start: usize, beginning: &[u8]) {
        self.rows.too_long(start, beginning);
    }
}
