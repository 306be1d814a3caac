//! The table: a report's rows, made one by one on demand.

use super::layout::{Column, columns};
use super::walk::Row;
use super::{ReportData, past_limit};
use crate::counts::KeyId;
use crate::error::Result;
use crate::job::{Fill, Limits, ReportSpec, Shape};
use crate::text::number::counted;
use crate::window::Window;

/// Which rows of a report are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What exports show: the job's shape, and every window from the first to the last as its `fill` says.
    Grid,
    /// The job's shape, windows with events only.
    Observed,
    /// What answers are compared by: long, counts that are not zero only.
    Canonical,
}

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'t> {
    /// An instant in microseconds UTC.
    Time(i64),
    /// A key's value, or null.
    Text(Option<&'t str>),
    /// A count; null where nothing was observed and the job says so.
    Count(Option<u64>),
    /// A mean; null where its counts are.
    Mean(Option<f64>),
}

/// The rows of a report under a view.
#[derive(Debug)]
pub struct Table<'r> {
    report: &'r ReportData,
    rows: RowsOf<'r>,
    fill: Fill,
    columns: Vec<Column>,
    len: u64,
    named: Vec<Option<KeyId>>,
    with_other: bool,
}

/// How windows become rows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RowsOf<'r> {
    Wide { grid: bool },
    LongObserved,
    LongGrid(Vec<Listed<'r>>),
}

/// The values that each window of a long grid has a row for, and their key; none: they never occur.
type Listed<'r> = (Vec<Option<&'r str>>, Option<KeyId>);

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
        .help(SMALLER_GRID)
        .set(format!("reports.{}.fill", spec.name), "\"none\""))
}

impl ReportData {
    /// The rows under `view`.
    ///
    /// # Errors
    /// Limit when the grid has more rows than `limits.grid_rows`; found before a row is made.
    pub fn table(&self, view: View) -> Result<Table<'_>> {
        let fill = self.spec.fill(self.key_names.len());
        let grid = view == View::Grid && fill != Fill::None;
        let rows = match (view, self.spec.shape()) {
            (View::Canonical, _) | (View::Observed, Shape::Long) => RowsOf::LongObserved,
            (View::Grid, Shape::Long) if grid => RowsOf::LongGrid(self.listed()),
            (View::Grid, Shape::Long) => RowsOf::LongObserved,
            (_, Shape::Wide) => RowsOf::Wide { grid },
        };
        let len = match &rows {
            RowsOf::Wide { grid: true } => self.windows_in_grid(),
            RowsOf::Wide { grid: false } => self.facts.observed,
            RowsOf::LongObserved => self.facts.cells,
            RowsOf::LongGrid(keys) => self.windows_in_grid().saturating_mul(keys.len() as u64),
        };
        if grid && len > self.grid_rows_max {
            return Err(past_limit(&self.spec, &counted(len, "row"), self.grid_rows_max)
                .help(SMALLER_GRID)
                .set(format!("reports.{}.fill", self.spec.name), "\"none\""));
        }
        let shape = if matches!(rows, RowsOf::Wide { .. }) { Shape::Wide } else { Shape::Long };
        let with_other = self.events_of_others() > 0;
        let columns = columns(&self.spec, &self.key_names, shape, with_other);
        Ok(Table { report: self, rows, fill, columns, len, named: self.named(), with_other })
    }

    /// What each window of a long grid has a row for: what occurs in this report, and what is named. Without keys that
    /// is the number of events.
    fn listed(&self) -> Vec<Listed<'_>> {
        let occurring = (0..self.events.len() as KeyId).filter(|key| self.events(*key) > 0);
        let mut listed: Vec<Listed<'_>> =
            occurring.map(|key| (self.keys().tuple(key).collect(), Some(key))).collect();
        let named = self.spec.values.iter().map(|value| vec![Some(value.as_str()).filter(|v| !v.is_empty())]);
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

impl Table<'_> {
    /// The report whose rows these are.
    pub fn report(&self) -> &ReportData {
        self.report
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Calls `each` with every row: by window, then by key (bytes, null last).
    pub fn rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        let report = self.report;
        let mut cells = Vec::with_capacity(self.columns.len());
        match &self.rows {
            RowsOf::LongObserved => {
                report.counts.each_window(&report.windows, &report.starts_us, |window, row| {
                    row.iter().try_for_each(|(key, n)| {
                        each(long(window, report.keys().tuple(key), Some(n), &mut cells))
                    })
                })
            }
            RowsOf::Wide { grid: false } => {
                report.counts.each_window(&report.windows, &report.starts_us, |window, row| {
                    each(self.wide(window, Some(row), &mut cells))
                })
            }
            RowsOf::Wide { grid: true } => {
                self.each_window_of_grid(|window, row| each(self.wide(window, row, &mut cells)))
            }
            RowsOf::LongGrid(keys) => self.each_window_of_grid(|window, row| {
                keys.iter().try_for_each(|(values, key)| {
                    let n = row.map_or(self.missing(), |row| Some(key.map_or(0, |key| row.count(key))));
                    each(long(window, values.iter().copied(), n, &mut cells))
                })
            }),
        }
    }

    /// Calls `each` with every window of the grid and its counts; none: it holds no event.
    fn each_window_of_grid(&self, mut each: impl FnMut(Window, Option<&Row>) -> Result<()>) -> Result<()> {
        let ReportData { windows, counts, starts_us, grid_us, .. } = self.report;
        let Some((mut next_us, last_us)) = *grid_us else { return Ok(()) };
        counts.each_window(windows, starts_us, |window, row| {
            while next_us < window.start_us {
                each(windows.window_starting(next_us), None)?;
                next_us = windows.next(next_us);
            }
            next_us = windows.next(window.start_us);
            each(window, Some(row))
        })?;
        while next_us <= last_us {
            each(windows.window_starting(next_us), None)?;
            next_us = windows.next(next_us);
        }
        Ok(())
    }

    /// What a window without events shows.
    fn missing(&self) -> Option<u64> {
        (self.fill == Fill::Zero).then_some(0)
    }

    fn wide<'v, 'k>(
        &'k self,
        window: Window,
        row: Option<&Row>,
        cells: &'v mut Vec<Cell<'k>>,
    ) -> &'v [Cell<'k>] {
        cells.clear();
        cells.extend([Cell::Time(window.start_us), Cell::Time(window.end_us)]);
        let Some(row) = row else {
            let counts = self.named.len() + usize::from(self.with_other);
            cells.extend((0..counts).map(|_| Cell::Count(self.missing())));
            cells.push(Cell::Mean(self.missing().map(|_| 0.0)));
            return cells;
        };
        let mut sum = 0;
        for key in &self.named {
            let n = key.map_or(0, |key| row.count(key));
            sum += n;
            cells.push(Cell::Count(Some(n)));
        }
        if self.with_other {
            cells.push(Cell::Count(Some(row.total() - sum)));
        }
        cells.push(Cell::Mean(Some(sum as f64 / self.named.len() as f64)));
        cells
    }
}

/// The row of the values of `keys` in `window`.
fn long<'v, 'k>(
    window: Window,
    keys: impl Iterator<Item = Option<&'k str>>,
    n: Option<u64>,
    cells: &'v mut Vec<Cell<'k>>,
) -> &'v [Cell<'k>] {
    cells.clear();
    cells.extend([Cell::Time(window.start_us), Cell::Time(window.end_us)]);
    cells.extend(keys.map(Cell::Text));
    cells.push(Cell::Count(n));
    cells
}

/// What tuples of key values are sorted by: null comes last.
fn null_last<'k>(values: &[Option<&'k str>]) -> impl Iterator<Item = (bool, Option<&'k str>)> {
    values.iter().map(|value| (value.is_none(), *value))
}
