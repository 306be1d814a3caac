//! Many events of one pane: their values are first added up by key, which takes fewer steps than adding each to its state.

use super::{Counter, KeyId, Slot};
use crate::measure::{MeasuredValue, Moments, States};

/// The greatest number of keys. Each key that occurs adds to the states once, so there must be far fewer keys than events.
pub(super) const KEYS_MAX: usize = 32;

/// Counts an event of the pane `slot` for each of `keys`, all of which are less than [`KEYS_MAX`]. `values` are the measured values, event by event.
pub(super) fn count(counter: &mut Counter, slot: Slot, keys: &[KeyId], values: &[MeasuredValue]) {
    let mut events = [0; KEYS_MAX];
    keys.iter().for_each(|key| events[*key as usize % KEYS_MAX] += 1);
    let occurring = || (0..).zip(events).filter(|(_, n)| *n > 0);
    occurring().for_each(|(key, n)| counter.count_many(slot, key, n));
    let columns = counter.measured().columns().len();
    for column in 0..columns {
        let values = || keys.iter().copied().zip(values.iter().skip(column).step_by(columns));
        let states = counter.measured();
        let has_only_moments = states.columns()[column].states == States::MOMENTS;
        match has_only_moments.then(|| moments(values())).flatten() {
            // A key whose values are all null has a state too.
            Some(moments) => occurring()
                .for_each(|(key, _)| states.add_moments((slot, key), column, &moments[key as usize])),
            None => values().for_each(|(key, value)| states.add_value((slot, key), column, *value)),
        }
    }
}

/// The moments of values by key; `None` if a value has more than 64 bits.
#[inline(always)]
fn moments<'v>(values: impl Iterator<Item = (KeyId, &'v MeasuredValue)>) -> Option<[Moments; KEYS_MAX]> {
    let mut sums = [ShortMoments::NONE; KEYS_MAX];
    let mut are_short = true;
    for (key, value) in values {
        let Some(units) = value.units() else { continue };
        let short = units as i64;
        are_short &= i128::from(short) == units;
        let sums = &mut sums[key as usize % KEYS_MAX];
        sums.n += 1;
        sums.sum = sums.sum.wrapping_add(units);
        sums.min = sums.min.min(short);
        sums.max = sums.max.max(short);
    }
    are_short.then(|| sums.map(Moments::from))
}

/// The same as [`Moments`], with shorter numbers, which take fewer steps to compare.
#[derive(Clone, Copy)]
struct ShortMoments {
    n: u64,
    sum: i128,
    min: i64,
    max: i64,
}

impl ShortMoments {
    const NONE: Self = ShortMoments { n: 0, sum: 0, min: i64::MAX, max: i64::MIN };
}

impl From<ShortMoments> for Moments {
    fn from(short: ShortMoments) -> Self {
        let ShortMoments { n, sum, min, max } = short;
        match n {
            0 => Moments::default(),
            _ => Moments { n, sum, min: min.into(), max: max.into() },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Counts;
    use super::*;
    use crate::measure::{Function, Measure, MeasuredColumn};
    use crate::pane::Pane;

    /// A value of each kind: null, short, of more than 64 bits, and with a fraction.
    fn value(kind: u8, number: i32) -> String {
        match kind {
            0 => String::new(),
            1 => format!("{number}000000000"),
            2 => format!("{number}.125"),
            _ => number.to_string(),
        }
    }

    fn counted(counter: Counter, slot: Slot) -> Vec<(u64, Vec<u8>)> {
        let counts = counter.finish();
        let mut all = Vec::new();
        counts.row(slot, |key, n| all.push((n, counts.measured.bytes(slot, key).unwrap_or_default())));
        all
    }

    proptest! {
        #[test]
        fn counts_as_one_by_one(
            events in prop::collection::vec((0..KEYS_MAX as KeyId, 0..60u8, any::<i32>()), 0..600),
            functions in prop::sample::subsequence(vec![Function::Sum, Function::Distinct, Function::Quantile(950)], 0..=3),
        ) {
            let measure = |(at, function): (usize, &Function)| Measure { function: *function, column: at.to_string() };
            let measures: Vec<Measure> = functions.iter().enumerate().map(measure).collect();
            let columns = MeasuredColumn::all(measures.iter());
            let new = || {
                let mut counter = Counter::new(Counts::new(1, u64::MAX, 1 << 20).measuring(&columns));
                (0..KEYS_MAX).for_each(|key| assert_eq!(counter.keys().id_of([key.to_string().as_bytes()].into_iter()) as usize, key));
                let slot = counter.slot(Pane { start_us: 0, width_us: 60 });
                (counter, slot)
            };
            let keys: Vec<KeyId> = events.iter().map(|(key, ..)| *key).collect();
            let mut values = Vec::new();
            for (_, kind, number) in &events {
                let text = value(*kind, *number);
                for column in &columns {
                    let mut value = MeasuredValue::default();
                    value.set(column, text.as_bytes(), text.len()).unwrap();
                    values.push(value);
                }
            }
            let (mut together, slot) = new();
            count(&mut together, slot, &keys, &values);
            let (mut alone, slot) = new();
            for (at, key) in keys.iter().enumerate() {
                alone.count(slot, *key);
                alone.measured().add_values(slot, *key, &values[at * columns.len()..(at + 1) * columns.len()]);
            }
            prop_assert_eq!(counted(together, slot), counted(alone, slot));
        }
    }
}
