//! Finding: the structure of a JSON text, and how far it can be trusted.
//!
//! [`TokenIndex::fill`] lists the tokens outside strings, the quotes of strings, and the escapes in them, in order, up to the first
//! byte that no object can hold where it stands (a control character, a backslash outside a string, text that is not
//! UTF-8). What lies before that byte is exact; the line that holds it is the automaton's to judge.
//!
//! [`blocks`] is the algorithm, by the instructions of the machine. [`scalar`] is the same by a plain loop: the oracle of
//! the others and the way of other machines.

mod blocks;
mod scalar;

pub(super) use blocks::escapes;

use crate::block::{Block, BlockSearch, InstructionSet};

/// What was found in a stretch of bytes that begins outside a string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TokenIndex {
    /// Places of brackets, commas and colons outside strings, of line ends, of both quotes of a string, and of the first bytes of
    /// anything else that is not white space.
    pub(super) tokens: Vec<u32>,
    /// Places of the backslashes that begin an escape.
    pub(super) escapes: Vec<u32>,
    /// The first byte that no object can hold.
    pub(super) stop: Option<usize>,
}

impl TokenIndex {
    /// Fills the index for `bytes[start..]`; places count from the start of `bytes`, which are shorter than 4 GiB.
    pub(super) fn fill(&mut self, way: InstructionSet, bytes: &[u8], start: usize) {
        self.tokens.clear();
        self.escapes.clear();
        self.stop = None;
        debug_assert!(u32::try_from(bytes.len()).is_ok());
        let mut has_high = false;
        way.run(TokenSearch { index: self, bytes, start, has_high: &mut has_high });
        if has_high {
            self.stop_at_invalid_utf8(bytes, start);
        }
    }

    /// A character that `bytes` end in is not judged: its line is not whole.
    #[inline(never)]
    fn stop_at_invalid_utf8(&mut self, bytes: &[u8], start: usize) {
        if let Err(error) = std::str::from_utf8(&bytes[start..self.stop.unwrap_or(bytes.len())])
            && error.error_len().is_some()
        {
            let stop = start + error.valid_up_to();
            for places in [&mut self.tokens, &mut self.escapes] {
                places.truncate(places.partition_point(|place| (*place as usize) < stop));
            }
            self.stop = Some(stop);
        }
    }
}

struct TokenSearch<'a> {
    index: &'a mut TokenIndex,
    bytes: &'a [u8],
    start: usize,
    has_high: &'a mut bool,
}

impl BlockSearch for TokenSearch<'_> {
    fn plain(self) {
        *self.has_high = scalar::fill(self.index, self.bytes, self.start);
    }

    #[inline(always)]
    unsafe fn by_blocks<B: Block>(self) {
        // SAFETY: the caller vouches for the instruction set.
        *self.has_high = unsafe { blocks::fill::<B>(self.index, self.bytes, self.start) };
    }
}

#[cfg(test)]
mod tests;
