//! Merging: the counts of one table added to those of another.

use std::collections::HashMap;

use super::{Cells, Counts, KeyId, Slot};

impl Counts {
    /// Adds all counts of `other`; see [`check_limit`](Self::check_limit).
    pub fn merge(&mut self, other: Counts) {
        if self.panes.is_empty() {
            let (limits, dense_cells_max) = (self.limits, self.dense_cells_max);
            *self = Counts { limits, dense_cells_max, ..other };
            return;
        }
        let ids: Vec<KeyId> = (0..other.keys.len() as KeyId)
            .map(|id| self.keys.id_of(other.keys.tuple(id).into_iter()))
            .collect();
        if let Some(most) = ids.iter().max() {
            self.make_room(*most);
        }
        let mut slots = Vec::with_capacity(other.panes.len());
        for (theirs, pane) in other.panes.list().iter().enumerate() {
            let ours = self.slot(*pane);
            slots.push(ours);
            match other.dense_row(theirs as Slot) {
                Some(row) if matches!(self.cells, Cells::Dense { .. }) => self.add_row(ours, &ids, row),
                _ => other.row(theirs as Slot, |key, n| self.add(ours, ids[key as usize], n)),
            }
        }
        self.measured.merge(&other.measured, &slots, &ids);
    }

    /// The counts without those of `other`; none where it has a greater one.
    pub fn without(&self, other: &Counts) -> Option<Counts> {
        let mut taken = HashMap::new();
        for (slot, pane) in other.panes.list().iter().enumerate() {
            other.row(slot as Slot, |key, n| {
                taken.insert((*pane, other.keys.tuple(key)), n);
            });
        }
        let mut left = Counts::new(self.keys.columns(), self.limits, self.dense_cells_max);
        for (slot, pane) in self.panes.list().iter().enumerate() {
            self.row(slot as Slot, |key, n| {
                let tuple = self.keys.tuple(key);
                let n = match taken.get_mut(&(*pane, tuple.clone())) {
                    Some(taken) => {
                        let both = n.min(*taken);
                        *taken -= both;
                        n - both
                    }
                    None => n,
                };
                if n > 0 {
                    let (slot, key) = (left.slot(*pane), left.keys.id_of(tuple.into_iter()));
                    left.add(slot, key, n);
                }
            });
        }
        taken.values().all(|n| *n == 0).then_some(left)
    }

    /// Adds the counts `row` of the distinct keys `ids`, zeros included, to a row of a dense table that has room for
    /// them: which are zero is unpredictable, so the loop does not branch on it.
    fn add_row(&mut self, slot: Slot, ids: &[KeyId], row: &[u32]) {
        let Cells::Dense { stride, cells } = &mut self.cells else { return };
        let from = slot as usize * *stride;
        let cells = &mut cells[from..from + *stride];
        let (mut were_empty, mut are_empty, mut is_carried) = (0, 0, false);
        for (id, n) in ids.iter().zip(row) {
            let cell = &mut cells[*id as usize];
            were_empty += u64::from(*cell == 0);
            let (sum, carries) = cell.overflowing_add(*n);
            *cell = sum;
            are_empty += u64::from(sum == 0);
            is_carried |= carries;
        }
        self.groups = self.groups + were_empty - are_empty;
        if is_carried {
            // A sum that has carried over is less than what was added.
            let carried = ids.iter().zip(row).filter(|(id, n)| cells[**id as usize] < **n);
            carried
                .map(|(id, _)| *id)
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|id| self.carry(slot, id, 1 << 32));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::pane::Pane;

    /// A count near 2^32, so that sums carry over, to exactly 2^32 too.
    fn near_carrying() -> impl Strategy<Value = u64> {
        prop::sample::select(vec![1u64, 2, 1 << 31, (1 << 32) - 1, (1 << 32) - 2])
    }

    type Table = BTreeMap<(i64, u32), u64>;

    fn counts(table: &Table, dense_cells_max: usize) -> Counts {
        let mut counts = Counts::new(1, 1 << 40, dense_cells_max);
        for ((pane, key), n) in table {
            let value = key.to_string();
            let id = counts.keys.id_of_one(value.as_bytes(), value.len());
            let slot = counts.slot(Pane { start_us: pane * 60, width_us: 60 });
            counts.add(slot, id, *n);
        }
        counts
    }

    fn table(counts: &Counts) -> Table {
        let mut table = Table::new();
        for (pane, slot) in counts.panes_in_order() {
            counts.row(slot, |key, n| {
                let key = String::from_utf8(counts.keys.tuple(key).concat()).unwrap().parse().unwrap();
                table.insert((pane.start_us / 60, key), n);
            });
        }
        table
    }

    proptest! {
        /// What was added is taken away again, to the last count, and no more than there is.
        #[test]
        fn counts_without_others_are_what_was_there_before(
            all in prop::collection::btree_map((0..3i64, 0..9u32), (near_carrying(), near_carrying()), 1..27),
            only in prop::collection::btree_map((2..4i64, 0..9u32), near_carrying(), 0..9),
            dense in any::<bool>(),
        ) {
            let most = if dense { 1 << 20 } else { 0 };
            let taken: Table = all.iter().map(|(at, (taken, _))| (*at, *taken)).collect();
            let mut kept: Table = only.clone();
            for (at, (_, n)) in &all {
                *kept.entry(*at).or_default() += n;
            }
            let mut merged = counts(&taken, most);
            merged.merge(counts(&kept, most));
            let left = merged.without(&counts(&taken, most)).unwrap();
            prop_assert_eq!(table(&left), kept.clone());
            prop_assert_eq!(left.events(), kept.values().sum::<u64>());
            prop_assert!(counts(&taken, most).without(&merged).is_none());
        }

        /// Dense tables with rows and columns in different orders add up, carrying over where they must.
        #[test]
        fn dense_tables_merge_to_what_one_map_counts(
            tables in prop::collection::vec(
                prop::collection::btree_map((0..3i64, 0..9u32), near_carrying(), 1..27), 2..5
            ),
            turned in any::<bool>(),
        ) {
            let (mut merged, mut naive) = (Counts::new(1, 1 << 40, 1 << 20), BTreeMap::new());
            for (at, table) in tables.iter().enumerate() {
                let mut counts = Counts::new(1, 1 << 40, 1 << 20);
                let mut events: Vec<_> = table.iter().collect();
                if turned && at % 2 == 1 {
                    events.reverse();
                }
                for ((pane, key), n) in events {
                    let value = key.to_string();
                    let id = counts.keys.id_of_one(value.as_bytes(), value.len());
                    let slot = counts.slot(Pane { start_us: pane * 60, width_us: 60 });
                    counts.add(slot, id, *n);
                    *naive.entry((pane * 60, value.into_bytes())).or_insert(0) += n;
                }
                merged.merge(counts);
            }
            let mut found = BTreeMap::new();
            for (pane, slot) in merged.panes_in_order() {
                merged.row(slot, |key, n| {
                    found.insert((pane.start_us, merged.keys.tuple(key).concat()), n);
                });
            }
            let whole = naive.values().filter(|n| **n % (1 << 32) == 0).count();
            prop_assert_eq!(merged.groups(), (naive.len() - whole) as u64, "cells that are not empty");
            prop_assert_eq!(merged.events(), naive.values().sum::<u64>());
            prop_assert_eq!(found, naive);
        }
    }
}
