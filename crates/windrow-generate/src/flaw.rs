//! Flaws: the ways in which a line is not an event, and what a reader must make of each.

use windrow::Reason;
use windrow::Tally;

/// Why a written line is not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The time is text that no format reads.
    BadTime,
    /// The last field is missing.
    TooFewFields,
    /// A field too many.
    TooManyFields,
    /// A quote inside an unquoted field.
    StrayQuote,
    /// Text after a closing quote.
    TextAfterQuote,
    /// A byte that is not UTF-8.
    InvalidUtf8,
    /// A NUL byte.
    Nul,
    /// An empty line.
    Blank,
    /// The header again.
    RepeatedHeader,
}

impl Flaw {
    /// Every flaw, in the order they are drawn from.
    pub const ALL: [Flaw; 9] = [
        Flaw::BadTime,
        Flaw::TooFewFields,
        Flaw::TooManyFields,
        Flaw::StrayQuote,
        Flaw::TextAfterQuote,
        Flaw::InvalidUtf8,
        Flaw::Nul,
        Flaw::Blank,
        Flaw::RepeatedHeader,
    ];

    /// The reason for which a reader rejects the line; none for lines that are not rows.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Flaw::BadTime => Some(Reason::BadTime),
            Flaw::TooFewFields => Some(Reason::TooFewFields),
            Flaw::TooManyFields => Some(Reason::TooManyFields),
            Flaw::StrayQuote => Some(Reason::StrayQuote),
            Flaw::TextAfterQuote => Some(Reason::TextAfterQuote),
            Flaw::InvalidUtf8 => Some(Reason::InvalidUtf8),
            Flaw::Nul => Some(Reason::Nul),
            Flaw::Blank | Flaw::RepeatedHeader => None,
        }
    }

    /// Whether a row of `width` fields can have it: a row of one field that lacks its last is a blank line.
    pub(super) fn fits(self, width: usize) -> bool {
        self != Flaw::TooFewFields || width > 1
    }

    /// What stands in the flawed field instead of its value, for flaws inside a field.
    pub(super) fn field(self) -> Option<&'static [u8]> {
        match self {
            Flaw::BadTime => Some(b"yesterday"),
            Flaw::StrayQuote => Some(b"Op\"en"),
            Flaw::TextAfterQuote => Some(b"\"Open\"ed"),
            Flaw::InvalidUtf8 => Some(b"Op\xFFen"),
            Flaw::Nul => Some(b"Op\0en"),
            _ => None,
        }
    }

    /// Counts one line with this flaw as a reader must.
    pub(super) fn add_to(self, tally: &mut Tally) {
        match (self, self.reason()) {
            (_, Some(reason)) => tally.rejected[reason as usize] += 1,
            (Flaw::Blank, _) => tally.blank += 1,
            _ => tally.repeated_header += 1,
        }
    }
}
