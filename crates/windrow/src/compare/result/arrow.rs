//! Rows of record batches, structs flattened: `window.start`.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef, Fields, TimeUnit};

use super::{EachRow, Go, ResultField};
use crate::calendar::DAY_US;
use crate::error::Result;

/// Some rows of a file.
pub(super) struct ResultBatch<'b> {
    pub(super) rows: &'b RecordBatch,
    /// The number of rows of the file before these.
    pub(super) before: u64,
    /// If the table maps its columns: their names, by those in the file. Then the file's other columns are not read.
    pub(super) names: &'b HashMap<String, String>,
    /// Columns whose times are UTC though they have no zone.
    pub(super) instants: &'b [String],
}

impl ResultBatch<'_> {
    /// Calls `each` with every row that `counts`, by its number in the file.
    pub(super) fn each(
        &self,
        file: &str,
        counts: &dyn Fn(u64) -> bool,
        each: &mut EachRow<'_>,
    ) -> Result<Go> {
        let mut columns: Vec<(String, ArrayRef)> = Vec::new();
        for (field, array) in self.rows.schema().fields().iter().zip(self.rows.columns()) {
            flatten(field.name().clone(), array, &mut columns);
        }
        columns.retain(|(name, _)| self.names.is_empty() || self.names.contains_key(name));
        let is_instant: Vec<bool> = columns.iter().map(|(name, _)| self.instants.contains(name)).collect();
        let known = |(name, _): &(String, ArrayRef)| self.names.get(name).unwrap_or(name).clone();
        let names: Vec<String> = columns.iter().map(known).collect();
        let mut fields = Vec::with_capacity(columns.len());
        for row in (0..self.rows.num_rows()).filter(|row| counts(self.before + *row as u64)) {
            fields.clear();
            let of_row = columns.iter().zip(&is_instant);
            fields.extend(of_row.map(|((_, array), instant)| field(array, row, *instant)));
            let place = || format!("{file}, row {}", self.before + row as u64 + 1);
            if each(&names, &fields, &place)? == Go::Stop {
                return Ok(Go::Stop);
            }
        }
        Ok(Go::On)
    }
}

/// The column names of the fields below `before`, as rows have them.
pub(super) fn names(before: &str, fields: &Fields) -> Vec<String> {
    let of_field = |field: &FieldRef| match field.data_type() {
        DataType::Struct(inside) => names(&format!("{before}{}.", field.name()), inside),
        _ => vec![format!("{before}{}", field.name())],
    };
    fields.iter().flat_map(of_field).collect()
}

fn flatten(name: String, array: &ArrayRef, columns: &mut Vec<(String, ArrayRef)>) {
    match array.as_struct_opt() {
        Some(fields) => {
            for (inside, array) in fields.fields().iter().zip(fields.columns()) {
                flatten(format!("{name}.{}", inside.name()), array, columns);
            }
        }
        None => columns.push((name, array.clone())),
    }
}

fn field(array: &ArrayRef, row: usize, is_instant: bool) -> ResultField {
    if array.is_null(row) {
        return ResultField::Null;
    }
    macro_rules! value {
        ($kind:ty) => {
            array.as_primitive::<$kind>().value(row)
        };
    }
    match array.data_type() {
        DataType::Int8 => ResultField::Whole(value!(Int8Type).into()),
        DataType::Int16 => ResultField::Whole(value!(Int16Type).into()),
        DataType::Int32 => ResultField::Whole(value!(Int32Type).into()),
        DataType::Int64 => ResultField::Whole(value!(Int64Type)),
        DataType::UInt8 => ResultField::Whole(value!(UInt8Type).into()),
        DataType::UInt16 => ResultField::Whole(value!(UInt16Type).into()),
        DataType::UInt32 => ResultField::Whole(value!(UInt32Type).into()),
        DataType::UInt64 => i64::try_from(value!(UInt64Type)).map_or(ResultField::Other, ResultField::Whole),
        DataType::Float32 => ResultField::Real(value!(Float32Type).into()),
        DataType::Float64 => ResultField::Real(value!(Float64Type)),
        DataType::Decimal128(_, scale) => {
            ResultField::Real(value!(Decimal128Type) as f64 / 10f64.powi(i32::from(*scale)))
        }
        DataType::Boolean => ResultField::Text(array.as_boolean().value(row).to_string()),
        DataType::Utf8 => ResultField::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => ResultField::Text(array.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => ResultField::Text(array.as_string_view().value(row).to_owned()),
        DataType::Date32 => ResultField::Reading(i64::from(value!(Date32Type)).saturating_mul(DAY_US)),
        DataType::Timestamp(unit, zone) => {
            let us = match unit {
                TimeUnit::Second => value!(TimestampSecondType).saturating_mul(1_000_000),
                TimeUnit::Millisecond => value!(TimestampMillisecondType).saturating_mul(1_000),
                TimeUnit::Microsecond => value!(TimestampMicrosecondType),
                TimeUnit::Nanosecond => value!(TimestampNanosecondType).div_euclid(1_000),
            };
            if zone.is_some() || is_instant { ResultField::Instant(us) } else { ResultField::Reading(us) }
        }
        _ => ResultField::Other,
    }
}
