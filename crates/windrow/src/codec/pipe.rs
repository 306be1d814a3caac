//! Pipes: standard input and named pipes, opened on first use and read once. If standard input is a file, it is read as a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use super::compression::{Compression, MAGIC_BYTES};
use super::stream::{Stream, StreamOrigin, read_some};
use super::unpacked::{Unpacked, text_of};
use super::utf16::SeenEncoding;
use crate::error::{Error, Result};
use crate::storage::{FileVersion, Input};

/// A pipe. Its first bytes can be read many times; all of it can be read only once.
#[derive(Clone, Debug)]
pub struct Pipe {
    /// The path of a named pipe; `None` for standard input.
    path: Option<PathBuf>,
    open: Arc<Mutex<Option<Arc<Stream>>>>,
}

impl Pipe {
    /// Standard input.
    pub fn stdin() -> Self {
        Pipe { path: None, open: Arc::default() }
    }

    /// Whether it is standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.path.is_none()
    }

    /// The named pipe at `path`.
    pub fn at(path: PathBuf) -> Self {
        Pipe { path: Some(path), open: Arc::default() }
    }

    /// Opens it, unless it is open: a named pipe waits until something is written to it.
    ///
    /// # Errors
    /// Storage: it cannot be read.
    pub(crate) fn open(&self) -> Result<Unpacked> {
        if let Some(file) = self.file() {
            return Unpacked::of(file, "cannot read");
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = match &*open {
            Some(stream) => Arc::clone(stream),
            None => Arc::clone(open.insert(Arc::new(self.stream()?))),
        };
        Ok(Unpacked::of_pipe(stream))
    }

    /// Its version before it is read, which is known only if standard input is a file.
    pub(crate) fn version(&self) -> FileVersion {
        self.file().map_or_else(FileVersion::default, |file| file.version().clone())
    }

    /// The file, if this is standard input and that is a file.
    fn file(&self) -> Option<Input> {
        if self.path.is_none() { Input::of_stdin() } else { None }
    }

    fn stream(&self) -> Result<Stream> {
        let cannot = |error: io::Error| Error::io("cannot read", &error);
        let mut bytes: Box<dyn Read + Send> = match &self.path {
            None => {
                enlarge(io::stdin());
                Box::new(io::stdin())
            }
            Some(path) => {
                let pipe = File::open(path).map_err(cannot)?;
                enlarge(&pipe);
                Box::new(pipe)
            }
        };
        let mut magic = Vec::with_capacity(MAGIC_BYTES);
        while magic.len() < MAGIC_BYTES {
            let mut more = [0; MAGIC_BYTES];
            match read_some(&mut *bytes, &mut more[magic.len()..]).map_err(cannot)? {
                0 => break,
                read => magic.extend_from_slice(&more[magic.len()..magic.len() + read]),
            }
        }
        let compression = Compression::of(&magic);
        let read = Arc::new(AtomicU64::new(0));
        let bytes = CountedBytes { bytes: io::Cursor::new(magic).chain(bytes), read: Arc::clone(&read) };
        let encoding = SeenEncoding::default();
        let text = text_of(bytes, compression, &encoding).map_err(cannot)?;
        Ok(Stream::new(
            text,
            StreamOrigin { compression, read, size: None, helpers: Arc::default(), encoding },
        ))
    }
}

/// The size of a pipe's buffer, in bytes. The system's default is 64 KiB; with more, the writer and the reader wait less often.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// Asks the system for a larger buffer. If it refuses, or if this is a file, nothing changes.
#[cfg(target_os = "linux")]
fn enlarge(pipe: impl std::os::fd::AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES);
}

#[cfg(not(target_os = "linux"))]
fn enlarge<P>(_: P) {}

/// Counts the bytes that are read.
struct CountedBytes<R> {
    bytes: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for CountedBytes<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(into)?;
        self.read.fetch_add(read as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(read)
    }
}

impl PartialEq for Pipe {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Pipe {}
