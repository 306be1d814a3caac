//! Tables: which Parquet files Spark reads, and which it would read differently from windrow.

use crate::format::parquet::{self, Outline, StoredColumn};
use crate::job::Job;

use super::layout::FileLayout;
use super::plan::{self, QueriedFile};
use super::template::LineTemplates;

/// How the columns of a table that a job needs are stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TableLayout {
    pub(super) time: StoredColumn,
    /// `None` for a key that is not a column of the file; its path may give the value.
    pub(super) keys: Vec<Option<StoredColumn>>,
    pub(super) measured: Vec<StoredColumn>,
    /// The columns that the rules for records need. If there are such rules, `keys` and `measured` are empty.
    pub(super) record: Vec<StoredColumn>,
}

impl TableLayout {
    /// All these columns, each once.
    pub(super) fn columns(&self) -> Vec<&StoredColumn> {
        let mut columns: Vec<&StoredColumn> = Vec::new();
        let keys = self.keys.iter().flatten();
        for column in std::iter::once(&self.time).chain(keys).chain(&self.measured).chain(&self.record) {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(column);
            }
        }
        columns
    }
}

/// A Parquet file that Spark is asked about.
#[derive(Clone, Debug)]
pub(super) struct AskedTable {
    /// Its number among the inputs.
    pub(super) at: usize,
    /// The name that Spark gives it. Its hash is the file's number in answers.
    pub(super) name: String,
    /// Its address for Spark.
    pub(super) address: String,
    /// How its columns are stored.
    pub(super) layout: TableLayout,
}

impl AskedTable {
    /// The same file, to be read as lines of text.
    pub(super) fn as_lines(&self) -> QueriedFile {
        let (name, address) = (self.name.clone(), self.address.clone());
        QueriedFile {
            has_quotes: false,
            is_packed: false,
            at: self.at,
            name,
            address,
            layout: FileLayout::default(),
            templates: LineTemplates::default(),
        }
    }
}

/// A Parquet file that Spark reads.
#[derive(Clone, Debug)]
pub(super) struct SparkTable {
    pub(super) rows: u64,
    pub(super) layout: TableLayout,
}

/// Names of columns that Spark itself adds to a table.
const OF_SPARK: [&str; 2] = ["_metadata", "_tmp_metadata_row_index"];

impl SparkTable {
    /// The table in a file, if Spark reads it as windrow does.
    ///
    /// # Errors
    /// Why Spark would read it differently.
    pub(super) fn of(job: &Job, table: &parquet::ParquetTable) -> Result<SparkTable, String> {
        let Outline { rows, time, keys, measured, record } = table.outline()?;
        let in_path = || "its path names a column that the job needs of each row".to_owned();
        let record = record.into_iter().collect::<Option<Vec<_>>>().ok_or_else(in_path)?;
        let time = match &job.source.records.rules {
            None => time.ok_or_else(in_path)?,
            Some(rules) => {
                let column = rules.column_of_time().and_then(|column| record.get(column));
                column.ok_or_else(|| "its time is made by an expression".to_owned())?.clone()
            }
        };
        let layout = TableLayout { time, keys, measured, record };
        if layout.columns().iter().any(|column| OF_SPARK.contains(&column.name.as_str())) {
            return Err("Spark has a column of the same name".to_owned());
        }
        plan::check_layout(job, &layout)?;
        Ok(SparkTable { rows, layout })
    }
}
