//! The counter: one event at a time into a table of counts, fast for any order of times.

use super::{Cells, Counts, KeyId, Keys, MeasuredStates, Slot};
use crate::error::Result;
use crate::measure::MeasuredValue;
use crate::pane::Pane;

/// Counts events.
///
/// A table that is much larger than the processor's cache is not added to at once: the places are first sorted roughly
/// into parts of the table, and a part is added to when there is enough to add, so that its cells come into the cache
/// once for many events (as in radix partitioning: Manegold, Boncz, Kersten 2002, "Optimizing main-memory join on
/// modern hardware").
#[derive(Clone, Debug)]
pub struct Counter {
    counts: Counts,
    /// Bits of a cell's place that are its place in a part; none: events are counted at once.
    part_bits: Option<u32>,
    parts: Vec<Vec<u32>>,
}

/// Cells of a table that is counted into at once (4 MB).
const DIRECT_CELLS_MAX: usize = 1 << 20;

/// Parts of a larger table.
const PARTS: usize = 256;

/// Events that wait for a part.
const PART_EVENTS_MAX: usize = 512;

impl Counter {
    /// Counts into `counts`.
    pub fn new(counts: Counts) -> Self {
        Counter { counts, part_bits: None, parts: Vec::new() }
    }

    /// The counts.
    pub fn finish(mut self) -> Counts {
        self.flush();
        self.counts
    }

    /// The keys, to number the next event's.
    #[inline(always)]
    pub fn keys(&mut self) -> &mut Keys {
        &mut self.counts.keys
    }

    /// What is measured.
    #[inline(always)]
    pub(crate) fn measured(&mut self) -> &mut MeasuredStates {
        &mut self.counts.measured
    }

    /// The measured values of the row that is being read.
    pub(crate) fn measured_row(&self) -> &[MeasuredValue] {
        self.counts.measured.row()
    }

    /// Adds the measured values of a row to the states of an event.
    #[inline(always)]
    pub(crate) fn measure(&mut self, slot: Slot, key: KeyId) {
        self.counts.measured.add_row(slot, key);
    }

    /// An error when there are more counts than the limit allows; events that wait for their part are not seen yet.
    pub fn check_limit(&self) -> Result<()> {
        self.counts.check_limit()
    }

    /// The slot of `pane`; a new one for a new pane.
    #[inline(always)]
    pub fn slot(&mut self, pane: Pane) -> Slot {
        match self.counts.panes.find(pane) {
            Some(slot) => slot,
            None => self.add_pane(pane),
        }
    }

    /// Counts one event.
    #[inline(always)]
    pub fn count(&mut self, slot: Slot, key: KeyId) {
        match &mut self.counts.cells {
            Cells::Dense { stride, cells } if (key as usize) < *stride => {
                let place = slot as usize * *stride + key as usize;
                match self.part_bits {
                    None => {
                        let cell = &mut cells[place];
                        self.counts.groups += u64::from(*cell == 0);
                        *cell = cell.wrapping_add(1);
                        if *cell == 0 {
                            self.counts.groups -= 1;
                            self.counts.carry(slot, key, 1 << 32);
                        }
                    }
                    Some(bits) => {
                        let part = place >> bits;
                        self.parts[part].push(place as u32);
                        if self.parts[part].len() == PART_EVENTS_MAX {
                            self.flush_part(part);
                        }
                    }
                }
            }
            _ => self.make_room(slot, key),
        }
    }

    /// Counts `n` events.
    pub fn count_many(&mut self, slot: Slot, key: KeyId, n: u64) {
        let has_room = matches!(&self.counts.cells, Cells::Dense { stride, .. } if (key as usize) < *stride);
        // What waits has places in the table as it is.
        if !has_room {
            self.flush();
        }
        self.counts.add(slot, key, n);
        if !has_room {
            self.part();
        }
    }

    #[cold]
    fn add_pane(&mut self, pane: Pane) -> Slot {
        // What waits has places in the table as it is.
        if self.counts.is_due_to_thin_out(self.counts.panes.len() + 1) {
            self.flush();
        }
        let slot = self.counts.add_pane(pane);
        let is_parted_well = match (&self.counts.cells, self.part_bits) {
            (Cells::Dense { cells, .. }, Some(bits)) => cells.len() <= PARTS << bits,
            (Cells::Dense { cells, .. }, None) => cells.len() <= DIRECT_CELLS_MAX,
            (Cells::Sparse(_), parted) => parted.is_none(),
        };
        if !is_parted_well {
            self.flush();
            self.part();
        }
        slot
    }

    #[cold]
    fn make_room(&mut self, slot: Slot, key: KeyId) {
        self.flush();
        self.counts.add(slot, key, 1);
        self.part();
    }

    /// Parts a large dense table anew, with room to grow; nothing waits.
    fn part(&mut self) {
        self.part_bits = match &self.counts.cells {
            // Places are 32 bits wide; a larger table is added to at once.
            Cells::Dense { cells, .. } if cells.len() > DIRECT_CELLS_MAX && cells.len() < 1 << 31 => {
                Some((cells.len() * 2 / PARTS).next_power_of_two().trailing_zeros())
            }
            _ => None,
        };
        match self.part_bits {
            None => self.parts = Vec::new(),
            Some(_) => self.parts.resize_with(PARTS, || Vec::with_capacity(PART_EVENTS_MAX)),
        }
    }

    fn flush(&mut self) {
        (0..self.parts.len()).for_each(|part| self.flush_part(part));
    }

    #[inline(never)]
    fn flush_part(&mut self, part: usize) {
        let Cells::Dense { stride, cells } = &mut self.counts.cells else {
            debug_assert!(self.parts[part].is_empty(), "nothing waits for a part of a sparse table");
            return;
        };
        let stride = *stride;
        let (mut filled, mut carried) = (0, Vec::new());
        for place in self.parts[part].drain(..) {
            let cell = &mut cells[place as usize];
            filled += u64::from(*cell == 0);
            *cell = cell.wrapping_add(1);
            if *cell == 0 {
                carried.push(place as usize);
            }
        }
        self.counts.groups = self.counts.groups + filled - carried.len() as u64;
        for place in carried {
            self.counts.carry((place / stride) as Slot, (place % stride) as KeyId, 1 << 32);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Counts events, given as pane and key, in a table that may be dense up to `dense_cells_max` cells, and in one map.
    fn check(dense_cells_max: usize, events: impl Iterator<Item = (u64, u64)>) -> Counter {
        let mut counter = Counter::new(Counts::new(1, u64::MAX, dense_cells_max));
        let (mut naive, mut counted) = (BTreeMap::new(), BTreeMap::new());
        for (at, value) in events {
            let pane = Pane { start_us: at as i64 * 60, width_us: 60 };
            let value = value.to_string();
            let key = counter.keys().id_of_one(value.as_bytes(), value.len());
            let slot = counter.slot(pane);
            counter.count(slot, key);
            *naive.entry((pane.start_us, value.into_bytes())).or_insert(0u64) += 1;
        }
        let counts = counter.clone().finish();
        for (pane, slot) in counts.panes_in_order() {
            counts.row(slot, |key, n| {
                counted.insert((pane.start_us, counts.keys.tuple(key).concat()), n);
            });
        }
        assert!(counted == naive);
        assert_eq!((counts.groups(), counts.events()), (naive.len() as u64, naive.values().sum()));
        counter
    }

    /// Numbers in no order.
    fn numbers() -> impl Iterator<Item = u64> {
        std::iter::successors(Some(1u64), |n| Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)))
            .map(|n| n >> 33)
    }

    #[test]
    fn a_parted_table_counts_as_one_map() {
        let events =
            numbers().zip(0..600_000).map(|(n, event)| (n % (1 + event / 30), n / 7 % (1 + event / 2000)));
        assert!(check(1 << 26, events).part_bits.is_some());
    }

    #[test]
    fn a_parted_table_that_becomes_sparse_loses_nothing() {
        // Every key in the first pane, then a pane per event: the table grows by panes alone.
        let by_panes = (0..1_000).map(|key| (0, key)).chain((0..9_000).map(|at| (at, at % 1_000)));
        let counter = check(1 << 21, by_panes);
        assert!(matches!(counter.counts.cells, Cells::Sparse(_)));
        // Every pane with the first key, then a key per event: it grows by keys alone.
        let by_keys = (0..40_000).map(|at| (at, 0)).chain((0..9_000).map(|key| (key * 3, key)));
        let counter = check(1 << 21, by_keys);
        assert!(matches!(counter.counts.cells, Cells::Sparse(_)));
    }
}
