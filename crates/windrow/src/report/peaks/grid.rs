//! The grid: a value for every window from the first to the last.

use super::super::assemble::WindowWalk;
use super::super::measured::AskedMeasure;
use super::super::sliding::Sliding;
use super::super::{ReportData, find};
use crate::error::Result;
use crate::job::PeaksBy;
use crate::measure::Number;

/// What every window has, in order of time.
pub(super) struct Grid {
    /// The starts of the windows.
    pub(super) starts_us: Vec<i64>,
    /// Their values; not a number where a measure has none.
    pub(super) values: Vec<f64>,
}

/// A decimal is a whole number of these.
const UNITS: f64 = 1e9;

impl Grid {
    /// The windows of `report`, and what is asked of them.
    pub(super) fn of(report: &ReportData, by: &PeaksBy) -> Result<Self> {
        let n = usize::try_from(report.windows_in_grid()).unwrap_or(usize::MAX);
        let mut grid = Grid { starts_us: Vec::with_capacity(n), values: Vec::with_capacity(n) };
        let Some((first_us, last_us)) = report.grid_us else { return Ok(grid) };
        let counts = &report.counts;
        let (key, asked) = match by {
            PeaksBy::All => (None, None),
            PeaksBy::Value(value) => (Some(find(counts, value)), None),
            PeaksBy::Measure(measure) => (None, Some(AskedMeasure::of(measure, counts.measured())?)),
        };
        let empty = asked.map_or(0.0, |asked| number(asked.answer(None)));
        let mut sliding = Sliding::default();
        let mut walk = WindowWalk::new(counts, &report.windows, &report.starts_us);
        let mut ahead = walk.next(counts);
        let mut start_us = first_us;
        while start_us <= last_us {
            grid.starts_us.push(start_us);
            grid.values.push(match ahead {
                Some(window) if window.start_us == start_us => {
                    let value = match (key, asked) {
                        (_, Some(asked)) => {
                            let states = sliding.at(counts, walk.held())?.of_all()?;
                            number(asked.answer(states.as_deref()))
                        }
                        (Some(key), None) => key.map_or(0, |key| walk.row().count(key)) as f64,
                        (None, None) => walk.row().total() as f64,
                    };
                    ahead = walk.next(counts);
                    value
                }
                _ => empty,
            });
            start_us = report.windows.next(start_us);
        }
        Ok(grid)
    }
}

fn number(number: Number) -> f64 {
    let number = match number {
        Number::Decimal(units) => units.map(|units| units as f64 / UNITS),
        Number::Real(number) => number,
        Number::Whole(number) => number.map(|number| number as f64),
    };
    number.unwrap_or(f64::NAN)
}
