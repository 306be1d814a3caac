//! Columns: builds the tables behind a job from rows.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_json::ReaderBuilder;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::ledger::rows;

/// A row by the names of its columns.
pub(super) type NamedRow = serde_json::Map<String, serde_json::Value>;

pub(super) use rows::{integer, text, time};

/// A column of numbers that are not whole.
pub(super) fn real(name: &str) -> Field {
    Field::new(name, DataType::Float64, true)
}

/// The columns of a table.
pub(super) fn schema(fields: impl IntoIterator<Item = Field>) -> SchemaRef {
    Arc::new(Schema::new(fields.into_iter().collect::<Vec<_>>()))
}

/// The name of UTC in tables, and its form that is understood without a database of zones.
const UTC: [&str; 2] = ["UTC", "+00:00"];

/// The same columns with the zone of their times under another name.
fn in_zone(schema: &Schema, zone: &str) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let kind = DataType::Timestamp(*unit, Some(zone.into()));
            Arc::new(field.as_ref().clone().with_data_type(kind))
        }
        _ => field.clone(),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn batch_in_zone(batch: &RecordBatch, zone: &str) -> Result<RecordBatch, ArrowError> {
    let column = |column: &ArrayRef| match column.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(times) => Arc::new(times.clone().with_timezone(zone)) as ArrayRef,
        None => column.clone(),
    };
    RecordBatch::try_new(in_zone(&batch.schema(), zone), batch.columns().iter().map(column).collect())
}

/// `rows` as columns.
pub(super) fn batch<T: Serialize>(schema: &SchemaRef, rows: &[T]) -> Result<RecordBatch> {
    let [name, offset] = UTC;
    let columns = || -> Result<Option<RecordBatch>, ArrowError> {
        let builder = ReaderBuilder::new(in_zone(schema, offset)).with_batch_size(rows.len().max(1));
        let mut decoder = builder.build_decoder()?;
        decoder.serialize(rows)?;
        decoder.flush()?.map(|batch| batch_in_zone(&batch, name)).transpose()
    };
    let batch = columns().map_err(|error| Error::bug(format!("rows that fit no table: {error}")))?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(schema.clone())))
}
