//! The bytes of an input as its format sees them: unpacked, at any place or in order.

use std::fmt::Display;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::compression::{Compression, MAGIC_BYTES};
use super::forward::{Expansion, Forward};
use super::packed::Packed;
use super::stream::{Origin, Stream};
use crate::error::{Error, Result};
use crate::storage::{FileVersion, Input};

/// Fills a buffer with the bytes of an input from a place on; fewer only where they end.
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

/// Packed bytes that are read together.
const READ_BYTES: usize = 256 << 10;

/// An input, open, whose bytes are unpacked as they are read.
#[derive(Debug)]
pub(crate) struct Unpacked {
    input: Arc<Input>,
    /// Of a packed file; any place of another one can be read.
    stream: Option<Stream>,
}

impl Unpacked {
    /// Opens the file at `path`; errors begin with `cannot`.
    ///
    /// # Errors
    /// It cannot be opened, or is something other than a file.
    pub(crate) fn open(path: &Path, cannot: impl Display) -> Result<Self> {
        let input = Arc::new(Input::open(path, &cannot)?);
        let mut magic = [0; MAGIC_BYTES];
        let wanted = input.size().min(MAGIC_BYTES as u64) as usize;
        let read = input.read_at(&mut magic[..wanted], 0).map_err(|error| Error::io(&cannot, &error))?;
        let stream = Compression::of(&magic[..read]).map(|compression| in_order(&input, Some(compression)));
        let stream = stream.transpose().map_err(|error| Error::io(&cannot, &error))?;
        Ok(Unpacked { input, stream })
    }

    /// What the file was when it was opened.
    pub(crate) fn version(&self) -> &FileVersion {
        self.input.version()
    }

    /// How many bytes there are; none of a stream, which is as long as it turns out to be.
    pub(crate) fn size(&self) -> Option<u64> {
        self.stream.is_none().then(|| self.input.size())
    }

    /// Fills `bytes` from `at` on; fewer only where they end. Of a stream this is for its beginning.
    ///
    /// # Errors
    /// They cannot be read or are damaged, or the file became shorter.
    pub(crate) fn read_at(&self, bytes: &mut [u8], at: u64) -> Result<usize> {
        if let Some(stream) = &self.stream {
            return stream.read_at(bytes, at).map_err(|error| self.fault(error));
        }
        let wanted = self.input.size().saturating_sub(at).min(bytes.len() as u64) as usize;
        self.input.read_exact_at(&mut bytes[..wanted], at).map(|()| wanted)
    }

    /// Fills `bytes` from `at` on, which are all below [`size`](Self::size).
    ///
    /// # Errors
    /// As [`Unpacked::read_at`].
    pub(crate) fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> Result<()> {
        self.input.read_exact_at(bytes, at)
    }

    /// All bytes, in order. `ahead`: a thread of its own unpacks them.
    ///
    /// # Errors
    /// They are those of a stream, and were taken before.
    pub(crate) fn forward(&self, expansion: Expansion, ahead: bool) -> Result<Forward> {
        match &self.stream {
            Some(stream) => stream.forward(expansion, ahead),
            None => in_order(&self.input, None)
                .map_err(|error| Error::io("cannot read", &error))?
                .forward(expansion, ahead),
        }
    }

    /// An error when the file is not what it was when it was opened; one that `grows` may have grown.
    ///
    /// # Errors
    /// Storage: it has changed, or cannot be looked at.
    pub(crate) fn ensure_unchanged(&self, grows: bool) -> Result<()> {
        self.input.ensure_unchanged(grows)
    }

    /// `error`, unless the file changed while it was read, which explains any other.
    pub(crate) fn fault(&self, error: Error) -> Error {
        self.ensure_unchanged(false).err().unwrap_or(error)
    }
}

fn in_order(input: &Arc<Input>, compression: Option<Compression>) -> std::io::Result<Stream> {
    let read = Arc::new(AtomicU64::new(0));
    let packed = Packed::new(Arc::clone(input), Arc::clone(&read));
    let reader = match compression {
        Some(compression) => compression.unpack(BufReader::with_capacity(READ_BYTES, packed))?,
        None => Box::new(packed),
    };
    Ok(Stream::new(reader, Origin { compression, read, size: Some(input.size()) }))
}
