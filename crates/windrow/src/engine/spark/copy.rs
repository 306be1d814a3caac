//! A file that Spark reads, opened by windrow too, to find where a line begins.

use memchr::{memchr, memchr_iter};

use crate::codec::Unpacked;
use crate::error::Result;
use crate::settings::Stop;
use crate::storage::became_shorter;

use super::layout::SparkInput;

/// Bytes per read.
const PIECE_BYTES: usize = 256 << 10;

/// An open file, with the piece of it that was read last.
pub(super) struct Copy {
    /// Of a packed file, only the first bytes are read.
    bytes: Unpacked,
    /// How many of its bytes are counted.
    pub(super) size: u64,
    /// A line of the file and where it begins.
    line: u64,
    byte: u64,
    piece: Vec<u8>,
    piece_at: u64,
}

impl Copy {
    /// The copy of a file whose content has `size` bytes.
    pub(super) fn open(input: &SparkInput<'_>, size: u64, stop: &Stop) -> Result<Self> {
        let bytes = match input.packed {
            Some(_) => input.file.open(stop)?,
            None => Unpacked::as_stored(input.file.bytes(stop)?),
        };
        Ok(Copy { bytes, size, line: 0, byte: 0, piece: Vec::new(), piece_at: 0 })
    }

    /// The byte at which line number `line` begins. Line `before`, which begins at `byte`, is that line or an earlier one.
    pub(super) fn find(&mut self, line: u64, before: u64, byte: u64) -> Result<u64> {
        if self.line < before || self.line > line {
            (self.line, self.byte) = (before, byte);
        }
        while self.line < line {
            let missing = line - self.line;
            let piece = self.at(self.byte, 1)?;
            if piece.is_empty() {
                return Err(became_shorter());
            }
            let mut ends = memchr_iter(b'\n', piece).take(usize::try_from(missing).unwrap_or(usize::MAX));
            let (mut lines, mut bytes) = (0, piece.len() as u64);
            let mut last = None;
            for end in ends.by_ref() {
                (lines, last) = (lines + 1, Some(end));
            }
            // Without a further line end, the rest of the piece belongs to the line before.
            if let (true, Some(end)) = (lines == missing, last) {
                bytes = end as u64 + 1;
            }
            self.line += lines;
            self.byte += bytes;
        }
        Ok(self.byte)
    }

    /// The end of the line that contains `byte`, including its line end.
    pub(super) fn end_of_line(&mut self, byte: u64) -> Result<u64> {
        let mut at = byte;
        loop {
            let piece = self.at(at, 1)?;
            match memchr(b'\n', piece) {
                Some(end) => return Ok(at + end as u64 + 1),
                None if piece.is_empty() => return Ok(at),
                None => at += piece.len() as u64,
            }
        }
    }

    /// The bytes from `byte` on: at least `wanted`, or up to the end of the file.
    pub(super) fn at(&mut self, byte: u64, wanted: usize) -> Result<&[u8]> {
        let wanted = wanted.min(usize::try_from(self.size.saturating_sub(byte)).unwrap_or(usize::MAX));
        let held = self.piece_at..self.piece_at + self.piece.len() as u64;
        if byte < held.start || byte + wanted as u64 > held.end {
            let len = wanted
                .max(PIECE_BYTES)
                .min(usize::try_from(self.size.saturating_sub(byte)).unwrap_or(usize::MAX));
            self.piece.resize(len, 0);
            self.piece_at = byte;
            self.bytes.read_exact_at(&mut self.piece, byte)?;
        }
        Ok(&self.piece[(byte - self.piece_at) as usize..])
    }
}
