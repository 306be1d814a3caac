//! Lines: where they begin and end. A line ends at LF; a CR before it belongs to its end.

use memchr::memchr;

use crate::{RECORD_BYTES_MAX, Scanned, skip_line};

/// Receives the lines that are found, in the order of the file.
pub trait LineVisitor {
    /// The line that begins at `start` in `bytes`, which may go on behind it, with `len` bytes before its end.
    fn line(&mut self, bytes: &[u8], start: usize, len: usize);
    /// The beginning of a line that is longer than any record may be.
    fn too_long(&mut self, start: usize, beginning: &[u8]);
}

/// What is at a place in the file where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextLine {
    /// Nothing: the file is at its end.
    End,
    /// More bytes are needed to tell.
    More,
    /// A line.
    Line {
        /// Its length in bytes, without its end.
        content: usize,
        /// Its length with its end; `None` if it is longer than a record may be.
        whole: Option<usize>,
    },
}

/// The line that begins at `bytes[0]`. With `at_eof` the file ends where `bytes` end.
#[inline(always)]
pub fn next_line(bytes: &[u8], at_eof: bool) -> NextLine {
    let (end, whole) = match memchr(b'\n', &bytes[..bytes.len().min(RECORD_BYTES_MAX + 2)]) {
        Some(end) => (end, Some(end + 1)),
        None if bytes.len() >= RECORD_BYTES_MAX + 2 => {
            return NextLine::Line { content: RECORD_BYTES_MAX + 2, whole: None };
        }
        None if !at_eof => return NextLine::More,
        None if bytes.is_empty() => return NextLine::End,
        None => (bytes.len(), None),
    };
    let content = if whole.is_some() && bytes[..end].ends_with(b"\r") { end - 1 } else { end };
    NextLine::Line { content, whole: whole.or(Some(end)) }
}

/// Finds the lines of one file, in stretches that each begin where the one before was left.
#[derive(Clone, Debug, Default)]
pub struct LineScanner {
    skipping: bool,
}

impl LineScanner {
    /// Visits the lines of `bytes` that begin before `limit`, as far as they are whole; with `at_eof` the file ends where `bytes`
    /// end. When nothing is consumed, more bytes are needed.
    #[inline(always)]
    pub fn scan(
        &mut self,
        bytes: &[u8],
        limit: usize,
        at_eof: bool,
        visit: &mut impl LineVisitor,
    ) -> Scanned {
        let mut scanned = Scanned::default();
        if self.skipping {
            scanned.bytes = skip_line(b'\n', bytes, at_eof, &mut self.skipping);
            scanned.line_ends = u64::from(!self.skipping && bytes[..scanned.bytes].ends_with(b"\n"));
        }
        while scanned.bytes < limit.min(bytes.len()) && !self.skipping {
            let start = scanned.bytes;
            let NextLine::Line { content, whole } = next_line(&bytes[start..], at_eof) else { break };
            scanned.bytes += match whole {
                Some(whole) if content <= RECORD_BYTES_MAX => {
                    visit.line(bytes, start, content);
                    whole
                }
                whole => {
                    visit.too_long(start, &bytes[start..start + content]);
                    self.skipping = whole.is_none();
                    whole.unwrap_or_else(|| skip_line(b'\n', &bytes[start..], at_eof, &mut self.skipping))
                }
            };
            scanned.lines += 1;
            scanned.line_ends += u64::from(bytes[scanned.bytes - 1] == b'\n');
        }
        scanned
    }

    /// Whether the bytes consumed last belong to a line that goes on.
    pub fn is_in_line(&self) -> bool {
        self.skipping
    }
}
