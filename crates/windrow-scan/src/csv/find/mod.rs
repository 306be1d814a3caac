//! Finding: where lines end and fields end in a stretch of bytes, and how far that can be trusted.
//!
//! [`RecordIndex::fill`] lists every LF and every delimiter outside quotes, in order, up to the first byte that a
//! well-formed record cannot hold (a quote out of place, a NUL) or that begins a comment. What lies before that
//! byte is exact; the record that holds it is the automaton's to judge.
//!
//! [`blocks`] is the algorithm, by the instructions of the machine. [`scalar`] is the same by a plain loop: the oracle of
//! the others and the way of other machines.

mod blocks;
mod scalar;

use crate::block::{Block, BlockSearch, InstructionSet};
use crate::csv::Dialect;

/// What was found in a stretch of bytes that begins where a record begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecordIndex {
    /// Places of the LFs outside quotes.
    pub(crate) newlines: Vec<u32>,
    /// Places of the line ends between quotes, which end no record.
    pub(crate) quoted_newlines: Vec<u32>,
    /// Places of the delimiters outside quotes.
    pub(crate) delimiters: Vec<u32>,
    /// Whether there is a byte above 0x7F, which is text only if it is UTF-8.
    pub(crate) has_high: bool,
    /// Whether there is a quote.
    pub(crate) has_quotes: bool,
    /// The first byte that no well-formed record can hold, or that begins a comment.
    pub(crate) stop: Option<usize>,
}

impl RecordIndex {
    /// Fills the index for `bytes[start..]`, which begin where a record begins; places count from the start of
    /// `bytes`, which are shorter than 4 GiB.
    pub(crate) fn fill(&mut self, way: InstructionSet, dialect: &Dialect, bytes: &[u8], start: usize) {
        self.newlines.clear();
        self.quoted_newlines.clear();
        self.delimiters.clear();
        (self.has_high, self.has_quotes, self.stop) = (false, false, None);
        debug_assert!(u32::try_from(bytes.len()).is_ok());
        way.run(RecordSearch { index: self, dialect, bytes, start });
    }
}

struct RecordSearch<'a> {
    index: &'a mut RecordIndex,
    dialect: &'a Dialect,
    bytes: &'a [u8],
    start: usize,
}

impl BlockSearch for RecordSearch<'_> {
    fn plain(self) {
        scalar::fill(self.index, self.dialect, self.bytes, self.start);
    }

    #[inline(always)]
    unsafe fn by_blocks<B: Block>(self) {
        // SAFETY: the caller vouches for the instruction set.
        unsafe { blocks::fill::<B>(self.index, self.dialect, self.bytes, self.start) }
    }
}

#[cfg(test)]
mod tests;
