//! Large files, of which lines are fetched: a scan of the file brings what stands at its ends, and another one the lines that windrow reads.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Mutex;

use bytes::Bytes;
use windrow_scan::csv::RECORD_BYTES_MAX;

use super::large::{self, HEAD_CHUNKS, LargeFile};
use super::scan::{self, ScanAnswer, SentRun, WantedChunks};
use super::{BLOCK_BYTES, ClusterFolder, WHOLE_BYTES, locked, too_large};
use crate::engine::spark::place;
use crate::error::{Code, Error, Kind, Result};
use crate::storage::{FileVersion, StoredLines, WantedLine};
use crate::text::number::size;

/// The most bytes of lines that one scan fetches.
const LINES_BYTES_MAX: u64 = WHOLE_BYTES;

/// How many scans fetch lines of a file, at most.
const SCANS_MAX: usize = 4;

/// Bytes that are fetched after each line that may go on, once one of them does.
const RECORD_BYTES: u64 = RECORD_BYTES_MAX as u64 + 2 * BLOCK_BYTES;

/// The most bytes that are held of the beginning of a file.
const HEAD_BYTES: usize = 4 * BLOCK_BYTES as usize;

/// What is known of large files.
#[derive(Debug, Default)]
pub(super) struct LargeFiles {
    known: Mutex<HashMap<String, KnownFile>>,
    /// Locked while a file is scanned, so that no two threads scan one file.
    scanning: Mutex<()>,
}

#[derive(Debug)]
struct KnownFile {
    file: LargeFile,
    /// Where lines begin that were fetched.
    begins: BTreeMap<u64, u64>,
    /// The lines that are wanted, and how many of them were fetched.
    wanted: Vec<WantedLine>,
    fetched: usize,
    /// How often lines were fetched.
    scans: usize,
}

impl ClusterFolder {
    /// Bytes of a large file: those at its ends.
    pub(super) fn end_bytes(&self, path: &str, version: &FileVersion, range: Range<u64>) -> Result<Bytes> {
        let is_end = super::ends(version.size_bytes)
            .iter()
            .any(|end| end.start <= range.start && range.end <= end.end);
        // The text source unpacks files by their names.
        if !is_end || place::is_unpacked(path) {
            return Err(too_large(version.size_bytes));
        }
        let _scanning = locked(&self.large.scanning);
        for head_chunks in HEAD_CHUNKS {
            if let Some(bytes) = self.held(path, version, range.clone()) {
                return Ok(bytes);
            }
            self.scan_ends(path, version, head_chunks)?;
        }
        self.held(path, version, range).ok_or_else(|| self.missing(path, version))
    }

    /// Scans a file for what stands at its ends.
    fn scan_ends(&self, path: &str, version: &FileVersion, head_chunks: u64) -> Result<()> {
        self.scan(path, version, &large::ends(version.size_bytes, head_chunks), HEAD_BYTES)
    }

    /// Scans a file for these chunks, and holds them; of those at its beginning so many bytes.
    fn scan(
        &self,
        path: &str,
        version: &FileVersion,
        wanted: &WantedChunks,
        head_bytes: usize,
    ) -> Result<()> {
        let scanned = self.asked.ask(|session| {
            let mut answer = ScanAnswer::default();
            let query = scan::query(self.place.escaped(path), wanted)?;
            session
                .query_with(&scan::settings(version.size_bytes), query, &mut |batch| answer.take(&batch))?;
            Ok(answer)
        })?;
        let (file, runs) = scanned.finish(version)?;
        let mut known = locked(&self.large.known);
        if known.get(path).is_none_or(|known| known.file != file) {
            known.insert(path.to_owned(), KnownFile::of(file));
        }
        let Some(known) = known.get_mut(path) else { return Ok(()) };
        let mut held = locked(&self.held);
        for SentRun { line, start, bytes } in runs {
            known.begins.insert(line, if line == 1 { known.file.mark() } else { start });
            let bytes = match start {
                0 if bytes.len() > head_bytes => Bytes::copy_from_slice(&bytes[..head_bytes]),
                _ => bytes.into(),
            };
            held.add(path, version, start, bytes);
        }
        Ok(())
    }

    /// What is known of a file. It is scanned if nothing is.
    fn known<T>(&self, path: &str, version: &FileVersion, get: impl Fn(&mut KnownFile) -> T) -> Result<T> {
        let look = || {
            let mut known = locked(&self.large.known);
            known.get_mut(path).filter(|known| known.file.version == *version).map(&get)
        };
        if let Some(found) = look() {
            return Ok(found);
        }
        self.scan_ends(path, version, HEAD_CHUNKS[0])?;
        look().ok_or_else(|| self.missing(path, version))
    }

    /// Fetches wanted lines, from number `from` of them on as many as one scan does. `record_bytes` are fetched after each that may go on.
    fn fetch_some(&self, path: &str, version: &FileVersion, from: usize, record_bytes: u64) -> Result<()> {
        let (chunks, scans) = self.known(path, version, |known| {
            let wanted = &known.wanted[from.min(known.wanted.len())..];
            let (chunks, lines) = known.file.chunks(wanted, record_bytes, LINES_BYTES_MAX);
            known.fetched = known.fetched.max(from + lines);
            known.scans += 1;
            (chunks, known.scans)
        })?;
        if scans > SCANS_MAX || chunks.chunks.is_empty() {
            return Err(too_many_lines(version));
        }
        self.scan(path, version, &chunks, usize::MAX)
    }
}

impl KnownFile {
    fn of(file: LargeFile) -> Self {
        KnownFile { file, begins: BTreeMap::new(), wanted: Vec::new(), fetched: 0, scans: 0 }
    }
}

impl StoredLines for ClusterFolder {
    fn want(&self, path: &str, version: &FileVersion, lines: Vec<WantedLine>) -> Result<()> {
        let _scanning = locked(&self.large.scanning);
        // One file is read after the other.
        locked(&self.large.known).values_mut().for_each(|known| known.wanted = Vec::new());
        self.known(path, version, |known| {
            (known.wanted, known.fetched, known.scans) = (lines.clone(), 0, 0);
        })
    }

    fn before(&self, path: &str, version: &FileVersion, line: u64) -> Result<Option<(u64, u64)>> {
        let _scanning = locked(&self.large.scanning);
        loop {
            let next = self.known(path, version, |known| {
                known.wanted.get(known.fetched).filter(|wanted| wanted.line <= line).map(|_| known.fetched)
            })?;
            match next {
                Some(from) => self.fetch_some(path, version, from, 0)?,
                None => break,
            }
        }
        self.known(path, version, |known| {
            known.begins.range(..=line).next_back().map(|(line, byte)| (*line, *byte))
        })
    }

    fn bytes_from(&self, path: &str, version: &FileVersion, byte: u64, wanted: usize) -> Result<Bytes> {
        let _scanning = locked(&self.large.scanning);
        let is_enough = |bytes: &Bytes| {
            bytes.len() >= wanted || byte + bytes.len() as u64 == version.size_bytes && !bytes.is_empty()
        };
        let mut record_bytes = RECORD_BYTES.max(2 * wanted as u64);
        loop {
            if let Some(bytes) = locked(&self.held).from(path, version, byte).filter(is_enough) {
                return Ok(bytes);
            }
            let from = self.known(path, version, |known| {
                let before = known.begins.iter().rfind(|(_, begins)| **begins <= byte);
                let line = before.map_or(1, |(line, _)| *line);
                known.wanted.partition_point(|wanted| wanted.line < line)
            })?;
            self.fetch_some(path, version, from, record_bytes)?;
            record_bytes *= 4;
        }
    }
}

fn too_many_lines(version: &FileVersion) -> Error {
    let (has, most) = (size(version.size_bytes), size(LINES_BYTES_MAX * SCANS_MAX as u64));
    Error::new(
        Kind::Storage,
        format!("windrow has to read too many lines of it, which only the cluster sees: it has {has}, and at most {most} of it travel"),
    )
    .with_code(Code::SparkFile)
    .with_help("give windrow access to it, and name where Spark finds it in [engine.spark.paths]; or write it in smaller files")
}
