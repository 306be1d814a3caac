//! Measures: aggregates beside the count. Each pane, key and column has a state; states merge in any order to the same bytes.

mod buckets;
mod bytes;
mod decimal;
mod distinct;
mod function;
mod moments;
mod number;
mod state;

#[cfg(test)]
mod tests;

pub(crate) use decimal::{grouped_decimal, push_decimal, units};
#[cfg(feature = "spark")]
pub(crate) use distinct::FEW as FEW_DISTINCT;
pub(crate) use function::States;
pub use function::{Function, Measure, MeasuredColumn, NumberRules};
pub(crate) use moments::Moments;
pub(crate) use number::Number;
#[cfg(feature = "spark")]
pub(crate) use state::StatePart;
pub(crate) use state::{MeasuredValue, State, read_all};
