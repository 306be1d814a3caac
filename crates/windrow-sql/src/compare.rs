//! Comparing: two columns of one type, row by row.

use crate::column::{Column, State, Values};
use crate::node::Comparison;

/// Null where one is null, wrong where one is wrong.
pub(crate) fn of_both(left: &[State], right: &[State]) -> Vec<State> {
    let both = |(left, right): (&State, &State)| match (left, right) {
        (State::There, other) => *other,
        (State::Wrong, _) | (_, State::Wrong) => State::Wrong,
        (State::Null, _) => State::Null,
    };
    left.iter().zip(right).map(both).collect()
}

/// Compares two columns.
pub(crate) fn compare<'a>(comparison: Comparison, left: &Column<'_>, right: &Column<'_>) -> Column<'a> {
    let rows = left.states.len();
    let values = match (&left.values, &right.values) {
        (Values::Text(left), Values::Text(right)) => {
            compared(comparison, rows, |row| left.get(row), |row| right.get(row))
        }
        (Values::Decimal(left), Values::Decimal(right)) => {
            compared(comparison, rows, |row| left[row], |row| right[row])
        }
        (Values::Boolean(left), Values::Boolean(right)) => {
            compared(comparison, rows, |row| left[row], |row| right[row])
        }
        (Values::Integer(left), Values::Integer(right))
        | (Values::Timestamp(left), Values::Timestamp(right))
        | (Values::Date(left), Values::Date(right)) => {
            compared(comparison, rows, |row| left[row], |row| right[row])
        }
        // Types were made to fit when the expression was checked.
        _ => vec![false; rows],
    };
    Column { values: Values::Boolean(values), states: of_both(&left.states, &right.states) }
}

fn compared<T: Ord>(
    comparison: Comparison,
    rows: usize,
    left: impl Fn(usize) -> T,
    right: impl Fn(usize) -> T,
) -> Vec<bool> {
    match comparison {
        Comparison::Equal => (0..rows).map(|row| left(row) == right(row)).collect(),
        Comparison::NotEqual => (0..rows).map(|row| left(row) != right(row)).collect(),
        Comparison::Less => (0..rows).map(|row| left(row) < right(row)).collect(),
        Comparison::LessOrEqual => (0..rows).map(|row| left(row) <= right(row)).collect(),
        Comparison::Greater => (0..rows).map(|row| left(row) > right(row)).collect(),
        Comparison::GreaterOrEqual => (0..rows).map(|row| left(row) >= right(row)).collect(),
    }
}
