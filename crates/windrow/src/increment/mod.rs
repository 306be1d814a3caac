//! The increment: from the listed files and the rows of the ledger to the files that have to be read, and what then counts.
//!
//! Two pure steps. [`plan()`] decides by names, sizes and stamps which files are read; [`reconcile()`] decides by content how
//! each row of the ledger changes. A ledger is a function of the rows that `reconcile` returns.
//!
//! - A row belongs to an identity, a contribution to a content. Where the content stays and its name does not (moved,
//!   swapped, the twin that counted was deleted), the contribution goes to another row, and nothing is counted again.
//! - A file under a new name is read, even where size and time of change are those of one that is gone: copies keep
//!   both too, and only content proves equality. What it adds is thrown away when the content is known.
//! - Which of two equal files counts cannot change an answer; the one that counts already goes on, else the first by name.
//! - An engine may leave out the fingerprint of a file. Where its content may then be that of another, it is hashed, or
//!   refused where the other is gone: see [`unhashed`].
//! - A file that was not counted before and begins with all the bytes of one that counts and is gone is that file, renamed and grown: what
//!   it adds replaces what the other has added. Only [`prefixes`] that may be are hashed.
//! - A file that replaces another with the same size and time of change is not noticed, unless the row is [racy](Seen::racy).

mod seen;

mod content;

mod plan;

mod reading;

mod candidate;

mod unverified;

mod renamed;

mod reconcile;

use std::sync::Arc;

use crate::error::{Code, Error, Help, Kind, Setting};
use crate::job::{Duplicates, Job, OnGone, RejectLimit};

pub use plan::{Plan, Planned, Read, ReadReason, plan};
pub use reading::{CountedContent, Reading};
pub use reconcile::{Became, Reconciled, reconcile};
pub use renamed::{Prefix, prefixes};
pub use seen::{ContributionId, FileState, IN_DOUBT, Seen};
pub use unverified::{counted_in_doubt, unhashed};

/// What a job, and the flags of a run, say about files that were counted before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Files are only ever appended to.
    pub growing: bool,
    /// What to do with a file that has the same content as another.
    pub duplicates: Duplicates,
    /// What to do with the counts of a file that is gone.
    pub on_gone: OnGone,
    /// How many rejects a file may have.
    pub rejects: RejectLimit,
    /// The fingerprint of what decides whether a file is refused.
    pub refusal: Arc<str>,
    /// Whether a person accepts for this run that many files are gone.
    pub gone_accepted: bool,
    /// The beginnings of the identities of files in Delta tables. The log of a table says which files it has: a file that is not listed
    /// has left the table, and its counts are subtracted.
    pub tables: Vec<String>,
}

impl Rules {
    /// The rules of `job`; `gone_accepted` is a flag of the run.
    pub fn of(job: &Job, gone_accepted: bool) -> Self {
        Rules {
            growing: job.source.growing,
            duplicates: job.source.duplicates,
            on_gone: job.source.on_gone,
            rejects: job.limits.rejects,
            refusal: job.refusal_fingerprint().into(),
            gone_accepted,
            tables: Vec::new(),
        }
    }

    /// Whether a file that is not listed was part of a table that is listed.
    pub(crate) fn has_left_a_table(&self, identity: &str) -> bool {
        let is_of = |table: &String| match table.as_str() {
            "" => !identity.contains("://"),
            table => identity.starts_with(table),
        };
        self.tables.iter().any(is_of)
    }

    /// An error if more than a tenth of the `counted` files would be subtracted.
    fn check_gone(&self, gone: usize, counted: usize) -> Result<(), Error> {
        if self.gone_accepted || self.on_gone == OnGone::Keep || gone * 10 <= counted {
            return Ok(());
        }
        let message = format!(
            "{gone} of {counted} counted files are gone, more than a tenth; their counts would be subtracted"
        );
        Err(Error::new(Kind::Attention, message).with_code(Code::FilesGone).with_help(
            Help::from(
                "see whether the folder is complete and the job names it; if they are meant to go, add ",
            )
            .set(Setting::AcceptGone, "true"),
        ))
    }
}

#[cfg(test)]
mod tests;
