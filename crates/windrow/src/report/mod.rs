//! Reports: what the counts say, one question at a time. Totals, means and the busiest windows are found in one pass;
//! rows are made when a sink asks for them, so that a report is never windows x keys large.

mod aggregates;
mod assemble;
mod batches;
mod columns;
mod hours;
mod keys;
mod layout;
mod measured;
mod moving;
mod outliers;
mod peaks;
mod series;
mod sliding;
mod spelling;
pub mod summary;
mod ticks;
mod time;
mod timeline;
mod top;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

pub use aggregates::{PerWindow, TopWindow};
pub use assemble::CleanCounts;
pub(crate) use batches::ReportBatches;
pub use batches::{View, check_grid};
pub(crate) use hours::Hours;
pub use keys::CleanKeys;
pub(crate) use measured::{NumberBuilder, field as measure_field};
pub(crate) use moving::{begin_us as moving_begin_us, fields as moving_fields};
pub use peaks::Peak;
pub(crate) use series::Series;
pub use time::{Precision, TimeText};
pub use timeline::{Bar, Timeline};

use crate::counts::KeyId;
use crate::error::{Code, Error, Result, Setting};
use crate::job::{Job, Limits, ReportSpec, Top};
use crate::text::number::{counted, grouped};
use crate::window::Windows;
use aggregates::{By, Facts};
use measured::AskedMeasure;

/// The answer to one question of a job. It owns what it is made from, and can be sent to another thread.
#[derive(Clone, Debug)]
pub struct ReportData {
    spec: ReportSpec,
    counts: Arc<CleanCounts>,
    key_names: Vec<String>,
    windows: Windows,
    /// Where windows may start: all of time, or what `from` and `to` leave of it.
    starts_us: Range<i64>,
    facts: Arc<Facts>,
    /// Events per clean key, each event once even where windows overlap.
    events: Vec<u64>,
    events_outside: u64,
    /// The starts of the first and the last window of the grid.
    grid_us: Option<(i64, i64)>,
    grid_rows_max: u64,
    warnings: Vec<String>,
    peaks: Arc<[Peak]>,
}

impl ReportData {
    /// Asks `spec` of `counts`, whose key columns are `key_names`.
    ///
    /// # Errors
    /// Limit: overlapping windows that hold events are more than `limits.grid_rows`, or the windows among which peaks are sought.
    pub fn new(
        counts: &Arc<CleanCounts>,
        spec: &ReportSpec,
        key_names: &[String],
        limits: &Limits,
    ) -> Result<Self> {
        let windows = spec.windows();
        let starts_us =
            spec.from_us.map_or(i64::MIN, |from| windows.floor(from))..spec.to_us.unwrap_or(i64::MAX);
        let last_end_us =
            spec.to_us.map_or(i64::MAX, |to| windows.window_starting(windows.floor(to - 1)).end_us);
        let covered_us = if starts_us.is_empty() { 0..0 } else { starts_us.start..last_end_us };

        let observed_most = aggregates::observed_at_most(counts, &windows, &starts_us);
        if windows.steps_per_window() > 1 && observed_most > limits.grid_rows {
            return Err(past_limit(spec, &counted(observed_most, "window"), limits.grid_rows)
                .with_help("choose a longer step, limit the report to a span of time, or raise the limit:")
                .set(Setting::GridRowsMax, observed_most.to_string()));
        }
        let ranked = spec.top.as_ref().map(|top| by(top, counts).map(|by| (top.n, by))).transpose()?;
        let facts = Arc::new(Facts::of(counts, &windows, &starts_us, ranked)?);
        let events = match windows.steps_per_window() {
            1 => facts.keys.iter().map(|counts| counts.sum).collect(),
            _ => counts.events_by_key(&covered_us),
        };

        let first_us = spec.from_us.map(|_| starts_us.start).or(facts.span_us.map(|(first, _)| first));
        let last_us = spec.to_us.map(|to| windows.floor(to - 1)).or(facts.span_us.map(|(_, last)| last));
        let grid_us = first_us.zip(last_us).filter(|(first, last)| first <= last);
        let mut report = ReportData {
            spec: spec.clone(),
            counts: counts.clone(),
            key_names: key_names.to_vec(),
            windows,
            starts_us,
            facts,
            events_outside: counts.events() - events.iter().sum::<u64>(),
            events,
            grid_us,
            grid_rows_max: limits.grid_rows,
            warnings: Vec::new(),
            peaks: Arc::default(),
        };
        if let Some(asked) = &spec.peaks {
            report.peaks = report.find_peaks(asked)?.into();
        }
        report.warnings.extend(spelling::warnings(&report));
        report.warnings.extend(outliers::warning(&report, &covered_us));
        Ok(report)
    }

    /// The answers to all questions of `job`.
    ///
    /// # Errors
    /// As [`ReportData::new`].
    pub fn of_job(job: &Job, counts: &Arc<CleanCounts>) -> Result<Vec<Self>> {
        let report = |spec| ReportData::new(counts, spec, &job.source.keys, &job.limits);
        job.reports.iter().map(report).collect()
    }

    /// The question.
    pub fn spec(&self) -> &ReportSpec {
        &self.spec
    }

    /// The names of its key columns.
    pub fn key_names(&self) -> &[String] {
        &self.key_names
    }

    /// The clean keys of its counts.
    pub fn keys(&self) -> &CleanKeys {
        self.counts.keys()
    }

    /// Events of `key` in the windows of this report; where windows overlap an event is one event.
    pub fn events(&self, key: KeyId) -> u64 {
        self.events[key as usize]
    }

    /// All events in the windows of this report.
    pub fn events_total(&self) -> u64 {
        self.events.iter().sum()
    }

    /// Events that `from` and `to` leave out.
    pub fn events_outside(&self) -> u64 {
        self.events_outside
    }

    /// The counts of `key` over all windows.
    pub fn per_window(&self, key: KeyId) -> PerWindow {
        self.facts.keys[key as usize]
    }

    /// The counts of all events over all windows.
    pub fn per_window_of_all(&self) -> PerWindow {
        self.facts.all
    }

    /// How many windows hold events.
    pub fn windows_observed(&self) -> u64 {
        self.facts.observed
    }

    /// How many windows the grid has: every window from the first to the last, with events or without.
    pub fn windows_in_grid(&self) -> u64 {
        self.grid_us.map_or(0, |(first, last)| self.windows.steps_between(first, last) + 1)
    }

    /// The start of the grid's first window and the end of its last, in microseconds UTC.
    pub fn span_us(&self) -> Option<(i64, i64)> {
        self.grid_us.map(|(first, last)| (first, self.windows.window_starting(last).end_us))
    }

    /// The busiest windows the job asks for: count descending, then earliest. Windows without the value are none.
    pub fn top(&self) -> &[TopWindow] {
        &self.facts.top
    }

    /// The window with the most events, the earliest of several; none where no window holds any.
    pub fn highest(&self) -> Option<TopWindow> {
        self.highest_of(self.facts.all)
    }

    /// The first window with the highest count of `counts`.
    pub(crate) fn highest_of(&self, counts: PerWindow) -> Option<TopWindow> {
        let window = (counts.max > 0).then(|| self.windows.window_starting(counts.max_us))?;
        Some(TopWindow { window, count: counts.max, number: None })
    }

    /// What a person should look at.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The keys of the named values that occur; none for a value that does not.
    fn named(&self) -> Vec<Option<KeyId>> {
        self.spec.values.iter().map(|value| find(&self.counts, value)).collect()
    }

    /// Events outside the named values.
    fn events_of_others(&self) -> u64 {
        let named: u64 = self.named().into_iter().flatten().map(|key| self.events(key)).sum();
        self.events_total() - named
    }
}

/// What the windows of a report are ranked by.
fn by(top: &Top, counts: &CleanCounts) -> Result<By> {
    Ok(match (&top.measure, &top.by) {
        (Some(measure), _) => By::Measure(AskedMeasure::of(measure, counts.measured())?),
        (None, Some(by)) => By::Key(find(counts, by)),
        (None, None) => By::Events,
    })
}

/// The key that a value in a job file means; the empty value is null.
fn find(counts: &CleanCounts, value: &str) -> Option<KeyId> {
    counts.keys().find(Some(value).filter(|value| !value.is_empty()))
}

fn past_limit(spec: &ReportSpec, what: &str, rows_max: u64) -> Error {
    let most = grouped(rows_max);
    Error::limit(format!("report {}: {what}, more than the limit of {most} rows", spec.name))
        .with_code(Code::TooManyRows)
}
