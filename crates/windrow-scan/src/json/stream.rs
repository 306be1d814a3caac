//! Streams: objects in an array, or one after the other, wherever lines end.
//!
//! An object with a fault is one row, as long as its strings and brackets show where it ends; of one that is too long they are
//! followed as its bytes come. If they do not show it, the next rows cannot be found: the stream stops there.

use super::end::{ElementEnd, LongRow};
use super::object::{self, ObjectValues};
use super::scan::{ObjectRow, ObjectVisitor};
use super::text::is_white;
use super::{ObjectFault, ObjectShape, PathFault, Paths};
use crate::{RECORD_BYTES_MAX, Scanned};

/// Reads the objects of one file in order.
#[derive(Clone, Debug)]
pub struct ObjectStream {
    paths: Paths,
    values: ObjectValues,
    next: StreamState,
    /// A row that is too long and goes on, and how many bytes of it have passed.
    long: Option<(LongRow, i64)>,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamState {
    /// The bracket that opens the array.
    Opening,
    /// An element, or the end of the array.
    First,
    /// An element.
    Element,
    /// A comma, or the end of the array.
    Separator,
    /// Only white space: the array is closed.
    Nothing,
    /// An object, outside an array.
    Object,
}

/// Where a stream stopped, and why: rows cannot be told apart behind that place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The place in the bytes given; a row that is too long may begin before them.
    pub at: i64,
    /// Why.
    pub fault: ObjectFault,
}

impl Stopped {
    fn new(at: usize, fault: ObjectFault) -> Self {
        Stopped { at: at as i64, fault }
    }
}

impl ObjectStream {
    /// A stream of objects in this shape, with these wanted paths.
    pub fn new(paths: Paths, shape: ObjectShape) -> Self {
        let next = if shape == ObjectShape::Array { StreamState::Opening } else { StreamState::Object };
        ObjectStream { paths, values: ObjectValues::default(), next, long: None }
    }

    /// Reads the objects in `bytes` that begin before `limit`, as far as they are whole; with `at_eof` the file ends where
    /// `bytes` end. When nothing is consumed, more bytes are needed.
    ///
    /// # Errors
    /// The stream stops.
    pub fn scan(
        &mut self,
        bytes: &[u8],
        limit: usize,
        at_eof: bool,
        visit: &mut impl ObjectVisitor,
    ) -> Result<Scanned, Stopped> {
        let (mut at, mut rows) = (0, 0);
        loop {
            if self.long.is_some() {
                at = self.go_on(bytes, at, at_eof)?;
            }
            at += bytes[at..].iter().take_while(|byte| is_white(**byte)).count();
            let Some(byte) = bytes.get(at).filter(|_| at < limit) else { break };
            let stopped = |fault| Err(Stopped::new(at, fault));
            self.next = match (self.next, byte) {
                (StreamState::Opening, b'[') => StreamState::First,
                (StreamState::First | StreamState::Separator, b']') => StreamState::Nothing,
                (StreamState::Separator, b',') => StreamState::Element,
                (StreamState::Nothing, _) => return stopped(ObjectFault::TrailingText),
                (StreamState::Separator | StreamState::Opening, _)
                | (StreamState::Element, b']' | b',')
                | (StreamState::First, b',') => {
                    return stopped(ObjectFault::BadToken);
                }
                (StreamState::First | StreamState::Element | StreamState::Object, _) => {
                    match self.row(bytes, at, at_eof, visit)? {
                        Some(end) => at = end,
                        None => break,
                    }
                    rows += 1;
                    if self.next != StreamState::Object {
                        self.next = StreamState::Separator;
                    }
                    continue;
                }
            };
            at += 1;
        }
        if at_eof && at == bytes.len() && !matches!(self.next, StreamState::Nothing | StreamState::Object) {
            return Err(Stopped::new(at, ObjectFault::Unclosed));
        }
        let line_ends = memchr::memchr_iter(b'\n', &bytes[..at]).count() as u64;
        Ok(Scanned { bytes: at, line_ends, lines: rows })
    }

    /// Visits the row at `at`, where no white space is: where it ends. None when more bytes are needed.
    fn row(
        &mut self,
        bytes: &[u8],
        at: usize,
        at_eof: bool,
        visit: &mut impl ObjectVisitor,
    ) -> Result<Option<usize>, Stopped> {
        let text = &bytes[at..bytes.len().min(at + RECORD_BYTES_MAX + 1)];
        let is_last = at_eof && at + text.len() == bytes.len();
        let read = match text[0] {
            b'{' => object::read(&self.paths, text, 0, &mut self.values),
            _ => Err(ObjectFault::NotObject.into()),
        };
        let end = match read {
            Ok(end) => Some(end),
            Err(PathFault { fault: ObjectFault::Unclosed, .. }) => None,
            Err(_) if self.next == StreamState::Object && text[0] != b'{' => {
                let end = memchr::memchr2(b'\n', b'{', text);
                end.or_else(|| is_last.then_some(text.len()))
            }
            Err(wrong) => end_of(text).map_err(|()| Stopped::new(at, wrong.fault))?,
        };
        match (end, read) {
            (Some(end), Ok(_)) if end <= RECORD_BYTES_MAX => {
                visit.row(ObjectRow { bytes, start: at, end: at + end, base: at, values: &self.values });
            }
            (Some(end), Err(wrong)) if end <= RECORD_BYTES_MAX => {
                visit.malformed(at, text[..end].trim_ascii_end(), wrong);
            }
            _ if text.len() > RECORD_BYTES_MAX => return self.too_long(bytes, at, visit).map(Some),
            _ if is_last => return Err(Stopped::new(at, ObjectFault::Unclosed)),
            _ => return Ok(None),
        }
        Ok(end.map(|end| at + end))
    }

    /// Visits the row at `at`, which is too long. Returns where it ends, or where the bytes end that show that it is too long.
    fn too_long(
        &mut self,
        bytes: &[u8],
        at: usize,
        visit: &mut impl ObjectVisitor,
    ) -> Result<usize, Stopped> {
        let shown = at + RECORD_BYTES_MAX + 1;
        let is_text = self.next == StreamState::Object && bytes[at] != b'{';
        let row = if is_text { LongRow::Text } else { LongRow::Element(ElementEnd::of_long()) };
        self.long = Some((row, 0));
        // However many bytes are there, so that rows do not depend on it.
        let end = self.go_on(&bytes[..shown], at, false)?;
        visit.malformed(at, &bytes[at..shown - 1], ObjectFault::TooLong.into());
        Ok(end)
    }

    /// Returns where the row that is too long and goes on at `at` ends, or where the bytes end.
    fn go_on(&mut self, bytes: &[u8], at: usize, at_eof: bool) -> Result<usize, Stopped> {
        let Some((row, passed)) = &mut self.long else { return Ok(at) };
        let stopped = |fault| Stopped { at: at as i64 - *passed, fault };
        match row.end(&bytes[at..]).map_err(|()| stopped(ObjectFault::BadToken))? {
            Some(len) => {
                self.long = None;
                Ok(at + len)
            }
            None if at_eof && matches!(row, LongRow::Element(_)) => Err(stopped(ObjectFault::Unclosed)),
            None => {
                *passed += (bytes.len() - at) as i64;
                Ok(bytes.len())
            }
        }
    }
}

/// The end of the element that `text` begins with, by its strings and brackets alone: behind its last bracket, or before the
/// comma or bracket that follows it. `None` if `text` ends first.
///
/// # Errors
/// A bracket closes another one.
pub(super) fn end_of(text: &[u8]) -> Result<Option<usize>, ()> {
    ElementEnd::default().find(text)
}
