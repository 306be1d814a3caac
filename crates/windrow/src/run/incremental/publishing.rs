//! Publishing: brings the table of a report, and the table of its peaks, to the state of the ledger.

use crate::delta::Store;
use crate::error::{Error, Kind, Result};
use crate::job::{Job, Moving, ReportSpec};
use crate::ledger::{Ledger, Sums};
use crate::publish::delta::{NewRow, PublishedPeaks, PublishedTable, Replaced, Replacement, is_overtaken};
use crate::publish::events;
use crate::report::{CleanCounts, ReportData, moving_begin_us};
use crate::window::{Touched, Window};

use super::causes::Causes;
use super::changes;
use crate::run::{Again, RunRequest, counts};

/// What was published of one report.
#[derive(Debug)]
#[non_exhaustive]
pub struct PublishedReport {
    /// Its name.
    pub name: String,
    /// What changed.
    pub replaced: Replaced,
    /// The first few changes.
    pub changes: Vec<PublishedChange>,
    /// How many changes there are.
    pub changes_total: u64,
    /// Whether it was never published before.
    pub is_first: bool,
    /// Whether another program had changed the table, which was published in full again.
    pub is_repaired: bool,
}

/// A published number that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedChange {
    /// The window.
    pub window: Window,
    /// Its start on the report's clock.
    pub label: String,
    /// The values of the keys.
    pub keys: Vec<Option<String>>,
    /// The count before.
    pub old: u64,
    /// The count since.
    pub new: u64,
    /// If a measure changed and not the count: the column of the measure, and its numbers before and since; none is null.
    pub measured: Option<(String, Option<String>, Option<String>)>,
    /// Why.
    pub cause: &'static str,
    /// The file that made the difference; of several, the first by name.
    pub file: Option<String>,
    /// How many files made the difference.
    pub files: u64,
}

/// What to do if a report shows a ledger that does not exist.
const HALVES: &str =
    "restore the whole output folder from one backup; or move this report away to have it made again";

/// How many times publishing is tried, as other runs may publish too.
const ATTEMPTS: usize = 3;

/// Brings the table of `spec` to the state of `ledger`, and reports what changed.
pub(super) fn publish(
    job: &Job,
    spec: &ReportSpec,
    store: &Store,
    ledger: &Ledger,
    run: &str,
) -> Result<PublishedReport> {
    let sums = Sums::open(store, ledger)?;
    let (mut published, mut report, causes) = repeated(spec, || {
        let mut published = PublishedTable::create(store, spec, &job.source.keys, run)?;
        let (report, causes) = replace(job, spec, &mut published, store, ledger, &sums, run)?;
        Ok((published, report, causes))
    })?;
    (report.changes, report.changes_total) =
        changes::tell((job, spec), store, &published, (ledger, &sums), causes, run)?;
    // This comes last: the changes above may need files that are past the retention.
    if let Err(error) = published.keep_up() {
        tracing::warn!(report = spec.name, %error, "the table was not tidied");
    }
    Ok(report)
}

/// Calls `publish`, and again while storage errors stop it, as other runs may publish too; at most [`ATTEMPTS`] times.
fn repeated<T>(spec: &ReportSpec, mut publish: impl FnMut() -> Result<T>) -> Result<T> {
    let mut attempt = 1;
    loop {
        match publish() {
            Err(error) if error.kind() == Kind::Storage && attempt < ATTEMPTS => {
                tracing::debug!(report = spec.name, %error, "publishing again");
                attempt += 1;
            }
            done => return done,
        }
    }
}

/// Brings the tables of peaks to the state of `ledger`, for the reports that ask for peaks. Peaks are found in the totals of all files that count,
/// which are added up once for all reports.
pub(super) fn publish_peaks(job: &Job, store: &Store, ledger: &Ledger, run: &str) -> Result<()> {
    let mut all = None;
    for spec in &job.reports {
        let Some(fingerprint) = job.peaks_fingerprint(&spec.name) else { continue };
        let mut found = None;
        repeated(spec, || {
            let published = PublishedPeaks::open(store, &spec.name)?;
            let is_shown = match &published {
                Some(published) => {
                    published.is_overtaken(store, ledger, HALVES)? || published.shows(ledger, &fingerprint)
                }
                None => false,
            };
            if is_shown {
                return Ok(());
            }
            let rows = match &found {
                Some(rows) => rows,
                None => {
                    let counts = match &all {
                        Some(counts) => counts,
                        None => all.insert(counts(job, store, ledger)?),
                    };
                    let report = ReportData::new(counts, spec, &job.source.keys, &job.limits)?;
                    found.insert(report.peaks_batch()?)
                }
            };
            let mut published = PublishedPeaks::create(store, &spec.name, &rows.schema(), run)?;
            published.replace(run, ledger, &fingerprint, rows)?;
            // Files past the retention do no harm: they can be deleted later.
            if let Err(error) = published.keep_up() {
                tracing::warn!(report = spec.name, %error, "the table of peaks was not tidied");
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Replaces rows that are out of date, and returns the causes; none if no rows, or all rows, had to be replaced.
fn replace(
    job: &Job,
    spec: &ReportSpec,
    published: &mut PublishedTable,
    store: &Store,
    ledger: &Ledger,
    sums: &Sums,
    run: &str,
) -> Result<(PublishedReport, Option<Causes>)> {
    let fingerprint = job
        .report_fingerprint(&spec.name)
        .ok_or_else(|| Error::bug(format!("the report {} has no fingerprint", spec.name)))?;
    let shown = published.ledger_version(ledger.id());
    let mut report = PublishedReport {
        name: spec.name.clone(),
        replaced: Replaced::default(),
        changes: Vec::new(),
        changes_total: 0,
        is_first: shown.is_none(),
        is_repaired: false,
    };
    report.is_repaired = published.table().is_changed_by_others();
    let is_same =
        published.fingerprint() == Some(&fingerprint) && published.has_same_keys() && !report.is_repaired;
    if is_overtaken(published.table(), store, ledger, HALVES)? {
        return Ok((report, None));
    }
    if shown == Some(ledger.version()) && is_same {
        return Ok((report, None));
    }
    let windows = spec.windows();
    let before = match shown.filter(|_| is_same) {
        Some(version) => sums.known_at(ledger, version)?,
        None => None,
    };
    let causes = match &before {
        Some(before) => Causes::known_between(before, ledger, sums, &job.cleaning)?,
        None => None,
    };
    let touched = match (&before, &causes) {
        (Some(before), Some(causes)) => {
            let touched = Touched::of(&windows, causes.panes_us());
            // Which windows are final follows the newest event.
            match (before.newest_us(), ledger.newest_us()) {
                (Some(old), Some(new)) if old != new => touched.and(&windows, old.min(new), old.max(new)),
                _ => touched,
            }
        }
        _ => Touched::all(),
    };
    // Moving views depend on earlier windows: all windows from the first touched one on may change.
    let moves_us =
        touched.starts_us().first().map(|starts| starts.start).filter(|_| spec.moving != Moving::default());
    let touched = moves_us.map_or(touched, Touched::since);
    let begin_us = moves_us.filter(|us| *us > i64::MIN).map(|us| moving_begin_us(spec, us));

    let counts = match begin_us {
        _ if touched == Touched::all() => sums.all(ledger, job)?,
        Some(begin_us) => {
            let spans_us = std::iter::once(begin_us..i64::MAX).collect::<Vec<_>>();
            sums.counts(&ledger.contributions(), &spans_us, job)?
        }
        None => sums.counts(&ledger.contributions(), &touched.spans_us(&windows), job)?,
    };
    let counts = CleanCounts::new(counts, &job.cleaning)?;
    let newest_us = ledger.newest_us().unwrap_or(i64::MIN);
    let rows = |replacement: &mut Replacement<'_>| -> Result<()> {
        for starts_us in touched.starts_us() {
            let begin_us = begin_us.unwrap_or(starts_us.start);
            push_rows(spec, &counts, (begin_us, starts_us), (ledger.span_us(), newest_us), replacement)?;
        }
        Ok(())
    };
    report.replaced =
        published.replace(run, (ledger.id(), ledger.version()), &fingerprint, &touched, rows)?;
    Ok((report, causes))
}

/// Checks that no published table shows a version that the ledger does not have: a later version with the same number could not be
/// distinguished from it. Checks too that the published events exist.
///
/// # Errors
/// Attention: a table does, as after restoring only a part of the output folder; or events that count are missing.
pub(crate) fn check_moment(job: &Job, store: &Store, ledger: &Ledger, asked: &RunRequest) -> Result<()> {
    for spec in &job.reports {
        if let Some(published) = PublishedTable::open(store, spec, &job.source.keys)? {
            is_overtaken(published.table(), store, ledger, HALVES)?;
        }
        if spec.peaks.is_some()
            && let Some(peaks) = PublishedPeaks::open(store, &spec.name)?
        {
            peaks.is_overtaken(store, ledger, HALVES)?;
        }
    }
    events::check(job, store, ledger, asked.again == Some(Again::All))
}

/// Delivers the rows of the windows that start in `starts_us`, for which the walk begins at `begin_us`.
fn push_rows(
    spec: &ReportSpec,
    counts: &CleanCounts,
    (begin_us, starts_us): (i64, &std::ops::Range<i64>),
    (span_us, newest_us): (Option<(i64, i64)>, i64),
    replacement: &mut Replacement<'_>,
) -> Result<()> {
    let windows = &spec.windows();
    let from_us = spec.from_us.map(|from_us| windows.floor(from_us));
    let first_us = span_us.and_then(|(first_us, _)| windows.each_window_of(first_us).next());
    let first_us = from_us.or(first_us.map(|window| window.start_us));
    let from_us = from_us.unwrap_or(i64::MIN);
    let walked_us = begin_us.max(from_us)..starts_us.end.min(spec.to_us.unwrap_or(i64::MAX));
    let starts_us = starts_us.start.max(from_us)..starts_us.end.min(spec.to_us.unwrap_or(i64::MAX));
    if starts_us.is_empty() {
        return Ok(());
    }
    let (mut labelled, mut label) = (None, String::new());
    counts.each_measured(spec, windows, &walked_us, first_us, |window, key, count, measures| {
        if window.start_us < starts_us.start {
            return Ok(());
        }
        if labelled.replace(window) != Some(window) {
            label = windows.label(window.start_us);
        }
        let keys: Vec<Option<&str>> = counts.keys().tuple(key).collect();
        let is_final = window.end_us <= newest_us;
        replacement.push(NewRow { window, label: &label, keys: &keys, count, measures, is_final })
    })
}
