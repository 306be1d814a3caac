//! The table: its pieces, and the columns in it that a job names.

use std::ops::Range;

use super::path::ColumnPath;
use crate::error::{Code, Result};
use crate::format::header::NamedColumns;
use crate::format::parquet::{Leaf, RowColumns};
use crate::storage::MemoryTable;

/// Rows that one thread counts before it takes others.
const PIECE_ROWS: u64 = 256 << 10;

/// A table in memory, and where in it is what a job names.
#[derive(Clone, Debug)]
pub(crate) struct ArrowTable {
    pub(super) memory: MemoryTable,
    pub(super) named: RowColumns,
    /// The ways to the columns that a job names, the time first.
    pub(super) ways: Vec<ColumnPath>,
}

impl ArrowTable {
    /// The table `memory`, and where in it is what a job names.
    ///
    /// # Errors
    /// Usage: it has not the columns that are wanted.
    pub(crate) fn new(memory: &MemoryTable, wanted: NamedColumns<'_>) -> Result<ArrowTable> {
        let schema = memory.schema();
        let mut ways = Vec::new();
        let mut leaf = |name: &str| -> Result<Leaf> {
            let (way, kind) = ColumnPath::find(schema, name)?;
            ways.push(way);
            Ok(Leaf { name: name.to_owned(), column: ways.len() - 1, elements: Vec::new(), kind })
        };
        if let Some(rules) = wanted.record {
            let named = RowColumns::of_record(wanted, rules, &mut leaf)?;
            return Ok(ArrowTable { memory: memory.clone(), named, ways });
        }
        let time = Some(leaf(wanted.time)?);
        let beside = wanted.beside.map(&mut leaf).transpose()?;
        let (mut keys, mut absent) = (Vec::new(), Vec::new());
        for (at, key) in wanted.keys.iter().enumerate() {
            match leaf(key) {
                Err(error) if error.code() == Code::MissingColumn && wanted.in_path.contains(key) => {
                    absent.push(at)
                }
                found => keys.push(found?),
            }
        }
        let measured = wanted.measured.iter().map(|column| leaf(&column.name)).collect::<Result<_>>()?;
        let (memory, named) =
            (memory.clone(), RowColumns { time, beside, keys, absent, measured, record: Vec::new() });
        Ok(ArrowTable { memory, named, ways })
    }

    /// How many pieces there are; a table without rows has one.
    pub(crate) fn pieces(&self) -> u64 {
        self.memory.rows().div_ceil(PIECE_ROWS).max(1)
    }

    /// The rows of a piece, counted from 0.
    pub(super) fn rows(&self, piece: u64) -> Range<u64> {
        let rows = self.memory.rows();
        (piece * PIECE_ROWS).min(rows)..((piece + 1) * PIECE_ROWS).min(rows)
    }
}
