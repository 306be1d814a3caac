//! Values: the distinct raw values of one column, each with a small number.

use std::hash::BuildHasher;
use std::hint::select_unpredictable;

use hashbrown::HashTable;

use super::FastHash;
use super::keys::KeyId;

/// The distinct values of one column.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pub(super) list: Vec<Box<[u8]>>,
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
    pub(super) bytes: u64,
}

/// A value of up to 16 bytes, zero-padded. No value holds a NUL (such rows are rejects), so padding is unambiguous.
#[derive(Clone, Copy, Debug, Default)]
struct Short {
    words: [u64; 2],
    /// The value's number plus one; 0 marks a free place.
    id_plus_one: u32,
}

pub(super) const SHORT_BYTES_MAX: usize = 16;

/// No number: it is not yet known which.
const UNSURE: KeyId = KeyId::MAX;

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
    pub(super) fn id_of(&mut self, following: &[u8], len: usize) -> KeyId {
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
    pub(super) fn find_short(&self, following: &[u8; SHORT_BYTES_MAX], len: usize) -> Option<KeyId> {
        let mask = FIRST_BYTES.get(len)?;
        let [low, high] = two_words(following);
        let words = [low & mask[0], high & mask[1]];
        self.known(words).map(|found| found.id_plus_one - 1)
    }

    /// The number of a value that was met; it is the first `len` bytes of `following`.
    #[inline(always)]
    pub(super) fn known_id(&self, following: &[u8], len: usize) -> Option<KeyId> {
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

    /// The numbers that the values of `count` rows have, and `none` where one was not met: [`known_id`](Self::known_id) of each. The
    /// places of short values are looked at without a branch, so that many of them are on their way from memory at a time.
    pub(super) fn known_ids<'a>(
        &self,
        count: usize,
        value: impl Fn(usize) -> (&'a [u8], usize),
        none: KeyId,
    ) -> Vec<KeyId> {
        let last = self.short.len() - 1;
        let at_first_place = |row| {
            let (following, len) = value(row);
            let (Some(mask), Some(bytes)) =
                (FIRST_BYTES.get(len), following.first_chunk::<SHORT_BYTES_MAX>())
            else {
                return UNSURE;
            };
            let [low, high] = two_words(bytes);
            let [low, high] = [low & mask[0], high & mask[1]];
            let Short { words, id_plus_one } = self.short[self.spread([low, high]) & last];
            let is_it = (low ^ words[0]) | (high ^ words[1]) == 0;
            let is_free = id_plus_one == 0;
            let other = select_unpredictable(is_free, none, UNSURE);
            select_unpredictable(is_it & !is_free, id_plus_one.wrapping_sub(1), other)
        };
        let mut found: Vec<KeyId> = (0..count).map(at_first_place).collect();
        for (row, found) in found.iter_mut().enumerate().filter(|(_, found)| **found == UNSURE) {
            let (following, len) = value(row);
            *found = self.known_id(following, len).unwrap_or(none);
        }
        found
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
