//! The job file: what was written. [`JobFile::check`] makes a [`Job`] of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::place;
use super::{Fault, Job};
use crate::error::Result;

/// A job as it was written, in a file or by flags; nothing in it is checked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobFile {
    /// The job's name.
    pub name: Option<String>,
    /// The version of the job file's format: 1.
    pub version: Option<i64>,
    /// What is read.
    pub source: SourceFile,
    /// How keys are cleaned, by key.
    pub clean: BTreeMap<String, CleanFile>,
    /// When data is refused.
    pub limits: LimitsFile,
    /// The reports and their names, in the order they were written.
    #[serde(deserialize_with = "in_order")]
    pub reports: Vec<(String, ReportFile)>,
    /// Where the ledger and the published tables are kept.
    pub output: Option<OutputFile>,
    /// What is kept of rejects.
    pub rejects: Option<RejectsFile>,
    /// What counts. It does not change the answer.
    pub engine: Option<EngineFile>,
}

/// `[engine]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineFile {
    /// `embedded`, or the address of a Spark Connect server.
    pub address: Option<String>,
    /// What is said of Spark.
    pub spark: SparkFile,
}

/// `[engine.spark]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SparkFile {
    /// Settings of Spark, by name.
    pub conf: BTreeMap<String, toml::Value>,
    /// Where Spark finds what is in a folder here.
    pub paths: BTreeMap<String, String>,
}

/// `[source]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceFile {
    /// Files, folders and globs.
    #[serde(deserialize_with = "one_or_many")]
    pub path: Vec<String>,
    /// The format of the files.
    pub format: Option<String>,
    /// The byte between fields, its name, or `auto`.
    pub delimiter: Option<String>,
    /// The byte that begins a comment line.
    pub comment: Option<String>,
    /// What ends lines: `lf`, `cr` or `auto`.
    pub line_end: Option<String>,
    /// Lines before the header that are not read.
    pub skip_lines: Option<u64>,
    /// The label of the encoding.
    pub encoding: Option<String>,
    /// The folder that paths start from.
    pub root: Option<String>,
    /// The column that holds the time.
    pub time: Option<String>,
    /// How times are written.
    pub time_format: Option<String>,
    /// The zone of times without an offset.
    pub zone: Option<String>,
    /// How to treat local times in a DST gap or overlap.
    pub local_times: Option<String>,
    /// The first time that is believed.
    #[serde(deserialize_with = "time_text")]
    pub earliest: Option<String>,
    /// The last time that is believed.
    #[serde(deserialize_with = "time_text")]
    pub latest: Option<String>,
    /// The columns that counts are grouped by.
    pub keys: Vec<String>,
    /// Whether files are only ever appended to.
    pub growing: Option<bool>,
    /// How to treat a file with the same content as another.
    pub duplicates: Option<String>,
    /// What to do with the counts of a file that is gone.
    pub on_gone: Option<String>,
}

/// One line of `[clean]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CleanFile {
    /// Whether white space around the value is cut off.
    pub trim: Option<bool>,
    /// The case it is brought to.
    pub case: Option<String>,
}

/// `[limits]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsFile {
    /// How many rejects a file may have: `0.1%`, `100` or `none`.
    #[serde(deserialize_with = "limit_text")]
    pub rejects: Option<String>,
    /// Whether nothing is published when a file is refused.
    pub strict: Option<bool>,
    /// Most bytes that the distinct values of keys may have together.
    pub key_bytes: Option<u64>,
    /// Most counts (pane x keys) that a run may hold.
    pub groups: Option<u64>,
    /// Most rows that a report's grid may have.
    pub grid_rows: Option<u64>,
    /// Most bytes of content for each byte of a compressed file.
    pub expansion: Option<u64>,
    /// Most bytes of content of a compressed file.
    pub unpacked_bytes: Option<u64>,
}

/// `[reports.NAME]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportFile {
    /// The step from one window to the next.
    pub every: Option<String>,
    /// The length of a window.
    pub size: Option<String>,
    /// The zone whose clock the windows follow.
    pub zone: Option<String>,
    /// The values with a column of their own.
    pub values: Vec<String>,
    /// The busiest windows to show.
    pub top: Option<TopFile>,
    /// What a window without events shows.
    pub fill: Option<String>,
    /// Where the grid begins.
    #[serde(deserialize_with = "time_text")]
    pub from: Option<String>,
    /// Where the grid ends.
    #[serde(deserialize_with = "time_text")]
    pub to: Option<String>,
    /// Wide or long.
    pub shape: Option<String>,
}

/// `top` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopFile {
    /// The value ranked by.
    pub by: Option<String>,
    /// How many windows.
    pub n: Option<u64>,
}

/// `[output]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputFile {
    /// The folder of the tables.
    pub path: Option<String>,
}

/// `[rejects]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RejectsFile {
    /// How much of a reject's text is kept.
    pub raw: Option<String>,
    /// How long rejects are kept.
    pub keep: Option<String>,
}

impl JobFile {
    /// Reads the text of the job file at `path`, which is named in errors.
    ///
    /// # Errors
    /// Usage: it is not TOML, or holds a key that is unknown or not built yet, or a value of the wrong type; with
    /// line and column.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self> {
        toml::from_str(text).map_err(|error| place::explain(&error, text, path))
    }
}

impl Job {
    /// Reads and checks the text of the job file at `path`. Relative paths in it start from its folder.
    ///
    /// # Errors
    /// Usage, with file, line and column, and what is allowed there.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let checked = JobFile::from_toml(text, path)?.check(folder);
        checked.map_err(|fault: Fault| place::locate(fault, text, path))
    }
}

/// Tables by name, in the order they were written.
fn in_order<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, ReportFile)>, D::Error> {
    let tables = BTreeMap::<Spanned<String>, ReportFile>::deserialize(from)?;
    let mut tables: Vec<_> = tables.into_iter().collect();
    tables.sort_by_key(|(name, _)| name.span().start);
    Ok(tables.into_iter().map(|(name, report)| (name.into_inner(), report)).collect())
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a string or a list of strings")]
    enum Text {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Text::deserialize(from)? {
        Text::One(text) => vec![text],
        Text::Many(list) => list,
    })
}

fn time_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a time, such as \"2024-01-31\" or \"2024-01-31T12:00:00Z\"")]
    enum Time {
        Toml(toml::value::Datetime),
        Text(String),
    }
    Ok(Some(match Time::deserialize(from)? {
        Time::Toml(time) => time.to_string(),
        Time::Text(text) => text,
    }))
}

fn limit_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a share (\"0.1%\"), a number of rows (100) or \"none\"")]
    enum Limit {
        Rows(u64),
        Text(String),
    }
    Ok(Some(match Limit::deserialize(from)? {
        Limit::Rows(rows) => rows.to_string(),
        Limit::Text(text) => text,
    }))
}
