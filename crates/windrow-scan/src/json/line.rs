//! Lines: what a line is, in a file with an object per line.
//!
//! A line ends at LF, and a CR before it is white space. A line of white space is blank.

use memchr::memchr;

use super::object::{self, ObjectValues};
use super::text::is_white;
use super::{ObjectFault, PathFault, Paths};
use crate::RECORD_BYTES_MAX;

/// What is at a place in the file where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextObject {
    /// Nothing: the file is at its end.
    End,
    /// More bytes are needed to tell.
    More,
    /// A line.
    Line {
        /// What it is.
        what: ObjectLine,
        /// Length of its content in bytes, without the line end.
        content: usize,
        /// Length with the line end; `None` if the line goes on beyond the bytes given.
        whole: Option<usize>,
    },
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectLine {
    /// An object.
    Object,
    /// Nothing but white space.
    Blank,
    /// Not an object.
    Malformed(PathFault),
}

/// Reads the line that begins at `bytes[0]`. With `at_eof` the file ends where `bytes` end. If the line is an object,
/// `values` receives the value at each of `paths`; places count from the start of `bytes`.
pub fn read(paths: &Paths, bytes: &[u8], at_eof: bool, values: &mut ObjectValues) -> NextObject {
    if bytes.is_empty() {
        return if at_eof { NextObject::End } else { NextObject::More };
    }
    let window = &bytes[..bytes.len().min(RECORD_BYTES_MAX + 2)];
    let (end, whole) = match memchr(b'\n', window) {
        Some(at) => (at, Some(at + 1)),
        None if window.len() == RECORD_BYTES_MAX + 2 => (window.len(), None),
        None if at_eof => (window.len(), Some(window.len())),
        None => return NextObject::More,
    };
    let content = end - usize::from(whole.is_some_and(|whole| whole > end) && window[..end].ends_with(b"\r"));
    let what = match content {
        _ if whole.is_none() || content > RECORD_BYTES_MAX => {
            ObjectLine::Malformed(ObjectFault::TooLong.into())
        }
        _ => of(paths, &window[..content], values),
    };
    NextObject::Line { what, content, whole }
}

/// What the line with this content is.
fn of(paths: &Paths, content: &[u8], values: &mut ObjectValues) -> ObjectLine {
    let behind = |from: usize| content[from..].iter().position(|byte| !is_white(*byte));
    match behind(0) {
        None => ObjectLine::Blank,
        Some(at) if content[at] != b'{' => ObjectLine::Malformed(ObjectFault::NotObject.into()),
        Some(at) => match object::read(paths, content, at, values) {
            Err(wrong) => ObjectLine::Malformed(wrong),
            Ok(end) if behind(end).is_some() => ObjectLine::Malformed(ObjectFault::TrailingText.into()),
            Ok(_) => ObjectLine::Object,
        },
    }
}
