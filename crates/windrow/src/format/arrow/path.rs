//! Paths: from the name of a column, or the path to one within structs and lists, to an array of single values.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::UInt64Builder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, RecordBatch, StructArray, make_array};
use arrow_buffer::NullBuffer;
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Fields, IntervalUnit, Schema, TimeUnit};
use arrow_select::take::take;
use windrow_scan::json::{PathStep, path_of_member, steps};

use crate::error::{Error, Result};
use crate::format::parquet::{ColumnKind, PathTarget, TickUnit, unread};

/// The way from a batch to one of its columns, or into it.
#[derive(Clone, Debug)]
pub(super) struct ColumnPath {
    column: usize,
    into: Vec<Into>,
}

/// A step into a column.
#[derive(Clone, Copy, Debug)]
enum Into {
    /// The field of a struct with this number.
    Field(usize),
    /// An element of a list.
    Element(u64),
}

impl ColumnPath {
    /// The way to what `name` means, and what its values are: the column of this very name, else where the path leads.
    ///
    /// # Errors
    /// Usage: there is none, or it has no single values that are read.
    pub(super) fn find(schema: &Schema, name: &str) -> Result<(ColumnPath, ColumnKind)> {
        let path = match schema.fields().iter().any(|field| field.name() == name) {
            true => vec![PathStep::Member(name.as_bytes().into())],
            false => steps(name).unwrap_or_default(),
        };
        let mut into = Vec::new();
        let found = within(schema.fields(), &path, &mut into);
        let leaf = found.column(name, || all(schema))?;
        let kind = kind_of(leaf.data_type()).map_err(|what| unread(name, what))?;
        let mut into = into.into_iter();
        let column = match into.next() {
            Some(Into::Field(column)) => column,
            _ => return Err(Error::bug("a path to a column does not begin with one")),
        };
        Ok((ColumnPath { column, into: into.collect() }, kind))
    }

    /// The values of some rows of a batch.
    ///
    /// # Errors
    /// A list of the table is damaged.
    pub(super) fn values(
        &self,
        batch: &RecordBatch,
        rows: Range<usize>,
    ) -> std::result::Result<ArrayRef, ArrowError> {
        let mut array = batch.column(self.column).slice(rows.start, rows.len());
        for into in &self.into {
            array = match *into {
                Into::Field(field) => field_of(array.as_struct(), field)?,
                Into::Element(element) => element_of(&array, element)?,
            };
        }
        Ok(array)
    }
}

/// Where `path` leads from these fields.
fn within<'f>(fields: &'f Fields, path: &[PathStep], into: &mut Vec<Into>) -> PathTarget<&'f Field> {
    let Some((PathStep::Member(name), rest)) = path.split_first() else { return PathTarget::Missing };
    let mut named = fields.iter().enumerate().filter(|(_, field)| field.name().as_bytes() == &**name);
    let Some((at, field)) = named.next() else { return PathTarget::Missing };
    if named.next().is_some() {
        return PathTarget::Repeated;
    }
    into.push(Into::Field(at));
    in_field(field, rest, into)
}

/// Where `path` leads from a field.
fn in_field<'f>(field: &'f Field, path: &[PathStep], into: &mut Vec<Into>) -> PathTarget<&'f Field> {
    match (field.data_type(), path) {
        (DataType::Map(..), _) => PathTarget::Whole("map"),
        (DataType::Struct(_), []) => PathTarget::Whole("struct"),
        (DataType::Struct(fields), path) => within(fields, path, into),
        (list, []) if element(list).is_some() => PathTarget::Whole("list"),
        (list, [PathStep::Element(number), rest @ ..]) => match element(list) {
            Some(element) => {
                into.push(Into::Element(*number));
                in_field(element, rest, into)
            }
            None => PathTarget::Missing,
        },
        (_, []) => PathTarget::Column(field),
        _ => PathTarget::Missing,
    }
}

/// What the elements of a list are.
fn element(list: &DataType) -> Option<&Field> {
    match list {
        DataType::List(element)
        | DataType::LargeList(element)
        | DataType::ListView(element)
        | DataType::LargeListView(element)
        | DataType::FixedSizeList(element, _) => Some(element),
        _ => None,
    }
}

/// The columns outside lists and maps, by their paths.
pub(super) fn all(schema: &Schema) -> Vec<String> {
    fn push(fields: &Fields, of: &dyn Fn(&str) -> String, all: &mut Vec<String>) {
        for field in fields {
            let path = of(field.name());
            match field.data_type() {
                DataType::Struct(fields) => push(fields, &|name| path_of_member(&path, name), all),
                DataType::Map(..) => {}
                list if element(list).is_some() => {}
                _ => all.push(path),
            }
        }
    }
    let mut all = Vec::new();
    // The name of a column is taken as it is.
    for field in schema.fields() {
        match field.data_type() {
            DataType::Struct(fields) => {
                let path = path_of_member("", field.name());
                push(fields, &|name| path_of_member(&path, name), &mut all);
            }
            _ => push(&Fields::from(vec![Arc::clone(field)]), &str::to_owned, &mut all),
        }
    }
    all
}

/// What the values of a column are; else what it is that is not read.
fn kind_of(of_type: &DataType) -> std::result::Result<ColumnKind, &'static str> {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::Second => TickUnit::S,
        TimeUnit::Millisecond => TickUnit::Ms,
        TimeUnit::Microsecond => TickUnit::Us,
        TimeUnit::Nanosecond => TickUnit::Ns,
    };
    Ok(match of_type {
        DataType::Timestamp(of, None) => ColumnKind::OnClock(unit(of)),
        DataType::Timestamp(of, Some(_)) => ColumnKind::Instant(unit(of)),
        DataType::Date32 | DataType::Date64 => ColumnKind::Date,
        DataType::Time32(of) | DataType::Time64(of) => ColumnKind::TimeOfDay(unit(of)),
        DataType::Boolean => ColumnKind::Boolean,
        of_type if of_type.is_signed_integer() => ColumnKind::Signed,
        of_type if of_type.is_unsigned_integer() => ColumnKind::Unsigned,
        of_type if of_type.is_floating() => ColumnKind::Float,
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => {
            ColumnKind::Decimal(usize::try_from(*scale).map_err(|_| "decimals of a negative scale")?)
        }
        DataType::Dictionary(_, values) => kind_of(values)?,
        DataType::RunEndEncoded(_, values) => kind_of(values.data_type())?,
        DataType::Interval(IntervalUnit::YearMonth | IntervalUnit::DayTime | IntervalUnit::MonthDayNano) => {
            return Err("intervals");
        }
        DataType::Duration(_) => return Err("spans of time"),
        DataType::Union(..) => return Err("values of several types"),
        _ => ColumnKind::Text,
    })
}

/// A field of structs; null where the struct is.
fn field_of(structs: &StructArray, field: usize) -> std::result::Result<ArrayRef, ArrowError> {
    let values = structs.column(field);
    match structs.nulls() {
        None => Ok(Arc::clone(values)),
        // All of them are null anyway.
        _ if values.data_type().is_null() => Ok(Arc::clone(values)),
        nulls => {
            let values = match values.data_type() {
                DataType::RunEndEncoded(_, of) => &cast(values, of.data_type())?,
                _ => values,
            };
            let nulls = NullBuffer::union(nulls, values.logical_nulls().as_ref());
            Ok(make_array(values.to_data().into_builder().nulls(nulls).build()?))
        }
    }
}

/// An element of each list; null where the list is null or shorter.
fn element_of(lists: &ArrayRef, element: u64) -> std::result::Result<ArrayRef, ArrowError> {
    let (values, places): (&ArrayRef, Vec<(usize, usize)>) = match lists.data_type() {
        DataType::List(_) => {
            (lists.as_list::<i32>().values(), places(lists.as_list::<i32>().value_offsets()))
        }
        DataType::LargeList(_) => {
            (lists.as_list::<i64>().values(), places(lists.as_list::<i64>().value_offsets()))
        }
        DataType::ListView(_) => {
            let lists = lists.as_list_view::<i32>();
            (lists.values(), beside(lists.value_offsets(), lists.value_sizes()))
        }
        DataType::LargeListView(_) => {
            let lists = lists.as_list_view::<i64>();
            (lists.values(), beside(lists.value_offsets(), lists.value_sizes()))
        }
        _ => {
            let lists = lists.as_fixed_size_list();
            let len = lists.value_length().unsigned_abs() as usize;
            (lists.values(), (0..lists.len()).map(|at| (at * len, len)).collect())
        }
    };
    let mut taken = UInt64Builder::with_capacity(places.len());
    for (row, (start, len)) in places.into_iter().enumerate() {
        let is_there = lists.is_valid(row) && element < len as u64;
        taken.append_option(is_there.then_some(start as u64 + element));
    }
    take(values, &taken.finish(), None)
}

/// Where lists begin, and how long they are.
fn places<O: OffsetSizeTrait>(offsets: &[O]) -> Vec<(usize, usize)> {
    offsets.windows(2).map(|ends| (ends[0].as_usize(), ends[1].as_usize() - ends[0].as_usize())).collect()
}

fn beside<O: OffsetSizeTrait>(offsets: &[O], sizes: &[O]) -> Vec<(usize, usize)> {
    offsets.iter().zip(sizes).map(|(start, len)| (start.as_usize(), len.as_usize())).collect()
}
