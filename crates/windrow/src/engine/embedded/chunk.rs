//! Chunks: the parts of a file that threads take one after the other, and the thread that counts them.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::counts::Partial;
use crate::engine;
use crate::error::{Kind, Result};
use crate::event::TimeReader;
use crate::fingerprint::BlockHasher;
use crate::format::Decoder;
use crate::job::Job;
use crate::record::Batch;
use crate::reject::Reject;
use crate::settings::Settings;
use crate::source::fetch_ahead;

use super::join::WholeFile;
use super::queue::{Left, Queue, Task};
use crate::engine::file::{OpenFile, is_of_file};

/// Where the records of a chunk begin and end, and what was found in them.
#[derive(Debug, Default)]
pub(super) struct CountedChunk {
    /// Where the first record begins. `None` if no line ends in the chunk, so that all of it belongs to an earlier line.
    pub(super) start: Option<u64>,
    /// Where the first record after the chunk begins.
    pub(super) end: u64,
    /// Line ends from `start` to `end`.
    pub(super) line_ends: u64,
    /// The hashes of the blocks of the chunk, if the fingerprint is wanted.
    pub(super) hashes: Vec<u128>,
    /// Rejects, in order. Their line numbers count from 0 at `start`.
    pub(super) rejects: Vec<Reject>,
}

/// The bytes that the buffer holds after more were read.
pub(super) struct Filled {
    /// Where they begin.
    pub(super) begin: usize,
    /// How many bytes.
    pub(super) held: usize,
    /// The number of bytes in which a wanted row may begin.
    pub(super) wanted: usize,
    /// Whether they reach to the end of the file.
    pub(super) at_eof: bool,
    /// The progress in bytes, if reading measures it. `None` if counting does.
    pub(super) progress: Option<u64>,
}

/// A thread that counts.
pub(super) struct Worker<'a> {
    pub(super) job: &'a Job,
    pub(super) settings: &'a Settings,
    pub(super) queue: &'a Queue<'a>,
    time: TimeReader,
    pub(super) buffer: Vec<u8>,
    /// Hashes the bytes that are read.
    pub(super) blocks: Option<BlockHasher>,
}

/// Maximum bytes of one read, because places in it have 32 bits.
const READ_BYTES_MAX: usize = 1 << 30;

/// Minimum bytes of one read to guess where a record begins.
const GUESS_BYTES: usize = 64 << 10;

impl<'a> Worker<'a> {
    pub(super) fn new(job: &'a Job, settings: &'a Settings, queue: &'a Queue<'a>) -> Result<Self> {
        Ok(Worker { job, settings, queue, time: job.source.time_reader()?, buffer: Vec::new(), blocks: None })
    }

    /// Works until nothing is left to do.
    pub(super) fn work(&mut self) -> Result<()> {
        loop {
            match self.queue.next()? {
                Task::Open(at) => {
                    let inputs = self.queue.inputs();
                    fetch_ahead(inputs, at, self.settings.threads);
                    let mut opened =
                        OpenFile::open(at, &inputs[at], self.job, &self.time, &self.settings.stop);
                    if let Ok(file) = &mut opened {
                        file.fetch(self.settings.threads.get());
                        file.wants_fingerprint = self.queue.wants_fingerprint(at);
                    }
                    if let Some(stream) = self.queue.opened(at, opened)? {
                        self.count_stream(&stream)?;
                        self.queue.left_stream();
                    }
                }
                Task::Count(file) => self.count(&file)?,
                Task::Done => return Ok(()),
            }
        }
    }

    /// Takes chunks of `file` as long as there are any. The last thread to leave a file finishes it.
    fn count(&mut self, file: &Arc<OpenFile>) -> Result<()> {
        let mut decoder = self.decoder(file);
        while let Some(chunk) = self.queue.next_chunk(file)? {
            let range = self.queue.range(file, chunk);
            let stretch = if chunk == 0 { file.hashed_from() } else { range.start }..range.end;
            let counted = self.hash(file, stretch).and_then(|()| match file.header.pieces() {
                Some(_) => self.count_piece(file, chunk, range, &mut decoder),
                None => self.count_chunk(file, range, chunk > 0, &mut decoder),
            });
            match counted {
                Ok(counted) => {
                    let hashes = self.hashes();
                    self.queue.counted(file, chunk, CountedChunk { hashes, ..counted })?;
                }
                Err(error) if is_of_file(&error) => self.queue.fail(file, error),
                // A wrong guess may have made up keys, so the limit is checked again without guessing.
                Err(error) if error.kind() == Kind::Limit => self.queue.distrust(file),
                Err(error) => return Err(error),
            }
        }
        match self.queue.leave(file, decoder.finish()) {
            Left::ToOthers => Ok(()),
            Left::Whole(parts, whole) => self.queue.finish(self.job, file, parts, whole),
            Left::Broken => match self.count_again(file)? {
                Ok((again, whole)) => self.queue.finish(self.job, file, vec![again], whole),
                Err(error) => self.queue.refuse(file, error),
            },
            Left::Unreadable(error) => self.queue.refuse(file, error),
        }
    }

    /// Counts a whole file in order, without guessing. The inner error says why the file cannot be read to its end.
    fn count_again(&mut self, file: &OpenFile) -> Result<Result<(Partial, WholeFile)>> {
        tracing::debug!(
            file = self.queue.inputs()[file.at].name,
            "counted again in order: a guess was wrong"
        );
        if let Some(pieces) = file.header.pieces() {
            return self.count_pieces_again(file, pieces);
        }
        let mut decoder = self.decoder(file);
        match self.hash(file, file.hashed_from()..file.size) {
            Err(error) if is_of_file(&error) => return Ok(Err(error)),
            hashing => hashing?,
        }
        let (mut from, mut lines_before) = (file.header.body_start, file.header.line_ends);
        while from < file.size {
            let to = (from + self.settings.chunk_size_bytes).min(file.size);
            let counted = match self.count_chunk(file, from..to, false, &mut decoder) {
                Err(error) if is_of_file(&error) => return Ok(Err(error)),
                counted => counted?,
            };
            from = counted.end;
            self.queue.deliver_rejects(file.at, lines_before, counted.rejects)?;
            lines_before += counted.line_ends;
        }
        let mut fold = file.fold();
        self.hashes().into_iter().for_each(|hash| fold.add(hash));
        Ok(Ok((decoder.finish(), WholeFile { fold, line_ends: lines_before, size: file.size })))
    }

    /// Begins to hash a stretch of `file`. The header is read again for that.
    pub(super) fn hash(&mut self, file: &OpenFile, stretch: Range<u64>) -> Result<()> {
        let start = stretch.start;
        self.blocks = file.wants_fingerprint.then(|| BlockHasher::new(stretch));
        let mut read = start;
        while self.blocks.is_some() && read < file.header.body_start {
            read += self.fill(file, read, 0, file.header.body_start)? as u64;
        }
        Ok(())
    }

    /// The hashes of the stretch.
    pub(super) fn hashes(&mut self) -> Vec<u128> {
        self.blocks.take().map(BlockHasher::finish).unwrap_or_default()
    }

    pub(super) fn decoder<'f>(&self, file: &'f OpenFile) -> Decoder<'f> {
        let kept = self.queue.events.as_ref().map(|events| events.rules());
        let events = engine::events(self.job, self.time.clone(), self.settings.threads.get(), kept);
        let records = &self.job.source.records;
        let batch = records.rules.as_ref().map(|rules| Batch::new(rules, &records.in_path));
        Decoder::new(&file.header.written, self.job.source.csv.encoding, events, batch)
    }

    /// Counts the records that begin in `range`. With `guess`, the start of the first one is guessed.
    fn count_chunk(
        &mut self,
        file: &OpenFile,
        range: Range<u64>,
        guess: bool,
        decoder: &mut Decoder<'_>,
    ) -> Result<CountedChunk> {
        let mut held = 0;
        let mut start = range.start;
        if guess {
            match self.guess(file, decoder, &range, &mut held)? {
                Some(guessed) => start = guessed,
                None => return Ok(CountedChunk { end: range.end, ..CountedChunk::default() }),
            }
        }
        let mut counted = CountedChunk { start: Some(start), end: start, ..CountedChunk::default() };
        let mut is_read = true;
        let mut fill = |worker: &mut Self, from: u64, held| {
            let held = worker.fill(file, from, held, range.end).inspect_err(|_| is_read = false)?;
            let wanted = usize::try_from(range.end.saturating_sub(from)).unwrap_or(usize::MAX);
            Ok(Filled { begin: 0, held, wanted, at_eof: from + held as u64 == file.size, progress: None })
        };
        let rows = self.count_rows(decoder, &mut counted, &mut held, range.end, &mut fill);
        match rows {
            // An error about rows does not name the file yet.
            Err(error) if is_read && error.kind() == Kind::Data => {
                Err(error.within(&self.queue.inputs()[file.at].name))
            }
            rows => rows.map(|()| counted),
        }
    }

    /// Counts the rows from the end of `counted` at least up to `end`. The buffer holds their first `held` bytes, and `fill`
    /// reads more.
    pub(super) fn count_rows(
        &mut self,
        decoder: &mut Decoder<'_>,
        counted: &mut CountedChunk,
        held: &mut usize,
        end: u64,
        fill: &mut dyn FnMut(&mut Self, u64, usize) -> Result<Filled>,
    ) -> Result<()> {
        decoder.events().rejects_wanted = self.queue.rejects_wanted();
        while counted.end < end || decoder.is_in_line() {
            self.settings.stop.check()?;
            let filled = fill(self, counted.end, *held)?;
            let (begin, have, at_eof) = (filled.begin, filled.held, filled.at_eof);
            let bytes = &self.buffer[begin..begin + have];
            let scanned = decoder.decode(bytes, counted.end, filled.wanted, at_eof)?;
            counted.rejects.extend(decoder.take_rejects(counted.line_ends, bytes));
            decoder.events().tally.bytes_read += scanned.bytes as u64;
            counted.line_ends += scanned.line_ends;
            counted.end += scanned.bytes as u64;
            self.buffer.copy_within(begin + scanned.bytes..begin + have, 0);
            *held = have - scanned.bytes;
            let done = filled.progress.unwrap_or(scanned.bytes as u64);
            self.settings.progress.bytes_done.fetch_add(done, Ordering::Relaxed);
            self.settings.progress.rows_done.fetch_add(scanned.lines, Ordering::Relaxed);
            decoder.events().counter.check_limit()?;
            if at_eof && scanned.bytes == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Bytes of one read.
    pub(super) fn read_size(&self) -> usize {
        self.settings.read_size_bytes.clamp(1, READ_BYTES_MAX)
    }

    /// Reads more bytes after the `held` ones at the start of the buffer, which are at `from` in the file.
    pub(super) fn fill(&mut self, file: &OpenFile, from: u64, held: usize, wanted_to: u64) -> Result<usize> {
        let at = from + held as u64;
        let left = file.size - at;
        let before_end = wanted_to.saturating_sub(at);
        // After the end of the chunk only the rest of one record is wanted.
        let wanted = if before_end > 0 { before_end } else { GUESS_BYTES as u64 };
        let more = wanted.min(left).min(self.read_size() as u64) as usize;
        if self.buffer.len() < held + more {
            self.buffer.resize(held + more, 0);
        }
        let bytes = &mut self.buffer[held..held + more];
        file.read_exact_at(bytes, at).map_err(|error| error.within(&self.queue.inputs()[file.at].name))?;
        if let Some(blocks) = &mut self.blocks {
            blocks.read(at, bytes);
        }
        Ok(held + more)
    }

    /// Where the first record of `range` probably begins. The buffer then holds the `held` bytes from there on. `None` if no line
    /// ends in `range`. Then all of it was read, and nothing is held.
    fn guess(
        &mut self,
        file: &OpenFile,
        decoder: &Decoder<'_>,
        range: &Range<u64>,
        held: &mut usize,
    ) -> Result<Option<u64>> {
        let size = GUESS_BYTES.max(self.settings.read_size_bytes) as u64;
        let mut from = range.start - 1;
        while from < range.end {
            let (end, mut have) = (file.size.min(from + size), 0);
            while from + (have as u64) < end {
                have = self.fill(file, from, have, end)?;
            }
            if let Some(start) = decoder.guess(&self.buffer[..have], end == file.size) {
                self.buffer.copy_within(start..have, 0);
                *held = have - start;
                return Ok(Some(from + start as u64));
            }
            from = end;
        }
        Ok(None)
    }
}
