//! The columns of a batch of rows that is being made.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use arrow_schema::SchemaRef;

use super::batches::BATCH_ROWS;
use super::measured::{AskedMeasure, NumberBuilder};
use crate::error::{Code, Error, Result};
use crate::measure::{Number, State};
use crate::window::Window;

/// The columns of a batch that is being made.
pub(super) struct BatchColumns {
    pub(super) starts: Vec<i64>,
    ends: Vec<i64>,
    keys: Vec<StringBuilder>,
    pub(super) counts: Vec<Int64Builder>,
    pub(super) mean: Float64Builder,
    is_wide: bool,
    measures: Vec<NumberBuilder>,
    /// Which of `measures` is next in this row.
    next: usize,
    moving: Vec<NumberBuilder>,
    /// Which of `moving` is next in this row.
    next_moving: usize,
}

impl BatchColumns {
    /// Those of a long report with `keys` keys.
    pub(super) fn long(keys: usize, asked: &[AskedMeasure]) -> Self {
        BatchColumns::new(keys, 1, asked.iter(), false)
    }

    /// Those of a wide report with `counts` counts, which measures all events and those of `named` values.
    pub(super) fn wide(counts: usize, asked: &[AskedMeasure], named: usize) -> Self {
        BatchColumns::new(0, counts, asked.iter().cycle().take(asked.len() * (named + 1)), true)
    }

    fn new<'a>(
        keys: usize,
        counts: usize,
        asked: impl Iterator<Item = &'a AskedMeasure>,
        is_wide: bool,
    ) -> Self {
        BatchColumns {
            starts: Vec::with_capacity(BATCH_ROWS),
            ends: Vec::with_capacity(BATCH_ROWS),
            keys: (0..keys).map(|_| StringBuilder::new()).collect(),
            counts: (0..counts).map(|_| Int64Builder::new()).collect(),
            mean: Float64Builder::new(),
            is_wide,
            measures: asked.map(NumberBuilder::of).collect(),
            next: 0,
            moving: Vec::new(),
            next_moving: 0,
        }
    }

    /// The same with the columns of moving views, which are the last of `schema`.
    pub(super) fn moving(self, columns: usize, schema: &SchemaRef) -> Self {
        let fields = schema.fields().iter().skip(schema.fields().len() - columns);
        let moving = fields.map(|field| NumberBuilder::of_type(field.data_type())).collect();
        BatchColumns { moving, ..self }
    }

    /// The next moving views of a row.
    pub(super) fn push_moving(&mut self, numbers: impl Iterator<Item = Number>) -> Result<()> {
        for number in numbers {
            self.moving[self.next_moving].append(number)?;
            self.next_moving = (self.next_moving + 1) % self.moving.len();
        }
        Ok(())
    }

    /// The next measures of a row; null without states.
    pub(super) fn push_measures(&mut self, asked: &[AskedMeasure], states: Option<&[State]>) -> Result<()> {
        for of in asked {
            self.measures[self.next].append(of.answer(states))?;
            self.next = (self.next + 1) % self.measures.len();
        }
        Ok(())
    }

    pub(super) fn push_window(&mut self, window: Window) {
        self.starts.push(window.start_us);
        self.ends.push(window.end_us);
    }

    /// The row of the values of `keys` in `window`.
    pub(super) fn push_long<'k>(
        &mut self,
        window: Window,
        keys: impl Iterator<Item = Option<&'k str>>,
        n: Option<u64>,
    ) -> Result<()> {
        self.push_window(window);
        keys.zip(&mut self.keys).for_each(|(key, column)| column.append_option(key));
        let n = n.map(whole).transpose()?;
        self.counts.iter_mut().for_each(|column| column.append_option(n));
        Ok(())
    }

    pub(super) fn finish(mut self, schema: &SchemaRef) -> Result<RecordBatch> {
        let times = |us: Vec<i64>| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from_iter_values(us).with_timezone("UTC"))
        };
        let mut columns = vec![times(self.starts), times(self.ends)];
        columns.extend(self.keys.iter_mut().map(|keys| Arc::new(keys.finish()) as ArrayRef));
        columns.extend(self.counts.iter_mut().map(|counts| Arc::new(counts.finish()) as ArrayRef));
        if self.is_wide {
            columns.push(Arc::new(self.mean.finish()));
        }
        columns.extend(self.measures.iter_mut().chain(&mut self.moving).map(NumberBuilder::finish));
        RecordBatch::try_new(schema.clone(), columns)
            .map_err(|error| Error::bug(format!("the rows of a report: {error}")))
    }
}

/// A count as tables have it.
///
/// # Errors
/// Limit: it is too large.
pub(super) fn whole(n: u64) -> Result<i64> {
    i64::try_from(n).map_err(|_| {
        Error::limit("a count is past 2^63, which a table cannot hold").with_code(Code::CountTooLarge)
    })
}
