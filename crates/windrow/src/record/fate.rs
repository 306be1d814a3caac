//! Fates: what happens to each row of a batch, after the steps so far.

use crate::reject::Reason;

/// What happens to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It becomes an event, unless a later step decides differently.
    Counts,
    /// No row of the look-up with this number matches it: it is a reject, unless `where` leaves it out.
    Unmatched(usize),
    /// It is left out.
    Filtered,
    /// It is a reject.
    Rejected(Box<Rejection>),
}

/// Why a row is a reject: the reason, the name of the column at fault, and its value, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) reason: Reason,
    pub(super) column: String,
    pub(super) value: Option<Vec<u8>>,
}

impl Fate {
    /// A reject, because of the `value` in `column`.
    pub(super) fn rejected(reason: Reason, column: impl Into<String>, value: Option<Vec<u8>>) -> Self {
        Fate::Rejected(Box::new(Rejection { reason, column: column.into(), value }))
    }
}
