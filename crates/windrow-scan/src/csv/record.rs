//! The automaton: the definition of what a record is. Every faster way must agree with it, byte for byte.
//!
//! - A record ends at LF or CR LF; a CR anywhere else is data. Where the dialect says that lines end with CR, a
//!   record ends at CR, and a LF is data. The end of the file ends the last record.
//! - A field that begins with a quote ends at the next quote that is not doubled; it may hold delimiters and
//!   line ends. A quote elsewhere in a field, or anything but a delimiter or a line end after a closing quote,
//!   makes the line malformed.
//! - Of a malformed line (quotes, or longer than [`RECORD_BYTES_MAX`]) only the physical line it begins on is
//!   taken: reading goes on at the next line, so that one stray quote cannot swallow the rows after it.
//! - A line of nothing but white space is blank; a line whose first byte is the comment byte is a comment.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr3};

use crate::csv::{Dialect, RECORD_BYTES_MAX, RecordFault};

/// What is at a place in the file where a record may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRecord {
    /// Nothing: the file is at its end.
    End,
    /// More bytes are needed to tell.
    More,
    /// A line.
    Line {
        /// What it is.
        what: RecordLine,
        /// Length of its content in bytes, without the line end.
        content: usize,
        /// Length with the line end; none when the physical line goes on beyond the bytes given
        /// (it is then malformed, and what is left of it belongs to it).
        whole: Option<usize>,
    },
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordLine {
    /// A well-formed record.
    Record,
    /// Nothing but white space.
    Blank,
    /// A comment.
    Comment,
    /// Not a record.
    Malformed {
        /// Why.
        fault: RecordFault,
        /// The field at fault, from 0, where one is.
        field: Option<usize>,
    },
}

/// Most bytes that need to be seen to judge a record: the longest content and its line end.
const WINDOW: usize = RECORD_BYTES_MAX + 2;

/// Reads the line that begins at `bytes[0]`. With `at_eof` the file ends where `bytes` end.
/// `fields` receives the place of each field, quotes included, when the line is a record;
/// `columns`, when given, is how many fields a record must have.
pub fn read(
    dialect: &Dialect,
    columns: Option<usize>,
    bytes: &[u8],
    at_eof: bool,
    fields: &mut Vec<Range<usize>>,
) -> NextRecord {
    fields.clear();
    if bytes.is_empty() {
        return if at_eof { NextRecord::End } else { NextRecord::More };
    }
    let (window, at_eof) = match bytes.get(..WINDOW) {
        Some(window) => (window, false),
        None => (bytes, at_eof),
    };
    let found = if dialect.comment == Some(window[0]) {
        line(dialect, window, at_eof).map(|(content, whole)| (RecordLine::Comment, content, whole))
    } else if let Some((content, whole)) = blank(dialect, window, at_eof) {
        Some((RecordLine::Blank, content, whole))
    } else {
        match record(dialect, window, at_eof, fields) {
            RecordShape::Well { content, whole } => Some((RecordLine::Record, content, whole)),
            RecordShape::Torn { in_quotes } if window.len() == WINDOW || at_eof => {
                let fault = if in_quotes { RecordFault::UnclosedQuote } else { RecordFault::TooLong };
                let field = in_quotes.then_some(fields.len());
                return malformed(dialect, fault, field, bytes.len(), window, at_eof);
            }
            RecordShape::Torn { .. } => None,
            RecordShape::Bad(fault) => {
                return malformed(dialect, fault, Some(fields.len()), bytes.len(), window, at_eof);
            }
        }
    };
    match found {
        Some((_, content, _)) if content > RECORD_BYTES_MAX => {
            malformed(dialect, RecordFault::TooLong, None, bytes.len(), window, at_eof)
        }
        Some((RecordLine::Record, content, whole)) => {
            let what = check(dialect, columns, &window[..content], fields);
            NextRecord::Line { what, content, whole: Some(whole) }
        }
        Some((what, content, whole)) => NextRecord::Line { what, content, whole: Some(whole) },
        None if window.len() == WINDOW => {
            malformed(dialect, RecordFault::TooLong, None, bytes.len(), window, at_eof)
        }
        None => NextRecord::More,
    }
}

/// The value of a field: without its quotes, doubled quotes made single.
pub fn unquote<'a>(dialect: &Dialect, field: &'a [u8]) -> Cow<'a, [u8]> {
    let quote = dialect.quote;
    let inner = match field {
        [first, inner @ .., last] if *first == quote && *last == quote => inner,
        _ => return Cow::Borrowed(field),
    };
    if memchr(quote, inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut value = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        value.push(*byte);
        if *byte == quote {
            bytes.next();
        }
    }
    Cow::Owned(value)
}

/// The malformed line: the physical line that `window` begins with.
fn malformed(
    dialect: &Dialect,
    fault: RecordFault,
    field: Option<usize>,
    given: usize,
    window: &[u8],
    at_eof: bool,
) -> NextRecord {
    let what = RecordLine::Malformed { fault, field };
    match line(dialect, window, at_eof) {
        Some((content, whole)) => NextRecord::Line { what, content, whole: Some(whole) },
        None if given >= WINDOW => NextRecord::Line { what, content: window.len(), whole: None },
        None => NextRecord::More,
    }
}

/// Length of the physical line without and with its end; `None` if the end is not in `bytes`.
fn line(dialect: &Dialect, bytes: &[u8], at_eof: bool) -> Option<(usize, usize)> {
    match memchr(dialect.line_end.byte(), bytes) {
        Some(at) => Some((without_cr(bytes, at), at + 1)),
        None => at_eof.then_some((bytes.len(), bytes.len())),
    }
}

/// The end of the content of a line whose last byte is at `at`. Where lines end with CR, there is none before it.
#[inline(always)]
pub(crate) fn without_cr(bytes: &[u8], at: usize) -> usize {
    if at > 0 && bytes[at - 1] == b'\r' { at - 1 } else { at }
}

fn blank(dialect: &Dialect, bytes: &[u8], at_eof: bool) -> Option<(usize, usize)> {
    let end = dialect.line_end.byte();
    let white = bytes.iter().take_while(|byte| is_white(dialect, **byte)).count();
    match bytes.get(white) {
        Some(byte) if *byte == end => Some((without_cr(bytes, white), white + 1)),
        None if at_eof => Some((white, white)),
        _ => None,
    }
}

/// Whether a byte is white space that ends neither a field nor a line.
#[inline(always)]
pub(crate) fn is_white(dialect: &Dialect, byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0C)
        && byte != dialect.delimiter
        && byte != dialect.line_end.byte()
}

/// The result of reading the quotes and line ends of a record.
enum RecordShape {
    /// A record; lengths without and with its end.
    Well { content: usize, whole: usize },
    /// The bytes end before the record does.
    Torn { in_quotes: bool },
    /// The quotes are wrong in the field that would come next.
    Bad(RecordFault),
}

fn record(dialect: &Dialect, bytes: &[u8], at_eof: bool, fields: &mut Vec<Range<usize>>) -> RecordShape {
    let Dialect { delimiter, quote, line_end, .. } = *dialect;
    let line_end = line_end.byte();
    let mut start = 0;
    loop {
        let end = if bytes.get(start) == Some(&quote) {
            match closing_quote(quote, bytes, start + 1, at_eof) {
                Closing::At(at) => at + 1,
                Closing::Torn => return RecordShape::Torn { in_quotes: true },
                Closing::Unsure => return RecordShape::Torn { in_quotes: false },
            }
        } else {
            match memchr3(delimiter, line_end, quote, &bytes[start..]) {
                Some(at) if bytes[start + at] == quote => return RecordShape::Bad(RecordFault::StrayQuote),
                Some(at) => start + at,
                None if at_eof => bytes.len(),
                None => return RecordShape::Torn { in_quotes: false },
            }
        };
        let quoted = bytes.get(start) == Some(&quote);
        match &bytes[end..] {
            [] if at_eof => {
                fields.push(start..end);
                return RecordShape::Well { content: end, whole: end };
            }
            [] => return RecordShape::Torn { in_quotes: false },
            [byte, ..] if *byte == delimiter => {
                fields.push(start..end);
                start = end + 1;
            }
            [byte, ..] if *byte == line_end => {
                let content = if quoted { end } else { without_cr(bytes, end).max(start) };
                fields.push(start..content);
                return RecordShape::Well { content, whole: end + 1 };
            }
            // Only a quoted field is followed by this.
            [b'\r', b'\n', ..] => {
                fields.push(start..end);
                return RecordShape::Well { content: end, whole: end + 2 };
            }
            [b'\r'] if !at_eof => return RecordShape::Torn { in_quotes: false },
            _ => return RecordShape::Bad(RecordFault::TextAfterQuote),
        }
    }
}

enum Closing {
    At(usize),
    Torn,
    /// A quote is the last byte: what follows tells whether it closes.
    Unsure,
}

fn closing_quote(quote: u8, bytes: &[u8], from: usize, at_eof: bool) -> Closing {
    let mut at = from;
    while let Some(next) = memchr(quote, &bytes[at..]) {
        at += next;
        match bytes.get(at + 1) {
            Some(byte) if *byte == quote => at += 2,
            None if !at_eof => return Closing::Unsure,
            _ => return Closing::At(at),
        }
    }
    Closing::Torn
}

/// What a record with well-formed quotes is.
fn check(dialect: &Dialect, columns: Option<usize>, content: &[u8], fields: &[Range<usize>]) -> RecordLine {
    let field_at = |at: usize| fields.iter().position(|field| at <= field.end);
    if let Some(at) = memchr(0, content) {
        return RecordLine::Malformed { fault: RecordFault::Nul, field: field_at(at) };
    }
    if dialect.is_utf8
        && let Err(error) = std::str::from_utf8(content)
    {
        return RecordLine::Malformed {
            fault: RecordFault::InvalidUtf8,
            field: field_at(error.valid_up_to()),
        };
    }
    match columns {
        Some(columns) if fields.len() < columns => {
            RecordLine::Malformed { fault: RecordFault::TooFewFields, field: None }
        }
        Some(columns) if fields.len() > columns => {
            RecordLine::Malformed { fault: RecordFault::TooManyFields, field: None }
        }
        _ => RecordLine::Record,
    }
}

#[cfg(test)]
mod tests;
