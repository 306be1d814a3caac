//! Arithmetic: exact; a result that cannot be held is wrong.

use crate::column::{Column, Presence, TypedValues};
use crate::compare::of_both;
use crate::node::NumberOp;
use crate::types::ONE;

/// Calculates with two columns of one type.
pub(crate) fn calculate<'a>(operation: NumberOp, left: &Column<'_>, right: &Column<'_>) -> Column<'a> {
    let mut states = of_both(&left.states, &right.states);
    let values = match (&left.values, &right.values) {
        (TypedValues::Integer(left), TypedValues::Integer(right)) => {
            TypedValues::Integer(calculated(left, right, &mut states, |left, right| {
                of_integers(operation, left, right)
            }))
        }
        (TypedValues::Decimal(left), TypedValues::Decimal(right)) => {
            TypedValues::Decimal(calculated(left, right, &mut states, |left, right| {
                of_decimals(operation, left, right)
            }))
        }
        // Types were made to fit when the expression was checked.
        _ => TypedValues::Integer(vec![0; states.len()]),
    };
    Column { values, states }
}

fn calculated<T: Copy + Default>(
    left: &[T],
    right: &[T],
    states: &mut [Presence],
    operation: impl Fn(T, T) -> Option<T>,
) -> Vec<T> {
    let mut values = Vec::with_capacity(states.len());
    for ((left, right), state) in left.iter().zip(right).zip(states) {
        let value = if *state == Presence::There { operation(*left, *right) } else { Some(T::default()) };
        if value.is_none() {
            *state = Presence::Wrong;
        }
        values.push(value.unwrap_or_default());
    }
    values
}

/// Whole numbers are not divided: see `translate`.
fn of_integers(operation: NumberOp, left: i64, right: i64) -> Option<i64> {
    match operation {
        NumberOp::Add => left.checked_add(right),
        NumberOp::Subtract => left.checked_sub(right),
        NumberOp::Multiply => left.checked_mul(right),
        NumberOp::Divide => None,
        NumberOp::Remainder if right == -1 => Some(0),
        NumberOp::Remainder => left.checked_rem(right),
    }
}

fn of_decimals(operation: NumberOp, left: i128, right: i128) -> Option<i128> {
    match operation {
        NumberOp::Add => left.checked_add(right),
        NumberOp::Subtract => left.checked_sub(right),
        NumberOp::Multiply => Some(rounded(left.checked_mul(right)?, ONE)),
        NumberOp::Divide if right == 0 => None,
        NumberOp::Divide => Some(rounded(left.checked_mul(ONE)?, right)),
        NumberOp::Remainder => left.checked_rem(right),
    }
}

/// The whole number nearest to `dividend / divisor`; of two the even one.
fn rounded(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    let (twice, divisor_size) = (rest.unsigned_abs() * 2, divisor.unsigned_abs());
    let goes_up = twice > divisor_size || twice == divisor_size && quotient % 2 != 0;
    let away = if (dividend < 0) == (divisor < 0) { 1 } else { -1 };
    quotient + if goes_up { away } else { 0 }
}
