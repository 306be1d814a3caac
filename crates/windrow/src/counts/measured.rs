//! Measured values: the states beside the counts, by pane, key and column. A job without measures has none, and no row looks here.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::{FastHash, KeyId, Slot};
use crate::error::{Code, Error};
#[cfg(feature = "spark")]
use crate::measure::StatePart;
use crate::measure::{MeasuredColumn, MeasuredValue, Moments, State, read_all};
use crate::reject::Reason;

/// The states of the columns that are measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct MeasuredStates {
    columns: Arc<[MeasuredColumn]>,
    /// By slot, then key: the number of its states, plus one. Keys with large numbers are in `far`.
    near: Vec<Vec<u32>>,
    far: HashMap<(Slot, KeyId), u32, FastHash>,
    /// Number after number, column after column.
    states: Vec<State>,
    /// The values of the row that is being read.
    row: Vec<MeasuredValue>,
    /// Whether a sum is past what can be held.
    is_past: bool,
}

/// Keys with smaller numbers have places in a list.
const NEAR: KeyId = 256;

impl MeasuredStates {
    /// No values yet of these columns.
    pub(super) fn new(columns: Arc<[MeasuredColumn]>) -> Self {
        MeasuredStates {
            row: vec![MeasuredValue::default(); columns.len()],
            columns,
            ..MeasuredStates::default()
        }
    }

    /// Of other values of the same columns.
    pub(super) fn of_same_columns(&self) -> Self {
        MeasuredStates::new(self.columns.clone())
    }

    /// Whether nothing is measured.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns.
    pub(crate) fn columns(&self) -> &[MeasuredColumn] {
        &self.columns
    }

    /// Whether a sum is past what can be held.
    pub(super) fn is_past(&self) -> bool {
        self.is_past
    }

    /// Takes the first `len` bytes of `following` as the value of column number `at` in this row.
    ///
    /// # Errors
    /// It is not a number, and has to be one.
    #[inline(always)]
    pub(crate) fn read(&mut self, at: usize, following: &[u8], len: usize) -> Result<(), Reason> {
        self.row[at].set(&self.columns[at], following, len)
    }

    /// The values of the row that is being read, column by column.
    pub(crate) fn row(&self) -> &[MeasuredValue] {
        &self.row
    }

    /// Adds the values of this row to the states of `slot` and `key`.
    #[inline(always)]
    pub(crate) fn add_row(&mut self, slot: Slot, key: KeyId) {
        let place = self.place(slot, key);
        for (state, value) in self.states[place].iter_mut().zip(&self.row) {
            self.is_past |= !state.add(*value);
        }
    }

    /// The same with these values, column by column.
    #[inline(always)]
    pub(crate) fn add_values(&mut self, slot: Slot, key: KeyId, values: &[MeasuredValue]) {
        let place = self.place(slot, key);
        for (state, value) in self.states[place].iter_mut().zip(values) {
            self.is_past |= !state.add(*value);
        }
    }

    /// Adds one value to the state of column number `column`.
    #[inline(always)]
    pub(super) fn add_value(&mut self, (slot, key): (Slot, KeyId), column: usize, value: MeasuredValue) {
        let place = self.place(slot, key);
        self.is_past |= !self.states[place][column].add(value);
    }

    /// Adds the moments of values to the state of column number `column`, which keeps nothing else.
    pub(super) fn add_moments(&mut self, (slot, key): (Slot, KeyId), column: usize, moments: &Moments) {
        let place = self.place(slot, key);
        self.is_past |= !self.states[place][column].add_moments(moments);
    }

    /// Where the states of `slot` and `key` are.
    #[inline(always)]
    fn place(&mut self, slot: Slot, key: KeyId) -> Range<usize> {
        let number = match self.near.get(slot as usize).and_then(|keys| keys.get(key as usize)) {
            Some(number) if *number != 0 => *number,
            _ => self.number(slot, key),
        };
        let from = (number - 1) as usize * self.columns.len();
        from..from + self.columns.len()
    }

    /// The number of the states of `slot` and `key`, plus one. They are created if they do not exist.
    #[inline(never)]
    fn number(&mut self, slot: Slot, key: KeyId) -> u32 {
        let next = (self.states.len() / self.columns.len().max(1)) as u32 + 1;
        let number = if key < NEAR {
            let slot = slot as usize;
            if self.near.len() <= slot {
                self.near.resize(slot + 1, Vec::new());
            }
            let keys = &mut self.near[slot];
            if keys.len() <= key as usize {
                keys.resize(key as usize + 1, 0);
            }
            let number = &mut keys[key as usize];
            if *number == 0 {
                *number = next;
            }
            *number
        } else {
            *self.far.entry((slot, key)).or_insert(next)
        };
        if number == next {
            self.states.extend(self.columns.iter().map(|column| State::new(column.states)));
        }
        number
    }

    fn of_number(&self, number: u32) -> &[State] {
        let len = self.columns.len();
        let from = (number - 1) as usize * len;
        &self.states[from..from + len]
    }

    /// The states of `slot` and `key`, column by column.
    pub(crate) fn get(&self, slot: Slot, key: KeyId) -> Option<&[State]> {
        let number = match key < NEAR {
            true => self.near.get(slot as usize)?.get(key as usize).filter(|number| **number != 0)?,
            false => self.far.get(&(slot, key))?,
        };
        Some(self.of_number(*number))
    }

    /// Adds `states`, column by column, so many times.
    pub(crate) fn add(&mut self, slot: Slot, key: KeyId, states: &[State], times: u64) {
        if self.columns.is_empty() {
            return;
        }
        let from = (self.number(slot, key) - 1) as usize * self.columns.len();
        for (state, more) in self.states[from..].iter_mut().zip(states) {
            self.is_past |= !state.merge(more, times);
        }
    }

    /// Adds a part of the state of column number `column`; false where it is not one of such a state.
    #[cfg(feature = "spark")]
    pub(crate) fn take(&mut self, (slot, key): (Slot, KeyId), column: usize, part: StatePart) -> bool {
        if column >= self.columns.len() {
            return false;
        }
        let from = (self.number(slot, key) - 1) as usize * self.columns.len();
        self.states[from + column].take(part)
    }

    /// The states of `slot` and `key` as bytes.
    pub(crate) fn bytes(&self, slot: Slot, key: KeyId) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for (state, column) in self.get(slot, key)?.iter().zip(&*self.columns) {
            state.write(column.states, &mut bytes);
        }
        Some(bytes)
    }

    /// Adds the states that `bytes` are, so many times; false where they are not states of these columns.
    pub(crate) fn add_bytes(&mut self, (slot, key): (Slot, KeyId), bytes: &[u8], times: u64) -> bool {
        let columns = self.columns.clone();
        let states = read_all(columns.iter().map(|column| column.states), bytes);
        states.inspect(|states| self.add(slot, key, states, times)).is_some()
    }

    /// Adds all states of `other`, whose slots and keys are `slots` and `keys` here.
    pub(super) fn merge(&mut self, other: &MeasuredStates, slots: &[Slot], keys: &[KeyId]) {
        self.is_past |= other.is_past;
        for (slot, numbers) in other.near.iter().enumerate() {
            for (key, number) in numbers.iter().enumerate().filter(|(_, number)| **number != 0) {
                self.add(slots[slot], keys[key], other.of_number(*number), 1);
            }
        }
        for ((slot, key), number) in &other.far {
            self.add(slots[*slot as usize], keys[*key as usize], other.of_number(*number), 1);
        }
    }
}

/// The error for a sum that no table can hold.
pub(crate) fn sum_past_limit() -> Error {
    Error::limit("a sum of measured values is past 10^29, which a table cannot hold")
        .with_code(Code::CountTooLarge)
        .with_help("look at the greatest values of the column: measure max() of it")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::Counts;
    use super::*;
    use crate::measure::{Function, Measure};
    use crate::pane::Pane;

    fn columns() -> Vec<MeasuredColumn> {
        let measure = |function, column: &str| Measure { function, column: column.to_owned() };
        MeasuredColumn::all([measure(Function::Sum, "n"), measure(Function::Distinct, "user")].iter())
    }

    /// The bytes of all states, by pane and key.
    fn listed(counts: &Counts) -> BTreeMap<(i64, Vec<u8>), Vec<u8>> {
        let mut all = BTreeMap::new();
        for (pane, slot) in counts.panes_in_order() {
            counts.row(slot, |key, _| {
                all.insert(
                    (pane.start_us, counts.keys.tuple(key).concat()),
                    counts.measured.bytes(slot, key).unwrap(),
                );
            });
        }
        all
    }

    fn count(counts: &mut Counts, at: i64, key: u32, number: i32) {
        let (value, text) = (key.to_string(), number.to_string());
        let key = counts.keys.id_of_one(value.as_bytes(), value.len());
        let slot = counts.slot(Pane { start_us: at * 60, width_us: 60 });
        counts.add(slot, key, 1);
        for column in 0..2 {
            counts.measured.read(column, text.as_bytes(), text.len()).unwrap();
        }
        counts.measured.add_row(slot, key);
    }

    /// The key that has one digit less.
    fn without_last(value: &[u8]) -> Cow<'_, [u8]> {
        match value {
            [tens @ .., _] if !tens.is_empty() => Cow::Borrowed(tens),
            _ => Cow::Borrowed(b"0"),
        }
    }

    proptest! {
        /// Any split of the events merges to the states of all; so do keys that become one, and bytes that are read again.
        #[test]
        fn states_follow_their_counts(
            events in prop::collection::vec((0..9i64, 0..700u32, -50..50i32, any::<bool>()), 0..300),
        ) {
            let new = || Counts::new(1, 1 << 40, 0).measuring(&columns());
            let (mut whole, mut halves, mut tens) = (new(), [new(), new()], new());
            // Keys get other numbers in the second half.
            (0..300).for_each(|key: u32| count(&mut halves[1], 99, key, 1));
            for (at, key, number, second) in events {
                count(&mut whole, at, key, number);
                count(&mut halves[usize::from(second)], at, key, number);
                count(&mut tens, at, key / 10, number);
            }
            (0..300).for_each(|key: u32| count(&mut whole, 99, key, 1));
            (0..300).for_each(|key: u32| count(&mut tens, 99, key / 10, 1));
            let [mut merged, second] = halves;
            merged.merge(second);
            prop_assert_eq!(listed(&merged), listed(&whole));
            prop_assert_eq!(listed(&merged.with_values(without_last)), listed(&tens));
            let mut read = new();
            for (pane, slot) in whole.panes_in_order() {
                whole.row(slot, |key, _| {
                    let at = (read.slot(pane), read.keys.id_of(whole.keys.tuple(key).into_iter()));
                    read.add(at.0, at.1, 1);
                    assert!(read.measured.add_bytes(at, &whole.measured.bytes(slot, key).unwrap(), 1));
                    assert!(!read.measured.add_bytes(at, b"\xFF", 1));
                });
            }
            prop_assert_eq!(listed(&read), listed(&whole));
        }
    }
}
