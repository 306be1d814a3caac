//! The summary of a run: where every row went, and each report in a few lines. Plain data, versioned, and its text.

mod ending;
mod rows;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use super::time::{Precision, TimeText};
use super::{PerWindow, ReportData};
use crate::calendar::Zone;
use crate::counts::KeyId;
use crate::job::Top;
use crate::measure::Number;
use crate::reject::Reason;
use crate::tally::Tally;

pub use ending::{Ending, Failure, PublishedSummary, RefusedFile};

/// The version of the summary's layout. Fields may be added under one version, never renamed or removed.
pub const SCHEMA: u32 = 2;

/// Without named values this many, those with the most events, are summed up.
const VALUES_MAX: usize = 10;
/// The refused files that the text shows.
pub const REFUSED_SHOWN: usize = 5;
/// The top windows, and the peaks, that the text shows.
const TOP_SHOWN: usize = 3;

/// The summary of a run, with or without a ledger. docs/summary.schema.json describes it.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Summary {
    /// The version of this layout.
    pub schema: u32,
    /// The version of windrow.
    pub windrow: String,
    /// The job's name.
    pub job: String,
    /// The run: a UUID of version 7, without hyphens. A ledger's table of runs has the same.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$")))]
    pub run: String,
    /// The engine that read.
    pub engine: String,
    /// What the run came to.
    pub outcome: Ending,
    /// The error that the run ends with, though it may have published.
    pub error: Option<Failure>,
    /// Where every row went that was read.
    pub rows: Rows,
    /// Bytes read of the inputs, of refused files too.
    pub bytes_read: u64,
    /// Bytes read of the files that were read and count.
    pub bytes_accepted: u64,
    /// Bytes that these files have.
    pub bytes_total: u64,
    /// Counted rows whose time had no offset and was read in the source's zone.
    pub without_offset: u64,
    /// Files by what happened to them: `new`, `refused`; with a ledger also `same`, `grown`, `changed`, `moved`, `equal`,
    /// `duplicate`, `gone`, `gone, kept`, `not read`. What did not happen is left out.
    pub files: BTreeMap<&'static str, u64>,
    /// Files that were read and count.
    pub files_read: u64,
    /// Files that are there and were refused whole, or could not be read.
    pub files_refused: Vec<RefusedFile>,
    /// The time of the first event that counts, RFC 3339.
    pub first_event: Option<String>,
    /// The time of the last event that counts, RFC 3339.
    pub last_event: Option<String>,
    /// One per report that was made. Empty with a ledger, whose reports are not read again for this: see `published`.
    pub reports: Vec<ReportSummary>,
    /// With a ledger, one per report: what of it was published.
    pub published: Vec<PublishedSummary>,
    /// With a ledger: windows whose published number changed.
    pub windows_changed: u64,
    /// The version of the ledger that the run began from; none: there was none.
    pub ledger_before: Option<u64>,
    /// The version of the ledger that the run left; none: the job keeps none.
    pub ledger_version: Option<u64>,
    /// How long each stage took, in seconds.
    pub stages_s: BTreeMap<&'static str, f64>,
    /// How long the run took, in seconds.
    pub elapsed_s: f64,
}

/// Rows: `read = counted + filtered + rejected + ignored`. As text they are that sum.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rows {
    /// Rows read.
    pub read: u64,
    /// Rows counted.
    pub counted: u64,
    /// Rows that `where` left out.
    pub filtered: u64,
    /// Rows that are not events.
    pub rejected: u64,
    /// Rejected rows by reason; reasons that did not occur are left out.
    pub rejected_by_reason: BTreeMap<&'static str, u64>,
    /// Lines that are not rows.
    pub ignored: u64,
    /// Ignored lines by kind; kinds that did not occur are left out.
    pub ignored_by_kind: BTreeMap<&'static str, u64>,
    /// Rows that were read of refused files, which are in none of the others.
    pub refused: u64,
}

/// A report in a few numbers.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ReportSummary {
    /// The report's name.
    pub report: String,
    /// The step of its windows.
    pub every: String,
    /// Their length.
    pub size: String,
    /// The zone whose clock they follow.
    pub zone: String,
    /// Windows that hold events.
    pub windows_observed: u64,
    /// All windows from the first to the last.
    pub windows_in_grid: u64,
    /// The start of the first window, RFC 3339.
    pub first_window_start: Option<String>,
    /// The end of the last window, RFC 3339.
    pub last_window_end: Option<String>,
    /// Events in its windows.
    pub events: u64,
    /// Events that `from` and `to` leave out.
    pub events_outside: u64,
    /// All events.
    pub all: Means,
    /// The named values, or those with the most events.
    pub values: Vec<ValueSummary>,
    /// How many values there are, named or not.
    pub values_total: u64,
    /// All values that are not in `values`, if any occur.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<OtherSummary>,
    /// What the top windows are ranked by; none: all events.
    pub top_by: Option<String>,
    /// The busiest windows.
    pub top: Vec<TopSummary>,
    /// The windows that stand out, where the job asks for them: the highest score first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peaks: Option<Vec<PeakSummary>>,
    /// What a person should look at.
    pub warnings: Vec<String>,
    #[serde(skip)]
    top_short: Vec<String>,
    #[serde(skip)]
    peaks_short: Vec<String>,
}

/// Counts per window.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Means {
    /// The mean over the windows that hold events.
    pub mean_observed: f64,
    /// The mean over all windows from the first to the last.
    pub mean_in_grid: f64,
    /// The highest count of a window.
    pub max: u64,
}

/// One value, or tuple of values, of the keys.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValueSummary {
    /// The value of each key; null is null.
    pub key: Vec<Option<String>>,
    /// Its events.
    pub events: u64,
    /// Its counts per window.
    #[serde(flatten)]
    pub means: Means,
}

/// The values that are not summed up one by one, together.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OtherSummary {
    /// Their events.
    pub events: u64,
    /// The mean over the windows that hold events.
    pub mean_observed: f64,
    /// The mean over all windows from the first to the last.
    pub mean_in_grid: f64,
}

/// One of the busiest windows.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TopSummary {
    /// Its start, RFC 3339.
    pub window_start: String,
    /// Its end, RFC 3339.
    pub window_end: String,
    /// The count that it is ranked by; all events where it is ranked by a measure.
    pub count: u64,
    /// The measure that it is ranked by, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    #[serde(skip)]
    pub(super) shown: String,
}

/// A window that stands out, or a run of quiet ones.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PeakSummary {
    /// Its start, RFC 3339.
    pub window_start: String,
    /// Its end, RFC 3339.
    pub window_end: String,
    /// `peak` or `quiet`.
    pub kind: &'static str,
    /// What it has.
    pub value: f64,
    /// What is usual.
    pub expected: f64,
    /// How far apart they are, in robust standard deviations.
    pub score: f64,
    /// All of this in words.
    pub reason: String,
}

impl Summary {
    /// What `tally`, the span of the events and the `reports` of a job say; the rest is of the run.
    pub(crate) fn new(job: &str, tally: &Tally, span_us: Option<(i64, i64)>, reports: &[ReportData]) -> Self {
        let mut time = TimeText::new(&Zone::utc());
        let mut event = |us: Option<i64>| us.map(|us| time.rfc3339(us).to_owned());
        Summary {
            schema: SCHEMA,
            windrow: env!("CARGO_PKG_VERSION").to_owned(),
            job: job.to_owned(),
            rows: Rows::of(tally),
            bytes_read: tally.bytes_read,
            bytes_accepted: tally.bytes_read,
            bytes_total: tally.bytes_total,
            without_offset: tally.without_offset,
            first_event: event(span_us.map(|(first, _)| first)),
            last_event: event(span_us.map(|(_, last)| last)),
            reports: reports.iter().map(ReportSummary::of).collect(),
            ..Summary::default()
        }
    }
}

impl Rows {
    /// Those of a tally.
    pub fn of(tally: &Tally) -> Self {
        let occurring = |named: Vec<(&'static str, u64)>| named.into_iter().filter(|(_, n)| *n > 0).collect();
        let kinds = vec![
            ("blank", tally.blank),
            ("comment", tally.comment),
            ("repeated_header", tally.repeated_header),
            ("skipped", tally.skipped),
        ];
        Rows {
            read: tally.read,
            counted: tally.counted,
            filtered: tally.filtered,
            rejected: tally.rejected_total(),
            rejected_by_reason: occurring(
                Reason::ALL.map(Reason::name).into_iter().zip(tally.rejected).collect(),
            ),
            ignored: tally.ignored(),
            ignored_by_kind: occurring(kinds),
            refused: 0,
        }
    }
}

impl ReportSummary {
    fn of(report: &ReportData) -> Self {
        let spec = report.spec();
        let mut time = TimeText::new(&spec.zone);
        let mut text = |us: i64| time.rfc3339(us).to_owned();
        let top = report.top().iter().map(|top| TopSummary {
            window_start: text(top.window.start_us),
            window_end: text(top.window.end_us),
            count: top.count,
            measure: top.number.map(Number::written),
            shown: top.shown(),
        });
        let top = top.collect();
        let peaks = report.peaks().iter().map(|peak| PeakSummary {
            window_start: text(peak.window.start_us),
            window_end: text(peak.window.end_us),
            kind: if peak.is_quiet { "quiet" } else { "peak" },
            value: peak.value,
            expected: peak.expected,
            score: peak.score,
            reason: peak.reason.clone(),
        });
        let peaks: Vec<PeakSummary> = peaks.collect();
        let span_us = report.span_us();
        let clock = TimeText::new(&spec.zone);
        let short = |us| clock.short(us, Precision::of(spec.finest()));
        let (values, other) = values(report);
        ReportSummary {
            report: spec.name.clone(),
            every: spec.every.to_string(),
            size: spec.size.to_string(),
            zone: spec.zone.name().to_owned(),
            windows_observed: report.windows_observed(),
            windows_in_grid: report.windows_in_grid(),
            first_window_start: span_us.map(|(start, _)| text(start)),
            last_window_end: span_us.map(|(_, end)| text(end)),
            events: report.events_total(),
            events_outside: report.events_outside(),
            all: Means::of(report, report.per_window_of_all()),
            values,
            other,
            values_total: (0..report.keys().len()).filter(|key| report.events(*key as KeyId) > 0).count()
                as u64,
            top_by: spec.top.as_ref().and_then(Top::by_written),
            top,
            peaks: spec.peaks.is_some().then_some(peaks),
            warnings: report.warnings().to_vec(),
            peaks_short: report
                .peaks()
                .iter()
                .take(TOP_SHOWN)
                .map(|peak| short(peak.window.start_us))
                .collect(),
            top_short: report.top().iter().take(TOP_SHOWN).map(|top| short(top.window.start_us)).collect(),
        }
    }
}

/// The named values in their order, also those that never occur; else those with the most events. And what is in none of them.
fn values(report: &ReportData) -> (Vec<ValueSummary>, Option<OtherSummary>) {
    if report.keys().columns() == 0 {
        return (Vec::new(), None);
    }
    let named = &report.spec().values;
    let mut shown: Vec<(Vec<Option<String>>, Option<KeyId>)> = named
        .iter()
        .zip(report.named())
        .map(|(value, key)| (vec![Some(value.clone()).filter(|value| !value.is_empty())], key))
        .collect();
    if named.is_empty() {
        let mut keys: Vec<KeyId> =
            (0..report.keys().len() as KeyId).filter(|key| report.events(*key) > 0).collect();
        keys.sort_by_key(|key| (u64::MAX - report.events(*key), *key));
        keys.truncate(VALUES_MAX);
        let tuple = |key| report.keys().tuple(key).map(|value| value.map(str::to_owned)).collect();
        shown = keys.into_iter().map(|key| (tuple(key), Some(key))).collect();
    }
    let per_window = |key: Option<KeyId>| key.map_or(PerWindow::default(), |key| report.per_window(key));
    let events = |key: Option<KeyId>| key.map_or(0, |key| report.events(key));
    let events_shown: u64 = shown.iter().map(|(_, key)| events(*key)).sum();
    let sum_shown: u64 = shown.iter().map(|(_, key)| per_window(*key).sum).sum();
    let other = PerWindow { sum: report.per_window_of_all().sum - sum_shown, ..PerWindow::default() };
    let other = (other.sum > 0).then(|| OtherSummary {
        events: report.events_total() - events_shown,
        mean_observed: other.mean(report.windows_observed()),
        mean_in_grid: other.mean(report.windows_in_grid()),
    });
    let values = shown.into_iter().map(|(value, key)| ValueSummary {
        key: value,
        events: events(key),
        means: Means::of(report, per_window(key)),
    });
    (values.collect(), other)
}

impl Means {
    fn of(report: &ReportData, counts: PerWindow) -> Self {
        Means {
            mean_observed: counts.mean(report.windows_observed()),
            mean_in_grid: counts.mean(report.windows_in_grid()),
            max: counts.max,
        }
    }
}

#[cfg(test)]
mod tests;
