//! The store: all reads and writes of the tables go through it to a [`Storage`], and are counted.

#[cfg(test)]
pub(crate) mod faulty;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::known::KnownVersions;
use crate::error::{Code, Error, Kind, Result};
use crate::storage::{LocalFolder, Put, Storage, StoredFile};

/// The number of operations on a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Reads: whole files, ranges, sizes.
    pub reads: u64,
    /// Files put.
    pub puts: u64,
    /// Lists of folders.
    pub lists: u64,
    /// Files deleted.
    pub deletes: u64,
}

#[derive(Debug, Default)]
struct Counters {
    reads: AtomicU64,
    puts: AtomicU64,
    lists: AtomicU64,
    deletes: AtomicU64,
}

/// Access to a storage. Clones share the storage and the counters.
#[derive(Clone, Debug)]
pub struct Store {
    storage: Arc<dyn Storage>,
    counters: Arc<Counters>,
    known: Arc<KnownVersions>,
    not_lasting: Arc<Mutex<Option<Error>>>,
}

impl Store {
    /// A store in a local folder, which is made when the first file is put.
    pub fn local(root: &Path) -> Self {
        Store::new(Arc::new(LocalFolder::new(root)))
    }

    /// Access to `storage`.
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Store { storage, counters: Arc::default(), known: Arc::default(), not_lasting: Arc::default() }
    }

    /// The operations on this store and its clones.
    pub fn operations(&self) -> Operations {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Operations {
            reads: count(&self.counters.reads),
            puts: count(&self.counters.puts),
            lists: count(&self.counters.lists),
            deletes: count(&self.counters.deletes),
        }
    }

    /// The known versions of its tables.
    pub(crate) fn known(&self) -> &KnownVersions {
        &self.known
    }

    /// An error if something was put that may be gone after a power loss.
    ///
    /// # Errors
    /// Storage: the first such file.
    pub fn check_lasting(&self) -> Result<()> {
        let first = self.not_lasting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        first.map_or(Ok(()), Err)
    }

    fn not_lasting(&self, path: &str, why: io::ErrorKind) -> Error {
        let message = format!("{} is written, and the disk cannot make it last: {why}", self.place(path));
        let error = Error::new(Kind::Storage, message)
            .with_code(Code::StorageFailed)
            .with_help("see to the disk and run again: after a power loss what this run wrote may be gone");
        self.not_lasting.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error).clone()
    }

    /// A path for people.
    pub fn place(&self, path: &str) -> String {
        format!("{}/{path}", self.storage.place())
    }

    /// See [`Storage::get`].
    pub fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        self.storage.get(path)
    }

    /// See [`Storage::get_range`].
    pub fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        self.storage.get_range(path, range)
    }

    /// See [`Storage::stat`].
    pub fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        self.storage.stat(path)
    }

    /// See [`Storage::put_new`].
    pub fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        self.counters.puts.fetch_add(1, Ordering::Relaxed);
        match self.storage.put_new(path, bytes)? {
            Put::NotLasting(why) => Err(self.not_lasting(path, why)),
            put => Ok(put),
        }
    }

    /// See [`Storage::put`].
    pub fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        self.counters.puts.fetch_add(1, Ordering::Relaxed);
        self.storage.put(path, bytes)
    }

    /// See [`Storage::list`].
    pub fn list(&self, folder: &str) -> Result<Vec<StoredFile>> {
        self.counters.lists.fetch_add(1, Ordering::Relaxed);
        self.storage.list(folder)
    }

    /// See [`Storage::names`].
    pub fn names(&self, folder: &str) -> Result<Vec<String>> {
        self.counters.lists.fetch_add(1, Ordering::Relaxed);
        self.storage.names(folder)
    }

    /// See [`Storage::delete`].
    pub fn delete(&self, path: &str) -> Result<()> {
        self.counters.deletes.fetch_add(1, Ordering::Relaxed);
        self.storage.delete(path)
    }
}
