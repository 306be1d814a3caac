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
//! Beside it are [`plan`] (what a run would do), [`why`] (what is behind a number), [`compare`](compare()) and [`digest`].
//!
//! The modules are listed in the way of the data; ARCHITECTURE.md says what each is for.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod calendar;
pub mod clock;
pub mod error;
pub mod fingerprint;
pub mod settings;
pub mod storage;
pub mod text;
mod wait;

pub mod source;

pub mod codec;
pub mod format;

pub mod job;
pub mod sniff;

pub mod event;
pub mod reject;
pub mod tally;

pub mod counts;
pub mod pane;
pub mod window;

pub mod increment;

pub mod report;

pub mod delta;
pub mod ledger;

pub mod publish;

pub mod engine;
pub mod run;
pub mod trace;

pub mod compare;

pub use compare::compare;
pub use error::{Error, Kind, Result};
pub use job::Job;
pub use publish::digest::digest;
pub use report::{ReportData, View};
pub use run::{Inputs, Outcome, RunOptions, run, run_with};
pub use settings::Settings;
pub use trace::{forecast as plan, trace as why};
