//! Causes: why two answers differ, where one changed rule gives exactly the counts of the old one.
//!
//! A rule is believed when every count that it changes becomes equal, and it changes some. What it explains is taken
//! away, and the next rule is tried on what is left.

mod evidence;
mod files;
mod inputs;
mod rows;
mod spelling;
mod zones;

use serde::Serialize;

use super::answer::Cells;
use super::values::Values;
use super::windows::differing_starts;
use crate::job::Job;
use crate::report::number::counted;
use crate::window::{Windows, Zone};

pub use evidence::{Behind, Evidence, FileEvidence, Place};

/// Why answers differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What kind of cause: `zone`, `case`, `null`, `other`, `rejects`, `boundary`, `twice`, `missing`, `late`,
    /// `refused`, `line_breaks`, `mean`, `no_window`.
    pub kind: &'static str,
    /// Whether counting by the changed rule gave the old counts.
    pub verified: bool,
    /// The cause, and how it was found, in words.
    pub text: String,
    /// Differing windows whose counts it explains.
    pub windows: u64,
}

/// What is known of two answers that differ.
pub struct Case<'c> {
    /// The names of the old one and the new one.
    pub names: [&'c str; 2],
    /// What both count.
    pub values: &'c Values,
    /// Whether the old one drops what is outside its values.
    pub old_drops_other: bool,
    /// Whether both have a row per value.
    pub both_long: bool,
    /// When the old one was written, in microseconds UTC.
    pub old_modified_us: Option<i64>,
    /// The zone whose clock the windows follow.
    pub zone: &'c Zone,
    /// The job behind the new one, its windows, and what its inputs hold.
    pub job: Option<(&'c Job, &'c Windows, &'c Evidence)>,
}

/// Finds the causes of the differences between `old` and `new`.
pub fn find(case: &Case<'_>, old: &Cells, new: &Cells) -> Vec<Cause> {
    let mut trial = Trial { old: old.clone(), new: new.clone(), causes: vec![] };
    spelling::try_all(case, &mut trial);
    zones::try_shifts(case, &mut trial);
    if let Some((job, windows, evidence)) = case.job {
        let input = Input { case, job, windows, evidence };
        zones::try_recounts(&input, &mut trial);
        files::try_all(&input, &mut trial);
        rows::try_all(&input, &mut trial);
    }
    trial.causes
}

/// The inputs of the job, for rules that count them again.
struct Input<'i> {
    case: &'i Case<'i>,
    job: &'i Job,
    windows: &'i Windows,
    evidence: &'i Evidence,
}

impl Input<'_> {
    /// The counts of raw key tuples as counts of values.
    fn counts<'r>(&self, raw: impl IntoIterator<Item = (&'r (i64, u32), &'r u64)>) -> Cells {
        let cleaning = &self.job.cleaning;
        self.evidence.counts(raw, cleaning, self.case.values, self.case.old_drops_other)
    }
}

/// The two answers, as far as causes have not made them equal yet.
struct Trial {
    old: Cells,
    new: Cells,
    causes: Vec<Cause>,
}

impl Trial {
    fn is_done(&self) -> bool {
        self.old == self.new
    }

    /// Takes `predicted` for the new counts, if all that it changes is equal then; `text` is given what was found.
    fn settle(
        &mut self,
        kind: &'static str,
        predicted: Option<Cells>,
        text: impl FnOnce(&str) -> String,
    ) -> bool {
        let Some(predicted) = predicted else { return false };
        let changed = |a: &Cells, b: &Cells| {
            a.keys().chain(b.keys()).filter(|cell| a.get(cell) != b.get(cell)).copied().collect::<Vec<_>>()
        };
        let touched = changed(&self.new, &predicted);
        if touched.is_empty() || touched.iter().any(|cell| predicted.get(cell) != self.old.get(cell)) {
            return false;
        }
        let before = differing_starts(&self.old, &self.new);
        let after = differing_starts(&self.old, &predicted);
        let windows = touched.iter().map(|(start, _)| *start).filter(|start| before.contains(start));
        let windows = windows.collect::<std::collections::BTreeSet<_>>().len() as u64;
        let found = match after.len() {
            0 => "all windows are equal".to_owned(),
            1 => "1 window still differs".to_owned(),
            left => format!("{} still differ", counted(left as u64, "window")),
        };
        self.causes.push(Cause { kind, verified: true, text: text(&found), windows });
        self.new = predicted;
        true
    }
}

/// `cells` with some more counts and some less; none: there are not as many.
pub(super) fn changed(cells: &Cells, more: &Cells, less: &Cells) -> Option<Cells> {
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
