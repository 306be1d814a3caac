//! Folders: where tables are, and what to do if one is damaged.

use super::log::Log;
use super::store::Store;
use crate::error::{Help, Result, Setting};

/// The remedy for a table without a remedy of its own.
const REMEDY: &str = "restore {} from a backup";

/// Where a table is, and what to do if it is damaged.
#[derive(Clone, Debug)]
pub struct Folder {
    path: String,
    remedy: &'static str,
}

impl Folder {
    /// The folder at `path`, from the root of a store. `remedy` says what to do if the table is damaged, as a template for
    /// [`remedy`].
    pub fn new(path: impl Into<String>, remedy: &'static str) -> Self {
        Folder { path: path.into(), remedy }
    }

    /// The folder in `store`, for people.
    pub(crate) fn place(&self, store: &Store) -> String {
        store.place(&self.path)
    }

    /// Whether there is a table in it, damaged or not.
    ///
    /// # Errors
    /// Storage: it cannot be seen.
    pub(crate) fn has_table(self, store: &Store) -> Result<bool> {
        Ok(!self.log(store).files()?.is_empty())
    }

    /// The newest version of its table, read anew and not from what `store` remembers; `None` if there is no table.
    ///
    /// # Errors
    /// As [`DeltaTable::open`](super::DeltaTable::open).
    pub(crate) fn newest_version(self, store: &Store) -> Result<Option<u64>> {
        Ok(self.log(store).load_anew()?.map(|snapshot| snapshot.version))
    }

    pub(crate) fn log(self, store: &Store) -> Log {
        Log { store: store.clone(), table: self.path.trim_end_matches('/').to_owned(), remedy: self.remedy }
    }
}

/// The text of a remedy: `{}` stands for the table's `place`, and `{again}` for reading every file again.
pub(crate) fn remedy(template: &str, place: &str) -> Help {
    let mut parts = template.split("{again}").map(|part| part.replace("{}", place));
    let first = Help::from(parts.next().unwrap_or_default());
    parts.fold(first, |help, part| help.set(Setting::Again, "all").and(part))
}

impl<T: Into<String>> From<T> for Folder {
    fn from(path: T) -> Self {
        Folder::new(path, REMEDY)
    }
}
