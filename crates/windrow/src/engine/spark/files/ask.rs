//! What Spark is asked about files: which there are, and some of their bytes.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use spark_connect_proto::Relation;

use crate::engine::spark::place::ClusterPlace;
use crate::engine::spark::plan;
use crate::error::{Error, Result};
use crate::storage::{FileVersion, Stamp};
use crate::text::percent::decoded_text;

/// A file as Spark lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundFile {
    /// Its address, as Hadoop writes it.
    pub(super) address: String,
    pub(super) size_bytes: u64,
    /// When it was changed.
    pub(super) us: i64,
}

impl FoundFile {
    /// A file of which Spark says so.
    pub(super) fn of(address: String, length: i64, us: i64) -> Self {
        FoundFile { address, size_bytes: length.max(0).cast_unsigned(), us }
    }

    /// An empty file with this URI, of which Spark says nothing else.
    pub(super) fn empty(uri: &str) -> Option<Self> {
        // An address without a host has three slashes in a URI, and one in a list.
        let address = ClusterPlace::of(&decoded_text(uri)?).address();
        Some(FoundFile { address, size_bytes: 0, us: 0 })
    }

    pub(super) fn version(&self) -> FileVersion {
        FileVersion { size_bytes: self.size_bytes, stamp: Stamp::Mtime { us: self.us } }
    }
}

/// Bytes of a file that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WantedBytes {
    /// The address of the file, as Hadoop writes it.
    pub(super) address: String,
    pub(super) range: Range<u64>,
}

/// A piece of the wanted bytes.
pub(super) struct SentPiece {
    /// The index in the list of what was wanted.
    pub(super) at: usize,
    /// The version of the file that it was read from.
    pub(super) version: FileVersion,
    pub(super) start: u64,
    pub(super) bytes: Bytes,
}

/// Bytes of one row of an answer.
const PIECE_BYTES: u64 = 1 << 20;

/// The query for all files at or below `addresses`, whose names have been escaped.
pub(super) fn listing(addresses: Vec<String>) -> Relation {
    plan::files(addresses, &["path", "length", "unix_micros(modificationTime) AS us"])
}

/// The files in a part of the answer to [`listing`].
pub(super) fn found(batch: &RecordBatch) -> Result<Vec<FoundFile>> {
    let (paths, sizes, times) = (text(batch, 0)?, number(batch, 1)?, number(batch, 2)?);
    let rows = 0..batch.num_rows();
    let file = |row: usize| FoundFile::of(paths.value(row).to_owned(), sizes.value(row), times.value(row));
    Ok(rows.map(file).collect())
}

/// The query for bytes of files, which one task reads whole for each.
///
/// # Errors
/// A bug.
pub(super) fn bytes(addresses: Vec<String>, wanted: &[WantedBytes]) -> Result<Relation> {
    let ats = (0..wanted.len()).map(plan::file_number).collect::<Result<Vec<i32>>>()?;
    let number = |of: fn(&Range<u64>) -> u64| {
        let numbers = wanted.iter().map(|wanted| i64::try_from(of(&wanted.range)).ok());
        Arc::new(numbers.collect::<Int64Array>()) as ArrayRef
    };
    let addresses_of = wanted.iter().map(|wanted| &wanted.address);
    let columns = vec![
        ("path".to_owned(), Arc::new(StringArray::from_iter_values(addresses_of)) as ArrayRef),
        ("at".to_owned(), Arc::new(Int32Array::from(ats)) as ArrayRef),
        ("start".to_owned(), number(|range| range.start)),
        ("end".to_owned(), number(|range| range.end)),
    ];
    let files = plan::files(addresses, &["path", "length", "unix_micros(modificationTime) AS us", "content"]);
    let query = format!(
        "WITH pieces AS (SELECT /*+ BROADCAST(w) */ w.at, f.length, f.us,
    transform(sequence(w.start, w.end - 1, {PIECE_BYTES}L), s -> struct(s AS start,
        substring(f.content, CAST(s + 1 AS INT), CAST(least({PIECE_BYTES}L, w.end - s) AS INT)) AS bytes)) AS all
FROM files AS f JOIN wanted AS w ON f.path = w.path)
SELECT at, length, us, piece.start, piece.bytes FROM (SELECT at, length, us, explode(all) AS piece FROM pieces)"
    );
    Ok(plan::over_tables(query, vec![("files", files), ("wanted", plan::sent(columns)?)]))
}

/// The pieces in a part of the answer to [`bytes()`].
pub(super) fn pieces(batch: &RecordBatch) -> Result<Vec<SentPiece>> {
    let ats = column(batch, 0)?.as_primitive_opt::<Int32Type>().ok_or_else(odd)?;
    let [sizes, times, starts] = [1, 2, 3].map(|at| number(batch, at));
    let (sizes, times, starts) = (sizes?, times?, starts?);
    let contents = column(batch, 4)?.as_binary_opt::<i32>().ok_or_else(odd)?;
    let piece = |row: usize| SentPiece {
        at: usize::try_from(ats.value(row)).unwrap_or(usize::MAX),
        version: FoundFile::of(String::new(), sizes.value(row), times.value(row)).version(),
        start: starts.value(row).max(0) as u64,
        bytes: Bytes::copy_from_slice(contents.value(row)),
    };
    Ok((0..batch.num_rows()).map(piece).collect())
}

fn column(batch: &RecordBatch, at: usize) -> Result<&ArrayRef> {
    batch.columns().get(at).ok_or_else(odd)
}

fn text(batch: &RecordBatch, at: usize) -> Result<&StringArray> {
    column(batch, at)?.as_string_opt::<i32>().ok_or_else(odd)
}

pub(super) fn number(batch: &RecordBatch, at: usize) -> Result<&Int64Array> {
    column(batch, at)?.as_primitive_opt::<Int64Type>().ok_or_else(odd)
}

pub(super) fn odd() -> Error {
    Error::bug("Spark's answer about files has other columns")
}
