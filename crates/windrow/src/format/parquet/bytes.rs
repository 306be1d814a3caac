//! The bytes of a Parquet file, for the crate `parquet`.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::encrypted::EncryptedPages;
use super::secrets::Secrets;
use crate::error::{Code, Error};
use crate::storage::Input;

/// Maximum bytes of an unpacked page. Writers write pages of a few MB at most, but a damaged header may give any size.
pub(super) const PAGE_BYTES_MAX: i64 = 256 << 20;

/// The bytes of a file, with random access.
#[derive(Clone, Debug)]
pub(super) struct FileBytes {
    input: Arc<Input>,
    /// The keys that decrypt the file, if it is encrypted.
    pub(super) secrets: Option<Arc<Secrets>>,
    /// The column whose pages are read, if they are encrypted.
    encrypted: Option<Arc<EncryptedPages>>,
}

impl FileBytes {
    pub(super) fn new(input: &Arc<Input>) -> Self {
        FileBytes { input: Arc::clone(input), secrets: None, encrypted: None }
    }

    /// The bytes from which a column of a row group is read.
    ///
    /// # Errors
    /// It is encrypted, and its key is not given.
    pub(super) fn of_column(&self, group: &RowGroupMetaData, column: usize) -> crate::Result<FileBytes> {
        let encrypted = EncryptedPages::of(self.secrets.as_deref(), group, column)?;
        Ok(FileBytes { encrypted: encrypted.map(Arc::new), ..FileBytes::new(&self.input) })
    }

    fn bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if let Some(encrypted) = &self.encrypted {
            return encrypted.data(&FileBytes::new(&self.input), start, length);
        }
        let end = start.checked_add(length as u64).filter(|end| *end <= self.len());
        if end.is_none() {
            let size = self.len();
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are wanted of a file of {size} bytes"
            )));
        }
        let mut bytes = vec![0; length];
        self.input
            .read_exact_at(&mut bytes, start)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(bytes.into())
    }
}

impl Length for FileBytes {
    fn len(&self) -> u64 {
        self.input.size()
    }
}

impl ChunkReader for FileBytes {
    type T = PageHeader;

    /// The crate uses this only for the headers of pages.
    fn get_read(&self, start: u64) -> Result<PageHeader> {
        Ok(PageHeader { file: self.clone(), at: start, held: Bytes::new(), is_checked: false })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        #[cfg(test)]
        tests::PAGES_READ.with_borrow_mut(|places| places.push(start));
        self.bytes(start, length)
    }
}

/// A reader of the header of a page and the bytes after it.
pub(super) struct PageHeader {
    file: FileBytes,
    at: u64,
    held: Bytes,
    is_checked: bool,
}

/// Bytes of one read. Most headers have fewer.
const READ_BYTES: u64 = 256;

impl Read for PageHeader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &self.file.encrypted {
            // The whole header was read, and there is nothing after it.
            Some(_) if self.is_checked && self.held.is_empty() => return Ok(0),
            Some(encrypted) if self.held.is_empty() => {
                let file = FileBytes::new(&self.file.input);
                self.held = encrypted.header(&file, self.at).map_err(io::Error::other)?;
            }
            _ => {}
        }
        if self.held.is_empty() {
            let wanted = self.file.len().saturating_sub(self.at).min(READ_BYTES);
            self.held = self.file.bytes(self.at, wanted as usize).map_err(io::Error::other)?;
            self.at += wanted;
        }
        if !self.is_checked {
            self.is_checked = true;
            check(&self.held).map_err(io::Error::other)?;
        }
        let read = into.len().min(self.held.len());
        into[..read].copy_from_slice(&self.held.split_to(read));
        Ok(read)
    }
}

/// Fails if the header of a page gives a size above [`PAGE_BYTES_MAX`]. The size is the second field, of type i32 (Thrift,
/// compact protocol). The crate refuses a header without it.
fn check(header: &[u8]) -> std::result::Result<(), Error> {
    let size = field(header, I32).and_then(|(_, rest)| field(rest, I32)).map_or(0, |(size, _)| size);
    match size > PAGE_BYTES_MAX {
        true => Err(Error::data(format!(
            "a page of the Parquet file has {size} bytes when it is unpacked, more than the {PAGE_BYTES_MAX} that are read"
        ))
        .with_code(Code::ExpandsTooFar)
        .with_help("write the file again, with smaller pages")),
        false => Ok(()),
    }
}

/// The first byte of a field of type i32 that follows the previous field (Thrift, compact protocol).
pub(super) const I32: u8 = 0x15;

/// The value of a field that begins with this byte, and the bytes after it.
pub(super) fn field(bytes: &[u8], begins: u8) -> Option<(i64, &[u8])> {
    let (value, rest) = varint(bytes.strip_prefix(&[begins])?)?;
    Some(((value >> 1) as i64 ^ -((value & 1) as i64), rest))
}

/// A number in groups of seven bits, the lowest first, and the bytes after it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7F).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// Appends a number in groups of seven bits.
pub(super) fn push_varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;

    thread_local! {
        /// Where the pages that this thread has read begin, after their headers.
        pub(in super::super) static PAGES_READ: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
}
