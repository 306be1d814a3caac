//! The rows of a data file of events: collected, put in order of time, and made columns.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::{Decimal128Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{Schema, SchemaRef};

use super::EventTable;
use super::folders::FolderValues;
use crate::counts::{KeptPart, KeptValue, KeyId};
use crate::error::{Error, Result};
use crate::event::Cleaning;
use crate::job::{MeasuredColumn, PathValues};

/// Rows that become columns at a time.
const BATCH_ROWS: usize = 64 << 10;

/// What was kept of one part of an input, with its keys as they are published.
pub(super) struct CleanPart<'k> {
    pub(super) kept: &'k KeptPart,
    /// By the number of a key.
    pub(super) keys: Vec<FolderValues>,
}

impl<'k> CleanPart<'k> {
    /// Its keys cleaned, with what the path of the input says of them in the place of what it does not say.
    pub(super) fn new(kept: &'k KeptPart, cleaning: &[Cleaning], path: &PathValues) -> Result<Self> {
        let clean = |tuple: &Vec<Box<[u8]>>| {
            let mut values = Vec::with_capacity(tuple.len());
            for ((at, raw), cleaning) in tuple.iter().enumerate().zip(cleaning) {
                let of_path =
                    path.keys.iter().find(|(place, _)| *place == at).map(|(_, value)| value.as_str());
                let raw = match of_path {
                    Some(value) => value,
                    None => std::str::from_utf8(raw)
                        .map_err(|_| Error::bug("a key value that is not UTF-8 was kept"))?,
                };
                values.push(cleaning.clean(raw).map(Cow::into_owned));
            }
            Ok(values)
        };
        let keys = kept.keys.iter().map(clean).collect::<Result<_>>()?;
        Ok(CleanPart { kept, keys })
    }
}

/// A row: its instant, its part and key, and where its measured values are.
type EventPlace = (i64, (u32, KeyId), usize);

/// Rows that wait to be written.
pub(super) struct EventRows<'f> {
    schema: SchemaRef,
    /// The keys that have a column, as positions among the job's keys.
    keys: Vec<usize>,
    measured: &'f [MeasuredColumn],
    file: &'f str,
    places: Vec<EventPlace>,
    /// The measured values of all rows.
    values: Vec<u8>,
}

impl<'f> EventRows<'f> {
    /// No rows yet, of the input `file`. The last columns of the table, which name folders, are left out.
    pub(super) fn new(layout: &EventTable, measured: &'f [MeasuredColumn], file: &'f str) -> Self {
        let fields = layout.schema.fields();
        let fields: Vec<_> =
            fields.iter().take(fields.len() - layout.folder_columns.len()).cloned().collect();
        // How many keys: the columns but for the time, the measured ones and the file, plus those that name folders.
        let of_keys = fields.len() - measured.len() - 2 + layout.value_keys.len();
        let keys = (0..of_keys).filter(|at| !layout.value_keys.contains(at)).collect();
        let schema = Arc::new(Schema::new(fields));
        EventRows { schema, keys, measured, file, places: Vec::new(), values: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Adds a row, whose measured values are these bytes.
    pub(super) fn push(&mut self, us: i64, (part, key): (usize, KeyId), values: &[u8]) {
        self.places.push((us, (part as u32, key), self.values.len()));
        self.values.extend_from_slice(values);
    }

    /// Calls `each` with all rows, in order of time, and is empty then.
    pub(super) fn each_batch(
        &mut self,
        parts: &[CleanPart<'_>],
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        if !self.places.is_sorted_by_key(|(us, ..)| *us) {
            self.places.sort_by_key(|(us, ..)| *us);
        }
        for rows in self.places.chunks(BATCH_ROWS) {
            each(self.batch(rows, parts)?)?;
        }
        self.places.clear();
        self.values.clear();
        Ok(())
    }

    fn batch(&self, rows: &[EventPlace], parts: &[CleanPart<'_>]) -> Result<RecordBatch> {
        let mut times = TimestampMicrosecondBuilder::with_capacity(rows.len()).with_timezone("UTC");
        rows.iter().for_each(|(us, ..)| times.append_value(*us));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(times.finish())];
        for at in &self.keys {
            let mut column = StringBuilder::with_capacity(rows.len(), 8 * rows.len());
            for (_, (part, key), _) in rows {
                let value = parts
                    .get(*part as usize)
                    .and_then(|part| part.keys.get(*key as usize)?.get(*at)?.as_deref());
                column.append_option(value);
            }
            columns.push(Arc::new(column.finish()));
        }
        columns.extend(self.measured_columns(rows)?);
        columns.push(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(self.file, rows.len()))));
        RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| Error::bug(format!("events as a table: {error}")))
    }

    fn measured_columns(&self, rows: &[EventPlace]) -> Result<Vec<ArrayRef>> {
        let wrong = || Error::bug("a kept event has not the values of its columns");
        let mut columns: Vec<MeasureColumn> = self.measured.iter().map(MeasureColumn::of).collect();
        for (.., at) in rows {
            let mut values = &self.values[*at..];
            for column in &mut columns {
                let value = KeptValue::take(&mut values).ok_or_else(wrong)?;
                column.append(value).ok_or_else(wrong)?;
            }
        }
        columns.into_iter().map(MeasureColumn::finish).collect()
    }
}

/// The column of a measure's values.
enum MeasureColumn {
    Text(StringBuilder),
    Number(Decimal128Builder),
}

impl MeasureColumn {
    fn of(column: &MeasuredColumn) -> Self {
        match column.is_text() {
            true => MeasureColumn::Text(StringBuilder::new()),
            false => MeasureColumn::Number(Decimal128Builder::new()),
        }
    }

    /// Appends a value; none: it is of another kind.
    fn append(&mut self, value: KeptValue<'_>) -> Option<()> {
        match (self, value) {
            (MeasureColumn::Text(column), KeptValue::None) => column.append_null(),
            (MeasureColumn::Text(column), KeptValue::Text(text)) => {
                column.append_value(String::from_utf8_lossy(text));
            }
            (MeasureColumn::Number(column), KeptValue::None) => column.append_null(),
            (MeasureColumn::Number(column), KeptValue::Units(units)) => column.append_value(units),
            _ => return None,
        }
        Some(())
    }

    fn finish(self) -> Result<ArrayRef> {
        match self {
            MeasureColumn::Text(mut column) => Ok(Arc::new(column.finish())),
            MeasureColumn::Number(mut column) => {
                let numbers = column.finish().with_precision_and_scale(38, 9);
                let numbers =
                    numbers.map_err(|error| Error::bug(format!("a decimal that is none: {error}")))?;
                Ok(Arc::new(numbers))
            }
        }
    }
}
