//! States: the aggregate of a column's values in a pane and key.

use super::buckets::Buckets;
use super::bytes::StateReader;
use super::decimal::{grouped_units, nearest, units};
use super::distinct::{Distinct, hash};
use super::function::{Function, MeasuredColumn, NumberRules, States};
use super::moments::Moments;
use super::number::Number;
use crate::reject::Reason;

/// One value of a row, with only the parts that its column needs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MeasuredValue {
    units: i128,
    hash: u64,
    /// Whether there is a value.
    is_there: bool,
}

impl MeasuredValue {
    /// The number in units of 10^-9; `None` for a null.
    pub(crate) fn units(self) -> Option<i128> {
        self.is_there.then_some(self.units)
    }

    /// Sets this to the value of a column, by the column's rules: thousands separators, and null for what is not a number.
    ///
    /// # Errors
    /// As [`MeasuredValue::read`]. This value is then unchanged.
    #[inline(always)]
    pub(crate) fn set(
        &mut self,
        column: &MeasuredColumn,
        following: &[u8],
        len: usize,
    ) -> Result<(), Reason> {
        // Field by field: copying a whole value right after it was written has to wait for the writes.
        if !column.states.have(States::DISTINCT)
            && let Some(units) = units(following, len)
        {
            (self.units, self.is_there) = (units, true);
            return Ok(());
        }
        *self = MeasuredValue::of_column(column, &following[..len])?;
        Ok(())
    }

    #[inline(never)]
    fn of_column(column: &MeasuredColumn, text: &[u8]) -> Result<MeasuredValue, Reason> {
        MeasuredValue::read(column.states, text)
            .or_else(|reason| MeasuredValue::by_rules(column, text, reason))
    }

    #[cold]
    fn by_rules(column: &MeasuredColumn, text: &[u8], reason: Reason) -> Result<MeasuredValue, Reason> {
        let NumberRules { thousands, bad_is_null } = column.rules;
        match thousands.and_then(|separator| grouped_units(text, separator)) {
            Some(units) => Ok(MeasuredValue {
                units,
                hash: if column.states.have(States::DISTINCT) { hash(text.trim_ascii()) } else { 0 },
                is_there: true,
            }),
            None if bad_is_null => Ok(MeasuredValue::default()),
            None => Err(reason),
        }
    }

    /// The value in a text, null if it is empty or only white space.
    ///
    /// # Errors
    /// It must be a number, and is not.
    pub(crate) fn read(states: States, text: &[u8]) -> Result<MeasuredValue, Reason> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Ok(MeasuredValue::default());
        }
        let mut value = MeasuredValue { is_there: true, ..MeasuredValue::default() };
        if states.have(States::MOMENTS) {
            value.units = units(text, text.len()).ok_or(Reason::BadNumber)?;
        }
        if states.have(States::DISTINCT) {
            value.hash = hash(text);
        }
        Ok(value)
    }
}

/// A part of a state that another engine has aggregated.
#[cfg(feature = "spark")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum StatePart {
    Moments(Moments),
    /// A bucket, and the number of its values.
    Bucket(i64, u64),
    /// The hash of a value, if there are few.
    Hash(u64),
    /// A register and its rank, if there are many values.
    Register(u64, u8),
}

/// The aggregate of values that were added in any order.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    moments: Moments,
    buckets: Option<Box<Buckets>>,
    distinct: Option<Box<Distinct>>,
}

impl State {
    /// The state of no values.
    pub(crate) fn new(states: States) -> Self {
        State {
            moments: Moments::default(),
            buckets: states.have(States::BUCKETS).then(Box::default),
            distinct: states.have(States::DISTINCT).then(Box::default),
        }
    }

    /// Adds a value; false if the sum overflows 128 bits.
    #[inline(always)]
    pub(crate) fn add(&mut self, value: MeasuredValue) -> bool {
        if !value.is_there {
            return true;
        }
        if let Some(buckets) = &mut self.buckets {
            buckets.add(value.units);
        }
        if let Some(distinct) = &mut self.distinct {
            distinct.add(value.hash);
        }
        self.moments.add(value.units)
    }

    /// Adds the moments of values to a state that keeps nothing else; false if a number overflows.
    pub(crate) fn add_moments(&mut self, moments: &Moments) -> bool {
        self.moments.merge(moments, 1)
    }

    /// Adds the values of `other`, each `times` times; false if a number overflows.
    pub(crate) fn merge(&mut self, other: &State, times: u64) -> bool {
        if let (Some(buckets), Some(more)) = (&mut self.buckets, &other.buckets) {
            buckets.merge(more, times);
        }
        if let (Some(distinct), Some(more)) = (&mut self.distinct, &other.distinct) {
            distinct.merge(more);
        }
        self.moments.merge(&other.moments, times)
    }

    /// Adds a part of a state; false if it does not fit this state, or if a number overflows.
    #[cfg(feature = "spark")]
    pub(crate) fn take(&mut self, part: StatePart) -> bool {
        match (part, &mut self.buckets, &mut self.distinct) {
            (StatePart::Moments(moments), ..) => self.moments.merge(&moments, 1),
            (StatePart::Bucket(bucket, n), Some(buckets), _) => buckets.add_many(bucket, n),
            (StatePart::Hash(hash), _, Some(distinct)) => {
                distinct.add(hash);
                true
            }
            (StatePart::Register(register, rank), _, Some(distinct)) => distinct.raise(register, rank),
            _ => false,
        }
    }

    /// Whether a table can hold its sum.
    pub(crate) fn fits(&self) -> bool {
        self.moments.fits()
    }

    /// The result of `function` over the values.
    pub(crate) fn answer(&self, function: Function) -> Number {
        let Moments { n, sum, min, max } = self.moments;
        let any = |units: i128| (n > 0).then_some(units);
        match function {
            Function::Sum => Number::Decimal(any(sum)),
            Function::Min => Number::Decimal(any(min)),
            Function::Max => Number::Decimal(any(max)),
            Function::Mean => Number::Real(any(sum).map(|sum| nearest(sum, n))),
            Function::Quantile(per_mille) => {
                let found = self.buckets.as_ref().and_then(|buckets| buckets.quantile(per_mille));
                Number::Real(found.map(|units| nearest(units.clamp(min, max), 1)))
            }
            Function::Distinct => {
                let found = self.distinct.as_ref().map_or(0, |distinct| distinct.estimate());
                Number::Whole(Some(i64::try_from(found).unwrap_or(i64::MAX)))
            }
        }
    }

    /// Appends its bytes, which do not depend on the order of the values.
    pub(crate) fn write(&self, states: States, to: &mut Vec<u8>) {
        if states.have(States::MOMENTS) {
            self.moments.write(to);
        }
        if let Some(buckets) = &self.buckets {
            buckets.write(to);
        }
        if let Some(distinct) = &self.distinct {
            distinct.write(to);
        }
    }

    /// Reads a state that was written; `None` if it is not one.
    pub(crate) fn read(states: States, from: &mut StateReader<'_>) -> Option<Self> {
        let mut state = State::default();
        if states.have(States::MOMENTS) {
            state.moments = Moments::read(from)?;
        }
        if states.have(States::BUCKETS) {
            let buckets = Buckets::read(from)?;
            if buckets.total() != Some(state.moments.n) {
                return None;
            }
            state.buckets = Some(Box::new(buckets));
        }
        if states.have(States::DISTINCT) {
            state.distinct = Some(Box::new(Distinct::read(from)?));
        }
        Some(state)
    }
}

/// The states of several columns, from their bytes; `None` if the bytes do not hold these states.
pub(crate) fn read_all(states: impl Iterator<Item = States>, bytes: &[u8]) -> Option<Vec<State>> {
    let mut from = StateReader(bytes);
    let read = states.map(|states| State::read(states, &mut from)).collect::<Option<Vec<_>>>()?;
    from.0.is_empty().then_some(read)
}
