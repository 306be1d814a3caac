//! The published windows, read from their tables.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch, StringArray};
use arrow_schema::{Field, SchemaRef};

use crate::delta::Store;
use crate::error::{Code, Error, Kind, Result};
use crate::job::{Job, ReportSpec, column};
use crate::publish::delta::PublishedTable;
use crate::publish::table::{BatchSink, Table};

use super::columns::{schema, text};

/// The range of window starts: written by a person, read in the zone of each report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Starts<'t> {
    /// From the window on that holds this instant.
    pub from: Option<&'t str>,
    /// Before this instant.
    pub to: Option<&'t str>,
}

impl Starts<'_> {
    /// The range of starts for the windows of `spec`, in microseconds UTC.
    ///
    /// # Errors
    /// Usage: it is not a time, or ends before it begins.
    pub(super) fn of(self, spec: &ReportSpec) -> Result<std::ops::Range<i64>> {
        let from_us = self.from.map(|text| spec.instant(text)).transpose()?;
        let to_us = self.to.map(|text| spec.instant(text)).transpose()?;
        if let (Some(from_us), Some(to_us)) = (from_us, to_us)
            && from_us >= to_us
        {
            return Err(Error::invalid("from is not before to"));
        }
        let from_us = from_us.map_or(i64::MIN, |us| spec.windows().floor(us));
        Ok(from_us..to_us.unwrap_or(i64::MAX))
    }
}

/// The published rows of `reports`, sorted by report, window and keys. With several reports, each row has the name of its report.
///
/// # Errors
/// Usage: a time cannot be read. Attention: a report was never published, or its table is damaged.
pub fn windows<'s>(
    job: &'s Job,
    store: &Store,
    reports: &[&'s ReportSpec],
    starts: Starts<'_>,
) -> Result<Table<'s>> {
    let mut tables = Vec::new();
    for spec in reports {
        let published = PublishedTable::open(store, spec, &job.source.keys)?.ok_or_else(|| {
            Error::new(Kind::Attention, format!("the report {} was never published", spec.name))
                .with_code(Code::NeverPublished)
                .with_help("run the job: the windows are made from the ledger")
        })?;
        tables.push((*spec, published, starts.of(spec)?));
    }
    let first = tables.first().map(|(_, published, _)| published.table().schema().clone());
    let stored = first.ok_or_else(|| Error::bug("a job without reports"))?;
    if tables.iter().any(|(_, published, _)| published.table().schema() != &stored) {
        return Err(Error::new(Kind::Attention, "the published reports have other keys than each other")
            .with_code(Code::OtherRules)
            .with_help("run the job, or choose one of the reports"));
    }
    let name = (tables.len() > 1).then(|| text("report"));
    let fields = stored.fields().iter().map(|field| Field::clone(field));
    let columns = schema(name.into_iter().chain(fields));
    let of = columns.clone();
    let rows = Box::new(move |take: &mut BatchSink<'_>| {
        tables.iter().try_for_each(|(spec, published, starts_us)| {
            published
                .each_row(starts_us, None, &mut |batch| take(&spec.zone, &named(batch, &of, &spec.name)?))
        })
    });
    let keys = column::of_keys(&job.source.keys);
    Ok(Table { schema: columns, shown: Vec::new(), labels: vec!["label".to_owned()], keys, rows })
}

/// The rows with the name of their report, if `columns` have one.
fn named(batch: &RecordBatch, columns: &SchemaRef, report: &str) -> Result<RecordBatch> {
    let mut arrays = batch.columns().to_vec();
    if arrays.len() < columns.fields().len() {
        let names = StringArray::from_iter_values(std::iter::repeat_n(report, batch.num_rows()));
        arrays.insert(0, Arc::new(names) as Arc<dyn Array>);
    }
    RecordBatch::try_new(columns.clone(), arrays)
        .map_err(|error| Error::bug(format!("the rows of a report: {error}")))
}
