//! Counts: how many events each (pane, key) has. Integers that merge; memory grows with panes x keys, not with rows.

mod counter;
mod events;
mod kept;
mod keys;
mod measured;
mod merge;
mod one_pane;
mod other_keys;
mod panes;
mod short;
mod values;

pub use counter::Counter;
pub(crate) use events::{EventCounter, Partial};
pub(crate) use kept::{KeptEvents, KeptValue};
pub use kept::{KeptPart, KeptRules};
pub use keys::{KeyId, Keys};
pub(crate) use measured::{MeasuredStates, sum_past_limit};
use panes::Panes;
pub use panes::Slot;
pub(crate) use short::{ShortValue, ShortValues};

use hashbrown::HashMap;

use crate::calendar::YEAR_1_US;
use crate::error::{Code, Error, Result, Setting};
use crate::measure::MeasuredColumn;
use crate::pane::Pane;
use crate::text::number::{grouped, size};

/// A fast hasher, seeded per process, so that no choice of keys is slow on every machine.
pub(crate) type FastHash = hashbrown::DefaultHashBuilder;

/// Counts per pane and key.
#[derive(Clone, Debug)]
pub struct Counts {
    /// The keys; their numbers are the columns of the table.
    pub keys: Keys,
    panes: Panes,
    cells: Cells,
    /// The states of what is measured.
    pub(crate) measured: MeasuredStates,
    /// Multiples of 2^32 that the 32-bit cells have lost to carrying over.
    carried: HashMap<(Slot, KeyId), u64, FastHash>,
    dense_cells_max: usize,
    limits: CountLimits,
    /// Cells that are not empty.
    groups: u64,
}

/// How much may be counted.
#[derive(Clone, Copy, Debug)]
pub struct CountLimits {
    /// Most counts (pane x key).
    pub groups: u64,
    /// Most bytes of distinct values of keys.
    pub key_bytes: u64,
}

impl From<u64> for CountLimits {
    /// So many counts, of keys of any size.
    fn from(groups: u64) -> Self {
        CountLimits { groups, key_bytes: u64::MAX }
    }
}

/// The table of counts, by row (slot) and column (key).
#[derive(Clone, Debug)]
enum Cells {
    /// Every row has a place for every key.
    Dense { stride: usize, cells: Vec<u32> },
    /// A row has a place for the keys that occur in it.
    Sparse(Vec<HashMap<KeyId, u32, FastHash>>),
}

/// A dense table with less than one cell in this many taken becomes sparse when it has to grow past its limit.
const DENSE_CELLS_PER_GROUP: u64 = 16;

impl Counts {
    /// No counts, of keys of `columns` values, within `limits`.
    /// A table of up to `dense_cells_max` cells is kept dense, which is fastest, whatever the data.
    pub fn new(columns: usize, limits: impl Into<CountLimits>, dense_cells_max: usize) -> Self {
        Counts {
            keys: Keys::new(columns),
            panes: Panes::default(),
            cells: Cells::Dense { stride: 8, cells: Vec::new() },
            measured: MeasuredStates::default(),
            carried: HashMap::default(),
            dense_cells_max,
            limits: limits.into(),
            groups: 0,
        }
    }

    /// The same, of events that have these measured columns.
    pub(crate) fn measuring(self, columns: &[MeasuredColumn]) -> Self {
        Counts { measured: MeasuredStates::new(columns.into()), ..self }
    }

    /// The slot of `pane`; a new one for a new pane.
    #[inline(always)]
    pub fn slot(&mut self, pane: Pane) -> Slot {
        match self.panes.find(pane) {
            Some(slot) => slot,
            None => self.add_pane(pane),
        }
    }

    #[cold]
    fn add_pane(&mut self, pane: Pane) -> Slot {
        let slot = self.panes.add(pane);
        match &mut self.cells {
            Cells::Sparse(rows) => rows.push(HashMap::default()),
            Cells::Dense { stride, cells } => {
                cells.resize(cells.len() + *stride, 0);
                if self.is_due_to_thin_out(self.panes.len()) {
                    self.thin_out();
                }
            }
        }
        slot
    }

    /// Whether a dense table of `rows` rows is looked at again: is it worth its memory?
    fn is_due_to_thin_out(&self, rows: usize) -> bool {
        match &self.cells {
            Cells::Dense { stride, .. } => rows * stride > self.dense_cells_max && rows.is_power_of_two(),
            Cells::Sparse(_) => false,
        }
    }

    /// Adds `n` events.
    pub fn add(&mut self, slot: Slot, key: KeyId, n: u64) {
        self.make_room(key);
        let cell = match &mut self.cells {
            Cells::Dense { stride, cells } => &mut cells[slot as usize * *stride + key as usize],
            Cells::Sparse(rows) => rows[slot as usize].entry(key).or_default(),
        };
        let sum = u64::from(*cell) + n;
        let was_empty = *cell == 0;
        *cell = sum as u32;
        self.groups = self.groups + u64::from(*cell != 0 && was_empty) - u64::from(*cell == 0 && !was_empty);
        if sum > u64::from(u32::MAX) {
            self.carry(slot, key, sum & !u64::from(u32::MAX));
        }
    }

    #[cold]
    fn carry(&mut self, slot: Slot, key: KeyId, n: u64) {
        *self.carried.entry((slot, key)).or_default() += n;
    }

    /// Makes the dense rows wide enough for `key`, or the table sparse.
    fn make_room(&mut self, key: KeyId) {
        let rows = self.panes.len();
        let Cells::Dense { stride, cells } = &mut self.cells else { return };
        if (key as usize) < *stride {
            return;
        }
        let wider = (key as usize + 1).next_power_of_two();
        let is_thin = (rows * wider) as u64 > self.groups * DENSE_CELLS_PER_GROUP;
        if rows * wider > self.dense_cells_max && is_thin {
            return self.make_sparse();
        }
        let mut wide = vec![0; rows * wider];
        for (to, from) in wide.chunks_exact_mut(wider).zip(cells.chunks_exact(*stride)) {
            to[..*stride].copy_from_slice(from);
        }
        *cells = wide;
        *stride = wider;
    }

    /// Makes a dense table sparse when that saves memory.
    #[cold]
    fn thin_out(&mut self) {
        if let Cells::Dense { cells, .. } = &self.cells
            && cells.len() as u64 > self.groups * DENSE_CELLS_PER_GROUP
        {
            self.make_sparse();
        }
    }

    fn make_sparse(&mut self) {
        let row = |slot| {
            let mut row = HashMap::default();
            self.each_cell(slot, |key, cell| {
                row.insert(key, cell);
            });
            row
        };
        let rows = (0..self.panes.len() as Slot).map(row).collect();
        self.cells = Cells::Sparse(rows);
    }

    /// An error when there are more counts, or more bytes of keys, than the limits allow.
    #[inline]
    pub fn check_limit(&self) -> Result<()> {
        let is_within = self.groups <= self.limits.groups
            && self.keys.bytes() <= self.limits.key_bytes
            && !self.measured.is_past();
        if is_within { Ok(()) } else { Err(self.past_limit()) }
    }

    #[cold]
    fn past_limit(&self) -> Error {
        if self.measured.is_past() {
            return sum_past_limit();
        }
        let keys = grouped(self.keys.len() as u64);
        if self.groups <= self.limits.groups {
            let (bytes, most) = (size(self.keys.bytes()), size(self.limits.key_bytes));
            return Error::limit(format!(
                "the {keys} different keys have {bytes}, more than the limit of {most}"
            ))
            .with_code(Code::KeysTooLarge)
            .with_help("choose a key with shorter or fewer values, or raise the limit:")
            .set(Setting::KeyBytesMax, self.keys.bytes().saturating_mul(2).to_string());
        }
        Error::limit(format!(
            "{} counts ({} panes x {keys} keys), more than the limit of {}",
            grouped(self.groups),
            grouped(self.panes.len() as u64),
            grouped(self.limits.groups)
        ))
        .with_code(Code::TooManyCounts)
        .with_help("choose a key with fewer values or a longer step, or raise the limit:")
        .set(Setting::GroupsMax, self.groups.saturating_mul(2).to_string())
    }

    /// How many (pane, key) have a count.
    pub fn groups(&self) -> u64 {
        self.groups
    }

    /// All events, added up from the cells.
    pub fn events(&self) -> u64 {
        let cells: u64 = match &self.cells {
            Cells::Dense { cells, .. } => cells.iter().map(|cell| u64::from(*cell)).sum(),
            Cells::Sparse(rows) => rows.iter().flat_map(HashMap::values).map(|cell| u64::from(*cell)).sum(),
        };
        cells + self.carried.values().sum::<u64>()
    }

    /// The panes and their slots, in order of time. None starts before the first time that is believed.
    pub fn panes_in_order(&self) -> Vec<(Pane, Slot)> {
        let from_year_1 = |pane: &Pane| Pane { start_us: pane.start_us.max(YEAR_1_US), ..*pane };
        let panes = self.panes.list().iter().enumerate();
        let mut panes: Vec<_> = panes.map(|(slot, pane)| (from_year_1(pane), slot as Slot)).collect();
        panes.sort_unstable();
        panes
    }

    /// The counts of `slot` by key, zeros included, where going through all of them is faster than looking for those
    /// that are not zero: the table is dense and well filled. None also when a count of the table has carried over.
    pub fn dense_row(&self, slot: Slot) -> Option<&[u32]> {
        let Cells::Dense { stride, cells } = &self.cells else { return None };
        let is_well_filled = cells.len() as u64 <= self.groups * DENSE_CELLS_PER_GROUP;
        (is_well_filled && self.carried.is_empty()).then(|| {
            let from = slot as usize * *stride;
            &cells[from..from + self.keys.len().min(*stride)]
        })
    }

    /// Calls `each` with every key that has a count in `slot` and its count, in no particular order.
    pub fn row(&self, slot: Slot, mut each: impl FnMut(KeyId, u64)) {
        if self.carried.is_empty() {
            self.each_cell(slot, |key, cell| each(key, u64::from(cell)));
            return;
        }
        self.each_cell(slot, |key, cell| {
            let carried = self.carried.get(&(slot, key)).copied().unwrap_or(0);
            each(key, carried + u64::from(cell));
        });
        // A count that is a whole multiple of 2^32 has an empty cell.
        for ((at, key), carried) in self.carried.iter().filter(|((at, _), _)| *at == slot) {
            let cell = match &self.cells {
                Cells::Dense { stride, cells } => cells[*at as usize * *stride + *key as usize],
                Cells::Sparse(rows) => rows[*at as usize].get(key).copied().unwrap_or(0),
            };
            if cell == 0 {
                each(*key, *carried);
            }
        }
    }

    fn each_cell(&self, slot: Slot, mut each: impl FnMut(KeyId, u32)) {
        match &self.cells {
            Cells::Dense { stride, cells } => {
                let from = slot as usize * *stride;
                for (key, cell) in cells[from..from + *stride].iter().enumerate() {
                    if *cell != 0 {
                        each(key as KeyId, *cell);
                    }
                }
            }
            Cells::Sparse(rows) => rows[slot as usize]
                .iter()
                .filter(|(_, cell)| **cell != 0)
                .for_each(|(key, cell)| each(*key, *cell)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn pane(at: i64) -> Pane {
        Pane { start_us: at * 60, width_us: 60 }
    }

    fn listed(counts: &Counts) -> BTreeMap<(i64, Vec<u8>), u64> {
        let mut all = BTreeMap::new();
        for (pane, slot) in counts.panes_in_order() {
            counts.row(slot, |key, n| {
                let before = all.insert((pane.start_us, counts.keys.tuple(key).concat()), n);
                assert_eq!(before, None, "a key is handed out once per pane");
            });
        }
        all
    }

    proptest! {
        /// Any split of the events over two counts, dense or sparse, merges to what one map counts.
        #[test]
        fn split_and_merge_equal_one_map(
            events in prop::collection::vec((0..40i64, 0..60u32, any::<bool>()), 0..400),
            dense_cells_max in prop::sample::select(vec![0usize, 64, 1 << 20]),
        ) {
            let mut halves = [Counts::new(1, 1 << 40, dense_cells_max), Counts::new(1, 1 << 40, dense_cells_max)];
            let mut naive = BTreeMap::new();
            for (at, key, second) in events {
                let counts = &mut halves[usize::from(second)];
                let value = key.to_string();
                let id = counts.keys.id_of_one(value.as_bytes(), value.len());
                let slot = counts.slot(pane(at));
                counts.add(slot, id, 1);
                *naive.entry((at * 60, value.into_bytes())).or_insert(0) += 1;
            }
            let [mut first, second] = halves;
            first.merge(second);
            prop_assert_eq!(first.groups(), naive.len() as u64);
            prop_assert_eq!(first.events(), naive.values().sum::<u64>());
            prop_assert_eq!(listed(&first), naive);
        }
    }

    #[test]
    fn a_cell_carries_over_at_two_to_the_32() {
        for dense_cells_max in [0, 1 << 20] {
            let mut counts = Counts::new(1, 1 << 40, dense_cells_max);
            let slot = counts.slot(pane(0));
            let key = counts.keys.id_of_one(b"Open", 4);
            counts.add(slot, key, u64::from(u32::MAX));
            counts.add(slot, key, 1);
            assert_eq!(listed(&counts)[&(0, b"Open".to_vec())], 1 << 32);
            counts.add(slot, key, (1 << 33) + 5);
            assert_eq!(listed(&counts)[&(0, b"Open".to_vec())], (1 << 32) + (1 << 33) + 5);
        }
    }

    #[test]
    fn too_many_bytes_of_keys_are_a_limit() {
        let limits = CountLimits { groups: 100, key_bytes: 60_000 };
        let mut halves = [Counts::new(2, limits, 0), Counts::new(2, limits, 0)];
        for (at, counts) in halves.iter_mut().enumerate() {
            let long = vec![b'a' + at as u8; 50_000];
            for _ in 0..5 {
                let key = counts.keys.id_of([&long[..], b"short"].into_iter());
                let slot = counts.slot(pane(0));
                counts.add(slot, key, 1);
            }
            assert_eq!(counts.keys.bytes(), 50_005);
            counts.check_limit().unwrap();
        }
        let [mut first, second] = halves;
        first.merge(second);
        let error = first.check_limit().unwrap_err();
        assert_eq!(error.kind().exit_code(), 6);
        assert_eq!(error.message(), "the 2 different keys have 100.0 kB, more than the limit of 60.0 kB");
        assert_eq!(error.setting(), Some(&Setting::KeyBytesMax));
    }

    #[test]
    fn too_many_groups_is_a_limit() {
        let mut counts = Counts::new(1, 3, 0);
        for at in 0..4 {
            let slot = counts.slot(pane(at));
            counts.add(slot, 9, 1);
        }
        let error = counts.check_limit().unwrap_err();
        assert_eq!(error.kind().exit_code(), 6);
    }
}
