//! Moving views: a key's running total within a period, and its change against an earlier window, both of events and of measures. They are
//! computed while the windows are walked in order of time, so that nothing more is read for them.

use std::collections::VecDeque;

use arrow_schema::{DataType, Field};
use hashbrown::HashMap;

use super::measured::{AskedMeasure, WindowStates, kind, merge};
use crate::calendar::{DAY_US, Length, Step, Zone, date_of, day_of};
use crate::counts::{FastHash, KeyId, sum_past_limit};
use crate::error::Result;
use crate::job::column::MovingColumn;
use crate::job::{Moving, ReportSpec, column};
use crate::measure::{Number, State};
use crate::window::Windows;

/// What a walk remembers of the windows before the current one.
#[derive(Debug)]
pub(crate) struct Views {
    windows: Windows,
    zone: Zone,
    /// The periods within which totals run; none: there are no totals.
    periods: Option<Windows>,
    previous: Vec<Step>,
    asked: Vec<AskedMeasure>,
    /// The start of the first window; there is nothing before it.
    first_us: Option<i64>,
    /// The start of the current window's period.
    period_us: i64,
    totals: HashMap<KeyId, RunningTotal, FastHash>,
    /// Totals of the windows with events, back to the oldest one that is compared: each with its start, and its rows in the order of keys.
    past: VecDeque<(i64, Vec<KeyInWindow>)>,
    /// For each step of `previous`: the rows of the window that is that step earlier; none if there is no such window.
    before: Vec<Option<Vec<KeyInWindow>>>,
}

/// The totals of a key in the current period, up to the current window.
#[derive(Debug, Default)]
struct RunningTotal {
    events: u64,
    /// The states of the measured columns; none unless a measure has a running total.
    states: Option<Vec<State>>,
}

/// The totals of a key in a window.
#[derive(Clone, Debug)]
struct KeyInWindow {
    key: KeyId,
    events: u64,
    /// The answers of the measures; empty if windows are not compared.
    measures: Vec<Number>,
}

impl Views {
    /// The views that `spec` asks for, if any; `asked` are its measures. Its first window starts at `first_us`; none: the first that is entered.
    pub(crate) fn of(spec: &ReportSpec, first_us: Option<i64>, asked: &[AskedMeasure]) -> Option<Self> {
        let Moving { cumulative, previous } = &spec.moving;
        if spec.moving == Moving::default() {
            return None;
        }
        let windows = spec.windows();
        let offset_us = spec.offset.and_then(Step::fixed_us).unwrap_or(0);
        Some(Views {
            periods: cumulative.map(|period| Windows::new(period, period, &spec.zone).later_by(offset_us)),
            windows,
            zone: spec.zone.clone(),
            previous: previous.clone(),
            asked: asked.to_vec(),
            first_us,
            period_us: i64::MIN,
            totals: HashMap::default(),
            past: VecDeque::new(),
            before: Vec::new(),
        })
    }

    /// Moves on to the window that starts at `start_us`. `counts` are its events by key, in the order of keys; `states` are its measures.
    ///
    /// # Errors
    /// Limit: a running total is too large for a table.
    pub(crate) fn enter(
        &mut self,
        start_us: i64,
        counts: impl Iterator<Item = (KeyId, u64)>,
        states: Option<&WindowStates>,
    ) -> Result<()> {
        let first_us = *self.first_us.get_or_insert(start_us);
        let of_key = |key| states.and_then(|states| states.of_key(key));
        let compared = if self.previous.is_empty() { &[][..] } else { &self.asked };
        let in_window = |(key, events)| {
            let measures = compared.iter().map(|asked| asked.answer(of_key(key))).collect();
            KeyInWindow { key, events, measures }
        };
        let rows: Vec<KeyInWindow> = counts.map(in_window).collect();
        if let Some(periods) = &self.periods {
            let period_us = periods.floor(start_us);
            if std::mem::replace(&mut self.period_us, period_us) != period_us {
                self.totals.clear();
            }
            let has_totals = self.asked.iter().any(|asked| asked.function().has_total());
            for row in &rows {
                let total = self.totals.entry(row.key).or_default();
                total.events += row.events;
                total.add(of_key(row.key).filter(|_| has_totals))?;
            }
        }
        if self.previous.is_empty() {
            return Ok(());
        }
        let starts = self.previous.iter().map(|step| earlier(start_us, *step, &self.windows, &self.zone));
        let starts: Vec<Option<i64>> = starts.map(|us| us.filter(|us| *us >= first_us)).collect();
        self.before.clear();
        for us in &starts {
            let rows = us.map(|us| match self.past.binary_search_by_key(&us, |(start_us, _)| *start_us) {
                Ok(at) => self.past[at].1.clone(),
                Err(_) => Vec::new(),
            });
            self.before.push(rows);
        }
        // If a clock is put back, the next window may look back a little farther than this one.
        let farthest_us = self.previous.iter().map(|step| start_us - about_us(*step) - DAY_US).min();
        while self.past.front().is_some_and(|(us, _)| Some(*us) < farthest_us) {
            self.past.pop_front();
        }
        if !rows.is_empty() {
            self.past.push_back((start_us, rows));
        }
        Ok(())
    }

    /// Adds to `numbers` the columns of [`fields`] for a key that has `events` and `states` in the current window.
    ///
    /// # Errors
    /// Limit: a change is too large for a table.
    pub(crate) fn of_key(
        &self,
        (key, events): (Option<KeyId>, u64),
        states: Option<&[State]>,
        numbers: &mut Vec<Number>,
    ) -> Result<()> {
        let total = key.and_then(|key| self.totals.get(&key));
        if self.periods.is_some() {
            numbers.push(Number::Whole(Some(signed(total.map_or(0, |total| total.events)))));
        }
        let find = |rows: &Vec<KeyInWindow>| {
            let at = rows.binary_search_by_key(&key?, |row| row.key).ok()?;
            Some(rows[at].clone())
        };
        // For each earlier window: none if it does not exist; else the key's totals in it, if the key has events there.
        let before: Vec<Option<Option<KeyInWindow>>> =
            self.before.iter().map(|rows| rows.as_ref().map(find)).collect();
        for row in &before {
            let events_before = row.as_ref().map(|row| row.as_ref().map_or(0, |row| row.events));
            let was = Number::Whole(events_before.map(signed));
            numbers.extend(change(Number::Whole(Some(signed(events))), was)?);
        }
        for (at, asked) in self.asked.iter().enumerate() {
            if self.periods.is_some() && asked.function().has_total() {
                numbers.push(asked.answer(total.and_then(|total| total.states.as_deref())));
            }
            let now = asked.answer(states);
            for row in &before {
                let was = row.iter().flatten().find_map(|row| row.measures.get(at).copied());
                numbers.extend(change(now, was.unwrap_or_else(|| now.null()))?);
            }
        }
        Ok(())
    }

    /// The same columns, all null, for a window without numbers.
    pub(crate) fn of_nothing(&self, numbers: &mut Vec<Number>) {
        let mut nulls = |null: Number, has_total: bool| {
            numbers.extend((self.periods.is_some() && has_total).then_some(null));
            numbers.extend(self.previous.iter().flat_map(|_| [null, Number::Real(None)]));
        };
        nulls(Number::Whole(None), true);
        self.asked.iter().for_each(|asked| nulls(asked.function().null(), asked.function().has_total()));
    }
}

impl RunningTotal {
    /// Adds the states of a window.
    fn add(&mut self, states: Option<&[State]>) -> Result<()> {
        let Some(more) = states else { return Ok(()) };
        let Some(all) = &mut self.states else {
            self.states = Some(more.to_vec());
            return Ok(());
        };
        if merge(all, more) && all.iter().all(State::fits) { Ok(()) } else { Err(sum_past_limit()) }
    }
}

/// The change from `was` to `now`: the difference, and the difference in per cent of `was`, rounded to hundredths. Both are null if `was` or
/// `now` is; the per cent also if `was` is 0.
fn change(now: Number, was: Number) -> Result<[Number; 2]> {
    let percent = |change: f64, was: f64| {
        let hundredths = (change / was * 10_000.0).round();
        // -0.0 becomes 0.0.
        Number::Real((was != 0.0).then_some(hundredths / 100.0 + 0.0))
    };
    Ok(match (now, was) {
        (Number::Decimal(Some(now)), Number::Decimal(Some(was))) => {
            let change = now.checked_sub(was).filter(|change| change.unsigned_abs() < UNITS_END);
            let change = change.ok_or_else(sum_past_limit)?;
            [Number::Decimal(Some(change)), percent(change as f64, was as f64)]
        }
        (Number::Real(Some(now)), Number::Real(Some(was))) => {
            [Number::Real(Some(now - was)), percent(now - was, was)]
        }
        (Number::Whole(Some(now)), Number::Whole(Some(was))) => {
            [Number::Whole(Some(now - was)), percent((now - was) as f64, was as f64)]
        }
        _ => [now.null(), Number::Real(None)],
    })
}

/// The smallest number of units that does not fit in a decimal of 38 digits.
const UNITS_END: u128 = 10_u128.pow(38);

/// The start of the first window that must be walked to get the views of the windows from `start_us` on.
pub(crate) fn begin_us(spec: &ReportSpec, start_us: i64) -> i64 {
    let windows = spec.windows();
    let offset_us = spec.offset.and_then(Step::fixed_us).unwrap_or(0);
    let period = spec
        .moving
        .cumulative
        .map(|period| Windows::new(period, period, &spec.zone).later_by(offset_us).floor(start_us));
    let before =
        spec.moving.previous.iter().map(|step| start_us.saturating_sub(about_us(*step) + 2 * DAY_US));
    windows.floor(before.chain(period).min().unwrap_or(start_us))
}

/// The columns of the moving views of a value; none: of a whole row.
pub(crate) fn fields(value: Option<&str>, report: &ReportSpec) -> Vec<Field> {
    let of = |(name, holds): (String, MovingColumn)| {
        let kind = match holds {
            MovingColumn::Events => DataType::Int64,
            MovingColumn::Percent => DataType::Float64,
            MovingColumn::Of(function) => kind(function),
        };
        Field::new(name, kind, true)
    };
    column::of_moving(value, report).into_iter().map(of).collect()
}

/// The start of the window that begins `step` before `start_us` by the clock; none if the clock skipped that time, or no window starts then.
fn earlier(start_us: i64, step: Step, windows: &Windows, zone: &Zone) -> Option<i64> {
    let reading_us = zone.reading_us(start_us);
    let reading_us = match step.length() {
        Length::Fixed(us) => return Some(start_us - us).filter(|us| windows.floor(*us) == *us),
        Length::Days(days) => reading_us - days * DAY_US,
        Length::Months(months) => {
            let (year, month, day) = date_of(reading_us.div_euclid(DAY_US));
            let month = year * 12 + month - 1 - months;
            let date = day_of(month.div_euclid(12), month.rem_euclid(12) + 1, day);
            // There is no 30th of February.
            if date_of(date).2 != day {
                return None;
            }
            date * DAY_US + reading_us.rem_euclid(DAY_US)
        }
    };
    let us = zone.instant_us(reading_us);
    match windows.steps()[0].fixed_us() {
        Some(_) => (zone.reading_us(us) == reading_us && windows.floor(us) == us).then_some(us),
        // A day may begin later, where the clock skips its midnight.
        None => Some(windows.floor(us)),
    }
}

/// The longest that a step can be, in microseconds, without changes of the clock.
fn about_us(step: Step) -> i64 {
    match step.length() {
        Length::Fixed(us) => us,
        Length::Days(days) => days * DAY_US,
        Length::Months(months) => months * 31 * DAY_US,
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
