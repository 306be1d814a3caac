//! Causes in the values: spelled otherwise, null, left out.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::NEITHER;
use super::{Cause, Disagreement, Trial, touched};
use crate::compare::answer::{CountsByWindow, Label};
use crate::compare::windows::differing_starts;
use crate::text::number::counted;

/// How programs write that there is no value.
const NULLS: [&str; 8] = ["", "null", "none", "nan", "\\n", "n/a", "na", "(null)"];

/// Groups of values that are named.
const GROUPS_MAX: usize = 20;

/// Values that are named where they are left out.
const NAMES_MAX: usize = 5;

pub(super) fn try_all(case: &Disagreement<'_>, trial: &mut Trial) {
    if case.both_long {
        fold(case, trial, "case", &|value| value.map(|value| value.trim_ascii().to_lowercase()));
        fold(case, trial, "null", &no_value);
    }
    without_column(case, trial);
    left_out(case, trial);
}

fn no_value(value: Option<&str>) -> Option<String> {
    value.filter(|value| !NULLS.contains(&value.trim().to_lowercase().as_str())).map(str::to_owned)
}

/// Adds up values that fold to one, where that makes them equal.
fn fold(
    case: &Disagreement<'_>,
    trial: &mut Trial,
    kind: &'static str,
    folded: &dyn Fn(Option<&str>) -> Option<String>,
) {
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<u32>> = BTreeMap::new();
    for (number, label) in case.values.labels.iter().enumerate() {
        if let Label::Values(values) = label {
            let key = values.iter().map(|value| folded(value.as_deref())).collect();
            groups.entry(key).or_default().push(number as u32);
        }
    }
    let before = differing_starts(&trial.old, &trial.new);
    let some = groups.values().filter(|numbers| numbers.len() > 1);
    let first_of: BTreeMap<u32, u32> =
        some.flat_map(|numbers| numbers.iter().map(|number| (*number, numbers[0]))).collect();
    // How much more the old answer counts of a group, by window.
    let mut more: BTreeMap<(u32, i64), i128> = BTreeMap::new();
    for (cells, sign) in [(&trial.old, 1), (&trial.new, -1)] {
        for ((start_us, value), n) in cells {
            if let Some(first) = first_of.get(value) {
                *more.entry((*first, *start_us)).or_default() += sign * i128::from(*n);
            }
        }
    }
    let groups_of = |(_, value): (i64, u32)| first_of.get(&value).copied();
    let differing: BTreeSet<u32> = touched(&trial.old, &trial.new).filter_map(groups_of).collect();
    let unequal: BTreeSet<u32> =
        more.iter().filter(|(_, more)| **more != 0).map(|((first, _), _)| *first).collect();
    let folded: BTreeSet<u32> = differing.difference(&unequal).copied().collect();
    if folded.is_empty() {
        return;
    }
    for cells in [&mut trial.old, &mut trial.new] {
        for ((start_us, value), n) in std::mem::take(cells) {
            let first = first_of.get(&value).filter(|first| folded.contains(first));
            *cells.entry((start_us, *first.unwrap_or(&value))).or_default() += n;
        }
    }
    let names = |numbers: &Vec<u32>| {
        let names = numbers.iter().map(|number| format!("{:?}", case.values.name(*number)));
        names.collect::<Vec<_>>().join(" and ")
    };
    let told = groups.values().filter(|numbers| folded.contains(&numbers[0]));
    let mut shown: Vec<String> = told.take(GROUPS_MAX).map(names).collect();
    if folded.len() > GROUPS_MAX {
        shown.push(format!("{} more", folded.len() - GROUPS_MAX));
    }
    let what = if kind == "null" {
        "as a value or as none"
    } else {
        "only in case or in the white space around them"
    };
    let left = differing_starts(&trial.old, &trial.new).len();
    let text = format!(
        "values are written {what}: {}; added up, their counts are equal in all windows",
        shown.join("; ")
    );
    let windows = (before.len() - left.min(before.len())) as u64;
    trial.causes.push(Cause { kind, verified: true, text, windows });
}

/// Values that the old answer has no column for.
pub(super) fn without_column(case: &Disagreement<'_>, trial: &mut Trial) {
    if !case.old_drops_other {
        return;
    }
    let is_other = |value: u32| case.values.labels.get(value as usize) == Some(&Label::Other);
    let mut predicted = trial.new.clone();
    predicted.retain(|(_, value), _| !is_other(*value));
    let events: u64 = trial.new.values().sum::<u64>() - predicted.values().sum::<u64>();
    let (old, events) = (case.names[0], counted(events, "event"));
    trial.explains("other", Some(predicted), |found| {
        format!("{old} leaves out the values that it has no column for ({events}); without them, {found}")
    });
}

/// Values that the old answer never counts.
pub(super) fn left_out(case: &Disagreement<'_>, trial: &mut Trial) {
    let is_null = |number: u32| match case.values.labels.get(number as usize) {
        Some(Label::Values(values)) => values.len() == 1 && values[0].is_none(),
        _ => false,
    };
    let [old, _] = case.names;
    for (kind, nulls) in [("null", true), ("other", false)] {
        let (old_totals, new_totals) =
            (by(&trial.old, |(_, value)| value), by(&trial.new, |(_, value)| value));
        let is_missing = |number: &u32| is_null(*number) == nulls && !old_totals.contains_key(number);
        let missing: Vec<u32> = new_totals.keys().copied().filter(is_missing).collect();
        // An answer that has none of the values is of something else.
        let is_all = trial.new.keys().all(|(_, value)| missing.binary_search(value).is_ok());
        if missing.is_empty() || is_all {
            continue;
        }
        let events: u64 = missing.iter().map(|number| new_totals[number]).sum();
        let name = |number: &u32| match *number {
            NEITHER => "that neither side shows".to_owned(),
            number => case.values.name(number),
        };
        let mut names: Vec<String> = missing.iter().take(NAMES_MAX).map(name).collect();
        if missing.len() > NAMES_MAX {
            names.push(format!("{} more", missing.len() - NAMES_MAX));
        }
        let mut predicted = trial.new.clone();
        predicted.retain(|(_, value), _| missing.binary_search(value).is_err());
        // Where the old answer counts more than is left, it may count them as something else.
        let left = by(&predicted, |(start_us, _)| start_us);
        let old_windows = by(&trial.old, |(start_us, _)| start_us);
        let is_more = |(start_us, value): &(i64, u32)| {
            missing.binary_search(value).is_ok() && old_windows.get(start_us) > left.get(start_us)
        };
        if trial.new.keys().any(is_more) {
            continue;
        }
        let events = counted(events, "event");
        let is_so = trial.explains(kind, Some(predicted), |found| match (nulls, &names[..]) {
            (true, _) => {
                format!("{old} leaves out the events without a value ({events}); without them, {found}")
            }
            _ => {
                format!("{old} leaves out the values {} ({events}); without them, {found}", names.join(", "))
            }
        });
        if is_so {
            trial.left_out.extend(missing);
        }
    }
}

/// The sums of all counts by a part of their place.
pub(super) fn by<K: Ord>(cells: &CountsByWindow, part: impl Fn((i64, u32)) -> K) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for (cell, n) in cells {
        *sums.entry(part(*cell)).or_default() += n;
    }
    sums
}
