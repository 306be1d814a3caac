//! Files that only the cluster sees, as a store: Spark lists them and sends bytes of them (`ask`), which are held until they are
//! read (`held`). Of a large file it reads all lines, in parts (`scan`, `large`), and sends those that windrow reads (`by_lines`).
//!
//! A listing costs one query, and so do the beginnings of many files, or one file. Each query says which version of a file it has
//! read, and no other version is taken for it.

mod ask;
mod by_lines;
mod held;
mod large;
mod scan;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::Spark;
use super::client::Session;
use super::place::ClusterPlace;
use crate::error::{Code, Error, Kind, Result};
use crate::settings::Settings;
use crate::storage::{
    BytePieces, Cluster, ClusterStores, ExpectedBytes, Fetched, FileVersion, Put, Storage, StoredFile,
    StoredLines, changed, vanished,
};
use crate::text::escape::visible;
use crate::text::number::size;
use crate::wait::outside_runtime;
use ask::{FoundFile, WantedBytes};
use by_lines::LargeFiles;
use held::HeldBytes;
pub(super) use large::AFTER_BYTES;

/// Bytes of a file that are read at once: a block of its beginning, or of its end.
const BLOCK_BYTES: u64 = 64 << 10;

/// Files up to this size are sent whole where any of their bytes are wanted.
const SMALL_BYTES: u64 = 4 * BLOCK_BYTES;

/// The largest file of which a task of Spark has all in memory, to send any bytes of it.
const WHOLE_BYTES: u64 = 64 << 20;

/// How far the bytes of the next files are held, at least: if they are, nothing is fetched yet.
const NEXT: usize = 64;

/// The files of a cluster.
#[derive(Clone, Debug)]
pub(super) struct SparkFiles(Arc<ClusterSession>);

struct ClusterSession {
    spark: Spark,
    session: Mutex<Option<Session>>,
}

impl fmt::Debug for ClusterSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterSession").field("spark", &self.spark).finish_non_exhaustive()
    }
}

impl SparkFiles {
    /// Those that the cluster of `spark` sees.
    pub(super) fn of(spark: Spark) -> Cluster {
        Cluster(Arc::new(SparkFiles(Arc::new(ClusterSession { spark, session: Mutex::default() }))))
    }
}

impl ClusterStores for SparkFiles {
    fn open(&self, address: &str) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(ClusterFolder {
            asked: Arc::clone(&self.0),
            place: ClusterPlace::of(address.trim_end_matches('/')),
            listed: Mutex::default(),
            held: Mutex::default(),
            large: LargeFiles::default(),
        }))
    }
}

/// A folder that a cluster sees.
#[derive(Debug)]
struct ClusterFolder {
    asked: Arc<ClusterSession>,
    place: ClusterPlace,
    /// What was listed when a file was looked for and a folder was there.
    listed: Mutex<Option<(String, Vec<StoredFile>)>>,
    held: Mutex<HeldBytes>,
    large: LargeFiles,
}

impl ClusterSession {
    /// Runs `ask` in a session. If the server has given up an older session, `ask` runs again in a new one.
    fn ask<T: Send>(&self, ask: impl Fn(&mut Session) -> Result<T> + Sync) -> Result<T> {
        outside_runtime(|| {
            let mut held = locked(&self.session);
            if let Some(session) = &mut *held {
                match ask(session) {
                    Err(error) if error.code() == Code::SparkLost => *held = None,
                    answer => return answer,
                }
            }
            let session = self.spark.session("windrow lists files", &Settings::default())?;
            ask(held.insert(session))
        })
    }

    /// The files at or below `addresses`; none if there is nothing.
    fn list(&self, addresses: &[String]) -> Result<Vec<FoundFile>> {
        let listed = self.ask(|session| {
            let mut found = Vec::new();
            session.query(ask::listing(addresses.to_vec()), &mut |_| {}, &mut |batch| {
                found.extend(ask::found(&batch)?);
                Ok(())
            })?;
            // A query has no row for an empty file.
            let all = session.files_of(ask::listing(addresses.to_vec()))?;
            let known: HashSet<&str> = found.iter().map(|found| found.address.as_str()).collect();
            let empty = all
                .iter()
                .filter_map(|uri| FoundFile::empty(uri))
                .filter(|file| !known.contains(&*file.address));
            let empty: Vec<FoundFile> = empty.collect();
            found.extend(empty);
            Ok(found)
        });
        match listed {
            Err(error) if is_missing(&error) => Ok(Vec::new()),
            listed => listed,
        }
    }
}

impl ClusterFolder {
    /// The entry of a file that Spark has found.
    fn entry(&self, found: &FoundFile) -> Result<StoredFile> {
        let Some(path) = self.place.below(&found.address) else {
            return Err(Error::usage(format!("Spark lists {} as {}", self.place, visible(&found.address)))
                .with_code(Code::Address)
                .with_help("write the address as Spark names it"));
        };
        Ok(StoredFile {
            path: path.to_owned(),
            size_bytes: found.size_bytes,
            modified_ms: found.us.div_euclid(1_000),
            etag: None,
        })
    }

    fn list_all(&self, addresses: &[String]) -> Result<Vec<StoredFile>> {
        let found = self.asked.list(addresses)?;
        let mut entries = found.iter().map(|found| self.entry(found)).collect::<Result<Vec<_>>>()?;
        entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        entries.dedup();
        Ok(entries)
    }

    /// The logs of Delta tables at `folder` and in the folders below it that have `entries`. Spark lists no folder whose name begins with
    /// an underscore, unless it is named.
    fn logs(&self, folder: &str, entries: &[StoredFile]) -> Result<Vec<StoredFile>> {
        let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let depth =
            |entry: &StoredFile| entry.path.get(start..).map_or(0, |below| below.matches('/').count());
        let tables = entries.iter().filter(|entry| entry.path.to_ascii_lowercase().ends_with(".parquet"));
        let Some(deepest) = tables.map(depth).max() else { return Ok(Vec::new()) };
        let mut logs = Vec::new();
        for depth in 0..=deepest {
            let pattern = format!("{}{}/_delta_log", self.place.escaped(folder), "/*".repeat(depth));
            logs.extend(self.list_all(&[pattern])?);
        }
        Ok(logs)
    }

    /// Fetches `wanted` bytes of files, and holds them. If Spark cannot read one of several files, each is fetched by itself, and the
    /// others are there.
    fn fetch(&self, wanted: &[(&str, &FileVersion, Range<u64>)]) -> Result<()> {
        let mut paths: Vec<&str> = wanted.iter().map(|(path, ..)| *path).collect();
        paths.dedup();
        match self.fetch_together(&paths, wanted) {
            Err(error) if paths.len() > 1 && is_of_files(&error) => {
                for path in paths {
                    let of_file: Vec<_> = wanted.iter().filter(|(of, ..)| *of == path).cloned().collect();
                    // What is wrong with it is said when it is read.
                    let _ = self.fetch_together(&[path], &of_file);
                }
                Ok(())
            }
            fetched => fetched,
        }
    }

    fn fetch_together(&self, paths: &[&str], wanted: &[(&str, &FileVersion, Range<u64>)]) -> Result<()> {
        let addresses: Vec<String> = paths.iter().map(|path| self.place.escaped(path)).collect();
        let asked: Vec<WantedBytes> = wanted
            .iter()
            .map(|(path, _, range)| WantedBytes { address: self.place.plain(path), range: range.clone() })
            .collect();
        self.asked.ask(|session| {
            let query = ask::bytes(addresses.clone(), &asked)?;
            session.query(query, &mut |_| {}, &mut |batch| {
                let mut held = locked(&self.held);
                for piece in ask::pieces(&batch)? {
                    let Some((path, ..)) = wanted.get(piece.at) else {
                        return Err(Error::bug("Spark sends bytes of another file"));
                    };
                    held.add(path, &piece.version, piece.start, piece.bytes);
                }
                Ok(())
            })
        })
    }

    fn held(&self, path: &str, version: &FileVersion, range: Range<u64>) -> Option<Bytes> {
        locked(&self.held).get(path, version, range)
    }

    /// Some bytes of this version of a file, which are fetched if they are not held.
    fn bytes_of(&self, path: &str, version: &FileVersion, range: Range<u64>) -> Result<Bytes> {
        if let Some(bytes) = self.held(path, version, range.clone()) {
            return Ok(bytes);
        }
        let size_bytes = version.size_bytes;
        if size_bytes > WHOLE_BYTES {
            return self.end_bytes(path, version, range);
        }
        let is_end = ends(size_bytes).iter().any(|end| end.start <= range.start && range.end <= end.end);
        let wanted = if is_end { ends(size_bytes) } else { all(size_bytes) };
        let wanted: Vec<_> = wanted.into_iter().map(|range| (path, version, range)).collect();
        self.fetch(&wanted)?;
        self.held(path, version, range).ok_or_else(|| self.missing(path, version))
    }

    /// The error for bytes that did not come: the file is another one by now, or is gone.
    fn missing(&self, path: &str, version: &FileVersion) -> Error {
        match self.stat(path) {
            Ok(Some(entry)) if entry.version() == *version => changed("Spark has read another version of it"),
            Ok(Some(_)) => changed("its size or time of change differs"),
            Ok(None) => vanished(),
            Err(error) => error,
        }
    }
}

impl Storage for ClusterFolder {
    fn place(&self) -> String {
        self.place.to_string()
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        let Some(entry) = self.stat(path)? else { return Ok(None) };
        if entry.size_bytes == 0 {
            return Ok(Some(Bytes::new()));
        }
        self.bytes_of(path, &entry.version(), 0..entry.size_bytes).map(Some)
    }

    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let Some(entry) = self.stat(path)? else { return Ok(None) };
        self.bytes_of(path, &entry.version(), range).map(Some)
    }

    fn get_range_of(&self, path: &str, version: &FileVersion, range: Range<u64>) -> Result<BytePieces> {
        self.bytes_of(path, version, range).map(BytePieces::from)
    }

    fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        let entries = self.list_all(&[self.place.escaped(path)])?;
        if let Some(entry) = entries.iter().find(|entry| entry.path == path) {
            return Ok(Some(entry.clone()));
        }
        *locked(&self.listed) = Some((path.to_owned(), entries));
        Ok(None)
    }

    fn put_new(&self, _: &str, _: Bytes) -> Result<Put> {
        Err(not_written())
    }

    fn put(&self, _: &str, _: Bytes) -> Result<()> {
        Err(not_written())
    }

    fn list(&self, folder: &str) -> Result<Vec<StoredFile>> {
        let listed = locked(&self.listed).take().filter(|(of, _)| of == folder);
        let mut entries = match listed {
            Some((_, entries)) => entries,
            None => self.list_all(&[self.place.escaped(folder)])?,
        };
        entries.extend(self.logs(folder, &entries)?);
        entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        entries.dedup();
        Ok(entries)
    }

    fn delete(&self, _: &str) -> Result<()> {
        Err(not_written())
    }

    fn fetched(&self) -> Fetched {
        Fetched { block_bytes: BLOCK_BYTES, ahead_max: 0 }
    }

    fn expect(&self, files: &mut dyn Iterator<Item = (&str, &FileVersion)>, bytes: ExpectedBytes) {
        let ranges = |version: &FileVersion| match bytes {
            _ if version.size_bytes > WHOLE_BYTES => Vec::new(),
            ExpectedBytes::Ends => ends(version.size_bytes),
            ExpectedBytes::All => all(version.size_bytes),
        };
        let is_there = |(path, version): &(&str, &FileVersion)| {
            let is_held = |range| self.held(path, version, range).is_some();
            version.size_bytes == 0 || ranges(version).into_iter().all(is_held)
        };
        let next = if bytes == ExpectedBytes::Ends { NEXT } else { 1 };
        let next: Vec<_> = (&mut *files).take(next).collect();
        // Files are fetched in their order, so those between these two are there too.
        if [next.first(), next.last()].into_iter().flatten().all(is_there) {
            return;
        }
        let (mut wanted, mut left) = (Vec::new(), WHOLE_BYTES);
        for (path, version) in next.into_iter().chain(files).filter(|file| !is_there(file)) {
            let ranges = ranges(version);
            let bytes: u64 = ranges.iter().map(|range| range.end - range.start).sum();
            let Some(after) = left.checked_sub(bytes) else { break };
            left = after;
            wanted.extend(ranges.into_iter().map(|range| (path, version, range)));
        }
        if !wanted.is_empty() {
            // What is wrong is said when the bytes are read.
            let _ = self.fetch(&wanted);
        }
    }

    fn lines(&self, version: &FileVersion) -> Option<&dyn StoredLines> {
        (version.size_bytes > WHOLE_BYTES).then_some(self)
    }

    fn look_again(&self, paths: &[&str]) -> Result<HashMap<String, Option<StoredFile>>> {
        let addresses: Vec<String> = paths.iter().map(|path| self.place.escaped(path)).collect();
        let mut entries: HashMap<String, StoredFile> =
            self.list_all(&addresses)?.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
        if entries.is_empty() && paths.len() > 1 {
            // Where one file is gone, Spark lists none of them. Each is looked at when it is asked for.
            return Ok(HashMap::new());
        }
        Ok(paths.iter().map(|path| ((*path).to_owned(), entries.remove(*path))).collect())
    }
}

/// The parts of a file that are read to know what is in it, and to recognise it; all of a small one.
fn ends(size_bytes: u64) -> Vec<Range<u64>> {
    if size_bytes <= SMALL_BYTES {
        return all(size_bytes);
    }
    // A hash of the last bytes may begin in the block before the last one.
    let last = (size_bytes - BLOCK_BYTES) / BLOCK_BYTES * BLOCK_BYTES;
    vec![0..2 * BLOCK_BYTES, last..size_bytes]
}

/// All of a file, as the one range that is wanted.
fn all(size_bytes: u64) -> Vec<Range<u64>> {
    std::iter::once(0..size_bytes).collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether Spark says that a path does not exist.
fn is_missing(error: &Error) -> bool {
    error.code() == Code::SparkFailed && error.to_string().contains("PATH_NOT_FOUND")
}

/// Whether a query failed because of one of its files.
fn is_of_files(error: &Error) -> bool {
    let of_files = ["PATH_NOT_FOUND", "FILE_NOT_EXIST", "FAILED_READ_FILE"];
    error.code() == Code::SparkFailed
        && of_files.iter().any(|condition| error.to_string().contains(condition))
}

fn too_large(size_bytes: u64) -> Error {
    Error::new(
        Kind::Storage,
        format!(
            "windrow has to read all of it, which only the cluster sees, and it has {}, more than {}",
            size(size_bytes),
            size(WHOLE_BYTES)
        ),
    )
    .with_code(Code::SparkFile)
    .with_help("give windrow access to it, and name where Spark finds it in [engine.spark.paths]; or write it in smaller files")
}

fn not_written() -> Error {
    Error::usage("nothing is written through Spark")
        .with_code(Code::Address)
        .with_help("name a folder of this machine, or one in s3://, gs:// or az://")
}
