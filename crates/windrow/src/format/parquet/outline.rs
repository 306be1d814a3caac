//! The outline of a table: what another reader has to know to read the same values from the file.

use parquet::basic::{Compression, ConvertedType, Encoding, LogicalType, Type};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::schema::types::ColumnDescriptor;

use super::kind::ColumnKind;
use super::path::Leaf;
use super::table::ParquetTable;

/// A column as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoredColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    pub(crate) stored_as: Type,
    /// Bytes of a value, if all values have the same length.
    pub(crate) bytes: i32,
    /// Digits of a decimal.
    pub(crate) digits: i32,
    /// Bits of an integer by its type, which may be fewer than are stored.
    pub(crate) bits: i8,
}

/// The columns of a table that a job needs, and the number of rows.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) rows: u64,
    /// `None` if the path of the file gives the time, or if there are rules for records.
    pub(crate) time: Option<StoredColumn>,
    /// By key of the job. `None` for a key that is not a column of the file; its path may give the value.
    pub(crate) keys: Vec<Option<StoredColumn>>,
    pub(crate) measured: Vec<StoredColumn>,
    /// The columns that the rules for records need, `None` for one that the file lacks. If there are such rules, the fields above have
    /// no columns.
    pub(crate) record: Vec<Option<StoredColumn>>,
}

impl ParquetTable {
    /// The outline of the table.
    ///
    /// # Errors
    /// A feature that few readers support: nested or encrypted columns, rare codecs and encodings, a time in two columns.
    pub(crate) fn outline(&self) -> Result<Outline, String> {
        let chunks = || self.metadata.row_groups().iter().flat_map(|group| group.columns());
        if self.file.secrets.is_some() || chunks().any(|chunk| chunk.crypto_metadata().is_some()) {
            return Err("it is encrypted".to_owned());
        }
        let rows = (0..self.groups()).map(|group| self.rows(group));
        if rows.clone().any(|rows| self.leaves_out(rows)) {
            return Err("rows of it are deleted by a deletion vector".to_owned());
        }
        let all = self.named.leaves().map(|leaf| self.stored(leaf)).collect::<Result<Vec<_>, _>>()?;
        let rows = rows.map(|rows| rows.end - rows.start).sum();
        if !self.named.record.is_empty() {
            let record = self.named.record.iter().map(|at| at.and_then(|at| all.get(at)).cloned()).collect();
            return Ok(Outline { rows, time: None, keys: Vec::new(), measured: Vec::new(), record });
        }
        if self.named.beside.is_some() {
            return Err("its time stands in two columns".to_owned());
        }
        let mut all = all.into_iter();
        let time = self.named.time.as_ref().and_then(|_| all.next());
        let mut keys: Vec<_> = all.by_ref().take(self.named.keys.len()).map(Some).collect();
        self.named.absent.iter().for_each(|at| keys.insert(*at, None));
        Ok(Outline { rows, time, keys, measured: all.collect(), record: Vec::new() })
    }

    /// How a column is stored.
    fn stored(&self, leaf: &Leaf) -> Result<StoredColumn, String> {
        let column = self.metadata.file_metadata().schema_descr().column(leaf.column);
        if column.path().parts().len() != 1 || column.max_rep_level() > 0 {
            return Err(format!("the column {} is a value within another", leaf.name));
        }
        let mut chunks =
            self.metadata.row_groups().iter().filter_map(|group| group.columns().get(leaf.column));
        if let Some(what) = chunks.find_map(rare) {
            return Err(format!("the column {} has {what}", leaf.name));
        }
        Ok(StoredColumn {
            name: column.name().to_owned(),
            kind: leaf.kind,
            stored_as: column.physical_type(),
            bytes: column.type_length(),
            digits: column.type_precision(),
            bits: bits(&column),
        })
    }
}

/// Bits of the integers of a column, by their type.
fn bits(column: &ColumnDescriptor) -> i8 {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Integer(integer)), _) => integer.bit_width,
        (_, ConvertedType::UINT_8 | ConvertedType::INT_8) => 8,
        (_, ConvertedType::UINT_16 | ConvertedType::INT_16) => 16,
        _ if column.physical_type() == Type::INT32 => 32,
        _ => 64,
    }
}

/// A feature of a column that few readers support, if it has one.
fn rare(chunk: &ColumnChunkMetaData) -> Option<String> {
    let is_usual = matches!(
        chunk.compression(),
        Compression::UNCOMPRESSED
            | Compression::SNAPPY
            | Compression::GZIP(_)
            | Compression::ZSTD(_)
            | Compression::LZ4_RAW
    );
    if !is_usual {
        return Some(format!("the codec {}", chunk.compression()));
    }
    let mut encodings = chunk.encodings();
    encodings
        .find(|encoding| matches!(encoding, Encoding::BYTE_STREAM_SPLIT))
        .map(|encoding| format!("the encoding {encoding}"))
}
