//! The decoder: from the rows of a table in memory to events. Usual rows, with a time and at most one text, are counted block by
//! block. Blocks with a row that may be a reject, and all other rows, are counted row by row.

use std::ops::Range;

use super::table::ArrowTable;
use super::texts::KnownViews;
use super::values::{ArrowValues, damaged};
use crate::counts::{EventCounter, KeyId, Partial};
use crate::error::Result;
use crate::format::parquet::{ColumnKind, Each, ParquetRow, RowsOfRecords, TickUnit, ends, within};
use crate::record::Batch;

/// Rows of a block.
const BLOCK_ROWS: usize = 4096;

/// Counts the rows of one table.
pub(crate) struct ArrowDecoder<'a> {
    table: &'a ArrowTable,
    events: EventCounter,
    known: KnownViews,
    /// The keys of a block.
    ids: Vec<KeyId>,
    /// Collects rows, for jobs with rules for records.
    batch: Option<Batch>,
    /// How many rows were counted in whole blocks.
    #[cfg(test)]
    pub(super) in_blocks: u64,
}

impl<'a> ArrowDecoder<'a> {
    /// Counts rows of `table` with `events`.
    pub(crate) fn new(table: &'a ArrowTable, events: EventCounter, batch: Option<Batch>) -> Self {
        ArrowDecoder {
            table,
            events,
            known: KnownViews::default(),
            ids: Vec::new(),
            batch,
            #[cfg(test)]
            in_blocks: 0,
        }
    }

    /// Counts the rows of a piece. Calls `each` after each block, with its number of rows.
    ///
    /// # Errors
    /// Data: the table is damaged; the errors of `each`.
    pub(crate) fn count(&mut self, piece: u64, each: &mut Each<'_>) -> Result<()> {
        let table = self.table;
        for (first, batch, rows) in table.memory.parts(table.rows(piece)) {
            let values = |way: &super::path::ColumnPath| ArrowValues::of(&way.values(batch, rows.clone())?);
            let columns = table.ways.iter().map(values).collect::<Result<Vec<_>, _>>().map_err(damaged)?;
            self.known.forget_numbers();
            for at in (0..rows.len()).step_by(BLOCK_ROWS) {
                let block = at..rows.len().min(at + BLOCK_ROWS);
                let len = block.len() as u64;
                let value =
                    |row: usize, column: usize| columns.get(column).and_then(|column| column.get(row));
                if let Some(records) = &mut self.batch {
                    let rows = RowsOfRecords { named: &table.named, first, value: &value };
                    rows.count(block, records, &mut self.events);
                } else if !self.count_block(&columns, block.clone()) {
                    for row in block {
                        let value = |column: usize| value(row, column);
                        ParquetRow { named: &table.named, value: &value }
                            .count(first + row as u64, &mut self.events);
                    }
                }
                self.events.tally.read += len;
                each(&mut self.events, len)?;
            }
        }
        Ok(())
    }

    /// Counts the rows of a block. Returns false and counts nothing if the rows are unusual or one of them may be a reject.
    fn count_block(&mut self, columns: &[ArrowValues], rows: Range<usize>) -> bool {
        let Some(unit) = self.unit() else { return false };
        let (times, texts) = match columns {
            [times] => (times, None),
            [times, ArrowValues::Texts(texts)] => (times, Some(texts)),
            _ => return false,
        };
        let Some(times) = times.integers(rows.clone()) else { return false };
        let us = |time: i64| unit.in_us(time).unwrap_or_default();
        let (earliest, latest) = ends(times);
        let is_in_range = |time: i64| unit.in_us(time).is_some_and(|us| self.events.time.instant(us).is_ok());
        if !is_in_range(earliest) || !is_in_range(latest) {
            return false;
        }
        if let Some(texts) = texts
            && !texts.keys(rows, &mut self.known, self.events.counter.keys(), &mut self.ids)
        {
            return false;
        }
        let mut at = 0;
        while at < times.len() {
            let (slot, pane) = self.events.pane_at(us(times[at]));
            let bounds = (unit.first_from(pane.start_us), unit.first_from(pane.start_us + pane.width_us));
            let end = at + 1 + within(&times[at + 1..], bounds);
            match texts {
                None => self.events.counter.count_many(slot, 0, (end - at) as u64),
                Some(_) => self.ids[at..end].iter().for_each(|id| self.events.counter.count(slot, *id)),
            }
            at = end;
        }
        self.events.reach(us(earliest), us(latest));
        self.events.tally.counted += times.len() as u64;
        if matches!(self.table.named.kind_of_time(), Some(ColumnKind::OnClock(_))) {
            self.events.tally.without_offset += times.len() as u64;
        }
        #[cfg(test)]
        {
            self.in_blocks += times.len() as u64;
        }
        true
    }

    /// The unit of the times, if times and keys can be counted in whole blocks.
    fn unit(&self) -> Option<TickUnit> {
        let named = &self.table.named;
        let keys_fit = !self.events.keeps_events()
            && named.beside.is_none()
            && named.absent.is_empty()
            && named.measured.is_empty()
            && named.keys.iter().all(|key| key.kind == ColumnKind::Text);
        match named.kind_of_time()? {
            ColumnKind::Instant(unit) if keys_fit => Some(unit),
            ColumnKind::OnClock(unit) if keys_fit && self.events.time.is_utc() => Some(unit),
            _ => None,
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
