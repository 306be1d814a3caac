//! The contract of storages: what local folders, object stores, and those that fail on purpose in a test do alike.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::ops::Range;

use bytes::Bytes;

use super::pieces::BytePieces;
use super::upload::UploadParts;
use super::version::{FileVersion, Stamp, vanished};
use crate::error::Result;

/// The result of putting a file where nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there, and stays there after a power loss.
    Done,
    /// The store says that something was there already. Behind a network that may be the same file, put by a request
    /// whose answer was lost.
    Taken,
    /// It is there, and the system could not make it last: after a power loss it may be gone.
    NotLasting(io::ErrorKind),
}

/// How the bytes of files are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Bytes of one request.
    pub block_bytes: u64,
    /// The most blocks that are fetched ahead of the one that is read.
    pub ahead_max: u64,
}

/// Which bytes of a file are read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedBytes {
    /// The first and the last ones.
    Ends,
    /// Any of them.
    All,
}

/// One stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its path from the root of the store, with `/` between the parts.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was written, in milliseconds since 1970, by the store's clock.
    pub modified_ms: i64,
    /// The tag of this version of it, in stores that have such tags.
    pub etag: Option<String>,
}

/// One level of a folder: its files and folders, without what is in these folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderLevel {
    /// The files, in any order.
    pub entries: Vec<StoredFile>,
    /// The paths of the folders, sorted.
    pub folders: Vec<String>,
}

impl StoredFile {
    /// The entry of a known file, from the version that was last seen.
    pub(crate) fn known(path: String, version: &FileVersion) -> Self {
        let (modified_ms, etag) = match &version.stamp {
            Stamp::Etag(etag) => (0, Some(etag.clone())),
            Stamp::Mtime { us } => (us.div_euclid(1_000), None),
        };
        StoredFile { path, size_bytes: version.size_bytes, modified_ms, etag }
    }

    /// Which version of the file this is.
    pub fn version(&self) -> FileVersion {
        let stamp = match &self.etag {
            Some(etag) => Stamp::Etag(etag.clone()),
            None => Stamp::Mtime { us: self.modified_ms.saturating_mul(1_000) },
        };
        FileVersion { size_bytes: self.size_bytes, stamp }
    }
}

/// What a store can do. Paths lead from its root and have `/` between their parts.
///
/// An error says nothing about whether the operation took place.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Where the root is, for people.
    fn place(&self) -> String;
    /// The bytes of a file; none if there is no such file.
    fn get(&self, path: &str) -> Result<Option<Bytes>>;
    /// Some bytes of a file that is at least as long; none if there is no such file.
    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>>;
    /// Some bytes of this version of a file.
    ///
    /// # Errors
    /// Storage: it is another version by now, is gone, or cannot be read.
    fn get_range_of(&self, path: &str, version: &FileVersion, range: Range<u64>) -> Result<BytePieces> {
        let bytes = self.get_range(path, range)?;
        let now = self.stat(path)?.map(|entry| entry.version());
        match (bytes, now) {
            (Some(bytes), Some(now)) => version.ensure_unchanged(&now, false).map(|()| bytes.into()),
            _ => Err(vanished()),
        }
    }
    /// Size and time of a file; none if there is no such file.
    fn stat(&self, path: &str) -> Result<Option<StoredFile>>;
    /// Puts a file where nothing is: whole or not at all, for one of all who try. Never overwrites.
    fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put>;
    /// Writes a file, whole or not at all, and replaces one that exists.
    fn put(&self, path: &str, bytes: Bytes) -> Result<()>;
    /// Begins a file that is sent in parts; none: the storage takes files whole.
    fn parts(&self, path: &str) -> Result<Option<Box<dyn UploadParts>>> {
        let _ = path;
        Ok(None)
    }
    /// All files below a folder, in order of their paths; none if there is no such folder.
    fn list(&self, folder: &str) -> Result<Vec<StoredFile>>;
    /// The files below a folder whose path from there begins with `beginning`, in order of their paths. Others may be among them.
    fn list_beginning(&self, folder: &str, beginning: &str) -> Result<Vec<StoredFile>> {
        let _ = beginning;
        self.list(folder)
    }
    /// The files and folders directly in `folder` whose names begin with `beginning`.
    fn level(&self, folder: &str, beginning: &str) -> Result<FolderLevel> {
        let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let mut level = FolderLevel::default();
        for entry in self.list_beginning(folder, beginning)? {
            match entry.path.get(start..).and_then(|below| below.find('/')) {
                Some(end) => level.folders.push(entry.path[..start + end].to_owned()),
                None => level.entries.push(entry),
            }
        }
        level.folders.dedup();
        Ok(level)
    }
    /// The paths of the files of a folder, those in folders of it or not, in no order.
    fn names(&self, folder: &str) -> Result<Vec<String>> {
        Ok(self.list(folder)?.into_iter().map(|entry| entry.path).collect())
    }
    /// The keys below a folder that cannot be paths, as far as the folder was listed. Lists leave them out.
    fn odd_keys(&self, folder: &str) -> Vec<String> {
        let _ = folder;
        Vec::new()
    }
    /// Deletes a file; it may be gone already.
    fn delete(&self, path: &str) -> Result<()>;
    /// How the bytes of its files are fetched.
    fn fetched(&self) -> Fetched {
        Fetched { block_bytes: 4 << 20, ahead_max: 16 }
    }
    /// Says that these files are read next, so that a store whose answers take long can fetch bytes of many files together. Others
    /// take none of them, so that they cost nothing.
    fn expect(&self, files: &mut dyn Iterator<Item = (&str, &FileVersion)>, bytes: ExpectedBytes) {
        let _ = (files, bytes);
    }
    /// How lines of a file of this version are fetched, where the store does so; others fetch bytes.
    fn lines(&self, version: &FileVersion) -> Option<&dyn StoredLines> {
        let _ = version;
        None
    }
    /// Looks at these files again, together: what is seen of each, by path; none of one that is gone. What is not in the answer has to
    /// be asked for by itself.
    ///
    /// # Errors
    /// Storage: it cannot be asked.
    fn look_again(&self, paths: &[&str]) -> Result<HashMap<String, Option<StoredFile>>> {
        let _ = paths;
        Ok(HashMap::new())
    }
}

/// A line of a file that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedLine {
    /// Its number, from 1.
    pub line: u64,
    /// Whether a record may begin there that goes on over further lines.
    pub may_go_on: bool,
}

/// A store that fetches lines of files which are too large to fetch all bytes between them.
pub trait StoredLines {
    /// Says which lines of a file are read next, in ascending order.
    ///
    /// # Errors
    /// Storage: the file has changed or cannot be read.
    fn want(&self, path: &str, version: &FileVersion, lines: Vec<WantedLine>) -> Result<()>;
    /// The last line up to this one of which it is known where it begins, and the byte where it does. This line is fetched if it is wanted.
    ///
    /// # Errors
    /// Storage: the file has changed or cannot be read, or more bytes are to be fetched than is possible.
    fn before(&self, path: &str, version: &FileVersion, line: u64) -> Result<Option<(u64, u64)>>;
    /// The bytes from `byte` on that were fetched: at least `wanted`, or up to the end of the file.
    ///
    /// # Errors
    /// As [`StoredLines::before`].
    fn bytes_from(&self, path: &str, version: &FileVersion, byte: u64, wanted: usize) -> Result<Bytes>;
}
