//! Pages: those of one column in one row group, with what they say of themselves checked before it is believed.

use std::sync::Arc;

use parquet::basic::Type;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::bytes::FileBytes;

/// The pages of a column.
pub(super) struct Pages {
    pages: SerializedPageReader<FileBytes>,
    /// The bytes that a value takes in a dictionary, at least.
    value_bytes: usize,
}

impl Pages {
    pub(super) fn new(file: &FileBytes, group: &RowGroupMetaData, column: usize) -> Result<Self> {
        let chunk: &ColumnChunkMetaData = group.column(column);
        if chunk.data_page_offset() < 0 || chunk.compressed_size() < 0 {
            return Err(ParquetError::General("it has a negative place".to_owned()));
        }
        let rows = usize::try_from(group.num_rows())?;
        let pages = SerializedPageReader::new(Arc::new(file.clone()), chunk, rows, None)?;
        let value_bytes = match chunk.column_type() {
            Type::BOOLEAN => usize::MAX,
            Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::FIXED_LEN_BYTE_ARRAY => {
                usize::try_from(chunk.column_descr().type_length()).unwrap_or(1).max(1)
            }
        };
        Ok(Pages { pages, value_bytes })
    }

    /// A dictionary is made at once: it cannot have more values than its bytes are enough for.
    fn check(&self, page: &Page) -> Result<()> {
        let (values, bytes) = (page.num_values() as usize, page.buffer().len());
        match page.is_dictionary_page() && values > bytes / self.value_bytes {
            true => Err(ParquetError::General(format!("a dictionary of {values} values has {bytes} bytes"))),
            false => Ok(()),
        }
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
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
