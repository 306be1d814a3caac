//! Streams: bytes that come in order. The first ones can be read again, like those of a file.

use std::fmt;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::compression::Compression;
use super::forward::{Expansion, Forward};
use super::utf16::SeenEncoding;
use crate::error::{Code, Error, Kind, Result};

/// The most first bytes to hold, so that they can be read again. In any log, far fewer bytes come before the first row.
const HEAD_BYTES_MAX: usize = 64 << 20;

/// Bytes that come in order.
pub(super) struct Stream {
    state: Mutex<PipeState>,
    origin: StreamOrigin,
}

/// Where the bytes of a stream come from.
#[derive(Clone)]
pub(super) struct StreamOrigin {
    /// How they are packed there.
    pub(super) compression: Option<Compression>,
    /// The number of packed bytes that were read.
    pub(super) read: Arc<AtomicU64>,
    /// The number of packed bytes; `None`: it is a pipe.
    pub(super) size: Option<u64>,
    /// How many threads may unpack parts.
    pub(super) helpers: Arc<AtomicUsize>,
    /// The encoding that was recognised, once it is known.
    pub(super) encoding: SeenEncoding,
}

struct PipeState {
    /// The first bytes.
    head: Vec<u8>,
    /// The bytes that follow; `None`: they were taken.
    rest: Option<Box<dyn Read + Send>>,
    /// Whether nothing follows.
    ended: bool,
}

impl Stream {
    pub(super) fn new(reader: Box<dyn Read + Send>, origin: StreamOrigin) -> Self {
        let state = Mutex::new(PipeState { head: Vec::new(), rest: Some(reader), ended: false });
        Stream { state, origin }
    }

    /// How the bytes are packed, and the encoding recognised from their beginning, if it is not UTF-8.
    pub(super) fn packing(&self) -> Vec<String> {
        let compression = self.origin.compression.iter().map(ToString::to_string);
        compression.chain(self.origin.encoding.get().map(ToString::to_string)).collect()
    }

    /// Fills `bytes` with the first bytes from `at` on, or fewer at their end.
    pub(super) fn read_at(&self, bytes: &mut [u8], at: u64) -> Result<usize> {
        let mut state = self.lock();
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        let to = from.saturating_add(bytes.len());
        while state.head.len() < to && !state.ended {
            if state.head.len() >= HEAD_BYTES_MAX {
                return Err(self.origin.head_is_too_long());
            }
            let PipeState { head, rest, ended } = &mut *state;
            // After the rest was taken, only the head can be read.
            let Some(rest) = rest else { break };
            let held = head.len();
            head.resize(held + (to - held).max(READ_BYTES), 0);
            let read = read_some(rest, &mut head[held..]);
            head.truncate(held + *read.as_ref().unwrap_or(&0));
            *ended = read.map_err(|error| self.origin.fault(&error))? == 0;
        }
        let held = state.head.get(from..to.min(state.head.len()).max(from)).unwrap_or_default();
        bytes[..held.len()].copy_from_slice(held);
        Ok(held.len())
    }

    /// All bytes, in order. `ahead`: if not 0, a thread reads them while others are processed, and this many threads unpack parts.
    ///
    /// # Errors
    /// Usage: they were taken before.
    pub(super) fn forward(&self, expansion: Expansion, ahead: usize) -> Result<Forward> {
        let mut state = self.lock();
        let Some(rest) = state.rest.take() else {
            return Err(Error::usage("a pipe can be read only once")
                .with_code(Code::NotAFile)
                .with_help("write it to a file first"));
        };
        let rest: Box<dyn Read + Send> = if state.ended { Box::new(io::empty()) } else { rest };
        self.origin.helpers.store(ahead, Ordering::Relaxed);
        Forward::new(state.head.clone(), rest, self.origin.clone(), expansion, ahead > 0)
    }

    fn lock(&self) -> MutexGuard<'_, PipeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("compression", &self.origin.compression).finish_non_exhaustive()
    }
}

/// Bytes to read at a time.
const READ_BYTES: usize = 64 << 10;

/// Reads once, and again after an interrupt.
pub(super) fn read_some(reader: &mut dyn Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

impl StreamOrigin {
    /// How many packed bytes were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The error for the user. An error of the system concerns the place; any other concerns the bytes.
    pub(super) fn fault(&self, error: &io::Error) -> Error {
        if let Some(error) = Error::behind(error) {
            return error.clone();
        }
        let Some(compression) = self.compression.filter(|_| error.raw_os_error().is_none()) else {
            return Error::io("cannot read", error).with_kind(Kind::Storage);
        };
        if compression.is_too_wide(error) {
            return compression.too_wide();
        }
        // The decoder's own message depends on how many bytes were read at once.
        let how = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends early",
            _ => "is damaged",
        };
        Error::data(format!("its {compression} data {how}"))
            .with_code(Code::DamagedData)
            .with_help("no row of it counts; fetch or write the file again")
    }

    fn head_is_too_long(&self) -> Error {
        let error = Error::data("no row begins in its first 64 MiB").with_code(Code::UnreadableFormat);
        match self.compression {
            Some(compression) => error.with_help(format!("unpack it first: {}", compression.command())),
            None => error.with_help("write it to a file first"),
        }
    }
}
