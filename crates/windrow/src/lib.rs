//! windrow: one row per window. Event logs in, counts per window of time out, every row accounted for.
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

pub use error::{Error, Kind, Result};
pub use job::Job;
pub use report::{ReportData, View};
pub use run::{Inputs, Outcome, RunOptions, run, run_with};
pub use settings::Settings;
