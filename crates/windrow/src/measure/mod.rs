//! Measures: what is aggregated beside the count. A state per pane, key and column that merges in any order to the same bytes.

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

pub(crate) use decimal::{grouped_decimal, push_decimal};
#[cfg(test)]
use function::States;
pub use function::{Function, Measure, MeasuredColumn};
pub(crate) use number::Number;
pub(crate) use state::{State, Value, read_all};
