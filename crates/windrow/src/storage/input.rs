//! Inputs: the bytes of a file, read at any place.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::object::Object;
use super::version::{FileVersion, became_shorter};
use crate::error::{Code, Error, Result};
use crate::settings::Stop;

/// A file, open.
#[derive(Debug)]
pub(crate) struct Input {
    place: InputBytes,
    version: FileVersion,
}

#[derive(Debug)]
enum InputBytes {
    Local(File),
    Object(Object, Stop),
    Memory(Arc<[u8]>),
}

impl Input {
    /// Opens the file at `path`; errors begin with `cannot`.
    ///
    /// # Errors
    /// It cannot be opened, or is something other than a file.
    pub(crate) fn open(path: &Path, cannot: impl Display) -> Result<Self> {
        let open = || File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = open().map_err(|error| Error::io(&cannot, &error))?;
        match metadata.is_file() {
            true => Ok(Input { version: FileVersion::of(&metadata), place: InputBytes::Local(file) }),
            false => Err(Error::usage(format!("{cannot}: it is not a file")).with_code(Code::NotAFile)),
        }
    }

    /// Standard input, if it is a file that is read from its first byte, as in `windrow run - < app.csv`.
    pub(crate) fn of_stdin() -> Option<Self> {
        let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
        let metadata = file.metadata().ok()?;
        // If a shell has read the first lines, only the rest is wanted. Files such as those in /proc have no size.
        let is_whole =
            metadata.is_file() && metadata.len() > 0 && file.stream_position().is_ok_and(|at| at == 0);
        is_whole.then(|| Input { version: FileVersion::of(&metadata), place: InputBytes::Local(file) })
    }

    /// The bytes of an object, for which readers wait until the run is stopped.
    pub(crate) fn of_object(object: Object, stop: &Stop) -> Self {
        Input { version: object.version().clone(), place: InputBytes::Object(object, stop.clone()) }
    }

    /// Bytes in memory.
    pub(crate) fn of_memory(bytes: Arc<[u8]>) -> Self {
        let version = FileVersion { size_bytes: bytes.len() as u64, ..FileVersion::default() };
        Input { version, place: InputBytes::Memory(bytes) }
    }

    /// What the file was when it was opened; an object, when it was listed.
    pub(crate) fn version(&self) -> &FileVersion {
        &self.version
    }

    /// How many bytes there are to be read.
    pub(crate) fn size(&self) -> u64 {
        self.version.size_bytes
    }

    /// Reads some of the bytes from `at` on; 0: there are none.
    ///
    /// # Errors
    /// What the system or the store says.
    pub(crate) fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        match &self.place {
            InputBytes::Local(file) => file.read_at(bytes, at),
            InputBytes::Object(object, stop) => object.read_at(bytes, at, stop).map_err(io::Error::other),
            InputBytes::Memory(held) => held.get(at as usize..).unwrap_or_default().read(bytes),
        }
    }

    /// Fills `bytes` from `at` on, which are all below [`size`](Self::size).
    ///
    /// # Errors
    /// Storage: the file became shorter, or cannot be read.
    pub(crate) fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> Result<()> {
        match &self.place {
            InputBytes::Local(file) => file.read_exact_at(bytes, at).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => became_shorter(),
                _ => Error::io("cannot read", &error),
            }),
            InputBytes::Object(object, stop) => match object.read_at(bytes, at, stop)? == bytes.len() {
                true => Ok(()),
                false => Err(became_shorter()),
            },
            InputBytes::Memory(_) => {
                self.read_at(bytes, at).map(drop).map_err(|error| Error::io("cannot read", &error))
            }
        }
    }

    /// Says that all bytes from `at` on are read next, in order, by so many threads.
    pub(crate) fn fetch_from(&self, at: u64, readers: usize) {
        if let InputBytes::Object(object, _) = &self.place {
            object.fetch_from(at, readers);
        }
    }

    /// An error when the file is not what it was when it was opened; one that `grows` may have grown.
    ///
    /// # Errors
    /// Storage: it has changed, or cannot be looked at.
    pub(crate) fn ensure_unchanged(&self, grows: bool) -> Result<()> {
        match &self.place {
            InputBytes::Local(file) => {
                let metadata = file.metadata().map_err(|error| Error::io("cannot read", &error))?;
                self.version.ensure_unchanged(&FileVersion::of(&metadata), grows)
            }
            // The store was asked for bytes of this version, each time; what is in memory is not changed.
            InputBytes::Object(..) | InputBytes::Memory(_) => Ok(()),
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if let InputBytes::Object(object, _) = &self.place {
            object.close();
        }
    }
}
