//! Rows of a job with rules for records: they are collected, and counted batch by batch. Tables in memory are counted in this way
//! too.

use std::ops::Range;

use super::kind::ColumnKind;
use super::row::{ParquetRow, RowColumns, fault};
use super::value::StoredValue;
use crate::counts::EventCounter;
use crate::record::Batch;
use crate::reject::{Place, Reason};

/// Rows of a table.
pub(in crate::format) struct RowsOfRecords<'r> {
    pub(in crate::format) named: &'r RowColumns,
    /// The number that row 0 has in the table.
    pub(in crate::format) first: u64,
    /// The value of a row in a column.
    pub(in crate::format) value: &'r dyn Fn(usize, usize) -> Option<StoredValue<'r>>,
}

impl RowsOfRecords<'_> {
    /// Counts these rows, as one batch.
    pub(in crate::format) fn count(&self, rows: Range<usize>, batch: &mut Batch, events: &mut EventCounter) {
        let kinds: Vec<ColumnKind> = self.named.leaves().map(|leaf| leaf.kind).collect();
        let time = batch.column_of_time();
        let time_leaf = time.and_then(|column| *self.named.record.get(column)?);
        let kind_of_time = time_leaf.and_then(|leaf| kinds.get(leaf).copied());
        let needs_text_of_time = batch.needs_text_of_time();
        let mut made = Vec::new();
        'rows: for row in rows {
            let value = |column: usize| (self.value)(row, column);
            let reading = time_leaf.zip(kind_of_time).map(|(leaf, kind)| match value(leaf) {
                Some(value) => value.time(kind, &mut events.time),
                None => Err(Reason::BadTime),
            });
            for (at, column) in self.named.record.iter().enumerate() {
                // A value that is read as a time becomes a text only if something else needs the text.
                let is_read = Some(at) == time && !needs_text_of_time && matches!(reading, Some(Ok(_)));
                let Some(column) = column.filter(|_| !is_read) else {
                    batch.push_made(&[]);
                    continue;
                };
                let text = match (value(column), kinds.get(column)) {
                    (Some(StoredValue::Bytes(text)), Some(ColumnKind::Text)) => text,
                    (Some(value), Some(kind)) => {
                        made.clear();
                        value.push_text(*kind, &mut made);
                        &made[..]
                    }
                    _ => &[],
                };
                if let Some(reason) = fault(text) {
                    batch.give_up_row();
                    let of = ParquetRow { named: self.named, value: &value };
                    of.reject(self.first + row as u64, events, reason, column);
                    continue 'rows;
                }
                batch.push_made(text);
            }
            if let Some(reading) = reading {
                batch.push_reading(reading);
            }
            batch.end_row(row, 0);
        }
        batch.count(&[], events, &|row, _| {
            let value = |column: usize| (self.value)(row, column);
            let of = ParquetRow { named: self.named, value: &value };
            (Place::Row(self.first + row as u64 + 1), of.raw())
        });
    }
}
