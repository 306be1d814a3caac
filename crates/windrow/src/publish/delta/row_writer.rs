//! Writing the rows of a report into data files that do not reach into each other.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use super::fields_of_measures;
use crate::delta::{DataFile, DataWriter, DeltaTable};
use crate::error::{Code, Error, Result};
use crate::measure::Number;
use crate::report::NumberBuilder;
use crate::window::Window;

/// Rows of one data file: past it the next window begins another one.
const FILE_ROWS: usize = 250_000;

/// Rows that are handed to a writer at a time.
const BATCH_ROWS: usize = 32 << 10;

/// Writes rows, which come in order.
pub(super) struct RowWriter<'t> {
    table: &'t DeltaTable,
    schema: &'t SchemaRef,
    starts: TimestampMicrosecondBuilder,
    ends: TimestampMicrosecondBuilder,
    labels: StringBuilder,
    keys: Vec<StringBuilder>,
    counts: Int64Builder,
    measures: Vec<NumberBuilder>,
    finals: BooleanBuilder,
    waiting: usize,
    writer: Option<DataWriter>,
    rows: usize,
    files: Vec<DataFile>,
}

impl<'t> RowWriter<'t> {
    pub(super) fn new(table: &'t DeltaTable, schema: &'t SchemaRef, keys: usize) -> Self {
        let times = || TimestampMicrosecondBuilder::new().with_timezone("UTC");
        RowWriter {
            table,
            schema,
            starts: times(),
            ends: times(),
            labels: StringBuilder::new(),
            keys: (0..keys).map(|_| StringBuilder::new()).collect(),
            counts: Int64Builder::new(),
            measures: fields_of_measures(schema)
                .map(|field| NumberBuilder::of_type(field.data_type()))
                .collect(),
            finals: BooleanBuilder::new(),
            waiting: 0,
            writer: None,
            rows: 0,
            files: Vec::new(),
        }
    }

    /// Ends the data file if it is full; a window is about to begin.
    pub(super) fn begin_window(&mut self) -> Result<()> {
        if self.rows + self.waiting >= FILE_ROWS { self.cut() } else { Ok(()) }
    }

    /// Ends the data file.
    pub(super) fn cut(&mut self) -> Result<()> {
        self.write_waiting()?;
        self.rows = 0;
        self.files.extend(self.writer.take().map(DataWriter::finish).transpose()?);
        Ok(())
    }

    pub(super) fn push<'k>(
        &mut self,
        (window, label): (Window, &str),
        keys: impl Iterator<Item = Option<&'k str>>,
        (count, measures): (u64, impl Iterator<Item = Number>),
        is_final: bool,
    ) -> Result<()> {
        self.starts.append_value(window.start_us);
        self.ends.append_value(window.end_us);
        self.labels.append_value(label);
        for (column, key) in self.keys.iter_mut().zip(keys) {
            column.append_option(key);
        }
        let count = i64::try_from(count);
        self.counts.append_value(
            count.map_err(|_| Error::limit("a count is past 2^63").with_code(Code::CountTooLarge))?,
        );
        for (column, number) in self.measures.iter_mut().zip(measures) {
            column.append(number)?;
        }
        self.finals.append_value(is_final);
        self.waiting += 1;
        if self.waiting == BATCH_ROWS { self.write_waiting() } else { Ok(()) }
    }

    fn write_waiting(&mut self) -> Result<()> {
        if self.waiting == 0 {
            return Ok(());
        }
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.starts.finish()),
            Arc::new(self.ends.finish()),
            Arc::new(self.labels.finish()),
        ];
        columns.extend(self.keys.iter_mut().map(|keys| Arc::new(keys.finish()) as ArrayRef));
        columns.push(Arc::new(self.counts.finish()));
        columns.extend(self.measures.iter_mut().map(NumberBuilder::finish));
        columns.push(Arc::new(self.finals.finish()));
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| Error::bug(format!("the rows of a report: {error}")))?;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(self.table.writer_of(self.schema, &Default::default())?),
        };
        writer.write(&batch)?;
        self.rows += self.waiting;
        self.waiting = 0;
        Ok(())
    }

    /// The data files.
    pub(super) fn finish(mut self) -> Result<Vec<DataFile>> {
        self.cut()?;
        Ok(self.files)
    }
}
