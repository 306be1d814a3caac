//! A scan: one query reads all lines of a large file, and sends a few of them. It takes no more memory than its parts of the file do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use spark_connect_proto::Relation;

use super::WHOLE_BYTES;
use super::ask::{FoundFile, number, odd};
use super::large::{CHUNK_BITS, FilePart, LargeFile};
use crate::engine::spark::plan;
use crate::error::{Error, Result};
use crate::storage::{FileVersion, changed};

/// Bytes of the parts in which a large file is read.
const PART_BYTES: u64 = 16 << 20;

/// Bytes of the last part, which is sent whole where the ends of a file are wanted.
const LAST_BYTES: u64 = 1 << 20;

/// The most bytes of a line, of which a task has all in memory.
pub(super) const LINE_BYTES_MAX: u64 = WHOLE_BYTES;

/// How a file of this size is cut: the bytes of each part but the last one, and how many of these there are.
pub(super) fn cut(size_bytes: u64) -> (u64, u64) {
    let parts = size_bytes.div_ceil(PART_BYTES).max(1);
    (size_bytes.saturating_sub(LAST_BYTES).div_euclid(parts).max(1), parts)
}

/// The settings with which Spark cuts a file of this size so, one part for each task.
pub(super) fn settings(size_bytes: u64) -> BTreeMap<String, String> {
    let (part_bytes, _) = cut(size_bytes);
    let settings = [
        ("spark.sql.files.maxPartitionBytes", part_bytes),
        ("spark.sql.files.openCostInBytes", part_bytes),
        ("spark.sql.files.maxPartitionNum", i32::MAX as u64),
        // Hadoop drops longer lines, which then are missing in the sum of bytes.
        ("mapreduce.input.linerecordreader.line.maxlength", LINE_BYTES_MAX),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_string())).into()
}

/// The lines that are sent, by chunks of so many lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WantedChunks {
    /// The parts in which they are.
    pub(super) parts: BTreeSet<i64>,
    /// Their numbers: the `id` of their lines in Spark without the last bits.
    pub(super) chunks: BTreeSet<i64>,
}

/// The query that scans the file at `address`.
///
/// # Errors
/// A bug.
pub(super) fn query(address: String, wanted: &WantedChunks) -> Result<Relation> {
    let columns = [
        "_metadata.file_size AS length",
        "unix_micros(_metadata.file_modification_time) AS us",
        "_metadata.file_block_start AS part",
        "monotonically_increasing_id() AS id",
        "value AS v",
    ];
    let numbers = |name: &str, numbers: &BTreeSet<i64>| {
        let numbers = Arc::new(numbers.iter().copied().collect::<Int64Array>()) as ArrayRef;
        plan::sent(vec![(name.to_owned(), numbers)])
    };
    let query = format!(
        "SELECT length, us, part, chunk, id, v, count(*) AS n, sum(bytes) AS bytes, min(first) AS first FROM (
SELECT /*+ BROADCAST(p), BROADCAST(c) */ l.length, l.us, l.part, l.id AS first, octet_length(l.v) + 1L AS bytes,
    CASE WHEN p.part IS NOT NULL THEN shiftright(l.id, {CHUNK_BITS}) END AS chunk, CASE WHEN c.chunk IS NOT NULL THEN l.id END AS id,
    CASE WHEN c.chunk IS NOT NULL THEN CAST(l.v AS BINARY) END AS v
FROM all_lines AS l LEFT JOIN parts AS p ON l.part = p.part LEFT JOIN chunks AS c ON shiftright(l.id, {CHUNK_BITS}) = c.chunk)
GROUP BY length, us, part, chunk, id, v"
    );
    Ok(plan::over_tables(
        query,
        vec![
            ("all_lines", plan::lines(vec![address], &columns)),
            ("parts", numbers("part", &wanted.parts)?),
            ("chunks", numbers("chunk", &wanted.chunks)?),
        ],
    ))
}

/// What a scan of one file has brought.
#[derive(Debug, Default)]
pub(super) struct ScanAnswer {
    version: Option<FileVersion>,
    parts: BTreeMap<i64, FilePart>,
    /// Lines and bytes of each chunk, by part and number.
    chunks: BTreeMap<(i64, i64), (u64, u64)>,
    /// The lines that were sent, by part and `id`, without their line ends.
    lines: BTreeMap<(i64, i64), Vec<u8>>,
}

/// Lines one after the other, with their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SentRun {
    /// The number of the first one, from 1, and the byte where it begins.
    pub(super) line: u64,
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
}

impl ScanAnswer {
    /// Takes in some rows.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let column = |at| number(batch, at);
        let (sizes, times, parts, chunks) = (column(0)?, column(1)?, column(2)?, column(3)?);
        let (ids, counts, bytes, firsts) = (column(4)?, column(6)?, column(7)?, column(8)?);
        let lines = batch.columns().get(5).and_then(|lines| lines.as_binary_opt::<i32>()).ok_or_else(odd)?;
        for row in 0..batch.num_rows() {
            let found = FoundFile::of(String::new(), sizes.value(row), times.value(row)).version();
            if self.version.get_or_insert_with(|| found.clone()) != &found {
                return Err(changed("its size or time of change differs"));
            }
            let (start, n, len) = (parts.value(row), whole(counts.value(row))?, whole(bytes.value(row))?);
            let first_id = firsts.value(row);
            let none = FilePart { start, first_id, lines: 0, bytes: 0 };
            let part = self.parts.entry(start).or_insert(none);
            part.first_id = part.first_id.min(first_id);
            part.lines += n;
            part.bytes += len;
            if chunks.is_valid(row) {
                let chunk = self.chunks.entry((start, chunks.value(row))).or_default();
                (chunk.0, chunk.1) = (chunk.0 + n, chunk.1 + len);
            }
            if ids.is_valid(row) && lines.is_valid(row) {
                self.lines.insert((start, ids.value(row)), lines.value(row).to_vec());
            }
        }
        Ok(())
    }

    /// How the file of this version is cut, and the lines that were sent.
    ///
    /// # Errors
    /// Storage: it is another version, or its lines do not add up to its size.
    pub(super) fn finish(self, version: &FileVersion) -> Result<(LargeFile, Vec<SentRun>)> {
        if self.version.as_ref() != Some(version) {
            return Err(changed("Spark has read another version of it"));
        }
        let file = LargeFile::of(version, self.parts.values().copied().collect())?;
        let mut runs: Vec<SentRun> = Vec::new();
        let places = file.places().map(|(part, line, byte)| (part.start, (line, byte)));
        let mut places: HashMap<i64, (u64, u64)> = places.collect();
        for ((part, chunk), (lines, bytes)) in &self.chunks {
            let place = places.get_mut(part).ok_or_else(odd)?;
            let (line, byte) = *place;
            *place = (line + lines, byte + bytes);
            let ids = (*part, chunk << CHUNK_BITS)..(*part, (chunk + 1) << CHUNK_BITS);
            let mut sent = Vec::new();
            for text in self.lines.range(ids).map(|(_, text)| text) {
                sent.extend_from_slice(text);
                sent.push(b'\n');
            }
            if sent.is_empty() {
                continue;
            }
            if sent.len() as u64 != *bytes {
                return Err(Error::bug("Spark sends other lines than it counts"));
            }
            match runs.last_mut() {
                Some(run) if run.start + run.bytes.len() as u64 == byte => run.bytes.extend_from_slice(&sent),
                _ => runs.push(SentRun { line, start: byte, bytes: sent }),
            }
        }
        runs.iter_mut().for_each(|run| file.complete(run));
        Ok((file, runs))
    }
}

fn whole(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| odd())
}

#[cfg(test)]
mod tests;
