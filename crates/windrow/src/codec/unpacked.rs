//! The bytes of an input as its format sees them: unpacked, at any place or in order.

use std::fmt::Display;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use super::compression::{Compression, MAGIC_BYTES};
use super::forward::{Expansion, Forward};
use super::packed::PackedFile;
use super::parallel::Parallel;
use super::stream::{Stream, StreamOrigin};
use super::utf16::{self, InUtf8, SeenEncoding};
use crate::error::{Code, Error, Result};
use crate::storage::{FileVersion, Input, MemoryTable, became_shorter};

/// Fills a buffer with the bytes of an input from a place on, or fewer at their end.
pub(crate) type ReadAt<'a> = &'a dyn Fn(&mut [u8], u64) -> Result<usize>;

/// Reads `text` as if it were an input.
#[cfg(test)]
pub(crate) fn of_text(text: &[u8]) -> impl Fn(&mut [u8], u64) -> Result<usize> {
    move |bytes, at| {
        let left = text.get(at as usize..).unwrap_or_default();
        let read = left.len().min(bytes.len());
        bytes[..read].copy_from_slice(&left[..read]);
        Ok(read)
    }
}

/// Packed bytes to read at a time.
pub(super) const READ_BYTES: usize = 256 << 10;

/// An input, open, whose bytes are unpacked as they are read.
#[derive(Debug)]
pub(crate) struct Unpacked(UnpackedSource);

#[derive(Debug)]
enum UnpackedSource {
    /// Any place of it can be read.
    Plain(Arc<Input>),
    Packed(Arc<Input>, Stream),
    Pipe(Arc<Stream>),
    /// It has no bytes: its rows are read in memory.
    Table(MemoryTable),
}

impl Unpacked {
    /// The bytes of `input`; errors begin with `cannot`.
    ///
    /// # Errors
    /// Its first bytes cannot be read.
    pub(crate) fn of(input: Input, cannot: impl Display) -> Result<Self> {
        let input = Arc::new(input);
        let mut magic = [0; if MAGIC_BYTES > utf16::HEAD_BYTES { MAGIC_BYTES } else { utf16::HEAD_BYTES }];
        let wanted = input.size().min(magic.len() as u64) as usize;
        let read = input.read_at(&mut magic[..wanted], 0).map_err(|error| Error::io(&cannot, &error))?;
        let compression = Compression::of(&magic[..read]);
        if compression.is_none() && utf16::order_of(&magic[..read]).is_none() {
            return Ok(Unpacked(UnpackedSource::Plain(input)));
        }
        let stream = in_order(&input, compression).map_err(|error| Error::io(&cannot, &error))?;
        Ok(Unpacked(UnpackedSource::Packed(input, stream)))
    }

    /// The bytes of `input`, however they are packed.
    #[cfg(feature = "spark")]
    pub(crate) fn as_stored(input: Input) -> Self {
        Unpacked(UnpackedSource::Plain(Arc::new(input)))
    }

    #[cfg(test)]
    pub(crate) fn open(path: &std::path::Path, cannot: &str) -> Result<Self> {
        Unpacked::of(Input::open(path, cannot)?, cannot)
    }

    /// The bytes of a pipe.
    pub(super) fn of_pipe(stream: Arc<Stream>) -> Self {
        Unpacked(UnpackedSource::Pipe(stream))
    }

    /// A table in memory.
    pub(crate) fn of_table(table: MemoryTable) -> Self {
        Unpacked(UnpackedSource::Table(table))
    }

    /// The table in memory that it is, if it is one.
    pub(crate) fn table(&self) -> Option<&MemoryTable> {
        match &self.0 {
            UnpackedSource::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What the file was when it was opened; nothing is known of a pipe.
    pub(crate) fn version(&self) -> FileVersion {
        match &self.0 {
            UnpackedSource::Plain(input) | UnpackedSource::Packed(input, _) => input.version().clone(),
            UnpackedSource::Pipe(_) => FileVersion::default(),
            UnpackedSource::Table(table) => table.version(),
        }
    }

    /// The size of the content in bytes; `None` for a stream, whose size is known at its end.
    pub(crate) fn size(&self) -> Option<u64> {
        match &self.0 {
            UnpackedSource::Plain(input) => Some(input.size()),
            UnpackedSource::Table(table) => Some(table.version().size_bytes),
            UnpackedSource::Packed(..) | UnpackedSource::Pipe(_) => None,
        }
    }

    /// How the bytes are packed, and the recognised encoding if it is not UTF-8.
    pub(crate) fn packing(&self) -> Vec<String> {
        match &self.0 {
            UnpackedSource::Plain(_) | UnpackedSource::Table(_) => Vec::new(),
            UnpackedSource::Packed(_, stream) => stream.packing(),
            UnpackedSource::Pipe(stream) => stream.packing(),
        }
    }

    /// The size of the content of a gzip file, modulo 2^32, as its last bytes say it. `None` if it is packed in another way, or its text is
    /// not UTF-8. If it has several members, this is the size of the last one.
    ///
    /// # Errors
    /// They cannot be read.
    #[cfg(feature = "spark")]
    pub(crate) fn gzip_size(&self) -> Result<Option<u32>> {
        const SIZE_BYTES: u64 = 4;
        let UnpackedSource::Packed(input, stream) = &self.0 else { return Ok(None) };
        if stream.packing() != [Compression::Gzip.to_string()] {
            return Ok(None);
        }
        let Some(at) = input.size().checked_sub(SIZE_BYTES) else { return Ok(None) };
        let mut size = [0; SIZE_BYTES as usize];
        input.read_exact_at(&mut size, at)?;
        Ok(Some(u32::from_le_bytes(size)))
    }

    /// The file, which can be read at any place.
    ///
    /// # Errors
    /// Usage: it is a stream.
    pub(crate) fn whole(&self) -> Result<&Arc<Input>> {
        let in_order = |message: &str, help: &str| {
            Err(Error::usage(format!("{message}, and Parquet is read from its end"))
                .with_code(Code::UnreadableFormat)
                .with_help(help))
        };
        match &self.0 {
            UnpackedSource::Plain(input) => Ok(input),
            UnpackedSource::Packed(..) => in_order(
                "it is Parquet in a compressed file",
                "unpack it first: its pages are compressed as it is",
            ),
            UnpackedSource::Pipe(_) => {
                in_order("it is Parquet on a pipe", "write it to a file first, and name that")
            }
            UnpackedSource::Table(_) => Err(no_bytes()),
        }
    }

    /// Fills `bytes` from `at` on, or fewer at the end. In a stream, only its beginning can be read like this.
    ///
    /// # Errors
    /// They cannot be read or are damaged, or the file became shorter.
    pub(crate) fn read_at(&self, bytes: &mut [u8], at: u64) -> Result<usize> {
        match &self.0 {
            UnpackedSource::Plain(input) => {
                let wanted = input.size().saturating_sub(at).min(bytes.len() as u64) as usize;
                input.read_exact_at(&mut bytes[..wanted], at).map(|()| wanted)
            }
            UnpackedSource::Packed(_, stream) => stream.read_at(bytes, at).map_err(|error| self.fault(error)),
            UnpackedSource::Pipe(stream) => stream.read_at(bytes, at),
            UnpackedSource::Table(_) => Err(no_bytes()),
        }
    }

    /// Fills `bytes` from `at` on, which are all below [`size`](Self::size).
    ///
    /// # Errors
    /// As [`Unpacked::read_at`].
    pub(crate) fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> Result<()> {
        match &self.0 {
            UnpackedSource::Plain(input) => input.read_exact_at(bytes, at),
            UnpackedSource::Packed(_, stream) => exactly(stream, bytes, at),
            UnpackedSource::Pipe(stream) => exactly(stream, bytes, at),
            UnpackedSource::Table(_) => Err(no_bytes()),
        }
    }

    /// All bytes, in order. `ahead`: how many threads may unpack them while others are processed.
    ///
    /// # Errors
    /// They are from a stream, and were taken before.
    pub(crate) fn forward(&self, expansion: Expansion, ahead: usize) -> Result<Forward> {
        match &self.0 {
            UnpackedSource::Plain(input) => in_order(input, None)
                .map_err(|error| Error::io("cannot read", &error))?
                .forward(expansion, ahead),
            UnpackedSource::Packed(_, stream) => stream.forward(expansion, ahead),
            // The writer of the pipe may be slow, and the run may be stopped meanwhile.
            UnpackedSource::Pipe(stream) => stream.forward(expansion, 1),
            UnpackedSource::Table(_) => Err(no_bytes()),
        }
    }

    /// Says that all bytes from `at` on are read next, in order, by so many threads.
    pub(crate) fn fetch_from(&self, at: u64, readers: usize) {
        match &self.0 {
            UnpackedSource::Plain(input) => input.fetch_from(at, readers),
            UnpackedSource::Packed(input, _) => input.fetch_from(0, readers),
            UnpackedSource::Pipe(_) | UnpackedSource::Table(_) => {}
        }
    }

    /// An error if the file has changed since it was opened. A file that `grows` may have grown.
    ///
    /// # Errors
    /// Storage: it has changed, or cannot be looked at.
    pub(crate) fn ensure_unchanged(&self, grows: bool) -> Result<()> {
        match &self.0 {
            UnpackedSource::Plain(input) | UnpackedSource::Packed(input, _) => input.ensure_unchanged(grows),
            UnpackedSource::Pipe(_) | UnpackedSource::Table(_) => Ok(()),
        }
    }

    /// `error`, unless the file changed while it was read, which explains any other error.
    pub(crate) fn fault(&self, error: Error) -> Error {
        self.ensure_unchanged(false).err().unwrap_or(error)
    }
}

/// The unpacked text.
pub(super) fn text_of(
    packed: impl Read + Send + 'static,
    compression: Option<Compression>,
    seen: &SeenEncoding,
) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Some(compression) => {
            Box::new(InUtf8::new(compression.unpack(BufReader::with_capacity(READ_BYTES, packed))?, seen))
        }
        None => Box::new(InUtf8::new(packed, seen)),
    })
}

/// The error if the bytes of a table in memory are wanted.
fn no_bytes() -> Error {
    Error::usage("it is a table in memory, which has no bytes")
        .with_code(Code::NotAFile)
        .with_help("write it to a file first, such as one of Parquet, and name that")
}

fn exactly(stream: &Stream, bytes: &mut [u8], at: u64) -> Result<()> {
    match stream.read_at(bytes, at)? == bytes.len() {
        true => Ok(()),
        false => Err(became_shorter()),
    }
}

fn in_order(input: &Arc<Input>, compression: Option<Compression>) -> io::Result<Stream> {
    let (read, helpers) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    let encoding = SeenEncoding::default();
    let parallel = match compression {
        Some(compression) => Parallel::of(input, compression, &read, &helpers)?,
        None => None,
    };
    let text: Box<dyn Read + Send> = match parallel {
        Some(parallel) => Box::new(InUtf8::new(parallel, &encoding)),
        None => text_of(PackedFile::from(Arc::clone(input), Arc::clone(&read), 0), compression, &encoding)?,
    };
    Ok(Stream::new(text, StreamOrigin { compression, read, size: Some(input.size()), helpers, encoding }))
}
