//! Keys: the distinct tuples of raw key values of a count, each with a small number.
//!
//! A value is compared as the bytes it has in the file; cleaning comes later and only touches the distinct ones.

use std::hash::BuildHasher;
use std::hint::select_unpredictable;

use hashbrown::{HashMap, HashTable};

use super::FastHash;

/// The number of one tuple of key values.
pub type KeyId = u32;

/// Distinct tuples of raw key values. The tuple of a job without keys is empty and has the number 0.
#[derive(Clone, Debug)]
pub struct Keys {
    columns: Vec<Values>,
    /// For the second column on: the distinct pairs (number of the tuple so far, number of this column's value).
    pairs: Vec<Pairs>,
}

impl Keys {
    /// No tuples yet, of `columns` values each.
    pub fn new(columns: usize) -> Self {
        Keys {
            columns: (0..columns).map(|_| Values::default()).collect(),
            pairs: (1..columns).map(|_| Pairs::default()).collect(),
        }
    }

    /// Values per tuple.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// How many tuples there are; their numbers are `0..len`.
    pub fn len(&self) -> usize {
        match (self.pairs.last(), self.columns.last()) {
            (Some(pairs), _) => pairs.list.len(),
            (None, Some(values)) => values.list.len(),
            (None, None) => 1,
        }
    }

    /// The bytes of all distinct values.
    pub fn bytes(&self) -> u64 {
        self.columns.iter().map(|values| values.bytes).sum()
    }

    /// Whether there is no tuple.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of a tuple of one value that is `value`, whose bytes may go on in `following`
    /// (`following` begins with `value`; the slack lets short values be compared in two words).
    #[inline(always)]
    pub fn id_of_one(&mut self, following: &[u8], len: usize) -> KeyId {
        self.columns[0].id_of(following, len)
    }

    /// The number that the tuple of one value of up to 16 bytes has, if it was met; the value begins `following`.
    #[inline(always)]
    pub fn find_one(&self, following: &[u8; SHORT_BYTES_MAX], len: usize) -> Option<KeyId> {
        self.columns.first()?.find_short(following, len)
    }

    /// The number that the tuple of one value has, if it was met; the value is the first `len` bytes of `following`.
    #[inline(always)]
    pub(crate) fn known_one(&self, following: &[u8], len: usize) -> Option<KeyId> {
        self.columns.first()?.known_id(following, len)
    }

    /// The number that the tuple of these values has, if it was met.
    pub(crate) fn known<'a>(&self, values: impl Iterator<Item = (&'a [u8], usize)>) -> Option<KeyId> {
        let mut id = 0;
        for (at, (following, len)) in values.enumerate() {
            let value_id = self.columns.get(at)?.known_id(following, len)?;
            id = if at == 0 { value_id } else { self.pairs[at - 1].known(id, value_id)? };
        }
        Some(id)
    }

    /// The number of the tuple `values`; a new one for a new tuple.
    pub fn id_of<'a>(&mut self, values: impl Iterator<Item = &'a [u8]>) -> KeyId {
        let mut id = 0;
        for (at, value) in values.enumerate() {
            let value_id = self.columns[at].id_of(value, value.len());
            id = if at == 0 { value_id } else { self.pairs[at - 1].id_of(id, value_id) };
        }
        id
    }

    /// The raw values of tuple `id`.
    pub fn tuple(&self, id: KeyId) -> Vec<&[u8]> {
        let mut id = id;
        let mut values = Vec::with_capacity(self.columns.len());
        for at in (1..self.columns.len()).rev() {
            let (before, value) = self.pairs[at - 1].list[id as usize];
            values.push(&*self.columns[at].list[value as usize]);
            id = before;
        }
        if let Some(first) = self.columns.first() {
            values.push(&*first.list[id as usize]);
        }
        values.reverse();
        values
    }
}

/// The distinct values of one column.
#[derive(Clone, Debug)]
struct Values {
    list: Vec<Box<[u8]>>,
    /// Values of up to 16 bytes: open addressing, a power of two of places, at most half of them taken.
    short: Vec<Short>,
    short_len: usize,
    /// The two short values met last. Most logs have few values; which comes next is unpredictable, so they are
    /// compared without a branch.
    recent: [Short; 2],
    /// Random, so that an attacker cannot construct values that all collide.
    seed: [u64; 2],
    /// The numbers of longer values, by the hash of the value.
    long: HashTable<KeyId>,
    hasher: FastHash,
    /// The bytes of all values.
    bytes: u64,
}

/// A value of up to 16 bytes, zero-padded. No value holds a NUL (such rows are rejects), so padding is unambiguous.
#[derive(Clone, Copy, Debug, Default)]
struct Short {
    words: [u64; 2],
    /// The value's number plus one; 0 marks a free place.
    id_plus_one: u32,
}

const SHORT_BYTES_MAX: usize = 16;

/// What no value is: it begins with a NUL.
const NO_VALUE: Short = Short { words: [0xFF00, 0], id_plus_one: 0 };

/// Masks of the first n bytes.
static FIRST_BYTES: [[u64; 2]; SHORT_BYTES_MAX + 1] = {
    let mut masks = [[u64::MAX; 2]; SHORT_BYTES_MAX + 1];
    let mut bytes = 0;
    while bytes < SHORT_BYTES_MAX {
        let mask: u128 = (1 << (8 * bytes)) - 1;
        masks[bytes] = [mask as u64, (mask >> 64) as u64];
        bytes += 1;
    }
    masks
};

impl Default for Values {
    fn default() -> Self {
        let chance = std::hash::RandomState::new();
        let seed = [chance.hash_one(0u64), chance.hash_one(1u64)];
        let short = vec![Short::default(); 64];
        Values {
            list: Vec::new(),
            short,
            short_len: 0,
            recent: [NO_VALUE; 2],
            seed,
            long: HashTable::new(),
            hasher: FastHash::default(),
            bytes: 0,
        }
    }
}

impl Values {
    #[inline(always)]
    fn id_of(&mut self, following: &[u8], len: usize) -> KeyId {
        let (Some(mask), Some(bytes)) = (FIRST_BYTES.get(len), following.first_chunk::<SHORT_BYTES_MAX>())
        else {
            return self.id_at_the_edge(&following[..len]);
        };
        let [low, high] = two_words(bytes);
        let [low, high] = [low & mask[0], high & mask[1]];
        let [a, b] = &self.recent;
        let is_a = (low ^ a.words[0]) | (high ^ a.words[1]) == 0;
        let is_b = (low ^ b.words[0]) | (high ^ b.words[1]) == 0;
        let known = select_unpredictable(is_b, b.id_plus_one, 0);
        let known = select_unpredictable(is_a, a.id_plus_one, known);
        if known != 0 {
            return known - 1;
        }
        self.id_of_short([low, high], len)
    }

    #[inline(always)]
    fn find_short(&self, following: &[u8; SHORT_BYTES_MAX], len: usize) -> Option<KeyId> {
        let mask = FIRST_BYTES.get(len)?;
        let [low, high] = two_words(following);
        let words = [low & mask[0], high & mask[1]];
        self.known(words).map(|found| found.id_plus_one - 1)
    }

    /// The number of a value that was met; it is the first `len` bytes of `following`.
    #[inline(always)]
    fn known_id(&self, following: &[u8], len: usize) -> Option<KeyId> {
        if len > SHORT_BYTES_MAX {
            let value = &following[..len];
            let hash = self.hasher.hash_one(value);
            return self.long.find(hash, |id| *self.list[*id as usize] == *value).copied();
        }
        match following.first_chunk() {
            Some(bytes) => self.find_short(bytes, len),
            None => {
                let mut bytes = [0; SHORT_BYTES_MAX];
                bytes[..len].copy_from_slice(&following[..len]);
                self.find_short(&bytes, len)
            }
        }
    }

    /// The number of a long value, or of a short one so close to the end of the bytes that it must be copied.
    #[inline(never)]
    fn id_at_the_edge(&mut self, value: &[u8]) -> KeyId {
        if value.len() > SHORT_BYTES_MAX {
            return self.id_of_long(value);
        }
        let mut bytes = [0; SHORT_BYTES_MAX];
        bytes[..value.len()].copy_from_slice(value);
        self.id_of_short(two_words(&bytes), value.len())
    }

    #[inline(always)]
    fn id_of_short(&mut self, words: [u64; 2], len: usize) -> KeyId {
        match self.known(words) {
            Some(found) => {
                self.recent = [found, self.recent[0]];
                found.id_plus_one - 1
            }
            None => self.add_short(words, len),
        }
    }

    #[inline(always)]
    fn known(&self, words: [u64; 2]) -> Option<Short> {
        let mask = self.short.len() - 1;
        let mut place = self.spread(words) & mask;
        while let Some(found) = self.short.get(place).filter(|found| found.id_plus_one != 0) {
            if found.words == words {
                return Some(*found);
            }
            place = (place + 1) & mask;
        }
        None
    }

    #[cold]
    fn add_short(&mut self, words: [u64; 2], len: usize) -> KeyId {
        if (self.short_len + 1) * 2 > self.short.len() {
            let places = self.short.len() * 2;
            let old = std::mem::replace(&mut self.short, vec![Short::default(); places]);
            for value in old.into_iter().filter(|value| value.id_plus_one != 0) {
                self.place(value);
            }
        }
        let bytes = [words[0].to_le_bytes(), words[1].to_le_bytes()].concat();
        let id = self.push(&bytes[..len]);
        self.place(Short { words, id_plus_one: id + 1 });
        self.short_len += 1;
        id
    }

    fn place(&mut self, value: Short) {
        let mask = self.short.len() - 1;
        let mut place = self.spread(value.words) & mask;
        while self.short[place].id_plus_one != 0 {
            place = (place + 1) & mask;
        }
        self.short[place] = value;
    }

    /// Spreads a short value over the places of the table (multiply and fold, as in wyhash).
    #[inline(always)]
    fn spread(&self, [low, high]: [u64; 2]) -> usize {
        let product = u128::from(low ^ self.seed[0]) * u128::from(high ^ self.seed[1]);
        ((product as u64) ^ (product >> 64) as u64) as usize
    }

    #[inline(never)]
    fn id_of_long(&mut self, value: &[u8]) -> KeyId {
        let hash = self.hasher.hash_one(value);
        if let Some(id) = self.long.find(hash, |id| *self.list[*id as usize] == *value) {
            return *id;
        }
        let id = self.push(value);
        let Values { long, list, hasher, .. } = self;
        long.insert_unique(hash, id, |id| hasher.hash_one(&*list[*id as usize]));
        id
    }

    fn push(&mut self, value: &[u8]) -> KeyId {
        self.bytes += value.len() as u64;
        self.list.push(value.into());
        (self.list.len() - 1) as KeyId
    }
}

#[inline(always)]
fn two_words(bytes: &[u8; SHORT_BYTES_MAX]) -> [u64; 2] {
    let (low, high) = bytes.split_at(8);
    let word = |half: &[u8]| half.first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
    [word(low), word(high)]
}

/// Distinct pairs of numbers.
#[derive(Clone, Debug, Default)]
struct Pairs {
    list: Vec<(u32, u32)>,
    ids: HashMap<u64, KeyId, FastHash>,
}

impl Pairs {
    fn known(&self, before: u32, value: u32) -> Option<KeyId> {
        self.ids.get(&(u64::from(before) << 32 | u64::from(value))).copied()
    }

    fn id_of(&mut self, before: u32, value: u32) -> KeyId {
        let list = &mut self.list;
        *self.ids.entry(u64::from(before) << 32 | u64::from(value)).or_insert_with(|| {
            list.push((before, value));
            (list.len() - 1) as KeyId
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tuples_in_the_order_they_come() {
        let mut keys = Keys::new(2);
        let tuples: [[&[u8]; 2]; 4] =
            [[b"Open", b"de"], [b"a value longer than sixteen bytes", b""], [b"Open", b"us"], [b"", b"de"]];
        for (at, tuple) in tuples.iter().enumerate() {
            assert_eq!(keys.id_of(tuple.iter().copied()), at as u32);
        }
        for (at, tuple) in tuples.iter().enumerate() {
            assert_eq!(keys.id_of(tuple.iter().copied()), at as u32);
            assert_eq!(keys.tuple(at as u32), tuple.to_vec());
        }
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn finds_the_tuples_that_were_met_and_no_others() {
        let mut keys = Keys::new(2);
        let values: Vec<Vec<u8>> = (0..40u8).map(|n| vec![b'a' + n % 26; usize::from(n) + 1]).collect();
        for (at, value) in values.iter().enumerate() {
            assert_eq!(keys.id_of([&value[..], b"x"].into_iter()), at as u32);
        }
        for (at, value) in values.iter().enumerate() {
            // With bytes behind it or without.
            for following in [value.clone(), [&value[..], b",more bytes than sixteen"].concat()] {
                let found = |last: &'static [u8]| {
                    keys.known([(&following[..], value.len()), (last, last.len())].into_iter())
                };
                assert_eq!((found(b"x"), found(b"y")), (Some(at as u32), None));
            }
        }
        let mut keys = Keys::new(1);
        assert_eq!((keys.id_of_one(b"Open", 4), keys.known_one(b"Open,", 4)), (0, Some(0)));
        assert_eq!(keys.known_one(b"Open,", 5), None);
    }

    #[test]
    fn slack_after_a_value_does_not_matter() {
        let mut keys = Keys::new(1);
        let bytes = b"OpenCloseOpenClose,and more bytes to read over";
        assert_eq!(keys.id_of_one(bytes, 4), 0);
        assert_eq!(keys.id_of_one(b"Open", 4), 0);
        assert_eq!(keys.id_of_one(bytes, 9), 1);
        assert_eq!(keys.id_of_one(bytes, 0), 2);
        assert_eq!(keys.id_of_one(b"", 0), 2);
        assert_eq!(keys.tuple(2), vec![b"" as &[u8]]);
        for n in 0..1000u32 {
            let value = format!("action_{n}");
            assert_eq!(keys.id_of_one(value.as_bytes(), value.len()), 3 + n);
        }
    }
}
