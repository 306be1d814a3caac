//! The values of one column in some rows of a batch.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type,
    Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int32Array, Int64Array,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};

use super::texts::ArrowTexts;
use crate::error::{Code, Error};
use crate::format::parquet::StoredValue;

/// The values of a column, as Parquet would store them.
#[derive(Debug)]
pub(super) enum ArrowValues {
    Boolean(BooleanArray),
    Int32(Int32Array),
    Int64(Int64Array),
    Float(Float32Array),
    Double(Float64Array),
    Texts(ArrowTexts),
}

impl ArrowValues {
    /// The values of an array. Those of the usual types are not copied.
    ///
    /// # Errors
    /// They cannot be converted.
    pub(super) fn of(array: &ArrayRef) -> Result<ArrowValues, ArrowError> {
        macro_rules! as_is {
            ($of:ty) => {
                array.as_primitive::<$of>().reinterpret_cast()
            };
        }
        let through = |to: &DataType| ArrowValues::of(&cast(array, to)?);
        Ok(match array.data_type() {
            DataType::Boolean => ArrowValues::Boolean(array.as_boolean().clone()),
            DataType::Int8 | DataType::Int16 => return through(&DataType::Int32),
            DataType::UInt8 | DataType::UInt16 => return through(&DataType::UInt32),
            DataType::Float16 => return through(&DataType::Float32),
            DataType::Date64 => return through(&DataType::Date32),
            DataType::Int32 => ArrowValues::Int32(as_is!(Int32Type)),
            DataType::UInt32 => {
                ArrowValues::Int32(unsigned(array.as_primitive::<UInt32Type>().values(), array))
            }
            DataType::Date32 => ArrowValues::Int32(as_is!(Date32Type)),
            DataType::Time32(TimeUnit::Second) => ArrowValues::Int32(as_is!(Time32SecondType)),
            DataType::Time32(_) => ArrowValues::Int32(as_is!(Time32MillisecondType)),
            DataType::Decimal32(..) => ArrowValues::Int32(as_is!(Decimal32Type)),
            DataType::Int64 => ArrowValues::Int64(as_is!(Int64Type)),
            DataType::UInt64 => {
                ArrowValues::Int64(unsigned_long(array.as_primitive::<UInt64Type>().values(), array))
            }
            DataType::Time64(TimeUnit::Microsecond) => ArrowValues::Int64(as_is!(Time64MicrosecondType)),
            DataType::Time64(_) => ArrowValues::Int64(as_is!(Time64NanosecondType)),
            DataType::Timestamp(TimeUnit::Second, _) => ArrowValues::Int64(as_is!(TimestampSecondType)),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                ArrowValues::Int64(as_is!(TimestampMillisecondType))
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                ArrowValues::Int64(as_is!(TimestampMicrosecondType))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                ArrowValues::Int64(as_is!(TimestampNanosecondType))
            }
            DataType::Decimal64(..) => ArrowValues::Int64(as_is!(Decimal64Type)),
            DataType::Float32 => ArrowValues::Float(as_is!(Float32Type)),
            DataType::Float64 => ArrowValues::Double(as_is!(Float64Type)),
            DataType::Decimal128(..) => {
                let numbers = array.as_primitive::<Decimal128Type>().iter();
                big_endian(numbers.map(|number| number.map(i128::to_be_bytes)))?
            }
            DataType::Decimal256(..) => {
                let numbers = array.as_primitive::<Decimal256Type>().iter();
                big_endian(numbers.map(|number| number.map(|number| number.to_be_bytes())))?
            }
            DataType::RunEndEncoded(_, values) => return through(values.data_type()),
            DataType::Dictionary(_, values) if !ArrowTexts::are(values) => return through(values),
            _ => ArrowValues::Texts(ArrowTexts::of(array)?),
        })
    }

    /// The value in a row. `None` if it is null.
    pub(super) fn get(&self, row: usize) -> Option<StoredValue<'_>> {
        match self {
            ArrowValues::Boolean(array) => {
                array.is_valid(row).then(|| StoredValue::Boolean(array.value(row)))
            }
            ArrowValues::Int32(array) => array.is_valid(row).then(|| StoredValue::Int32(array.value(row))),
            ArrowValues::Int64(array) => array.is_valid(row).then(|| StoredValue::Int64(array.value(row))),
            ArrowValues::Float(array) => array.is_valid(row).then(|| StoredValue::Float(array.value(row))),
            ArrowValues::Double(array) => array.is_valid(row).then(|| StoredValue::Double(array.value(row))),
            ArrowValues::Texts(texts) => texts.get(row).map(StoredValue::Bytes),
        }
    }

    /// The 64-bit integers in some rows, if none of them is null.
    pub(super) fn integers(&self, rows: Range<usize>) -> Option<&[i64]> {
        let ArrowValues::Int64(array) = self else { return None };
        let has_null =
            array.nulls().is_some_and(|nulls| nulls.slice(rows.start, rows.len()).null_count() > 0);
        if has_null { None } else { array.values().get(rows) }
    }
}

/// The error for a table that is damaged.
pub(super) fn damaged(error: ArrowError) -> Error {
    Error::data(format!("the table cannot be read: {error}"))
        .with_code(Code::DamagedData)
        .with_help("look at where it comes from")
}

/// The same bits as signed numbers. The kind of the column says that they are unsigned.
fn unsigned(numbers: &[u32], array: &ArrayRef) -> Int32Array {
    Int32Array::new(numbers.iter().map(|number| number.cast_signed()).collect(), array.nulls().cloned())
}

fn unsigned_long(numbers: &[u64], array: &ArrayRef) -> Int64Array {
    Int64Array::new(numbers.iter().map(|number| number.cast_signed()).collect(), array.nulls().cloned())
}

/// Decimals as big-endian bytes, as Parquet stores those of many digits.
fn big_endian<const LEN: usize>(
    numbers: impl Iterator<Item = Option<[u8; LEN]>>,
) -> Result<ArrowValues, ArrowError> {
    let bytes = FixedSizeBinaryArray::try_from_sparse_iter_with_size(numbers, LEN as i32)?;
    Ok(ArrowValues::Texts(ArrowTexts::Fixed(bytes)))
}
