//! Gaps: what is not on record, though the ledger or a report shows that it happened. No number depends on it.

use std::collections::BTreeSet;

use crate::delta::Store;
use crate::error::Result;
use crate::job::{Job, ReportSpec};
use crate::ledger::{Ledger, told_up_to};
use crate::publish::delta::PublishedTable;
use crate::text::number::grouped;

use super::runs;

/// Says which versions of `ledger` were made by runs that are not on record, if some were.
///
/// # Errors
/// Storage and damage: the table cannot be read.
pub fn runs_lost(store: &Store, ledger: &Ledger) -> Result<Option<String>> {
    let runs = runs::all(store)?;
    let known: BTreeSet<u64> =
        runs.iter().filter_map(|run| u64::try_from(run.ledger_version?).ok()).collect();
    let mut lost = (1..=ledger.version()).filter(|version| !known.contains(version));
    let Some(first) = lost.next() else { return Ok(None) };
    let (more, versions) = (lost.count() as u64, grouped(first));
    let of = match more {
        0 => format!("the run that made version {versions} of the ledger is not on record: it was killed"),
        more => format!(
            "the runs that made version {versions} and {} more of the ledger are not on record: they were killed",
            grouped(more)
        ),
    };
    Ok(Some(format!("{of}, or the table runs was lost; no number rests on it")))
}

/// Says which of `reports` have changes that are not on record yet, if any.
///
/// # Errors
/// Attention: a table is damaged.
pub fn changes_untold(job: &Job, store: &Store, reports: &[&ReportSpec]) -> Result<Option<String>> {
    let mut untold = Vec::new();
    for spec in reports {
        let Some(published) = PublishedTable::open(store, spec, &job.source.keys)? else { continue };
        let table = published.table();
        if table.version() > PublishedTable::FIRST && told_up_to(store, table.id())? < Some(table.version()) {
            untold.push(spec.name.as_str());
        }
    }
    let names = untold.join(", ");
    Ok((!untold.is_empty()).then(|| {
        format!(
            "changes of {names} are not on record: a run was killed, or the table changes was lost; run the job: it records what the versions of the report still show"
        )
    }))
}
