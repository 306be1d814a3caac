//! Measures behind a window: the results for each file, and its share of a sum.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::counts::sum_past_limit;
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::job::{Function, MeasuredColumn, ReportSpec};
use crate::measure::{Number, State, read_all};

/// The result of a measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MeasureBehind {
    /// The measure, as in `sum(bytes)`.
    pub measure: String,
    /// The result as text, or `None` if every measured value is null.
    pub value: Option<String>,
    /// The part of the window's sum that a file has: 0.5 is half of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

/// The states of contributions in a window, by their names.
pub(super) struct StatesBehind<'j> {
    columns: &'j [MeasuredColumn],
    states: BTreeMap<String, Vec<State>>,
}

impl<'j> StatesBehind<'j> {
    pub(super) fn new(columns: &'j [MeasuredColumn]) -> Self {
        StatesBehind { columns, states: BTreeMap::new() }
    }

    fn none(&self) -> Vec<State> {
        self.columns.iter().map(|column| State::new(column.states)).collect()
    }

    /// Adds the states in `bytes`.
    pub(super) fn add(&mut self, contribution: &str, bytes: Option<&[u8]>) -> Result<()> {
        let Some(bytes) = bytes.filter(|_| !self.columns.is_empty()) else { return Ok(()) };
        let more = read_all(self.columns.iter().map(|column| column.states), bytes).ok_or_else(|| {
            Error::new(Kind::Attention, "the states of measures in the ledger cannot be read")
                .with_code(Code::LedgerDamaged)
                .with_help(
                    Help::from("restore the output folder, or read every file again with ")
                        .set(Setting::Again, "all"),
                )
        })?;
        let none = self.none();
        merge(self.states.entry(contribution.to_owned()).or_insert(none), &more)
    }

    /// The merged states of several contributions.
    pub(super) fn of<'c>(&self, contributions: impl Iterator<Item = &'c str>) -> Result<Vec<State>> {
        let mut all = self.none();
        for more in contributions.filter_map(|name| self.states.get(name)) {
            merge(&mut all, more)?;
        }
        Ok(all)
    }

    /// The results of the measures of `spec` for `states`. With the states of the `whole` window, also the share of its sums.
    pub(super) fn measures(
        &self,
        spec: &ReportSpec,
        states: &[State],
        whole: Option<&[State]>,
    ) -> Vec<MeasureBehind> {
        let of = |function: Function, column: &str, states: &[State]| {
            let at = self.columns.iter().position(|known| known.name == column);
            at.and_then(|at| states.get(at)).map_or(function.null(), |state| state.answer(function))
        };
        let behind = |measure: &crate::job::Measure| {
            let number = of(measure.function, &measure.column, states);
            let all = whole.map(|whole| of(measure.function, &measure.column, whole));
            MeasureBehind {
                measure: measure.to_string(),
                value: Some(number.written()).filter(|_| !number.is_null()),
                share: match (measure.function, number, all) {
                    (Function::Sum, Number::Decimal(Some(part)), Some(Number::Decimal(Some(all)))) => {
                        (all != 0).then(|| part as f64 / all as f64)
                    }
                    _ => None,
                },
            }
        };
        spec.measures.iter().map(behind).collect()
    }
}

/// Adds `more` to `states`, column by column.
pub(super) fn merge(states: &mut [State], more: &[State]) -> Result<()> {
    let fits = states.iter_mut().zip(more).all(|(state, more)| state.merge(more, 1));
    if fits { Ok(()) } else { Err(sum_past_limit()) }
}
