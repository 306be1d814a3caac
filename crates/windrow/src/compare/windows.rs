//! Windows: two sets of counts, compared window by window. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::CountsByWindow;

/// How much two means may differ, relative to the greater one: they were added up in another order.
const MEAN_TOLERANCE: f64 = 1e-9;

/// A window whose counts or means are not equal.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowDifference {
    /// The start of the window, in microseconds UTC.
    pub start_us: i64,
    /// Values whose counts differ: number, count of A, count of B.
    pub counts: Vec<(u32, u64, u64)>,
    /// The means of A and B, where they differ.
    pub means: Option<(f64, f64)>,
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowDifferences {
    /// Windows that hold events on either side.
    pub windows: u64,
    /// Events of A and of B, once per window that holds them.
    pub events: [u64; 2],
    /// Values that either side counts.
    pub values: BTreeSet<u32>,
    /// How many windows differ.
    pub differing: u64,
    /// The first windows that differ.
    pub first: Vec<WindowDifference>,
}

/// The counts and the mean of one side in one window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideWindow {
    /// Its counts that are not zero, by the numbers of their labels.
    pub counts: BTreeMap<u32, u64>,
    /// Its mean.
    pub mean: Option<f64>,
}

impl WindowDifferences {
    /// Compares the next window; the first `limit` differences are kept.
    pub fn compare(&mut self, start_us: i64, sides: [&SideWindow; 2], limit: usize) {
        let [a, b] = sides;
        self.windows += u64::from(!a.counts.is_empty() || !b.counts.is_empty());
        for (events, side) in self.events.iter_mut().zip(sides) {
            *events += side.counts.values().sum::<u64>();
            self.values.extend(side.counts.keys());
        }
        let count = |side: &SideWindow, value: u32| side.counts.get(&value).copied().unwrap_or_default();
        let values: BTreeSet<u32> = a.counts.keys().chain(b.counts.keys()).copied().collect();
        let counts = values.into_iter().map(|value| (value, count(a, value), count(b, value)));
        let counts: Vec<_> = counts.filter(|(_, a, b)| a != b).collect();
        let means = a.mean.zip(b.mean);
        let means = means.filter(|(a, b)| (a - b).abs() > MEAN_TOLERANCE * a.abs().max(b.abs()));
        if counts.is_empty() && means.is_none() {
            return;
        }
        self.differing += 1;
        if self.first.len() < limit {
            self.first.push(WindowDifference { start_us, counts, means });
        }
    }
}

/// Compares two sides. A window that one side lacks has no events there. The first `limit` differences are kept.
pub fn compare(
    cells: [&CountsByWindow; 2],
    means: [&BTreeMap<i64, f64>; 2],
    limit: usize,
) -> WindowDifferences {
    let mut found = WindowDifferences::default();
    let mut starts: BTreeSet<i64> =
        cells.iter().flat_map(|cells| cells.keys()).map(|(start, _)| *start).collect();
    starts.extend(means[0].keys().filter(|start| means[1].contains_key(start)));
    for start_us in starts {
        let [a, b] = [0, 1].map(|side| side_of(cells[side], means[side], start_us));
        found.compare(start_us, [&a, &b], limit);
    }
    found
}

/// The counts and the mean of a side that is held, in one window.
pub(super) fn side_of(cells: &CountsByWindow, means: &BTreeMap<i64, f64>, start_us: i64) -> SideWindow {
    let counts = cells.range((start_us, 0)..=(start_us, u32::MAX)).map(|((_, value), n)| (*value, *n));
    SideWindow { counts: counts.collect(), mean: means.get(&start_us).copied() }
}

/// The windows that differ in their counts.
pub fn differing_starts(a: &CountsByWindow, b: &CountsByWindow) -> BTreeSet<i64> {
    let one_way = |from: &CountsByWindow, to: &CountsByWindow| {
        let changed = from.iter().filter(|(cell, n)| to.get(cell) != Some(n)).map(|((start, _), _)| *start);
        changed.collect::<Vec<_>>()
    };
    one_way(a, b).into_iter().chain(one_way(b, a)).collect()
}
