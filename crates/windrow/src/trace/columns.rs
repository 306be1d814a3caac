//! Columns: of the tables behind a job, made of rows.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;

use crate::error::Result;
use crate::ledger::rows;

/// A row by the names of its columns.
pub(super) type Row = serde_json::Map<String, serde_json::Value>;

pub(super) use rows::{integer, text, time};

/// A column of numbers that are not whole.
pub(super) fn real(name: &str) -> Field {
    Field::new(name, DataType::Float64, true)
}

/// The columns of a table.
pub(super) fn schema(fields: impl IntoIterator<Item = Field>) -> SchemaRef {
    Arc::new(Schema::new(fields.into_iter().collect::<Vec<_>>()))
}

/// `rows` as columns.
pub(super) fn batch<T: Serialize>(schema: &SchemaRef, rows: &[T]) -> Result<RecordBatch> {
    rows::batch(schema, rows)
}
