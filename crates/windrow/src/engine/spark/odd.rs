//! The lines of a file that windrow reads itself, in order: Spark's line numbers become lines of the file.

use std::collections::HashMap;

use crate::error::{Error, Result};

use super::counted::{FileCount, FileSplit, OddLines};
use super::plan::LineKind;

/// A line that windrow reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OddLine {
    /// Its number, from 1.
    pub(super) line: u64,
    /// Spark's verdict on it.
    pub(super) what: LineKind,
    /// The number of the first line of its block, and the byte at which that line begins.
    pub(super) first: (u64, u64),
}

/// The lines of a counted file that windrow reads itself, in order.
///
/// # Errors
/// A bug: a line lies outside all blocks.
pub(super) fn odd_lines(counted: &FileCount) -> Result<impl Iterator<Item = OddLine>> {
    let mut blocks = counted.blocks.clone();
    blocks.sort_unstable_by_key(|block| block.start);
    let mut firsts: HashMap<i64, (FileSplit, (u64, u64))> = HashMap::new();
    let (mut line, mut byte) = (1, 0);
    for block in blocks {
        firsts.insert(block.start, (block, (line, byte)));
        line += block.lines;
        byte += block.bytes;
    }
    let mut odd: Vec<(OddLines, u64, (u64, u64))> = Vec::with_capacity(counted.odd.len());
    for some in &counted.odd {
        let bug = || Error::bug("Spark has a line outside of every part of its file");
        let (block, first) = firsts.get(&some.block).ok_or_else(bug)?;
        let last_id = some.first_id + u64::from(63 - some.bits.leading_zeros().min(63));
        let first_id = some.first_id + u64::from(some.bits.trailing_zeros());
        if some.bits == 0 || first_id < block.first_id || last_id >= block.first_id + block.lines {
            return Err(bug());
        }
        odd.push((*some, block.first_id, *first));
    }
    odd.sort_unstable_by_key(|(some, ..)| (some.block, some.first_id));
    let mut from = 0;
    Ok(std::iter::from_fn(move || {
        let (some, ..) = odd.get(from)?;
        let together = odd[from..]
            .iter()
            .take_while(|(other, ..)| (other.block, other.first_id) == (some.block, some.first_id));
        let mut lines = Vec::with_capacity(64);
        for (some, block_first_id, first) in together {
            from += 1;
            for bit in (0..64).filter(|bit| some.bits >> bit & 1 == 1) {
                let line = first.0 + (some.first_id + bit - block_first_id);
                lines.push(OddLine { line, what: some.what, first: *first });
            }
        }
        lines.sort_unstable_by_key(|line| line.line);
        Some(lines)
    })
    .flatten())
}
