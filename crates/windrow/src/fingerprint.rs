//! Fingerprints: whether two files have the same bytes, told by a number.
//!
//! A file's bytes are hashed block by block (XXH3, 128 bits), so that threads may take the blocks of a file in any
//! order, and the hashes are then folded in order into one. What is appended to a file later only adds to the fold.
//! It is a check against accidents, not against forgery: XXH3 is not a cryptographic hash.

mod lines;
mod proof;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use twox_hash::XxHash3_128;

use crate::error::{Code, Error, Kind, Result};

pub(crate) use lines::LineHasher;
#[cfg(feature = "spark")]
pub(crate) use lines::spark_hash;
#[cfg(feature = "spark")]
pub(crate) use lines::{LineSums, MODULUS, PART_BITS};
pub(crate) use proof::hash;
pub use proof::{EndHashes, PROOF_BYTES, Proof, ends, hash_of};

/// The number of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

/// Bytes that are hashed on their own.
pub const BLOCK_BYTES: u64 = 64 << 10;

/// Bytes that are read at a time where a file is only hashed.
const READ_BYTES: usize = 1 << 20;

impl Fingerprint {
    /// The fingerprint of `bytes`, a whole file.
    pub fn of(bytes: &[u8]) -> Self {
        let mut blocks = BlockHasher::new(0..bytes.len() as u64);
        blocks.read(0, bytes);
        let mut fold = Fold::default();
        blocks.finish().into_iter().for_each(|block| fold.add(block));
        fold.finish(bytes.len() as u64)
    }

    /// The fingerprint of the next `bytes` bytes, of which `read` reads some. `each` is given them too.
    ///
    /// # Errors
    /// Storage: there are fewer. Those of `read`.
    pub(crate) fn of_next(
        bytes: u64,
        read: &mut dyn FnMut(&mut [u8]) -> Result<usize>,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<Self> {
        // The buffer of a small file is small too: it is filled with zeros first.
        let mut buffer = vec![0; bytes.min(READ_BYTES as u64) as usize];
        let (mut blocks, mut at) = (BlockHasher::new(0..bytes), 0);
        while at < bytes {
            let wanted = (bytes - at).min(buffer.len() as u64) as usize;
            let read = read(&mut buffer[..wanted])?;
            if read == 0 {
                let message = format!("it ends after {at} of {bytes} bytes");
                return Err(Error::new(Kind::Storage, message)
                    .with_code(Code::FileChanged)
                    .with_help("run again when nothing writes to the file, or give windrow a copy of it"));
            }
            blocks.read(at, &buffer[..read]);
            each(&buffer[..read]);
            at += read as u64;
        }
        let mut fold = Fold::default();
        blocks.finish().into_iter().for_each(|block| fold.add(block));
        Ok(fold.finish(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Fingerprint)
    }
}

/// Hashes the blocks of one stretch of a file, whose bytes come in order and in pieces of any size.
pub struct BlockHasher {
    /// The next byte that is wanted, and where the stretch ends.
    next: u64,
    end: u64,
    /// Of the block that `next` is in.
    hasher: XxHash3_128,
    hashes: Vec<u128>,
}

impl BlockHasher {
    /// For the bytes of `stretch`, which begins where a block begins.
    pub fn new(stretch: Range<u64>) -> Self {
        BlockHasher { next: stretch.start, end: stretch.end, hasher: XxHash3_128::new(), hashes: Vec::new() }
    }

    /// Takes the bytes that stand in the file at `at`; those that were taken before, or are not of the stretch, do
    /// not count. After a hole nothing is taken any more: then there are fewer hashes than blocks.
    pub fn read(&mut self, at: u64, bytes: &[u8]) {
        if at > self.next {
            self.end = self.next;
        }
        let taken = self.next.saturating_sub(at).min(bytes.len() as u64) as usize;
        let wanted = self.end.saturating_sub(at).min(bytes.len() as u64) as usize;
        let mut bytes = &bytes[taken..wanted.max(taken)];
        while !bytes.is_empty() {
            let left = BLOCK_BYTES - self.next % BLOCK_BYTES;
            let (piece, rest) = bytes.split_at(bytes.len().min(left as usize));
            self.next += piece.len() as u64;
            if piece.len() as u64 == BLOCK_BYTES {
                self.hashes.push(XxHash3_128::oneshot(piece));
            } else {
                self.hasher.write(piece);
                if self.next.is_multiple_of(BLOCK_BYTES) {
                    self.end_block();
                }
            }
            bytes = rest;
        }
    }

    fn end_block(&mut self) {
        self.hashes.push(std::mem::replace(&mut self.hasher, XxHash3_128::new()).finish_128());
    }

    /// The hashes of the blocks, the last of which may be cut.
    pub fn finish(mut self) -> Vec<u128> {
        if !self.next.is_multiple_of(BLOCK_BYTES) {
            self.end_block();
        }
        self.hashes
    }
}

/// The hashes of the blocks of a file, in order, folded into one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    state: u128,
    /// The state before the last block.
    before: u128,
    blocks: u64,
    /// The hash of the first block of the file, if it was added.
    first: Option<u128>,
}

impl Fold {
    /// Goes on from `state`, that of the first `blocks` blocks of a file.
    pub fn resumed(state: u128, blocks: u64) -> Self {
        Fold { state, before: state, blocks, first: None }
    }

    /// The state after the whole blocks of a file of `bytes` bytes, all of whose blocks were added.
    pub fn whole_blocks(self, bytes: u64) -> u128 {
        if bytes.is_multiple_of(BLOCK_BYTES) { self.state } else { self.before }
    }

    /// The hash of the next block.
    pub fn add(&mut self, block: u128) {
        if self.blocks == 0 {
            self.first = Some(block);
        }
        self.before = self.state;
        self.state = both(self.state, block);
        self.blocks += 1;
    }

    /// The hash of the first block of the file; none where hashing went on from a later one.
    pub fn first(&self) -> Option<u128> {
        self.first
    }

    /// How many blocks were added.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// The fingerprint of a file of `bytes` bytes.
    pub fn finish(self, bytes: u64) -> Fingerprint {
        Fingerprint(both(self.state, u128::from(bytes)))
    }
}

fn both(a: u128, b: u128) -> u128 {
    XxHash3_128::oneshot([a.to_le_bytes(), b.to_le_bytes()].as_flattened())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| ((at * at) >> 3) as u8).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// However a file is cut into stretches and pieces, its fingerprint is one.
        #[test]
        fn pieces_do_not_matter(
            len in 0usize..400_000, piece in 1_000usize..100_000, stretch in 1u64..4, back in 0usize..50,
        ) {
            let bytes = bytes(len);
            let mut fold = Fold::default();
            for start in (0..len as u64).step_by((stretch * BLOCK_BYTES) as usize) {
                let mut blocks = BlockHasher::new(start..(start + stretch * BLOCK_BYTES).min(len as u64));
                // Pieces overlap, and reach before and behind the stretch.
                let mut at = (start as usize).saturating_sub(back);
                while at < len {
                    blocks.read(at as u64, &bytes[at..(at + piece + back).min(len)]);
                    at += piece;
                }
                blocks.finish().into_iter().for_each(|block| fold.add(block));
            }
            prop_assert_eq!(fold.finish(len as u64), Fingerprint::of(&bytes));
            let read = |wanted| {
                let (mut left, mut seen) = (&bytes[..], Vec::new());
                let mut read = |into: &mut [u8]| Ok(std::io::Read::read(&mut left, into).unwrap());
                let found = Fingerprint::of_next(wanted, &mut read, &mut |piece| seen.extend_from_slice(piece));
                prop_assert_eq!(&seen, &bytes);
                Ok(found)
            };
            prop_assert_eq!(read(len as u64)?.unwrap(), Fingerprint::of(&bytes));
            prop_assert_eq!(read(len as u64 + 1)?.unwrap_err().kind(), Kind::Storage);
        }
    }

    #[test]
    fn a_byte_or_a_length_makes_another_fingerprint() {
        let mut seen = std::collections::BTreeSet::new();
        for len in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            assert!(seen.insert(Fingerprint::of(&vec![0; len])));
            for at in std::collections::BTreeSet::from([0, len / 2, len.max(1) - 1]) {
                let mut changed = vec![0; len];
                if let Some(byte) = changed.get_mut(at) {
                    *byte = 1;
                    assert!(seen.insert(Fingerprint::of(&changed)), "{len} bytes, {at}");
                }
            }
        }
    }

    #[test]
    fn it_stays_what_it_is() {
        // Ledgers keep fingerprints: another definition would make every file a changed one.
        assert_eq!(Fingerprint::of(b"").to_string(), "9a026d96b3c0f0fca057271c9071c99d");
        assert_eq!(Fingerprint::of(&bytes(200_000)).to_string(), "a690d665ca55afc698e7f55c0851588e");
        assert_eq!("0a".parse(), Ok(Fingerprint(10)));
    }
}
