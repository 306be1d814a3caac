//! How a published table stands to the ledger and the job.

use crate::delta::Store;
use crate::error::Result;
use crate::job::{Job, ReportSpec};
use crate::ledger::Ledger;
use crate::publish::delta::PublishedTable;

/// How the published table of a report stands to the ledger and the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was never published.
    Unpublished,
    /// It shows this version of the ledger, or did before it was changed.
    Shows(u64, TableState),
}

/// What a published table is beside the ledger and the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableState {
    /// The job has changed since: other windows, values or cleaning.
    OtherRules,
    /// Another program has changed the table.
    Changed,
    /// It shows an older version of the ledger.
    Behind,
    /// It shows a newer version than the ledger has: the two are from different moments.
    Ahead,
    /// It shows the current ledger.
    Current,
}

impl Standing {
    /// The version of the ledger that is shown, if any.
    pub fn shown(self) -> Option<u64> {
        match self {
            Standing::Unpublished => None,
            Standing::Shows(shown, _) => Some(shown),
        }
    }

    /// Why the table does not show the current ledger, if it does not.
    pub fn stale(self, ledger_version: u64) -> Option<String> {
        let Standing::Shows(shown, state) = self else { return Some("it was never published".to_owned()) };
        Some(match state {
            TableState::OtherRules => "the job has changed since it was published".to_owned(),
            TableState::Changed => "another program has changed its table".to_owned(),
            TableState::Behind | TableState::Ahead => {
                format!("it shows version {shown} of the ledger, which is at version {ledger_version}")
            }
            TableState::Current => return None,
        })
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
    let state = match ledger.map(Ledger::version) {
        _ if !is_same => TableState::OtherRules,
        _ if published.table().is_changed_by_others() => TableState::Changed,
        Some(version) if shown < version => TableState::Behind,
        Some(version) if shown == version => TableState::Current,
        _ => TableState::Ahead,
    };
    Ok(Standing::Shows(shown, state))
}
