//! The scan: every line of a stretch of bytes.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::find::TokenIndex;
use super::line::{self, NextObject, ObjectLine};
use super::object::{JsonValue, ObjectValues};
use super::quotes::Quotes;
use super::template::{TemplateScan, Templates};
use super::text::unescape;
use super::tokens::{TokenLine, Tokens};
use super::{PathFault, Paths};
use crate::block::InstructionSet;
use crate::{RECORD_BYTES_MAX, Scanned, skip_line};

/// Receives the lines that a scan finds, in the order of the file.
pub trait ObjectVisitor {
    /// An object.
    fn row(&mut self, row: ObjectRow<'_>);
    /// A line of white space.
    fn blank(&mut self);
    /// A text that is not an object: its start in the bytes given to the scan, its content (only the beginning if it is too
    /// long to be held), and why.
    fn malformed(&mut self, start: usize, content: &[u8], wrong: PathFault);
}

/// An object and its wanted values.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRow<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) base: usize,
    pub(super) values: &'a [JsonValue],
}

impl<'a> ObjectRow<'a> {
    /// Where its line begins in the bytes given to the scan; in a stream, where it begins.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The line without its end; in a stream, the object.
    pub fn content(&self) -> &'a [u8] {
        &self.bytes[self.start..self.end]
    }

    /// The text at wanted path number `path`, with the bytes that follow it, and its length. `None` if the text cannot be given
    /// as it is in the line: see [`ObjectRow::value`].
    #[inline(always)]
    pub fn value_in_place(&self, path: usize) -> Option<(&'a [u8], usize)> {
        match self.values[path] {
            JsonValue::Plain { start, end } => {
                Some((&self.bytes[self.base + start as usize..], (end - start) as usize))
            }
            JsonValue::Null => Some((&self.bytes[self.start..], 0)),
            JsonValue::Escaped { .. } | JsonValue::Nested => None,
        }
    }

    /// Whether the text at each wanted path [is given as it is](ObjectRow::value_in_place).
    pub fn is_in_place(&self) -> bool {
        self.values.iter().all(|value| matches!(value, JsonValue::Plain { .. } | JsonValue::Null))
    }

    /// Where the text of a string without escapes stands in the [content](ObjectRow::content), if wanted path number `path` leads
    /// to one.
    pub fn string(&self, path: usize) -> Option<Range<usize>> {
        let JsonValue::Plain { start, end } = self.values[path] else { return None };
        let (start, end) = (self.base + start as usize, self.base + end as usize);
        let is_quoted = self.bytes[..start].ends_with(b"\"") && self.bytes[end..].starts_with(b"\"");
        is_quoted.then(|| start - self.start..end - self.start)
    }

    /// The text at wanted path number `path`, empty if the value is missing; `None` if it is an object or an array.
    pub fn value(&self, path: usize) -> Option<Cow<'a, [u8]>> {
        let text = |start: u32, end: u32| &self.bytes[self.base + start as usize..self.base + end as usize];
        match self.values[path] {
            JsonValue::Null => Some(Cow::Borrowed(&[])),
            JsonValue::Plain { start, end } => Some(Cow::Borrowed(text(start, end))),
            JsonValue::Escaped { start, end } => Some(Cow::Owned(unescape(text(start, end)))),
            JsonValue::Nested => None,
        }
    }
}

/// Scans stretches of one file that has an object per line, each beginning where the one before was left.
#[derive(Clone, Debug)]
pub struct ObjectScanner {
    paths: Paths,
    way: InstructionSet,
    index: TokenIndex,
    values: ObjectValues,
    templates: Templates,
    quotes: Quotes,
    /// Bytes to index before templates are tried again.
    wait: usize,
    skipping: bool,
}

/// The least lines that templates must take in a try to be worth the index of a line.
const WORTHWHILE_LINES: u64 = 4;
const WAIT_BYTES_MIN: usize = 2 << 10;
const WAIT_BYTES_MAX: usize = 1 << 20;

/// Bytes to index for a line from which a template is learned.
const LEARN_BYTES: usize = 1 << 10;

/// Bytes that are indexed anew after a line that the automaton had to judge; doubled as long as all goes well.
const CAREFUL_BYTES: usize = 4 << 10;

/// Most bytes that are indexed at once, so that index and bytes stay in the cache.
const INDEXED_BYTES_MAX: usize = 32 << 10;

/// Most bytes that are indexed at once where lines are long.
const LINE_INDEXED_BYTES_MAX: usize = 256 << 10;

/// So a line that is indexed whole is never too long.
const _: () = assert!(LINE_INDEXED_BYTES_MAX < RECORD_BYTES_MAX);

/// The most bytes that one call scans, as places are 32 bits wide. Tests use less, to reach the limit.
const BYTES_MAX: usize = if cfg!(test) { RECORD_BYTES_MAX + 4096 } else { u32::MAX as usize };

impl ObjectScanner {
    /// A scanner for objects, with these wanted paths.
    pub fn new(paths: Paths) -> Self {
        let (index, values) = (TokenIndex::default(), ObjectValues::default());
        let (templates, quotes) = (Templates::default(), Quotes::default());
        ObjectScanner {
            paths,
            way: InstructionSet::fastest(),
            index,
            values,
            templates,
            quotes,
            wait: 1,
            skipping: false,
        }
    }

    /// A scanner for each way of this machine.
    #[cfg(test)]
    pub(super) fn of_each_way(paths: &Paths) -> Vec<Self> {
        InstructionSet::all().map(|way| ObjectScanner { way, ..ObjectScanner::new(paths.clone()) }).collect()
    }

    /// Scans the lines of `bytes` that begin before `limit`, as far as they are whole; with `at_eof` the file ends where `bytes`
    /// end. When nothing is consumed, more bytes are needed. One call consumes at most the first 4 GiB.
    pub fn scan(
        &mut self,
        bytes: &[u8],
        limit: usize,
        at_eof: bool,
        visit: &mut impl ObjectVisitor,
    ) -> Scanned {
        let (bytes, at_eof) = match bytes.get(..BYTES_MAX) {
            Some(first) => (first, at_eof && bytes.len() == BYTES_MAX),
            None => (bytes, at_eof),
        };
        let mut scanned = Scanned::default();
        self.quotes.forget();
        if self.skipping {
            scanned.bytes = skip_line(b'\n', bytes, at_eof, &mut self.skipping);
            scanned.line_ends = u64::from(!self.skipping && bytes[..scanned.bytes].ends_with(b"\n"));
        }
        let limit = limit.min(bytes.len());
        while scanned.bytes < limit && !self.skipping {
            let taken = self.take(bytes, limit, visit, &mut scanned);
            if scanned.bytes >= limit {
                break;
            }
            let is_worthwhile = taken >= WORTHWHILE_LINES;
            self.wait = if is_worthwhile { 1 } else { (self.wait * 2).clamp(WAIT_BYTES_MIN, WAIT_BYTES_MAX) };
            if !is_worthwhile {
                self.quotes.begin_short();
            }
            let before = scanned.bytes;
            self.by_index(bytes, limit.min(before + self.wait), at_eof, visit, &mut scanned);
            if scanned.bytes == before {
                break;
            }
        }
        scanned
    }

    /// Visits lines that look like earlier ones, and returns their number.
    fn take(
        &mut self,
        bytes: &[u8],
        limit: usize,
        visit: &mut impl ObjectVisitor,
        scanned: &mut Scanned,
    ) -> u64 {
        let ObjectScanner { paths, way, values, templates, quotes, .. } = self;
        values.begin(paths);
        let mut lines = 0;
        way.run(TemplateScan {
            templates,
            quotes,
            bytes,
            limit,
            values,
            visit,
            at: &mut scanned.bytes,
            lines: &mut lines,
        });
        scanned.lines += lines;
        scanned.line_ends += lines;
        lines
    }

    /// Visits the lines that begin before `limit`, by their index.
    fn by_index(
        &mut self,
        bytes: &[u8],
        limit: usize,
        at_eof: bool,
        visit: &mut impl ObjectVisitor,
        scanned: &mut Scanned,
    ) {
        let beyond = if self.wait == 1 { LEARN_BYTES } else { CAREFUL_BYTES };
        let (mut stretch, mut beyond) = (INDEXED_BYTES_MAX, beyond);
        while scanned.bytes < limit && !self.skipping {
            let at = scanned.bytes;
            // A caller that wants few rows does not pay for many.
            let wanted = (limit - at).saturating_add(beyond).min(stretch);
            let end = bytes.len().min(at + wanted);
            let stopped = self.rows(&bytes[..end], limit, visit, scanned);
            let is_stuck = scanned.bytes == at;
            if is_stuck && !stopped && end < bytes.len() && stretch < LINE_INDEXED_BYTES_MAX {
                beyond *= 2;
                stretch = stretch.max(beyond);
            } else if (is_stuck || stopped) && scanned.bytes < limit {
                match self.line(bytes, scanned.bytes, at_eof, visit, scanned) {
                    Some(next) => scanned.bytes = next,
                    None => break,
                }
                stretch = CAREFUL_BYTES;
            } else if stretch < INDEXED_BYTES_MAX {
                stretch *= 2;
            }
        }
    }

    /// Whether the bytes consumed last belong to a line that goes on.
    pub fn is_in_line(&self) -> bool {
        self.skipping
    }

    /// Visits the lines that are whole in `bytes`, from where the scan is to the limit, or to the first byte that no object can hold:
    /// true when that is there.
    fn rows(
        &mut self,
        bytes: &[u8],
        limit: usize,
        visit: &mut impl ObjectVisitor,
        scanned: &mut Scanned,
    ) -> bool {
        let ObjectScanner { paths, way, index, values, templates, .. } = self;
        index.fill(*way, bytes, scanned.bytes);
        let mut tokens = Tokens::of_lines(bytes, paths, index);
        let (mut at, mut lines, mut learns) = (scanned.bytes, 0, true);
        while at < limit && !tokens.is_done() {
            let line_end = match tokens.line(values) {
                Some(TokenLine { is_object: true, line_end }) => {
                    if std::mem::take(&mut learns) {
                        templates.learn(&bytes[at..=line_end], at, paths, values);
                    }
                    let end = line_end - usize::from(bytes[at..line_end].ends_with(b"\r"));
                    visit.row(ObjectRow { bytes, start: at, end, base: 0, values });
                    line_end
                }
                Some(TokenLine { is_object: false, line_end }) => {
                    visit.blank();
                    line_end
                }
                None => {
                    judge(paths, values, bytes, at, true, visit);
                    tokens.skip_line()
                }
            };
            lines += 1;
            at = line_end + 1;
        }
        scanned.bytes = at;
        scanned.lines += lines;
        scanned.line_ends += lines;
        index.stop.is_some() && tokens.is_done()
    }

    /// Visits the line at `at` as the automaton reads it. None when more bytes are needed.
    #[inline(never)]
    fn line(
        &mut self,
        bytes: &[u8],
        at: usize,
        at_eof: bool,
        visit: &mut impl ObjectVisitor,
        scanned: &mut Scanned,
    ) -> Option<usize> {
        let whole = judge(&self.paths, &mut self.values, bytes, at, at_eof, visit)?;
        let next = match whole {
            Some(whole) => at + whole,
            None => {
                self.skipping = true;
                at + skip_line(b'\n', &bytes[at..], at_eof, &mut self.skipping)
            }
        };
        scanned.lines += 1;
        scanned.line_ends += u64::from(bytes[..next].ends_with(b"\n"));
        Some(next)
    }
}

/// Visits the line at `at` as the automaton reads it: its length with the line end, as far as it has one in `bytes`. None when
/// more bytes are needed.
#[inline(never)]
fn judge(
    paths: &Paths,
    values: &mut ObjectValues,
    bytes: &[u8],
    at: usize,
    at_eof: bool,
    visit: &mut impl ObjectVisitor,
) -> Option<Option<usize>> {
    let text = &bytes[at..];
    let NextObject::Line { what, content, whole } = line::read(paths, text, at_eof, values) else {
        return None;
    };
    match what {
        ObjectLine::Object => visit.row(ObjectRow { bytes, start: at, end: at + content, base: at, values }),
        ObjectLine::Blank => visit.blank(),
        ObjectLine::Malformed(wrong) => visit.malformed(at, &text[..content], wrong),
    }
    Some(whole)
}

/// Where in `bytes`, which begin with the last byte before a cut, a line begins. None when no line ends in them.
pub fn guess_start(bytes: &[u8]) -> Option<usize> {
    memchr(b'\n', bytes).map(|end| end + 1)
}
