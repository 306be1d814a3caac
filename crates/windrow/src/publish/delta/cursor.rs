//! The rows that are published, one after the other.

use std::cmp::Ordering;
use std::collections::VecDeque;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};

use crate::delta::{DataFile, DataFileRows, DeltaTable, StatsValue};
use crate::error::Result;
use crate::measure::Number;
use crate::window::Window;

/// Reads the rows of some data files of a report, in their order.
pub(super) struct OldRows<'t> {
    table: &'t DeltaTable,
    keys: Vec<String>,
    measures: Vec<String>,
    files: VecDeque<DataFile>,
    rows: Option<DataFileRows>,
    batch: Option<OldBatch>,
    at: usize,
}

/// Some rows, their columns found by name.
struct OldBatch {
    starts: TimestampMicrosecondArray,
    ends: TimestampMicrosecondArray,
    labels: StringArray,
    keys: Vec<StringArray>,
    counts: Int64Array,
    measures: Vec<MeasureNumbers>,
    finals: BooleanArray,
}

impl OldBatch {
    /// The rows of `batch`; none: they are not those of a report with the key columns `keys`.
    fn of(batch: &RecordBatch, keys: &[String], measures: &[String]) -> Option<Self> {
        let column = |name: &str| batch.column_by_name(name);
        let time = |name: &str| column(name)?.as_primitive_opt::<TimestampMicrosecondType>().cloned();
        let text = |name: &str| column(name)?.as_string_opt::<i32>().cloned();
        Some(OldBatch {
            starts: time("window_start")?,
            ends: time("window_end")?,
            labels: text("label")?,
            keys: keys.iter().map(|key| text(key)).collect::<Option<_>>()?,
            counts: column("count")?.as_primitive_opt::<Int64Type>()?.clone(),
            measures: measures
                .iter()
                .map(|name| MeasureNumbers::of(column(name)?.as_ref()))
                .collect::<Option<_>>()?,
            finals: column("is_final")?.as_boolean_opt()?.clone(),
        })
    }
}

impl<'t> OldRows<'t> {
    /// The rows of `files`, which are in order, with these columns of keys and measures.
    pub(super) fn new(
        table: &'t DeltaTable,
        (keys, measures): (Vec<String>, Vec<String>),
        files: impl IntoIterator<Item = DataFile>,
    ) -> Self {
        OldRows { table, keys, measures, files: files.into_iter().collect(), rows: None, batch: None, at: 0 }
    }

    /// The next row; none at the end.
    pub(super) fn peek(&mut self) -> Result<Option<OldRow<'_>>> {
        while self.batch.as_ref().is_none_or(|batch| self.at == batch.counts.len()) {
            if !self.advance()? {
                return Ok(None);
            }
        }
        Ok(self.batch.as_ref().map(|batch| OldRow { batch, at: self.at }))
    }

    /// Leaves the row behind.
    pub(super) fn pass(&mut self) {
        self.at += 1;
    }

    fn advance(&mut self) -> Result<bool> {
        loop {
            if let Some(batch) = self.rows.as_mut().and_then(Iterator::next) {
                let batch = OldBatch::of(&batch?, &self.keys, &self.measures);
                if batch.is_none() {
                    return Err(self.table.damaged("its rows are not those of a report"));
                }
                (self.batch, self.at) = (batch, 0);
                return Ok(true);
            }
            let Some(file) = self.files.pop_front() else { return Ok(false) };
            self.rows = Some(self.table.read(&file, None, None)?);
        }
    }
}

/// A published row.
#[derive(Clone, Copy)]
pub(super) struct OldRow<'b> {
    batch: &'b OldBatch,
    at: usize,
}

impl<'b> OldRow<'b> {
    pub(super) fn window(&self) -> Window {
        Window { start_us: self.batch.starts.value(self.at), end_us: self.batch.ends.value(self.at) }
    }

    pub(super) fn label(&self) -> &'b str {
        self.batch.labels.value(self.at)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Option<&'b str>> {
        let at = self.at;
        self.batch.keys.iter().map(move |keys| keys.is_valid(at).then(|| keys.value(at)))
    }

    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.batch.counts.value(self.at)).unwrap_or_default()
    }

    pub(super) fn measures(&self) -> impl Iterator<Item = Number> {
        self.batch.measures.iter().map(|numbers| numbers.get(self.at))
    }

    /// The number of measure number `at`.
    pub(super) fn measure(&self, at: usize) -> Option<Number> {
        self.batch.measures.get(at).map(|numbers| numbers.get(self.at))
    }

    pub(super) fn is_final(&self) -> bool {
        self.batch.finals.value(self.at)
    }
}

/// The numbers of a measure.
enum MeasureNumbers {
    Decimal(Decimal128Array),
    Real(Float64Array),
    Whole(Int64Array),
}

impl MeasureNumbers {
    fn of(values: &dyn Array) -> Option<Self> {
        let decimal = values.as_primitive_opt::<Decimal128Type>().cloned().map(MeasureNumbers::Decimal);
        let real = values.as_primitive_opt::<Float64Type>().cloned().map(MeasureNumbers::Real);
        decimal
            .or(real)
            .or_else(|| values.as_primitive_opt::<Int64Type>().cloned().map(MeasureNumbers::Whole))
    }

    fn get(&self, row: usize) -> Number {
        match self {
            MeasureNumbers::Decimal(values) => {
                Number::Decimal(values.is_valid(row).then(|| values.value(row)))
            }
            MeasureNumbers::Real(values) => Number::Real(values.is_valid(row).then(|| values.value(row))),
            MeasureNumbers::Whole(values) => Number::Whole(values.is_valid(row).then(|| values.value(row))),
        }
    }
}

/// Where the windows of a data file begin.
pub(super) fn begins_us(file: &DataFile) -> i64 {
    match file.bounds("window_start") {
        Some((StatsValue::TimeUs(us), _)) => us,
        _ => i64::MIN,
    }
}

/// The order of keys in a report: by bytes, null last.
pub(super) fn order<'k>(
    a: impl Iterator<Item = Option<&'k str>>,
    b: impl Iterator<Item = Option<&'k str>>,
) -> Ordering {
    let ranked = |key: Option<&'k str>| (key.is_none(), key);
    a.map(ranked).cmp(b.map(ranked))
}
