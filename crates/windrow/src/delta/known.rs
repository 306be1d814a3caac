//! The known versions of the tables in a store: those of each table that were read or made last. A table that is opened again
//! is followed from there, and its log is listed only once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::snapshot::Snapshot;

/// The most versions to keep of one table.
const VERSIONS_MAX: usize = 4;

/// The last versions of tables, by their folders.
#[derive(Debug, Default)]
pub(crate) struct KnownVersions(Mutex<HashMap<String, Versions>>);

/// The last versions of one table.
#[derive(Debug)]
struct Versions {
    /// The version that was known first.
    first: u64,
    /// The newest is the last.
    last: Vec<Arc<Snapshot>>,
}

impl KnownVersions {
    /// The newest version of the table in the folder `table`, unless it was read too long ago to go on from.
    pub(crate) fn newest(&self, table: &str) -> Option<Arc<Snapshot>> {
        self.find(table, |snapshot| !snapshot.is_stale())
    }

    /// The table as it was at `version`.
    pub(crate) fn at(&self, table: &str, version: u64) -> Option<Arc<Snapshot>> {
        self.find(table, |snapshot| snapshot.version == version)
    }

    /// Forgets all tables.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets the table: what is known of it may not belong to its history.
    pub(crate) fn forget(&self, table: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(table);
    }

    /// The version of the table that was known first.
    pub(crate) fn first(&self, table: &str) -> Option<u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(table).map(|versions| versions.first)
    }

    fn find(&self, table: &str, wanted: impl Fn(&Snapshot) -> bool) -> Option<Arc<Snapshot>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(table)?.last.iter().rev().find(|snapshot| wanted(snapshot)).cloned()
    }

    /// Keeps a version of the table in the folder `table`.
    pub(crate) fn keep(&self, table: &str, snapshot: &Arc<Snapshot>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Versions { first: snapshot.version, last: Vec::new() };
        let versions = &mut known.entry(table.to_owned()).or_insert_with(new).last;
        let is_other = |known: &Snapshot| {
            known.version != snapshot.version && known.meta_data.id == snapshot.meta_data.id
        };
        versions.retain(|known| is_other(known));
        versions.push(snapshot.clone());
        versions.sort_by_key(|known| known.version);
        if versions.len() > VERSIONS_MAX {
            versions.remove(0);
        }
    }
}
