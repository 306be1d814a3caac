//! What a run came to: how it ended, with which error, which files it refused, and what it published.

use serde::Serialize;

use crate::error::{Error, Location};

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// The answer may be published. The job keeps no ledger.
    #[default]
    Done,
    /// The ledger or a published report changed.
    Changed,
    /// Nothing was new for the ledger.
    NothingNew,
    /// As these, but some files are refused and do not count.
    Refused,
    /// Nothing may be published.
    Failed,
}

impl Ending {
    /// Its name in a ledger's table of runs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Changed => "changed",
            Ending::NothingNew => "nothing new",
            Ending::Refused => "refused",
            Ending::Failed => "failed",
        }
    }
}

/// An error as data.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Failure {
    /// Which thing went wrong; docs/errors.md lists them.
    pub code: &'static str,
    /// The exit code of the program.
    pub exit: u8,
    /// What happened and where.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// The place in a file that it is about, as far as it is known.
    #[serde(flatten)]
    pub location: Location,
}

impl Failure {
    /// The data of an error.
    pub fn of(error: &Error) -> Self {
        Failure {
            code: error.code().name(),
            exit: error.kind().exit_code(),
            message: error.message().to_owned(),
            help: error.help_text().map(str::to_owned),
            location: error.location().clone(),
        }
    }
}

/// A file that was refused.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RefusedFile {
    /// The file.
    pub file: String,
    /// Which thing is wrong with it; docs/errors.md lists them.
    pub code: &'static str,
    /// Why, without its name.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// Whether this run found out; else the ledger knew.
    pub is_new: bool,
}

/// What was published of a report.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PublishedSummary {
    /// The report's name.
    pub report: String,
    /// Whether it was published for the first time.
    pub first: bool,
    /// Whether another program had changed it, so that it was published again.
    pub repaired: bool,
    /// Windows whose number changed.
    pub windows_changed: u64,
    /// Rows that were replaced.
    pub rows_changed: u64,
}
