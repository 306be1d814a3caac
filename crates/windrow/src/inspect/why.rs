//! Why: the window that holds a time, its counts, the files behind them, and what changed them.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use hashbrown::HashSet;
use serde::Serialize;

use crate::delta::Store;
use crate::error::{Code, Error, Kind, Result};
use crate::event::Cleaning;
use crate::job::{Job, ReportSpec, column};
use crate::ledger::{Ledger, Sums, key_values};
use crate::publish::delta::PublishedTable;
use crate::report::CleanCounts;
use crate::source::identity_shown;
use crate::text::escape::quoted;
use crate::text::suggest;
use crate::window::{Window, Windows};

use super::answer::standing;
use super::gaps::changes_untold;
use super::lineage::{self, FileBehind, WindowFiles};
use super::measured::MeasureBehind;
use super::since::Since;
use super::{Kept, changes};

/// The files, changes and versions behind the numbers of a window.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Traced {
    schema: u32,
    /// The report.
    pub report: String,
    /// The zone of its times.
    pub zone: String,
    /// Its step; `size` is the length of its windows.
    pub every: String,
    /// See `every`.
    pub size: String,
    /// The first instant of the window.
    pub window_start: String,
    /// The end of the window: the first instant after it.
    pub window_end: String,
    /// The number of windows that hold the time that was asked for; this is the last of them.
    pub windows_that_hold_it: u32,
    /// Whether the newest event is past its end.
    pub is_final: bool,
    /// Whether `from` and `to` leave it out of the report.
    pub is_outside: bool,
    /// The numbers, by values of the keys.
    pub numbers: Vec<WindowNumber>,
    /// The results of the measures over all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<MeasureBehind>,
    /// The files with events in the window.
    pub files: Vec<FileBehind>,
    /// The last published window before it, if it holds no event.
    pub nearest_before: Option<String>,
    /// The first published window after it, if it holds no event.
    pub nearest_after: Option<String>,
    /// The numbers that changed since the run or time that was asked for, the newest change last.
    pub changes: Option<Vec<ChangeOf>>,
    /// The version of the ledger that the numbers are from.
    pub ledger_version: u64,
    /// The version that the published table shows; `None`: it was never published.
    pub published_version: Option<u64>,
    /// Why the published table does not show the current ledger, if it does not.
    pub stale: Option<String>,
    /// What a person should know of it.
    #[serde(skip)]
    pub warnings: Vec<String>,
    /// The fingerprint of the job's counting rules.
    pub counted_by: String,
    /// Damage that was found; all of the above is still true.
    #[serde(skip)]
    pub damage: Option<Error>,
}

/// The window that is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct WantedWindow<'q> {
    /// A time in it, by the clock of the report.
    pub window: &'q str,
    /// Only rows with this value.
    pub value: Option<&'q str>,
    /// The report; none: the first.
    pub report: Option<&'q str>,
    /// What changed since this time, or since the run with that name or beginning of a name.
    pub since: Option<&'q str>,
}

/// One number of the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WindowNumber {
    /// Its values.
    pub values: Vec<Option<String>>,
    /// The number, from the ledger.
    pub count: u64,
    /// The number that is published; `None`: there is no row.
    pub published: Option<u64>,
}

/// A number that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChangeOf {
    /// When it was published.
    pub at: String,
    /// Its values.
    pub values: Vec<Option<String>>,
    /// The count before.
    pub old: i64,
    /// The count after.
    pub new: i64,
    /// The column of the measure that changed; `None`: the count changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// The number of the measure before, as text; `None` is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_value: Option<String>,
    /// The number of the measure after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_value: Option<String>,
    /// The cause.
    pub cause: String,
    /// The file that caused the change; of several, the first by name.
    pub file: Option<String>,
    /// The number of files that caused it.
    pub files: i64,
    /// The run that published it.
    pub run: String,
}

/// Says what is behind a window of a report, and what changed there.
///
/// # Errors
/// Usage: the value does not occur; the nearest is proposed. Attention: the counting rules of the job differ from those of the ledger.
pub fn why(job: &Job, kept: &Kept, asked: WantedWindow<'_>) -> Result<Traced> {
    let Kept { store, ledger } = kept;
    let spec = match asked.report {
        Some(name) => job.report(name)?,
        None => job.reports.first().ok_or_else(|| Error::bug("a job without reports"))?,
    };
    let (at_us, value) = (spec.instant(asked.window)?, asked.value);
    let since = asked.since.map(|text| Since::read(text, spec, store)).transpose()?;
    ledger.check_job(job)?;
    let windows = spec.windows();
    let window = windows.window_starting(windows.floor(at_us));
    let asked = value.map(|value| AskedValue::of(job, value));
    let wanted = |values: &[Option<String>]| asked.as_ref().is_none_or(|asked| asked.takes(values));

    let mut numbers = counted(job, store, ledger, &windows, window)?;
    published(job, spec, store, window, &mut numbers)?;
    let is_empty = numbers.iter().all(|number| number.count == 0);
    numbers.retain(|number| wanted(&number.values));
    if let Some(asked) = asked.as_ref().filter(|_| numbers.is_empty()) {
        numbers.push(WindowNumber {
            values: vec![known(job, spec, store, ledger, asked)?],
            count: 0,
            published: None,
        });
    }
    let WindowFiles { files, measures, damage } =
        lineage::files((job, spec), store, ledger, window, &wanted)?;
    let sums: [u64; 2] =
        [numbers.iter().map(|number| number.count).sum(), files.iter().map(|file| file.count).sum()];
    if sums[0] != sums[1] {
        return Err(Error::bug(format!("a window of {} events has files with {}", sums[0], sums[1])));
    }
    let (before, after) = if is_empty { nearest(job, spec, store, window)? } else { (None, None) };
    let changes = since.as_ref().map(|since| changed(spec, store, window, since, &wanted)).transpose()?;
    let mut warnings = Vec::new();
    if since.is_some() {
        warnings.extend(changes_untold(job, store, &[spec])?);
    }
    let standing = standing(job, spec, store, Some(ledger))?;
    let stale = standing.stale(ledger.version());
    if let Some(stale) = &stale {
        warnings.push(format!("report {}: {stale}: run the job to bring it up to date", spec.name));
    }
    let first_us = spec.from_us.map_or(i64::MIN, |from_us| windows.floor(from_us));
    Ok(Traced {
        schema: 1,
        report: spec.name.clone(),
        zone: spec.zone.to_string(),
        every: spec.every.to_string(),
        size: spec.size.to_string(),
        window_start: spec.zone.label(window.start_us),
        window_end: spec.zone.label(window.end_us),
        windows_that_hold_it: windows.steps_per_window(),
        is_final: ledger.newest_us().is_some_and(|newest_us| window.end_us <= newest_us),
        is_outside: window.start_us < first_us || spec.to_us.is_some_and(|to_us| window.start_us >= to_us),
        numbers,
        measures,
        files,
        nearest_before: before.map(|us| spec.zone.label(us)),
        nearest_after: after.map(|us| spec.zone.label(us)),
        changes,
        ledger_version: ledger.version(),
        published_version: standing.shown(),
        stale,
        warnings,
        counted_by: job.count_fingerprint(),
        damage,
    })
}

/// The value that a person asks for: in its reported form or its raw form.
struct AskedValue {
    written: String,
    /// The values that it may mean.
    values: Vec<Option<String>>,
}

impl AskedValue {
    fn of(job: &Job, value: &str) -> Self {
        let mut values = vec![Some(value.to_owned())];
        if value.is_empty() || value == "null" {
            values.push(None);
        }
        for cleaning in &job.cleaning {
            let cleaned = cleaning.clean(value).map(|value| value.into_owned());
            if cleaned.is_some() && !values.contains(&cleaned) {
                values.push(cleaned);
            }
        }
        AskedValue { written: value.to_owned(), values }
    }

    /// Whether a row has one of these values.
    fn takes(&self, values: &[Option<String>]) -> bool {
        values.iter().any(|value| self.values.contains(value))
    }
}

/// Computes the numbers of `window` from the ledger, as a report does.
fn counted(
    job: &Job,
    store: &Store,
    ledger: &Ledger,
    windows: &Windows,
    window: Window,
) -> Result<Vec<WindowNumber>> {
    let span = window.start_us..window.end_us;
    let sums = Sums::open(store, ledger)?;
    let counts = sums.counts(&ledger.contributions(), std::slice::from_ref(&span), job)?;
    let counts = CleanCounts::new(counts, &job.cleaning)?;
    let mut numbers = Vec::new();
    counts.each_count(windows, &(window.start_us..window.start_us + 1), |_, key, count| {
        let values = counts.keys().tuple(key).map(|value| value.map(str::to_owned)).collect();
        numbers.push(WindowNumber { values, count, published: None });
        Ok(())
    })?;
    Ok(numbers)
}

/// Adds the published numbers of `window`.
fn published(
    job: &Job,
    spec: &ReportSpec,
    store: &Store,
    window: Window,
    numbers: &mut Vec<WindowNumber>,
) -> Result<()> {
    let Some(table) = PublishedTable::open(store, spec, &job.source.keys)? else { return Ok(()) };
    let keys = column::of_keys(&job.source.keys);
    table.each_row(&(window.start_us..window.start_us + 1), None, &mut |batch| {
        for row in 0..batch.num_rows() {
            let (values, count) = published_row(batch, &keys, row).ok_or_else(|| {
                Error::new(Kind::Attention, format!("the table of {} has other columns", spec.name))
                    .with_code(Code::OtherRules)
                    .with_help("run the job: a report is made again from the ledger")
            })?;
            match numbers.iter_mut().find(|number| number.values == values) {
                Some(number) => number.published = Some(count),
                None => numbers.push(WindowNumber { values, count: 0, published: Some(count) }),
            }
        }
        Ok(())
    })
}

/// The values of the keys and the count of a published row.
fn published_row(batch: &RecordBatch, keys: &[String], row: usize) -> Option<(Vec<Option<String>>, u64)> {
    let value = |key: &String| {
        let texts = batch.column_by_name(key)?.as_string_opt::<i32>()?;
        Some(texts.is_valid(row).then(|| texts.value(row).to_owned()))
    };
    let values = keys.iter().map(value).collect::<Option<_>>()?;
    let count = batch.column_by_name("count")?.as_primitive_opt::<Int64Type>()?.value(row);
    Some((values, u64::try_from(count).ok()?))
}

/// The value that is asked for, in the form in which other windows report it or reported it before.
///
/// # Errors
/// Usage: it occurs in no window.
fn known(
    job: &Job,
    spec: &ReportSpec,
    store: &Store,
    ledger: &Ledger,
    asked: &AskedValue,
) -> Result<Option<String>> {
    let named = job.reports.iter().flat_map(|report| report.values.iter().cloned().map(Some));
    let mut all: HashSet<Option<String>> = named.collect();
    let mut raw: HashSet<String> = HashSet::new();
    Sums::open(store, ledger)?.each_count(&ledger.contributions(), i64::MIN..i64::MAX, &mut |row| {
        if !raw.contains(row.keys) {
            raw.insert(row.keys.to_owned());
            all.extend(Cleaning::clean_all(&job.cleaning, &key_values(row.keys)?));
        }
        Ok(())
    })?;
    let is_known = |all: &HashSet<Option<String>>| asked.values.iter().find(|value| all.contains(*value));
    if let Some(value) = is_known(&all) {
        return Ok(value.clone());
    }
    // It may have occurred before.
    changes::values_in(store, &spec.name, &mut |value| {
        all.insert(value);
    })?;
    if let Some(value) = is_known(&all) {
        return Ok(value.clone());
    }
    let error = Error::usage(format!("the value {} never occurs", quoted(&asked.written)))
        .with_code(Code::UnknownValue);
    Err(match suggest::nearest(&asked.written, all.iter().flatten().map(String::as_str)) {
        Some(near) => error.with_help(format!("did you mean {}?", quoted(near))),
        None => error.with_help("leave it out to see all values of the window"),
    })
}

/// The starts of the published windows next to `window` that hold events.
fn nearest(
    job: &Job,
    spec: &ReportSpec,
    store: &Store,
    window: Window,
) -> Result<(Option<i64>, Option<i64>)> {
    let Some(table) = PublishedTable::open(store, spec, &job.source.keys)? else { return Ok((None, None)) };
    table.starts_beside(window.start_us)
}

/// The numbers that changed in `window`.
fn changed(
    spec: &ReportSpec,
    store: &Store,
    window: Window,
    since: &Since,
    wanted: &dyn Fn(&[Option<String>]) -> bool,
) -> Result<Vec<ChangeOf>> {
    let mut found = Vec::new();
    for change in changes::of_window(store, &spec.name, window.start_us, since)? {
        let values = changes::values(&change);
        if wanted(&values) {
            found.push(ChangeOf {
                at: spec.zone.label(change.at.0.div_euclid(1_000_000) * 1_000_000),
                values,
                old: change.old,
                new: change.new,
                measure: change.measure,
                old_value: change.old_value,
                new_value: change.new_value,
                cause: change.cause,
                file: change.file.as_deref().map(identity_shown),
                files: change.files,
                run: change.run,
            });
        }
    }
    Ok(found)
}
