//! Published reports: a Delta table per report, `reports/<name>`, that says which version of the ledger it shows.
//!
//! Long, observed windows only, sorted by window, then keys. A data file holds a stretch of windows that no other file
//! reaches into, so that a change of one window writes one file again.

mod cursor;
mod difference;
mod moment;
mod peaks;
mod replace;
mod row_writer;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::delta::{ColumnRange, DataFile, DeltaTable, Folder, Retention, StatsValue, Store, TableSpec};
use crate::error::Result;
use crate::job::{ReportSpec, column};
use crate::report::{measure_field, moving_fields};

pub use difference::NumberChange;
pub(super) use moment::shows;
pub(crate) use moment::{is_overtaken, ledger_version};
pub(crate) use peaks::PublishedPeaks;
pub use replace::{NewRow, Replaced, Replacement};

/// The property that tells by which rules the windows were made.
const FINGERPRINT: &str = "windrow.report";

/// Versions of the last week stay; of a report that changes often the newest ones, and all of the last minute: other programs
/// may be reading them.
const RETENTION: Retention = Retention { versions_ms: 7 * 86_400_000, versions_max: 100, least_ms: 60_000 };

/// What to do where a report's table is damaged.
const REMEDY: &str = "move {} away: the next run publishes it again from the ledger";

/// The columns around those of the measures.
const COUNT: &str = "count";
const IS_FINAL: &str = "is_final";

/// The column by which rows are sorted.
const START: &str = "window_start";

/// One report's table.
#[derive(Debug)]
pub struct PublishedTable {
    table: DeltaTable,
    schema: SchemaRef,
    /// How many of its columns of numbers, the last ones, are of moving views.
    moving: usize,
}

impl PublishedTable {
    /// The version that was published first; before it there is nothing to compare with.
    pub(crate) const FIRST: u64 = 1;

    /// The folder of the report `name`, from the output folder.
    pub fn path(name: &str) -> String {
        format!("reports/{name}")
    }

    /// The table of the report `spec` with the key columns `keys`; none if it was never published.
    pub fn open(store: &Store, spec: &ReportSpec, keys: &[String]) -> Result<Option<Self>> {
        let table = DeltaTable::open(store, Folder::new(PublishedTable::path(&spec.name), REMEDY))?;
        Ok(table.map(|table| PublishedTable { table, schema: schema(keys, spec), moving: moving(spec) }))
    }

    /// The table of the report `spec`. If it does not exist, an empty one is created.
    pub fn create(store: &Store, spec: &ReportSpec, keys: &[String], run: &str) -> Result<Self> {
        if let Some(published) = PublishedTable::open(store, spec, keys)? {
            return Ok(published);
        }
        let (name, schema, moving) = (&spec.name, schema(keys, spec), moving(spec));
        let spec = TableSpec {
            schema: schema.clone(),
            partition_columns: Vec::new(),
            description: format!("windrow: the report {name}, a row per observed window and key"),
            properties: vec![(FINGERPRINT.to_owned(), String::new())],
            run_id: run.to_owned(),
        };
        let table = DeltaTable::create(store, Folder::new(PublishedTable::path(name), REMEDY), &spec)?;
        Ok(PublishedTable { table, schema, moving })
    }

    /// The table as it was after `version`; none if that is no longer known.
    pub fn at(&self, version: u64) -> Result<Option<Self>> {
        let table = self.table.at(version)?;
        Ok(table.map(|table| PublishedTable { schema: table.schema().clone(), table, moving: self.moving }))
    }

    /// The version of the ledger `id` that it shows; none if it has never shown one.
    pub fn ledger_version(&self, id: &str) -> Option<u64> {
        ledger_version(&self.table, id)
    }

    /// Whether it shows the keys that it is asked for: others take all of its rows with them.
    pub fn has_same_keys(&self) -> bool {
        self.table.schema().fields() == self.schema.fields()
    }

    /// The columns of its keys.
    fn keys(&self) -> Vec<String> {
        let is_text = |field: &&Arc<Field>| *field.data_type() == DataType::Utf8;
        let names = self.schema.fields().iter().filter(is_text).map(|field| field.name());
        names.filter(|name| !column::OF_REPORTS.contains(&name.as_str())).cloned().collect()
    }

    /// The columns of its measures and moving views.
    fn measures(&self) -> Vec<String> {
        fields_of_measures(&self.schema).map(|field| field.name().clone()).collect()
    }

    /// The fingerprint of the report whose windows it shows.
    pub fn fingerprint(&self) -> Option<&str> {
        self.table.properties().get(FINGERPRINT)?.as_deref()
    }

    /// Calls `each` with the rows of the windows that start in `starts_us`, in order of time, then of keys.
    ///
    /// # Errors
    /// Attention: the table is damaged. What `each` ends with.
    pub fn each_row(
        &self,
        starts_us: &Range<i64>,
        columns: Option<&[&str]>,
        each: &mut dyn FnMut(&RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let range = ColumnRange {
            column: START.to_owned(),
            from: StatsValue::TimeUs(starts_us.start),
            to: StatsValue::TimeUs(starts_us.end.saturating_sub(1)),
        };
        for file in self.files().into_iter().filter(|file| file.may_hold(&range)) {
            for batch in self.table.read(file, columns, Some(&range))? {
                let batch = batch?;
                let starts =
                    starts(&batch).ok_or_else(|| self.table.damaged("its rows are not those of a report"))?;
                let from = starts.partition_point(|us| *us < starts_us.start);
                let to = starts.partition_point(|us| *us < starts_us.end);
                if from < to {
                    each(&batch.slice(from, to - from))?;
                }
            }
        }
        Ok(())
    }

    /// The starts of the last window before `start_us` and of the first one after it.
    ///
    /// # Errors
    /// Attention: the table is damaged.
    pub fn starts_beside(&self, start_us: i64) -> Result<(Option<i64>, Option<i64>)> {
        let (mut before, mut after) = (None, None);
        let files = self.files();
        let begins_after = |file: &&DataFile| matches!(file.bounds(START), Some((StatsValue::TimeUs(us), _)) if us > start_us);
        let next = files.iter().position(begins_after).unwrap_or(files.len());
        // The files do not reach into each other: only those next to it can have its neighbours.
        for file in &files[next.saturating_sub(2)..files.len().min(next + 1)] {
            for batch in self.table.read(file, Some(&[START]), None)? {
                let batch = batch?;
                let starts =
                    starts(&batch).ok_or_else(|| self.table.damaged("its rows are not those of a report"))?;
                let at = starts.partition_point(|us| *us < start_us);
                before = before.max(starts[..at].last().copied());
                let first = starts[at..].iter().copied().find(|us| *us > start_us);
                after = match (after, first) {
                    (Some(one), Some(other)) => Some(std::cmp::min(one, other)),
                    (one, other) => one.or(other),
                };
            }
        }
        Ok((before, after))
    }

    /// Its data files, in order of time.
    fn files(&self) -> Vec<&DataFile> {
        let mut files: Vec<&DataFile> = self.table.files().collect();
        files.sort_by_key(|file| match file.bounds(START) {
            Some((StatsValue::TimeUs(us), _)) => us,
            _ => i64::MIN,
        });
        files
    }

    /// Its table.
    pub fn table(&self) -> &DeltaTable {
        &self.table
    }

    /// Deletes what no version within the retention needs, every so many versions.
    pub(crate) fn keep_up(&mut self) -> Result<()> {
        self.table.clean_in_turn(RETENTION)
    }
}

/// The starts of the windows of some rows.
fn starts(batch: &RecordBatch) -> Option<&[i64]> {
    let starts = batch.column_by_name(START)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    Some(starts.values())
}

/// How many columns the moving views of a report have.
fn moving(spec: &ReportSpec) -> usize {
    column::of_moving(None, spec).len()
}

/// The columns of the measures and the moving views of a report.
fn fields_of_measures(schema: &Schema) -> impl Iterator<Item = &Arc<Field>> {
    let after_count = schema.fields().iter().skip_while(|field| field.name() != COUNT).skip(1);
    after_count.take_while(|field| field.name() != IS_FINAL)
}

/// The columns of a report with the key columns `keys`.
fn schema(keys: &[String], spec: &ReportSpec) -> SchemaRef {
    let time =
        |name: &str| Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false);
    let mut fields =
        vec![time("window_start"), time("window_end"), Field::new("label", DataType::Utf8, false)];
    fields.extend(column::of_keys(keys).into_iter().map(|name| Field::new(name, DataType::Utf8, true)));
    fields.push(Field::new(COUNT, DataType::Int64, false));
    fields.extend(spec.measures.iter().map(measure_field));
    fields.extend(moving_fields(None, spec));
    fields.push(Field::new(IS_FINAL, DataType::Boolean, false));
    Arc::new(Schema::new(fields))
}
