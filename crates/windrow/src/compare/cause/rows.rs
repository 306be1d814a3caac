//! Causes in the rows: other cleaning, rejects that were kept, windows that hold their end.

use std::collections::BTreeSet;

use super::cleaning_rule::{CleaningRule, Trim};
use super::fits::{Fit, Fits, Words};
use super::{JobInputs, Trial, changed};
use crate::compare::answer::CountsByWindow;
use crate::compare::windows::differing_starts;
use crate::event::{Cleaning, LetterCase};
use crate::reject::Reason;
use crate::text::number::counted;

pub(super) fn try_all(input: &JobInputs<'_>, trial: &mut Trial) {
    kept_rejects(input, trial);
    boundary(input, trial);
    line_breaks(input, trial);
    cleaning(input, trial);
}

/// Rows that are rejects here and counted there: cut, filled up, or read by more lenient rules.
fn kept_rejects(input: &JobInputs<'_>, trial: &mut Trial) {
    let none = CountsByWindow::new();
    let [old, new] = input.case.names;
    let counts = |(reason, raw)| (reason, input.counts(raw));
    let rejects: Vec<(&Reason, CountsByWindow)> =
        input.evidence.rejects.iter().map(counts).filter(|(_, counts)| !counts.is_empty()).collect();
    let alone = rejects.iter().map(std::slice::from_ref);
    for some in [&rejects[..]].into_iter().chain(alone) {
        let mut counts = CountsByWindow::new();
        for (cell, n) in some.iter().flat_map(|(_, counts)| counts) {
            *counts.entry(*cell).or_default() += n;
        }
        let rows = counted(counts.values().sum(), "row");
        let names: Vec<&str> = some.iter().map(|(reason, _)| reason.name()).collect();
        let predicted = changed(&trial.new, &counts, &none);
        trial.explains("rejects", predicted, |found| {
            format!("{old} counts {rows} that {new} rejects ({}); with them, {found}", names.join(", "))
        });
        if trial.is_done() {
            return;
        }
    }
}

/// Events on the edge of two windows.
fn boundary(input: &JobInputs<'_>, trial: &mut Trial) {
    let [old, _] = input.case.names;
    let none = CountsByWindow::new();
    let (ending, starting) = (input.counts(&input.evidence.at_end), input.counts(&input.evidence.at_start));
    let both = changed(&trial.new, &ending, &none);
    let moved = changed(&trial.new, &ending, &starting);
    let _ = trial.explains("boundary", moved, |found| {
        format!("the windows of {old} hold their end and not their start; so counted, {found}")
    }) || trial.explains("boundary", both, |found| {
        format!("the windows of {old} hold their start and their end: events on the edge count twice; so counted, {found}")
    });
}

/// Records with a line break in quotes, which other readers take for two.
fn line_breaks(input: &JobInputs<'_>, trial: &mut Trial) {
    let [old, _] = input.case.names;
    let counts = input.counts(&input.evidence.broken);
    let rows: u64 = counts.values().sum();
    let predicted = changed(&trial.new, &CountsByWindow::new(), &counts);
    trial.explains("line_breaks", predicted, |found| {
        let rows = counted(rows, "row");
        format!("{old} leaves out {rows} with a line break in quotes; without, {found}")
    });
}

/// Keys cleaned by another rule: the one that makes the most equal.
fn cleaning(input: &JobInputs<'_>, trial: &mut Trial) {
    if trial.is_done() {
        return;
    }
    let evidence = input.evidence;
    let (values, drops) = (input.case.values, input.case.old_drops_other);
    let own = input.counts(&evidence.cells);
    // Where values look alike in several cases, that of the job is not in doubt.
    let own_case = input.cleaning_rules.first().map_or(LetterCase::Keep, |cleaning_rule| cleaning_rule.case);
    let mut cases = [LetterCase::Keep, LetterCase::Title, LetterCase::Lower, LetterCase::Upper];
    cases.sort_by_key(|case| *case != own_case);
    let trims = [Trim::White, Trim::Spaces, Trim::Nothing];
    let rule = |case, trim| CleaningRule { trim, ..CleaningRule::of(&Cleaning { trim: true, case }) };
    let rules = cases.into_iter().flat_map(|case| trims.map(|trim| rule(case, trim)));
    let other = rules.filter(|rule| input.cleaning_rules.iter().any(|cleaning_rule| cleaning_rule != rule));
    let in_both: BTreeSet<u32> =
        values_in(&trial.old).intersection(&values_in(&trial.new)).copied().collect();
    let predict = |rule: CleaningRule| {
        let rules = vec![rule; input.cleaning_rules.len()];
        let counts = evidence.counts(&evidence.cells, &rules, values, drops);
        let predicted = changed(&trial.new, &counts, &own)?;
        let left = differing_starts(&trial.old, &predicted).len();
        // A rule that takes all of a value away is not that by which the old answer counts it.
        let left_over = values_in(&predicted);
        let known = in_both.iter().all(|value| left_over.contains(value));
        known.then_some((left, rule, predicted))
    };
    let mut tries: Vec<(usize, CleaningRule, CountsByWindow)> = other.filter_map(predict).collect();
    tries.sort_by_key(|(left, ..)| *left);
    tries.retain(|(_, _, predicted)| trial.fits(predicted));
    let least = tries.first().map(|(left, ..)| *left);
    let mut fits = Fits::default();
    for (_, rule, predicted) in tries.into_iter().take_while(|(left, ..)| Some(*left) == least) {
        let words = Words::new(rule, input.cleaning_rules.first().copied(), input.case.old_is_wide);
        let text = |found: &str| format!("{}; the inputs counted so, {found}", input.case.names[0]);
        let claims = words.claims();
        let at = Some(trial.causes.len());
        fits.push(Fit { trial: trial.explained("case", predicted, text), at, words, claims });
    }
    if let Some(best) = fits.told(trial.causes.len()) {
        *trial = best;
    }
}

/// The values that are counted.
fn values_in(cells: &CountsByWindow) -> BTreeSet<u32> {
    cells.keys().map(|(_, value)| *value).collect()
}
