//! Values: the distinct raw values of one column, each with a small number.

use std::hash::BuildHasher;
use std::hint::select_unpredictable;

use hashbrown::HashTable;

use super::FastHash;
use super::keys::KeyId;
use super::short::{FIRST_BYTES, SHORT_BYTES_MAX, new_seed, spread, two_words};

/// The distinct values of one column.
#[derive(Clone, Debug)]
pub(super) struct DistinctValues {
    pub(super) list: Vec<Box<[u8]>>,
    /// Values of up to 16 bytes, by open addressing: the length is a power of two, and at most half is taken.
    short: Vec<Short>,
    short_len: usize,
    /// The two most recent different short values. Most logs have few values, in an unpredictable order, so both are
    /// compared without a branch.
    recent: [Short; 2],
    /// Random, so that an attacker cannot construct values that all collide.
    seed: [u64; 2],
    /// The numbers of longer values, by the hash of the value.
    long: HashTable<KeyId>,
    hasher: FastHash,
    /// The size of all values, in bytes.
    pub(super) bytes: u64,
}

/// A value of up to 16 bytes, zero-padded. No value holds a NUL (such rows are rejects), so padding is unambiguous.
#[derive(Clone, Copy, Debug, Default)]
struct Short {
    words: [u64; 2],
    /// The value's number plus one; 0 marks a free place.
    id_plus_one: u32,
}

/// Equal to no value: it begins with a NUL.
const NO_VALUE: Short = Short { words: [0xFF00, 0], id_plus_one: 0 };

impl Default for DistinctValues {
    fn default() -> Self {
        let short = vec![Short::default(); 64];
        DistinctValues {
            list: Vec::new(),
            short,
            short_len: 0,
            recent: [NO_VALUE; 2],
            seed: new_seed(),
            long: HashTable::new(),
            hasher: FastHash::default(),
            bytes: 0,
        }
    }
}

impl DistinctValues {
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

    /// The number of the value in the first `len` bytes of `following`; none if it was not seen before.
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

    /// The number of a long value, or of a short one that is copied because fewer than 16 bytes follow its start.
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
        let mut place = spread(words, self.seed) & mask;
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
        let mut place = spread(value.words, self.seed) & mask;
        while self.short[place].id_plus_one != 0 {
            place = (place + 1) & mask;
        }
        self.short[place] = value;
    }

    #[inline(never)]
    fn id_of_long(&mut self, value: &[u8]) -> KeyId {
        let hash = self.hasher.hash_one(value);
        if let Some(id) = self.long.find(hash, |id| *self.list[*id as usize] == *value) {
            return *id;
        }
        let id = self.push(value);
        let DistinctValues { long, list, hasher, .. } = self;
        long.insert_unique(hash, id, |id| hasher.hash_one(&*list[*id as usize]));
        id
    }

    fn push(&mut self, value: &[u8]) -> KeyId {
        self.bytes += value.len() as u64;
        self.list.push(value.into());
        (self.list.len() - 1) as KeyId
    }
}
