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

/// A short value that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortValue {
    /// Its bytes, zero-padded: no value holds a NUL.
    words: [u64; 2],
}

impl ShortValue {
    /// The value in the first `len` bytes of `following`; `None` if it is empty or long, or fewer bytes than a short value may have follow.
    #[inline(always)]
    pub(crate) fn new(following: &[u8], len: usize) -> Option<Self> {
        // One number of 16 bytes: two would take a way over the stack.
        let bytes = u128::from_le_bytes(*following.first_chunk::<SHORT_BYTES_MAX>()?);
        if len == 0 || len > SHORT_BYTES_MAX {
            return None;
        }
        let value = bytes & (u128::MAX >> (8 * (SHORT_BYTES_MAX - len)));
        Some(ShortValue { words: [value as u64, (value >> 64) as u64] })
    }

    /// Its text.
    pub(crate) fn text(self) -> Vec<u8> {
        let mut text = self.words.map(u64::to_le_bytes).concat();
        text.truncate(text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        text
    }
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

    /// The number of a value, or `none` if it is not in the table. Only the first place is looked at, without a branch, so that the processor works
    /// on several values at once; a value that this does not settle has the number [`UNSURE`].
    #[inline(always)]
    fn at_first_place(&self, ShortValue { words: [low, high] }: ShortValue, none: KeyId) -> KeyId {
        let found = self.places[self.place([low, high])];
        let words = self.words[found as usize];
        let is_it = (low ^ words[0]) | (high ^ words[1]) == 0;
        let is_free = found == 0;
        let unequal = select_unpredictable(is_free, none, UNSURE);
        select_unpredictable(is_it & !is_free, found.wrapping_sub(1), unequal)
    }

    /// The numbers of values, of which each is given by `short` if it is short, and else is `None`. `none` is the number of a value that is not in
    /// the table. For the values that are not short, `other` is called with their positions.
    pub(crate) fn numbers(
        &self,
        short: impl Iterator<Item = Option<ShortValue>> + Clone,
        none: KeyId,
        other: impl Fn(usize) -> KeyId,
    ) -> Vec<KeyId> {
        let number =
            |value: Option<ShortValue>| value.map_or(UNSURE, |value| self.at_first_place(value, none));
        let mut found: Vec<KeyId> = short.clone().map(number).collect();
        let unsure = found.iter_mut().zip(short).enumerate().filter(|(_, (found, _))| **found == UNSURE);
        for (at, (found, short)) in unsure {
            *found = match short {
                Some(value) => self.number(value).unwrap_or(none),
                None => other(at),
            };
        }
        found
    }

    /// The number of a value, if it is in the table.
    fn number(&self, value: ShortValue) -> Option<KeyId> {
        let mut place = self.place(value.words);
        loop {
            match self.places[place] {
                0 => return None,
                found if self.words[found as usize] == value.words => return Some(found - 1),
                _ => place = (place + 1) & (self.places.len() - 1),
            }
        }
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
        let number = |at: usize| {
            let (following, len) = &rows[at];
            map.get(&following[..*len]).copied().unwrap_or(7_777)
        };
        let is_short = |(following, len): &(Vec<u8>, usize)| ShortValue::new(following, *len);
        let other = |at| {
            assert!(is_short(&rows[at]).is_none(), "short values are found in the table");
            number(at)
        };
        let found = short.numbers(rows.iter().map(is_short), 7_777, other);
        for (at, found) in found.into_iter().enumerate() {
            assert_eq!(found, number(at), "{:?}", rows[at]);
        }
        let is_unsure = |value: &ShortValue| short.at_first_place(*value, 7_777) == UNSURE;
        let unsure = rows.iter().filter_map(is_short).filter(is_unsure).count();
        assert!((1..rows.len() / 4).contains(&unsure), "most are found at their first place");
        let none = ShortValues::new(std::iter::empty());
        let value = ShortValue::new(b"a, and sixteen bytes more", 1);
        assert_eq!(value.map(ShortValue::text), Some(b"a".to_vec()));
        assert_eq!(none.numbers([value, None].into_iter(), 7, |_| 8), [7, 8]);
    }
}
