//! Which version of the ledger a published table shows.

use crate::delta::{DeltaTable, Store};
use crate::error::{Code, Error, Kind, Result};
use crate::ledger::Ledger;

/// By what name, before the ledger's id, the version of the ledger that is shown is kept in the log.
const LEDGER: &str = "windrow.ledger.";

/// The version of the ledger `id` that `table` shows; none if it has never shown one.
pub(crate) fn ledger_version(table: &DeltaTable, id: &str) -> Option<u64> {
    table.txn(&format!("{LEDGER}{id}")).and_then(|version| u64::try_from(version).ok())
}

/// What a commit to `table` says that shows this version of the ledger `id` from now on.
pub(in crate::publish) fn shows(table: &DeltaTable, (id, version): (&str, u64)) -> Vec<(String, i64)> {
    match ledger_version(table, id) == Some(version) {
        true => Vec::new(),
        false => vec![(format!("{LEDGER}{id}"), version as i64)],
    }
}

/// Whether another run has made the ledger newer than `ledger`, and published it.
///
/// # Errors
/// Attention: the ledger is older than what `table` shows, as after restoring only a part of the output folder; `help` says what to do.
pub(crate) fn is_overtaken(table: &DeltaTable, store: &Store, ledger: &Ledger, help: &str) -> Result<bool> {
    let shown = ledger_version(table, ledger.id());
    if shown <= Some(ledger.version()) {
        return Ok(false);
    }
    let now = Ledger::version_now(store)?;
    if now >= shown {
        return Ok(true);
    }
    let version = |version: Option<u64>| version.unwrap_or_default();
    let message = format!(
        "{}: it shows version {} of the ledger, which is at {}: they are not of one moment",
        table.place(),
        version(shown),
        version(now)
    );
    Err(Error::new(Kind::Attention, message).with_code(Code::LedgerDamaged).with_help(help))
}
