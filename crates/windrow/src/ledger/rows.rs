//! Rows: from structs to the columns of a table and back. For the tables that have a row per file, run or change; the
//! counts have a faster way of their own.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_json::{LineDelimitedWriter, ReaderBuilder};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::delta::Table;
use crate::error::{Error, Result};

/// An instant in microseconds since 1970 UTC, a column of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let time: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(Instant(time.as_microsecond()))
    }
}

/// The name of UTC in tables.
const UTC: &str = "UTC";

/// What is understood for it without a database of zones.
const OFFSET: &str = "+00:00";

/// The same columns with the zone of their times under another name.
fn in_zone(schema: &Schema, zone: &str) -> Schema {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let kind = DataType::Timestamp(*unit, Some(zone.into()));
            Arc::new(field.as_ref().clone().with_data_type(kind))
        }
        _ => field.clone(),
    };
    Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>())
}

fn batch_in_zone(batch: &RecordBatch, zone: &str) -> Result<RecordBatch, ArrowError> {
    let column = |column: &ArrayRef| match column.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(times) => Arc::new(times.clone().with_timezone(zone)) as ArrayRef,
        None => column.clone(),
    };
    RecordBatch::try_new(
        Arc::new(in_zone(&batch.schema(), zone)),
        batch.columns().iter().map(column).collect(),
    )
}

/// A column of text.
pub(crate) fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

/// A column of whole numbers.
pub(crate) fn integer(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

/// A column of instants.
pub(crate) fn time(name: &str) -> Field {
    Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())), true)
}

/// A column of yes and no.
pub(crate) fn yes_or_no(name: &str) -> Field {
    Field::new(name, DataType::Boolean, true)
}

/// The columns of `rows`.
pub(crate) fn batch<T: Serialize>(schema: &SchemaRef, rows: &[T]) -> Result<RecordBatch> {
    let columns = || -> Result<Option<RecordBatch>, ArrowError> {
        let schema = Arc::new(in_zone(schema, OFFSET));
        let mut decoder = ReaderBuilder::new(schema).with_batch_size(rows.len().max(1)).build_decoder()?;
        decoder.serialize(rows)?;
        decoder.flush()?.map(|batch| batch_in_zone(&batch, UTC)).transpose()
    };
    let batch = columns().map_err(|error| Error::bug(format!("rows that fit no table: {error}")))?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(schema.clone())))
}

/// The rows of `batch`, which is of `table`.
///
/// # Errors
/// Person: they are not what this program writes.
pub(crate) fn rows<T: DeserializeOwned>(batch: &RecordBatch, table: &Table) -> Result<Vec<T>> {
    let read = || -> Result<Vec<T>, Box<dyn std::error::Error>> {
        let mut writer = LineDelimitedWriter::new(Vec::new());
        writer.write(&batch_in_zone(batch, OFFSET)?)?;
        writer.finish()?;
        let text = writer.into_inner();
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(lines.map(serde_json::from_slice).collect::<Result<Vec<T>, _>>()?)
    };
    read().map_err(|error| table.damaged(format!("a row is damaged: {error}")))
}
