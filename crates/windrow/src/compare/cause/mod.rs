//! Causes: why two answers differ, where one changed rule gives exactly the counts of the old one.
//!
//! A rule is accepted when it changes some counts and every count that it changes becomes equal. Then the next rule is
//! tried on the remaining differences.

mod as_spark;
mod cleaning_rule;
mod counting;
mod empty;
mod evidence;
mod files;
mod fits;
mod inputs;
mod reading;
mod rows;
mod spelling;
mod zones;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::answer::CountsByWindow;
use super::values::SideLabels;
use super::windows::differing_starts;
use crate::calendar::Zone;
use crate::error::Result;
use crate::job::Job;
use crate::text::number::counted;
use crate::window::Windows;

use as_spark::TriedReadings;
use cleaning_rule::CleaningRule;
pub use evidence::{Evidence, EvidenceFilter, EvidenceLine};
pub(super) use reading::SparkInputs;

/// A reason why answers differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What kind of cause: `zone`, `case`, `null`, `other`, `rejects`, `boundary`, `twice`, `missing`, `late`,
    /// `refused`, `line_breaks`, `spark`, `either`, `mean`, `no_window`.
    pub kind: &'static str,
    /// Whether counting by the changed rule gave the old counts.
    pub verified: bool,
    /// The cause, and how it was found, in words.
    pub text: String,
    /// Differing windows whose counts it explains.
    pub windows: u64,
}

/// What is known of two answers that differ.
pub struct Disagreement<'c> {
    /// The names of the old one and the new one.
    pub names: [&'c str; 2],
    /// The labels of both.
    pub values: &'c SideLabels,
    /// Whether the old one leaves out values that it does not name.
    pub old_drops_other: bool,
    /// Whether both have a row per value.
    pub both_long: bool,
    /// When the old one was written, in microseconds UTC.
    pub old_modified_us: Option<i64>,
    /// Whether the old one has a column per value.
    pub old_is_wide: bool,
    /// The sum of the counts of the old one without a window.
    pub old_unplaced: u64,
    /// Whether the old one was written as CSV without white space around its values, as Spark writes them.
    pub may_be_cut_in_writing: bool,
    /// Whether the old one has an empty text, which is not null then.
    pub old_has_empty_text: bool,
    /// The zone whose clock the windows follow.
    pub zone: &'c Zone,
    /// The job behind the new one, its windows, and what its inputs hold.
    pub job: Option<(&'c Job, &'c Windows, &'c Evidence)>,
}

/// Finds the causes of the differences between `old` and `new`, and how many windows they leave unexplained; `inputs` are
/// those of the job, to be read by other rules.
pub(super) fn find(
    case: &Disagreement<'_>,
    inputs: Option<&SparkInputs<'_>>,
    old: &CountsByWindow,
    new: &CountsByWindow,
) -> Result<(Vec<Cause>, u64)> {
    let mut trial = Trial {
        old: old.clone(),
        new: new.clone(),
        causes: vec![],
        files: BTreeMap::new(),
        left_out: BTreeSet::new(),
    };
    let input = case.job.map(|(job, windows, evidence)| JobInputs {
        case,
        job,
        windows,
        evidence,
        cleaning_rules: cleaning_rule::of_job(&job.cleaning),
        left_out: BTreeSet::new(),
    });
    match (&input, inputs) {
        (Some(input), Some(inputs)) if old.is_empty() && case.old_unplaced == 0 => {
            empty::explain(input, inputs, &mut trial)?;
        }
        (Some(input), Some(inputs)) => as_spark::try_all(input, inputs, TriedReadings::Others, &mut trial)?,
        _ => {}
    }
    // Without counts, causes cannot be told apart.
    if trial.causes.is_empty() && !old.is_empty() {
        let start = trial.clone();
        spelling::try_all(case, &mut trial);
        zones::try_shifts(case, &mut trial);
        if let Some(input) = &input {
            zones::try_recounts(input, &mut trial);
            files::try_all(input, &mut trial);
            rows::try_all(input, &mut trial);
        }
        if let (Some(input), Some(inputs), false) = (&input, inputs, trial.is_done()) {
            let mut same = start;
            as_spark::try_all(input, inputs, TriedReadings::Same, &mut same)?;
            if same.is_done() {
                trial = same;
            }
        }
    }
    let left = trial.left() as u64;
    Ok((trial.causes, left))
}

/// The inputs of the job, for rules that count them again.
#[derive(Clone)]
struct JobInputs<'i> {
    case: &'i Disagreement<'i>,
    job: &'i Job,
    windows: &'i Windows,
    evidence: &'i Evidence,
    /// How values are cleaned, by key.
    cleaning_rules: Vec<CleaningRule>,
    /// Values that are left out.
    left_out: BTreeSet<u32>,
}

impl JobInputs<'_> {
    /// The counts of raw key tuples as counts of values.
    fn counts<'r>(&self, raw: impl IntoIterator<Item = (&'r (i64, u32), &'r u64)>) -> CountsByWindow {
        let mut cells =
            self.evidence.counts(raw, &self.cleaning_rules, self.case.values, self.case.old_drops_other);
        cells.retain(|(_, value), _| !self.left_out.contains(value));
        cells
    }
}

/// The two answers, as far as causes have not made them equal yet.
#[derive(Clone)]
struct Trial {
    old: CountsByWindow,
    new: CountsByWindow,
    causes: Vec<Cause>,
    /// How often the old answer counts a file, for the files that the new answer counts another number of times.
    files: BTreeMap<String, u64>,
    /// Values that it leaves out.
    left_out: BTreeSet<u32>,
}

impl Trial {
    fn is_done(&self) -> bool {
        self.old == self.new
    }

    /// Windows that still differ.
    fn left(&self) -> usize {
        differing_starts(&self.old, &self.new).len()
    }

    /// Whether `predicted` changes some counts, and makes each of them equal.
    fn fits(&self, predicted: &CountsByWindow) -> bool {
        let mut touched = touched(&self.new, predicted).peekable();
        touched.peek().is_some() && touched.all(|cell| predicted.get(&cell) == self.old.get(&cell))
    }

    /// Takes `predicted` for the new counts, if it makes every count that it changes equal. `text` words the cause.
    fn explains(
        &mut self,
        kind: &'static str,
        predicted: Option<CountsByWindow>,
        text: impl FnOnce(&str) -> String,
    ) -> bool {
        let Some(predicted) = predicted.filter(|predicted| self.fits(predicted)) else { return false };
        *self = self.explained(kind, predicted, text);
        true
    }

    /// The trial with `predicted` for the new counts, whatever it changes.
    fn explained(
        &self,
        kind: &'static str,
        predicted: CountsByWindow,
        text: impl FnOnce(&str) -> String,
    ) -> Trial {
        let before = differing_starts(&self.old, &self.new);
        let after = differing_starts(&self.old, &predicted);
        let windows =
            touched(&self.new, &predicted).map(|(start, _)| start).filter(|start| before.contains(start));
        let windows = windows.collect::<BTreeSet<_>>().len() as u64;
        let found = match after.len() {
            0 => "all windows are equal".to_owned(),
            1 => "1 window still differs".to_owned(),
            left => format!("{} still differ", counted(left as u64, "window")),
        };
        let cause = Cause { kind, verified: true, text: text(&found), windows };
        let causes = self.causes.iter().cloned().chain([cause]).collect();
        Trial { new: predicted, causes, ..self.clone() }
    }
}

/// The cells in which two answers are not equal.
fn touched<'t>(a: &'t CountsByWindow, b: &'t CountsByWindow) -> impl Iterator<Item = (i64, u32)> + 't {
    a.keys().chain(b.keys()).filter(|cell| a.get(cell) != b.get(cell)).copied()
}

/// `cells` plus `more` minus `less`; `None`: a count is too small for that.
pub(super) fn changed(
    cells: &CountsByWindow,
    more: &CountsByWindow,
    less: &CountsByWindow,
) -> Option<CountsByWindow> {
    let mut cells = cells.clone();
    for (cell, n) in more {
        *cells.entry(*cell).or_default() += n;
    }
    for (cell, n) in less {
        let left = cells.get(cell).copied().unwrap_or_default().checked_sub(*n)?;
        if left == 0 {
            cells.remove(cell)
        } else {
            cells.insert(*cell, left)
        };
    }
    Some(cells)
}
