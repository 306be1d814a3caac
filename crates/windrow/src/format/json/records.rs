//! Objects of a job that makes something of its records first: they are collected, and counted a batch at a time.

use windrow_scan::json::{ObjectRow, ObjectVisitor, PathFault};

use super::decoder::JsonRows;
use crate::record::{Batch, TextsInPlace};
use crate::reject::Reason;

/// Hands the objects that a scan of `bytes` visits to a batch.
pub(super) struct JsonRecords<'a, 'b> {
    pub(super) rows: &'b mut JsonRows<'a>,
    pub(super) batch: &'b mut Batch,
    /// Whether rows are offered to the batch as a whole.
    pub(super) offers_rows: bool,
    /// The bytes that are scanned.
    pub(super) bytes: &'b [u8],
}

impl JsonRecords<'_, '_> {
    /// Counts what was collected.
    pub(super) fn count(&mut self) {
        self.batch.count_lines(self.bytes, &mut self.rows.events, self.rows.base);
    }
}

impl TextsInPlace for ObjectRow<'_> {
    #[inline(always)]
    fn text(&self, path: usize) -> Option<(&[u8], usize)> {
        self.value_in_place(path)
    }

    #[inline(always)]
    fn is_sound(&self) -> bool {
        self.is_in_place()
    }
}

impl ObjectVisitor for JsonRecords<'_, '_> {
    fn row(&mut self, row: ObjectRow<'_>) {
        if self.offers_rows {
            let place = (row.start(), row.content().len());
            if self.batch.takes(&row, place, &mut self.rows.events) {
                if self.batch.is_full() {
                    self.count();
                }
                return;
            }
        }
        for path in 0..self.rows.objects.names.len() {
            if let Some((following, len)) = row.value_in_place(path) {
                self.batch.push(self.bytes, following, len);
                continue;
            }
            let value = row.value(path);
            let reason = match &value {
                None => Reason::NotScalar,
                Some(value) if value.contains(&0) => Reason::Nul,
                Some(value) => {
                    self.batch.push_made(value);
                    continue;
                }
            };
            self.batch.give_up_row();
            let value = value.filter(|_| reason == Reason::Nul);
            return self.rows.reject(row.start(), row.content(), reason, Some(path), value.as_deref());
        }
        self.batch.end_row(row.start(), row.content().len());
        if self.batch.is_full() {
            self.count();
        }
    }

    fn blank(&mut self) {
        self.rows.blank();
    }

    fn malformed(&mut self, start: usize, content: &[u8], wrong: PathFault) {
        self.rows.malformed(start, content, wrong);
    }
}
