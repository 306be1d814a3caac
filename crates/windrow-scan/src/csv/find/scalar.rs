//! The index by a plain loop over the bytes: the oracle.

use super::RecordIndex;
use crate::csv::Dialect;

/// Where the loop stands with respect to quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QuoteState {
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

pub(super) fn fill(index: &mut RecordIndex, dialect: &Dialect, bytes: &[u8], start: usize) {
    let line_end = dialect.line_end.byte();
    let mut at = QuoteState::FieldStart { line_start: true };
    for (place, &byte) in bytes.iter().enumerate().skip(start) {
        index.has_high |= byte > 0x7F;
        index.has_quotes |= byte == dialect.quote;
        let is_quote = byte == dialect.quote;
        let is_end = byte == dialect.delimiter || byte == line_end;
        let comment_begins =
            at == QuoteState::FieldStart { line_start: true } && dialect.comment == Some(byte);
        let next = match at {
            _ if byte == 0 || comment_begins => None,
            QuoteState::Quoted if is_quote => Some(QuoteState::Closed),
            QuoteState::Quoted => Some(QuoteState::Quoted),
            QuoteState::FieldStart { .. } | QuoteState::Closed if is_quote => Some(QuoteState::Quoted),
            QuoteState::Unquoted | QuoteState::ClosedCr if is_quote => None,
            QuoteState::ClosedCr if byte != b'\n' => None,
            _ if is_end => Some(QuoteState::FieldStart { line_start: byte == line_end }),
            QuoteState::Closed if byte == b'\r' => Some(QuoteState::ClosedCr),
            QuoteState::Closed => None,
            _ => Some(QuoteState::Unquoted),
        };
        let Some(next) = next else {
            index.stop = Some(place);
            return;
        };
        if next == QuoteState::Quoted && byte == line_end {
            index.quoted_newlines.push(place as u32);
        }
        if matches!(next, QuoteState::FieldStart { .. }) {
            let places = if byte == line_end { &mut index.newlines } else { &mut index.delimiters };
            places.push(place as u32);
        }
        at = next;
    }
}
