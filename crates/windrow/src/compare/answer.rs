//! Answers: counts per window and value, from a result or a job, in the form that is compared.

use std::collections::{BTreeMap, HashSet};

use super::columns::{ResultColumns, Shape};
use super::instant::{Instants, whole};
use super::measured::SideMeasures;
use super::result::{ResultField, ResultFiles};
use crate::counts::KeyId;
use crate::error::{Code, Error, Help, Result, Setting};
use crate::job::{ReportSpec, TableShape as ReportShape};
use crate::report::CleanCounts;
use crate::text::escape::quoted;

/// What a count counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// The values of the keys; `None` is null.
    Values(Vec<Option<String>>),
    /// A value, spelled as in the name of its column.
    Named(String),
    /// All values that are not named.
    Other,
}

/// Counts by window start, in microseconds UTC, and number of the label. All are greater than zero.
pub type CountsByWindow = BTreeMap<(i64, u32), u64>;

/// A result or a job's answer.
#[derive(Clone, Debug, Default)]
pub struct ComparedSide {
    /// Its name, for people.
    pub name: String,
    /// The labels of the counts. The number of a label is its index.
    pub labels: Vec<Label>,
    /// The counts.
    pub cells: CountsByWindow,
    /// The windows that it lists: their starts and, if known, their ends.
    pub ends_us: BTreeMap<i64, Option<i64>>,
    /// The means, by the start of the window.
    pub means: BTreeMap<i64, f64>,
    /// The name of the column of means.
    pub mean_name: Option<String>,
    /// The sum of the counts of rows without a window.
    pub unplaced: u64,
    /// The time it was written, in microseconds UTC, if known.
    pub modified_us: Option<i64>,
    /// Whether it is in CSV, where an empty text is null.
    pub is_csv: bool,
    /// In a wide result, the number of rows for a window that already has a row; their counts are added up.
    pub repeated: u64,
    /// The measures beside the counts.
    pub(super) measured: Option<SideMeasures>,
    /// Its rows in the order of their windows, if they are too many to hold: then cells, ends and means are empty.
    pub rows: Option<ResultRows>,
}

impl ComparedSide {
    /// Whether it has a row per value, so that it shows every value that it counts.
    pub fn is_long(&self) -> bool {
        !self.labels.iter().any(|label| matches!(label, Label::Named(_)))
    }

    /// Whether `is` holds for any value of a key.
    pub fn has_value(&self, is: impl Fn(&str) -> bool) -> bool {
        self.labels.iter().any(|label| match label {
            Label::Values(values) => values.iter().flatten().any(|value| is(value)),
            Label::Named(_) | Label::Other => false,
        })
    }

    /// The answer of a result without rows, whose columns are not known.
    pub fn without_rows(result: &ResultFiles) -> Self {
        ComparedSide {
            name: result.name().to_owned(),
            modified_us: result.modified_us(),
            is_csv: result.is_csv(),
            ..ComparedSide::default()
        }
    }

    /// The values of its key, if it has only one.
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
    /// Those of iterating over the windows.
    pub fn of_job(name: &str, spec: &ReportSpec, counts: &CleanCounts) -> Result<Self> {
        let mut answer = ComparedSide { name: name.to_owned(), ..ComparedSide::default() };
        let windows = spec.windows();
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
        answer.measured = Some(SideMeasures::of_job(spec, counts)?);
        Ok(answer)
    }

    /// Computes the means that a wide report of these counts gives.
    pub fn take_means(&mut self, spec: &ReportSpec) {
        if spec.shape() != ReportShape::Wide || spec.values.is_empty() {
            return;
        }
        let known: HashSet<&str> = spec.values.iter().map(String::as_str).collect();
        let is_named = |label: &Label| match label {
            Label::Values(values) => {
                values.len() == 1 && known.contains(values[0].as_deref().unwrap_or_default())
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

    /// Reads a result. If it is sorted and has more than `held` rows, it is not held: its windows are read again when they
    /// are compared.
    ///
    /// # Errors
    /// Data: a row has an invalid time or count. Those of reading.
    pub fn of_result(rows: ResultRows, held: u64) -> Result<Self> {
        let ResultRows { result, columns, .. } = &rows;
        let mut answer = ComparedSide::without_rows(result);
        let is_wide = matches!(columns.shape, Shape::Wide { .. });
        if let Shape::Wide { mean, .. } = &columns.shape {
            answer.mean_name = mean.clone();
        }
        let (mut read, mut last_us, mut is_sorted, mut is_held) = (0, None, true, true);
        let mut labels = Vec::new();
        rows.each(&mut labels, &mut |row| {
            read += 1;
            is_sorted &= row.start_us.is_none() || last_us <= row.start_us;
            let is_known = match row.start_us.filter(|_| is_held) {
                Some(start_us) => answer.ends_us.insert(start_us, row.end_us).is_some(),
                None => row.start_us.is_some() && last_us == row.start_us,
            };
            answer.repeated += u64::from(is_wide && is_known);
            last_us = row.start_us.or(last_us);
            if is_held && is_sorted && read > held {
                is_held = false;
                (answer.cells, answer.ends_us, answer.means) = Default::default();
            }
            for (label, n) in row.counts {
                match row.start_us {
                    Some(start_us) if is_held => answer.add(start_us, *label, *n),
                    Some(_) => {}
                    None => answer.unplaced += n,
                }
            }
            if let (Some(start_us), Some(mean)) = (row.start_us.filter(|_| is_held), row.mean) {
                answer.means.insert(start_us, mean);
            }
            Ok(())
        })?;
        answer.labels = labels;
        answer.measured = Some(SideMeasures::Rows(Box::new(rows.clone())));
        match (is_held, is_sorted) {
            (true, _) => Ok(answer),
            (false, true) => Ok(ComparedSide { rows: Some(rows), ..answer }),
            (false, false) => ComparedSide::of_result(rows, u64::MAX),
        }
    }
}

/// The rows of a result, which can be read more than once.
#[derive(Clone, Debug)]
pub struct ResultRows {
    /// The files that hold them.
    pub result: ResultFiles,
    /// The roles of the columns.
    pub columns: ResultColumns,
    /// Reads the times.
    pub instants: Instants,
}

/// One row of a result.
#[derive(Clone, Copy, Debug)]
pub struct ResultRow<'r> {
    /// The start of its window, in microseconds UTC; `None`: it has no window.
    pub start_us: Option<i64>,
    /// The end of its window, if the row has it.
    pub end_us: Option<i64>,
    /// Its counts, each behind the number of its label.
    pub counts: &'r [(u32, u64)],
    /// Its mean.
    pub mean: Option<f64>,
}

impl ResultRows {
    /// Calls `each` with every row. `labels` are the labels by number; new ones are appended.
    ///
    /// # Errors
    /// Data: a row has an invalid time or count. Those of `each`.
    pub fn each(
        &self,
        labels: &mut Vec<Label>,
        each: &mut dyn FnMut(ResultRow<'_>) -> Result<()>,
    ) -> Result<()> {
        if let (Shape::Wide { values, other, .. }, true) = (&self.columns.shape, labels.is_empty()) {
            labels.extend(values.iter().map(|(name, _)| Label::Named(name.clone())));
            labels.extend(other.iter().map(|_| Label::Other));
        }
        let mut instants = self.instants.clone();
        let has_end = self.columns.end.is_some();
        let known = labels.iter().zip(0..).filter_map(|(label, number)| match label {
            Label::Values(values) => Some((values.clone(), number)),
            _ => None,
        });
        let mut numbers: BTreeMap<Vec<Option<String>>, u32> = known.collect();
        let mut counts = Vec::new();
        self.result.rows(&self.columns.names(), &mut |fields, place| {
            let start_us = match &fields[0] {
                ResultField::Null => None,
                field => Some(instants.read(field).ok_or_else(|| no_time(&place(), field))?),
            };
            let end_us = if has_end { instants.read(&fields[1]) } else { None };
            let count = |field: &ResultField| match field {
                ResultField::Null => Ok(0),
                field => whole(field).and_then(|n| u64::try_from(n).ok()).ok_or_else(|| {
                    let told = quoted(text_of(field).unwrap_or_default());
                    Error::data(format!("{}: {told} is not a count", place()))
                        .with_code(Code::UnreadableResult)
                        .with_help(match &self.columns.shape {
                            Shape::Long { .. } => Help::from(
                                "a count is a whole number from 0 on; if another column has the counts: ",
                            )
                            .set(Setting::Map, "count=COLUMN"),
                            Shape::Wide { .. } => Help::from(
                                "a count is a whole number from 0 on; if other columns have the counts: ",
                            )
                            .set(Setting::Map, "VALUE=COLUMN"),
                        })
                }),
            };
            counts.clear();
            let mut mean = None;
            match &self.columns.shape {
                Shape::Long { keys, .. } => {
                    let values: Vec<Option<String>> = fields[2..2 + keys.len()].iter().map(text_of).collect();
                    let n = count(&fields[2 + keys.len()])?;
                    let label = match numbers.get(&values) {
                        Some(label) => *label,
                        None => {
                            let label = labels.len() as u32;
                            labels.push(Label::Values(values.clone()));
                            numbers.insert(values, label);
                            label
                        }
                    };
                    counts.push((label, n));
                }
                Shape::Wide { values, other, mean: has_mean } => {
                    let last = 2 + values.len() + usize::from(other.is_some());
                    for (label, field) in fields[2..last].iter().enumerate() {
                        counts.push((label as u32, count(field)?));
                    }
                    mean = has_mean.as_ref().and_then(|_| real(fields.last()));
                }
            }
            each(ResultRow { start_us, end_us, counts: &counts, mean })
        })
    }
}

fn no_time(place: &str, field: &ResultField) -> Error {
    let text = text_of(field).unwrap_or_default();
    Error::data(format!("{place}: window start {text} is not a valid time", text = quoted(text)))
        .with_code(Code::UnreadableResult)
        .with_help(Help::from("say which column holds it: ").set(Setting::Map, "window.start=COLUMN"))
}

pub(super) fn text_of(field: &ResultField) -> Option<String> {
    match field {
        ResultField::Null => None,
        ResultField::Text(text) => Some(text.clone()),
        ResultField::Whole(n) => Some(n.to_string()),
        ResultField::Real(n) => Some(n.to_string()),
        ResultField::Instant(us) | ResultField::Reading(us) => Some(us.to_string()),
        ResultField::Other => Some("?".to_owned()),
    }
}

fn real(field: Option<&ResultField>) -> Option<f64> {
    match field? {
        ResultField::Real(n) => Some(*n),
        ResultField::Whole(n) => Some(*n as f64),
        ResultField::Text(text) => text.trim_ascii().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}
