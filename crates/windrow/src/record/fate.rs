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
    /// It is a reject, for what is in the column that is called this.
    Rejected { reason: Reason, column: String, value: Option<Vec<u8>> },
}
