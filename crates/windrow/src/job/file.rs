//! The job file: what was written. [`JobFile::check`] makes a [`Job`](super::Job) of it.
//!
//! The tables of docs/job-file.md and docs/job.schema.json are made from these types, their comments and their `schemars` attributes:
//! `WINDROW_BLESS=1 cargo test -p windrow --lib job::file` writes them.

mod forms;
mod kept;
mod lookup;
mod storage;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

pub use kept::{EventsFile, OutputFile, RejectsFile};
pub use lookup::LookupFile;
pub use storage::{AzureFile, BucketFile, GoogleFile, S3File, StorageFile};

use super::span;
use crate::error::Result;

#[cfg(test)]
use {
    super::measures::OnBadNumber,
    super::{Duplicates, Fill, OnGone, TableShape},
    crate::calendar::Weekday,
    crate::event::{LetterCase, LocalTimes, TimeFormat},
    crate::format::csv::LineEnd,
    schemars::JsonSchema,
    tests::words,
};

/// A job as it was written, in a file or by flags; nothing in it is checked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["name", "version", "source", "reports"])))]
pub struct JobFile {
    /// The job's name.
    #[cfg_attr(test, schemars(extend("examples" = ["app-events"])))]
    pub name: Option<String>,
    /// The version of the job file's format: `1`.
    #[cfg_attr(test, schemars(extend("examples" = [1], "enum" = [1])))]
    pub version: Option<i64>,
    /// The inputs, and how they are read.
    pub source: SourceFile,
    /// How keys are cleaned, by the name of the key.
    pub clean: BTreeMap<String, CleanFile>,
    /// When files are refused, and how large a run may become.
    pub limits: LimitsFile,
    /// The reports, by name.
    #[serde(deserialize_with = "forms::in_order")]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, ReportFile>", extend("minProperties" = 1)))]
    pub reports: Vec<(String, ReportFile)>,
    /// Where a [ledger](ledger.md) and published tables are kept.
    pub output: Option<OutputFile>,
    /// How much of rejects the ledger keeps, and for how long.
    pub rejects: Option<RejectsFile>,
    /// Where events are counted: on this machine, or by [Spark](spark.md). It does not change the answer.
    pub engine: Option<EngineFile>,
    /// How [stores](stores.md) are reached. It does not change the answer.
    pub storage: StorageFile,
}

/// `[engine]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EngineFile {
    /// `embedded`, or the [address](spark.md#the-address) of a Spark Connect server. A token is given as the name of an environment variable, never as text.
    #[cfg_attr(test, schemars(extend("default" = "embedded", "examples" = ["sc://spark:15002/;token=env:SPARK_TOKEN"])))]
    pub address: Option<String>,
    /// How Spark is used.
    pub spark: SparkFile,
}

/// `[engine.spark]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SparkFile {
    /// Settings of the Spark session, by name: strings, whole numbers, `true` or `false`.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, forms::SparkSetting>"))]
    pub conf: BTreeMap<String, toml::Value>,
    /// Where the cluster finds the files of a folder on this machine, by the absolute path of that folder, or the files of a store, by its address
    /// (`s3://bucket`).
    pub paths: BTreeMap<String, String>,
}

/// `[source]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["path", "time"])))]
pub struct SourceFile {
    /// Files, folders and globs, also as `file:///…`; one or a list.
    #[serde(deserialize_with = "forms::one_or_many")]
    #[cfg_attr(test, schemars(with = "forms::OneOrMany", extend("examples" = [["logs/", "more/*.csv"]])))]
    pub path: Vec<String>,
    /// The format of the files; with `"auto"`, it is recognised by the beginning of each file; see [formats.md](formats.md).
    #[cfg_attr(test, schemars(extend("default" = "csv", "examples" = ["json"], "enum" = ["csv", "json", "parquet", "delta", "text", "auto"])))]
    pub format: Option<String>,
    /// How the lines of a text log are split into columns: `"common"`, `"combined"`, `"logfmt"`, a regular expression with a named group
    /// for each column, or `"auto"`, which recognises the first three by the beginning of each file; needs `format = "text"`. See
    /// [text.md](text.md).
    #[cfg_attr(test, schemars(extend("examples" = ["combined"])))]
    pub pattern: Option<String>,
    /// What decrypts [encrypted Parquet](parquet.md#encryption).
    pub parquet: ParquetFile,
    /// What separates fields: one ASCII character, its name, or `"auto"`, which finds it in the header of each file.
    #[cfg_attr(test, schemars(extend("default" = ",", "examples" = ["tab"])))]
    pub delimiter: Option<String>,
    /// The character that begins a comment line.
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = ["#"])))]
    pub comment: Option<String>,
    /// What ends lines: `"lf"` (also CR LF), `"cr"`, or `"auto"`: CR in a file that has no LF in its first MiB.
    #[cfg_attr(test, schemars(extend("default" = "auto", "examples" = ["cr"], "enum" = words::<Option<LineEnd>>())))]
    pub line_end: Option<String>,
    /// The number of lines before the header to skip.
    #[cfg_attr(test, schemars(extend("default" = 0, "examples" = [2])))]
    pub skip_lines: Option<u64>,
    /// Whether the files begin with a header that names their columns; if not, `columns` names them.
    #[cfg_attr(test, schemars(extend("default" = true, "examples" = [false])))]
    pub header: Option<bool>,
    /// The names of the columns of files without a header, in their order; needs `header = false`.
    #[cfg_attr(test, schemars(extend("examples" = [["t", "action"]])))]
    pub columns: Vec<String>,
    /// The encoding of the files, by its WHATWG label; see [csv.md](csv.md).
    #[cfg_attr(test, schemars(extend("default" = "utf-8", "examples" = ["latin1"])))]
    pub encoding: Option<String>,
    /// The folder that paths start from.
    #[cfg_attr(test, schemars(extend("x-default" = "the job file's folder", "examples" = ["/data"])))]
    pub root: Option<String>,
    /// The column that holds the time; for JSON and Parquet a [name or path](json.md#names-and-paths). If the time of day is in a column of its own, name
    /// both columns, that of the date first.
    #[serde(deserialize_with = "forms::one_or_many")]
    #[cfg_attr(test, schemars(with = "forms::OneOrMany", extend("examples" = ["time", ["Date", "Time"]])))]
    pub time: Vec<String>,
    /// How times are written: `"iso"`, `"date"`, `"epoch_s"`, `"epoch_ms"`, `"epoch_us"`, `"epoch_ns"`, or a strptime pattern
    /// ([time.md](time.md)).
    #[cfg_attr(test, schemars(extend("default" = "iso", "examples" = ["%d/%m/%Y %H:%M:%S"], "anyOf" = [{"enum": words::<TimeFormat>()}, {"pattern": "%"}])))]
    pub time_format: Option<String>,
    /// The year of all times, if `time_format` is a pattern without a year, such as `"%b %d %H:%M:%S"`.
    #[cfg_attr(test, schemars(extend("examples" = [2005], "minimum" = 1, "maximum" = 9998)))]
    pub year: Option<u32>,
    /// The zone of times without an offset.
    #[cfg_attr(test, schemars(extend("default" = "UTC", "examples" = ["Europe/Berlin"])))]
    pub zone: Option<String>,
    /// How to treat local times in a DST gap or overlap.
    #[cfg_attr(test, schemars(extend("default" = "reject", "examples" = ["earlier"], "enum" = words::<LocalTimes>())))]
    pub local_times: Option<String>,
    /// Earlier times are rejects: a date or a time, in UTC if it has no offset.
    #[serde(deserialize_with = "forms::time")]
    #[cfg_attr(test, schemars(with = "forms::Time", extend("x-default" = "year 1", "examples" = ["2016-01-01"])))]
    pub earliest: Option<String>,
    /// Later times are rejects; a date alone includes that whole day.
    #[serde(deserialize_with = "forms::time")]
    #[cfg_attr(test, schemars(with = "forms::Time", extend("x-default" = "year 9998", "examples" = ["2016-12-31"])))]
    pub latest: Option<String>,
    /// The columns that counts are grouped by, for JSON by name or path; without any, all rows are counted together.
    #[cfg_attr(test, schemars(extend("examples" = [["action", "country"]])))]
    pub keys: Vec<String>,
    /// What separates the thousands of measured numbers: `","`, `"'"`, `"_"` or a space.
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = [","])))]
    pub thousands: Option<String>,
    /// What to do with a measured value that is not a number: its row is a reject, or the value is null.
    #[cfg_attr(test, schemars(extend("default" = "reject", "examples" = ["null"], "enum" = words::<OnBadNumber>())))]
    pub on_bad_number: Option<String>,
    /// Small tables to join: each row gets their columns. See [lookups.md](lookups.md).
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = [[{"path": "users.csv", "on": "user"}]])))]
    pub lookup: Vec<LookupFile>,
    /// A condition in [SQL](sql.md) for the rows that count; rows for which it is false or null are filtered out.
    #[cfg_attr(test, schemars(extend("examples" = ["status >= 500"])))]
    pub r#where: Option<String>,
    /// The types of columns in expressions that are not text: `"integer"`, `"decimal"`, `"boolean"`, `"timestamp"` or `"date"`.
    #[cfg_attr(test, schemars(extend("examples" = [{"status": "integer"}])))]
    pub types: BTreeMap<String, String>,
    /// Columns computed by expressions in [SQL](sql.md). Each may use those before it. They can serve as keys, as the time, for measures,
    /// and in `where`.
    #[serde(deserialize_with = "forms::in_order")]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, String>", extend("default" = {}, "examples" = [{"class": "substr(status, 1, 1) || 'xx'"}])))]
    pub derive: Vec<(String, String)>,
    /// Whether files are only ever appended to, so that only the new part is read.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub growing: Option<bool>,
    /// How to treat a file with the same content as another.
    #[cfg_attr(test, schemars(extend("default" = "refuse", "examples" = ["count"], "enum" = words::<Duplicates>())))]
    pub duplicates: Option<String>,
    /// What to do with the counts of a file that is gone.
    #[cfg_attr(test, schemars(extend("default" = "keep", "examples" = ["subtract"], "enum" = words::<OnGone>())))]
    pub on_gone: Option<String>,
    /// How far back a run with a [ledger](ledger.md) lists folders that are [named after days](ledger.md#folders-of-days), in days or weeks before the
    /// newest one that it knows.
    #[cfg_attr(test, schemars(extend("x-default" = "all are listed", "examples" = ["7d"])))]
    pub look_back: Option<String>,
}

/// `parquet` as it was written. Keys are named, never written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ParquetFile {
    /// The environment variable that holds the key of footers, and of all columns without a key of their own.
    #[cfg_attr(test, schemars(extend("examples" = ["env:FOOTER_KEY"])))]
    pub footer_key: Option<String>,
    /// The variables that hold the keys of columns, by their names in the file.
    #[cfg_attr(test, schemars(extend("examples" = [{"action": "env:ACTION_KEY"}])))]
    pub column_keys: BTreeMap<String, String>,
    /// The identity (AAD prefix) that the files were encrypted with, if the files do not contain it.
    #[cfg_attr(test, schemars(extend("x-default" = "what the file holds", "examples" = ["events"])))]
    pub aad_prefix: Option<String>,
}

/// One line of `[clean]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CleanFile {
    /// Whether to remove ASCII white space around values.
    #[cfg_attr(test, schemars(extend("default" = true, "examples" = [false])))]
    pub trim: Option<bool>,
    /// The case to convert values to: `"keep"`, `"lower"`, `"upper"`, or `"title"`, which is Spark's `initcap`: lower case, and the
    /// first letter of each word in title case (a capital stays: `İPTAL` is `İptal`); only a space separates words
    /// (`open-door` is `Open-door`).
    #[cfg_attr(test, schemars(extend("default" = "keep", "examples" = ["title"], "enum" = words::<LetterCase>())))]
    pub case: Option<String>,
}

/// `[limits]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LimitsFile {
    /// A file with more rejects than this is refused: a share of its rows with up to four decimals, a number of rows, or `"none"`.
    #[serde(deserialize_with = "forms::limit")]
    #[cfg_attr(test, schemars(with = "forms::Limit", extend("x-default" = "1 %, and at least 10 rows", "examples" = ["0.1%", 100])))]
    pub rejects: Option<String>,
    /// Whether nothing is published when any file is refused.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub strict: Option<bool>,
    /// The maximum size in bytes of all distinct values of the keys together; beyond it, the run ends with exit code 6.
    #[cfg_attr(test, schemars(extend("default" = 536_870_912_u64, "examples" = [100_000_000], "minimum" = 1)))]
    pub key_bytes: Option<u64>,
    /// The maximum size in bytes of all tables of [look-ups](lookups.md) in memory; beyond it, the run ends with exit code 6.
    #[cfg_attr(test, schemars(extend("default" = 268_435_456_u64, "examples" = [100_000_000], "minimum" = 1)))]
    pub lookup_bytes: Option<u64>,
    /// The maximum number of counts (panes × keys) in a run.
    #[cfg_attr(test, schemars(extend("default" = 50_000_000, "examples" = [1_000_000], "minimum" = 1)))]
    pub groups: Option<u64>,
    /// The maximum number of rows in a report.
    #[cfg_attr(test, schemars(extend("default" = 10_000_000, "examples" = [1_000_000], "minimum" = 1)))]
    pub grid_rows: Option<u64>,
    /// The maximum ratio of content to file size for compressed files, checked once the content exceeds 1 GiB; a file that expands further is
    /// refused.
    #[cfg_attr(test, schemars(extend("default" = 1000, "examples" = [20], "minimum" = 1)))]
    pub expansion: Option<u64>,
    /// The maximum size in bytes of the content of a compressed file; a file with more is refused.
    #[cfg_attr(test, schemars(extend("default" = 1_099_511_627_776_u64, "examples" = [100_000_000_000_u64], "minimum" = 1)))]
    pub unpacked_bytes: Option<u64>,
}

/// `[reports.NAME]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["every"])))]
pub struct ReportFile {
    /// The step from one window's start to the next ([time.md](time.md)).
    #[cfg_attr(test, schemars(extend("examples" = ["10m", "1mo"])))]
    pub every: Option<String>,
    /// The length of a window, a whole number of steps of the same kind: longer windows overlap.
    #[cfg_attr(test, schemars(extend("x-default" = "as `every`", "examples" = ["1h"])))]
    pub size: Option<String>,
    /// By how much the start of each window is shifted, by the clock of its zone: `"6h"` makes days that begin at 06:00. Less than a step, and less than a day.
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = ["6h"])))]
    pub offset: Option<String>,
    /// The day that weeks begin with.
    #[cfg_attr(test, schemars(extend("default" = "monday", "examples" = ["sunday"], "enum" = words::<Weekday>())))]
    pub week_start: Option<String>,
    /// The zone whose clock and calendar the windows follow.
    #[cfg_attr(test, schemars(extend("default" = "UTC", "examples" = ["Europe/Berlin"])))]
    pub zone: Option<String>,
    /// The values that get a column each; needs exactly one key.
    #[cfg_attr(test, schemars(extend("examples" = [["Open", "Close"]])))]
    pub values: Vec<String>,
    /// What to compute from the values of columns, in addition to the counts: `sum`, `mean`, `min`, `max`, `p50` to `p99.9` or `distinct` of a
    /// column; see [measures.md](measures.md).
    #[cfg_attr(test, schemars(extend("examples" = [["sum(bytes)", "p95(ms)"]])))]
    pub measures: Vec<String>,
    /// The busiest windows to show.
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = [{"by": "Open", "n": 10}])))]
    pub top: Option<TopFile>,
    /// Windows that stand out from the usual; see [peaks.md](peaks.md).
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = [{"by": "Open", "limit": 10, "gaps": true}])))]
    pub peaks: Option<PeaksFile>,
    /// The period over which counts, sums and distinct values are accumulated, window after window, in additional columns; see [moving.md](moving.md).
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = ["1d"])))]
    pub cumulative: Option<String>,
    /// How much earlier the windows are that each window is compared with, in additional columns; one or a list.
    #[serde(deserialize_with = "forms::one_or_many")]
    #[cfg_attr(test, schemars(with = "forms::OneOrMany", extend("examples" = ["1w", ["1d", "1w"]])))]
    pub previous: Vec<String>,
    /// What exports show for windows without events.
    #[cfg_attr(test, schemars(extend("x-default" = "`\"zero\"`, or `\"none\"` in a long report with keys", "examples" = ["zero"], "enum" = words::<Fill>())))]
    pub fill: Option<String>,
    /// Where the grid begins: a date or a time, in the report's zone if it has no offset.
    #[serde(deserialize_with = "forms::time")]
    #[cfg_attr(test, schemars(with = "forms::Time", extend("x-default" = "the first event", "examples" = ["2016-07-26"])))]
    pub from: Option<String>,
    /// Where the grid ends (exclusive).
    #[serde(deserialize_with = "forms::time")]
    #[cfg_attr(test, schemars(with = "forms::Time", extend("x-default" = "after the last event", "examples" = ["2016-07-29"])))]
    pub to: Option<String>,
    /// A column per named value, or a row per window and value.
    #[cfg_attr(test, schemars(extend("x-default" = "`wide` with values, else `long`", "examples" = ["long"], "enum" = words::<TableShape>())))]
    pub shape: Option<String>,
}

/// `top` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["n"])))]
pub struct TopFile {
    /// The value, or the measure (`p95(ms)`), that windows are ranked by.
    #[cfg_attr(test, schemars(extend("x-default" = "all events", "examples" = ["Open"])))]
    pub by: Option<String>,
    /// The number of windows.
    #[cfg_attr(test, schemars(extend("examples" = [10])))]
    pub n: Option<u64>,
}

/// `peaks` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PeaksFile {
    /// The count of a value, or a measure of the report, to look at.
    #[cfg_attr(test, schemars(extend("x-default" = "all events", "examples" = ["Open"])))]
    pub by: Option<String>,
    /// The maximum number of peaks to show, and of quiet gaps.
    #[cfg_attr(test, schemars(extend("default" = 10, "examples" = [3], "minimum" = 1)))]
    pub limit: Option<u64>,
    /// How far from the usual a window must be to stand out: its score, in robust standard deviations.
    #[cfg_attr(test, schemars(extend("default" = 5.0, "examples" = [3.5])))]
    pub threshold: Option<f64>,
    /// Whether windows with far fewer events than usual are shown too.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub gaps: Option<bool>,
}

impl JobFile {
    /// Reads the text of the job file at `path`, which is named in errors.
    ///
    /// # Errors
    /// Usage: it is not TOML, or holds a key that is unknown, or a value of the wrong type; with
    /// line and column.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self> {
        toml::from_str(text).map_err(|error| span::explain(&error, text, path))
    }
}

#[cfg(test)]
mod tests;
