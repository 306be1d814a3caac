//! Causes in the rows: other cleaning, rejects that were kept, windows that hold their end.

use super::{Input, Trial, changed};
use crate::compare::answer::Cells;
use crate::event::{Case, Cleaning};
use crate::reject::Reason;
use crate::report::number::counted;

pub(super) fn try_all(input: &Input<'_>, trial: &mut Trial) {
    kept_rejects(input, trial);
    boundary(input, trial);
    line_breaks(input, trial);
    cleaning(input, trial);
}

/// Rows that are rejects here and counted there: cut, filled up, or read more kindly.
fn kept_rejects(input: &Input<'_>, trial: &mut Trial) {
    let none = Cells::new();
    let [old, new] = input.case.names;
    let rejects = &input.evidence.rejects;
    let all: Vec<Reason> = rejects.keys().copied().collect();
    let each = all.iter().map(|reason| vec![*reason]);
    let choices: Vec<Vec<Reason>> = [all.clone()].into_iter().chain(each).collect();
    for reasons in choices {
        let raw = reasons.iter().filter_map(|reason| rejects.get(reason)).flatten();
        let counts = input.counts(raw);
        let rows: u64 = counts.values().sum();
        let names: Vec<&str> = reasons.iter().map(|reason| reason.name()).collect();
        let predicted = changed(&trial.new, &counts, &none);
        trial.settle("rejects", predicted, |found| {
            format!(
                "{old} counts {} that {new} rejects ({}); with them, {found}",
                counted(rows, "row"),
                names.join(", ")
            )
        });
        if trial.is_done() {
            return;
        }
    }
}

/// Events on the edge of two windows.
fn boundary(input: &Input<'_>, trial: &mut Trial) {
    let [old, _] = input.case.names;
    let none = Cells::new();
    let (ending, starting) = (input.counts(&input.evidence.at_end), input.counts(&input.evidence.at_start));
    let both = changed(&trial.new, &ending, &none);
    let moved = changed(&trial.new, &ending, &starting);
    let _ = trial.settle("boundary", moved, |found| {
        format!("the windows of {old} hold their end and not their start; so counted, {found}")
    }) || trial.settle("boundary", both, |found| {
        format!("the windows of {old} hold their start and their end: events on the edge count twice; so counted, {found}")
    });
}

/// Records with a line break in quotes, which other readers take for two.
fn line_breaks(input: &Input<'_>, trial: &mut Trial) {
    let [old, _] = input.case.names;
    let counts = input.counts(&input.evidence.broken);
    let rows: u64 = counts.values().sum();
    let predicted = changed(&trial.new, &Cells::new(), &counts);
    trial.settle("line_breaks", predicted, |found| {
        let rows = counted(rows, "row");
        format!("{old} leaves out {rows} with a line break in quotes; without, {found}")
    });
}

/// Keys cleaned by another rule.
fn cleaning(input: &Input<'_>, trial: &mut Trial) {
    if trial.is_done() {
        return;
    }
    let [old, _] = input.case.names;
    let evidence = input.evidence;
    let (values, drops) = (input.case.values, input.case.old_drops_other);
    let own = input.counts(&evidence.cells);
    for case in [Case::Keep, Case::Title, Case::Lower, Case::Upper] {
        for trim in [true, false] {
            let rule = Cleaning { trim, case };
            if input.job.cleaning.iter().all(|cleaning| *cleaning == rule) {
                continue;
            }
            let rules = vec![rule; input.job.cleaning.len()];
            let counts = evidence.counts(&evidence.cells, &rules, values, drops);
            let name = match case {
                Case::Keep => "keeps the case of values",
                Case::Title => "brings values to title case",
                Case::Lower => "brings values to lower case",
                Case::Upper => "brings values to upper case",
            };
            let trims = match (trim, input.job.cleaning.iter().all(|cleaning| cleaning.trim)) {
                (false, true) => " and does not trim them",
                (true, false) => " and trims them",
                _ => "",
            };
            let predicted = changed(&trial.new, &counts, &own);
            if trial.settle("case", predicted, |found| {
                format!("{old} {name}{trims}; the inputs counted so, {found}")
            }) {
                return;
            }
        }
    }
}
