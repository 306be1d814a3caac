//! Writes a data file: rows to Parquet, under a name that is never used again.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::action::{Add, TextMap};
use super::blocks::{self, BlockHashes};
use super::file::DataFile;
use super::log::Log;
use super::stats::Stats;
use super::store::Store;
use crate::clock;
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::storage::Put;
use crate::text::percent::encoded;

/// Rows of a row group: the unit that a reader of a range can skip.
const ROW_GROUP_ROWS: usize = 64 << 10;

/// Maximum bytes of a value in a folder name. File systems allow 255 for the whole name.
const FOLDER_NAME_BYTES_MAX: usize = 160;

/// A data file that is being written. Nothing is stored before [`DataWriter::finish`], and nothing counts before a
/// commit adds it.
#[derive(Debug)]
pub struct DataWriter {
    log: Log,
    /// The table's schema, for the bounds of the file.
    table_schema: SchemaRef,
    partition: TextMap,
    /// The folders of the file. The log has the values too, but some readers take them only from folder names.
    partition_folders: String,
    writer: ArrowWriter<Vec<u8>>,
    schema: SchemaRef,
    stats: Stats,
}

impl DataWriter {
    pub(crate) fn new(
        log: Log,
        table_schema: &SchemaRef,
        partition_columns: &[String],
        partition: TextMap,
    ) -> Result<Self> {
        let is_other = partition.len() != partition_columns.len()
            || partition_columns.iter().any(|name| !partition.contains_key(name));
        if is_other || partition.values().flatten().any(String::is_empty) {
            return Err(Error::bug(format!(
                "{partition:?} are not values of the partition columns {partition_columns:?}"
            )));
        }
        let stored = table_schema.fields().iter().filter(|field| !partition_columns.contains(field.name()));
        let schema: SchemaRef = Arc::new(Schema::new(stored.cloned().collect::<Vec<_>>()));
        let writer = parquet_writer(&schema, None).map_err(refused)?;
        let folder = |name: &String| {
            let value = partition.get(name).and_then(|value| value.as_deref()).map(folder_name);
            format!("{}={}/", folder_name(name), value.as_deref().unwrap_or("__HIVE_DEFAULT_PARTITION__"))
        };
        let partition_folders = partition_columns.iter().map(folder).collect();
        let stats = Stats::default();
        Ok(DataWriter {
            log,
            table_schema: table_schema.clone(),
            partition,
            partition_folders,
            writer,
            schema,
            stats,
        })
    }

    /// The same writer, for rows whose values of `column` (integers or times) are mostly in order: the column is delta-encoded.
    ///
    /// # Errors
    /// Bug.
    pub(crate) fn with_differences(mut self, column: &str) -> Result<Self> {
        self.writer = parquet_writer(&self.schema, Some(column)).map_err(refused)?;
        Ok(self)
    }

    /// Adds rows. Their columns are the table's columns without its partition columns, in the same order.
    ///
    /// # Errors
    /// Bug: other columns.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        let batch = RecordBatch::try_new(self.schema.clone(), rows.columns().to_vec());
        let names =
            |schema: &SchemaRef| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        let batch = match batch {
            Ok(batch) if names(rows.schema_ref()) == names(&self.schema) => batch,
            Ok(_) => return Err(Error::bug(format!("rows of other columns than {:?}", names(&self.schema)))),
            Err(error) => return Err(Error::bug(format!("rows that are not the table's: {error}"))),
        };
        self.writer.write(&batch).map_err(refused)?;
        self.stats.add(&batch);
        Ok(())
    }

    /// Stores the file: it is on the disk when this returns.
    ///
    /// # Errors
    /// Storage, or a full disk: a part that was stored does not count.
    pub fn finish(self) -> Result<DataFile> {
        let (file, bytes) = self.encoded()?;
        bytes.store()?;
        Ok(file)
    }

    /// The file, and its bytes, which are not stored yet.
    ///
    /// # Errors
    /// Bug.
    pub(super) fn encoded(self) -> Result<(DataFile, UnstoredFile)> {
        let bytes: Bytes = self.writer.into_inner().map_err(refused)?.into();
        let place = format!("{}part-{}.zstd.parquet", self.partition_folders, uuid::Uuid::new_v4());
        let add = Add {
            path: encoded(place.as_bytes()),
            partition_values: self.partition,
            size: bytes.len() as u64,
            modification_time: clock::unix_ms(),
            data_change: true,
            stats: Some(self.stats.write()?),
            tags: Some(TextMap::from([(blocks::TAG.to_owned(), Some(BlockHashes::of(&bytes).write()))])),
            deletion_vector: None,
        };
        let file = DataFile::new(add, &self.table_schema).map_err(Error::bug)?;
        Ok((file, UnstoredFile { store: self.log.store.clone(), path: self.log.path(&place), bytes }))
    }
}

/// The bytes of a data file that is not stored yet.
#[derive(Debug)]
pub(super) struct UnstoredFile {
    store: Store,
    path: String,
    pub(super) bytes: Bytes,
}

impl UnstoredFile {
    /// Stores them: they are on the disk when this returns.
    ///
    /// # Errors
    /// Storage, or a full disk.
    pub(super) fn store(self) -> Result<()> {
        match self.store.put_new(&self.path, self.bytes.clone())? {
            Put::Done | Put::NotLasting(_) => Ok(()),
            // No name is made twice. So it was put by this very request, whose answer was lost.
            Put::Taken => self.store.put(&self.path, self.bytes),
        }
    }
}

/// A name or a value as part of a folder name. Characters that may be special to a file system or a reader are escaped, as in
/// `%2F`. A text that is too long for a folder name is cut; the log has all of it.
fn folder_name(text: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let name: String = text
        .bytes()
        .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    if name.len() <= FOLDER_NAME_BYTES_MAX {
        return name;
    }
    let cut = &name[..FOLDER_NAME_BYTES_MAX - 32];
    let whole = cut.rfind('%').filter(|at| at + 3 > cut.len()).unwrap_or(cut.len());
    format!("{}{}", &cut[..whole], Fingerprint::of(text.as_bytes()))
}

/// `batches` as the bytes of a Parquet file.
pub(crate) fn parquet_bytes(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Bytes> {
    let write = || -> Result<Vec<u8>, ParquetError> {
        let mut writer = parquet_writer(schema, None)?;
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        writer.into_inner()
    };
    write().map(Bytes::from).map_err(refused)
}

/// Plain Parquet: other readers get the types from Parquet's own metadata. The column `differences` is delta-encoded.
fn parquet_writer(
    schema: &SchemaRef,
    differences: Option<&str>,
) -> Result<ArrowWriter<Vec<u8>>, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    if let Some(column) = differences {
        let column = ColumnPath::from(vec![column.to_owned()]);
        // A dictionary of values that rarely repeat costs time and saves no space.
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    let properties = properties.build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options)
}

fn refused(error: ParquetError) -> Error {
    Error::bug(format!("rows cannot be written as Parquet: {error}"))
}
