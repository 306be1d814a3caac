use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use windrow::delta::Store;
use windrow::storage::{Put, Storage, StoredFile};
use windrow::{Error, Kind, Result, unix_us};

/// What happens to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationFate {
    Pass,
    /// Nothing happens, and an error comes back.
    Before,
    /// It happens, and an error comes back.
    After,
    /// It happens, but for a put the answer is that a file was there already.
    AfterThenTaken,
    /// Nothing happens, but for a put the answer is that a file was there already.
    FalselyTaken,
    /// A list leaves out its newest names.
    Stale,
}

/// Decides the fate of operations by what they do and on which path.
pub(crate) type Hook = Box<dyn FnMut(&'static str, &str) -> OperationFate + Send>;

/// By path: the content of a file, and when it was put, in milliseconds since 1970.
type Files = BTreeMap<String, (Bytes, i64)>;

/// Files in memory. Clones share them, each with fates of its own.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Files>>);

impl Memory {
    /// Another memory with the same files.
    pub(crate) fn copy(&self) -> Memory {
        Memory(Arc::new(Mutex::new(self.0.lock().unwrap().clone())))
    }

    pub(crate) fn calm(&self) -> Store {
        self.wild(Box::new(|_, _| OperationFate::Pass))
    }

    pub(crate) fn wild(&self, hook: Hook) -> Store {
        Store::new(Arc::new(Wild { files: self.clone(), hook: Mutex::new(hook) }))
    }

    /// What is stored below `folder`.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        self.0.lock().unwrap().keys().filter(|path| path.starts_with(folder)).cloned().collect()
    }

    /// Adds what `other` has below `folder`.
    pub(crate) fn add(&self, other: &Memory, folder: &str) {
        let other = other.0.lock().unwrap();
        let files = other.iter().filter(|(path, _)| path.starts_with(folder));
        self.0.lock().unwrap().extend(files.map(|(path, bytes)| (path.clone(), bytes.clone())));
    }

    /// Makes the bytes of `path` others.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut files = self.0.lock().unwrap();
        let (bytes, _) = files.get_mut(path).unwrap();
        let mut changed = bytes.to_vec();
        change(&mut changed);
        *bytes = changed.into();
    }

    /// Makes all files older.
    pub(crate) fn age(&self, ms: i64) {
        self.0.lock().unwrap().values_mut().for_each(|(_, put_ms)| *put_ms -= ms);
    }

    pub(crate) fn remove(&self, folder: &str) {
        self.0.lock().unwrap().retain(|path, _| !path.starts_with(folder));
    }
}

struct Wild {
    files: Memory,
    hook: Mutex<Hook>,
}

impl std::fmt::Debug for Wild {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wild")
    }
}

fn broken(path: &str) -> Error {
    Error::new(Kind::Storage, format!("503 for {path}")).with_help("a retry is safe")
}

impl Wild {
    fn fate(&self, what: &'static str, path: &str) -> OperationFate {
        (self.hook.lock().unwrap())(what, path)
    }

    fn pass<T>(&self, what: &'static str, path: &str, work: impl FnOnce(&mut Files) -> T) -> Result<T> {
        let fate = self.fate(what, path);
        if matches!(fate, OperationFate::Before | OperationFate::FalselyTaken) {
            return Err(broken(path));
        }
        let done = work(&mut self.files.0.lock().unwrap());
        if matches!(fate, OperationFate::After | OperationFate::AfterThenTaken) {
            Err(broken(path))
        } else {
            Ok(done)
        }
    }
}

fn entry(path: &str, (bytes, put_ms): &(Bytes, i64)) -> StoredFile {
    StoredFile { path: path.to_owned(), size_bytes: bytes.len() as u64, modified_ms: *put_ms, etag: None }
}

impl Storage for Wild {
    fn place(&self) -> String {
        "memory".to_owned()
    }
    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.pass("get", path, |files| files.get(path).map(|(bytes, _)| bytes.clone()))
    }
    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let range = range.start as usize..range.end as usize;
        self.pass("get", path, |files| files.get(path).map(|(bytes, _)| bytes.slice(range)))
    }
    fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        self.pass("get", path, |files| files.get(path).map(|file| entry(path, file)))
    }
    fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        let put = |files: &mut Files| match files.contains_key(path) {
            true => Put::Taken,
            false => {
                files.insert(path.to_owned(), (bytes, unix_us() / 1_000)).map_or(Put::Done, |_| Put::Taken)
            }
        };
        let fate = self.fate("put", path);
        let done = match fate {
            OperationFate::Before => return Err(broken(path)),
            OperationFate::FalselyTaken => return Ok(Put::Taken),
            _ => put(&mut self.files.0.lock().unwrap()),
        };
        match fate {
            OperationFate::After => Err(broken(path)),
            OperationFate::AfterThenTaken => Ok(Put::Taken),
            _ => Ok(done),
        }
    }
    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        self.pass("put", path, |files| drop(files.insert(path.to_owned(), (bytes, unix_us() / 1_000))))
    }
    fn list(&self, folder: &str) -> Result<Vec<StoredFile>> {
        let fate = self.fate("list", folder);
        if matches!(fate, OperationFate::Before | OperationFate::After) {
            return Err(broken(folder));
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let files = self.files.0.lock().unwrap();
        let mut entries: Vec<StoredFile> =
            files.iter().filter(|(path, _)| path.starts_with(&prefix)).map(|(p, b)| entry(p, b)).collect();
        if fate == OperationFate::Stale {
            entries.truncate(entries.len().saturating_sub(2));
        }
        Ok(entries)
    }
    fn delete(&self, path: &str) -> Result<()> {
        self.pass("delete", path, |files| drop(files.remove(path)))
    }
}
