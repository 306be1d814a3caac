//! The table in a file: its row groups, and their columns that a job names.

use std::ops::Range;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::reader::{ChunkReader, Length};
use roaring::RoaringTreemap;

use super::bytes::FileBytes;
use super::contained::{contained, damaged};
use super::keys::DecryptionKeys;
use super::path::{ColumnNames, Leaf};
use super::row::RowColumns;
use super::secrets::{self, OfColumn, Secrets, no_key_of};
use crate::error::{Code, Error, Result};
use crate::format::header::{NamedColumns, time_in_both};
use crate::storage::Input;
use crate::text::escape::quoted;

/// The table in a Parquet file.
#[derive(Clone, Debug)]
pub(crate) struct ParquetTable {
    pub(super) file: FileBytes,
    pub(super) metadata: Arc<ParquetMetaData>,
    /// The number of the first row of each row group, from 0.
    first_rows: Vec<u64>,
    pub(super) named: RowColumns,
    /// The numbers of rows that are left out, from 0.
    left_out: Option<Arc<RoaringTreemap>>,
}

/// Bytes at the end of a file: the length of its metadata, and a mark.
const FOOTER_BYTES: usize = 8;

/// Maximum bytes of metadata.
const METADATA_BYTES_MAX: u64 = 256 << 20;

impl ParquetTable {
    /// The table in `input`, and the places of the columns that a job names.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or does not have the wanted columns.
    pub(crate) fn read(
        input: &Arc<Input>,
        wanted: NamedColumns<'_>,
        keys: &DecryptionKeys,
    ) -> Result<ParquetTable> {
        let (file, metadata) = opened(input, keys)?;
        let metadata = Arc::new(metadata);
        let schema = metadata.file_metadata().schema_descr();
        let columns = ColumnNames::new(schema, wanted.mapped)?;
        let named = match wanted.record {
            Some(rules) => RowColumns::of_record(wanted, rules, &mut |name| columns.find(name))?,
            None => named(columns, wanted)?,
        };
        check_keys(&file, &metadata, named.leaves())?;
        check_codecs(&metadata, named.leaves())?;
        let mut first_rows = Vec::with_capacity(metadata.num_row_groups());
        let mut rows: u64 = 0;
        for group in metadata.row_groups() {
            first_rows.push(rows);
            rows = u64::try_from(group.num_rows())
                .ok()
                .filter(|_| group.num_columns() == schema.num_columns())
                .and_then(|more| rows.checked_add(more))
                .filter(|rows| *rows <= i64::MAX as u64)
                .ok_or_else(|| damaged("its metadata", "row groups have impossible sizes"))?;
        }
        Ok(ParquetTable { file, metadata, first_rows, named, left_out: None })
    }

    /// The number of row groups. A file without any counts as one row group without rows.
    pub(crate) fn groups(&self) -> usize {
        self.first_rows.len().max(1)
    }

    pub(super) fn group(&self, group: usize) -> &RowGroupMetaData {
        self.metadata.row_group(group)
    }

    /// The row numbers of a row group, counted from 0 through the file.
    pub(super) fn rows(&self, group: usize) -> Range<u64> {
        match self.first_rows.get(group) {
            Some(first) => *first..*first + self.group(group).num_rows().unsigned_abs(),
            None => 0..0,
        }
    }

    /// Leaves out the rows with these numbers, counted from 0.
    ///
    /// # Errors
    /// Data: the file has fewer rows.
    pub(crate) fn leave_out(&mut self, rows: RoaringTreemap) -> Result<()> {
        let end = self.rows(self.groups() - 1).end;
        match rows.max() {
            Some(last) if last >= end => Err(Error::data(format!(
                "row {} of it was deleted by the log of its table, and it has {end} rows",
                last + 1
            ))
            .with_code(Code::TableDamaged)
            .with_help("the file was replaced by another, or the log is that of another table: restore them from a backup")),
            None => Ok(()),
            Some(_) => {
                self.left_out = Some(Arc::new(rows));
                Ok(())
            }
        }
    }

    /// Whether some of `rows` are left out.
    pub(super) fn leaves_out(&self, rows: Range<u64>) -> bool {
        self.left_out.as_ref().is_some_and(|left_out| left_out.range_cardinality(rows) > 0)
    }

    /// The stretches of `rows` that are not left out.
    pub(super) fn stretches(&self, rows: Range<u64>) -> Vec<Range<u64>> {
        let (mut stretches, mut next) = (Vec::new(), rows.start);
        if let Some(left_out) = &self.left_out {
            let mut left_out = left_out.iter();
            left_out.advance_to(rows.start);
            for row in left_out.take_while(|row| *row < rows.end) {
                stretches.extend((next < row).then_some(next..row));
                next = row + 1;
            }
        }
        stretches.extend((next < rows.end).then_some(next..rows.end));
        stretches
    }
}

/// The columns that a job names.
fn named(columns: ColumnNames<'_>, wanted: NamedColumns<'_>) -> Result<RowColumns> {
    let time = match (columns.find(wanted.time), wanted.reader.in_path()) {
        (found, None) => Some(found?),
        (Err(_), Some(_)) => None,
        (Ok(_), Some(_)) => return Err(time_in_both(wanted.time)),
    };
    let beside = wanted.beside.map(|beside| columns.find(beside)).transpose()?;
    let (mut keys, mut absent) = (Vec::new(), Vec::new());
    for (at, key) in wanted.keys.iter().enumerate() {
        match columns.find(key) {
            Err(error) if error.code() == Code::MissingColumn && wanted.in_path.contains(key) => {
                absent.push(at)
            }
            found => keys.push(found?),
        }
    }
    let measured = wanted.measured.iter().map(|column| columns.find(&column.name));
    let measured = measured.collect::<Result<_>>()?;
    Ok(RowColumns { time, beside, keys, absent, measured, record: Vec::new() })
}

/// Fails if a column is encrypted and its key is not given.
fn check_keys<'l>(
    file: &FileBytes,
    metadata: &ParquetMetaData,
    mut leaves: impl Iterator<Item = &'l Leaf>,
) -> Result<()> {
    leaves.try_for_each(|leaf| {
        let mut chunks = metadata.row_groups().iter().filter_map(|group| group.columns().get(leaf.column));
        chunks.try_for_each(|chunk| match Secrets::of(file.secrets.as_deref(), chunk) {
            OfColumn::Missing(own) => Err(no_key_of(&leaf.name, own.as_deref())),
            OfColumn::Plain | OfColumn::Key(_) => Ok(()),
        })
    })
}

/// Fails if a column is compressed with an unsupported codec.
fn check_codecs<'l>(metadata: &ParquetMetaData, leaves: impl Iterator<Item = &'l Leaf>) -> Result<()> {
    for leaf in leaves {
        let mut chunks = metadata.row_groups().iter().filter_map(|group| group.columns().get(leaf.column));
        if let Some(codec) = chunks.find_map(unread_codec) {
            let name = quoted(&leaf.name);
            return Err(Error::not_built(format!(
                "column {name} is compressed with {codec}, which is not read"
            ))
            .with_help("write it with another codec, such as zstd"));
        }
    }
    Ok(())
}

/// The codec of a column, if it is not supported.
pub(super) fn unread_codec(chunk: &ColumnChunkMetaData) -> Option<&'static str> {
    match chunk.compression() {
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    }
}

/// The bytes of a file, and the metadata at its end.
///
/// # Errors
/// The file cannot be read or decrypted, or is damaged.
pub(super) fn opened(input: &Arc<Input>, keys: &DecryptionKeys) -> Result<(FileBytes, ParquetMetaData)> {
    let what = "its end";
    let mut file = FileBytes::new(input);
    let size = file.len();
    let read = |at: u64, len: usize| contained(what, || file.get_bytes(at, len));
    let before_footer = size
        .checked_sub(FOOTER_BYTES as u64)
        .ok_or_else(|| damaged(what, "it is too short for a Parquet file"))?;
    let footer = read(before_footer, FOOTER_BYTES)?;
    let (length, mark) = footer.split_at(FOOTER_BYTES / 2);
    let is_encrypted = mark == b"PARE";
    match mark {
        b"PAR1" | b"PARE" => {}
        _ => {
            return Err(Error::data("the Parquet file does not end like one: it was not fully written")
                .with_code(Code::IncompleteFile)
                .with_help("fetch or write it again"));
        }
    }
    let length = u64::from(u32::from_le_bytes(length.try_into().unwrap_or_default()));
    let start = before_footer.checked_sub(length).filter(|_| length <= METADATA_BYTES_MAX);
    let start = start.ok_or_else(|| damaged(what, &format!("it has no metadata of {length} bytes")))?;
    let bytes = read(start, length as usize)?;
    let plain = match is_encrypted {
        true => None,
        false => Some(contained("its metadata", || ParquetMetaDataReader::decode_metadata(&bytes))?),
    };
    let has_encrypted = |metadata: &ParquetMetaData| {
        let mut chunks = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
        chunks.any(|chunk| chunk.crypto_metadata().is_some())
    };
    match plain {
        // A file without encrypted parts needs no key. Without keys, the parts that are not encrypted can be read.
        Some(metadata) if keys.is_empty() || !has_encrypted(&metadata) => Ok((file, metadata)),
        _ => {
            let (metadata, secrets) = secrets::metadata(&file, &bytes, is_encrypted, keys)?;
            file.secrets = Some(Arc::new(secrets));
            Ok((file, metadata))
        }
    }
}
