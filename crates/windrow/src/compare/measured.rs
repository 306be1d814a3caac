//! Measures and moving views: numbers beside the counts of windows, compared where both sides have a column of the same name.
//!
//! Numbers that are exact on both sides must be equal. A float, a mean or a quantile may differ by [`TOLERANCE`]: it was
//! added up in another order.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answer::{ResultRows, text_of};
use super::columns::{Expected, Shape};
use super::result::{Field, Head};
use crate::calendar::Zone;
use crate::counts::KeyId;
use crate::error::Result;
use crate::job::{ReportSpec, column};
use crate::measure::{Number, push_decimal, units};
use crate::report::CleanCounts;

/// How much two floats may differ, relative to the greater one.
const TOLERANCE: f64 = 1e-9;

/// Whether a column is named as a measure, in a result with windrow's window columns: other results may name a count so.
pub(super) fn is_measure(head: &Head, at: usize, expected: &Expected) -> bool {
    let name = &head.names[at];
    let is_own = ["window_start", "window_end"].iter().all(|own| head.names.iter().any(|name| name == own));
    let is_key = expected.keys.as_ref().is_some_and(|keys| keys.contains(name));
    is_own && !is_key && (column::is_measure(name) || column::is_moving(name))
}

/// A measured number that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DifferingMeasure {
    /// The start of its window, RFC 3339.
    pub window_start: String,
    /// The values of the keys.
    pub values: Vec<Option<String>>,
    /// Its column.
    pub measure: String,
    /// The number of A; `None` is null.
    pub a: Option<String>,
    /// The number of B.
    pub b: Option<String>,
}

/// The result of comparing measures.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The columns that were compared.
    pub(super) names: Vec<String>,
    /// How many numbers differ.
    pub(super) differing: u64,
    /// The first numbers that differ.
    pub(super) first: Vec<DifferingMeasure>,
}

/// The measures of a side.
#[derive(Clone, Debug)]
pub(super) enum Measured {
    /// Of a result: they are read when they are compared.
    Rows(Box<ResultRows>),
    /// Of a job.
    Counted(Vec<String>, Numbers),
}

/// Numbers by window and key, one per column.
type Numbers = BTreeMap<(i64, Vec<Option<String>>), Vec<Option<Written>>>;

/// A number as a side has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Written {
    /// In units of 1e-9.
    Exact(i128),
    Real(f64),
}

impl Written {
    fn of(field: &Field) -> Option<Self> {
        match field {
            Field::Whole(n) => Some(Written::Exact(i128::from(*n) * ONE)),
            Field::Real(number) => Some(Written::Real(*number)),
            Field::Text(text) => match units(text.as_bytes(), text.len()) {
                Some(units) => Some(Written::Exact(units)),
                None => text.trim().parse().ok().map(Written::Real),
            },
            _ => None,
        }
    }

    fn of_number(number: Number) -> Option<Self> {
        match number {
            Number::Decimal(units) => units.map(Written::Exact),
            Number::Real(number) => number.map(Written::Real),
            Number::Whole(number) => number.map(|number| Written::Exact(i128::from(number) * ONE)),
        }
    }

    fn real(self) -> f64 {
        match self {
            Written::Exact(units) => units as f64 / ONE as f64,
            Written::Real(number) => number,
        }
    }

    fn text(self) -> String {
        match self {
            Written::Exact(units) => {
                let mut text = Vec::new();
                push_decimal(units, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            }
            Written::Real(number) => number.to_string(),
        }
    }
}

/// Units in the number one.
const ONE: i128 = 1_000_000_000;

/// Whether two numbers of a measure are equal; `is_exact`: they are neither means nor quantiles.
fn is_equal(a: Option<Written>, b: Option<Written>, is_exact: bool) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(Written::Exact(a)), Some(Written::Exact(b))) if is_exact || a == b => a == b,
        (Some(a), Some(b)) => {
            let (a, b) = (a.real(), b.real());
            (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
        }
        _ => false,
    }
}

impl Measured {
    /// The measures of a job's report.
    pub(super) fn of_job(spec: &ReportSpec, counts: &CleanCounts) -> Result<Self> {
        let (windows, keys) = (spec.windows(), counts.keys());
        let tuple = |key: KeyId| keys.tuple(key).map(|value| value.map(str::to_owned)).collect();
        let starts_us =
            spec.from_us.map_or(i64::MIN, |from| windows.floor(from))..spec.to_us.unwrap_or(i64::MAX);
        let mut numbers = Numbers::new();
        counts.each_measured(spec, &windows, &starts_us, None, |window, key, _, of_key| {
            let of_key = of_key.iter().take(spec.measures.len());
            let of_key = of_key.map(|number| Written::of_number(*number)).collect();
            numbers.insert((window.start_us, tuple(key)), of_key);
            Ok(())
        })?;
        Ok(Measured::Counted(spec.measures.iter().map(column::of_measure).collect(), numbers))
    }

    pub(super) fn names(&self) -> &[String] {
        match self {
            Measured::Rows(rows) => &rows.columns.measures,
            Measured::Counted(names, _) => names,
        }
    }

    /// Whether each key has a row of its own.
    fn is_long(&self) -> bool {
        match self {
            Measured::Rows(rows) => matches!(rows.columns.shape, Shape::Long { .. }),
            Measured::Counted(..) => true,
        }
    }

    /// The numbers in these columns.
    fn numbers(&self, names: &[String]) -> Result<Numbers> {
        let rows = match self {
            Measured::Rows(rows) => rows,
            Measured::Counted(known, numbers) => {
                let places: Vec<usize> =
                    names.iter().filter_map(|name| known.iter().position(|known| known == name)).collect();
                let chosen = |all: &Vec<Option<Written>>| places.iter().map(|at| all[*at]).collect();
                return Ok(numbers.iter().map(|(key, all)| (key.clone(), chosen(all))).collect());
            }
        };
        let keys = match &rows.columns.shape {
            Shape::Long { keys, .. } => &keys[..],
            Shape::Wide { .. } => &[],
        };
        let columns: Vec<String> =
            std::iter::once(&rows.columns.start).chain(keys).chain(names).cloned().collect();
        let (mut instants, mut numbers) = (rows.instants.clone(), Numbers::new());
        rows.result.rows(&columns, &mut |fields, _| {
            let values = fields[1..=keys.len()].iter().map(text_of).collect();
            if let Some(start_us) = instants.read(&fields[0]) {
                let of_row = fields[keys.len() + 1..].iter().map(Written::of).collect();
                numbers.insert((start_us, values), of_row);
            }
            Ok(())
        })?;
        Ok(numbers)
    }
}

/// Compares the measures of two sides, in the windows and keys that both have. The first `limit` differences are kept.
pub(super) fn compare(a: &Measured, b: &Measured, zone: &Zone, limit: usize) -> Result<Found> {
    if a.is_long() != b.is_long() {
        return Ok(Found::default());
    }
    let names: Vec<String> = a.names().iter().filter(|name| b.names().contains(name)).cloned().collect();
    if names.is_empty() {
        return Ok(Found::default());
    }
    let (of_a, of_b) = (a.numbers(&names)?, b.numbers(&names)?);
    let mut found = Found { names, ..Found::default() };
    for ((start_us, values), a) in &of_a {
        let Some(b) = of_b.get(&(*start_us, values.clone())) else { continue };
        for (name, (a, b)) in found.names.iter().zip(a.iter().zip(b)) {
            if is_equal(*a, *b, column::is_exact_measure(name)) {
                continue;
            }
            found.differing += 1;
            if found.first.len() < limit {
                found.first.push(DifferingMeasure {
                    window_start: zone.label(*start_us),
                    values: values.clone(),
                    measure: name.clone(),
                    a: a.map(Written::text),
                    b: b.map(Written::text),
                });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exact_has_to_be_equal_and_floats_nearly() {
        let of = |text: &str| Written::of(&Field::Text(text.to_owned()));
        let real = |number| Some(Written::Real(number));
        for (a, b, is_exact, expected) in [
            (of("10000000001"), of("10000000002"), true, false),
            (of("10000000001"), of("10000000002"), false, true),
            (of("10000000001"), real(10_000_000_002.0), true, true),
            (of("2.5"), of("2.50"), true, true),
            (of("0.1"), real(0.1), true, true),
            (of("0.1"), real(0.1001), false, false),
            (of(""), None, true, true),
            (of("0"), None, true, false),
            (of("-1"), of("1"), false, false),
        ] {
            assert_eq!(is_equal(a, b, is_exact), expected, "{a:?} {b:?}");
            assert_eq!(is_equal(b, a, is_exact), expected, "{b:?} {a:?}");
        }
    }
}
