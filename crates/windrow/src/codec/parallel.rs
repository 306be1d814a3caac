//! Parallel: parts of a packed file, unpacked by several threads and delivered in order.
//!
//! If a part does not unpack to its very end, or if no part can be cut off, the rest is unpacked in sequence: so the content
//! and its faults never depend on where the file was cut.

use std::collections::VecDeque;
use std::io::{self, BufReader, Cursor, Read};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::compression::Compression;
use super::packed::PackedFile;
use super::parts::{CONTENT_BYTES_MAX, whole};
use super::unpacked::READ_BYTES;
use crate::storage::Input;

/// Unpacking a smaller file takes less time than starting threads.
const FILE_BYTES_MIN: u64 = if cfg!(test) { 64 } else { 4 << 20 };

/// Packed bytes to search for parts: few at first, more if a part is longer.
const PACKED_BYTES: usize = if cfg!(test) { 200 } else { 256 << 10 };
const PACKED_BYTES_MAX: usize = if cfg!(test) { 20_000 } else { 4 << 20 };

/// Reads what is packed in a file by parts.
pub(super) struct Parallel {
    input: Arc<Input>,
    compression: Compression,
    /// How many threads may unpack.
    helpers: Arc<AtomicUsize>,
    /// How far the file is read, for those who wait for its content.
    read: Arc<AtomicU64>,
    /// Where the next part begins.
    at: u64,
    /// Whether a part may begin there.
    has_more: bool,
    /// Parts that are being unpacked, in order.
    waiting: VecDeque<UnpackingPart>,
    threads: Option<Sender<PackedPart>>,
    content: Cursor<Vec<u8>>,
    /// Used buffers, for new contents: fresh memory costs as much as unpacking into it.
    emptied: Vec<Vec<u8>>,
    /// Packed bytes to search for the next part.
    wanted: usize,
    /// Unpacks the rest in sequence.
    rest: Option<Box<dyn Read + Send>>,
}

type PartContent = io::Result<Vec<u8>>;

/// Packed bytes, and where their content goes.
struct PackedPart {
    packed: Vec<u8>,
    room: Vec<u8>,
    content: Sender<PartContent>,
}

/// A part that is being unpacked: where it begins and ends.
struct UnpackingPart {
    begin: u64,
    end: u64,
    content: Receiver<PartContent>,
}

impl Parallel {
    /// The content of `input`, if parts can be cut off its beginning.
    pub(super) fn of(
        input: &Arc<Input>,
        compression: Compression,
        read: &Arc<AtomicU64>,
        helpers: &Arc<AtomicUsize>,
    ) -> io::Result<Option<Self>> {
        let mut parallel = Parallel {
            input: Arc::clone(input),
            compression,
            helpers: Arc::clone(helpers),
            read: Arc::clone(read),
            at: 0,
            has_more: true,
            waiting: VecDeque::new(),
            threads: None,
            content: Cursor::default(),
            emptied: Vec::new(),
            wanted: PACKED_BYTES,
            rest: None,
        };
        if input.size() < FILE_BYTES_MIN {
            return Ok(None);
        }
        let first = parallel.packed()?.len() as u64;
        Ok((1..input.size()).contains(&first).then_some(parallel))
    }

    /// Whole parts from the start of the next one; empty if no part can be cut off, or if the file ends.
    fn packed(&mut self) -> io::Result<Vec<u8>> {
        let left = self.input.size().saturating_sub(self.at);
        loop {
            let mut packed = vec![0; left.min(self.wanted as u64) as usize];
            let mut have = 0;
            while have < packed.len() {
                match self.input.read_at(&mut packed[have..], self.at + have as u64)? {
                    0 => break,
                    read => have += read,
                }
            }
            packed.truncate(have);
            let whole = whole(self.compression, &packed);
            if whole > 0 || packed.len() as u64 == left || self.wanted >= PACKED_BYTES_MAX {
                packed.truncate(whole);
                return Ok(packed);
            }
            self.wanted *= 4;
        }
    }

    /// Gives more parts to the threads, as long as there are threads and parts.
    fn take_parts(&mut self) -> io::Result<()> {
        let helpers = self.helpers.load(Ordering::Relaxed);
        while self.has_more && self.waiting.len() <= helpers {
            let packed = self.packed()?;
            if packed.is_empty() {
                self.has_more = false;
                break;
            }
            let (begin, end) = (self.at, self.at + packed.len() as u64);
            let (sender, content) = channel();
            let part = PackedPart { packed, room: self.emptied.pop().unwrap_or_default(), content: sender };
            match helpers {
                0 => part.unpack(self.compression),
                _ => self.give(part, helpers)?,
            }
            self.waiting.push_back(UnpackingPart { begin, end, content });
            self.at = end;
        }
        Ok(())
    }

    fn give(&mut self, part: PackedPart, helpers: usize) -> io::Result<()> {
        let compression = self.compression;
        let threads = match &self.threads {
            Some(threads) => threads,
            None => {
                let (sender, parts) = channel::<PackedPart>();
                let parts = Arc::new(Mutex::new(parts));
                for _ in 0..helpers {
                    let parts = Arc::clone(&parts);
                    let next = move || parts.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let work = move || {
                        while let Ok(part) = next() {
                            part.unpack(compression);
                        }
                    };
                    std::thread::Builder::new().name("unpack".to_owned()).spawn(work)?;
                }
                self.threads.insert(sender)
            }
        };
        threads.send(part).map_err(|_| io::Error::other("the threads that unpack have ended"))
    }

    /// The content of the next part; `None` if it must be unpacked together with the rest, or if the file ends.
    fn next_content(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.take_parts()?;
        let Some(UnpackingPart { begin, end, content }) = self.waiting.pop_front() else { return Ok(None) };
        match content.recv() {
            Ok(Ok(content)) => {
                self.read.store(end, Ordering::Relaxed);
                Ok(Some(content))
            }
            _ => {
                self.at = begin;
                self.waiting.clear();
                Ok(None)
            }
        }
    }
}

impl Read for Parallel {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(rest) = &mut self.rest {
                return rest.read(into);
            }
            match self.content.read(into)? {
                0 => {}
                read => return Ok(read),
            }
            match self.next_content()? {
                Some(content) => {
                    let mut emptied = std::mem::replace(&mut self.content, Cursor::new(content)).into_inner();
                    emptied.clear();
                    self.emptied.push(emptied);
                }
                None if self.at >= self.input.size() => return Ok(0),
                None => {
                    self.threads = None;
                    let packed = PackedFile::from(Arc::clone(&self.input), Arc::clone(&self.read), self.at);
                    let packed = BufReader::with_capacity(READ_BYTES, packed);
                    self.rest = Some(self.compression.unpack(packed)?);
                }
            }
        }
    }
}

impl PackedPart {
    /// Unpacks it, to its very end.
    fn unpack(self, compression: Compression) {
        let PackedPart { packed, room: mut text, content } = self;
        let unpack = || {
            let reader = compression.unpack(Cursor::new(packed))?;
            reader.take(CONTENT_BYTES_MAX + 1).read_to_end(&mut text)?;
            match text.len() as u64 > CONTENT_BYTES_MAX {
                true => Err(io::Error::other("it is too large to be held")),
                false => Ok(text),
            }
        };
        // It may not be wanted any more.
        let _ = content.send(unpack());
    }
}
