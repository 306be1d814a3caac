//! Cells: one value of a sheet, whatever its column is.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use crate::error::{Error, Result};

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'b> {
    Null,
    Text(&'b str),
    Whole(i64),
    Real(f64),
    Time(i64),
    Yes(bool),
}

impl<'b> Cell<'b> {
    /// The value of `batch` in a column and a row.
    pub(super) fn of(batch: &'b RecordBatch, column: usize, row: usize) -> Result<Self> {
        let values = batch.column(column);
        if values.is_null(row) {
            return Ok(Cell::Null);
        }
        Ok(match values.data_type() {
            DataType::Utf8 => Cell::Text(values.as_string::<i32>().value(row)),
            DataType::Int64 => Cell::Whole(values.as_primitive::<Int64Type>().value(row)),
            DataType::Float64 => Cell::Real(values.as_primitive::<Float64Type>().value(row)),
            DataType::Boolean => Cell::Yes(values.as_boolean().value(row)),
            DataType::Timestamp(_, _) => {
                let times = values.as_primitive_opt::<TimestampMicrosecondType>();
                Cell::Time(times.ok_or_else(|| Error::bug("a time that is not in microseconds"))?.value(row))
            }
            other => return Err(Error::bug(format!("a sheet cannot show {other}"))),
        })
    }
}

/// Whether the values of a column are numbers, which people read from the right.
pub(super) fn is_number(of: &DataType) -> bool {
    matches!(of, DataType::Int64 | DataType::Float64)
}
