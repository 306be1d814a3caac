//! A file that Spark reads, opened by windrow too, to find where a line begins.
//!
//! Of a large file that only the cluster sees, the lines are here that were fetched.

use memchr::{memchr, memchr_iter};

use crate::codec::Unpacked;
use crate::error::Result;
use crate::settings::Stop;
use crate::storage::{Object, ObjectLines, WantedLine, became_shorter};

use super::files::AFTER_BYTES;
use super::layout::SparkInput;

/// How many bytes are read at first to see what a line is.
const FIRST_LOOK_BYTES: usize = 4 << 10;

/// Bytes per read.
const PIECE_BYTES: usize = 256 << 10;

/// Where the bytes of a copy are.
enum CopyBytes<'a> {
    /// All of them can be read. Of a packed file, only the first ones are.
    All(Unpacked),
    /// Those of some lines, and of lines after them.
    OfLines(ObjectLines<'a>),
}

/// An open file, with the piece of it that was read last.
pub(super) struct Copy<'a> {
    bytes: CopyBytes<'a>,
    /// How many of its bytes are counted.
    pub(super) size: u64,
    /// A line of the file and where it begins.
    line: u64,
    byte: u64,
    piece: Vec<u8>,
    piece_at: u64,
}

impl<'a> Copy<'a> {
    /// The copy of a file whose content has `size` bytes.
    pub(super) fn open(input: &SparkInput<'a>, size: u64, stop: &Stop) -> Result<Self> {
        let lines = input.file.object.as_ref().and_then(Object::lines);
        let bytes = match (lines, input.packed) {
            (Some(lines), _) => CopyBytes::OfLines(lines),
            (None, Some(_)) => CopyBytes::All(input.file.open(stop)?),
            (None, None) => CopyBytes::All(Unpacked::as_stored(input.file.bytes(stop)?)),
        };
        Ok(Copy { bytes, size, line: 0, byte: 0, piece: Vec::new(), piece_at: 0 })
    }

    /// Says which lines are read next, in ascending order.
    pub(super) fn want(&self, lines: impl Iterator<Item = WantedLine>) -> Result<()> {
        match &self.bytes {
            CopyBytes::All(_) => Ok(()),
            CopyBytes::OfLines(of) => of.stored.want(of.path, of.version, lines.collect()),
        }
    }

    /// How many bytes of a line are read at first to see what it is.
    pub(super) fn first_look(&self) -> usize {
        match &self.bytes {
            CopyBytes::All(_) => FIRST_LOOK_BYTES,
            CopyBytes::OfLines(_) => AFTER_BYTES as usize,
        }
    }

    /// The byte at which line number `line` begins. Line `before`, which begins at `byte`, is that line or an earlier one.
    pub(super) fn find(&mut self, line: u64, before: u64, byte: u64) -> Result<u64> {
        if self.line < before || self.line > line {
            (self.line, self.byte) = (before, byte);
        }
        if let CopyBytes::OfLines(of) = &self.bytes
            && let Some(found) = of.stored.before(of.path, of.version, line)?
            && found.0 > self.line
        {
            (self.line, self.byte) = found;
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
            match &self.bytes {
                CopyBytes::All(bytes) => {
                    let left = usize::try_from(self.size.saturating_sub(byte)).unwrap_or(usize::MAX);
                    self.piece.resize(wanted.max(PIECE_BYTES).min(left), 0);
                    bytes.read_exact_at(&mut self.piece, byte)?;
                }
                CopyBytes::OfLines(of) => {
                    self.piece = of.stored.bytes_from(of.path, of.version, byte, wanted)?.into();
                }
            }
            self.piece_at = byte;
        }
        Ok(&self.piece[(byte - self.piece_at) as usize..])
    }
}
