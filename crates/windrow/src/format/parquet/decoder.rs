//! The decoder: from the rows of row groups to events.

use super::column::{GroupColumn, column};
use super::contained::contained;
use super::path::Leaf;
use super::records::RowsOfRecords;
use super::row::ParquetRow;
use super::table::ParquetTable;
use crate::counts::{EventCounter, Partial};
use crate::error::Result;
use crate::record::Batch;

/// Maximum number of rows in a batch.
pub(super) const BATCH_ROWS: u64 = 4096;

/// A function that is called after each batch, with its number of rows.
pub(in crate::format) type Each<'e> = dyn FnMut(&mut EventCounter, u64) -> Result<()> + 'e;

/// Counts the rows of one file.
pub(crate) struct ParquetDecoder<'a> {
    pub(super) table: &'a ParquetTable,
    pub(super) events: EventCounter,
    /// Collects rows, for jobs with rules for records.
    batch: Option<Batch>,
}

impl<'a> ParquetDecoder<'a> {
    /// Counts rows of `table` with `events`.
    pub(crate) fn new(table: &'a ParquetTable, events: EventCounter, batch: Option<Batch>) -> Self {
        ParquetDecoder { table, events, batch }
    }

    /// Counts the rows of row group `group`. Calls `each` after each batch, with its number of rows.
    ///
    /// # Errors
    /// The file cannot be read or is damaged; the errors of `each`.
    pub(crate) fn count(&mut self, group: usize, each: &mut Each<'_>) -> Result<()> {
        let rows = self.table.rows(group);
        let is_whole = rows.is_empty();
        let is_by_row = self.batch.is_some() || self.events.keeps_events();
        match is_whole || !is_by_row && self.count_in_lanes(group, each)? {
            true => Ok(()),
            false => self.count_rows(group, each),
        }
    }

    /// Counts the rows of row group `group` one by one, whatever their columns are.
    pub(super) fn count_rows(&mut self, group: usize, each: &mut Each<'_>) -> Result<()> {
        let table = self.table;
        let what = |leaf: &Leaf| format!("column {} in row group {}", leaf.name, group + 1);
        let open = |leaf: &Leaf| contained(&what(leaf), || column(&table.file, table.group(group), leaf));
        let rows = table.rows(group);
        let mut columns: Vec<Box<dyn GroupColumn>> = table.named.leaves().map(open).collect::<Result<_>>()?;
        let mut next = rows.start;
        while next < rows.end {
            let batch = (rows.end - next).min(BATCH_ROWS);
            for (column, leaf) in columns.iter_mut().zip(table.named.leaves()) {
                contained(&what(leaf), || column.fill(batch as usize))?;
            }
            self.count_filled(&columns, next, batch);
            next += batch;
            each(&mut self.events, batch)?;
        }
        for (column, leaf) in columns.iter_mut().zip(table.named.leaves()) {
            contained(&what(leaf), || column.end())?;
        }
        Ok(())
    }

    /// Counts the `rows` rows that `columns` hold, without those that are left out. The first one is row number `first` of the table.
    pub(super) fn count_filled(&mut self, columns: &[Box<dyn GroupColumn>], first: u64, rows: u64) {
        let named = &self.table.named;
        let value = |row: usize, column: usize| columns.get(column).and_then(|column| column.value(row));
        for stretch in self.table.stretches(first..first + rows) {
            match &mut self.batch {
                Some(records) => {
                    let of_records = RowsOfRecords { named, first, value: &value };
                    let held = (stretch.start - first) as usize..(stretch.end - first) as usize;
                    of_records.count(held, records, &mut self.events);
                }
                None => {
                    for row in stretch.clone() {
                        let value = |column: usize| value((row - first) as usize, column);
                        ParquetRow { named, value: &value }.count(row, &mut self.events);
                    }
                }
            }
            self.events.tally.read += stretch.end - stretch.start;
        }
    }

    /// The counter of the rows.
    pub(crate) fn events(&mut self) -> &mut EventCounter {
        &mut self.events
    }

    /// The counts.
    pub(crate) fn finish(self) -> Partial {
        self.events.finish()
    }
}
