//! The rows that are published, one after the other.

use std::cmp::Ordering;
use std::collections::VecDeque;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch, StringArray};

use super::damaged;
use crate::delta::{DataFile, Rows, Table, Value};
use crate::error::Result;
use crate::window::Window;

/// Reads the rows of some data files of a report, in their order.
pub(super) struct OldRows<'t> {
    table: &'t Table,
    keys: usize,
    files: VecDeque<DataFile>,
    rows: Option<Rows>,
    batch: Option<OldBatch>,
    at: usize,
}

/// Some rows.
struct OldBatch(RecordBatch);

impl<'t> OldRows<'t> {
    /// The rows of `files`, which are in order.
    pub(super) fn new(table: &'t Table, keys: usize, files: impl IntoIterator<Item = DataFile>) -> Self {
        OldRows { table, keys, files: files.into_iter().collect(), rows: None, batch: None, at: 0 }
    }

    /// The next row; none at the end.
    pub(super) fn peek(&mut self) -> Result<Option<OldRow<'_>>> {
        while self.batch.as_ref().is_none_or(|batch| self.at == batch.0.num_rows()) {
            if !self.advance()? {
                return Ok(None);
            }
        }
        Ok(self.batch.as_ref().map(|batch| OldRow { batch: &batch.0, at: self.at, keys: self.keys }))
    }

    /// Leaves the row behind.
    pub(super) fn pass(&mut self) {
        self.at += 1;
    }

    fn advance(&mut self) -> Result<bool> {
        loop {
            if let Some(batch) = self.rows.as_mut().and_then(Iterator::next) {
                let batch = batch?;
                if !is_of_report(&batch, self.keys) {
                    return Err(damaged(self.table, "its rows are not those of a report"));
                }
                (self.batch, self.at) = (Some(OldBatch(batch)), 0);
                return Ok(true);
            }
            let Some(file) = self.files.pop_front() else { return Ok(false) };
            self.rows = Some(self.table.read(&file, None, None)?);
        }
    }
}

fn is_of_report(batch: &RecordBatch, keys: usize) -> bool {
    let columns = batch.columns();
    columns.len() == keys + 5
        && columns[..2].iter().all(|column| column.as_primitive_opt::<TimestampMicrosecondType>().is_some())
        && columns[2..keys + 3].iter().all(|column| column.as_string_opt::<i32>().is_some())
        && columns[keys + 3].as_primitive_opt::<Int64Type>().is_some()
        && columns[keys + 4].as_boolean_opt().is_some()
}

/// A published row.
#[derive(Clone, Copy)]
pub(super) struct OldRow<'b> {
    batch: &'b RecordBatch,
    at: usize,
    keys: usize,
}

impl<'b> OldRow<'b> {
    pub(super) fn window(&self) -> Window {
        let time = |column: usize| {
            self.batch.column(column).as_primitive::<TimestampMicrosecondType>().value(self.at)
        };
        Window { start_us: time(0), end_us: time(1) }
    }

    pub(super) fn label(&self) -> &'b str {
        self.batch.column(2).as_string::<i32>().value(self.at)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Option<&'b str>> {
        let columns = &self.batch.columns()[3..self.keys + 3];
        let at = self.at;
        columns.iter().map(move |column| {
            let column: &StringArray = column.as_string::<i32>();
            column.is_valid(at).then(|| column.value(at))
        })
    }

    pub(super) fn count(&self) -> u64 {
        let count = self.batch.column(self.keys + 3).as_primitive::<Int64Type>().value(self.at);
        u64::try_from(count).unwrap_or_default()
    }

    pub(super) fn is_final(&self) -> bool {
        self.batch.column(self.keys + 4).as_boolean().value(self.at)
    }
}

/// Where the windows of a data file begin.
pub(super) fn begins_us(file: &DataFile) -> i64 {
    match file.bounds("window_start") {
        Some((Value::TimeUs(us), _)) => us,
        _ => i64::MIN,
    }
}

/// The order of keys in a report: by bytes, null last.
pub(super) fn order<'k>(
    a: impl Iterator<Item = Option<&'k str>>,
    b: impl Iterator<Item = Option<&'k str>>,
) -> Ordering {
    let ranked = |key: Option<&'k str>| (key.is_none(), key);
    a.map(ranked).cmp(b.map(ranked))
}
