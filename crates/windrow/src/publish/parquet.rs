//! Parquet: instants in UTC, counts as 64-bit integers, zstd.

use std::io;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{Format, Out, failed, one_table};
use crate::error::{Error, Kind, Result};
use crate::report::{Cell, Column, ColumnKind, ReportData, View};

/// Rows that are handed to the writer at a time.
const BATCH_ROWS: usize = 64 << 10;

/// Writes the one report.
pub(super) fn write(reports: &[ReportData], out: &mut Out<'_>) -> Result<()> {
    let [report] = reports else { return Err(one_table(Format::Parquet)) };
    let table = report.table(View::Grid)?;
    let fields: Vec<Field> = table.columns().iter().map(field).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties())).map_err(refused)?;

    let mut columns: Vec<Values> = table.columns().iter().map(|column| Values::new(column.kind)).collect();
    let mut rows = 0;
    table.rows(&mut |cells| {
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.push(cell)?;
        }
        rows += 1;
        if rows == BATCH_ROWS {
            rows = 0;
            writer.write(&batch(&schema, &mut columns)?).map_err(refused)?;
        }
        Ok(())
    })?;
    writer.write(&batch(&schema, &mut columns)?).map_err(refused)?;
    writer.close().map_err(refused)?;
    Ok(())
}

/// How the files are written.
pub(super) fn properties() -> WriterProperties {
    WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build()
}

fn field(column: &Column) -> Field {
    let (kind, nullable) = match column.kind {
        ColumnKind::Time => (DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        ColumnKind::Text => (DataType::Utf8, true),
        ColumnKind::Count => (DataType::Int64, true),
        ColumnKind::Mean => (DataType::Float64, true),
    };
    Field::new(&column.name, kind, nullable)
}

fn batch(schema: &Arc<Schema>, columns: &mut [Values]) -> Result<RecordBatch> {
    let arrays = columns.iter_mut().map(Values::finish).collect();
    RecordBatch::try_new(schema.clone(), arrays)
        .map_err(|error| Error::bug(format!("a batch of rows: {error}")))
}

/// The values of a column that wait for their batch.
enum Values {
    Times(TimestampMicrosecondBuilder),
    Texts(StringBuilder),
    Counts(Int64Builder),
    Means(Float64Builder),
}

impl Values {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Time => Values::Times(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            ColumnKind::Text => Values::Texts(StringBuilder::new()),
            ColumnKind::Count => Values::Counts(Int64Builder::new()),
            ColumnKind::Mean => Values::Means(Float64Builder::new()),
        }
    }

    fn push(&mut self, cell: &Cell<'_>) -> Result<()> {
        match (self, *cell) {
            (Values::Times(times), Cell::Time(us)) => times.append_value(us),
            (Values::Texts(texts), Cell::Text(value)) => texts.append_option(value),
            (Values::Counts(counts), Cell::Count(n)) => {
                let n = n.map(i64::try_from).transpose();
                counts.append_option(
                    n.map_err(|_| Error::limit("a count is past 2^63, which Parquet cannot hold"))?,
                );
            }
            (Values::Means(means), Cell::Mean(mean)) => means.append_option(mean),
            _ => return Err(Error::bug("a cell is not of its column's kind")),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        let values: &mut dyn ArrayBuilder = match self {
            Values::Times(times) => times,
            Values::Texts(texts) => texts,
            Values::Counts(counts) => counts,
            Values::Means(means) => means,
        };
        values.finish()
    }
}

/// The writer's error; what the system said is inside.
pub(super) fn refused(error: ParquetError) -> Error {
    match error {
        ParquetError::External(inside) => match inside.downcast::<io::Error>() {
            Ok(inside) => failed(*inside),
            Err(inside) => Error::new(Kind::Storage, format!("cannot write the result: {inside}")),
        },
        error => Error::new(Kind::Storage, format!("cannot write the result: {error}")),
    }
}
