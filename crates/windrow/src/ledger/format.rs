//! The format: the number of the form in which the ledger is kept.

use crate::delta::Table;
use crate::error::{Error, Kind, Result};

/// The number of the form in which the ledger is kept. A newer one is not read; an older one is upgraded by the next commit.
///
/// 2: a row may name several contributions, and the contributions may be in another folder. 1: neither.
pub const FORMAT: u32 = 2;

const PROPERTY: &str = "windrow.format";

/// The property of a ledger that says it.
pub(super) fn property() -> (String, String) {
    (PROPERTY.to_owned(), FORMAT.to_string())
}

fn of(table: &Table) -> Option<u32> {
    table.properties().get(PROPERTY)?.as_deref()?.parse().ok()
}

/// What the next commit to an older ledger says.
pub(super) fn upgrade(table: &Table) -> Option<(String, String)> {
    (of(table) != Some(FORMAT)).then(property)
}

/// An error unless this windrow reads it.
pub(super) fn check(table: &Table) -> Result<()> {
    match of(table) {
        Some(1..=FORMAT) => Ok(()),
        Some(newer) if newer > FORMAT => {
            let message = format!("{}: of format {newer}; this windrow reads {FORMAT}", table.place());
            Err(Error::new(Kind::Person, message).help("use the windrow that wrote it, or a newer one"))
        }
        _ => Err(Error::new(Kind::Person, format!("{}: it is not a ledger", table.place()))
            .help("name another folder in [output], or restore this one from a backup")),
    }
}
