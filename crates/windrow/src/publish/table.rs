//! Tables: Arrow record batches to be written, those of a report or of what is behind a job, and how people are shown them.

use std::collections::VecDeque;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, scope};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_array::{TimestampMicrosecondArray, types};
use arrow_schema::{DataType, SchemaRef};

use crate::calendar::Zone;
use crate::error::{Error, Result};
use crate::report::{ReportBatches, ReportData, View};

/// Batches that are made ahead of the one that is being written.
const BATCHES_AHEAD: usize = 2;

/// Takes the rows of a table, batch by batch, with the zone by whose clock their times are shown.
pub type BatchSink<'t> = dyn FnMut(&Zone, &RecordBatch) -> Result<()> + 't;

/// Delivers the rows of a table.
pub type RowSource<'t> = dyn FnMut(&mut BatchSink<'_>) -> Result<()> + 't;

/// Rows of any columns: text, whole and other numbers, yes and no, and times in microseconds UTC.
pub struct Table<'t> {
    /// Its columns.
    pub schema: SchemaRef,
    /// The columns that a table for people has, in its order; all if none are named.
    pub shown: Vec<String>,
    /// Columns that say by whose clock a time is, which text does not need: its times have an offset.
    pub labels: Vec<String>,
    /// Columns in which null is a value, which people are shown as `null`.
    pub keys: Vec<String>,
    /// Delivers its rows.
    pub rows: Box<RowSource<'t>>,
}

impl<'t> Table<'t> {
    /// A table of one batch.
    pub fn of(batch: RecordBatch, zone: &Zone) -> Self {
        let zone = zone.clone();
        Table {
            schema: batch.schema(),
            shown: Vec::new(),
            labels: Vec::new(),
            keys: Vec::new(),
            rows: Box::new(move |take| take(&zone, &batch)),
        }
    }

    /// The rows of `report` under `view`, times on the clock of `zone`.
    ///
    /// # Errors
    /// As [`ReportData::batches`].
    pub fn of_report(report: &ReportData, view: View, zone: &Zone) -> Result<Self> {
        let (mut batches, zone) = (report.batches(view)?, zone.clone());
        let schema = batches.schema();
        let texts = schema.fields().iter().filter(|field| *field.data_type() == DataType::Utf8);
        Ok(Table {
            shown: Vec::new(),
            labels: Vec::new(),
            keys: texts.map(|field| field.name().clone()).collect(),
            rows: Box::new(move |take| each_batch(&mut batches, &mut |batch| take(&zone, batch))),
            schema,
        })
    }

    /// The same table; people are shown these columns.
    pub fn showing(self, columns: &[&str]) -> Self {
        Table { shown: columns.iter().map(|name| (*name).to_owned()).collect(), ..self }
    }

    /// The places of the columns that text has.
    pub(super) fn columns(&self, for_people: bool) -> Vec<usize> {
        let all = 0..self.schema.fields().len();
        let name = |at: &usize| self.schema.field(*at).name();
        if for_people && !self.shown.is_empty() {
            return self.shown.iter().filter_map(|name| self.schema.index_of(name).ok()).collect();
        }
        all.filter(|at| !self.labels.contains(name(at))).collect()
    }

    /// Its first and last rows, `most` in all.
    pub(super) fn ends(&mut self, most: usize) -> Result<RowEnds> {
        let (first_most, last_most) = (most.div_ceil(2), most / 2);
        let mut ends = RowEnds::default();
        let (mut first, mut last) = (0, 0);
        (self.rows)(&mut |zone, batch| {
            let head = batch.num_rows().min(first_most - first);
            first += head;
            // Even a slice without rows would hold all of its batch.
            if head > 0 {
                ends.first.push((zone.clone(), batch.slice(0, head)));
            }
            let rest = batch.num_rows() - head;
            if rest > 0 {
                last += rest;
                ends.last.push_back((zone.clone(), batch.slice(head, rest)));
            }
            while let Some((_, oldest)) = ends.last.front_mut().filter(|_| last > last_most) {
                let gone = oldest.num_rows().min(last - last_most);
                *oldest = oldest.slice(gone, oldest.num_rows() - gone);
                (last, ends.hidden) = (last - gone, ends.hidden + gone as u64);
                if oldest.num_rows() == 0 {
                    ends.last.pop_front();
                }
            }
            Ok(())
        })?;
        Ok(ends)
    }
}

/// Calls `take` with each batch. From the second one on, a thread makes the next ones at the same time.
fn each_batch(batches: &mut ReportBatches, take: &mut dyn FnMut(&RecordBatch) -> Result<()>) -> Result<()> {
    let Some(first) = batches.next_batch()? else { return Ok(()) };
    take(&first)?;
    let Some(second) = batches.next_batch()? else { return Ok(()) };
    let batches = Mutex::new(batches);
    let next = || batches.lock().unwrap_or_else(PoisonError::into_inner).next_batch().transpose();
    scope(|scope| {
        let (made, ahead) = sync_channel(BATCHES_AHEAD);
        let make = move || while next().is_some_and(|batch| batch.is_ok() & made.send(batch).is_ok()) {};
        // If the thread does not start, the loop at the end makes all batches.
        drop(Builder::new().spawn_scoped(scope, make));
        take(&second)?;
        ahead.into_iter().try_for_each(|batch| take(&batch?))?;
        std::iter::from_fn(next).try_for_each(|batch| take(&batch?))
    })
}

/// The first and the last of many rows.
#[derive(Default)]
pub(super) struct RowEnds {
    first: Vec<(Zone, RecordBatch)>,
    last: VecDeque<(Zone, RecordBatch)>,
    /// Rows between them.
    pub(super) hidden: u64,
}

impl RowEnds {
    /// How many rows come before the hidden ones.
    pub(super) fn first(&self) -> usize {
        self.first.iter().map(|(_, batch)| batch.num_rows()).sum()
    }

    /// The rows that are shown.
    pub(super) fn batches(&self) -> impl Iterator<Item = &(Zone, RecordBatch)> {
        self.first.iter().chain(&self.last)
    }
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'b> {
    Null,
    Text(&'b str),
    Whole(i64),
    Real(f64),
    /// In units of 10^-9.
    Decimal(i128),
    Time(i64),
    Yes(bool),
}

/// The values of a column, of one of the kinds that tables have.
#[derive(Clone, Copy)]
pub(super) enum ColumnValues<'b> {
    Texts(&'b StringArray),
    Wholes(&'b Int64Array),
    Reals(&'b Float64Array),
    Decimals(&'b Decimal128Array),
    Times(&'b TimestampMicrosecondArray),
    Yeses(&'b BooleanArray),
}

impl<'b> ColumnValues<'b> {
    /// Those of the `columns` of `batch`.
    pub(super) fn of(batch: &'b RecordBatch, columns: &[usize]) -> Result<Vec<ColumnValues<'b>>> {
        columns.iter().map(|at| ColumnValues::of_column(batch.column(*at).as_ref())).collect()
    }

    fn of_column(values: &'b dyn Array) -> Result<Self> {
        let found = match values.data_type() {
            DataType::Utf8 => values.as_string_opt().map(ColumnValues::Texts),
            DataType::Int64 => values.as_primitive_opt::<types::Int64Type>().map(ColumnValues::Wholes),
            DataType::Float64 => values.as_primitive_opt::<types::Float64Type>().map(ColumnValues::Reals),
            DataType::Decimal128(_, _) => {
                values.as_primitive_opt::<types::Decimal128Type>().map(ColumnValues::Decimals)
            }
            DataType::Boolean => values.as_boolean_opt().map(ColumnValues::Yeses),
            DataType::Timestamp(_, _) => {
                values.as_primitive_opt::<TimestampMicrosecondType>().map(ColumnValues::Times)
            }
            _ => None,
        };
        found.ok_or_else(|| Error::bug(format!("a table cannot show {}", values.data_type())))
    }

    /// The value of a row.
    #[inline(always)]
    pub(super) fn cell(self, row: usize) -> Cell<'b> {
        match self {
            ColumnValues::Texts(values) if values.is_valid(row) => Cell::Text(values.value(row)),
            ColumnValues::Wholes(values) if values.is_valid(row) => Cell::Whole(values.value(row)),
            ColumnValues::Reals(values) if values.is_valid(row) => Cell::Real(values.value(row)),
            ColumnValues::Decimals(values) if values.is_valid(row) => Cell::Decimal(values.value(row)),
            ColumnValues::Times(values) if values.is_valid(row) => Cell::Time(values.value(row)),
            ColumnValues::Yeses(values) if values.is_valid(row) => Cell::Yes(values.value(row)),
            _ => Cell::Null,
        }
    }
}

/// Whether the values of a column are numbers, which people read from the right.
pub(super) fn is_number(of: &DataType) -> bool {
    matches!(of, DataType::Int64 | DataType::Float64 | DataType::Decimal128(..))
}

#[cfg(test)]
mod tests;
