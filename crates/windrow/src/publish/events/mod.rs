//! Published events: the cleaned events themselves, `events`, in a Delta table whose folders are hours or days of UTC. A data
//! file holds events of one contribution, until its hour or day is closed and its files are merged. The table says which
//! version of the ledger it shows.
//!
//! A data file is written while its input is counted, and kept as *staged* before the ledger may name its contribution. After the commit to
//! the ledger, one commit to the table adds the files of contributions that now count and removes those that no longer do. So no reader
//! sees a contribution in part, and a run that dies in between leaves what the next one needs.

mod compact;
mod copy;
mod folders;
mod publish;
mod rows;
mod shares;
mod writer;

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use sha2::{Digest, Sha256};

use crate::calendar::Step;
use crate::delta::{DataWriter, DeltaTable, Folder, Retention, Store, TableSpec, TextMap, remedy};
use crate::engine::events_not_built;
use crate::error::{Code, Error, Kind, Result};
use crate::job::{EMBEDDED, EventsBy, EventsOutput, Job, column};

pub use publish::PublishedEvents;
pub(crate) use publish::{check, keep_up, publish, staged};
pub(crate) use writer::EventWriter;

/// The folder of the table, from the output folder.
pub const PATH: &str = "events";

/// What to do where the table is damaged.
const REMEDY: &str =
    "move {} away and read every file again with {again}; or restore the whole output folder from a backup";

/// The property that tells by which rules the events were written.
const FINGERPRINT: &str = "windrow.events";

/// Columns beside those of keys and measures.
const TIME: &str = "time";
const FILE: &str = "file";
const DATE: &str = "date";
const HOUR: &str = "hour";

/// As for reports: other programs may be reading older versions.
const RETENTION: Retention = Retention { versions_ms: 7 * 86_400_000, versions_max: 100, least_ms: 60_000 };

fn folder() -> Folder {
    Folder::new(PATH, REMEDY)
}

/// What the events of a job are as a table.
#[derive(Clone, Debug)]
struct EventTable {
    by: EventsBy,
    /// How long after its end an hour or day is closed; `None` for never.
    compact_after: Option<Step>,
    /// The keys whose values also name folders, as positions among the job's keys.
    value_keys: Vec<usize>,
    /// The columns whose values name folders, outermost first.
    folder_columns: Vec<String>,
    schema: SchemaRef,
    fingerprint: String,
}

impl EventTable {
    /// That of `job`; none where it does not publish its events.
    fn of(job: &Job) -> Option<Self> {
        let EventsOutput { by, compact_after, partition_by } = job.output.as_ref()?.events.as_ref()?;
        let (by, compact_after) = (*by, *compact_after);
        let (keys, measured) = (&job.source.keys, &job.source.measured);
        let named: Vec<String> =
            keys.iter().chain(measured.iter().map(|column| &column.name)).cloned().collect();
        let names = column::beside(&[TIME, FILE, DATE, HOUR], &named);
        let (of_keys, of_measures) = names.split_at(keys.len());
        let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let mut fields = vec![Field::new(TIME, utc, false)];
        let at = |name: &String| keys.iter().position(|key| key == name);
        let value_keys: Vec<usize> = partition_by.iter().filter_map(at).collect();
        let key = |at: usize| Field::new(&of_keys[at], DataType::Utf8, true);
        fields.extend((0..keys.len()).filter(|at| !value_keys.contains(at)).map(key));
        fields.extend(of_measures.iter().zip(measured).map(|(name, column)| {
            let of = if column.is_text() { DataType::Utf8 } else { DataType::Decimal128(38, 9) };
            Field::new(name, of, true)
        }));
        fields.push(Field::new(FILE, DataType::Utf8, false));
        fields.push(Field::new(DATE, DataType::Date32, false));
        if by == EventsBy::Hour {
            fields.push(Field::new(HOUR, DataType::Int32, false));
        }
        fields.extend(value_keys.iter().map(|at| key(*at)));
        let folder_columns = fields.iter().skip_while(|field| field.name() != DATE);
        let folder_columns: Vec<String> = folder_columns.map(|field| field.name().clone()).collect();
        let mut hash = Sha256::new();
        hash.update(format!("{by:?} {fields:?} {:?}", job.cleaning));
        let fingerprint = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let schema = Arc::new(Schema::new(fields));
        Some(EventTable { by, compact_after, value_keys, folder_columns, schema, fingerprint })
    }

    /// The key columns whose values name folders.
    fn value_columns(&self) -> &[String] {
        self.folder_columns.get(self.folder_columns.len() - self.value_keys.len()..).unwrap_or_default()
    }

    /// How long the stretch of time of a folder is.
    fn width_us(&self) -> i64 {
        match self.by {
            EventsBy::Hour => 3_600_000_000,
            EventsBy::Day => crate::calendar::DAY_US,
        }
    }

    /// The values of the partition columns for stretch `number`; `values` are those of keys.
    fn partition(&self, number: i64, values: &[Option<String>]) -> TextMap {
        let hours = self.width_us() / 3_600_000_000;
        let hour = number * hours;
        let (year, month, day) = crate::calendar::date_of(hour.div_euclid(24));
        let date = (DATE.to_owned(), Some(format!("{year:04}-{month:02}-{day:02}")));
        let hour = (HOUR.to_owned(), Some(format!("{:02}", hour.rem_euclid(24))));
        let values = self.value_columns().iter().cloned().zip(values.iter().cloned());
        std::iter::once(date).chain((self.by == EventsBy::Hour).then_some(hour)).chain(values).collect()
    }

    /// The table in `store`; none if no run has made it.
    ///
    /// # Errors
    /// Attention: it has other folders.
    fn open(&self, store: &Store) -> Result<Option<DeltaTable>> {
        let Some(table) = DeltaTable::open(store, folder())? else { return Ok(None) };
        match table.partition_columns() == self.folder_columns {
            true => Ok(Some(table)),
            false => {
                let message = format!(
                    "{}: its folders are by {}",
                    table.place(),
                    table.partition_columns().join(" and ")
                );
                Err(Error::new(Kind::Attention, message)
                    .with_code(Code::OtherRules)
                    .with_help(remedy(REMEDY, &table.place())))
            }
        }
    }

    /// The table in `store`. If it does not exist, an empty one is created.
    fn create(&self, store: &Store, run: &str) -> Result<DeltaTable> {
        if let Some(table) = self.open(store)? {
            return Ok(table);
        }
        let spec = TableSpec {
            schema: self.schema.clone(),
            partition_columns: self.folder_columns.clone(),
            description: "windrow: the events that count, cleaned".to_owned(),
            properties: vec![(FINGERPRINT.to_owned(), self.fingerprint.clone())],
            run_id: run.to_owned(),
        };
        DeltaTable::create(store, folder(), &spec)
    }

    /// Starts a data file of `table`, whose columns are, or are about to be, those of this layout.
    fn writer(&self, table: &DeltaTable, partition: &TextMap) -> Result<DataWriter> {
        table.writer_of(&self.schema, partition)?.with_differences(TIME)
    }

    /// Whether `table` was written by these rules.
    fn is_of(&self, table: &DeltaTable) -> bool {
        table.properties().get(FINGERPRINT).and_then(Option::as_deref) == Some(&*self.fingerprint)
    }
}

/// An error where the engine of this name cannot write the events that `job` publishes.
///
/// # Errors
/// Usage.
pub(crate) fn check_engine(job: &Job, engine: &str) -> Result<()> {
    match EventTable::of(job) {
        Some(_) if engine != EMBEDDED => Err(events_not_built(engine)),
        _ => Ok(()),
    }
}
