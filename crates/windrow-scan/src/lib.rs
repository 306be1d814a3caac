//! Bytes to rows: one grammar per format, each with a plain definition and a fast way that is
//! tested against it. But for one line at Arrow's C interface, the project has no unsafe code elsewhere.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod block;
pub mod csv;
pub mod json;
pub mod text;

/// Longest record, in bytes, without its line end.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// The bytes of the rest of a line that is too long to be held. The line goes on after them if `skipping` is left true.
#[cold]
fn skip_line(line_end: u8, bytes: &[u8], at_eof: bool, skipping: &mut bool) -> usize {
    let end = memchr::memchr(line_end, bytes);
    *skipping = end.is_none() && !at_eof;
    end.map_or(bytes.len(), |end| end + 1)
}

/// How far a call of a scanner came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Bytes consumed; the rest begins where a record begins, or belongs to a line that is being skipped.
    pub bytes: usize,
    /// Line ends among them.
    pub line_ends: u64,
    /// The records that were visited, and the lines that are not records.
    pub lines: u64,
}
