//! Causes in the inputs: files that are counted on one side only, or twice.

use std::collections::BTreeSet;

use super::evidence::FileEvidence;
use super::{JobInputs, Trial, changed};
use crate::compare::answer::CountsByWindow;
use crate::text::number::counted;

/// The most names of files in a cause.
const NAMES_MAX: usize = 3;

pub(super) fn try_all(input: &JobInputs<'_>, trial: &mut Trial) {
    let none = CountsByWindow::new();
    let [old, new] = input.case.names;
    let files: Vec<(&FileEvidence, CountsByWindow)> = input
        .evidence
        .files
        .iter()
        .map(|file| (file, input.counts(&file.cells)))
        .filter(|(_, cells)| !cells.is_empty())
        .collect();
    for (file, cells) in files.iter().filter(|(file, _)| !file.accepted) {
        let predicted = changed(&trial.new, cells, &none);
        let is_so = trial.explains("refused", predicted, |found| {
            format!("{old} counts {}, which {new} does not count; with it, {found}", file.name)
        });
        if is_so {
            trial.files.insert(file.name.clone(), 1);
        }
    }
    let accepted: Vec<&(&FileEvidence, CountsByWindow)> =
        files.iter().filter(|(file, _)| file.accepted).collect();
    let is_newer = |file: &FileEvidence| {
        input.case.old_modified_us.is_some_and(|us| file.modified_us.is_some_and(|own| own > us))
    };

    let fits =
        |(_, cells): &(&FileEvidence, CountsByWindow), more: &CountsByWindow, less: &CountsByWindow| {
            let get = |of: &CountsByWindow, cell| of.get(cell).copied().unwrap_or_default();
            cells.iter().all(|(cell, n)| get(more, cell) >= get(less, cell).saturating_add(*n))
        };
    let missing: Vec<_> =
        accepted.iter().copied().filter(|file| fits(file, &trial.new, &trial.old)).collect();
    let late: Vec<_> = missing.iter().copied().filter(|(file, _)| is_newer(file)).collect();
    let newer_all: Vec<_> = accepted.iter().copied().filter(|(file, _)| is_newer(file)).collect();
    let explained = |group: &[&(&FileEvidence, CountsByWindow)], trial: &mut Trial| {
        let predicted = changed(&trial.new, &none, &sum(group));
        let is_late = group.iter().all(|(file, _)| is_newer(file));
        let (kind, because) =
            if is_late { ("late", format!(", newer than {old}")) } else { ("missing", String::new()) };
        let is_so = trial.explains(kind, predicted, |found| {
            format!("{} not in {old}{because}; without, {found}", are(group))
        });
        is_so && group.iter().all(|(file, _)| trial.files.insert(file.name.clone(), 0).is_none())
    };
    let mut done = false;
    for group in [&late, &newer_all] {
        // If all files are newer, only their copies are.
        done = done || (!group.is_empty() && group.len() < accepted.len() && explained(group, trial));
    }
    if !done {
        any_group(&missing, accepted.len(), |group| explained(group, trial));
    }
    let twice: Vec<_> = accepted.iter().copied().filter(|file| fits(file, &trial.old, &trial.new)).collect();
    let doubled = |group: &[&(&FileEvidence, CountsByWindow)], trial: &mut Trial| {
        let predicted = changed(&trial.new, &sum(group), &none);
        let is_so = trial.explains("twice", predicted, |found| {
            format!("{} counted twice in {old}; so counted, {found}", are(group))
        });
        is_so && group.iter().all(|(file, _)| trial.files.insert(file.name.clone(), 2).is_none())
    };
    any_group(&twice, usize::MAX, |group| doubled(group, trial));
}

/// Tries all `files` together, if they are fewer than `all`, then each of them, and all but one: a file may be so small that
/// it could be missing as well.
fn any_group<'f, F>(files: &[&'f F], all: usize, mut is_so: impl FnMut(&[&'f F]) -> bool) {
    if files.len() > 1 && files.len() < all && is_so(files) {
        return;
    }
    let mut left = all;
    for file in files {
        left -= usize::from(left > 1 && is_so(&[*file]));
    }
    if left < all || files.len() < 3 {
        return;
    }
    for but in 0..files.len() {
        let (before, after) = (&files[..but], &files[but + 1..]);
        if is_so(&[before, after].concat()) {
            return;
        }
    }
}

fn sum(group: &[&(&FileEvidence, CountsByWindow)]) -> CountsByWindow {
    let mut sum = CountsByWindow::new();
    for (cell, n) in group.iter().flat_map(|(_, cells)| cells) {
        *sum.entry(*cell).or_default() += n;
    }
    sum
}

fn are(group: &[&(&FileEvidence, CountsByWindow)]) -> String {
    let names: BTreeSet<&str> = group.iter().map(|(file, _)| file.name.as_str()).collect();
    let shown: Vec<&str> = names.iter().copied().take(NAMES_MAX).collect();
    match names.len() {
        1 => format!("{} is", shown[0]),
        n if n <= NAMES_MAX => format!("{} are", shown.join(", ")),
        n => format!("{}, … ({}) are", shown.join(", "), counted(n as u64, "file")),
    }
}
