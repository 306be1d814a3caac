//! Fates: where the steps of its way have led each row of a batch.

use crate::reject::Reason;

/// Where a row goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// On, to become an event.
    Counts,
    /// No row of the look-up with this number matches it: it is a reject, unless `where` leaves it out.
    Unmatched(usize),
    /// It is left out.
    Filtered,
    /// It is a reject.
    Rejected(Box<Rejection>),
}

/// Why a row is a reject: for what is in the column that is called this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) reason: Reason,
    pub(super) column: String,
    pub(super) value: Option<Vec<u8>>,
}

impl Fate {
    /// A reject, for the value that it has in a column.
    pub(super) fn rejected(reason: Reason, column: impl Into<String>, value: Option<Vec<u8>>) -> Self {
        Fate::Rejected(Box::new(Rejection { reason, column: column.into(), value }))
    }
}
