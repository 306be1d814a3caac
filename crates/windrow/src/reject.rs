//! Rejects: rows that are not events, each with its place and a reason from a closed list.
//!
//! A format finds what is wrong with a record (`format/csv/rows.rs`, by the faults of `windrow_scan`), `event/time.rs` what is wrong with
//! its time, `measure/state.rs` what is wrong with a measured value, `record/batch.rs` where an
//! expression has no value or a look-up no row.

/// Why a row is not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Fewer fields than the header.
    TooFewFields,
    /// More fields than the header.
    TooManyFields,
    /// A quote inside an unquoted field.
    StrayQuote,
    /// Text after a closing quote.
    TextAfterQuote,
    /// A quote that is never closed.
    UnclosedQuote,
    /// A record over 1 MiB.
    TooLong,
    /// A NUL byte.
    Nul,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// A time that does not read in the declared format.
    BadTime,
    /// A time outside `earliest` .. `latest`, or outside the years 1 to 9998.
    OutOfRange,
    /// A local time that the zone's clock skipped.
    LocalGap,
    /// A local time that the zone's clock showed twice.
    LocalFold,
    /// JSON: something other than an object.
    NotObject,
    /// JSON: text after the object.
    TrailingText,
    /// JSON: a name that is wanted, twice in one object.
    DuplicateName,
    /// JSON: a backslash that begins no escape, or half of a surrogate pair.
    BadEscape,
    /// JSON: a control character inside a string.
    ControlCharacter,
    /// JSON: an object that is not closed.
    Unclosed,
    /// JSON: something that cannot stand where it does.
    BadToken,
    /// JSON: more nesting than 128 levels.
    TooDeep,
    /// JSON: an object or an array where one value is wanted.
    NotScalar,
    /// Text: a line that the pattern does not match.
    NoMatch,
    /// A measured value that is not a number, or is 10^20 or more.
    BadNumber,
    /// An expression of the job that has no value for the row, as a text in it is not the number it has to be.
    BadExpression,
    /// A row that no row of a look-up matches, where the job asks for one.
    Unmatched,
}

impl Reason {
    /// Every reason, in the order summaries list them.
    pub const ALL: [Reason; 25] = [
        Reason::TooFewFields,
        Reason::TooManyFields,
        Reason::StrayQuote,
        Reason::TextAfterQuote,
        Reason::UnclosedQuote,
        Reason::TooLong,
        Reason::Nul,
        Reason::InvalidUtf8,
        Reason::BadTime,
        Reason::OutOfRange,
        Reason::LocalGap,
        Reason::LocalFold,
        Reason::NotObject,
        Reason::TrailingText,
        Reason::DuplicateName,
        Reason::BadEscape,
        Reason::ControlCharacter,
        Reason::Unclosed,
        Reason::BadToken,
        Reason::TooDeep,
        Reason::NotScalar,
        Reason::NoMatch,
        Reason::BadNumber,
        Reason::BadExpression,
        Reason::Unmatched,
    ];

    /// The reason's name in tables, summaries and files.
    pub fn name(self) -> &'static str {
        match self {
            Reason::TooFewFields => "too_few_fields",
            Reason::TooManyFields => "too_many_fields",
            Reason::StrayQuote => "stray_quote",
            Reason::TextAfterQuote => "text_after_quote",
            Reason::UnclosedQuote => "unclosed_quote",
            Reason::TooLong => "too_long",
            Reason::Nul => "nul",
            Reason::InvalidUtf8 => "invalid_utf8",
            Reason::BadTime => "bad_time",
            Reason::OutOfRange => "out_of_range",
            Reason::LocalGap => "local_gap",
            Reason::LocalFold => "local_fold",
            Reason::NotObject => "not_object",
            Reason::TrailingText => "trailing_text",
            Reason::DuplicateName => "duplicate_name",
            Reason::BadEscape => "bad_escape",
            Reason::ControlCharacter => "control_character",
            Reason::Unclosed => "unclosed",
            Reason::BadToken => "bad_token",
            Reason::TooDeep => "too_deep",
            Reason::NotScalar => "not_scalar",
            Reason::NoMatch => "no_match",
            Reason::BadNumber => "bad_number",
            Reason::BadExpression => "bad_expression",
            Reason::Unmatched => "unmatched",
        }
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
