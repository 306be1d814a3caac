//! Short values: texts of up to 16 bytes as two words, which are compared and hashed at once.

use std::hash::BuildHasher;
use std::hint::select_unpredictable;

use super::KeyId;

/// Bytes of a short value, at most.
pub(super) const SHORT_BYTES_MAX: usize = 16;

/// Masks of the first n bytes.
pub(super) static FIRST_BYTES: [[u64; 2]; SHORT_BYTES_MAX + 1] = {
    let mut masks = [[u64::MAX; 2]; SHORT_BYTES_MAX + 1];
    let mut bytes = 0;
    while bytes < SHORT_BYTES_MAX {
        let mask: u128 = (1 << (8 * bytes)) - 1;
        masks[bytes] = [mask as u64, (mask >> 64) as u64];
        bytes += 1;
    }
    masks
};

#[inline(always)]
pub(super) fn two_words(bytes: &[u8; SHORT_BYTES_MAX]) -> [u64; 2] {
    let (low, high) = bytes.split_at(8);
    let word = |half: &[u8]| half.first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
    [word(low), word(high)]
}

/// Random, so that an attacker cannot construct values that all collide.
pub(super) fn new_seed() -> [u64; 2] {
    let chance = std::hash::RandomState::new();
    [chance.hash_one(0u64), chance.hash_one(1u64)]
}

/// Spreads a short value over the places of a table (multiply and fold, as in wyhash).
#[inline(always)]
pub(super) fn spread([low, high]: [u64; 2], seed: [u64; 2]) -> usize {
    let product = u128::from(low ^ seed[0]) * u128::from(high ^ seed[1]);
    ((product as u64) ^ (product >> 64) as u64) as usize
}

/// Short values that are looked for many at a time, in as little memory as can be: what is found stays in the cache of the processor.
#[derive(Clone, Debug)]
pub(crate) struct ShortValues {
    /// By hash, the number of a value plus one; 0 marks a free place. A power of two, at most half of them taken.
    places: Vec<u32>,
    /// By that: the value, zero-padded.
    words: Vec<[u64; 2]>,
    seed: [u64; 2],
}

impl ShortValues {
    /// Those of `values` that are short, each with its number: the first is 0. All are different, and none is empty.
    pub(crate) fn new<'v>(values: impl Iterator<Item = &'v [u8]>) -> Self {
        let mut words = vec![[0; 2]];
        words.extend(values.map(|value| {
            let mut bytes = [0; SHORT_BYTES_MAX];
            match bytes.get_mut(..value.len()) {
                Some(first) => first.copy_from_slice(value),
                None => return [0; 2],
            }
            two_words(&bytes)
        }));
        let places = vec![0; (2 * words.len()).next_power_of_two()];
        let mut short = ShortValues { places, words, seed: new_seed() };
        for at in 1..short.words.len() {
            let words = short.words[at];
            if words == [0; 2] {
                continue;
            }
            let mut place = short.place(words);
            while short.places[place] != 0 {
                place = (place + 1) & (short.places.len() - 1);
            }
            short.places[place] = at as u32;
        }
        short
    }

    #[inline(always)]
    fn place(&self, words: [u64; 2]) -> usize {
        spread(words, self.seed) & (self.places.len() - 1)
    }

    /// The numbers of `count` values: `value` gives the bytes from each on, and its length. `none` stands for one that is not there, and
    /// `other` is asked for those that are not found at their first place. That is looked at without a branch, so that no value waits for
    /// the one before it.
    pub(crate) fn numbers<'v>(
        &self,
        count: usize,
        value: impl Fn(usize) -> (&'v [u8], usize),
        none: KeyId,
        other: impl Fn(&[u8], usize) -> KeyId,
    ) -> Vec<KeyId> {
        let at_first_place = |row| {
            let (following, len) = value(row);
            let (Some(mask), Some(bytes)) =
                (FIRST_BYTES.get(len), following.first_chunk::<SHORT_BYTES_MAX>())
            else {
                return UNSURE;
            };
            let [low, high] = two_words(bytes);
            let [low, high] = [low & mask[0], high & mask[1]];
            let found = self.places[self.place([low, high])];
            let words = self.words[found as usize];
            let is_it = (low ^ words[0]) | (high ^ words[1]) == 0;
            let is_free = found == 0;
            let unequal = select_unpredictable(is_free, none, UNSURE);
            select_unpredictable(is_it & !is_free, found.wrapping_sub(1), unequal)
        };
        let mut found: Vec<KeyId> = (0..count).map(at_first_place).collect();
        for (row, found) in found.iter_mut().enumerate().filter(|(_, found)| **found == UNSURE) {
            let (following, len) = value(row);
            *found = other(following, len);
        }
        found
    }
}

/// No number: it is not yet known which.
const UNSURE: KeyId = KeyId::MAX;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn finds_many_as_a_map_finds_one() {
        // Enough values that some are not at their first place, and long ones.
        let values: Vec<Vec<u8>> = (0..3_000u32)
            .map(|n| match n % 3 {
                0 => format!("a value longer than sixteen bytes, {n}").into_bytes(),
                _ => format!("u{n}").into_bytes(),
            })
            .collect();
        let short = ShortValues::new(values.iter().map(Vec::as_slice));
        let map: HashMap<&[u8], u32> = values.iter().map(Vec::as_slice).zip(0..).collect();
        // Each with bytes behind it and without, those that are there and others, and one of no bytes.
        let mut rows: Vec<(Vec<u8>, usize)> =
            vec![(b",more bytes than sixteen".to_vec(), 0), (Vec::new(), 0)];
        for value in &values {
            for behind in [&b""[..], b"x", b",more bytes than sixteen"] {
                let other = [&value[..], b"x"].concat();
                rows.push(([&other, behind].concat(), other.len()));
                rows.push(([value, behind].concat(), value.len()));
            }
        }
        let number = |following: &[u8], len: usize| map.get(&following[..len]).copied().unwrap_or(7_777);
        let asked = std::cell::Cell::new(0);
        let other = |following: &[u8], len: usize| {
            asked
                .set(asked.get() + usize::from(len <= SHORT_BYTES_MAX && following.len() >= SHORT_BYTES_MAX));
            number(following, len)
        };
        let value = |row: usize| (&rows[row].0[..], rows[row].1);
        let found = short.numbers(rows.len(), value, 7_777, other);
        for ((following, len), found) in rows.iter().zip(found) {
            assert_eq!(found, number(following, *len), "{following:?}");
        }
        assert!((1..rows.len() / 4).contains(&asked.get()), "most are found at their first place");
        let none = ShortValues::new(std::iter::empty());
        assert_eq!(none.numbers(2, |_| (&b"a, and sixteen bytes more"[..], 1), 7, |_, _| 8), [7, 7]);
    }
}
