//! The counter: one event at a time into a table of counts, fast for any order of times.

use super::{Cells, Counts, KeyId, Slot};
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
        self.settle();
        self.counts
    }

    /// The counts; events that wait for their part are missing.
    pub fn counts(&mut self) -> &mut Counts {
        &mut self.counts
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
                        *cell = cell.wrapping_add(1);
                        if *cell == 0 {
                            self.counts.carry(slot, key, 1 << 32);
                        }
                    }
                    Some(bits) => {
                        let part = place >> bits;
                        self.parts[part].push(place as u32);
                        if self.parts[part].len() == PART_EVENTS_MAX {
                            self.settle_part(part);
                        }
                    }
                }
            }
            _ => self.make_room(slot, key),
        }
    }

    #[cold]
    fn add_pane(&mut self, pane: Pane) -> Slot {
        let slot = self.counts.add_pane(pane);
        let Cells::Dense { cells, .. } = &self.counts.cells else {
            return slot;
        };
        let too_few = self.part_bits.is_some_and(|bits| cells.len() > PARTS << bits);
        if too_few || (self.part_bits.is_none() && cells.len() > DIRECT_CELLS_MAX) {
            self.settle();
            self.part();
        }
        slot
    }

    #[cold]
    fn make_room(&mut self, slot: Slot, key: KeyId) {
        self.settle();
        self.counts.add(slot, key, 1);
        self.part();
    }

    /// Parts a large dense table anew, with room to grow.
    fn part(&mut self) {
        self.part_bits = match &self.counts.cells {
            // Places are 32 bits wide; a larger table is added to at once.
            Cells::Dense { cells, .. } if cells.len() > DIRECT_CELLS_MAX && cells.len() < 1 << 31 => {
                Some((cells.len() * 2 / PARTS).next_power_of_two().trailing_zeros())
            }
            _ => None,
        };
        if self.part_bits.is_some() && self.parts.is_empty() {
            self.parts = (0..PARTS).map(|_| Vec::with_capacity(PART_EVENTS_MAX)).collect();
        }
    }

    fn settle(&mut self) {
        (0..self.parts.len()).for_each(|part| self.settle_part(part));
    }

    #[inline(never)]
    fn settle_part(&mut self, part: usize) {
        let Cells::Dense { stride, cells } = &mut self.counts.cells else { return };
        let stride = *stride;
        let mut carried = Vec::new();
        for place in self.parts[part].drain(..) {
            let cell = &mut cells[place as usize];
            *cell = cell.wrapping_add(1);
            if *cell == 0 {
                carried.push(place as usize);
            }
        }
        for place in carried {
            self.counts.carry((place / stride) as Slot, (place % stride) as KeyId, 1 << 32);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Large enough to be parted, several times over as panes and keys come.
    #[test]
    fn a_parted_table_counts_as_one_map() {
        let mut counter = Counter::new(Counts::new(1, u64::MAX, 1 << 26));
        let mut naive = BTreeMap::new();
        let mut state = 1u64;
        for event in 0..600_000u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pane = Pane { start_us: ((state >> 33) % (1 + event / 30)) as i64 * 60, width_us: 60 };
            let value = ((state >> 20) % (1 + event / 2000)).to_string();
            let key = counter.counts().keys.id_of_one(value.as_bytes(), value.len());
            let slot = counter.slot(pane);
            counter.count(slot, key);
            *naive.entry((pane.start_us, value.into_bytes())).or_insert(0u64) += 1;
        }
        assert!(counter.part_bits.is_some());
        let counts = counter.finish();
        let mut counted = BTreeMap::new();
        for (pane, slot) in counts.panes_in_order() {
            counts.row(slot, |key, n| {
                counted.insert((pane.start_us, counts.keys.tuple(key).concat()), n);
            });
        }
        assert!(counted == naive);
    }
}
