//! Published reports: a Delta table per report, `reports/<name>`, that says which version of the ledger it shows.
//!
//! Long, observed windows only, sorted by window, then keys. A data file holds a stretch of windows that no other file
//! reaches into, so that a change of one window writes one file again.

mod difference;
mod old;
mod replace;
mod written;

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::delta::{Store, Table, TableSpec};
use crate::error::{Error, Kind, Result};
use crate::job::ReportSpec;

pub use difference::Difference;
pub use replace::{NewRow, Replaced, Replacement};

/// By what name, before the ledger's id, the version of the ledger that is shown is kept in the log.
const LEDGER: &str = "windrow.ledger.";

/// The property that tells by which rules the windows were made.
const FINGERPRINT: &str = "windrow.report";

/// After so many versions what is past the retention is deleted.
const CLEANED_EVERY: u64 = 50;

/// One report's table.
#[derive(Debug)]
pub struct Published {
    table: Table,
    schema: SchemaRef,
}

impl Published {
    /// The folder of the report `name`, from the output folder.
    pub fn path(name: &str) -> String {
        format!("reports/{name}")
    }

    /// The table of the report `name` with the key columns `keys`; none if it was never published.
    pub fn open(store: &Store, name: &str, keys: &[String]) -> Result<Option<Self>> {
        let table = Table::open(store, &Published::path(name))?;
        Ok(table.map(|table| Published { table, schema: schema(keys) }))
    }

    /// The table of the report `name`, made empty if there is none.
    pub fn create(store: &Store, name: &str, keys: &[String], run: &str) -> Result<Self> {
        if let Some(published) = Published::open(store, name, keys)? {
            return Ok(published);
        }
        let spec = TableSpec {
            schema: schema(keys),
            partition_columns: Vec::new(),
            description: format!("windrow: the report {name}, a row per observed window and key"),
            properties: vec![(FINGERPRINT.to_owned(), String::new())],
            run_id: run.to_owned(),
        };
        let table = Table::create(store, &Published::path(name), &spec)?;
        Ok(Published { table, schema: schema(keys) })
    }

    /// The table as it was after `version`; none if that is no longer known.
    pub fn at(&self, version: u64) -> Result<Option<Self>> {
        let table = self.table.at(version)?;
        Ok(table.map(|table| Published { schema: table.schema().clone(), table }))
    }

    /// The version of the ledger `id` that it shows; none if it has never shown one.
    pub fn ledger_version(&self, id: &str) -> Option<u64> {
        self.table.txn(&format!("{LEDGER}{id}")).and_then(|version| u64::try_from(version).ok())
    }

    /// Whether it shows the keys that it is asked for: others take all of its rows with them.
    pub fn has_same_keys(&self) -> bool {
        self.table.schema().fields() == self.schema.fields()
    }

    /// How many keys its rows have.
    fn keys(&self) -> usize {
        self.schema.fields().len() - COLUMNS_BESIDE_KEYS
    }

    /// The fingerprint of the report whose windows it shows.
    pub fn fingerprint(&self) -> Option<&str> {
        self.table.properties().get(FINGERPRINT)?.as_deref()
    }

    /// Its table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Deletes what no version of the last `retention_ms` needs, every so many versions.
    pub(crate) fn keep_up(&mut self, retention_ms: i64) -> Result<()> {
        if self.table.version().is_multiple_of(CLEANED_EVERY) {
            self.table.clean(retention_ms, &|_| false)?;
        }
        Ok(())
    }
}

/// The start and end of the window, its label, the count and whether it is final.
const COLUMNS_BESIDE_KEYS: usize = 5;

/// The columns of a report with the key columns `keys`.
fn schema(keys: &[String]) -> SchemaRef {
    let time =
        |name: &str| Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false);
    let mut fields =
        vec![time("window_start"), time("window_end"), Field::new("label", DataType::Utf8, false)];
    fields.extend(keys.iter().map(|key| Field::new(column_of_key(key), DataType::Utf8, true)));
    fields.push(Field::new("count", DataType::Int64, false));
    fields.push(Field::new("is_final", DataType::Boolean, false));
    Arc::new(Schema::new(fields))
}

/// The column of a key: its own name, where no other column has it.
fn column_of_key(key: &str) -> String {
    match key {
        "label" | "is_final" => format!("key_{key}"),
        key => ReportSpec::column_of_key(key).to_string(),
    }
}

fn damaged(table: &Table, what: &str) -> Error {
    Error::new(Kind::Person, format!("{}: {what}", table.place()))
        .help("move the folder away: the next run makes it again from the ledger")
}
