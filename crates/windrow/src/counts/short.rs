//! Short values: texts of up to 16 bytes, held as two words of 8 bytes, which are cheap to compare and to hash.

use std::hash::BuildHasher;
use std::hint::select_unpredictable;

use super::KeyId;

/// The longest short value, in bytes.
pub(super) const SHORT_BYTES_MAX: usize = 16;

/// By `n`: the mask that keeps the first `n` bytes of two words.
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

/// The hash of a short value (multiply and fold, as in wyhash).
#[inline(always)]
pub(super) fn spread([low, high]: [u64; 2], seed: [u64; 2]) -> usize {
    let product = u128::from(low ^ seed[0]) * u128::from(high ^ seed[1]);
    ((product as u64) ^ (product >> 64) as u64) as usize
}

/// A table of short values for looking up many at a time. It is small, so that it stays in the processor's cache.
#[derive(Clone, Debug)]
pub(crate) struct ShortValues {
    /// Open addressing by hash: a value's number plus one; 0 marks a free place. The length is a power of two, and at most half is taken.
    places: Vec<u32>,
    /// By number plus one: the value, zero-padded; zeros for a long one.
    words: Vec<[u64; 2]>,
    seed: [u64; 2],
}

impl ShortValues {
    /// The table of the short ones among `values`. A value's number is its position in `values`. All differ, and none is empty.
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

    /// The numbers of `count` values. `value` gives, by position, the bytes from the value's start on, and its length. `none` is the number of a
    /// value that is not in the table. Only a value's first place is looked at, without a branch, so that the processor works on several values at
    /// once; for values that this does not settle, `other` is called.
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

/// Stands for a number that the first place does not tell.
const UNSURE: KeyId = KeyId::MAX;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn finds_many_as_a_map_finds_one() {
        // So many values that some are not at their first place; some are long.
        let values: Vec<Vec<u8>> = (0..3_000u32)
            .map(|n| match n % 3 {
                0 => format!("a value longer than sixteen bytes, {n}").into_bytes(),
                _ => format!("u{n}").into_bytes(),
            })
            .collect();
        let short = ShortValues::new(values.iter().map(Vec::as_slice));
        let map: HashMap<&[u8], u32> = values.iter().map(Vec::as_slice).zip(0..).collect();
        // Known and unknown values, each with and without bytes behind it, and empty values.
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
