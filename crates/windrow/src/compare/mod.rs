//! Compares two answers, or an answer with the output of an old job: whether they are equal, or where they differ and why.
//!
//! `result` reads result files, `columns` finds the role of each column, `answer` holds the counts of a side,
//! `values` gives the counted values of both sides common numbers, `windows` compares, `cause` finds the reasons.

mod measured;
mod sides;
mod unclear;

pub mod result;

pub mod columns;
pub mod instant;
pub mod names;

pub mod answer;
mod merge;
pub mod values;
pub mod windows;

pub mod cause;
mod spark;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::calendar::Zone;
use crate::error::{Code, Error, Help, Result, Setting};
use crate::settings::Settings;
use crate::text::number::{counted, grouped};

pub use measured::DifferingMeasure;
pub use sides::{JobAnswer, JobSide, Side};

use answer::ComparedSide;
use cause::{Cause, Disagreement, Evidence, EvidenceFilter, SparkInputs};
use names::RoleMap;
use values::SideLabels;

/// How two answers are compared.
#[derive(Clone, Debug)]
pub struct CompareOptions {
    /// The columns that the user names.
    pub map: RoleMap,
    /// The zone of times without an offset. `None`: the zone of the job's report, or UTC without a job.
    pub zone: Option<Zone>,
    /// The most differing windows to show.
    pub limit: usize,
    /// The most rows of a result to hold in memory. A larger result that is sorted by window is compared as it is read;
    /// then no causes of differences are looked for.
    pub held: u64,
}

/// The default of [`CompareOptions::held`]: about 230 MB of rows.
pub const ROWS_HELD: u64 = 1_000_000;

/// The result of comparing two answers.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The version of this layout.
    pub schema: u32,
    /// The names of A and B.
    pub names: [String; 2],
    /// Whether all windows and their measures are equal, and all events have a window.
    pub equal: bool,
    /// The number of windows with events on either side.
    pub windows: u64,
    /// The number of windows that differ.
    pub windows_differing: u64,
    /// The values that were compared.
    pub values: Vec<String>,
    /// The number of events in the windows of A and of B.
    pub events: [u64; 2],
    /// The number of events of A and of B without a window.
    pub events_without_window: [u64; 2],
    /// The first windows that differ.
    pub first: Vec<DifferingWindow>,
    /// The columns of measures that were compared: those that both sides have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
    /// How many measured numbers differ, in windows and keys that both sides have.
    pub measures_differing: u64,
    /// The first measured numbers that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first_measures: Vec<DifferingMeasure>,
    /// The causes that were found.
    pub causes: Vec<Cause>,
    /// The number of windows whose counts no cause explains; `None` if causes were not looked for in the inputs of a job.
    pub windows_unexplained: Option<u64>,
    /// The choices that were made, and warnings.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// A window that differs.
#[derive(Clone, Debug, Serialize)]
pub struct DifferingWindow {
    /// Its start, RFC 3339.
    pub window_start: String,
    /// Its counts that differ.
    pub counts: Vec<DifferingCount>,
    /// The means of A and B, where they differ.
    pub means: Option<[f64; 2]>,
    /// The files of the job with events in it, those with the most events first.
    pub files: Vec<String>,
    /// The first input lines behind it; rejects with their reason.
    pub lines: Vec<String>,
}

/// A count that differs.
#[derive(Clone, Debug, Serialize)]
pub struct DifferingCount {
    /// What is counted.
    pub value: String,
    /// The count of A.
    pub a: u64,
    /// The count of B.
    pub b: u64,
}

/// The version of [`Comparison`]'s layout.
pub const SCHEMA: u32 = 1;

/// The most files to show for a window.
const FILES_MAX: usize = 5;

/// Compares two answers.
///
/// # Errors
/// Usage: it is not clear which columns to compare, or the windows differ in length. Data: a result is not in the
/// format that its name says.
pub fn compare(sides: [Side<'_>; 2], options: &CompareOptions, settings: &Settings) -> Result<Comparison> {
    let mut notes = Vec::new();
    let job = sides.iter().find_map(|side| match side {
        Side::Job(job) => Some(job),
        Side::Result(_) => None,
    });
    let zone =
        options.zone.clone().or_else(|| job.map(|job| job.report.zone.clone())).unwrap_or_else(Zone::utc);
    let answers = sides::answers(&sides, options, &zone, &mut notes)?;
    let [a, b] = &answers;
    let (values, cells) = SideLabels::align(a, b);
    let is_merged = answers.iter().any(|answer| answer.rows.is_some());
    let found = if is_merged {
        merge::compare([a, b], [&cells[0], &cells[1]], &values, options.limit)?
    } else {
        let ends =
            a.ends_us.iter().filter_map(|(start, end)| Some((*start, (*end)?, (*b.ends_us.get(start)?)?)));
        ends.take(1).try_for_each(|(start_us, of_a, of_b)| same_length([a, b], start_us, of_a, of_b))?;
        windows::compare([&cells[0], &cells[1]], [&a.means, &b.means], options.limit)
    };
    let unplaced = [a.unplaced, b.unplaced];
    let equal = found.differing == 0 && unplaced == [0, 0];
    let measures = match (&a.measured, &b.measured) {
        (Some(of_a), Some(of_b)) if !is_merged => measured::compare(of_a, of_b, &zone, options.limit)?,
        _ => measured::MeasuredDifferences::default(),
    };
    for answer in &answers {
        let names = answer.measured.as_ref().map_or(&[][..], measured::SideMeasures::names);
        let left: Vec<&str> =
            names.iter().filter(|name| !measures.names.contains(name)).map(String::as_str).collect();
        if !left.is_empty() {
            notes.push(format!("{}: not compared: {}", answer.name, left.join(", ")));
        }
    }
    if is_merged && !equal {
        let most = grouped(options.held);
        notes.push(format!("the causes are not looked for: a result has more than {most} rows"));
    }

    // The old answer is A, unless A is the only job.
    let old = usize::from(matches!(sides, [Side::Job(_), Side::Result(_)]));
    let differing = |difference: &windows::WindowDifference| {
        let values = difference.counts.iter().map(|(value, ..)| *value).collect::<BTreeSet<u32>>();
        (difference.start_us, values)
    };
    let shown: BTreeMap<i64, BTreeSet<u32>> = found.first.iter().map(differing).collect();
    let shown = EvidenceFilter { shown: &shown, values: &values };
    let behind = match (&sides[1 - old], equal) {
        (Side::Job(job), false) => {
            let evidence = Evidence::read(job.job, job.report, job.files, &job.refused, &shown, settings);
            match evidence {
                Ok(evidence) => Some((job, evidence, job.report.windows())),
                Err(error) if error.kind().exit_code() >= 128 => return Err(error),
                Err(error) => {
                    notes.push(format!("the inputs of {} were not read again: {error}", job.name));
                    None
                }
            }
        }
        _ => None,
    };
    let inputs = behind.as_ref().map(|(job, ..)| SparkInputs {
        job: job.job,
        report: job.report,
        files: job.files,
        refused: &job.refused,
        behind: &shown,
        written_us: answers[old].modified_us,
        settings,
    });
    let case = Disagreement {
        names: [&answers[old].name, &answers[1 - old].name],
        values: &values,
        old_drops_other: values.drops_other[old],
        both_long: a.is_long() && b.is_long(),
        old_modified_us: answers[old].modified_us,
        old_is_wide: !answers[old].is_long(),
        old_unplaced: unplaced[old],
        may_be_cut_in_writing: answers[old].is_csv
            && answers[old].is_long()
            && !answers[old].has_value(|value| value.trim_matches(|c| c <= ' ') != value),
        old_has_empty_text: answers[old].has_value(str::is_empty),
        zone: &zone,
        job: behind.as_ref().map(|(job, evidence, windows)| (job.job, windows, evidence)),
    };
    let (mut causes, left) = match equal || is_merged {
        true => (vec![], found.differing),
        false => cause::find(&case, inputs.as_ref(), &cells[old], &cells[1 - old])?,
    };
    let likely = likely(&found, &answers, old);
    // A verified cause `spark` already explains rows without a window: Spark finds no time in them.
    let is_told =
        |cause: &Cause| cause.kind == "no_window" && causes.iter().any(|cause| cause.kind == "spark");
    let likely: Vec<Cause> = likely.into_iter().filter(|cause| !is_told(cause)).collect();
    causes.extend(likely);

    let first = found.first.iter().map(|difference| DifferingWindow {
        window_start: zone.label(difference.start_us),
        counts: difference
            .counts
            .iter()
            .map(|(value, a, b)| DifferingCount { value: values.name(*value), a: *a, b: *b })
            .collect(),
        means: difference.means.map(|(a, b)| [a, b]),
        files: behind
            .as_ref()
            .map(|(_, evidence, _)| files(evidence, difference.start_us))
            .unwrap_or_default(),
        lines: behind
            .as_ref()
            .map(|(_, evidence, _)| lines(evidence, difference.start_us))
            .unwrap_or_default(),
    });
    Ok(Comparison {
        schema: SCHEMA,
        names: [a.name.clone(), b.name.clone()],
        equal: equal && measures.differing == 0,
        windows: found.windows,
        windows_differing: found.differing,
        values: found.values.iter().map(|value| values.name(*value)).collect(),
        events: found.events,
        events_without_window: unplaced,
        first: first.collect(),
        measures: measures.names,
        measures_differing: measures.differing,
        first_measures: measures.first,
        causes,
        windows_unexplained: behind.as_ref().filter(|_| !is_merged).map(|_| left),
        notes,
    })
}

/// Refuses to compare hours with days: both have a window that starts at `start_us`, and their ends are `of_a` and `of_b`.
fn same_length([a, b]: [&ComparedSide; 2], start_us: i64, of_a: i64, of_b: i64) -> Result<()> {
    const TOLERANCE_US: u64 = 1_000_000;
    if of_a.abs_diff(of_b) <= TOLERANCE_US {
        return Ok(());
    }
    let minutes = |end: i64| (end - start_us) / 60_000_000;
    let message =
        format!("{} has windows of {} minutes, {} of {}", a.name, minutes(of_a), b.name, minutes(of_b));
    Err(Error::usage(message)
        .with_code(Code::DifferentWindows)
        .with_help(Help::from("choose the report with the same windows: ").set(Setting::Report, "NAME")))
}

/// Likely causes: visible in the answers, but not verified.
fn likely(found: &windows::WindowDifferences, answers: &[ComparedSide; 2], old: usize) -> Vec<Cause> {
    let mut causes = Vec::new();
    let cause = |kind, text| Cause { kind, verified: false, text, windows: found.differing };
    let only_means =
        !found.first.is_empty() && found.first.iter().all(|difference| difference.counts.is_empty());
    if only_means {
        let name = answers[old].mean_name.as_deref().unwrap_or("the mean");
        causes.push(cause(
            "mean",
            format!("{name} of {} is the mean of something else: the counts are equal", answers[old].name),
        ));
    }
    if let Some(answer) = answers.iter().find(|answer| answer.unplaced > 0) {
        let events = counted(answer.unplaced, "event");
        let text =
            format!("{} counts {events} without a window: rows whose time it could not read", answer.name);
        causes.push(cause("no_window", text));
    }
    causes
}

fn files(evidence: &Evidence, start_us: i64) -> Vec<String> {
    let files = evidence.files_behind(start_us);
    files.into_iter().take(FILES_MAX).map(|(name, events)| format!("{name} ({events})")).collect()
}

fn lines(evidence: &Evidence, start_us: i64) -> Vec<String> {
    let lines = evidence.lines.get(&start_us).map(Vec::as_slice).unwrap_or_default();
    let shown = |line: &cause::EvidenceLine| match line.reject {
        Some(reason) => format!("{}: rejected, {}: {}", line.place, reason.name(), line.text),
        None => format!("{}: {}", line.place, line.text),
    };
    lines.iter().map(shown).collect()
}
