//! Windows: two sets of counts, compared window by window. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Cells;

/// How much two means may differ, of the greater one: they were added up in another order.
const MEAN_TOLERANCE: f64 = 1e-9;

/// A window whose counts or means are not equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The start of the window, in microseconds UTC.
    pub start_us: i64,
    /// Values whose counts differ: number, count of A, count of B.
    pub counts: Vec<(u32, u64, u64)>,
    /// The means of A and B, where they differ.
    pub means: Option<(f64, f64)>,
}

/// What comparing found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Windows that hold events on either side.
    pub windows: u64,
    /// Events of A and of B, once per window that holds them.
    pub events: [u64; 2],
    /// Values that either side counts.
    pub values: BTreeSet<u32>,
    /// All windows that differ, by their starts.
    pub differing: BTreeSet<i64>,
    /// The first of them.
    pub first: Vec<Difference>,
}

/// Compares; a window that one side does not have is one without events. The first `limit` differences are kept.
pub fn compare(cells: [&Cells; 2], means: [&BTreeMap<i64, f64>; 2], limit: usize) -> Found {
    let mut found = Found::default();
    let mut starts: BTreeSet<i64> = BTreeSet::new();
    for (side, cells) in cells.iter().enumerate() {
        for ((start_us, value), n) in cells.iter() {
            starts.insert(*start_us);
            found.values.insert(*value);
            found.events[side] += n;
        }
    }
    found.windows = starts.len() as u64;
    starts.extend(means[0].keys().filter(|start| means[1].contains_key(start)));
    for start_us in starts {
        let counts = differing_counts(cells, start_us);
        let means = means[0].get(&start_us).copied().zip(means[1].get(&start_us).copied());
        let means = means.filter(|(a, b)| (a - b).abs() > MEAN_TOLERANCE * a.abs().max(b.abs()));
        if counts.is_empty() && means.is_none() {
            continue;
        }
        found.differing.insert(start_us);
        if found.first.len() < limit {
            found.first.push(Difference { start_us, counts, means });
        }
    }
    found
}

/// The values of one window whose counts differ: number, count of A, count of B.
pub fn differing_counts(cells: [&Cells; 2], start_us: i64) -> Vec<(u32, u64, u64)> {
    let mut counts: BTreeMap<u32, [u64; 2]> = BTreeMap::new();
    for (side, cells) in cells.iter().enumerate() {
        for ((_, value), n) in cells.range((start_us, 0)..=(start_us, u32::MAX)) {
            counts.entry(*value).or_default()[side] = *n;
        }
    }
    counts.into_iter().filter(|(_, [a, b])| a != b).map(|(value, [a, b])| (value, a, b)).collect()
}

/// The windows that differ in their counts.
pub fn differing_starts(a: &Cells, b: &Cells) -> BTreeSet<i64> {
    let one_way = |from: &Cells, to: &Cells| {
        let changed = from.iter().filter(|(cell, n)| to.get(cell) != Some(n)).map(|((start, _), _)| *start);
        changed.collect::<Vec<_>>()
    };
    one_way(a, b).into_iter().chain(one_way(b, a)).collect()
}
