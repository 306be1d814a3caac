//! Statistics on the rows of a data file, known without reading it: their number, and the least and greatest value of columns.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The most bytes to keep of the least and greatest text.
const TEXT_BYTES_MAX: usize = 32;

/// One value of a column that has an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatsValue {
    /// Of a column of integers of any width.
    Int(i64),
    /// Of a column of times, in microseconds since 1970 UTC.
    TimeUs(i64),
    /// Of a column of text; ordered by its bytes.
    Text(String),
}

/// The values of one column from `from` to `to`, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRange {
    /// The column's name.
    pub column: String,
    /// The least value.
    pub from: StatsValue,
    /// The greatest value.
    pub to: StatsValue,
}

/// Statistics on rows. Least and greatest values are bounds: text is cut, times are whole milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    pub(crate) rows: u64,
    pub(crate) least: BTreeMap<String, StatsValue>,
    pub(crate) greatest: BTreeMap<String, StatsValue>,
    pub(crate) nulls: BTreeMap<String, u64>,
}

/// The form in the log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenStats {
    num_records: u64,
    #[serde(default)]
    min_values: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    max_values: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    null_count: BTreeMap<String, serde_json::Value>,
}

impl Stats {
    /// Takes in some more rows.
    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows() as u64;
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            *self.nulls.entry(field.name().clone()).or_default() += column.null_count() as u64;
            let Some((least, greatest)) = span(column) else { continue };
            let kept = self.least.entry(field.name().clone()).or_insert_with(|| least.clone());
            if least < *kept {
                *kept = least;
            }
            let kept = self.greatest.entry(field.name().clone()).or_insert_with(|| greatest.clone());
            if greatest > *kept {
                *kept = greatest;
            }
        }
    }

    /// The form in the log. A bound that cannot be written is left out.
    pub(crate) fn write(&self) -> Result<String> {
        let bounds = |values: &BTreeMap<String, StatsValue>,
                      bound: fn(&StatsValue) -> Option<serde_json::Value>| {
            values.iter().filter_map(|(name, value)| Some((name.clone(), bound(value)?))).collect()
        };
        let written = WrittenStats {
            num_records: self.rows,
            min_values: bounds(&self.least, lower_bound),
            max_values: bounds(&self.greatest, upper_bound),
            null_count: self.nulls.iter().map(|(name, count)| (name.clone(), (*count).into())).collect(),
        };
        serde_json::to_string(&written)
            .map_err(|error| Error::bug(format!("stats cannot be written: {error}")))
    }

    /// The statistics from the log; `None` if they cannot be used.
    pub(crate) fn read(text: &str, schema: &Schema) -> Option<Stats> {
        let written: WrittenStats = serde_json::from_str(text).ok()?;
        let values = |written: &BTreeMap<String, serde_json::Value>| {
            let value = |(name, value): (&String, &serde_json::Value)| {
                let field = schema.field_with_name(name).ok()?;
                Some((name.clone(), read_value(field.data_type(), value)?))
            };
            written.iter().filter_map(value).collect()
        };
        Some(Stats {
            rows: written.num_records,
            least: values(&written.min_values),
            // Other writers round times down to the millisecond, also the greatest.
            greatest: values(&written.max_values)
                .into_iter()
                .map(|(name, value): (String, StatsValue)| match value {
                    StatsValue::TimeUs(us) => (name, StatsValue::TimeUs(us.saturating_add(999))),
                    value => (name, value),
                })
                .collect(),
            nulls: written
                .null_count
                .iter()
                .filter_map(|(name, count)| Some((name.clone(), count.as_u64()?)))
                .collect(),
        })
    }

    /// Whether some row may have a value in `range`.
    pub(crate) fn may_hold(&self, range: &ColumnRange) -> bool {
        let below = self.greatest.get(&range.column).is_some_and(|greatest| *greatest < range.from);
        let above = self.least.get(&range.column).is_some_and(|least| *least > range.to);
        !below && !above
    }
}

/// The least and the greatest value of a column that has an order.
fn span(column: &dyn Array) -> Option<(StatsValue, StatsValue)> {
    fn of<T: Ord + Copy>(
        values: impl Iterator<Item = T>,
        value: fn(T) -> StatsValue,
    ) -> Option<(StatsValue, StatsValue)> {
        let (least, greatest) = values.fold(None, |span: Option<(T, T)>, value| {
            Some(span.map_or((value, value), |(least, greatest)| (least.min(value), greatest.max(value))))
        })?;
        Some((value(least), value(greatest)))
    }
    match column.data_type() {
        DataType::Int16 => {
            of(column.as_primitive::<Int16Type>().iter().flatten(), |n| StatsValue::Int(n.into()))
        }
        DataType::Int32 => {
            of(column.as_primitive::<Int32Type>().iter().flatten(), |n| StatsValue::Int(n.into()))
        }
        DataType::Int64 => of(column.as_primitive::<Int64Type>().iter().flatten(), StatsValue::Int),
        DataType::Timestamp(..) => {
            of(column.as_primitive::<TimestampMicrosecondType>().iter().flatten(), StatsValue::TimeUs)
        }
        DataType::Utf8 => {
            let (least, greatest) =
                column.as_string::<i32>().iter().flatten().fold(
                    None,
                    |span: Option<(&str, &str)>, value| {
                        Some(span.map_or((value, value), |(least, greatest)| {
                            (least.min(value), greatest.max(value))
                        }))
                    },
                )?;
            Some((StatsValue::Text(least.to_owned()), StatsValue::Text(greatest.to_owned())))
        }
        _ => None,
    }
}

/// A value that is not above `value`.
fn lower_bound(value: &StatsValue) -> Option<serde_json::Value> {
    match value {
        StatsValue::Int(n) => Some((*n).into()),
        StatsValue::TimeUs(us) => time(us.div_euclid(1_000)),
        StatsValue::Text(text) => Some(text[..text.floor_char_boundary(TEXT_BYTES_MAX)].into()),
    }
}

/// A value that is not below `value`.
fn upper_bound(value: &StatsValue) -> Option<serde_json::Value> {
    match value {
        StatsValue::Int(n) => Some((*n).into()),
        StatsValue::TimeUs(us) => time(us.checked_add(999)?.div_euclid(1_000)),
        StatsValue::Text(text) if text.len() <= TEXT_BYTES_MAX => Some(text.as_str().into()),
        StatsValue::Text(text) => {
            let (kept, cut) = text.split_at(text.floor_char_boundary(TEXT_BYTES_MAX));
            // The greatest character stands for the text that was cut off, unless that text begins with it.
            (!cut.starts_with(char::MAX)).then(|| format!("{kept}{}", char::MAX).into())
        }
    }
}

fn time(ms: i64) -> Option<serde_json::Value> {
    let time = Timestamp::from_millisecond(ms).ok()?;
    Some(format!("{time:.3}").into())
}

fn read_value(of: &DataType, value: &serde_json::Value) -> Option<StatsValue> {
    match of {
        DataType::Int16 | DataType::Int32 | DataType::Int64 => value.as_i64().map(StatsValue::Int),
        DataType::Utf8 => value.as_str().map(|text| StatsValue::Text(text.to_owned())),
        DataType::Timestamp(..) => {
            let time: Timestamp = value.as_str()?.parse().ok()?;
            time.round(Unit::Microsecond).ok().map(|time| StatsValue::TimeUs(time.as_microsecond()))
        }
        _ => None,
    }
}
