//! windrow: one row per window. Event logs in, counts per window of time out, every row accounted for.
//!
//! [`run()`] is the one entry: a [`Job`], its [`Inputs`] and the [`Settings`] in, an [`Outcome`] out. Its reports own what they are
//! made from, yield Arrow record batches, and write themselves:
//!
//! ```
//! use std::path::Path;
//! use windrow::{Inputs, Job, Settings, View, publish::Format};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # std::fs::write(folder.path().join("events.csv"), "time,action\n2024-01-31T09:05:00Z,Open\n2024-01-31T09:20:00Z,Open\n")?;
//! # let job_file = &folder.path().join("job.toml");
//! let text = "name = 'doors'\nversion = 1\n[reports.hourly]\nevery = '1h'\n\
//!             [source]\npath = 'events.csv'\ntime = 'time'\nkeys = ['action']\n";
//! # let job = Job::from_toml(text, job_file)?;
//! # if false {
//! let job = Job::from_toml(text, Path::new("job.toml"))?;
//! # }
//! let outcome = windrow::run(&job, Inputs::Listed, &Settings::default())?;
//! let report = outcome.report("hourly")?;
//! for batch in report.batches(View::Grid)? {
//!     assert_eq!(batch?.num_columns(), 4);
//! }
//! let mut csv = Vec::new();
//! report.write(Format::Csv, View::Grid, &mut csv)?;
//! assert!(csv.ends_with(b"2024-01-31T09:00:00Z,2024-01-31T10:00:00Z,Open,2\n"));
//! # Ok(())
//! # }
//! ```
//!
//! Beside it are [`check()`] (whether a run would do), [`plan()`] (what it would do), [`why()`] (what is behind a number), [`show()`] (the tables
//! behind a job), [`compare()`] (answers beside each other) and [`digest()`] (one hash of an answer). A program that gets paths and answers from
//! a person begins with [`GivenJob`].
//!
//! The public modules hold what these take and give: [`job`] (job files), [`source`] (inputs), [`engine`] (who counts), [`publish`] (outputs),
//! [`ledger`] (what is kept) and [`error`]. ARCHITECTURE.md says what the other modules are for.
#![forbid(unsafe_code)]
// `pub` in a module that is not public means: for the whole library.
#![allow(unreachable_pub)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(not(unix))]
compile_error!("windrow needs a Unix: Linux or macOS. On Windows, use WSL or the container image.");

pub mod engine;
pub mod error;
pub mod job;
pub mod ledger;
pub mod publish;
pub mod source;

// For the programs and tests of this workspace. They may change in any release.
#[doc(hidden)]
pub mod backup;
#[doc(hidden)]
pub mod delta;
#[doc(hidden)]
pub mod format;
#[doc(hidden)]
pub mod sniff;
#[doc(hidden)]
pub mod storage;
#[doc(hidden)]
pub mod text;

mod calendar;
mod clock;
mod codec;
mod compare;
mod counts;
mod event;
mod fingerprint;
mod increment;
mod inspect;
mod measure;
mod pane;
mod record;
mod reject;
mod report;
mod run;
mod settings;
mod tally;
mod wait;
mod window;

#[doc(hidden)]
pub use calendar::{DAY_US, YEAR_1_US, YEAR_9998_US};
pub use calendar::{Step, Zone};
pub use clock::Stopwatch;
#[doc(hidden)]
pub use clock::unix_us;
#[doc(hidden)]
pub use codec::{Compression, Packer};
pub use compare::names::RoleMap;
pub use compare::result::ResultFiles;
pub use compare::{CompareOptions, Comparison, JobAnswer, JobSide, ROWS_HELD, Side, compare};
pub use error::{Error, Kind, Result};
#[doc(hidden)]
pub use fingerprint::{EndHashes, Fingerprint};
pub use increment::Plan;
#[doc(hidden)]
pub use increment::{FileState, IN_DOUBT};
pub use inspect::{
    Answer, ChangeOf, CheckFailure, Checked, CheckedOutput, CheckedSample, FileBehind, FileForecast,
    Forecast, Kept, MeasureBehind, RawValueCount, RejectBehind, ReportForecast, ShownTable, Starts,
    TableName, Traced, WantedTable, WantedWindow, WindowNumber, check, digest, plan, show, why,
};
#[doc(hidden)]
pub use inspect::{counts as kept_counts, keys_shown};
pub use job::Job;
pub use reject::{Place, RAW_BYTES_MAX, Reason, Reject, RejectSink};
pub use report::{CleanCounts, ReportData, View, summary};
#[doc(hidden)]
pub use run::plan as planned_files;
pub use run::{
    Again, FileOutcome, GivenJob, Inputs, Outcome, PublishedChange, PublishedReport, RefusedInput,
    RunOptions, RunRequest, Stages, list_inputs, run, run_with, store_of,
};
pub use settings::{Progress, Settings, Stop};
pub use sniff::{Answerable, Question};
pub use tally::Tally;
