//! How a published table stands to the ledger and the job.

use crate::delta::Store;
use crate::error::Result;
use crate::job::{Job, ReportSpec};
use crate::ledger::Ledger;
use crate::publish::delta::PublishedTable;

/// How the published table of a report stands to the ledger and the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It was never published.
    Unpublished,
    /// The job has changed since: other windows, values or cleaning.
    OtherRules {
        /// The version of the ledger that it shows.
        shown: u64,
    },
    /// Another program has changed its table.
    Changed {
        /// The version of the ledger that it showed before.
        shown: u64,
    },
    /// It shows an older version of the ledger.
    Behind {
        /// The version of the ledger that it shows.
        shown: u64,
    },
    /// It shows a newer version than the ledger has: the two are from different moments.
    Ahead {
        /// The version of the ledger that it shows.
        shown: u64,
    },
    /// It shows the current ledger.
    Current {
        /// The version of the ledger that it shows.
        shown: u64,
    },
}

impl Standing {
    /// The version of the ledger that is shown, if any.
    pub fn shown(self) -> Option<u64> {
        match self {
            Standing::Unpublished => None,
            Standing::OtherRules { shown }
            | Standing::Changed { shown }
            | Standing::Behind { shown }
            | Standing::Ahead { shown }
            | Standing::Current { shown } => Some(shown),
        }
    }

    /// Why the table does not show the current ledger, if it does not.
    pub fn stale(self, ledger_version: u64) -> Option<String> {
        match self {
            Standing::Unpublished => Some("it was never published".to_owned()),
            Standing::OtherRules { .. } => Some("the job has changed since it was published".to_owned()),
            Standing::Changed { .. } => Some("another program has changed its table".to_owned()),
            Standing::Behind { shown } | Standing::Ahead { shown } => {
                Some(format!("it shows version {shown} of the ledger, which is at version {ledger_version}"))
            }
            Standing::Current { .. } => None,
        }
    }
}

/// How the published table of `spec` stands to `ledger` and `job`.
pub fn standing(job: &Job, spec: &ReportSpec, store: &Store, ledger: Option<&Ledger>) -> Result<Standing> {
    let published = PublishedTable::open(store, spec, &job.source.keys)?;
    // A table that shows another ledger, such as one that was moved away, shows nothing of this one.
    let shown = |table: PublishedTable| Some((table.ledger_version(ledger?.id())?, table));
    let Some((shown, published)) = published.and_then(shown) else {
        return Ok(Standing::Unpublished);
    };
    let is_same =
        published.fingerprint() == job.report_fingerprint(&spec.name).as_deref() && published.has_same_keys();
    Ok(match ledger.map(Ledger::version) {
        _ if !is_same => Standing::OtherRules { shown },
        _ if published.table().is_changed_by_others() => Standing::Changed { shown },
        Some(version) if shown < version => Standing::Behind { shown },
        Some(version) if shown == version => Standing::Current { shown },
        _ => Standing::Ahead { shown },
    })
}
