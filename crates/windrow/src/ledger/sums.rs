//! Sums: the stored contributions, and adding them up.

use std::ops::Range;

use hashbrown::HashMap;

use super::Ledger;
use super::contributions::{ContributionRow, Sum, Waiting, add_state, each_row, values as key_values};
use super::named::{self, NamedContributions};
use super::tables::{self, Additions, KeptTable};
use crate::counts::Counts;
use crate::delta::{ColumnRange, DataFile, DataWriter, DeltaTable, Folder, StatsValue, Store};
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::increment::ContributionId;
use crate::job::{Job, MeasuredColumn};
use crate::pane::Pane;

/// The stored contributions.
#[derive(Debug)]
pub struct Sums {
    table: Option<DeltaTable>,
    /// The version of the ledger since which all contributions that it names are there.
    whole_since: u64,
}

/// The count of one contribution in one pane of one key.
#[derive(Clone, Copy, Debug)]
pub struct PaneCount<'r> {
    /// The contribution.
    pub contribution: &'r str,
    /// The pane.
    pub pane: Pane,
    /// The raw values of the key, as a JSON array.
    pub keys: &'r str,
    /// The count.
    pub count: u64,
    /// The number of files that the contribution counts for.
    pub times: u64,
    /// The states of the measured columns, as bytes.
    pub state: Option<&'r [u8]>,
}

impl Sums {
    /// The contributions in `store`; `ledger` names those that count.
    ///
    /// # Errors
    /// Attention: they are damaged, or not of one moment with the ledger.
    pub fn open(store: &Store, ledger: &Ledger) -> Result<Self> {
        let table = DeltaTable::open(store, ledger.contributions_folder())?;
        ledger.check_contributions(store, table.as_ref())?;
        let whole_since = table.as_ref().and_then(|table| table.txn(&dropped_by(ledger)));
        let whole_since = whole_since.and_then(|version| u64::try_from(version).ok()).unwrap_or_default();
        if whole_since > ledger.version() {
            let (of, at) = (whole_since, ledger.version());
            let message = format!(
                "another run has made version {of} of the ledger, and this one looks at version {at}"
            );
            return Err(Error::new(Kind::Storage, message).with_code(Code::LostRace).with_help(
                Help::from("run again; if this comes again, the ledger was restored alone: restore the whole output folder, or run with ")
            .set(Setting::Again, "all"),
            ));
        }
        Ok(Sums { table, whole_since })
    }

    /// `ledger` as it was at `version`; `None` if that is no longer known, or if not all contributions that it named are here:
    /// some were dropped, or were counted into another table.
    ///
    /// # Errors
    /// As [`Ledger::known_at`].
    pub(crate) fn known_at(&self, ledger: &Ledger, version: u64) -> Result<Option<Ledger>> {
        if version < self.whole_since {
            return Ok(None);
        }
        Ok(ledger.known_at(version)?.filter(|known| known.has_contributions_of(ledger)))
    }

    /// Reads all stored contributions, and checks those that `ledger` names against its count of each file.
    ///
    /// # Errors
    /// Attention: something cannot be read, or differs from what was counted.
    pub(crate) fn check(&self, ledger: &Ledger) -> Result<()> {
        let mut events: HashMap<String, u64> = HashMap::new();
        self.each_batch(&times("pane_start", i64::MIN, i64::MAX), &mut |batch| {
            each_row(batch, |row| {
                *events.entry_ref(row.contribution).or_default() += row.count;
                Ok(())
            })
        })?;
        ledger.check_events(&events)
    }

    /// The sums of `wanted` in the panes that start in one of `spans`, which are in order and do not overlap. Counts of panes
    /// narrower than those of `job` are added up in the panes of `job`.
    ///
    /// # Errors
    /// Limit: more counts than the job allows. Attention: the table is damaged.
    pub fn counts(&self, wanted: &NamedContributions, spans: &[Range<i64>], job: &Job) -> Result<Counts> {
        let mut sum = Sum::new(of_events(job), &job.limits, wanted, job.pane_widths());
        if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
            let range = times("pane_start", first.start, last.end.saturating_sub(1));
            self.each_batch(&range, &mut |batch| sum.add(batch, spans))?;
        }
        Ok(sum.counts)
    }

    /// The sum of all contributions that `ledger` names, checked against its count of each file.
    ///
    /// # Errors
    /// As [`Sums::counts`]. Attention: the sum differs from that count.
    pub fn all(&self, ledger: &Ledger, job: &Job) -> Result<Counts> {
        let named = ledger.contributions();
        let mut sum = Sum::new(of_events(job), &job.limits, &named, job.pane_widths());
        let all_time = times("pane_start", i64::MIN, i64::MAX);
        self.each_batch(&all_time, &mut |batch| sum.add(batch, std::slice::from_ref(&(i64::MIN..i64::MAX))))?;
        ledger.check_events(&sum.events)?;
        Ok(sum.counts)
    }

    /// The counts that each of `files` adds. Each file is given by the name of its contributions.
    ///
    /// # Errors
    /// As [`Sums::counts`].
    pub(crate) fn by_file(&self, files: &[&str], job: &Job) -> Result<Vec<Counts>> {
        let (columns, limits, widths) = (job.source.keys.len(), &job.limits, job.pane_widths());
        let named: NamedContributions = files.iter().copied().collect();
        let mut of: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            named::parts(file).for_each(|part| of.entry(part).or_default().push(at));
        }
        let new = || Counts::new(columns, limits, 0).measuring(&job.source.measured);
        let mut counts: Vec<Counts> = files.iter().map(|_| new()).collect();
        self.each_count(&named, i64::MIN..i64::MAX, &mut |row| {
            let values = key_values(row.keys)?;
            for at in of.get(row.contribution).into_iter().flatten() {
                let counts = &mut counts[*at];
                let key = counts.keys.id_of(values.iter().map(String::as_bytes));
                let slot = counts.slot(widths.pane_of(row.pane.start_us));
                counts.add(slot, key, row.count);
                add_state(counts, (slot, key), row.state, 1)?;
            }
            Ok(())
        })?;
        Ok(counts)
    }

    /// Calls `each` with the counts of `wanted` whose panes start in `span`.
    pub fn each_count(
        &self,
        wanted: &NamedContributions,
        span: Range<i64>,
        each: &mut dyn FnMut(PaneCount<'_>) -> Result<()>,
    ) -> Result<()> {
        let Some((least, greatest)) = wanted.bounds() else { return Ok(()) };
        let ids = ColumnRange {
            column: "contribution".to_owned(),
            from: StatsValue::Text(least.to_owned()),
            to: StatsValue::Text(greatest.to_owned()),
        };
        let all_time = span.start == i64::MIN && span.end == i64::MAX;
        let range = if all_time { ids } else { times("pane_start", span.start, span.end.saturating_sub(1)) };
        self.each_batch(&range, &mut |batch| {
            let (mut last, mut times) = ("", 0);
            each_row(batch, |row: ContributionRow<'_>| {
                if row.contribution != last {
                    last = row.contribution;
                    times = wanted.times(last);
                }
                if times == 0 || !span.contains(&row.pane.start_us) {
                    return Ok(());
                }
                let ContributionRow { contribution, pane, keys, count, state } = row;
                each(PaneCount { contribution, pane, keys, count, times, state })
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

/// The number of values in a key of the job's events, and the measured columns.
fn of_events(job: &Job) -> (usize, &[MeasuredColumn]) {
    (job.source.keys.len(), &job.source.measured)
}

/// The name that keeps at which version of `ledger` the contributions that it did not name were dropped.
pub(super) fn dropped_by(ledger: &Ledger) -> String {
    format!("windrow.dropped.{}", ledger.id())
}

/// The rows whose times in `column` are from `from_us` to `to_us`.
pub(crate) fn times(column: &str, from_us: i64, to_us: i64) -> ColumnRange {
    ColumnRange {
        column: column.to_owned(),
        from: StatsValue::TimeUs(from_us),
        to: StatsValue::TimeUs(to_us),
    }
}

/// Takes in the contributions of a run. They count once the ledger names them.
pub(crate) struct SumIntake {
    table: DeltaTable,
    waiting: Waiting,
    writer: Option<DataWriter>,
    rows: u64,
    adds: Vec<DataFile>,
}

/// Rows of one data file.
const FILE_ROWS_MAX: u64 = 4 << 20;

impl SumIntake {
    /// Takes them into the table in `folder`.
    pub(crate) fn new(store: &Store, folder: Folder, run: &str) -> Result<Self> {
        let table = tables::create_in(store, folder, KeptTable::Contributions, run)?;
        Ok(SumIntake { table, waiting: Waiting::default(), writer: None, rows: 0, adds: Vec::new() })
    }

    /// Takes in the counts of one file.
    pub(crate) fn add(&mut self, id: &ContributionId, counts: &Counts) -> Result<()> {
        let SumIntake { table, waiting, writer, rows, adds } = self;
        waiting.add(id, counts, &mut |batch| write(table, writer, rows, adds, &batch))
    }

    /// Writes all that was taken in.
    pub(crate) fn finish(mut self) -> Result<Additions> {
        let batch = self.waiting.take()?;
        if batch.num_rows() > 0 {
            write(&self.table, &mut self.writer, &mut self.rows, &mut self.adds, &batch)?;
        }
        if let Some(writer) = self.writer.take() {
            self.adds.push(writer.finish()?);
        }
        Ok(Additions::new(KeptTable::Contributions, self.table, self.adds))
    }
}

fn write(
    table: &DeltaTable,
    writer: &mut Option<DataWriter>,
    rows: &mut u64,
    adds: &mut Vec<DataFile>,
    batch: &arrow_array::RecordBatch,
) -> Result<()> {
    let open = match writer {
        Some(open) => open,
        None => writer.insert(tables::writer(table, KeptTable::Contributions)?),
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
