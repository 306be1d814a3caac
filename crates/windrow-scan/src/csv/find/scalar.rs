//! The index by a plain loop over the bytes: the oracle.

use super::Index;
use crate::csv::Dialect;

/// Where the loop stands with respect to quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// A field may begin here; at the start of a line, a comment too.
    FieldStart { line_start: bool },
    /// In a field without quotes.
    Unquoted,
    /// Between the quotes of a field.
    Quoted,
    /// After a quote that closes the field, unless it is doubled.
    Closed,
    /// After a closing quote and a CR.
    ClosedCr,
}

pub(super) fn fill(index: &mut Index, dialect: &Dialect, bytes: &[u8], start: usize) {
    let line_end = dialect.line_end.byte();
    let mut at = At::FieldStart { line_start: true };
    for (place, &byte) in bytes.iter().enumerate().skip(start) {
        index.has_high |= byte > 0x7F;
        index.has_quotes |= byte == dialect.quote;
        let is_quote = byte == dialect.quote;
        let is_end = byte == dialect.delimiter || byte == line_end;
        let comment_begins = at == At::FieldStart { line_start: true } && dialect.comment == Some(byte);
        let next = match at {
            _ if byte == 0 || comment_begins => None,
            At::Quoted if is_quote => Some(At::Closed),
            At::Quoted => Some(At::Quoted),
            At::FieldStart { .. } | At::Closed if is_quote => Some(At::Quoted),
            At::Unquoted | At::ClosedCr if is_quote => None,
            At::ClosedCr if byte != b'\n' => None,
            _ if is_end => Some(At::FieldStart { line_start: byte == line_end }),
            At::Closed if byte == b'\r' => Some(At::ClosedCr),
            At::Closed => None,
            _ => Some(At::Unquoted),
        };
        let Some(next) = next else {
            index.stop = Some(place);
            return;
        };
        if matches!(next, At::FieldStart { .. }) {
            let places = if byte == line_end { &mut index.newlines } else { &mut index.delimiters };
            places.push(place as u32);
        }
        at = next;
    }
}
