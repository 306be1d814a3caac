//! Rows: from structs to the columns of a table and back, for the tables with a row per file, reject, run or change.
//! Counts are written by other code.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, SchemaRef, TimeUnit};
use serde::{Serialize, Serializer};

use crate::delta::DeltaTable;
use crate::error::{Error, Result};

/// An instant in microseconds since 1970 UTC: a cell in a column of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(self.0)
    }
}

/// A row of one of the tables.
pub trait LedgerRow: Sized {
    /// The columns of the table that has a column for each field. All may be null.
    fn schema() -> SchemaRef;

    /// The columns of `rows`.
    fn columns<'r>(rows: impl Iterator<Item = &'r Self> + Clone) -> Vec<(&'static str, ArrayRef)>
    where
        Self: 'r;

    /// The rows of `batch`; `Err` says what is wrong with it.
    fn rows(batch: &RecordBatch) -> Result<Vec<Self>, String>;
}

/// Makes a struct a [`LedgerRow`]: its fields are columns of the same name.
macro_rules! row {
    ($row:ident: $($field:ident)+) => {
        impl $crate::ledger::rows::LedgerRow for $row {
            fn schema() -> arrow_schema::SchemaRef {
                use $crate::ledger::rows::field_of;
                let fields = vec![$(field_of(|row: &$row| &row.$field, stringify!($field))),+];
                std::sync::Arc::new(arrow_schema::Schema::new(fields))
            }

            fn columns<'r>(
                rows: impl Iterator<Item = &'r Self> + Clone,
            ) -> Vec<(&'static str, arrow_array::ArrayRef)> {
                use $crate::ledger::rows::RowField;
                vec![$((stringify!($field), RowField::column(rows.clone().map(|row| Some(&row.$field))))),+]
            }

            fn rows(batch: &arrow_array::RecordBatch) -> Result<Vec<Self>, String> {
                $(let $field = $crate::ledger::rows::BatchColumn::find(batch, stringify!($field))?;)+
                let mut rows: Vec<Self> = Vec::with_capacity(batch.num_rows());
                for at in 0..batch.num_rows() {
                    let before = rows.last();
                    let row = $row { $($field: $field.cell(at, before.map(|row| &row.$field))?),+ };
                    rows.push(row);
                }
                Ok(rows)
            }
        }
    };
}
pub(crate) use row;

/// A type that a field of a row can have.
pub(crate) trait RowField: Sized {
    /// Its column.
    type Array: Array + Clone + 'static;
    /// Whether it may be null, and its column missing.
    const IS_OPTIONAL: bool = false;

    /// A column of this name.
    fn field(name: &str) -> Field;

    /// The column of these cells.
    fn column<'r>(cells: impl Iterator<Item = Option<&'r Self>>) -> ArrayRef
    where
        Self: 'r;

    /// The cell in row `at`, which is not null or may be; `before` is the one in the row before.
    fn of(column: &Self::Array, at: usize, before: Option<&Self>) -> Self;

    /// The value to use if its column is missing, if that is allowed.
    fn missing() -> Option<Self> {
        None
    }
}

/// The column for what `_of` gives of a row.
pub(crate) fn field_of<R, C: RowField>(_of: fn(&R) -> &C, name: &str) -> Field {
    C::field(name)
}

/// A column of a batch.
pub(crate) struct BatchColumn<C: RowField> {
    name: &'static str,
    array: Option<C::Array>,
    cell: PhantomData<C>,
}

impl<C: RowField> BatchColumn<C> {
    pub(crate) fn find(batch: &RecordBatch, name: &'static str) -> Result<Self, String> {
        let is_other = |column: &ArrayRef| format!("`{name}` is of the type {}", column.data_type());
        let typed = |column: &ArrayRef| {
            column.as_any().downcast_ref::<C::Array>().cloned().ok_or_else(|| is_other(column))
        };
        let array = batch.column_by_name(name).map(typed).transpose()?;
        Ok(BatchColumn { name, array, cell: PhantomData })
    }

    pub(crate) fn cell(&self, at: usize, before: Option<&C>) -> Result<C, String> {
        match &self.array {
            Some(array) if C::IS_OPTIONAL || array.is_valid(at) => Ok(C::of(array, at, before)),
            Some(_) => Err(format!("`{}` is null", self.name)),
            None => C::missing().ok_or_else(|| format!("the column `{}` is missing", self.name)),
        }
    }
}

impl RowField for String {
    type Array = StringArray;

    fn field(name: &str) -> Field {
        text(name)
    }

    fn column<'r>(cells: impl Iterator<Item = Option<&'r Self>>) -> ArrayRef {
        let mut column = StringBuilder::new();
        cells.for_each(|cell| column.append_option(cell));
        Arc::new(column.finish())
    }

    fn of(column: &StringArray, at: usize, _: Option<&Self>) -> Self {
        column.value(at).to_owned()
    }
}

/// Text that many rows share; consecutive rows share one copy.
impl RowField for Arc<str> {
    type Array = StringArray;

    fn field(name: &str) -> Field {
        text(name)
    }

    fn column<'r>(cells: impl Iterator<Item = Option<&'r Self>>) -> ArrayRef {
        let mut column = StringBuilder::new();
        cells.for_each(|cell| column.append_option(cell));
        Arc::new(column.finish())
    }

    fn of(column: &StringArray, at: usize, before: Option<&Self>) -> Self {
        let text = column.value(at);
        before.filter(|before| ***before == *text).map_or_else(|| Arc::from(text), Arc::clone)
    }
}

impl RowField for i64 {
    type Array = Int64Array;

    fn field(name: &str) -> Field {
        integer(name)
    }

    fn column<'r>(cells: impl Iterator<Item = Option<&'r Self>>) -> ArrayRef {
        let mut column = Int64Builder::new();
        cells.for_each(|cell| column.append_option(cell.copied()));
        Arc::new(column.finish())
    }

    fn of(column: &Int64Array, at: usize, _: Option<&Self>) -> Self {
        column.value(at)
    }
}

impl RowField for Instant {
    type Array = TimestampMicrosecondArray;

    fn field(name: &str) -> Field {
        time(name)
    }

    fn column<'r>(cells: impl Iterator<Item = Option<&'r Self>>) -> ArrayRef {
        let mut column = TimestampMicrosecondBuilder::new().with_timezone(UTC);
        cells.for_each(|cell| column.append_option(cell.map(|instant| instant.0)));
        Arc::new(column.finish())
    }

    fn of(column: &TimestampMicrosecondArray, at: usize, _: Option<&Self>) -> Self {
        Instant(column.value(at))
    }
}

impl RowField for bool {
    type Array = BooleanArray;

    fn field(name: &str) -> Field {
        Field::new(name, DataType::Boolean, true)
    }

    fn column<'r>(cells: impl Iterator<Item = Option<&'r Self>>) -> ArrayRef {
        let mut column = BooleanBuilder::new();
        cells.for_each(|cell| column.append_option(cell.copied()));
        Arc::new(column.finish())
    }

    fn of(column: &BooleanArray, at: usize, _: Option<&Self>) -> Self {
        column.value(at)
    }
}

impl<C: RowField> RowField for Option<C> {
    type Array = C::Array;
    const IS_OPTIONAL: bool = true;

    fn field(name: &str) -> Field {
        C::field(name)
    }

    fn column<'r>(cells: impl Iterator<Item = Option<&'r Self>>) -> ArrayRef
    where
        Self: 'r,
    {
        C::column(cells.map(|cell| cell.and_then(Option::as_ref)))
    }

    fn of(column: &Self::Array, at: usize, before: Option<&Self>) -> Self {
        column.is_valid(at).then(|| C::of(column, at, before.and_then(Option::as_ref)))
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

/// The name of UTC in tables.
const UTC: &str = "UTC";

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

/// The columns of `schema`, filled from `rows`.
pub(crate) fn batch<'r, T: LedgerRow + 'r>(
    schema: &SchemaRef,
    rows: impl IntoIterator<Item = &'r T, IntoIter: Clone>,
) -> Result<RecordBatch> {
    let columns = T::columns(rows.into_iter());
    let column = |field: &Arc<Field>| {
        let found = columns.iter().find(|(name, _)| name == field.name());
        found.map(|(_, column)| column.clone()).ok_or_else(|| Error::bug(format!("no rows have {field}")))
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema.clone(), columns)
        .map_err(|error| Error::bug(format!("rows that fit no table: {error}")))
}

/// The rows of `batch`, which is of `table`.
///
/// # Errors
/// Attention: they are not what this program writes.
pub(crate) fn rows<T: LedgerRow>(batch: &RecordBatch, table: &DeltaTable) -> Result<Vec<T>> {
    T::rows(batch).map_err(|what| table.damaged(format!("a row is damaged: {what}")))
}
