//! Single rows of a table, by row number: those that another reader leaves to windrow.

use super::column::{GroupColumn, column};
use super::contained::contained;
use super::decoder::{BATCH_ROWS, Each, ParquetDecoder};
use super::path::Leaf;
use crate::error::{Error, Result};

impl ParquetDecoder<'_> {
    /// Counts the rows `numbers`, which count from 0 and are in ascending order. Calls `each` after each batch, with its number of rows.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or has no such row; the errors of `each`.
    pub(crate) fn count_single(&mut self, numbers: &[u64], each: &mut Each<'_>) -> Result<()> {
        let mut left = numbers;
        for group in 0..self.table.groups() {
            let rows = self.table.rows(group);
            let (here, after) = left.split_at(left.partition_point(|number| *number < rows.end));
            left = after;
            if !here.is_empty() {
                self.count_of_group(group, here, each)?;
            }
        }
        match left.first() {
            None => Ok(()),
            Some(number) => Err(Error::bug(format!("row {number} is behind the end of its table"))),
        }
    }

    /// Counts these rows of one row group.
    fn count_of_group(&mut self, group: usize, numbers: &[u64], each: &mut Each<'_>) -> Result<()> {
        let table = self.table;
        let what = |leaf: &Leaf| format!("column {} in row group {}", leaf.name, group + 1);
        let open = |leaf: &Leaf| contained(&what(leaf), || column(&table.file, table.group(group), leaf));
        let mut columns: Vec<Box<dyn GroupColumn>> = table.named.leaves().map(open).collect::<Result<_>>()?;
        let mut at = table.rows(group).start;
        for run in numbers.chunk_by(|number, next| number + 1 == *next) {
            for run in run.chunks(BATCH_ROWS as usize) {
                let Some(first) = run.first() else { continue };
                let before = usize::try_from(first.saturating_sub(at)).unwrap_or(usize::MAX);
                for (column, leaf) in columns.iter_mut().zip(table.named.leaves()) {
                    contained(&what(leaf), || {
                        if before > 0 {
                            column.skip(before)?;
                        }
                        column.fill(run.len())
                    })?;
                }
                self.count_filled(&columns, *first, run.len() as u64);
                at = first + run.len() as u64;
                each(&mut self.events, run.len() as u64)?;
            }
        }
        Ok(())
    }
}
