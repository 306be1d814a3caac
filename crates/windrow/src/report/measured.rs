//! Measures of windows: the states of their panes, merged, and what they answer, as columns.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{Decimal128Builder, Float64Builder, Int64Builder};
use arrow_schema::{DataType, Field};
use hashbrown::HashMap;

use super::assemble::CleanCounts;
use crate::counts::{FastHash, KeyId, MeasuredStates, sum_past_limit};
use crate::error::{Error, Result};
use crate::job::{Function, Measure, column};
use crate::measure::{Number, State};

/// Digits of a decimal in a table, and those of them that are behind the point.
const DIGITS: (u8, i8) = (38, 9);

/// A measure, and the number of its column among those that are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedMeasure {
    function: Function,
    column: usize,
}

impl AskedMeasure {
    /// What `measures` ask of the columns of `measured`.
    pub(crate) fn all(measures: &[Measure], measured: &MeasuredStates) -> Result<Vec<AskedMeasure>> {
        measures.iter().map(|measure| AskedMeasure::of(measure, measured)).collect()
    }

    /// What `measure` asks of one of them.
    pub(super) fn of(measure: &Measure, measured: &MeasuredStates) -> Result<AskedMeasure> {
        let column = measured.columns().iter().position(|column| column.name == measure.column);
        let missing = || Error::bug(format!("{measure} is asked of counts that were made without it"));
        Ok(AskedMeasure { function: measure.function, column: column.ok_or_else(missing)? })
    }

    /// The function that is asked for.
    pub(super) fn function(self) -> Function {
        self.function
    }

    /// The answer; null without states.
    pub(crate) fn answer(self, states: Option<&[State]>) -> Number {
        let state = states.and_then(|states| states.get(self.column));
        state.map_or(self.function.null(), |state| state.answer(self.function))
    }
}

/// The states of a window by clean key.
#[derive(Clone, Debug, Default)]
pub(crate) struct WindowStates(HashMap<KeyId, Vec<State>, FastHash>);

impl WindowStates {
    /// Adds those of pane number `at` of `counts`.
    ///
    /// # Errors
    /// Limit: a sum is past what can be held.
    pub(super) fn add_pane(&mut self, counts: &CleanCounts, at: usize) -> Result<()> {
        let (slot, mut fits) = (counts.slot_of(at), true);
        counts.each_key(slot, |raw, key| {
            if let Some(more) = counts.measured().get(slot, raw) {
                fits &= self.add_to(key, more);
            }
        });
        if fits { Ok(()) } else { Err(sum_past_limit()) }
    }

    /// Adds those of another window.
    ///
    /// # Errors
    /// As [`WindowStates::add_pane`].
    pub(super) fn add(&mut self, other: &WindowStates) -> Result<()> {
        let fits = other.0.iter().all(|(key, more)| self.add_to(*key, more));
        if fits { Ok(()) } else { Err(sum_past_limit()) }
    }

    fn add_to(&mut self, key: KeyId, more: &[State]) -> bool {
        match self.0.get_mut(&key) {
            Some(states) => merge(states, more),
            None => {
                self.0.insert(key, more.to_vec());
                true
            }
        }
    }

    /// An error where a sum is past what a table can hold.
    pub(super) fn check(&self) -> Result<()> {
        if self.0.values().flatten().all(State::fits) { Ok(()) } else { Err(sum_past_limit()) }
    }

    /// The bytes of all states, in order.
    #[cfg(test)]
    pub(super) fn listed(&self, counts: &CleanCounts) -> std::collections::BTreeMap<KeyId, Vec<u8>> {
        let bytes = |states: &Vec<State>| {
            let mut bytes = Vec::new();
            let columns = states.iter().zip(counts.measured().columns());
            columns.for_each(|(state, column)| state.write(column.states, &mut bytes));
            bytes
        };
        self.0.iter().map(|(key, states)| (*key, bytes(states))).collect()
    }

    /// The states of `key`, column by column.
    pub(crate) fn of_key(&self, key: KeyId) -> Option<&[State]> {
        self.0.get(&key).map(Vec::as_slice)
    }

    /// Those of all keys, merged; none where the window holds no events.
    ///
    /// # Errors
    /// As [`WindowStates::check`].
    pub(super) fn of_all(&self) -> Result<Option<Vec<State>>> {
        let mut each = self.0.values();
        let Some(mut all) = each.next().cloned() else { return Ok(None) };
        let fits = each.all(|states| merge(&mut all, states));
        if fits && all.iter().all(State::fits) { Ok(Some(all)) } else { Err(sum_past_limit()) }
    }
}

/// Merges `more` into `states`, column by column; false if a sum is too large to be held.
pub(super) fn merge(states: &mut [State], more: &[State]) -> bool {
    states.iter_mut().zip(more).all(|(state, more)| state.merge(more, 1))
}

/// The column of a measure.
pub(crate) fn field(measure: &Measure) -> Field {
    Field::new(column::of_measure(measure), kind(measure.function), true)
}

/// The type of the column of a measure.
pub(super) fn kind(function: Function) -> DataType {
    match function.null() {
        Number::Decimal(_) => DataType::Decimal128(DIGITS.0, DIGITS.1),
        Number::Real(_) => DataType::Float64,
        Number::Whole(_) => DataType::Int64,
    }
}

/// The column of a measure as it grows.
pub(crate) enum NumberBuilder {
    Decimal(Decimal128Builder),
    Real(Float64Builder),
    Whole(Int64Builder),
}

impl NumberBuilder {
    pub(super) fn of(asked: &AskedMeasure) -> Self {
        NumberBuilder::of_type(&kind(asked.function))
    }

    /// For a column of this type, which is that of a measure.
    pub(crate) fn of_type(of: &DataType) -> Self {
        match of {
            DataType::Decimal128(..) => {
                NumberBuilder::Decimal(Decimal128Builder::new().with_data_type(of.clone()))
            }
            DataType::Float64 => NumberBuilder::Real(Float64Builder::new()),
            _ => NumberBuilder::Whole(Int64Builder::new()),
        }
    }

    pub(crate) fn append(&mut self, number: Number) -> Result<()> {
        match (self, number) {
            (NumberBuilder::Decimal(column), Number::Decimal(units)) => column.append_option(units),
            (NumberBuilder::Real(column), Number::Real(number)) => column.append_option(number),
            (NumberBuilder::Whole(column), Number::Whole(number)) => {
                column.append_option(number);
            }
            _ => return Err(Error::bug("a measure answers with a number of another kind")),
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            NumberBuilder::Decimal(column) => Arc::new(column.finish()),
            NumberBuilder::Real(column) => Arc::new(column.finish()),
            NumberBuilder::Whole(column) => Arc::new(column.finish()),
        }
    }
}
