//! The record of a run: what happened to its files, and the row that is kept of it.

use std::collections::BTreeMap;

use crate::clock;
use crate::delta::Store;
use crate::error::{Error, Result};
use crate::increment::Became;
use crate::ledger::{self, Instant, KeptTable, RunRow};

use crate::run::Outcome;

/// The words for what files became, and how many became it.
pub(crate) fn became(done: &Outcome) -> BTreeMap<&'static str, u64> {
    let mut files = BTreeMap::new();
    for reconciled in &done.reconciled {
        let word = match reconciled.became {
            Became::New => "new",
            Became::Grown => "grown",
            Became::Changed => "changed",
            Became::MovedFrom(_) | Became::GrownFrom(_) => "moved",
            Became::MovedTo(_) => continue,
            Became::Equal => "equal",
            Became::Rejoined => "joined again",
            Became::Same => "same",
            Became::DuplicateOf(_) => "duplicate",
            Became::Refused(_) => "refused",
            Became::Kept => "gone, kept",
            Became::Gone => "gone",
            Became::Unread { .. } => "not read",
        };
        *files.entry(word).or_default() += 1;
    }
    files
}

/// Keeps a row of the run.
pub(super) fn keep(store: &Store, done: &Outcome) -> Result<()> {
    let json = |value: serde_json::Result<String>| {
        value.map_err(|error| Error::bug(format!("a run as JSON: {error}")))
    };
    let stages: BTreeMap<&str, f64> =
        done.stages.seconds().iter().map(|(stage, s)| (*stage, (s * 1e6).round() / 1e6)).collect();
    let row = RunRow {
        run: done.run.clone(),
        started: done.stages.started,
        ended: Instant(clock::unix_us()),
        outcome: done.ending().name().to_owned(),
        ledger_before: done.ledger_before.map(|version| version as i64),
        ledger_version: done.ledger_version.map(|version| version as i64),
        files_listed: done.plan.files.iter().filter(|file| file.listed.is_some()).count() as i64,
        files_read: done.plan.reads().count() as i64,
        files: json(serde_json::to_string(&became(done)))?,
        rows: done.read().read as i64,
        bytes_read: done.bytes_read as i64,
        windows_changed: done.windows_changed() as i64,
        stages: json(serde_json::to_string(&stages))?,
        bottleneck: done.stages.bottleneck().to_owned(),
        engine: done.engine.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    ledger::keep_rows(store, KeptTable::Runs, &done.run, &[row])
}
