//! Contributions: the counts that each input file adds, with a row per pane and raw key.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use hashbrown::HashMap;

use crate::counts::{Counts, KeyId, Slot};
use crate::error::{Code, Error, Kind, Result};
use crate::increment::ContributionId;
use crate::job::{Limits, MeasuredColumn};
use crate::pane::{Pane, PaneWidths};

use super::format::NEWER;
use super::named::NamedContributions;
use super::tables::KeptTable;

/// The column with the format version of the state beside a count.
const STATE_VERSION: &str = "state_version";

/// The format version in which states of measures are written now.
const STATES: i32 = 1;

/// The columns of the table.
pub(crate) fn schema() -> SchemaRef {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    // `state_version` says how `state` is written: the states of the measured columns, by name; both are null in rows that have a
    // count alone.
    Arc::new(Schema::new(vec![
        Field::new("contribution", DataType::Utf8, false),
        Field::new("pane_start", utc, false),
        Field::new("pane_us", DataType::Int64, false),
        Field::new("keys", DataType::Utf8, false),
        Field::new("count", DataType::Int64, false),
        Field::new(STATE_VERSION, DataType::Int32, true),
        Field::new("state", DataType::Binary, true),
    ]))
}

/// Rows that wait to be written.
#[derive(Debug)]
pub(crate) struct Waiting {
    contribution: StringBuilder,
    pane_start: TimestampMicrosecondBuilder,
    pane_us: Int64Builder,
    keys: StringBuilder,
    count: Int64Builder,
    state_version: Int32Builder,
    state: BinaryBuilder,
}

impl Default for Waiting {
    fn default() -> Self {
        Waiting {
            contribution: StringBuilder::new(),
            pane_start: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            pane_us: Int64Builder::new(),
            keys: StringBuilder::new(),
            count: Int64Builder::new(),
            state_version: Int32Builder::new(),
            state: BinaryBuilder::new(),
        }
    }
}

/// Rows to hand to a writer at a time.
const BATCH_ROWS: usize = 64 << 10;

impl Waiting {
    /// Adds the counts of one file, in order of time; full batches go to `write`.
    pub(crate) fn add(
        &mut self,
        id: &ContributionId,
        counts: &Counts,
        write: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let keys = (0..counts.keys.len() as KeyId)
            .map(|key| written(&counts.keys.tuple(key)))
            .collect::<Result<Vec<_>>>()?;
        for (pane, slot) in counts.panes_in_order() {
            counts.row(slot, |key, n| {
                self.contribution.append_value(&id.0);
                self.pane_start.append_value(pane.start_us);
                self.pane_us.append_value(pane.width_us);
                self.keys.append_value(&keys[key as usize]);
                self.count.append_value(n as i64);
                let state = counts.measured.bytes(slot, key);
                self.state_version.append_option(state.is_some().then_some(STATES));
                self.state.append_option(state);
            });
            if self.count.values_slice().len() >= BATCH_ROWS {
                write(self.take()?)?;
            }
        }
        Ok(())
    }

    /// The waiting rows as one batch.
    pub(crate) fn take(&mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.contribution.finish()),
            Arc::new(self.pane_start.finish()),
            Arc::new(self.pane_us.finish()),
            Arc::new(self.keys.finish()),
            Arc::new(self.count.finish()),
            Arc::new(self.state_version.finish()),
            Arc::new(self.state.finish()),
        ];
        RecordBatch::try_new(schema(), columns).map_err(|error| Error::bug(format!("contributions: {error}")))
    }
}

/// The raw values of a key, as a JSON array of strings.
fn written(tuple: &[&[u8]]) -> Result<String> {
    let values = tuple.iter().map(|value| std::str::from_utf8(value)).collect::<Result<Vec<_>, _>>();
    let values = values.map_err(|_| Error::bug("a key value that is not UTF-8 was counted"))?;
    serde_json::to_string(&values).map_err(|error| Error::bug(format!("a key as JSON: {error}")))
}

/// The values of a key from its JSON.
pub(crate) fn values(keys: &str) -> Result<Vec<String>> {
    serde_json::from_str(keys).map_err(|error| damaged(&format!("{keys:?} is not a key: {error}")))
}

fn damaged(what: &str) -> Error {
    Error::new(Kind::Attention, format!("the contributions are damaged: {what}"))
        .with_code(Code::LedgerDamaged)
        .with_help(KeptTable::Contributions.help())
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContributionRow<'b> {
    pub(crate) contribution: &'b str,
    pub(crate) pane: Pane,
    /// The raw values, as a JSON array.
    pub(crate) keys: &'b str,
    pub(crate) count: u64,
    /// The states of the measured columns, as bytes.
    pub(crate) state: Option<&'b [u8]>,
}

/// Calls `each` with every row of a batch.
pub(crate) fn each_row<'b>(
    batch: &'b RecordBatch,
    mut each: impl FnMut(ContributionRow<'b>) -> Result<()>,
) -> Result<()> {
    let column =
        |name: &str| batch.column_by_name(name).ok_or_else(|| damaged(&format!("{name} is missing")));
    let text = |name: &str| {
        let column = column(name)?;
        column.as_string_opt::<i32>().filter(|column| column.null_count() == 0).ok_or_else(|| damaged(name))
    };
    let number = |name: &str| {
        let column = column(name)?;
        column
            .as_primitive_opt::<Int64Type>()
            .filter(|column| column.null_count() == 0)
            .ok_or_else(|| damaged(name))
    };
    // A state in another format must not be ignored.
    let versions =
        batch.column_by_name(STATE_VERSION).and_then(|column| column.as_primitive_opt::<Int32Type>());
    if versions.is_some_and(|versions| versions.iter().flatten().any(|version| version != STATES)) {
        return Err(Error::new(
            Kind::Attention,
            "the contributions hold measures, which this windrow does not read",
        )
        .with_code(Code::NewerVersion)
        .with_help(NEWER));
    }
    let states = batch.column_by_name("state").and_then(|column| column.as_binary_opt::<i32>());
    let starts = column("pane_start")?;
    let starts =
        starts.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| damaged("pane_start"))?;
    let (ids, keys, widths, counts) =
        (text("contribution")?, text("keys")?, number("pane_us")?, number("count")?);
    (0..batch.num_rows()).try_for_each(|row| {
        each(ContributionRow {
            contribution: ids.value(row),
            pane: Pane { start_us: starts.value(row), width_us: widths.value(row) },
            keys: keys.value(row),
            count: u64::try_from(counts.value(row)).map_err(|_| damaged("a count is negative"))?,
            state: states.filter(|states| states.is_valid(row)).map(|states| states.value(row)),
        })
    })
}

/// Adds up rows of the table.
#[derive(Debug)]
pub(crate) struct Sum<'w> {
    /// The sums.
    pub(crate) counts: Counts,
    /// The events of each contribution that was read.
    pub(crate) events: HashMap<String, u64>,
    wanted: &'w NamedContributions,
    keys: HashMap<Box<str>, KeyId>,
    widths: PaneWidths,
}

impl<'w> Sum<'w> {
    /// A sum of the contributions `wanted`. Keys have `columns` values, panes these widths, and measures the columns `measured`.
    pub(crate) fn new(
        (columns, measured): (usize, &[MeasuredColumn]),
        limits: &Limits,
        wanted: &'w NamedContributions,
        widths: PaneWidths,
    ) -> Self {
        Sum {
            counts: Counts::new(columns, limits, DENSE_CELLS_MAX).measuring(measured),
            events: HashMap::new(),
            wanted,
            keys: HashMap::new(),
            widths,
        }
    }

    /// Adds the rows of a batch whose panes start in one of `spans`, which are in order and do not overlap.
    pub(crate) fn add(&mut self, batch: &RecordBatch, spans: &[Range<i64>]) -> Result<()> {
        let (mut last, mut times, mut events) = ("", 0, 0);
        each_row(batch, |row| {
            // The rows of one contribution stand together.
            if row.contribution != last {
                self.note(last, events);
                (last, events) = (row.contribution, 0);
                times = self.wanted.times(last);
            }
            if times == 0 || !holds(spans, row.pane.start_us) {
                return Ok(());
            }
            let key = match self.keys.get(row.keys) {
                Some(key) => *key,
                None => {
                    let values = values(row.keys)?;
                    let key = self.counts.keys.id_of(values.iter().map(String::as_bytes));
                    self.keys.insert(row.keys.into(), key);
                    key
                }
            };
            let slot = self.counts.slot(self.widths.pane_of(row.pane.start_us));
            self.counts.add(slot, key, row.count * times);
            add_state(&mut self.counts, (slot, key), row.state, times)?;
            events += row.count;
            Ok(())
        })?;
        self.note(last, events);
        self.counts.check_limit()
    }

    fn note(&mut self, contribution: &str, events: u64) {
        match self.events.get_mut(contribution) {
            _ if events == 0 => {}
            Some(sum) => *sum += events,
            None => drop(self.events.insert(contribution.to_owned(), events)),
        }
    }
}

/// Adds the states of a row, `times` times.
///
/// # Errors
/// Attention: they are not states of the measured columns.
pub(super) fn add_state(
    counts: &mut Counts,
    (slot, key): (Slot, KeyId),
    state: Option<&[u8]>,
    times: u64,
) -> Result<()> {
    let is_read = counts.measured.is_empty()
        || counts.measured.add_bytes((slot, key), state.unwrap_or_default(), times);
    if is_read { Ok(()) } else { Err(damaged("states are not those of the measures")) }
}

/// Cells of the table of sums that may be kept dense (4 bytes each).
const DENSE_CELLS_MAX: usize = 16 << 20;

/// Whether one of `spans`, which are in order and do not overlap, holds `us`.
pub(crate) fn holds(spans: &[Range<i64>], us: i64) -> bool {
    let span = spans.partition_point(|span| span.end <= us);
    spans.get(span).is_some_and(|span| span.start <= us)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(at: i64) -> Pane {
        Pane { start_us: at * 60, width_us: 60 }
    }

    #[test]
    fn counts_come_back_from_rows() {
        let mut counts = Counts::new(2, 1 << 40, 0);
        let events =
            [(3, ["Open", ""], 2), (-1, ["a\"b\n,", "é"], 5), (3, ["Close", "x"], u64::from(u32::MAX) + 7)];
        for (at, key, n) in events {
            let slot = counts.slot(pane(at));
            let key = counts.keys.id_of(key.iter().map(|value| value.as_bytes()));
            counts.add(slot, key, n);
        }
        let mut waiting = Waiting::default();
        for id in ["a", "b"] {
            waiting.add(&ContributionId(id.to_owned()), &counts, &mut |_| panic!("it is not full")).unwrap();
        }
        let batch = waiting.take().unwrap();
        assert_eq!((batch.num_rows(), waiting.take().unwrap().num_rows()), (6, 0));
        for (wanted, span, events) in [
            (vec!["a"], i64::MIN..i64::MAX, counts.events()),
            (vec!["a", "b"], i64::MIN..i64::MAX, 2 * counts.events()),
            (vec!["b"], 0..i64::MAX, counts.events() - 5),
            (vec!["b"], 181..i64::MAX, 0),
            (vec!["c"], i64::MIN..i64::MAX, 0),
        ] {
            let wanted = wanted.into_iter().collect();
            let widths = PaneWidths { even_us: 60, early_us: 60, even_from_us: i64::MIN };
            let mut sum = Sum::new((2, &[]), &Limits::default(), &wanted, widths);
            sum.add(&batch, &[i64::MIN..i64::MIN, span]).unwrap();
            assert_eq!(sum.counts.events(), events);
        }
    }
}
