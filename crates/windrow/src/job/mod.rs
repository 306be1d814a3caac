//! The job: everything that changes the answer, checked once. Nothing below it validates again.

mod step;

pub use step::{Length, Step, Unit};

use std::path::PathBuf;

use windrow_csv::Dialect;

use crate::event::{Cleaning, TimeRules};
use crate::pane::PaneWidths;
use crate::window::Zone;

/// A checked job.
#[derive(Clone, Debug)]
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
}

impl Job {
    /// The widths of the panes that every report of this job is a whole number of.
    pub fn pane_widths(&self) -> PaneWidths {
        PaneWidths::of(&self.reports)
    }
}

/// What is read and how a record of it becomes an event.
#[derive(Clone, Debug)]
pub struct Source {
    /// Files, folders and globs as written.
    pub path: Vec<String>,
    /// The folder relative paths start from.
    pub root: PathBuf,
    /// The CSV dialect.
    pub dialect: Dialect,
    /// How the time column is read.
    pub time: TimeRules,
    /// The columns that counts are grouped by.
    pub keys: Vec<String>,
}

/// When data is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// A file with more rejects than this is refused whole.
    pub rejects: RejectLimit,
    /// When any file is refused nothing is published.
    pub strict: bool,
    /// Most counts (pane x keys) that a run may hold.
    pub groups: u64,
    /// Most rows that a report's grid may have.
    pub grid_rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { rejects: RejectLimit::Unlimited, strict: false, groups: 50_000_000, grid_rows: 10_000_000 }
    }
}

/// How many rejects a file may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RejectLimit {
    /// Any number.
    Unlimited,
    /// This many.
    Rows(u64),
    /// This share of the rows read (0.01 = 1 %), but never less than `at_least` rows.
    Share {
        /// The share, 0 to 1.
        share: f64,
        /// Rejects that are always allowed.
        at_least: u64,
    },
}

impl RejectLimit {
    /// Whether a file of `read` rows with `rejected` rejects is past the limit.
    pub fn is_passed(self, rejected: u64, read: u64) -> bool {
        match self {
            RejectLimit::Unlimited => false,
            RejectLimit::Rows(most) => rejected > most,
            RejectLimit::Share { share, at_least } => {
                rejected > at_least && rejected as f64 > share * read as f64
            }
        }
    }
}

/// One question to the counts: windows, zone, values, top, grid, shape.
#[derive(Clone, Debug)]
pub struct ReportSpec {
    /// The report's name.
    pub name: String,
    /// The step from one window's start to the next.
    pub every: Step,
    /// The length of a window; equal to `every` unless windows overlap.
    pub size: Step,
    /// The zone whose clock the windows follow.
    pub zone: Zone,
    /// The values (after cleaning) that get a column of their own; none: the report is long.
    pub values: Vec<String>,
    /// The busiest windows to show.
    pub top: Option<Top>,
    /// What a window without events shows in an export.
    pub fill: Fill,
    /// The first instant the grid covers, in microseconds UTC; none: the first observed window.
    pub from_us: Option<i64>,
    /// The instant the grid ends before, in microseconds UTC; none: after the last observed window.
    pub to_us: Option<i64>,
    /// Wide or long, when the user chose.
    pub shape: Option<Shape>,
}

/// The `n` windows with the highest count of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// The value ranked by, after cleaning; none: all events of the window.
    pub by: Option<String>,
    /// How many windows.
    pub n: usize,
}

/// What a window without events shows in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fill {
    /// Zero.
    #[default]
    Zero,
    /// Null.
    Null,
    /// The window is left out.
    None,
}

/// Whether each named value is a column, or a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A column per named value, their mean, and the rest.
    Wide,
    /// A row per window and key.
    Long,
}
