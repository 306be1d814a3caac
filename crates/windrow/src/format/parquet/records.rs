//! Rows of a job that makes something of its records first: they are collected, and counted a batch at a time. Tables in memory are
//! counted by it too.

use std::ops::Range;

use super::row::{Named, Row, fault};
use super::value::Value;
use crate::counts::EventCounter;
use crate::record::Batch;
use crate::reject::{Place, Reason};

/// Rows of a table.
pub(in crate::format) struct RowsOfRecords<'r> {
    pub(in crate::format) named: &'r Named,
    /// The number in the table of the row with number 0.
    pub(in crate::format) first: u64,
    /// The value of a row in a column.
    pub(in crate::format) value: &'r dyn Fn(usize, usize) -> Option<Value<'r>>,
}

impl RowsOfRecords<'_> {
    /// Counts these rows; no more than a batch holds.
    pub(in crate::format) fn count(&self, rows: Range<usize>, batch: &mut Batch, events: &mut EventCounter) {
        let time = batch.column_of_time().and_then(|column| *self.named.record.get(column)?);
        let kind = time.and_then(|column| self.named.leaves().nth(column)).map(|leaf| leaf.kind);
        'rows: for row in rows {
            let value = |column: usize| (self.value)(row, column);
            let of = Row { named: self.named, value: &value };
            for column in &self.named.record {
                let Some(column) = *column else {
                    batch.push_made(&[]);
                    continue;
                };
                let text = of.text(column);
                if let Some(reason) = fault(&text) {
                    batch.give_up_row();
                    of.reject(self.first + row as u64, events, reason, column);
                    continue 'rows;
                }
                batch.push_made(&text);
            }
            if let (Some(column), Some(kind)) = (time, kind) {
                let read = value(column).map(|value| value.time(kind, &mut events.time));
                batch.push_reading(read.unwrap_or(Err(Reason::BadTime)));
            }
            batch.end_row(row, 0);
        }
        batch.count(&[], events, &|row, _| {
            let value = |column: usize| (self.value)(row, column);
            let of = Row { named: self.named, value: &value };
            (Place::Row(self.first + row as u64 + 1), of.raw())
        });
    }
}
