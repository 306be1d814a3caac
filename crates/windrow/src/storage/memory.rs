//! Tables in memory: record batches of a program, whose rows are read where they are.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{Schema, SchemaRef};

use super::version::FileVersion;

/// A table in memory.
#[derive(Clone, Debug)]
pub struct MemoryTable(Arc<MemoryFile>);

#[derive(Debug)]
struct MemoryFile {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// The number of the first row of each batch, and behind them how many rows there are.
    first_rows: Vec<u64>,
    bytes: u64,
}

impl MemoryTable {
    /// The table of these batches, which have the columns of `schema`.
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        let mut first_rows = vec![0];
        let mut rows = 0;
        for batch in &batches {
            rows += batch.num_rows() as u64;
            first_rows.push(rows);
        }
        let bytes_of = |column: &dyn Array| {
            column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size())
        };
        let columns = batches.iter().flat_map(RecordBatch::columns);
        let bytes = columns.map(|column| bytes_of(column) as u64).sum();
        MemoryTable(Arc::new(MemoryFile { schema, batches, first_rows, bytes }))
    }

    /// Its columns.
    pub(crate) fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> u64 {
        self.0.first_rows.last().copied().unwrap_or(0)
    }

    /// Its size: it does not change while it is read.
    pub fn version(&self) -> FileVersion {
        FileVersion { size_bytes: self.0.bytes, ..FileVersion::default() }
    }

    /// The batches that hold the rows in `rows`: the number of the first of them in each, the batch, and where in it they are.
    pub(crate) fn parts(&self, rows: Range<u64>) -> impl Iterator<Item = (u64, &RecordBatch, Range<usize>)> {
        let held = &*self.0;
        let from = held.first_rows.partition_point(|first| *first <= rows.start).saturating_sub(1);
        let batches = held.batches.iter().zip(&held.first_rows).skip(from);
        batches.take_while(move |(_, first)| **first < rows.end).map(move |(batch, first)| {
            let start = rows.start.max(*first);
            let end = rows.end.min(first + batch.num_rows() as u64);
            (start, batch, (start - first) as usize..(end - first) as usize)
        })
    }

    /// Whether both have the same columns and rows, however these are cut into batches.
    pub(crate) fn equals(&self, other: &MemoryTable) -> bool {
        let columns = |table: &MemoryTable| {
            let fields = table.schema().fields().iter();
            fields.map(|field| (field.name().clone(), field.data_type().clone())).collect::<Vec<_>>()
        };
        if self.rows() != other.rows() || columns(self) != columns(other) {
            return false;
        }
        let mut at = 0;
        while at < self.rows() {
            let [a, b] = [self, other].map(|table| table.parts(at..table.rows()).next());
            let (Some((_, a, of_a)), Some((_, b, of_b))) = (a, b) else { return false };
            let len = of_a.len().min(of_b.len());
            if a.slice(of_a.start, len).columns() != b.slice(of_b.start, len).columns() {
                return false;
            }
            at += len as u64;
        }
        true
    }
}

impl PartialEq for MemoryTable {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for MemoryTable {}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array};

    use super::*;

    fn table(batches: &[&[i64]]) -> MemoryTable {
        let batch = |numbers: &&[i64]| {
            let column: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
            RecordBatch::try_from_iter([("n", column)]).unwrap()
        };
        let batches: Vec<RecordBatch> = batches.iter().map(batch).collect();
        MemoryTable::new(batches[0].schema(), batches)
    }

    #[test]
    fn rows_are_found_in_their_batches() {
        let table = table(&[&[], &[1, 2], &[], &[3, 4, 5], &[6]]);
        let found = |rows: Range<u64>| {
            table
                .parts(rows)
                .map(|(first, _, of_batch)| (first, of_batch))
                .filter(|(_, rows)| !rows.is_empty())
                .collect::<Vec<_>>()
        };
        assert_eq!(table.rows(), 6);
        assert_eq!(found(0..6), [(0, 0..2), (2, 0..3), (5, 0..1)]);
        assert_eq!(found(1..3), [(1, 1..2), (2, 0..1)]);
        assert_eq!(found(2..2), []);
        assert_eq!(found(4..5), [(4, 2..3)]);
    }

    #[test]
    fn tables_are_equal_however_they_are_cut() {
        let whole = table(&[&[1, 2, 3]]);
        for (other, is_equal) in [
            (table(&[&[1], &[], &[2, 3]]), true),
            (table(&[&[1, 2], &[4]]), false),
            (table(&[&[1, 2]]), false),
        ] {
            assert_eq!((whole.equals(&other), other.equals(&whole)), (is_equal, is_equal));
        }
        assert!(whole == whole.clone() && whole != table(&[&[1, 2, 3]]));
    }
}
