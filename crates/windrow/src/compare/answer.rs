//! Answers: counts per window and value, of a result or of a job, as they are compared.

use std::collections::BTreeMap;

use super::columns::{Columns, Shape};
use super::instant::{Instants, whole};
use super::result::{Field, ResultFiles};
use crate::counts::KeyId;
use crate::error::{Error, Result};
use crate::job::{ReportSpec, Shape as ReportShape};
use crate::report::CleanCounts;
use crate::text::escape::quoted;
use crate::window::Windows;

/// What a count is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// The values of the keys; none is null.
    Values(Vec<Option<String>>),
    /// A value as the name of its column has it.
    Named(String),
    /// What is outside the named values.
    Other,
}

/// Counts by the start of their window, in microseconds UTC, and the number of what they count. None is zero.
pub type Cells = BTreeMap<(i64, u32), u64>;

/// A result or a job's answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Its name, for people.
    pub name: String,
    /// What is counted, by number.
    pub labels: Vec<Label>,
    /// The counts.
    pub cells: Cells,
    /// The starts and ends of the windows it lists.
    pub ends_us: BTreeMap<i64, Option<i64>>,
    /// The means it gives, by the start of the window.
    pub means: BTreeMap<i64, f64>,
    /// The name of the means.
    pub mean_name: Option<String>,
    /// Counts of rows that have no window.
    pub unplaced: u64,
    /// When it was written, in microseconds UTC, where that is known.
    pub modified_us: Option<i64>,
    /// Windows whose rows come more than once; their counts are added up.
    pub repeated: u64,
}

impl Answer {
    /// Whether it has a row per value, so that it shows every value that it counts.
    pub fn is_long(&self) -> bool {
        !self.labels.iter().any(|label| matches!(label, Label::Named(_)))
    }

    /// The values of its one key.
    pub fn values(&self) -> Vec<String> {
        let value = |label: &Label| match label {
            Label::Values(values) => match values.as_slice() {
                [value] => Some(value.clone().unwrap_or_default()),
                _ => None,
            },
            Label::Named(name) => Some(name.clone()),
            Label::Other => None,
        };
        self.labels.iter().filter_map(value).collect()
    }

    fn add(&mut self, start_us: i64, label: u32, n: u64) {
        if n > 0 {
            *self.cells.entry((start_us, label)).or_default() += n;
        }
    }

    /// The answer of a job's report.
    ///
    /// # Errors
    /// What walking over the windows says.
    pub fn of_job(name: &str, spec: &ReportSpec, counts: &CleanCounts<'_>) -> Result<Self> {
        let mut answer = Answer { name: name.to_owned(), ..Answer::default() };
        let windows = Windows::of(spec);
        let keys = counts.keys();
        let tuple = |key: KeyId| keys.tuple(key).map(|value| value.map(str::to_owned)).collect();
        answer.labels = (0..keys.len() as KeyId).map(|key| Label::Values(tuple(key))).collect();
        let starts_us =
            spec.from_us.map_or(i64::MIN, |from| windows.floor(from))..spec.to_us.unwrap_or(i64::MAX);
        counts.each_count(&windows, &starts_us, |window, key, n| {
            answer.ends_us.insert(window.start_us, Some(window.end_us));
            answer.add(window.start_us, key, n);
            Ok(())
        })?;
        answer.take_means(spec);
        Ok(answer)
    }

    /// The means that a wide report of these counts gives.
    pub fn take_means(&mut self, spec: &ReportSpec) {
        if spec.shape() != ReportShape::Wide || spec.values.is_empty() {
            return;
        }
        let is_named = |label: &Label| match label {
            Label::Values(values) => {
                values.len() == 1 && spec.values.contains(&values[0].clone().unwrap_or_default())
            }
            _ => false,
        };
        let named: Vec<bool> = self.labels.iter().map(is_named).collect();
        let mut sums: BTreeMap<i64, u64> = self.ends_us.keys().map(|start| (*start, 0)).collect();
        for ((start_us, label), n) in &self.cells {
            if named[*label as usize] {
                *sums.entry(*start_us).or_default() += n;
            }
        }
        self.means =
            sums.into_iter().map(|(start, sum)| (start, sum as f64 / spec.values.len() as f64)).collect();
        self.mean_name = Some("avg_actions".to_owned());
    }

    /// Reads a result.
    ///
    /// # Errors
    /// Data: a row is none of a result: no time, no whole number. Otherwise what reading says.
    pub fn of_result(result: &ResultFiles, columns: &Columns, instants: &mut Instants) -> Result<Self> {
        let mut answer =
            Answer { name: result.name().to_owned(), modified_us: result.modified_us(), ..Answer::default() };
        if let Shape::Wide { values, other, mean } = &columns.shape {
            answer.labels = values.iter().map(|(name, _)| Label::Named(name.clone())).collect();
            answer.labels.extend(other.iter().map(|_| Label::Other));
            answer.mean_name = mean.clone();
        }
        let has_end = columns.end.is_some();
        let mut numbers: BTreeMap<Vec<Option<String>>, u32> = BTreeMap::new();
        result.rows(&columns.names(), &mut |fields, place| {
            let start_us = match &fields[0] {
                Field::Null => None,
                field => Some(instants.read(field).ok_or_else(|| no_time(&place(), field))?),
            };
            let end_us = if has_end { instants.read(&fields[1]) } else { None };
            let known = start_us.and_then(|start_us| answer.ends_us.insert(start_us, end_us));
            let count = |field: &Field| match field {
                Field::Null => Ok(0),
                field => whole(field).and_then(|n| u64::try_from(n).ok()).ok_or_else(|| {
                    Error::data(format!("{}: {field:?} is not a count", place()))
                        .help("say which columns are counts: --map Open=COLUMN")
                }),
            };
            match &columns.shape {
                Shape::Long { keys, .. } => {
                    let values: Vec<Option<String>> = fields[2..2 + keys.len()].iter().map(text_of).collect();
                    let n = count(&fields[2 + keys.len()])?;
                    let label = match numbers.get(&values) {
                        Some(label) => *label,
                        None => {
                            let label = numbers.len() as u32;
                            answer.labels.push(Label::Values(values.clone()));
                            numbers.insert(values, label);
                            label
                        }
                    };
                    answer.place(start_us, label, n);
                }
                Shape::Wide { values, other, mean } => {
                    answer.repeated += u64::from(known.is_some());
                    let counts = values.len() + usize::from(other.is_some());
                    for (label, field) in fields[2..2 + counts].iter().enumerate() {
                        answer.place(start_us, label as u32, count(field)?);
                    }
                    if let (Some(start_us), Some(_), Some(mean)) = (start_us, mean, real(fields.last())) {
                        answer.means.insert(start_us, mean);
                    }
                }
            }
            Ok(())
        })?;
        Ok(answer)
    }

    fn place(&mut self, start_us: Option<i64>, label: u32, n: u64) {
        match start_us {
            Some(start_us) => self.add(start_us, label, n),
            None => self.unplaced += n,
        }
    }
}

fn no_time(place: &str, field: &Field) -> Error {
    let text = text_of(field).unwrap_or_default();
    Error::data(format!("{place}: the window starts at {text}, which is no time", text = quoted(text)))
        .help("say which column holds it: --map window.start=COLUMN")
}

fn text_of(field: &Field) -> Option<String> {
    match field {
        Field::Null => None,
        Field::Text(text) => Some(text.clone()),
        Field::Whole(n) => Some(n.to_string()),
        Field::Real(n) => Some(n.to_string()),
        Field::Instant(us) | Field::Reading(us) => Some(us.to_string()),
        Field::Other => Some("?".to_owned()),
    }
}

fn real(field: Option<&Field>) -> Option<f64> {
    match field? {
        Field::Real(n) => Some(*n),
        Field::Whole(n) => Some(*n as f64),
        Field::Text(text) => text.trim_ascii().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}
