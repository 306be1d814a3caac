//! The scan: every line of a stretch of bytes.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::line::{self, Next, What};
use super::object::Value;
use super::text::unescape;
use super::{Paths, Wrong};
use crate::Scanned;

/// Takes what a scan finds, in the order of the file.
pub trait Visit {
    /// An object.
    fn row(&mut self, row: Row<'_>);
    /// A line of white space.
    fn blank(&mut self);
    /// A text that is not an object: where it begins in the bytes given to the scan, its content (only the beginning when it is
    /// too long to be held), and why.
    fn malformed(&mut self, start: usize, content: &[u8], wrong: Wrong);
}

/// An object, and what is wanted of it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) base: usize,
    pub(super) values: &'a [Value],
}

impl<'a> Row<'a> {
    /// Where its line begins in the bytes given to the scan; in a stream, where it begins.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The line without its end; in a stream, the object.
    pub fn content(&self) -> &'a [u8] {
        &self.bytes[self.start..self.end]
    }

    /// The text that wanted path number `path` leads to, with the bytes that follow on it and its length. None where the
    /// text cannot be given as it stands in the line: see [`Row::value`].
    #[inline(always)]
    pub fn value_in_place(&self, path: usize) -> Option<(&'a [u8], usize)> {
        match self.values[path] {
            Value::Plain { start, end } => {
                Some((&self.bytes[self.base + start as usize..], (end - start) as usize))
            }
            Value::Null => Some((&self.bytes[self.start..], 0)),
            Value::Escaped { .. } | Value::Nested => None,
        }
    }

    /// Where the text of a string without escapes stands in the [content](Row::content), if wanted path number `path` leads
    /// to one.
    pub fn string(&self, path: usize) -> Option<Range<usize>> {
        let Value::Plain { start, end } = self.values[path] else { return None };
        let (start, end) = (self.base + start as usize, self.base + end as usize);
        let is_quoted = self.bytes[..start].ends_with(b"\"") && self.bytes[end..].starts_with(b"\"");
        is_quoted.then(|| start - self.start..end - self.start)
    }

    /// The text that wanted path number `path` leads to, empty where there is none; none where it leads to an object or an array.
    pub fn value(&self, path: usize) -> Option<Cow<'a, [u8]>> {
        let text = |start: u32, end: u32| &self.bytes[self.base + start as usize..self.base + end as usize];
        match self.values[path] {
            Value::Null => Some(Cow::Borrowed(&[])),
            Value::Plain { start, end } => Some(Cow::Borrowed(text(start, end))),
            Value::Escaped { start, end } => Some(Cow::Owned(unescape(text(start, end)))),
            Value::Nested => None,
        }
    }
}

/// Scans stretches of one file that has an object per line, each beginning where the one before was left.
#[derive(Clone, Debug)]
pub struct Scanner {
    paths: Paths,
    values: Vec<Value>,
    skipping: bool,
}

impl Scanner {
    /// A scanner for objects of which these paths are wanted.
    pub fn new(paths: Paths) -> Self {
        Scanner { paths, values: Vec::new(), skipping: false }
    }

    /// A scanner for each way of this machine.
    #[cfg(test)]
    pub(super) fn of_each_way(paths: &Paths) -> Vec<Self> {
        vec![Scanner::new(paths.clone())]
    }

    /// Scans the lines of `bytes` that begin before `limit`, as far as they are whole; with `at_eof` the file ends where `bytes`
    /// end. When nothing is consumed, more bytes are needed.
    pub fn scan(&mut self, bytes: &[u8], limit: usize, at_eof: bool, visit: &mut impl Visit) -> Scanned {
        let mut scanned = Scanned::default();
        if self.skipping {
            scanned.bytes = self.skip(bytes, at_eof);
            scanned.line_ends = u64::from(!self.skipping && bytes[..scanned.bytes].ends_with(b"\n"));
        }
        while scanned.bytes < limit.min(bytes.len()) && !self.skipping {
            match self.line(bytes, scanned.bytes, at_eof, visit, &mut scanned) {
                Some(next) => scanned.bytes = next,
                None => break,
            }
        }
        scanned
    }

    /// Whether the bytes consumed last belong to a line that goes on.
    pub fn is_in_line(&self) -> bool {
        self.skipping
    }

    /// The rest of a line that is too long to be held.
    fn skip(&mut self, bytes: &[u8], at_eof: bool) -> usize {
        match memchr(b'\n', bytes) {
            Some(end) => {
                self.skipping = false;
                end + 1
            }
            None => {
                self.skipping = !at_eof;
                bytes.len()
            }
        }
    }

    /// Visits the line at `at` as the automaton reads it. None when more bytes are needed.
    #[inline(never)]
    fn line(
        &mut self,
        bytes: &[u8],
        at: usize,
        at_eof: bool,
        visit: &mut impl Visit,
        scanned: &mut Scanned,
    ) -> Option<usize> {
        let text = &bytes[at..];
        let Next::Line { what, content, whole } = line::read(&self.paths, text, at_eof, &mut self.values)
        else {
            return None;
        };
        match what {
            What::Object => {
                visit.row(Row { bytes, start: at, end: at + content, base: at, values: &self.values });
            }
            What::Blank => visit.blank(),
            What::Malformed(wrong) => visit.malformed(at, &text[..content], wrong),
        }
        let next = match whole {
            Some(whole) => at + whole,
            None => {
                self.skipping = true;
                at + self.skip(text, at_eof)
            }
        };
        scanned.lines += 1;
        scanned.line_ends += u64::from(bytes[..next].ends_with(b"\n"));
        Some(next)
    }
}

/// Where in `bytes`, which begin with the last byte before a cut, a line begins. None when no line ends in them.
pub fn guess_start(bytes: &[u8]) -> Option<usize> {
    memchr(b'\n', bytes).map(|end| end + 1)
}
