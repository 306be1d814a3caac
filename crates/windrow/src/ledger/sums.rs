//! Sums: contributions, kept and added up.

use std::ops::Range;

use hashbrown::HashSet;

use super::contributions::{Row, Sum, Waiting, each_row};
use super::tables::{self, Kept};
use crate::counts::Counts;
use crate::delta::{ColumnRange, DataFile, DataWriter, Store, Table, Value};
use crate::error::Result;
use crate::increment::ContributionId;
use crate::pane::Pane;

/// The contributions that are kept.
#[derive(Debug)]
pub struct Sums {
    table: Option<Table>,
}

/// The count of one contribution in one pane of one key.
#[derive(Clone, Copy, Debug)]
pub struct PaneCount<'r> {
    /// Whose it is.
    pub contribution: &'r str,
    /// Where.
    pub pane: Pane,
    /// The raw values of the key, as a JSON array.
    pub keys: &'r str,
    /// How many.
    pub count: u64,
}

impl Sums {
    /// The contributions in `store`.
    pub fn open(store: &Store) -> Result<Self> {
        Ok(Sums { table: tables::open(store, Kept::Contributions)? })
    }

    /// What `wanted` add up to in the panes that start in one of `spans`, which are in order and do not overlap. Their keys
    /// have `columns` values.
    ///
    /// # Errors
    /// Limit: more than `groups_max` counts. Person: the table is damaged.
    pub fn counts(
        &self,
        wanted: &HashSet<ContributionId>,
        spans: &[Range<i64>],
        columns: usize,
        groups_max: u64,
    ) -> Result<Counts> {
        let mut sum = Sum::new(columns, groups_max, wanted);
        if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
            let range = times("pane_start", first.start, last.end.saturating_sub(1));
            self.each_batch(&range, &mut |batch| sum.add(batch, spans))?;
        }
        Ok(sum.counts)
    }

    /// Calls `each` with the counts of `wanted` whose panes start in `span`.
    pub fn each_count(
        &self,
        wanted: &HashSet<ContributionId>,
        span: Range<i64>,
        each: &mut dyn FnMut(PaneCount<'_>) -> Result<()>,
    ) -> Result<()> {
        let (Some(least), Some(greatest)) = (wanted.iter().min(), wanted.iter().max()) else { return Ok(()) };
        let ids = ColumnRange {
            column: "contribution".to_owned(),
            from: Value::Text(least.0.clone()),
            to: Value::Text(greatest.0.clone()),
        };
        let all_time = span.start == i64::MIN && span.end == i64::MAX;
        let range = if all_time { ids } else { times("pane_start", span.start, span.end.saturating_sub(1)) };
        self.each_batch(&range, &mut |batch| {
            let (mut last, mut is_wanted) = ("", false);
            each_row(batch, |row: Row<'_>| {
                if row.contribution != last {
                    last = row.contribution;
                    is_wanted = wanted.contains(&ContributionId(last.to_owned()));
                }
                if !is_wanted || !span.contains(&row.pane.start_us) {
                    return Ok(());
                }
                let Row { contribution, pane, keys, count } = row;
                each(PaneCount { contribution, pane, keys, count })
            })
        })
    }

    fn each_batch(
        &self,
        range: &ColumnRange,
        each: &mut dyn FnMut(&arrow_array::RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let Some(table) = &self.table else { return Ok(()) };
        for file in table.files().filter(|file| file.may_hold(range)) {
            for batch in table.read(file, None, Some(range))? {
                each(&batch?)?;
            }
        }
        Ok(())
    }
}

/// The rows whose times in `column` are from `from_us` to `to_us`.
pub(crate) fn times(column: &str, from_us: i64, to_us: i64) -> ColumnRange {
    ColumnRange { column: column.to_owned(), from: Value::TimeUs(from_us), to: Value::TimeUs(to_us) }
}

/// Takes in the contributions of a run. They count once the ledger names them.
pub(crate) struct Intake {
    table: Table,
    waiting: Waiting,
    writer: Option<DataWriter>,
    rows: u64,
    adds: Vec<DataFile>,
}

/// Rows of one data file.
const FILE_ROWS_MAX: u64 = 4 << 20;

impl Intake {
    pub(crate) fn new(store: &Store, run: &str) -> Result<Self> {
        let table = tables::create(store, Kept::Contributions, run)?;
        Ok(Intake { table, waiting: Waiting::default(), writer: None, rows: 0, adds: Vec::new() })
    }

    /// Takes in the counts of one file.
    pub(crate) fn add(&mut self, id: &ContributionId, counts: &Counts) -> Result<()> {
        let Intake { table, waiting, writer, rows, adds } = self;
        waiting.add(id, counts, &mut |batch| write(table, writer, rows, adds, &batch))
    }

    /// Keeps all that was taken in.
    pub(crate) fn finish(mut self, run: &str) -> Result<()> {
        let batch = self.waiting.take()?;
        if batch.num_rows() > 0 {
            write(&self.table, &mut self.writer, &mut self.rows, &mut self.adds, &batch)?;
        }
        if let Some(writer) = self.writer.take() {
            self.adds.push(writer.finish()?);
        }
        tables::append(&mut self.table, self.adds, run)
    }
}

fn write(
    table: &Table,
    writer: &mut Option<DataWriter>,
    rows: &mut u64,
    adds: &mut Vec<DataFile>,
    batch: &arrow_array::RecordBatch,
) -> Result<()> {
    let open = match writer {
        Some(open) => open,
        None => writer.insert(table.writer(&Default::default())?),
    };
    open.write(batch)?;
    *rows += batch.num_rows() as u64;
    if *rows >= FILE_ROWS_MAX
        && let Some(full) = writer.take()
    {
        adds.push(full.finish()?);
        *rows = 0;
    }
    Ok(())
}
