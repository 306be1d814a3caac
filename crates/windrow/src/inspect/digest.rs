//! The answer to a job and its digest: from the ledger if the job keeps one, else from a run.

use crate::error::{Error, Result};
use crate::job::Job;
use crate::publish::digest;
use crate::report::ReportData;
use crate::run::{Inputs, Outcome, RunOptions, counts, run_with};
use crate::settings::Settings;
use crate::wait;

use super::Kept;

/// The answer to a job.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// What its ledger adds up to. No event was read.
    Kept {
        /// The reports.
        reports: Vec<ReportData>,
        /// The version of the ledger.
        version: u64,
        /// How many events count.
        events: u64,
        /// How many files they are in.
        files: u64,
    },
    /// What a run has counted.
    Counted(Box<Outcome>),
}

/// The digest of the answer to `job`: equal answers have equal digests.
///
/// # Errors
/// As [`Answer::of`] and [`Answer::reports`]. Data: files are refused.
pub fn digest(job: &Job, inputs: Inputs<'_>, settings: &Settings, options: RunOptions<'_>) -> Result<String> {
    let answer = Answer::of(job, inputs, settings, options)?;
    answer.error().map_or_else(|| digest::digest(answer.reports()?), Err)
}

impl Answer {
    /// The answer to `job`. If it keeps a ledger and the inputs are those that it names, nothing is listed or read: the ledger has it.
    ///
    /// # Errors
    /// As [`Kept::open`] and [`counts`], or as [`run_with`].
    pub fn of(job: &Job, inputs: Inputs<'_>, settings: &Settings, options: RunOptions<'_>) -> Result<Answer> {
        match inputs {
            Inputs::Listed if job.output.is_some() => wait::outside_runtime(|| {
                let Kept { store, ledger } = Kept::open(job)?;
                let counts = counts(job, &store, &ledger)?;
                let files = ledger.rows().filter(|row| row.contribution.is_some()).count() as u64;
                let (version, events) = (ledger.version(), counts.events());
                Ok(Answer::Kept { reports: ReportData::of_job(job, &counts)?, version, events, files })
            }),
            inputs => run_with(job, inputs, settings, options).map(|outcome| Answer::Counted(outcome.into())),
        }
    }

    /// The reports, in the order of the job.
    ///
    /// # Errors
    /// As [`Outcome::reports`].
    pub fn reports(&self) -> Result<&[ReportData]> {
        match self {
            Answer::Kept { reports, .. } => Ok(reports),
            Answer::Counted(outcome) => outcome.reports(),
        }
    }

    /// Why it is not the answer over all files, if so.
    pub fn error(&self) -> Option<Error> {
        match self {
            Answer::Kept { .. } => None,
            Answer::Counted(outcome) => outcome.error(),
        }
    }
}
