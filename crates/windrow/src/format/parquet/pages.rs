//! Pages: those of one column in one row group, with what they say of themselves checked before it is believed.

use std::sync::Arc;

use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::bytes::FileBytes;
use super::delta;
use super::parts::{ROWS_MAX, values_at};

/// The pages of a column.
pub(super) struct ColumnPages {
    pages: SerializedPageReader<FileBytes>,
    /// The greatest repetition and definition levels.
    levels: [i16; 2],
    /// The bytes that a value takes in a dictionary, at least.
    value_bytes: usize,
}

impl ColumnPages {
    pub(super) fn new(file: &FileBytes, group: &RowGroupMetaData, column: usize) -> Result<Self> {
        let chunk: &ColumnChunkMetaData = group.column(column);
        if chunk.data_page_offset() < 0 || chunk.compressed_size() < 0 {
            return Err(ParquetError::General("it has a negative place".to_owned()));
        }
        let rows = usize::try_from(group.num_rows())?;
        let file = file.of_column(group, column).map_err(|error| ParquetError::External(Box::new(error)))?;
        let pages = SerializedPageReader::new(Arc::new(file), chunk, rows, None)?;
        let value_bytes = match chunk.column_type() {
            Type::BOOLEAN => usize::MAX,
            Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::FIXED_LEN_BYTE_ARRAY => {
                usize::try_from(chunk.column_descr().type_length()).unwrap_or(1).max(1)
            }
        };
        let descriptor = chunk.column_descr();
        let levels = [descriptor.max_rep_level(), descriptor.max_def_level()];
        Ok(ColumnPages { pages, levels, value_bytes })
    }

    /// A dictionary is made at once: it cannot have more values than its bytes are enough for. So are lists of lengths.
    fn check(&self, page: &Page) -> Result<()> {
        let (values, bytes) = (page.num_values() as usize, page.buffer().len());
        if page.is_dictionary_page() && values > bytes / self.value_bytes {
            return Err(ParquetError::General(format!("a dictionary of {values} values has {bytes} bytes")));
        }
        match self.has_right_counts(page) {
            true => Ok(()),
            false => Err(ParquetError::General("a page has more values than it says".to_owned())),
        }
    }

    /// Whether differences and lengths, which are unpacked at once, are as many as the page has values.
    fn has_right_counts(&self, page: &Page) -> bool {
        let [repetition, definition] = self.levels;
        let is_other = !matches!(
            page.encoding(),
            Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY
        );
        let (Some(at), false) = (values_at(page, repetition, definition), is_other) else { return true };
        let most = (page.num_values() as usize).min(ROWS_MAX);
        let is_right = |bytes: &[u8]| delta::count(bytes).is_some_and(|count| count <= most);
        let Some(bytes) = page.buffer().get(at..).filter(|bytes| is_right(bytes)) else { return false };
        if page.encoding() != Encoding::DELTA_BYTE_ARRAY {
            return true;
        }
        // The lengths follow on those of what a text has in common with the one before.
        let common = delta::read(bytes, delta::count(bytes).unwrap_or_default(), &mut Vec::new());
        common.is_ok_and(is_right)
    }
}

impl Iterator for ColumnPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for ColumnPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.iter().try_for_each(|page| self.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}
