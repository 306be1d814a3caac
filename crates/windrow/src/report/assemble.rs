//! The walk over the windows that hold events: one scratch row, whatever the number of windows and keys.

use std::ops::Range;
use std::sync::Arc;

use super::keys::CleanKeys;
use super::measured::{AskedMeasure, WindowStates};
use super::moving::Views;
use super::sliding::Sliding;
use crate::counts::{Counts, KeyId, MeasuredStates, Slot};
use crate::error::Result;
use crate::event::Cleaning;
use crate::job::ReportSpec;
use crate::measure::Number;
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

    /// What is measured beside the counts.
    pub(super) fn measured(&self) -> &MeasuredStates {
        &self.counts.measured
    }

    /// The slot of pane number `at`.
    pub(super) fn slot_of(&self, at: usize) -> Slot {
        self.panes[at].1
    }

    /// Calls `each` with the raw and the clean keys that have a count in the pane `slot`.
    pub(super) fn each_key(&self, slot: Slot, mut each: impl FnMut(KeyId, KeyId)) {
        self.counts.row(slot, |raw, _| each(raw, self.keys.of_raw(raw)));
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

    /// Calls `each` with the start of every pane that starts in `span_us`, its keys and their counts.
    pub(super) fn each_pane_count(&self, span_us: &Range<i64>, mut each: impl FnMut(i64, KeyId, u64)) {
        for (pane, slot) in self.panes_in(span_us) {
            self.counts.row(*slot, |raw, n| each(pane.start_us, self.keys.of_raw(raw), n));
        }
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

    /// The same with the numbers of the measures and the moving views of `spec`. The report's first window starts at `first_us`; none: it is
    /// the first that is walked.
    pub(crate) fn each_measured(
        &self,
        spec: &ReportSpec,
        windows: &Windows,
        starts_us: &Range<i64>,
        first_us: Option<i64>,
        mut each: impl FnMut(Window, KeyId, u64, &[Number]) -> Result<()>,
    ) -> Result<()> {
        let asked = AskedMeasure::all(&spec.measures, self.measured())?;
        let mut views = Views::of(spec, first_us, &asked);
        let mut numbers = Vec::new();
        let mut each_row = |window: Window, row: &WindowCounts, states: Option<&WindowStates>| {
            if let Some(views) = &mut views {
                views.enter(window.start_us, row.iter(), states)?;
            }
            row.iter().try_for_each(|(key, n)| {
                numbers.clear();
                let states = states.and_then(|states| states.of_key(key));
                numbers.extend(asked.iter().map(|asked| asked.answer(states)));
                if let Some(views) = &views {
                    views.of_key((Some(key), n), states, &mut numbers)?;
                }
                each(window, key, n, &numbers)
            })
        };
        match asked.is_empty() {
            true => self.each_window(windows, starts_us, |window, row| each_row(window, row, None)),
            false => self
                .each_states(windows, starts_us, |window, row, states| each_row(window, row, Some(states))),
        }
    }

    /// Calls `each` with every window that holds events and starts in `starts_us`, in order of time, and its states.
    pub(super) fn each_states(
        &self,
        windows: &Windows,
        starts_us: &Range<i64>,
        mut each: impl FnMut(Window, &WindowCounts, &WindowStates) -> Result<()>,
    ) -> Result<()> {
        let (mut walk, mut sliding) = (WindowWalk::new(self, windows, starts_us), Sliding::default());
        while let Some(window) = walk.next(self) {
            each(window, &walk.row, sliding.at(self, walk.held())?)?;
        }
        Ok(())
    }

    fn add_pane(&self, slot: Slot, row: &mut WindowCounts) {
        match self.counts.dense_row(slot) {
            Some(cells) => row.add_all(self.keys.of_all_raw(), cells),
            None => self.counts.row(slot, |raw, n| row.add(self.keys.of_raw(raw), n)),
        }
    }

    /// Calls `each` with every window that holds events and starts in `starts_us`, in order of time.
    pub(super) fn each_window(
        &self,
        windows: &Windows,
        starts_us: &Range<i64>,
        mut each: impl FnMut(Window, &WindowCounts) -> Result<()>,
    ) -> Result<()> {
        let mut walk = WindowWalk::new(self, windows, starts_us);
        while let Some(window) = walk.next(self) {
            each(window, &walk.row)?;
        }
        Ok(())
    }
}

/// A walk over the windows that hold events, in order of time. Each pane enters the row once and leaves it once, however
/// many windows overlap.
#[derive(Debug)]
pub(super) struct WindowWalk {
    windows: Windows,
    /// No window starts at or after this.
    end_us: i64,
    /// The panes in the row, by their places among all.
    held: Range<usize>,
    /// The start of the window that the row is of or comes next.
    start_us: i64,
    row: WindowCounts,
    /// Whether the row is that of a window, whose panes are still to leave.
    is_at_window: bool,
}

impl WindowWalk {
    /// Over the windows of `counts` that start in `starts_us`.
    pub(super) fn new(counts: &CleanCounts, windows: &Windows, starts_us: &Range<i64>) -> Self {
        let from = counts.panes.partition_point(|(pane, _)| pane.start_us < starts_us.start);
        WindowWalk {
            windows: windows.clone(),
            end_us: starts_us.end,
            held: from..from,
            start_us: starts_us.start,
            row: WindowCounts {
                counts: vec![0; counts.keys.len()],
                keys: Vec::new(),
                total: 0,
                is_well_filled: false,
            },
            is_at_window: false,
        }
    }

    /// The counts of the window that was found last.
    pub(super) fn row(&self) -> &WindowCounts {
        &self.row
    }

    /// The panes of the window that was found last, by their places among all.
    pub(super) fn held(&self) -> Range<usize> {
        self.held.clone()
    }

    /// The next window; none at the end. `counts` are those that the walk is over.
    pub(super) fn next(&mut self, counts: &CleanCounts) -> Option<Window> {
        let panes = &counts.panes;
        loop {
            if std::mem::take(&mut self.is_at_window) {
                self.leave(counts);
            }
            if self.held.start >= panes.len() {
                return None;
            }
            if self.held.is_empty() {
                let first_us = first_start_us(&self.windows, panes[self.held.end].0.start_us);
                self.start_us = self.start_us.max(first_us);
            }
            if self.start_us >= self.end_us {
                return None;
            }
            let window = self.windows.window_starting(self.start_us);
            while self.held.end < panes.len() && panes[self.held.end].0.start_us < window.end_us {
                counts.add_pane(panes[self.held.end].1, &mut self.row);
                self.held.end += 1;
            }
            self.row.put_in_order();
            self.is_at_window = true;
            if self.row.total > 0 {
                return Some(window);
            }
        }
    }

    /// Takes out the panes that the next window does not hold.
    fn leave(&mut self, counts: &CleanCounts) {
        self.start_us = self.windows.next(self.start_us);
        let held = &counts.panes[self.held.clone()];
        let gone = held.partition_point(|(pane, _)| pane.start_us < self.start_us);
        if gone == held.len() {
            self.row.clear();
        } else {
            for (_, slot) in &held[..gone] {
                counts.counts.row(*slot, |raw, n| self.row.subtract(counts.keys.of_raw(raw), n));
            }
            self.row.forget_zeros();
        }
        self.held.start += gone;
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
pub(super) struct WindowCounts {
    counts: Vec<u64>,
    /// The keys whose count is not zero, sorted.
    keys: Vec<KeyId>,
    total: u64,
    /// Whether counts may have been added without their keys.
    is_well_filled: bool,
}

impl WindowCounts {
    /// The count of `key`.
    #[inline]
    pub(super) fn count(&self, key: KeyId) -> u64 {
        self.counts[key as usize]
    }

    /// All events of the window.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The keys that have a count, in their order.
    pub(super) fn keys(&self) -> &[KeyId] {
        &self.keys
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

    /// Adds the counts `cells` of the keys `keys`, zeros included: which are zero is unpredictable, so none is
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
