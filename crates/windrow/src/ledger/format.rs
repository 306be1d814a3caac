//! The format version of the ledger.

use crate::delta::DeltaTable;
use crate::error::{Code, Error, Kind, Result};

/// The format version in which the ledger is written. A newer one is not read; the next commit upgrades an older one.
///
/// 4: rejects may be of rows that are not lines. 3: rows of files have the hash of their lines, and contributions room for a state beside the count. 2: a row may name several
/// contributions, and the contributions may be in another folder. 1: neither.
pub const FORMAT: u32 = 4;

/// What to do about a ledger that a newer windrow has written.
pub(super) const NEWER: &str = "use the version of windrow that wrote it, or a later one; to go back to this version, restore the output \
                                folder from a backup of before, or count into another [output] path";

const PROPERTY: &str = "windrow.format";

/// The property of a ledger with its format version.
pub(super) fn property() -> (String, String) {
    (PROPERTY.to_owned(), FORMAT.to_string())
}

fn of(table: &DeltaTable) -> Option<u32> {
    table.properties().get(PROPERTY)?.as_deref()?.parse().ok()
}

/// The property that the next commit sets to upgrade an older ledger.
pub(super) fn upgrade(table: &DeltaTable) -> Option<(String, String)> {
    (of(table) != Some(FORMAT)).then(property)
}

/// An error unless this windrow can read the format.
pub(super) fn check(table: &DeltaTable) -> Result<()> {
    match of(table) {
        Some(1..=FORMAT) => Ok(()),
        Some(newer) if newer > FORMAT => {
            let message = format!(
                "{}: a newer windrow has written it, in format {newer}; this version reads formats up to {FORMAT}",
                table.place()
            );
            Err(Error::new(Kind::Attention, message).with_code(Code::NewerVersion).with_help(NEWER))
        }
        _ => Err(Error::new(Kind::Attention, format!("{}: it is not a ledger", table.place()))
            .with_code(Code::TableDamaged)
            .with_help("name another folder in [output], or restore this one from a backup")),
    }
}
