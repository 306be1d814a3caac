//! Parts: what a page of a column outside lists is made of.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::Page;
use parquet::errors::{ParquetError, Result};

use super::bits::{NumberRun, PackedNumbers};

/// A page of values, taken apart.
pub(super) struct PageParts {
    pub(super) rows: usize,
    pub(super) encoding: Encoding,
    /// The values of the rows that have one.
    pub(super) values: Bytes,
    /// Whether each row has a value; empty: all have.
    pub(super) is_there: Vec<bool>,
}

/// Rows of a page, at most; it may say anything.
pub(super) const ROWS_MAX: usize = 1 << 25;

impl PageParts {
    /// The parts of a page with definition levels up to `max_definition`, and no repetition levels.
    pub(super) fn of(page: &Page, max_definition: i16) -> Result<PageParts> {
        let wrong = |what: &str| ParquetError::General(what.to_owned());
        let buffer = page.buffer();
        let rows = page.num_values() as usize;
        if rows > ROWS_MAX {
            return Err(wrong("a page has more rows than are read together"));
        }
        let width = 16 - max_definition.leading_zeros();
        let (levels, values) = match page {
            _ if max_definition == 0 && !matches!(page, Page::DataPageV2 { .. }) => (0..0, 0),
            Page::DataPage { def_level_encoding: Encoding::RLE, .. } => {
                let len = buffer.first_chunk().ok_or_else(|| wrong("a page ends within its levels"))?;
                let end = 4 + u32::from_le_bytes(*len) as usize;
                (4..end, end)
            }
            Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
                let start = *rep_levels_byte_len as usize;
                let end = start + *def_levels_byte_len as usize;
                (start..end, end)
            }
            _ => return Err(wrong("levels are in an encoding that was given up")),
        };
        if values > buffer.len() {
            return Err(wrong("a page ends within its levels"));
        }
        let is_there = match max_definition {
            0 => Vec::new(),
            _ => present(&buffer[levels], width, max_definition, rows)?,
        };
        Ok(PageParts { rows, encoding: page.encoding(), values: buffer.slice(values..), is_there })
    }

    /// How many rows have a value.
    pub(super) fn present(&self) -> usize {
        match self.is_there.is_empty() {
            true => self.rows,
            false => self.is_there.iter().filter(|is_there| **is_there).count(),
        }
    }
}

/// Where the values of a page begin, as far as that is easily told.
pub(super) fn values_at(page: &Page, max_repetition: i16, max_definition: i16) -> Option<usize> {
    match page {
        Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
            Some(*rep_levels_byte_len as usize + *def_levels_byte_len as usize)
        }
        Page::DataPage { buf, def_level_encoding, rep_level_encoding, .. } => {
            let mut at = 0;
            for (most, encoding) in
                [(max_repetition, rep_level_encoding), (max_definition, def_level_encoding)]
            {
                if most > 0 {
                    let len = buf.get(at..)?.first_chunk().filter(|_| *encoding == Encoding::RLE)?;
                    at += 4 + u32::from_le_bytes(*len) as usize;
                }
            }
            Some(at)
        }
        Page::DictionaryPage { .. } => None,
    }
}

/// Which rows have a value; empty where all have.
fn present(levels: &[u8], width: u32, max_definition: i16, rows: usize) -> Result<Vec<bool>> {
    let mut numbers = PackedNumbers::default();
    numbers.read(levels, width, rows)?;
    let most = max_definition as u32;
    match numbers.stretches.as_slice() {
        [] => return Ok(Vec::new()),
        [NumberRun::Run { value, .. }] if *value == most => return Ok(Vec::new()),
        _ => {}
    }
    let (mut is_there, mut packed) = (Vec::with_capacity(rows), numbers.packed.as_slice());
    for stretch in &numbers.stretches {
        match *stretch {
            NumberRun::Run { len, value } => is_there.resize(is_there.len() + len, value == most),
            NumberRun::Packed { len } => {
                let (these, rest) = packed.split_at(len);
                is_there.extend(these.iter().map(|level| *level == most));
                packed = rest;
            }
        }
    }
    Ok(if is_there.iter().all(|is_there| *is_there) { Vec::new() } else { is_there })
}
