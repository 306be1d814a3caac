//! The job: everything that changes the answer, checked once. Nothing below it validates again.

mod check;
pub mod column;
mod counting;
mod engine;
mod file;
mod fingerprint;
mod keyword;
mod literal;
mod lookups;
mod measures;
mod moving;
mod output;
mod parquet;
mod path_values;
mod peaks;
mod read;
mod records;
mod report;
mod save;
mod span;
mod storage;
mod text_log;

pub use crate::measure::{Function, Measure, MeasuredColumn, NumberRules};
pub use counting::Counting;
pub use engine::{EMBEDDED, JobEngine, SPARK, without_secrets};
pub(crate) use engine::{no_engine, without_parameters};
pub use file::{
    AzureFile, CleanFile, EngineFile, GoogleFile, JobFile, LimitsFile, LookupFile, OutputFile, ParquetFile,
    PeaksFile, RejectsFile, ReportFile, S3File, SourceFile, SparkFile, StorageFile, TopFile,
};
pub use fingerprint::{COUNT_RULES, REPORT_RULES};
pub use keyword::Word;
pub(crate) use measures::readable as readable_measures;
pub use moving::Moving;
pub use output::{Duplicates, EventsBy, EventsOutput, OnGone, Output, RawText, Rejects};
pub(crate) use path_values::PathValues;
pub use peaks::{Peaks, PeaksBy};
use records::Records;
pub use records::named_values;
pub(crate) use records::no_records;
pub use span::{Fault, name_refused};

use std::borrow::Cow;
use std::path::PathBuf;

use crate::calendar::{DAY_US, Step, Weekday, Zone};
use crate::counts::CountLimits;
use crate::error::{Code, Error, Help, Result, Setting};
use crate::event::{Cleaning, TimeReader, TimeRules};
use crate::format::csv::CsvRules;
use crate::format::{InputFormat, endings};
use crate::pane::PaneWidths;
use crate::source::{self, Endings, InputFile};
use crate::storage::{StoreAccess, Stores};
use crate::window::Windows;

/// A checked job.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Job {
    /// The job's name.
    pub name: String,
    /// What is read.
    pub source: Source,
    /// How each key is cleaned, in the order of `source.keys`.
    pub cleaning: Vec<Cleaning>,
    /// When data is refused.
    pub limits: Limits,
    /// The questions, at least one; names are unique.
    pub reports: Vec<ReportSpec>,
    /// Where the ledger and the published tables are kept; none: nothing is kept.
    pub output: Option<Output>,
    /// What is kept of rejects.
    pub rejects: Rejects,
    /// What counts, unless a command says otherwise. It does not change the answer.
    pub engine: JobEngine,
    /// How to reach stores. It does not change the answer.
    pub storage: StoreAccess,
}

impl Job {
    /// The stores of the job, reached as it says.
    pub fn stores(&self) -> Stores {
        Stores::new(&self.storage)
    }

    /// The instant that a person writes in a command: like a time in the job file, on the clock of the first report.
    ///
    /// # Errors
    /// Usage: it is not a time.
    pub fn instant(&self, text: &str) -> Result<i64, Error> {
        literal::instant_of_person_us(text, self.clock())
    }

    /// An instant as a person reads it, on the clock of the first report.
    pub fn shown(&self, us: i64) -> String {
        self.clock().label(us)
    }

    /// The report `name`.
    ///
    /// # Errors
    /// Usage: there is none; the nearest name is proposed.
    pub fn report(&self, name: &str) -> Result<&ReportSpec, Error> {
        let names: Vec<&str> = self.reports.iter().map(|report| report.name.as_str()).collect();
        let found = self.reports.iter().find(|report| report.name == name);
        found.ok_or_else(|| keyword::not_among(name, "report of this job", &names))
    }

    /// Where its ledger and its published tables are.
    ///
    /// # Errors
    /// Usage: it keeps none.
    pub fn required_output(&self) -> Result<&Output> {
        self.output.as_ref().ok_or_else(|| {
            Error::usage(format!("the job {} keeps nothing: it has no [output]", self.name))
                .with_code(Code::NoLedger)
                .with_help(Help::from("add ").set(Setting::Output, "out").and(", and run it once"))
        })
    }

    /// The clock by which a person reads what is of no report: that of the first one.
    pub fn clock(&self) -> &Zone {
        self.reports.first().map_or(&self.source.time.zone, |report| &report.zone)
    }

    /// The widths of the panes that every report of this job is a whole number of.
    pub fn pane_widths(&self) -> PaneWidths {
        let questions: Vec<Windows> = self.reports.iter().map(ReportSpec::windows).collect();
        PaneWidths::of(&questions)
    }
}

/// What is read and how a record of it becomes an event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Source {
    /// Files, folders and globs as written.
    pub path: Vec<String>,
    /// The folder relative paths start from.
    pub root: PathBuf,
    /// How rows are written; none: as each file shows.
    pub format: Option<InputFormat>,
    /// How the rows of CSV are written.
    pub csv: CsvRules,
    /// How the time column is read.
    pub time: TimeRules,
    /// How the numbers of measured columns are written.
    pub numbers: NumberRules,
    /// The columns that the reports measure, by name.
    pub(crate) measured: Vec<MeasuredColumn>,
    /// The columns that counts are grouped by.
    pub keys: Vec<String>,
    /// The look-ups, columns and conditions that are applied to records before they are events.
    pub(crate) records: Records,
    /// Which of these the paths of the files that are counted name, so that the files need not have them.
    pub(crate) in_path: Vec<String>,
    /// The time of all rows of the files that are counted, where their paths name it.
    pub(crate) time_in_path: Option<String>,
    /// Whether files are only ever appended to: then only what was appended is read.
    pub growing: bool,
    /// What to do with a file that has the same content as another.
    pub duplicates: Duplicates,
    /// What to do with the counts of a file that is gone.
    pub on_gone: OnGone,
    /// How many days back a run with a ledger lists folders that are named after days; none: it lists all.
    pub look_back_days: Option<u32>,
}

impl Source {
    /// What reads the times of the files that are counted.
    ///
    /// # Errors
    /// Usage: the pattern of the times is not one.
    pub(crate) fn time_reader(&self) -> Result<TimeReader> {
        let reader = TimeReader::new(&self.time)?;
        Ok(match &self.time_in_path {
            Some(text) => reader.of_path(&self.time.column, text),
            None => reader,
        })
    }

    /// The columns of files that are read, or paths into them.
    fn columns_of_files(&self) -> Vec<String> {
        match &self.records.rules {
            Some(rules) => rules.names(),
            None => {
                let measured = self.measured.iter().map(|column| &column.name);
                self.time.columns().chain(&self.keys).chain(measured).cloned().collect()
            }
        }
    }

    /// The files as a ledger of this job knows them: see [`source::identified`]. A job with look-ups has to have [their
    /// tables](Job::with_lookups).
    pub(crate) fn identified<'f>(&self, files: Cow<'f, [InputFile]>) -> Cow<'f, [InputFile]> {
        source::identified(files, &self.columns_of_files())
    }

    /// The endings of the files that count in a folder.
    pub fn endings(&self) -> Endings {
        let lookups = self.lookup_paths().map(str::to_owned).collect();
        endings(self.format).without(lookups, endings(None))
    }
}

/// When data is refused.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// A file with more rejects than this is refused whole.
    pub rejects: RejectLimit,
    /// When any file is refused nothing is published.
    pub strict: bool,
    /// Most bytes that the distinct values of keys may have together.
    pub key_bytes: u64,
    /// Most bytes that are kept of the tables of look-ups.
    pub lookup_bytes: u64,
    /// Most counts (pane x keys) that a run may hold.
    pub groups: u64,
    /// Most rows that a report's grid may have.
    pub grid_rows: u64,
    /// Most bytes of content for each byte of a compressed file; the first GiB of content is free.
    pub expansion: u64,
    /// Most bytes of content of a compressed file.
    pub unpacked_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            rejects: RejectLimit::Unlimited,
            strict: false,
            key_bytes: 512 << 20,
            lookup_bytes: 256 << 20,
            groups: 50_000_000,
            grid_rows: 10_000_000,
            // About the ratio of gzip for a few lines that repeat; logs have ratios of 10 to 50.
            expansion: 1_000,
            unpacked_bytes: 1 << 40,
        }
    }
}

impl From<&Limits> for CountLimits {
    fn from(limits: &Limits) -> Self {
        CountLimits { groups: limits.groups, key_bytes: limits.key_bytes }
    }
}

/// How many rejects a file may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectLimit {
    /// Any number.
    Unlimited,
    /// This many.
    Rows(u64),
    /// This share of the rows read, but never less than `at_least` rows.
    Share {
        /// How many of a million rows: 10,000 is 1 %.
        per_million: u32,
        /// Rejects that are always allowed.
        at_least: u64,
    },
}

impl RejectLimit {
    /// The limit of a job file that writes none: 1 %, and at least 10 rows.
    pub const OF_JOB_FILES: RejectLimit = RejectLimit::Share { per_million: 10_000, at_least: 10 };

    /// Whether a file of `read` rows with `rejected` rejects is past the limit.
    pub fn is_passed(self, rejected: u64, read: u64) -> bool {
        match self {
            RejectLimit::Unlimited => false,
            RejectLimit::Rows(most) => rejected > most,
            RejectLimit::Share { per_million, at_least } => {
                let share = u128::from(rejected) * 1_000_000 > u128::from(read) * u128::from(per_million);
                rejected > at_least && share
            }
        }
    }
}

/// One question to the counts: windows, zone, values, top, grid, shape.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReportSpec {
    /// The report's name.
    pub name: String,
    /// The step from one window's start to the next.
    pub every: Step,
    /// The length of a window; equal to `every` unless windows overlap.
    pub size: Step,
    /// How much later than at a whole step a window begins: `6h` for days from 06:00.
    pub offset: Option<Step>,
    /// The day that weeks begin with; Monday where none is named.
    pub week_start: Weekday,
    /// The zone whose clock the windows follow.
    pub zone: Zone,
    /// The values (after cleaning) that get a column of their own; none: the report is long.
    pub values: Vec<String>,
    /// What is asked of the values of columns.
    pub measures: Vec<Measure>,
    /// The busiest windows to show.
    pub top: Option<Top>,
    /// Windows that stand out, and how far.
    pub peaks: Option<Peaks>,
    /// Running totals, and changes against earlier windows.
    pub moving: Moving,
    /// What a window without events shows in an export, when the user chose.
    pub fill: Option<Fill>,
    /// The first instant the grid covers, in microseconds UTC; none: the first observed window.
    pub from_us: Option<i64>,
    /// The instant the grid ends before, in microseconds UTC; none: after the last observed window.
    pub to_us: Option<i64>,
    /// Wide or long, when the user chose.
    pub shape: Option<TableShape>,
}

impl ReportSpec {
    /// All measures that are asked: those that are shown, and what windows are ranked by.
    pub fn measures_asked(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter().chain(self.top.as_ref().and_then(|top| top.measure.as_ref()))
    }

    /// What the starts of its windows are whole numbers of on the clock, at least.
    pub(crate) fn finest(&self) -> Step {
        self.offset.unwrap_or(self.every)
    }

    /// Its windows.
    pub fn windows(&self) -> Windows {
        let offset_us = self.offset.and_then(Step::fixed_us).unwrap_or(0);
        let week_us = self.week_start.days_from_monday() * DAY_US;
        Windows::new(self.every, self.size, &self.zone).later_by(offset_us + week_us)
    }
}

/// The `n` windows with the highest count of one value, or the greatest measure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Top {
    /// The value ranked by, after cleaning; none: all events of the window.
    pub by: Option<String>,
    /// The measure of all events of the window that is ranked by instead of a count.
    pub measure: Option<Measure>,
    /// How many windows.
    pub n: usize,
}

impl Top {
    /// What windows are ranked by, as a job file has it; none: all events.
    pub fn by_written(&self) -> Option<String> {
        self.measure.as_ref().map(ToString::to_string).or_else(|| self.by.clone())
    }
}

/// What a window without events shows in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fill {
    /// Zero.
    Zero,
    /// Null.
    Null,
    /// The window is left out.
    None,
}

/// Whether each named value is a column, or a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableShape {
    /// A column per named value, their mean, and the rest.
    Wide,
    /// A row per window and key.
    Long,
}

#[cfg(test)]
mod tests;
