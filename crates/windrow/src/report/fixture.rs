//! What the tests of reports and sinks are made of: counts by hand, and a report about them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatchReader};
use arrow_schema::DataType;

use super::summary::{RefusedFile, Summary};
use super::{CleanCounts, ReportData};
use crate::calendar::{Step, Zone};
use crate::counts::Counts;
use crate::event::{Cleaning, LetterCase};
use crate::job::{Fill, Limits, ReportSpec};
use crate::pane::Pane;
use crate::tally::Tally;

pub(crate) const MINUTE_US: i64 = 60_000_000;

/// Counts in panes of a minute and how they are cleaned.
#[derive(Debug)]
pub(crate) struct Fixture {
    pub(crate) counts: Counts,
    pub(crate) keys: Vec<String>,
    pub(crate) limits: Limits,
    case: LetterCase,
}

impl Fixture {
    /// Counts of one key column, `action`: (instant, raw value, events).
    pub(crate) fn new<'v>(events: impl IntoIterator<Item = (i64, &'v str, u64)>) -> Self {
        Fixture::of(&["action"], events.into_iter().map(|(us, value, n)| (us, vec![value], n)))
    }

    /// Counts of any key columns: (instant, raw values, events).
    pub(crate) fn of<'v>(keys: &[&str], events: impl IntoIterator<Item = (i64, Vec<&'v str>, u64)>) -> Self {
        let mut counts = Counts::new(keys.len(), 1 << 40, 1 << 20);
        for (us, values, n) in events {
            let key = counts.keys.id_of(values.iter().map(|value| value.as_bytes()));
            let start_us = us.div_euclid(MINUTE_US) * MINUTE_US;
            let slot = counts.slot(Pane { start_us, width_us: MINUTE_US });
            counts.add(slot, key, n);
        }
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Fixture { counts, keys, limits: Limits::default(), case: LetterCase::Keep }
    }

    pub(crate) fn cleaned(self, case: LetterCase) -> Self {
        Fixture { case, ..self }
    }

    /// Asks `spec` and hands the report to `look`.
    pub(crate) fn with_report<T>(&self, spec: &ReportSpec, look: impl FnOnce(&ReportData) -> T) -> T {
        self.with_reports(std::slice::from_ref(spec), |reports| look(&reports[0]))
    }

    /// Asks all `specs` and hands the reports to `look`.
    pub(crate) fn with_reports<T>(&self, specs: &[ReportSpec], look: impl FnOnce(&[ReportData]) -> T) -> T {
        let cleaning = vec![Cleaning { trim: true, case: self.case }; self.keys.len()];
        let clean = Arc::new(CleanCounts::new(self.counts.clone(), &cleaning).unwrap());
        let ask = |spec| ReportData::new(&clean, spec, &self.keys, &self.limits).unwrap();
        look(&specs.iter().map(ask).collect::<Vec<_>>())
    }
}

/// The values of rows as text: instants as microseconds, `~` for a key that is null.
pub(crate) fn cells(batches: impl RecordBatchReader) -> Vec<Vec<String>> {
    let text = |column: &dyn Array, row: usize| match column.data_type() {
        DataType::Utf8 if column.is_null(row) => "~".to_owned(),
        _ if column.is_null(row) => String::new(),
        // A value that looks like null gets one more `~`.
        DataType::Utf8 => match column.as_string::<i32>().value(row) {
            value if value.starts_with('~') => format!("~{value}"),
            value => value.to_owned(),
        },
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => format!("{:?}", column.as_primitive::<Float64Type>().value(row)),
        _ => column.as_primitive::<TimestampMicrosecondType>().value(row).to_string(),
    };
    let mut rows = Vec::new();
    for batch in batches {
        let batch = batch.unwrap();
        assert!((1..=8_192).contains(&batch.num_rows()), "{} rows in a batch", batch.num_rows());
        rows.extend(
            (0..batch.num_rows())
                .map(|row| batch.columns().iter().map(|column| text(column.as_ref(), row)).collect()),
        );
    }
    rows
}

/// A report named `r` of UTC windows (`10m`, `1h`) and named values.
pub(crate) fn spec(every: &str, values: &[&str]) -> ReportSpec {
    let every = step(every);
    ReportSpec {
        name: "r".to_owned(),
        every,
        size: every,
        offset: None,
        week_start: Default::default(),
        zone: Zone::utc(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        measures: Vec::new(),
        top: None,
        peaks: None,
        moving: Default::default(),
        fill: Some(Fill::Zero),
        from_us: None,
        to_us: None,
        shape: None,
    }
}

pub(crate) fn step(text: &str) -> Step {
    text.parse().unwrap()
}

/// A run in the few things that its summary shows.
#[derive(Clone)]
pub(crate) struct Run<'r> {
    pub(crate) job: &'r str,
    pub(crate) tally: &'r Tally,
    pub(crate) span_us: Option<(i64, i64)>,
    pub(crate) files_read: u64,
    pub(crate) refused: Vec<(&'r str, &'r str)>,
    pub(crate) elapsed_s: f64,
}

impl Run<'_> {
    pub(crate) fn summary(&self, reports: &[ReportData]) -> Summary {
        let refused = self.refused.iter().map(|(file, message)| RefusedFile {
            file: (*file).to_owned(),
            code: "too-many-rejects",
            message: (*message).to_owned(),
            help: None,
            is_new: true,
        });
        Summary {
            files_read: self.files_read,
            files_refused: refused.collect(),
            elapsed_s: self.elapsed_s,
            ..Summary::new(self.job, self.tally, self.span_us, reports)
        }
    }
}
