//! Faults: why a line of the file is not a record.

/// Why a line of the file is not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordFault {
    /// Fewer fields than the header.
    TooFewFields,
    /// More fields than the header.
    TooManyFields,
    /// A quote inside an unquoted field.
    StrayQuote,
    /// Text after a closing quote.
    TextAfterQuote,
    /// A quote that is not closed within the longest record allowed, or before the end of the file.
    UnclosedQuote,
    /// A record longer than [`RECORD_BYTES_MAX`](crate::csv::RECORD_BYTES_MAX).
    TooLong,
    /// A NUL byte.
    Nul,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
}
