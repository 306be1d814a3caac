//! Publishing: a report's table follows the ledger.

use crate::clock;
use crate::delta::{Store, Table};
use crate::error::{Error, Kind, Result};
use crate::job::{Job, ReportSpec};
use crate::ledger::{self, Change, Instant, Kept, Ledger, RETENTION_MS, Sums};
use crate::publish::delta::{NewRow, Published, Replaced, Replacement};
use crate::report::CleanCounts;
use crate::window::{Touched, Window, Windows};

use super::causes::Causes;

/// What was published of one report.
#[derive(Debug)]
pub struct PublishedReport {
    /// Its name.
    pub name: String,
    /// What changed.
    pub replaced: Replaced,
    /// The first few changes.
    pub changes: Vec<PublishedChange>,
    /// Whether it had been published before.
    pub is_first: bool,
}

/// A published number that became another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedChange {
    /// The window.
    pub window: Window,
    /// Its start on the report's clock.
    pub label: String,
    /// The values of the keys.
    pub keys: Vec<Option<String>>,
    /// The number before.
    pub old: u64,
    /// The number since.
    pub new: u64,
    /// Why.
    pub cause: &'static str,
    /// The file that made the difference, if one did.
    pub file: Option<String>,
}

/// Changes that are kept to be shown.
const SHOWN: usize = 10;

/// Attempts to publish while other runs publish too.
const ATTEMPTS: usize = 3;

/// Brings the table of `spec` to what `ledger` says.
pub(super) fn publish(
    job: &Job,
    spec: &ReportSpec,
    store: &Store,
    ledger: &Ledger,
    run: &str,
) -> Result<PublishedReport> {
    let mut attempt = 1;
    loop {
        match try_publish(job, spec, store, ledger, run) {
            Err(error) if error.kind() == Kind::Storage && attempt < ATTEMPTS => {
                tracing::debug!(report = spec.name, %error, "publishing again");
                attempt += 1;
            }
            published => return published,
        }
    }
}

fn try_publish(
    job: &Job,
    spec: &ReportSpec,
    store: &Store,
    ledger: &Ledger,
    run: &str,
) -> Result<PublishedReport> {
    let fingerprint = job
        .report_fingerprint(&spec.name)
        .ok_or_else(|| Error::bug(format!("the report {} has no fingerprint", spec.name)))?;
    let mut published = Published::create(store, &spec.name, &job.source.keys, run)?;
    let shown = published.ledger_version();
    let mut report = PublishedReport {
        name: spec.name.clone(),
        replaced: Replaced::default(),
        changes: Vec::new(),
        is_first: shown.is_none(),
    };
    let is_same = published.fingerprint() == Some(&fingerprint);
    if shown > Some(ledger.version()) {
        return match Ledger::open(store)?.map(|now| now.version()) {
            // Another run has made the ledger newer, and published it.
            now if now >= shown => Ok(report),
            now => Err(ahead(published.table(), shown, now)),
        };
    }
    if shown == Some(ledger.version()) && is_same {
        return Ok(report);
    }
    let sums = Sums::open(store)?;
    let windows = Windows::of(spec);
    let before = match shown.filter(|_| is_same) {
        Some(version) => Ledger::at(store, version)?,
        None => None,
    };
    let (touched, causes) = match &before {
        Some(before) => {
            let causes = Causes::between(before, ledger, &sums)?;
            let touched = Touched::of(&windows, causes.panes_us());
            // Which windows are final follows the newest event.
            let touched = match (before.newest_us(), ledger.newest_us()) {
                (Some(old), Some(new)) if old != new => touched.and(&windows, old.min(new), old.max(new)),
                _ => touched,
            };
            (touched, causes)
        }
        None => (Touched::all(), Causes::default()),
    };

    let wanted = ledger.contributions();
    let counts =
        sums.counts(&wanted, &touched.spans_us(&windows), job.source.keys.len(), job.limits.groups)?;
    let counts = CleanCounts::new(&counts, &job.cleaning)?;
    let newest_us = ledger.newest_us().unwrap_or(i64::MIN);
    let rows = |replacement: &mut Replacement<'_>| -> Result<()> {
        for starts_us in touched.starts_us() {
            push_rows(spec, &windows, &counts, starts_us, newest_us, replacement)?;
        }
        Ok(())
    };
    let at = Instant(clock::unix_us());
    let mut changes = Vec::new();
    let of_job = if is_same { "" } else { "the job changed" };
    let is_first = report.is_first;
    let replaced =
        published.replace(run, (ledger.version(), &fingerprint), &touched, rows, &mut |difference| {
            if is_first {
                return Ok(());
            }
            let window = difference.window;
            let (cause, file, files) = match causes.of(window.start_us..window.end_us) {
                Some((cause, file, files)) => (cause, Some(file.to_owned()), files),
                None => (of_job, None, 0),
            };
            if report.changes.len() < SHOWN {
                report.changes.push(PublishedChange {
                    window,
                    label: windows.label(window.start_us),
                    keys: difference.keys.iter().map(|key| key.map(str::to_owned)).collect(),
                    old: difference.old,
                    new: difference.new,
                    cause,
                    file: file.clone(),
                });
            }
            changes.push(Change {
                run: run.to_owned(),
                at,
                report: spec.name.clone(),
                ledger_version: ledger.version() as i64,
                window_start: Instant(window.start_us),
                window_end: Instant(window.end_us),
                keys: serde_json::to_string(difference.keys)
                    .map_err(|error| Error::bug(format!("a key as JSON: {error}")))?,
                old: difference.old as i64,
                new: difference.new as i64,
                cause: cause.to_owned(),
                file,
                files: files as i64,
            });
            Ok(())
        })?;
    report.replaced = replaced;
    if let Err(error) = published.keep_up(RETENTION_MS) {
        tracing::warn!(report = spec.name, %error, "the table was not tidied");
    }
    ledger::keep_rows(store, Kept::Changes, run, &changes)?;
    Ok(report)
}

/// The error for a report of a ledger that is not there.
fn ahead(table: &Table, shown: Option<u64>, now: Option<u64>) -> Error {
    let version = |version: Option<u64>| version.unwrap_or_default();
    let message = format!(
        "{}: it shows version {} of the ledger, which is at {}: they are not of one moment",
        table.place(),
        version(shown),
        version(now)
    );
    Error::new(Kind::Person, message).help(
        "restore the whole output folder from one backup; or move this report away to have it made again",
    )
}

/// Hands on the rows of the windows that start in `starts_us`.
fn push_rows(
    spec: &ReportSpec,
    windows: &Windows,
    counts: &CleanCounts<'_>,
    starts_us: &std::ops::Range<i64>,
    newest_us: i64,
    replacement: &mut Replacement<'_>,
) -> Result<()> {
    let from_us = spec.from_us.map_or(i64::MIN, |from_us| windows.floor(from_us));
    let starts_us = starts_us.start.max(from_us)..starts_us.end.min(spec.to_us.unwrap_or(i64::MAX));
    if starts_us.is_empty() {
        return Ok(());
    }
    let (mut labelled, mut label) = (None, String::new());
    counts.each_count(windows, &starts_us, |window, key, count| {
        if labelled.replace(window) != Some(window) {
            label = windows.label(window.start_us);
        }
        let keys: Vec<Option<&str>> = counts.keys().tuple(key).collect();
        let is_final = window.end_us <= newest_us;
        replacement.push(NewRow { window, label: &label, keys: &keys, count, is_final })
    })
}
