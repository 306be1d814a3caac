//! Numbers: what a measure comes to.

/// The answer of a measure, of one of three kinds; none is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Exact, in units.
    Decimal(Option<i128>),
    /// The nearest float.
    Real(Option<f64>),
    /// A count.
    Whole(Option<u64>),
}
