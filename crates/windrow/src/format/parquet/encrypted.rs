//! Encrypted pages: those of one column, as the crate would read them if they were not encrypted.
//!
//! Each page is two parts, its header and its data, with [`AROUND_BYTES`] around each. Here the header has these bytes within it,
//! in a field that readers pass over, and says the size of the data without them: so all pages stay where they are, and one
//! page is decrypted at a time. (The crate decrypts pages by itself for Arrow alone.)

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::ChunkReader;

use super::bytes::{FileBytes, I32, field, push_varint};
use super::contained::damaged;
use super::secrets::{AROUND_BYTES, LENGTH_BYTES, OfColumn, SecretKey, Secrets, no_key_of, undecryptable};
use crate::error::Result;

/// The encrypted pages of a column.
#[derive(Debug)]
pub(super) struct EncryptedPages {
    key: SecretKey,
    /// What its parts are bound to: the file, and behind the kind of a part the row group and the column.
    file: Vec<u8>,
    column: [u8; 4],
    name: String,
    has_dictionary: bool,
    /// Where the last header is that was read, and the number of its page; none: that of the dictionary.
    last: Mutex<Option<(u64, Option<i16>)>>,
}

/// Kinds of parts.
const DATA_PAGE: u8 = 2;
const DICTIONARY_PAGE: u8 = 3;
const DATA_PAGE_HEADER: u8 = 4;
const DICTIONARY_PAGE_HEADER: u8 = 5;

/// Bytes of a header, at most: it has statistics, of texts that may be long.
const HEADER_BYTES_MAX: usize = 16 << 20;

impl EncryptedPages {
    /// Those of a column in a row group; none: they are not encrypted.
    ///
    /// # Errors
    /// The key is not given.
    pub(super) fn of(
        secrets: Option<&Secrets>,
        group: &RowGroupMetaData,
        column: usize,
    ) -> Result<Option<Self>> {
        let chunk = group.column(column);
        let name = || chunk.column_path().string();
        let (key, secrets) = match (Secrets::of(secrets, chunk), secrets) {
            (OfColumn::Plain, _) => return Ok(None),
            (OfColumn::Key(key), Some(secrets)) => (key.clone(), secrets),
            (OfColumn::Missing(own), _) => return Err(no_key_of(&name(), own.as_deref())),
            (OfColumn::Key(_), None) => return Err(no_key_of(&name(), None)),
        };
        let number = i16::try_from(column).map_err(|_| damaged("its metadata", "it has too many columns"))?;
        let [first, second] = group.ordinal().unwrap_or_default().to_le_bytes();
        let [third, fourth] = number.to_le_bytes();
        Ok(Some(EncryptedPages {
            key,
            file: secrets.aad.clone(),
            column: [first, second, third, fourth],
            name: name(),
            has_dictionary: chunk.dictionary_page_offset().is_some(),
            last: Mutex::new(None),
        }))
    }

    /// The header of the page at `at`, as if nothing were encrypted.
    ///
    /// # Errors
    /// It cannot be read or decrypted.
    pub(super) fn header(&self, file: &FileBytes, at: u64) -> parquet::errors::Result<Bytes> {
        let page = self.page_at(at)?;
        let length = file.get_bytes(at, LENGTH_BYTES)?;
        let length = length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
        if length > HEADER_BYTES_MAX {
            return Err(self.unopened());
        }
        let part = file.get_bytes(at, LENGTH_BYTES + length)?;
        let kind = if page.is_some() { DATA_PAGE_HEADER } else { DICTIONARY_PAGE_HEADER };
        let header = self.key.open(&part, &self.aad(kind, page)).ok_or_else(|| self.unopened())?;
        let wrong = || ParquetError::General("the header of an encrypted page is not one".to_owned());
        shown(&header).map(Bytes::from).ok_or_else(wrong)
    }

    /// The data of the page whose header was read last.
    ///
    /// # Errors
    /// It cannot be read or decrypted.
    pub(super) fn data(&self, file: &FileBytes, at: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let page = self.last.lock().unwrap_or_else(PoisonError::into_inner).and_then(|(_, page)| page);
        let kind = if page.is_some() { DATA_PAGE } else { DICTIONARY_PAGE };
        let start = at.checked_sub(AROUND_BYTES as u64).ok_or_else(|| self.unopened())?;
        let part = file.get_bytes(start, AROUND_BYTES + length)?;
        self.key.open(&part, &self.aad(kind, page)).map(Bytes::from).ok_or_else(|| self.unopened())
    }

    /// The number of the page whose header is at `at`: headers are read in order, some of them again.
    fn page_at(&self, at: u64) -> parquet::errors::Result<Option<i16>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let page = match *last {
            Some((before, page)) if before == at => page,
            None if self.has_dictionary => None,
            None | Some((_, None)) => Some(0),
            Some((_, Some(page))) => Some(page.checked_add(1).ok_or_else(|| self.unopened())?),
        };
        *last = Some((at, page));
        Ok(page)
    }

    fn aad(&self, kind: u8, page: Option<i16>) -> Vec<u8> {
        let page = page.map(i16::to_le_bytes);
        let page: &[u8] = page.as_ref().map_or(&[], |page| page);
        [self.file.as_slice(), &[kind], &self.column, page].concat()
    }

    fn unopened(&self) -> ParquetError {
        ParquetError::External(Box::new(undecryptable(&format!("column {}", self.name))))
    }
}

/// A header that is as long as its encrypted page is longer than its data, and says the size of these. It begins with the type of the page
/// and its sizes, unpacked and packed.
fn shown(header: &[u8]) -> Option<Vec<u8>> {
    let (_, rest) = field(header, I32)?;
    let (_, rest) = field(rest, I32)?;
    let (packed, rest) = (field(rest, I32)?, header.len() - rest.len());
    let (size, others) = packed;
    let size = size.checked_sub(AROUND_BYTES as i64).filter(|size| *size >= 0)?;
    let mut shown = header[..rest].to_vec();
    shown.push(I32);
    push_varint((size as u64) << 1, &mut shown);
    shown.extend_from_slice(others.strip_suffix(&[0])?);
    // A field of bytes with the number 64, which no header has.
    shown.extend_from_slice(&[0x08, 0x80, 0x01]);
    let len = (header.len() + 2 * AROUND_BYTES).checked_sub(shown.len() + 2)?;
    push_varint(len as u64, &mut shown);
    shown.resize(shown.len() + len + 1, 0);
    Some(shown)
}
