//! Evidence: the rows of a job's inputs, read again one by one and counted as the rules about causes need.
//!
//! The engine does not count it: here an event has its own time, its file, its line, and its raw keys.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::cleaning_rule::CleaningRule;
use crate::calendar::{Step, Zone};
use crate::compare::answer::{CountsByWindow, Label};
use crate::compare::values::SideLabels;
use crate::counts::FastHash;
use crate::reject::Reason;
use crate::window::Windows;

/// The number of all values that neither side counts.
pub(super) const NEITHER: u32 = u32::MAX;

/// Counts by window and raw key tuple.
pub(super) type RawCells = HashMap<(i64, u32), u64, FastHash>;

/// Which lines are kept: those of the values that differ, in the windows that are shown.
pub struct EvidenceFilter<'b> {
    /// The windows, and the numbers of the values that differ.
    pub shown: &'b BTreeMap<i64, BTreeSet<u32>>,
    /// The labels of the counts.
    pub values: &'b SideLabels,
}

/// A line behind a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceLine {
    /// `file:line`.
    pub place: String,
    /// Why it is a reject; `None`: it counts.
    pub reject: Option<Reason>,
    /// The text of the line, from its raw bytes.
    pub text: String,
}

/// The evidence in one file.
#[derive(Clone, Debug, Default)]
pub struct FileEvidence {
    /// Its name.
    pub name: String,
    /// When it was changed, in microseconds UTC.
    pub modified_us: Option<i64>,
    /// Whether its events count in the job's answer.
    pub accepted: bool,
    /// Its events by window and raw key.
    pub(super) cells: RawCells,
    /// Its rows that a reader counts without a time, by tuple.
    pub(super) without_time: HashMap<u32, u64, FastHash>,
}

/// The evidence in the inputs of a job.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Per file, in order.
    pub files: Vec<FileEvidence>,
    /// Lines behind the windows that are asked for.
    pub lines: BTreeMap<i64, Vec<EvidenceLine>>,
    /// The raw key tuples, by number.
    pub(super) tuples: Vec<Vec<Option<String>>>,
    /// All events of accepted files.
    pub(super) cells: RawCells,
    /// Events at the first instant of their window; `at_end` has the same events in the window that ends there.
    pub(super) at_start: RawCells,
    /// See `at_start`.
    pub(super) at_end: RawCells,
    /// Events of records with a line break.
    pub(super) broken: RawCells,
    /// Rejects that have a window and keys if they are read by lenient rules.
    pub(super) rejects: BTreeMap<Reason, RawCells>,
    /// Events by time: whether it had no offset, its reading or instant rounded down to the grain, the tuple.
    pub(super) fine: HashMap<(bool, i64, u32), u64, FastHash>,
    pub(super) every: Step,
    pub(super) size: Step,
}

impl Evidence {
    /// The files with events in a window and how many they have, the most first.
    pub fn files_behind(&self, start_us: i64) -> Vec<(String, u64)> {
        let events = |file: &FileEvidence| -> u64 {
            let numbers = 0..self.tuples.len() as u32;
            numbers.filter_map(|tuple| file.cells.get(&(start_us, tuple))).sum()
        };
        let accepted = self.files.iter().filter(|file| file.accepted);
        let mut files: Vec<(String, u64)> = accepted.map(|file| (file.name.clone(), events(file))).collect();
        files.retain(|(_, events)| *events > 0);
        files.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        files
    }

    /// Raw counts as counts of values, cleaned by `cleaning`; with `drop_other`, values that are not named are left out.
    pub(super) fn counts<'r>(
        &self,
        raw: impl IntoIterator<Item = (&'r (i64, u32), &'r u64)>,
        cleaning: &[CleaningRule],
        values: &SideLabels,
        drop_other: bool,
    ) -> CountsByWindow {
        let numbers = self.numbers(cleaning, values, drop_other);
        let mut cells = CountsByWindow::new();
        for ((start_us, tuple), n) in raw {
            if let Some(value) = numbers[*tuple as usize] {
                *cells.entry((*start_us, value)).or_default() += n;
            }
        }
        cells
    }

    /// The number of the label of each tuple; `None`: it is left out.
    pub(super) fn numbers(
        &self,
        cleaning: &[CleaningRule],
        values: &SideLabels,
        drop_other: bool,
    ) -> Vec<Option<u32>> {
        let number = |tuple: &Vec<Option<String>>| {
            let is_dropped = |(value, cleaning_rule): (&Option<String>, &CleaningRule)| {
                value.is_none() && cleaning_rule.drops_null
            };
            if tuple.iter().zip(cleaning).any(is_dropped) {
                return None;
            }
            // Values that neither side counts have a number of their own.
            let number = number(tuple, cleaning, values).unwrap_or(NEITHER);
            let is_other = values.labels.get(number as usize) == Some(&Label::Other);
            (!(drop_other && is_other)).then_some(number)
        };
        self.tuples.iter().map(number).collect()
    }

    /// Whether a row has no value for a key.
    pub(super) fn has_null(&self) -> bool {
        self.tuples.iter().any(|tuple| tuple.contains(&None))
    }

    /// Counts all events again in `windows`, those without an offset by the clock of `zone`.
    pub(super) fn recount(&self, to_us: impl Fn(i64) -> i64, zone: &Zone, windows: &Windows) -> RawCells {
        let mut cells = RawCells::default();
        for ((is_local, us, tuple), n) in &self.fine {
            let us = to_us(if *is_local { zone.instant_us(*us) } else { *us });
            for window in windows.each_window_of(us) {
                *cells.entry((window.start_us, *tuple)).or_default() += n;
            }
        }
        cells
    }
}

/// The number of the label of a raw key tuple; `None`: neither side counts it.
pub(super) fn number(
    tuple: &[Option<String>],
    cleaning: &[CleaningRule],
    values: &SideLabels,
) -> Option<u32> {
    let clean = |(value, rule): (&Option<String>, &CleaningRule)| {
        value.as_deref().and_then(|value| rule.clean(value)).map(|value| value.into_owned())
    };
    values.number(&Label::Values(tuple.iter().zip(cleaning).map(clean).collect()))
}
