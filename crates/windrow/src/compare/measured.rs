//! Measures and moving views: numbers beside the counts of windows, compared where both sides have a column of the same name.
//!
//! Numbers that are exact on both sides must be equal. A float, a mean or a quantile may differ by [`TOLERANCE`]: it was
//! added up in another order.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answer::{ResultRows, text_of};
use super::columns::{Expected, Shape};
use super::result::{Head, ResultField};
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
pub(super) struct MeasuredDifferences {
    /// The columns that were compared.
    pub(super) names: Vec<String>,
    /// How many numbers differ.
    pub(super) differing: u64,
    /// The first numbers that differ.
    pub(super) first: Vec<DifferingMeasure>,
}

/// The measures of a side.
#[derive(Clone, Debug)]
pub(super) enum SideMeasures {
    /// Of a result: they are read when they are compared.
    Rows(Box<ResultRows>),
    /// Of a job.
    Counted(Vec<String>, SideNumbers),
}

/// Numbers by window and key, one per column.
type SideNumbers = BTreeMap<(i64, Vec<Option<String>>), Vec<Option<WrittenNumber>>>;

/// A number as a side has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WrittenNumber {
    /// In units of 1e-9.
    Exact(i128),
    Real(f64),
}

impl WrittenNumber {
    fn of(field: &ResultField) -> Option<Self> {
        match field {
            ResultField::Whole(n) => Some(WrittenNumber::Exact(i128::from(*n) * ONE)),
            ResultField::Real(number) => Some(WrittenNumber::Real(*number)),
            ResultField::Text(text) => match units(text.as_bytes(), text.len()) {
                Some(units) => Some(WrittenNumber::Exact(units)),
                None => text.trim().parse().ok().map(WrittenNumber::Real),
            },
            _ => None,
        }
    }

    fn of_number(number: Number) -> Option<Self> {
        match number {
            Number::Decimal(units) => units.map(WrittenNumber::Exact),
            Number::Real(number) => number.map(WrittenNumber::Real),
            Number::Whole(number) => number.map(|number| WrittenNumber::Exact(i128::from(number) * ONE)),
        }
    }

    fn real(self) -> f64 {
        match self {
            WrittenNumber::Exact(units) => units as f64 / ONE as f64,
            WrittenNumber::Real(number) => number,
        }
    }

    fn text(self) -> String {
        match self {
            WrittenNumber::Exact(units) => {
                let mut text = Vec::new();
                push_decimal(units, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            }
            WrittenNumber::Real(number) => number.to_string(),
        }
    }
}

/// Units in the number one.
const ONE: i128 = 1_000_000_000;

/// Whether two numbers of a measure are equal; `is_exact`: they are neither means nor quantiles.
fn is_equal(a: Option<WrittenNumber>, b: Option<WrittenNumber>, is_exact: bool) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(WrittenNumber::Exact(a)), Some(WrittenNumber::Exact(b))) if is_exact || a == b => a == b,
        (Some(a), Some(b)) => {
            let (a, b) = (a.real(), b.real());
            (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
        }
        _ => false,
    }
}

impl SideMeasures {
    /// The measures of a job's report.
    pub(super) fn of_job(spec: &ReportSpec, counts: &CleanCounts) -> Result<Self> {
        let (windows, keys) = (spec.windows(), counts.keys());
        let tuple = |key: KeyId| keys.tuple(key).map(|value| value.map(str::to_owned)).collect();
        let starts_us =
            spec.from_us.map_or(i64::MIN, |from| windows.floor(from))..spec.to_us.unwrap_or(i64::MAX);
        let mut numbers = SideNumbers::new();
        counts.each_measured(spec, &windows, &starts_us, None, |window, key, _, of_key| {
            let of_key = of_key.iter().take(spec.measures.len());
            let of_key = of_key.map(|number| WrittenNumber::of_number(*number)).collect();
            numbers.insert((window.start_us, tuple(key)), of_key);
            Ok(())
        })?;
        Ok(SideMeasures::Counted(spec.measures.iter().map(column::of_measure).collect(), numbers))
    }

    pub(super) fn names(&self) -> &[String] {
        match self {
            SideMeasures::Rows(rows) => &rows.columns.measures,
            SideMeasures::Counted(names, _) => names,
        }
    }

    /// Whether each key has a row of its own.
    fn is_long(&self) -> bool {
        match self {
            SideMeasures::Rows(rows) => matches!(rows.columns.shape, Shape::Long { .. }),
            SideMeasures::Counted(..) => true,
        }
    }

    /// The numbers in these columns.
    fn numbers(&self, names: &[String]) -> Result<SideNumbers> {
        let rows = match self {
            SideMeasures::Rows(rows) => rows,
            SideMeasures::Counted(known, numbers) => {
                let places: Vec<usize> =
                    names.iter().filter_map(|name| known.iter().position(|known| known == name)).collect();
                let chosen = |all: &Vec<Option<WrittenNumber>>| places.iter().map(|at| all[*at]).collect();
                return Ok(numbers.iter().map(|(key, all)| (key.clone(), chosen(all))).collect());
            }
        };
        let keys = match &rows.columns.shape {
            Shape::Long { keys, .. } => &keys[..],
            Shape::Wide { .. } => &[],
        };
        let columns: Vec<String> =
            std::iter::once(&rows.columns.start).chain(keys).chain(names).cloned().collect();
        let (mut instants, mut numbers) = (rows.instants.clone(), SideNumbers::new());
        rows.result.rows(&columns, &mut |fields, _| {
            let values = fields[1..=keys.len()].iter().map(text_of).collect();
            if let Some(start_us) = instants.read(&fields[0]) {
                let of_row = fields[keys.len() + 1..].iter().map(WrittenNumber::of).collect();
                numbers.insert((start_us, values), of_row);
            }
            Ok(())
        })?;
        Ok(numbers)
    }
}

/// Compares the measures of two sides, in the windows and keys that both have. The first `limit` differences are kept.
pub(super) fn compare(
    a: &SideMeasures,
    b: &SideMeasures,
    zone: &Zone,
    limit: usize,
) -> Result<MeasuredDifferences> {
    if a.is_long() != b.is_long() {
        return Ok(MeasuredDifferences::default());
    }
    let names: Vec<String> = a.names().iter().filter(|name| b.names().contains(name)).cloned().collect();
    if names.is_empty() {
        return Ok(MeasuredDifferences::default());
    }
    let (of_a, of_b) = (a.numbers(&names)?, b.numbers(&names)?);
    let mut found = MeasuredDifferences { names, ..MeasuredDifferences::default() };
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
                    a: a.map(WrittenNumber::text),
                    b: b.map(WrittenNumber::text),
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
        let of = |text: &str| WrittenNumber::of(&ResultField::Text(text.to_owned()));
        let real = |number| Some(WrittenNumber::Real(number));
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
