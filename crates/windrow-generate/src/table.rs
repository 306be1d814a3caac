//! Parquet: the rows of a log as a table.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, TimestampMillisecondArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use windrow::{Error, Result};

use super::recipe::TimeLayout;

/// Rows that are handed to the writer together.
const BATCH_ROWS: usize = 16 << 10;

/// A table that is being written. Pages are compressed with Zstandard; everything else is the default of the writer.
pub(super) struct GeneratedTable {
    schema: SchemaRef,
    layout: TimeLayout,
    time_at: usize,
    times_us: Vec<i64>,
    /// The other columns, in their order.
    texts: Vec<StringBuilder>,
    writer: ArrowWriter<Vec<u8>>,
}

impl GeneratedTable {
    /// A table with columns of these names; that number `time_at` has the time.
    pub(super) fn new(names: &[String], time_at: usize, layout: TimeLayout) -> Result<Self> {
        let field = |(at, name): (usize, &String)| {
            let kind = if at == time_at { type_of(layout) } else { DataType::Utf8 };
            Field::new(name, kind, false)
        };
        let schema: SchemaRef =
            Arc::new(Schema::new(names.iter().enumerate().map(field).collect::<Vec<_>>()));
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map_err(cannot)?;
        let texts = (1..names.len()).map(|_| StringBuilder::new()).collect();
        Ok(GeneratedTable { schema, layout, time_at, times_us: Vec::new(), texts, writer })
    }

    /// Adds the time of a row.
    pub(super) fn push_time(&mut self, us: i64) {
        self.times_us.push(us);
    }

    /// Adds what stands in column number `column` of a row.
    pub(super) fn push_text(&mut self, column: usize, text: &[u8]) {
        let at = if column < self.time_at { column } else { column - 1 };
        self.texts[at].append_value(String::from_utf8_lossy(text));
    }

    /// Writes the rows to `out` as far as they are a batch; with `all` all of them.
    pub(super) fn write(&mut self, all: bool, out: &mut dyn Write, written: &mut u64) -> Result<()> {
        if self.times_us.len() < BATCH_ROWS && !all {
            return Ok(());
        }
        let mut columns: Vec<ArrayRef> =
            self.texts.iter_mut().map(|texts| Arc::new(texts.finish()) as ArrayRef).collect();
        columns.insert(self.time_at, times_of(&std::mem::take(&mut self.times_us), self.layout));
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| Error::bug(format!("a batch of generated rows: {error}")))?;
        self.writer.write(&batch).map_err(cannot)?;
        self.writer.sync().map_err(super::cannot_write)?;
        write_out(std::mem::take(self.writer.inner_mut()), out, written)
    }

    /// Writes what is left, and the end of the file.
    pub(super) fn finish(mut self, out: &mut dyn Write, written: &mut u64) -> Result<()> {
        self.write(true, out, written)?;
        write_out(self.writer.into_inner().map_err(cannot)?, out, written)
    }
}

fn write_out(bytes: Vec<u8>, out: &mut dyn Write, written: &mut u64) -> Result<()> {
    *written += bytes.len() as u64;
    out.write_all(&bytes).map_err(super::cannot_write)
}

/// The type of the times: instants, or the numbers that the layout writes.
fn type_of(layout: TimeLayout) -> DataType {
    match layout {
        TimeLayout::Iso | TimeLayout::IsoSeconds | TimeLayout::CommonLog | TimeLayout::Offset => {
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
        }
        TimeLayout::Local => DataType::Timestamp(TimeUnit::Millisecond, None),
        _ => DataType::Int64,
    }
}

fn times_of(us: &[i64], layout: TimeLayout) -> ArrayRef {
    let ms = |step: i64| us.iter().map(|us| us.div_euclid(step) * (step / 1_000)).collect::<Vec<i64>>();
    let units = |unit: i64| Arc::new(Int64Array::from_iter_values(us.iter().map(|us| us.div_euclid(unit))));
    match layout {
        TimeLayout::Iso | TimeLayout::Offset => {
            Arc::new(TimestampMillisecondArray::from(ms(1_000)).with_timezone("UTC"))
        }
        TimeLayout::IsoSeconds | TimeLayout::CommonLog => {
            Arc::new(TimestampMillisecondArray::from(ms(1_000_000)).with_timezone("UTC"))
        }
        TimeLayout::Local => Arc::new(TimestampMillisecondArray::from(ms(1_000))),
        TimeLayout::EpochS => units(1_000_000),
        TimeLayout::EpochMs => units(1_000),
        TimeLayout::EpochUs => units(1),
        TimeLayout::EpochNs => Arc::new(Int64Array::from_iter_values(us.iter().map(|us| us * 1_000))),
    }
}

fn cannot(error: parquet::errors::ParquetError) -> Error {
    Error::bug(format!("generated rows as Parquet: {error}"))
}
