//! The walk over the windows that hold events: one scratch row, whatever the number of windows and keys.

use std::ops::Range;
use std::sync::Arc;

use super::keys::CleanKeys;
use crate::counts::{Counts, KeyId, Slot};
use crate::error::Result;
use crate::event::Cleaning;
use crate::pane::Pane;
use crate::window::{Window, Windows};

/// Counts made ready for reports: keys cleaned, panes in order of time.
#[derive(Debug)]
pub struct CleanCounts {
    counts: Arc<Counts>,
    keys: CleanKeys,
    panes: Vec<(Pane, Slot)>,
    events: u64,
}

impl CleanCounts {
    /// Cleans the keys of `counts`, one rule per column.
    pub fn new(counts: impl Into<Arc<Counts>>, cleaning: &[Cleaning]) -> Result<Self> {
        let counts = counts.into();
        let panes = counts.panes_in_order();
        let mut events = 0;
        let mut occur = vec![0; counts.keys.len()];
        for (_, slot) in &panes {
            match counts.dense_row(*slot) {
                Some(row) => {
                    occur.iter_mut().zip(row).for_each(|(bits, n)| *bits |= n);
                    events += sum(row);
                }
                None => counts.row(*slot, |key, n| {
                    occur[key as usize] = 1;
                    events += n;
                }),
            }
        }
        let occur: Vec<bool> = occur.into_iter().map(|bits| bits != 0).collect();
        let keys = CleanKeys::new(&counts.keys, &occur, cleaning)?;
        Ok(CleanCounts { counts, keys, panes, events })
    }

    /// The clean keys.
    pub fn keys(&self) -> &CleanKeys {
        &self.keys
    }

    /// All events.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The panes that start in `span_us`.
    pub(super) fn panes_in(&self, span_us: &Range<i64>) -> &[(Pane, Slot)] {
        let from = self.panes.partition_point(|(pane, _)| pane.start_us < span_us.start);
        let to = self.panes.partition_point(|(pane, _)| pane.start_us < span_us.end);
        &self.panes[from..to.max(from)]
    }

    /// Events per key in the panes that start in `span_us`.
    pub(super) fn events_by_key(&self, span_us: &Range<i64>) -> Vec<u64> {
        let mut events = vec![0; self.keys.len()];
        for (_, slot) in self.panes_in(span_us) {
            self.counts.row(*slot, |raw, n| events[self.keys.of_raw(raw) as usize] += n);
        }
        events
    }

    /// The starts and the events of the panes that start in `span_us`, in order of time.
    pub(super) fn events_by_pane(&self, span_us: &Range<i64>) -> impl Iterator<Item = (i64, u64)> {
        self.panes_in(span_us).iter().map(|(pane, slot)| {
            let mut events = 0;
            match self.counts.dense_row(*slot) {
                Some(row) => events = sum(row),
                None => self.counts.row(*slot, |_, n| events += n),
            }
            (pane.start_us, events)
        })
    }

    /// Calls `each` with the count of every key in every window that holds events and starts in `starts_us`, in order
    /// of time, then of keys.
    pub fn each_count(
        &self,
        windows: &Windows,
        starts_us: &Range<i64>,
        mut each: impl FnMut(Window, KeyId, u64) -> Result<()>,
    ) -> Result<()> {
        self.each_window(windows, starts_us, |window, row| {
            row.iter().try_for_each(|(key, n)| each(window, key, n))
        })
    }

    fn add_pane(&self, slot: Slot, row: &mut Row) {
        match self.counts.dense_row(slot) {
            Some(cells) => row.add_all(self.keys.of_all_raw(), cells),
            None => self.counts.row(slot, |raw, n| row.add(self.keys.of_raw(raw), n)),
        }
    }

    /// Calls `each` with every window that holds events and starts in `starts_us`, in order of time.
    /// Each pane enters the row once and leaves it once, however many windows overlap.
    pub(super) fn each_window(
        &self,
        windows: &Windows,
        starts_us: &Range<i64>,
        mut each: impl FnMut(Window, &Row) -> Result<()>,
    ) -> Result<()> {
        let panes = self.panes_in(&(starts_us.start..i64::MAX));
        let mut row =
            Row { counts: vec![0; self.keys.len()], keys: Vec::new(), total: 0, is_well_filled: false };
        let mut held = 0..0;
        let mut start_us = starts_us.start;
        while held.start < panes.len() {
            if held.is_empty() {
                start_us = start_us.max(first_start_us(windows, panes[held.end].0.start_us));
            }
            if start_us >= starts_us.end {
                break;
            }
            let window = windows.window_starting(start_us);
            while held.end < panes.len() && panes[held.end].0.start_us < window.end_us {
                self.add_pane(panes[held.end].1, &mut row);
                held.end += 1;
            }
            row.put_in_order();
            if row.total > 0 {
                each(window, &row)?;
            }
            start_us = windows.next(start_us);
            let gone = panes[held.clone()].partition_point(|(pane, _)| pane.start_us < start_us);
            if gone == held.len() {
                row.clear();
            } else {
                for (_, slot) in &panes[held.start..held.start + gone] {
                    self.counts.row(*slot, |raw, n| row.subtract(self.keys.of_raw(raw), n));
                }
                row.forget_zeros();
            }
            held.start += gone;
        }
        Ok(())
    }
}

/// The start of the first window that holds an instant.
fn first_start_us(windows: &Windows, us: i64) -> i64 {
    windows.each_window_of(us).next().map_or(us, |window| window.start_us)
}

/// All events of a row.
fn sum(row: &[u32]) -> u64 {
    row.iter().map(|n| u64::from(*n)).sum()
}

/// A row with one count in this many places is well filled.
const WELL_FILLED: usize = 16;

/// The counts of one window per clean key.
#[derive(Debug)]
pub(super) struct Row {
    counts: Vec<u64>,
    /// The keys whose count is not zero, sorted.
    keys: Vec<KeyId>,
    total: u64,
    /// Whether counts may have been added without their keys.
    is_well_filled: bool,
}

impl Row {
    /// The count of `key`.
    #[inline]
    pub(super) fn count(&self, key: KeyId) -> u64 {
        self.counts[key as usize]
    }

    /// All events of the window.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The keys that have a count, in their order, and the counts.
    pub(super) fn iter(&self) -> impl Iterator<Item = (KeyId, u64)> {
        self.keys.iter().map(|key| (*key, self.counts[*key as usize]))
    }

    #[inline]
    fn add(&mut self, key: KeyId, n: u64) {
        let count = &mut self.counts[key as usize];
        if *count == 0 {
            self.keys.push(key);
        }
        *count += n;
        self.total += n;
    }

    /// Adds the counts `cells` of the keys `keys`, zeros included: which are zero is anybody's guess, so none is
    /// looked at. A key that never occurs has no place in the row and no count.
    fn add_all(&mut self, keys: &[KeyId], cells: &[u32]) {
        for (key, n) in keys.iter().zip(cells) {
            if let Some(count) = self.counts.get_mut(*key as usize) {
                *count += u64::from(*n);
            }
        }
        self.total += sum(cells);
        self.is_well_filled = true;
    }

    /// Sorts the keys that have a count: those of a well filled row are gathered anew, which is faster.
    fn put_in_order(&mut self) {
        if self.is_well_filled || self.keys.len() * WELL_FILLED >= self.counts.len() {
            self.gather();
        } else {
            self.keys.sort_unstable();
        }
    }

    /// Every key is written down, and the next one over it unless it has a count.
    fn gather(&mut self) {
        self.keys.resize(self.counts.len(), 0);
        let mut found = 0;
        for (key, n) in self.counts.iter().enumerate() {
            self.keys[found] = key as KeyId;
            found += usize::from(*n != 0);
        }
        self.keys.truncate(found);
    }

    fn subtract(&mut self, key: KeyId, n: u64) {
        self.counts[key as usize] -= n;
        self.total -= n;
    }

    fn forget_zeros(&mut self) {
        self.keys.retain(|key| self.counts[*key as usize] != 0);
    }

    fn clear(&mut self) {
        for key in self.keys.drain(..) {
            self.counts[key as usize] = 0;
        }
        self.total = 0;
    }
}
