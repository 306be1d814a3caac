//! Rejects: rows that are not events, each with its place and a reason from a closed list.
//!
//! A format finds what is wrong with a record (`format/csv/rows.rs`, by the faults of `windrow_scan`), `event/time.rs` what is wrong with
//! its time, `measure/state.rs` what is wrong with a measured value, `record/batch.rs` where an
//! expression has no value or a look-up no row.

use crate::error::Result;
use crate::text::{escape, named};

named! {
    /// Why a row is not an event.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Reason {
        /// Fewer fields than the header.
        TooFewFields = "too_few_fields",
        /// More fields than the header.
        TooManyFields = "too_many_fields",
        /// A quote inside an unquoted field.
        StrayQuote = "stray_quote",
        /// Text after a closing quote.
        TextAfterQuote = "text_after_quote",
        /// A quote that is never closed.
        UnclosedQuote = "unclosed_quote",
        /// A record over 1 MiB.
        TooLong = "too_long",
        /// A NUL byte.
        Nul = "nul",
        /// Bytes that are not UTF-8.
        InvalidUtf8 = "invalid_utf8",
        /// A time that does not read in the declared format.
        BadTime = "bad_time",
        /// A time outside `earliest` .. `latest`, or outside the years 1 to 9998.
        OutOfRange = "out_of_range",
        /// A local time that the zone's clock skipped.
        LocalGap = "local_gap",
        /// A local time that the zone's clock showed twice.
        LocalFold = "local_fold",
        /// JSON: something other than an object.
        NotObject = "not_object",
        /// JSON: text after the object.
        TrailingText = "trailing_text",
        /// JSON: a name that is wanted, twice in one object.
        DuplicateName = "duplicate_name",
        /// JSON: a backslash that begins no escape, or half of a surrogate pair.
        BadEscape = "bad_escape",
        /// JSON: a control character inside a string.
        ControlCharacter = "control_character",
        /// JSON: an object that is not closed.
        Unclosed = "unclosed",
        /// JSON: something that cannot stand where it does.
        BadToken = "bad_token",
        /// JSON: more nesting than 128 levels.
        TooDeep = "too_deep",
        /// JSON: an object or an array where one value is wanted.
        NotScalar = "not_scalar",
        /// Text: a line that the pattern does not match.
        NoMatch = "no_match",
        /// A measured value that is not a number, or is 10^20 or more.
        BadNumber = "bad_number",
        /// An expression of the job that has no value for the row, as a text in it is not the number it has to be.
        BadExpression = "bad_expression",
        /// A row that no row of a look-up matches, where the job asks for one.
        Unmatched = "unmatched",
    }
}

/// One row that is not an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Where it is in its file.
    pub place: Place,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// Why.
    pub reason: Reason,
    /// The value that was refused, where it is one value; cut as `raw` is.
    pub value: Option<Vec<u8>>,
    /// The record as it is in the file, without its line end; cut after [`RAW_BYTES_MAX`] bytes.
    pub raw: Vec<u8>,
}

impl Reject {
    /// One line for people: it was found in `file`. Its raw text is cut.
    pub fn shown(&self, file: &str) -> String {
        const RAW_CHARS_MAX: usize = 120;
        let Reject { place, column, reason, raw, .. } = self;
        let column = column.as_ref().map(|column| format!("column {}", escape::for_people(column)));
        let mut raw = escape::exact(raw);
        if let Some((at, _)) = raw.char_indices().nth(RAW_CHARS_MAX) {
            raw.truncate(at);
            raw += "…";
        }
        let place = match (place, column) {
            (Place::Line { line, byte }, None) => format!("{file}:{line} (byte {byte})"),
            (Place::Line { line, byte }, Some(column)) => format!("{file}:{line} (byte {byte}, {column})"),
            (Place::Row(row), None) => format!("{file}: row {row}"),
            (Place::Row(row), Some(column)) => format!("{file}: row {row} ({column})"),
        };
        format!("{place}: {}: {raw}", reason.name())
    }
}

/// Takes all rejects of a run, in the order of files and places.
pub trait RejectSink: Send {
    /// Some rejects of the file `name`.
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()>;
}

/// Where a row is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In text.
    Line {
        /// The physical line that the record begins on, from 1.
        line: u64,
        /// The byte that it begins at, from 0.
        byte: u64,
    },
    /// The number of the row, from 1, in a file whose rows are not lines.
    Row(u64),
}

impl Place {
    /// What grows from row to row of a file.
    pub fn order(self) -> u64 {
        match self {
            Place::Line { byte, .. } => byte,
            Place::Row(row) => row,
        }
    }

    /// `lines` further down.
    pub(crate) fn below(self, lines: u64) -> Self {
        match self {
            Place::Line { line, byte } => Place::Line { line: line + lines, byte },
            Place::Row(row) => Place::Row(row),
        }
    }

    /// The line, the byte and the row, as far as there are any.
    pub fn parts(self) -> (Option<u64>, Option<u64>, Option<u64>) {
        match self {
            Place::Line { line, byte } => (Some(line), Some(byte), None),
            Place::Row(row) => (None, None, Some(row)),
        }
    }
}

/// Bytes of a reject's raw text that are kept.
pub const RAW_BYTES_MAX: usize = 4096;

#[cfg(test)]
impl Reject {
    /// One whose raw text has quotes, a backslash, control characters, and a byte that is not UTF-8.
    pub(crate) fn hostile() -> Self {
        Reject {
            place: Place::Line { line: 17, byte: 431 },
            column: Some("time".into()),
            reason: Reason::BadTime,
            value: None,
            raw: b"2016-13-01,\"a\\\xff\x1b[2J\"\"\xe2\x80\xae".to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_one_line_without_control_characters() {
        let reject = Reject::hostile();
        assert_eq!(
            reject.shown("a.csv"),
            r#"a.csv:17 (byte 431, column time): bad_time: 2016-13-01,"a\\\xff\x1b[2J""\xe2\x80\xae"#
        );
        let of_row = Reject { place: Place::Row(7), ..reject.clone() };
        assert!(of_row.shown("a.parquet").starts_with("a.parquet: row 7 (column time): bad_time: "));
        let long = Reject { raw: "ä".repeat(500).into_bytes(), ..reject.clone() };
        assert_eq!(long.shown("a.csv").chars().filter(|char| *char == 'ä').count(), 120);
    }

    #[test]
    fn a_place_is_a_line_or_a_row() {
        let (line, row) = (Place::Line { line: 17, byte: 431 }, Place::Row(7));
        assert_eq!((line.order(), row.order()), (431, 7));
        assert_eq!((line.parts(), row.parts()), ((Some(17), Some(431), None), (None, None, Some(7))));
        assert_eq!((line.below(5), row.below(5)), (Place::Line { line: 22, byte: 431 }, row));
    }
}
