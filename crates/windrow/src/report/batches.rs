//! The rows of a report as Arrow record batches, made on demand: a report is never windows x keys large.

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::assemble::{WindowCounts, WindowWalk};
use super::columns::{BatchColumns, whole};
use super::layout::schema;
use super::measured::AskedMeasure;
use super::moving::Views;
use super::sliding::Sliding;
use super::{ReportData, past_limit};
use crate::counts::KeyId;
use crate::error::{Result, Setting};
use crate::job::{Fill, Limits, ReportSpec, TableShape, column};
use crate::measure::State;
use crate::text::number::counted;
use crate::window::Window;

/// Which rows of a report are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum View {
    /// What exports show: the job's shape, and every window from the first to the last as its `fill` says.
    Grid,
    /// The job's shape, windows with events only.
    Observed,
    /// What answers are compared by: long, counts that are not zero only.
    Canonical,
    /// The busiest windows that the job asks for.
    Top,
    /// The windows that stand out, if the job asks for them.
    Peaks,
}

/// Most rows of a batch.
pub(super) const BATCH_ROWS: usize = 8_192;

/// The rows of a report under a view, by window, then by key (bytes, null last). Times are in UTC.
#[derive(Debug)]
pub struct ReportBatches {
    report: ReportData,
    rows: RowsOf,
    schema: SchemaRef,
    rows_total: u64,
    fill: Fill,
    named: Vec<Option<KeyId>>,
    with_other: bool,
    walk: WindowWalk,
    asked: Vec<AskedMeasure>,
    views: Option<Views>,
    /// What was measured in the window whose rows are being made.
    sliding: Sliding,
    /// The start of the next window of a grid, and that of its last.
    grid_us: Option<(i64, i64)>,
    /// The window that the walk is at, where a grid is not there yet.
    ahead: Option<Window>,
    /// The window whose rows are being made, and whether it holds events.
    current: Option<(Window, bool)>,
    /// Its rows that are made.
    made: usize,
}

/// How windows become rows.
#[derive(Debug)]
enum RowsOf {
    Wide {
        grid: bool,
    },
    LongObserved,
    LongGrid(Vec<ListedValues>),
    /// A table that is made already.
    Made(Option<RecordBatch>),
}

/// The values that each window of a long grid has a row for, and their key; none: they never occur.
type ListedValues = (Vec<Option<String>>, Option<KeyId>);

/// What to do about a grid past its limit.
const SMALLER_GRID: &str =
    "choose a longer step, limit the report to a span of time, or leave out windows without events:";

/// Refuses a grid of `spec` over `keys` keys that its `from` and `to` make too large, which is known before anything is
/// read.
///
/// # Errors
/// Limit: the windows alone are more than `limits.grid_rows`.
pub fn check_grid(spec: &ReportSpec, keys: usize, limits: &Limits) -> Result<()> {
    let (Some(from_us), Some(to_us)) = (spec.from_us, spec.to_us) else { return Ok(()) };
    let windows = spec.windows();
    let in_grid = windows.steps_between(windows.floor(from_us), windows.floor(to_us - 1)) + 1;
    if spec.fill(keys) == Fill::None || in_grid <= limits.grid_rows {
        return Ok(());
    }
    Err(past_limit(spec, &counted(in_grid, "window"), limits.grid_rows)
        .with_help(SMALLER_GRID)
        .set(Setting::Fill(spec.name.clone()), "none"))
}

impl ReportData {
    /// The rows under `view`.
    ///
    /// # Errors
    /// Limit when the grid has more rows than `limits.grid_rows`; found before a row is made.
    pub fn batches(&self, view: View) -> Result<ReportBatches> {
        let fill = self.spec.fill(self.key_names.len());
        let grid = view == View::Grid && fill != Fill::None;
        let made = match view {
            View::Top => Some(self.top_batch()?),
            View::Peaks => Some(self.peaks_batch()?),
            _ => None,
        };
        let made_schema = made.as_ref().map(RecordBatch::schema);
        let rows = match (view, self.spec.shape()) {
            (View::Top | View::Peaks, _) => RowsOf::Made(made.filter(|made| made.num_rows() > 0)),
            (View::Canonical, _) | (View::Observed, TableShape::Long) => RowsOf::LongObserved,
            (View::Grid, TableShape::Long) if grid => RowsOf::LongGrid(self.listed()),
            (View::Grid, TableShape::Long) => RowsOf::LongObserved,
            (_, TableShape::Wide) => RowsOf::Wide { grid },
        };
        let rows_total = match &rows {
            RowsOf::Wide { grid: true } => self.windows_in_grid(),
            RowsOf::Wide { grid: false } => self.facts.observed,
            RowsOf::LongObserved => self.facts.cells,
            RowsOf::LongGrid(keys) => self.windows_in_grid().saturating_mul(keys.len() as u64),
            RowsOf::Made(made) => made.as_ref().map_or(0, RecordBatch::num_rows) as u64,
        };
        if grid && rows_total > self.grid_rows_max {
            return Err(past_limit(&self.spec, &counted(rows_total, "row"), self.grid_rows_max)
                .with_help(SMALLER_GRID)
                .set(Setting::Fill(self.spec.name.clone()), "none"));
        }
        let is_grid = matches!(rows, RowsOf::Wide { grid: true } | RowsOf::LongGrid(_));
        let shape = if matches!(rows, RowsOf::Wide { .. }) { TableShape::Wide } else { TableShape::Long };
        let with_other = self.events_of_others() > 0;
        let asked = AskedMeasure::all(&self.spec.measures, self.counts.measured())?;
        Ok(ReportBatches {
            rows,
            schema: made_schema.unwrap_or_else(|| schema(&self.spec, &self.key_names, shape, with_other)),
            rows_total,
            fill,
            named: self.named(),
            with_other,
            walk: WindowWalk::new(&self.counts, &self.windows, &self.starts_us),
            sliding: Sliding::default(),
            views: Views::of(&self.spec, self.grid_us.map(|(first, _)| first), &asked),
            asked,
            grid_us: self.grid_us.filter(|_| is_grid),
            ahead: None,
            current: None,
            made: 0,
            report: self.clone(),
        })
    }

    /// What each window of a long grid has a row for: what occurs in this report, and what is named. Without keys that
    /// is the number of events.
    fn listed(&self) -> Vec<ListedValues> {
        let occurring = (0..self.events.len() as KeyId).filter(|key| self.events(*key) > 0);
        let tuple = |key| self.keys().tuple(key).map(|value| value.map(str::to_owned)).collect();
        let mut listed: Vec<ListedValues> = occurring.map(|key| (tuple(key), Some(key))).collect();
        let named = self.spec.values.iter().map(|value| vec![Some(value.clone()).filter(|v| !v.is_empty())]);
        let missing = if self.key_names.is_empty() { vec![vec![]] } else { named.collect() };
        for values in missing {
            if !listed.iter().any(|(known, _)| *known == values) {
                listed.push((values, None));
            }
        }
        listed.sort_by(|(a, _), (b, _)| null_last(a).cmp(null_last(b)));
        listed
    }
}

impl ReportBatches {
    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// How many rows there are in all, known before one is made.
    pub fn rows_total(&self) -> u64 {
        self.rows_total
    }

    /// The next rows; none at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        if let RowsOf::Made(made) = &mut self.rows {
            return Ok(made.take());
        }
        let is_wide = matches!(self.rows, RowsOf::Wide { .. });
        let mut columns = match is_wide {
            true => BatchColumns::wide(
                self.named.len() + usize::from(self.with_other),
                &self.asked,
                self.named.len(),
            ),
            false => BatchColumns::long(self.report.key_names.len(), &self.asked),
        };
        if self.views.is_some() {
            let per_value = column::of_moving(None, &self.report.spec).len();
            columns = columns.moving(per_value * if is_wide { self.named.len() } else { 1 }, &self.schema);
        }
        while columns.starts.len() < BATCH_ROWS {
            let (window, holds_events) = match self.current {
                Some(current) => current,
                None => {
                    let Some(next) = self.advance() else { break };
                    if next.1 && !self.asked.is_empty() {
                        self.sliding.at(&self.report.counts, self.walk.held())?;
                    }
                    if let Some(views) = &mut self.views {
                        let row = next.1.then(|| self.walk.row().iter());
                        let states = next.1.then(|| self.sliding.states());
                        views.enter(next.0.start_us, row.into_iter().flatten(), states)?;
                    }
                    next
                }
            };
            self.current = Some((window, holds_events));
            let row = holds_events.then(|| self.walk.row());
            let room = BATCH_ROWS - columns.starts.len();
            let rows_of_window = match &self.rows {
                RowsOf::Wide { .. } => {
                    self.push_wide(window, row, &mut columns)?;
                    1
                }
                RowsOf::LongObserved => {
                    let counts = row.map_or(&[][..], WindowCounts::keys);
                    let keys = self.report.keys();
                    for key in counts.iter().skip(self.made).take(room) {
                        let n = row.map(|row| row.count(*key));
                        columns.push_long(window, keys.tuple(*key), n)?;
                        columns.push_measures(&self.asked, self.states_of(Some(*key)))?;
                        self.push_moving(Some(*key), n, &mut columns)?;
                    }
                    counts.len()
                }
                RowsOf::LongGrid(listed) => {
                    for (values, key) in listed.iter().skip(self.made).take(room) {
                        let n = row.map_or(self.missing(), |row| Some(key.map_or(0, |key| row.count(key))));
                        columns.push_long(window, values.iter().map(Option::as_deref), n)?;
                        columns.push_measures(&self.asked, self.states_of(*key))?;
                        self.push_moving(*key, n, &mut columns)?;
                    }
                    listed.len()
                }
                RowsOf::Made(_) => break,
            };
            self.made += room;
            if self.made >= rows_of_window {
                (self.current, self.made) = (None, 0);
            }
        }
        if columns.starts.is_empty() { Ok(None) } else { columns.finish(&self.schema).map(Some) }
    }

    /// The next window, and whether it holds events.
    fn advance(&mut self) -> Option<(Window, bool)> {
        let ReportData { counts, windows, .. } = &self.report;
        let ahead = self.ahead.take().or_else(|| self.walk.next(counts));
        let Some((next_us, last_us)) = &mut self.grid_us else { return ahead.map(|window| (window, true)) };
        if *next_us > *last_us {
            return None;
        }
        let start_us = std::mem::replace(next_us, windows.next(*next_us));
        match ahead {
            Some(window) if window.start_us == start_us => Some((window, true)),
            ahead => {
                self.ahead = ahead;
                Some((windows.window_starting(start_us), false))
            }
        }
    }

    /// What was measured of `key` in the window whose rows are being made.
    fn states_of(&self, key: Option<KeyId>) -> Option<&[State]> {
        let holds_events = self.current.is_some_and(|(_, holds_events)| holds_events);
        key.filter(|_| holds_events).and_then(|key| self.sliding.states().of_key(key))
    }

    /// What a window without events shows.
    fn missing(&self) -> Option<u64> {
        (self.fill == Fill::Zero).then_some(0)
    }

    fn push_wide(
        &self,
        window: Window,
        row: Option<&WindowCounts>,
        columns: &mut BatchColumns,
    ) -> Result<()> {
        columns.push_window(window);
        let Some(row) = row else {
            columns.counts.iter_mut().for_each(|column| column.append_option(self.missing().map(|_| 0)));
            columns.mean.append_option(self.missing().map(|_| 0.0));
            self.push_wide_measures(columns)?;
            return self.push_wide_moving(None, columns);
        };
        let mut sum = 0;
        for (key, column) in self.named.iter().zip(&mut columns.counts) {
            let n = key.map_or(0, |key| row.count(key));
            sum += n;
            column.append_value(whole(n)?);
        }
        if self.with_other
            && let Some(column) = columns.counts.last_mut()
        {
            column.append_value(whole(row.total() - sum)?);
        }
        columns.mean.append_value(sum as f64 / self.named.len() as f64);
        self.push_wide_measures(columns)?;
        self.push_wide_moving(Some(row), columns)
    }

    /// The moving views of `key`, which has `n` events in the window; nulls where nothing is shown of it.
    fn push_moving(&self, key: Option<KeyId>, n: Option<u64>, columns: &mut BatchColumns) -> Result<()> {
        let Some(views) = &self.views else { return Ok(()) };
        let mut numbers = Vec::new();
        match n {
            None => views.of_nothing(&mut numbers),
            Some(n) => views.of_key((key, n), self.states_of(key), &mut numbers)?,
        }
        columns.push_moving(numbers.into_iter())
    }

    /// The moving views of each named value.
    fn push_wide_moving(&self, row: Option<&WindowCounts>, columns: &mut BatchColumns) -> Result<()> {
        self.named.iter().try_for_each(|key| {
            let n = row.map_or(self.missing(), |row| Some(key.map_or(0, |key| row.count(key))));
            self.push_moving(*key, n, columns)
        })
    }

    /// What was measured of all events of the window, then of each named value.
    fn push_wide_measures(&self, columns: &mut BatchColumns) -> Result<()> {
        if self.asked.is_empty() {
            return Ok(());
        }
        let holds_events = self.current.is_some_and(|(_, holds_events)| holds_events);
        let all = if holds_events { self.sliding.states().of_all()? } else { None };
        columns.push_measures(&self.asked, all.as_deref())?;
        let named = self.named.iter().map(|key| self.states_of(*key));
        named.into_iter().try_for_each(|states| columns.push_measures(&self.asked, states))
    }
}

impl Iterator for ReportBatches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().map_err(|error| ArrowError::ExternalError(Box::new(error))).transpose()
    }
}

impl RecordBatchReader for ReportBatches {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// What tuples of key values are sorted by: null comes last.
fn null_last(values: &[Option<String>]) -> impl Iterator<Item = (bool, Option<&str>)> {
    values.iter().map(|value| (value.is_none(), value.as_deref()))
}
