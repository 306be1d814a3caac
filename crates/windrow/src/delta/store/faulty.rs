//! A storage that fails on purpose, as networks, disks and dying programs do.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::Store;
use crate::error::{Code, Error, Kind, Result};
use crate::storage::{Put, Storage, StoredFile};

/// A kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InjectedFault {
    /// Nothing happens, and an error comes back.
    Before,
    /// It happens, and an error comes back: the answer was lost.
    After,
    /// It happens, the answer is lost, and the request sent again finds the file taken.
    AfterThenTaken,
    /// Nothing happens, and the answer is that the file is taken, as for a 409 of S3.
    FalselyTaken,
}

/// Passes all operations through until a fault is due; each fault happens once.
#[derive(Debug)]
pub(crate) struct Faulty {
    inner: Arc<dyn Storage>,
    due: Mutex<Vec<(&'static str, InjectedFault)>>,
    /// Operations left until the program dies, and whether the last one still takes effect.
    life: Mutex<Option<(u64, bool)>>,
    /// How many of the newest names lists omit.
    behind: AtomicUsize,
    /// The result of the next list.
    old_list: Mutex<Option<Vec<StoredFile>>>,
}

impl Faulty {
    pub(crate) fn new(inner: Arc<dyn Storage>) -> Arc<Self> {
        Arc::new(Faulty {
            inner,
            due: Mutex::default(),
            life: Mutex::default(),
            behind: AtomicUsize::new(0),
            old_list: Mutex::default(),
        })
    }

    pub(crate) fn store(self: &Arc<Self>) -> Store {
        Store::new(self.clone())
    }

    /// The next operation on a path that contains `part` has this fault.
    pub(crate) fn plan(&self, part: &'static str, fault: InjectedFault) {
        self.due.lock().unwrap().push((part, fault));
    }

    /// From now on, lists omit this many of the newest names.
    pub(crate) fn lists_are_behind(&self, names: usize) {
        self.behind.store(names, Ordering::Relaxed);
    }

    /// The next list returns what is in `folder` now.
    pub(crate) fn next_list_is_as_now(&self, folder: &str) {
        *self.old_list.lock().unwrap() = Some(self.inner.list(folder).unwrap());
    }

    /// After `operations` more the program is dead: the last one fails, with or without its effect, and so do all that
    /// follow.
    pub(crate) fn die_after(&self, operations: u64, with_effect: bool) {
        *self.life.lock().unwrap() = Some((operations, with_effect));
    }

    /// Whether the program has died.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(*self.life.lock().unwrap(), Some((0, _)))
    }

    fn fault(&self, path: &str) -> Option<InjectedFault> {
        if let Some((left, with_effect)) = &mut *self.life.lock().unwrap() {
            match left {
                0 => return Some(InjectedFault::Before),
                1 => {
                    *left = 0;
                    return Some(if *with_effect { InjectedFault::After } else { InjectedFault::Before });
                }
                left => *left -= 1,
            }
        }
        let mut due = self.due.lock().unwrap();
        let at = due.iter().position(|(part, _)| path.contains(part))?;
        Some(due.remove(at).1)
    }

    fn pass<T>(&self, path: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        match self.fault(path) {
            Some(InjectedFault::Before | InjectedFault::FalselyTaken) => Err(broken(path)),
            Some(InjectedFault::After | InjectedFault::AfterThenTaken) => {
                work().and_then(|_| Err(broken(path)))
            }
            None => work(),
        }
    }
}

fn broken(path: &str) -> Error {
    Error::new(Kind::Storage, format!("503 for {path}"))
        .with_code(Code::StorageFailed)
        .with_help("a retry is safe")
}

impl Storage for Faulty {
    fn place(&self) -> String {
        self.inner.place()
    }
    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.pass(path, || self.inner.get(path))
    }
    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        self.pass(path, || self.inner.get_range(path, range))
    }
    fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        self.pass(path, || self.inner.stat(path))
    }
    fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        let put = || self.inner.put_new(path, bytes.clone());
        match self.fault(path) {
            Some(InjectedFault::Before) => Err(broken(path)),
            Some(InjectedFault::After) => put().and_then(|_| Err(broken(path))),
            Some(InjectedFault::AfterThenTaken) => put().map(|_| Put::Taken),
            Some(InjectedFault::FalselyTaken) => Ok(Put::Taken),
            None => put(),
        }
    }
    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        self.pass(path, || self.inner.put(path, bytes))
    }
    fn list(&self, folder: &str) -> Result<Vec<StoredFile>> {
        self.pass(folder, || {
            let old = self.old_list.lock().unwrap().take();
            let mut entries = old.map_or_else(|| self.inner.list(folder), Ok)?;
            entries.truncate(entries.len().saturating_sub(self.behind.load(Ordering::Relaxed)));
            Ok(entries)
        })
    }
    fn delete(&self, path: &str) -> Result<()> {
        self.pass(path, || self.inner.delete(path))
    }
}
