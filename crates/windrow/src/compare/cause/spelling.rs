//! Causes in the values: spelled otherwise, null, left out.

use std::collections::BTreeMap;

use super::evidence::NEITHER;
use super::{Case, Cause, Trial};
use crate::compare::answer::{Cells, Label};
use crate::compare::windows::differing_starts;
use crate::text::number::counted;

/// How programs write that there is no value.
const NULLS: [&str; 8] = ["", "null", "none", "nan", "\\n", "n/a", "na", "(null)"];

pub(super) fn try_all(case: &Case<'_>, trial: &mut Trial) {
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
    case: &Case<'_>,
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
    let mut shown: Vec<String> = Vec::new();
    for numbers in groups.values().filter(|numbers| numbers.len() > 1) {
        let of_group = |cells: &Cells, joined: bool| -> Cells {
            let mut sums = Cells::new();
            for ((start_us, value), n) in cells.iter().filter(|((_, value), _)| numbers.contains(value)) {
                *sums.entry((*start_us, if joined { numbers[0] } else { *value })).or_default() += n;
            }
            sums
        };
        let is_equal = |joined| of_group(&trial.old, joined) == of_group(&trial.new, joined);
        if is_equal(false) || !is_equal(true) {
            continue;
        }
        for cells in [&mut trial.old, &mut trial.new] {
            let sums = of_group(cells, true);
            cells.retain(|(_, value), _| !numbers.contains(value));
            cells.extend(sums);
        }
        shown.push(
            numbers
                .iter()
                .map(|number| format!("{:?}", case.values.name(*number)))
                .collect::<Vec<_>>()
                .join(" and "),
        );
    }
    if shown.is_empty() {
        return;
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
pub(super) fn without_column(case: &Case<'_>, trial: &mut Trial) {
    if !case.old_drops_other {
        return;
    }
    let is_other = |value: u32| case.values.labels.get(value as usize) == Some(&Label::Other);
    let mut predicted = trial.new.clone();
    predicted.retain(|(_, value), _| !is_other(*value));
    let events: u64 = trial.new.values().sum::<u64>() - predicted.values().sum::<u64>();
    let (old, events) = (case.names[0], counted(events, "event"));
    trial.settle("other", Some(predicted), |found| {
        format!("{old} leaves out the values that it has no column for ({events}); without them, {found}")
    });
}

/// Values that the old answer never counts.
pub(super) fn left_out(case: &Case<'_>, trial: &mut Trial) {
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
        let is_all = trial.new.keys().all(|(_, value)| missing.contains(value));
        if missing.is_empty() || is_all {
            continue;
        }
        let events: u64 = missing.iter().map(|number| new_totals[number]).sum();
        let name = |number: &u32| match *number {
            NEITHER => "that neither side shows".to_owned(),
            number => case.values.name(number),
        };
        let names: Vec<String> = missing.iter().take(5).map(name).collect();
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
        let is_so = trial.settle(kind, Some(predicted), |found| match (nulls, &names[..]) {
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
fn by<K: Ord>(cells: &Cells, part: impl Fn((i64, u32)) -> K) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for (cell, n) in cells {
        *sums.entry(part(*cell)).or_default() += n;
    }
    sums
}
