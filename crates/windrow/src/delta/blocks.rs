//! Blocks: the hashes of a data file's bytes, block by block, so that damage is detected before the bytes are used.

use std::ops::Range;

use crate::fingerprint::Fingerprint;

/// The tag of a data file with the hashes.
pub(crate) const TAG: &str = "windrow.blocks";

/// The least bytes of a block.
const BLOCK_BYTES: u64 = 64 << 10;

/// The most blocks of a file: the log holds the hashes.
const BLOCKS_MAX: u64 = 64;

/// The hashes of the blocks of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockHashes {
    /// Bytes of each block except the last.
    bytes: u64,
    hashes: Vec<u64>,
}

impl BlockHashes {
    /// The hashes of a file with these bytes.
    pub(crate) fn of(file: &[u8]) -> Self {
        let bytes = (file.len() as u64).div_ceil(BLOCKS_MAX).next_multiple_of(BLOCK_BYTES).max(BLOCK_BYTES);
        BlockHashes { bytes, hashes: file.chunks(bytes as usize).map(hash).collect() }
    }

    /// Their text for the log: the bytes of a block, and the hashes.
    pub(crate) fn write(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| format!("{hash:016x}")).collect();
        format!("{}:{hashes}", self.bytes)
    }

    /// The hashes of a file of `size_bytes`, from the log; `None` if the text does not fit such a file.
    pub(crate) fn read(text: &str, size_bytes: u64) -> Option<Self> {
        let (bytes, hashes) = text.split_once(':')?;
        let bytes: u64 = bytes.parse().ok().filter(|bytes| *bytes > 0)?;
        let hash = |at: usize| u64::from_str_radix(hashes.get(at * 16..at * 16 + 16)?, 16).ok();
        let hashes: Vec<u64> = (0..hashes.len() / 16).map(hash).collect::<Option<_>>()?;
        (hashes.len() as u64 == size_bytes.div_ceil(bytes)).then_some(BlockHashes { bytes, hashes })
    }

    /// The whole blocks that hold `range` in a file of `size_bytes`.
    pub(crate) fn around(&self, range: Range<u64>, size_bytes: u64) -> Range<u64> {
        let end = range.end.div_ceil(self.bytes).saturating_mul(self.bytes);
        range.start / self.bytes * self.bytes..end.min(size_bytes)
    }

    /// Whether `part`, which begins with the block at `start`, has the bytes that were written there.
    pub(crate) fn hold(&self, start: u64, part: &[u8]) -> bool {
        let first = usize::try_from(start / self.bytes).unwrap_or(usize::MAX);
        let mut wanted = self.hashes.iter().skip(first);
        part.chunks(self.bytes as usize).all(|block| wanted.next() == Some(&hash(block)))
    }
}

fn hash(block: &[u8]) -> u64 {
    Fingerprint::of(block).0 as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_seen_in_its_block_alone() {
        for size in [0usize, 1, 65_536, 65_537, 300_000, 9_000_000] {
            let file: Vec<u8> = (0..size).map(|at| ((at * at) >> 3) as u8).collect();
            let blocks = BlockHashes::read(&BlockHashes::of(&file).write(), size as u64).unwrap();
            assert!(blocks.hashes.len() <= BLOCKS_MAX as usize && blocks.hold(0, &file));
            assert_eq!(BlockHashes::read(&blocks.write(), size as u64 + blocks.bytes), None);
            for at in [0, size / 2, size.saturating_sub(1)].into_iter().filter(|at| *at < size) {
                let block = blocks.around(at as u64..at as u64 + 1, size as u64);
                let mut part = file[block.start as usize..block.end as usize].to_vec();
                assert!(blocks.hold(block.start, &part));
                part[at - block.start as usize] ^= 1;
                assert!(!blocks.hold(block.start, &part), "byte {at} of {size}");
            }
        }
    }
}
