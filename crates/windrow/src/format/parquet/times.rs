//! Times: those of a row group that are stored as integers, page by page; a page whose statistics show one pane is not read.

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::bits::{NumberRun, PackedNumbers};
use super::bytes::FileBytes;
use super::delta;
use super::pages::ColumnPages;
use super::parts::PageParts;

/// The times of some rows, as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageTimes {
    /// All of them lie between these.
    Between(i64, i64),
    /// They are those that were read.
    Read,
}

/// The times of a row group.
pub(super) struct ParquetTimes {
    pages: Option<ColumnPages>,
    max_definition: i16,
    index: Option<ColumnIndexMetaData>,
    next_page: usize,
    dictionary: Vec<i64>,
    numbers: PackedNumbers,
    /// The least and the greatest time of the row group, if they are known and no time is null.
    span: Option<(i64, i64)>,
    rows_of_group: usize,
    /// Those of the page that was read last.
    pub(super) values: Vec<i64>,
    /// Whether each is there; empty: all are.
    pub(super) is_there: Vec<bool>,
}

impl ParquetTimes {
    /// The times in `column`; `is_one_pane` says whether all times between two lie in one pane and count.
    pub(super) fn open(
        file: &FileBytes,
        metadata: &ParquetMetaData,
        group: usize,
        column: usize,
        is_one_pane: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<ParquetTimes> {
        let of_group = metadata.row_group(group);
        let chunk = of_group.column(column);
        let span = match chunk.statistics() {
            Some(Statistics::Int64(statistics)) if statistics.null_count_opt() == Some(0) => {
                statistics.min_opt().copied().zip(statistics.max_opt().copied())
            }
            _ => None,
        };
        let span = span.filter(|(first, last)| first <= last && is_one_pane(*first, *last));
        let (pages, index) = match span {
            Some(_) => (None, None),
            None => {
                (Some(ColumnPages::new(file, of_group, column)?), index_of(file, metadata, group, column)?)
            }
        };
        Ok(ParquetTimes {
            pages,
            max_definition: chunk.column_descr().max_def_level(),
            index,
            next_page: 0,
            dictionary: Vec::new(),
            numbers: PackedNumbers::default(),
            span,
            rows_of_group: usize::try_from(of_group.num_rows())?,
            values: Vec::new(),
            is_there: Vec::new(),
        })
    }

    /// The times of the next rows, and how many rows there are; `None` at the end of the row group.
    pub(super) fn next(
        &mut self,
        is_one_pane: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Option<(usize, PageTimes)>> {
        loop {
            let Some(pages) = &mut self.pages else {
                let rows = std::mem::take(&mut self.rows_of_group);
                let span = self.span.filter(|_| rows > 0);
                return Ok(span.map(|(first, last)| (rows, PageTimes::Between(first, last))));
            };
            let Some(next) = pages.peek_next_page()? else { return Ok(None) };
            if !next.is_dict {
                let span = self.index.as_ref().and_then(|index| span_of(index, self.next_page));
                self.next_page += 1;
                let rows = next.num_rows.or(next.num_levels);
                if let (Some((first, last)), Some(rows)) = (span, rows)
                    && first <= last
                    && rows > 0
                    && is_one_pane(first, last)
                {
                    pages.skip_next_page()?;
                    return Ok(Some((rows, PageTimes::Between(first, last))));
                }
            }
            match pages.get_next_page()? {
                Some(page @ Page::DictionaryPage { .. }) => {
                    self.dictionary = integers(page.buffer(), page.num_values() as usize)?.collect();
                }
                Some(page) => {
                    let parts = PageParts::of(&page, self.max_definition)?;
                    let rows = parts.rows;
                    self.read(parts)?;
                    if rows > 0 {
                        return Ok(Some((rows, PageTimes::Read)));
                    }
                }
                None => return Ok(None),
            }
        }
    }

    /// Reads the times of a page.
    fn read(&mut self, parts: PageParts) -> Result<()> {
        let present = parts.present();
        let wrong = |what: &str| ParquetError::General(what.to_owned());
        self.values.clear();
        self.values.reserve(parts.rows);
        match parts.encoding {
            Encoding::PLAIN => self.values.extend(integers(&parts.values, present)?),
            Encoding::DELTA_BINARY_PACKED => {
                delta::read(&parts.values, present, &mut self.values)?;
            }
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                if present > 0 {
                    let (width, ids) = parts.values.split_first().ok_or_else(|| wrong("a page is empty"))?;
                    self.numbers.read(ids, u32::from(*width), present)?;
                }
                let mut packed = self.numbers.packed.as_slice();
                let find = |id: u32| self.dictionary.get(id as usize).copied();
                let not_there = || wrong("a page has values that its dictionary has not");
                for stretch in self.numbers.stretches.iter().filter(|_| present > 0) {
                    match *stretch {
                        NumberRun::Run { len, value } => {
                            let value = find(value).ok_or_else(not_there)?;
                            self.values.resize(self.values.len() + len, value);
                        }
                        NumberRun::Packed { len } => {
                            let (these, rest) = packed.split_at(len);
                            for id in these {
                                self.values.push(find(*id).ok_or_else(not_there)?);
                            }
                            packed = rest;
                        }
                    }
                }
            }
            _ => return Err(wrong("times are in an encoding that they cannot have")),
        }
        if !parts.is_there.is_empty() {
            self.spread(&parts.is_there);
        }
        self.is_there = parts.is_there;
        Ok(())
    }

    /// Moves the values to the rows that have one.
    fn spread(&mut self, is_there: &[bool]) {
        let mut from = self.values.len();
        self.values.resize(is_there.len(), 0);
        for (to, is_there) in is_there.iter().enumerate().rev() {
            if *is_there {
                from -= 1;
                self.values[to] = self.values[from];
            }
        }
    }
}

/// The index of the pages of one column in one row group: that of all others is not read.
fn index_of(
    file: &FileBytes,
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
) -> Result<Option<ColumnIndexMetaData>> {
    let of_group = metadata.row_group(group);
    let chunk = of_group.column(column);
    // The crate decrypts an index where it has read the metadata itself, and not in this small part of it.
    if chunk.column_index_offset().is_none() || chunk.crypto_metadata().is_some() {
        return Ok(None);
    }
    let mut chunks = Vec::with_capacity(of_group.num_columns());
    for (at, chunk) in of_group.columns().iter().enumerate() {
        chunks.push(match at == column {
            true => chunk.clone(),
            false => {
                let chunk = chunk.clone().into_builder();
                chunk.set_column_index_offset(None).set_column_index_length(None).build()?
            }
        });
    }
    let of_group = of_group.clone().into_builder().set_column_metadata(chunks).build()?;
    let metadata = ParquetMetaData::new(metadata.file_metadata().clone(), vec![of_group]);
    let mut reader = ParquetMetaDataReader::new_with_metadata(metadata)
        .with_column_index_policy(PageIndexPolicy::Optional)
        .with_offset_index_policy(PageIndexPolicy::Skip);
    reader.read_page_indexes(file)?;
    let indexes = reader.finish()?.column_index().cloned();
    Ok(indexes.and_then(|mut groups| groups.pop()?.into_iter().nth(column)))
}

/// Integers of 64 bits, one after the other.
fn integers(bytes: &[u8], count: usize) -> Result<impl Iterator<Item = i64>> {
    let (integers, _) = bytes.as_chunks::<8>();
    let integers = integers.get(..count);
    let integers =
        integers.ok_or_else(|| ParquetError::EOF("a page has fewer values than it says".to_owned()))?;
    Ok(integers.iter().map(|bytes| i64::from_le_bytes(*bytes)))
}

/// The least and the greatest time of a page by the index, where no time is null.
fn span_of(index: &ColumnIndexMetaData, page: usize) -> Option<(i64, i64)> {
    let ColumnIndexMetaData::INT64(of_pages) = index else { return None };
    let is_known = (page as u64) < of_pages.num_pages()
        && !of_pages.is_null_page(page)
        && index.null_count(page) == Some(0);
    let (first, last) = is_known.then(|| (of_pages.min_value(page), of_pages.max_value(page)))?;
    Some((*first?, *last?))
}
