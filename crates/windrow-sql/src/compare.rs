//! Comparing: two columns of one type, row by row.

use crate::column::{Column, Presence, TypedValues};
use crate::node::CompareOp;

/// Null where one is null, wrong where one is wrong.
pub(crate) fn of_both(left: &[Presence], right: &[Presence]) -> Vec<Presence> {
    let both = |(left, right): (&Presence, &Presence)| match (left, right) {
        (Presence::There, other) => *other,
        (Presence::Wrong, _) | (_, Presence::Wrong) => Presence::Wrong,
        (Presence::Null, _) => Presence::Null,
    };
    left.iter().zip(right).map(both).collect()
}

/// Compares two columns.
pub(crate) fn compare<'a>(comparison: CompareOp, left: &Column<'_>, right: &Column<'_>) -> Column<'a> {
    let rows = left.states.len();
    let values = match (&left.values, &right.values) {
        (TypedValues::Text(left), TypedValues::Text(right)) => {
            compared(comparison, rows, |row| left.get(row), |row| right.get(row))
        }
        (TypedValues::Decimal(left), TypedValues::Decimal(right)) => {
            compared(comparison, rows, |row| left[row], |row| right[row])
        }
        (TypedValues::Boolean(left), TypedValues::Boolean(right)) => {
            compared(comparison, rows, |row| left[row], |row| right[row])
        }
        (TypedValues::Integer(left), TypedValues::Integer(right))
        | (TypedValues::Timestamp(left), TypedValues::Timestamp(right))
        | (TypedValues::Date(left), TypedValues::Date(right)) => {
            compared(comparison, rows, |row| left[row], |row| right[row])
        }
        // Types were made to fit when the expression was checked.
        _ => vec![false; rows],
    };
    Column { values: TypedValues::Boolean(values), states: of_both(&left.states, &right.states) }
}

fn compared<T: Ord>(
    comparison: CompareOp,
    rows: usize,
    left: impl Fn(usize) -> T,
    right: impl Fn(usize) -> T,
) -> Vec<bool> {
    match comparison {
        CompareOp::Equal => (0..rows).map(|row| left(row) == right(row)).collect(),
        CompareOp::NotEqual => (0..rows).map(|row| left(row) != right(row)).collect(),
        CompareOp::Less => (0..rows).map(|row| left(row) < right(row)).collect(),
        CompareOp::LessOrEqual => (0..rows).map(|row| left(row) <= right(row)).collect(),
        CompareOp::Greater => (0..rows).map(|row| left(row) > right(row)).collect(),
        CompareOp::GreaterOrEqual => (0..rows).map(|row| left(row) >= right(row)).collect(),
    }
}
