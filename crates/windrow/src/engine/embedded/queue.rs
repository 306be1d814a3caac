//! The queue: which thread does what next, and what is delivered, in the order of the files.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::counts::Partial;
use crate::engine::{EventSink, FingerprintWish, Receiver, Refusal};
use crate::error::{Error, Result};
use crate::fingerprint::{BLOCK_BYTES, Fold};
use crate::settings::Settings;
use crate::source::InputFile;

use super::chunk::CountedChunk;
use super::join::WholeFile;
use super::order::Outbox;
use crate::engine::file::OpenFile;

/// What a thread does next.
pub(super) enum Task {
    /// Open the input with this number.
    Open(usize),
    /// Take chunks of this file.
    Count(Arc<OpenFile>),
    /// Nothing is left.
    Done,
}

/// What is left to do with a file by the thread that leaves it.
pub(super) enum Left {
    /// Nothing: another thread is still at it.
    ToOthers,
    /// To join the parts that all threads have counted.
    Whole(Vec<Partial>, WholeFile),
    /// To count it again in order: a guess was wrong.
    Broken,
    /// To refuse it: it cannot be read to its end.
    Unreadable(Error),
}

/// Shared by the threads of one run.
pub(super) struct Queue<'a> {
    pub(super) inputs: &'a [InputFile],
    pub(super) settings: &'a Settings,
    rejects_wanted: usize,
    /// What takes the events themselves, where they are wanted.
    pub(super) events: Option<Arc<dyn EventSink>>,
    /// The inputs whose fingerprint is wanted.
    hashed: Vec<bool>,
    state: Mutex<QueueState<'a>>,
    pub(super) changed: Condvar,
}

pub(super) struct QueueState<'a> {
    /// The next input to open.
    next_input: usize,
    /// Inputs that are being opened.
    opening: usize,
    /// Streams that are being counted, each by one thread.
    streams: usize,
    /// Opened files with chunks that no thread has taken.
    open: VecDeque<Arc<OpenFile>>,
    /// How far the files are that somebody works on, by number.
    files: BTreeMap<usize, FileProgress>,
    /// What the receiver gets.
    pub(super) outbox: Outbox<'a>,
    /// Whether the run has failed.
    pub(super) given_up: bool,
}

/// How far a file is.
#[derive(Default)]
struct FileProgress {
    /// The next chunk to take.
    next_chunk: u64,
    /// Threads that have chunks of it.
    threads: usize,
    /// What the threads that left have counted.
    parts: Vec<Partial>,
    /// Chunks that are counted and do not follow on the joined ones yet.
    counted: BTreeMap<u64, CountedChunk>,
    /// Chunks that are joined: each begins where the one before ended.
    joined: u64,
    /// Where the joined chunks end; lines before that place.
    end: u64,
    line_ends: u64,
    /// The hashes of the joined chunks.
    fold: Fold,
    /// A chunk did not begin where the one before ended.
    broken: bool,
    /// Why the file cannot be read to its end.
    failure: Option<Error>,
}

/// Files that may be opened ahead of the first one that is not delivered, per thread: what they have to say is held.
const FILES_AHEAD: usize = 4;

/// Chunks that may be taken ahead of the first unfinished one, per thread.
const CHUNKS_AHEAD: u64 = 8;

impl<'a> Queue<'a> {
    pub(super) fn new(
        inputs: &'a [InputFile],
        settings: &'a Settings,
        receiver: &'a mut dyn Receiver,
    ) -> Self {
        Queue {
            inputs,
            settings,
            rejects_wanted: receiver.rejects_wanted(),
            events: receiver.events(),
            hashed: inputs
                .iter()
                .map(|input| receiver.fingerprint_wish(input) != FingerprintWish::No)
                .collect(),
            state: Mutex::new(QueueState {
                next_input: 0,
                opening: 0,
                streams: 0,
                open: VecDeque::new(),
                files: BTreeMap::new(),
                outbox: Outbox::new(receiver),
                given_up: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// The inputs, by number.
    pub(super) fn inputs(&self) -> &'a [InputFile] {
        self.inputs
    }

    /// Whether the fingerprint of input number `at` is wanted.
    pub(super) fn wants_fingerprint(&self, at: usize) -> bool {
        self.hashed[at]
    }

    /// Rejects of a file that are wanted with their text.
    pub(super) fn rejects_wanted(&self) -> usize {
        self.rejects_wanted
    }

    /// Lets every thread come to its end.
    pub(super) fn give_up(&self) {
        self.lock().given_up = true;
        self.changed.notify_all();
    }

    /// What the calling thread does next; waits while others are about to find work.
    pub(super) fn next(&self) -> Result<Task> {
        let mut state = self.lock();
        loop {
            self.settings.stop.check()?;
            if state.given_up {
                return Ok(Task::Done);
            }
            if let Some(file) = state.open.front() {
                let file = Arc::clone(file);
                state.files.entry(file.at).or_default().threads += 1;
                return Ok(Task::Count(file));
            }
            let is_last = state.next_input == self.inputs.len();
            if !is_last && state.next_input < state.outbox.turn + FILES_AHEAD * self.settings.threads.get() {
                state.next_input += 1;
                state.opening += 1;
                return Ok(Task::Open(state.next_input - 1));
            }
            if is_last && state.opening == 0 {
                return Ok(Task::Done);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Input number `at` was opened, or is refused. A stream comes back: who has opened it counts it.
    pub(super) fn opened(
        &self,
        at: usize,
        opened: Result<OpenFile, Box<Refusal>>,
    ) -> Result<Option<OpenFile>> {
        let mut stream = None;
        let refused = {
            let mut state = self.lock();
            state.opening -= 1;
            match opened {
                Ok(file) if file.is_stream() => {
                    state.streams += 1;
                    stream = Some(file);
                    None
                }
                Ok(file) => {
                    let (end, line_ends) = (file.header.body_start, file.header.line_ends);
                    state.files.insert(
                        at,
                        FileProgress { end, line_ends, fold: file.fold(), ..FileProgress::default() },
                    );
                    // The first one is taken first, so that the file whose turn it is always has a thread.
                    let place = state.open.partition_point(|open| open.at < at);
                    state.open.insert(place, Arc::new(file));
                    None
                }
                Err(refusal) => Some(refusal),
            }
        };
        self.changed.notify_all();
        if let Some(refusal) = refused {
            self.end(at, Err(*refusal))?;
        }
        Ok(stream)
    }

    /// Whether a thread has nothing to do while the streams are counted that are open now.
    pub(super) fn is_a_thread_free(&self) -> bool {
        let state = self.lock();
        let is_last = state.next_input == self.inputs.len();
        is_last && state.open.is_empty() && state.opening + state.streams < self.settings.threads.get()
    }

    /// A stream was counted, or cannot be.
    pub(super) fn left_stream(&self) {
        self.lock().streams -= 1;
    }

    /// The next chunk of `file` that no thread has taken; waits when the first unfinished one is far behind.
    pub(super) fn next_chunk(&self, file: &OpenFile) -> Result<Option<u64>> {
        let ahead = CHUNKS_AHEAD * self.settings.threads.get() as u64;
        let mut state = self.lock();
        loop {
            if state.given_up {
                return Ok(None);
            }
            let chunks = self.chunks(file);
            let progress = state.files.entry(file.at).or_default();
            if progress.next_chunk == chunks || progress.broken || progress.failure.is_some() {
                state.open.retain(|open| open.at != file.at);
                return Ok(None);
            }
            if progress.next_chunk < progress.joined + ahead {
                progress.next_chunk += 1;
                let chunk = progress.next_chunk - 1;
                if progress.next_chunk == chunks {
                    state.open.retain(|open| open.at != file.at);
                }
                return Ok(Some(chunk));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn chunks(&self, file: &OpenFile) -> u64 {
        if let Some(pieces) = file.header.pieces() {
            return pieces;
        }
        let (start, size) = (file.header.body_start, self.chunk_size(file));
        if start < file.size { file.size.div_ceil(size) - start / size } else { 0 }
    }

    /// The bytes of chunk number `chunk`; chunks are cut at multiples of their size.
    pub(super) fn range(&self, file: &OpenFile, chunk: u64) -> Range<u64> {
        if let Some(pieces) = file.header.pieces() {
            return self.end_of_piece(file, chunk, pieces)..self.end_of_piece(file, chunk + 1, pieces);
        }
        let (start, size) = (file.header.body_start, self.chunk_size(file));
        let number = start / size + chunk;
        (number * size).max(start)..((number + 1) * size).min(file.size)
    }

    /// Where the bytes end that `before` of so many pieces stand for: where they are does not matter, all of them have to be
    /// accounted for.
    fn end_of_piece(&self, file: &OpenFile, before: u64, pieces: u64) -> u64 {
        let end = (u128::from(file.size) * u128::from(before) / u128::from(pieces)) as u64;
        match file.wants_fingerprint && before < pieces {
            true => end / BLOCK_BYTES * BLOCK_BYTES,
            false => end,
        }
    }

    /// Blocks of the fingerprint are not cut.
    fn chunk_size(&self, file: &OpenFile) -> u64 {
        // What has to be read in order is one chunk.
        let size =
            if file.header.is_splittable() { self.settings.chunk_size_bytes } else { file.size.max(1) };
        if file.wants_fingerprint { size.next_multiple_of(BLOCK_BYTES) } else { size }
    }

    /// A chunk is counted: joins it, and those that waited for it, to the ones before, and delivers their rejects.
    pub(super) fn counted(&self, file: &OpenFile, chunk: u64, counted: CountedChunk) -> Result<()> {
        let mut state = self.lock();
        let progress = state.files.entry(file.at).or_default();
        progress.counted.insert(chunk, counted);
        let mut rejects = Vec::new();
        while let Some(counted) = progress.counted.remove(&progress.joined) {
            let follows = match counted.start {
                Some(start) => start == progress.end,
                None => counted.end <= progress.end,
            };
            if !follows || progress.broken {
                progress.broken = true;
                break;
            }
            if !counted.rejects.is_empty() {
                rejects.push((progress.line_ends, counted.rejects));
            }
            counted.hashes.into_iter().for_each(|hash| progress.fold.add(hash));
            progress.joined += 1;
            progress.end = progress.end.max(counted.end);
            progress.line_ends += counted.line_ends;
        }
        self.changed.notify_all();
        if rejects.is_empty() {
            return Ok(());
        }
        for (lines, rejects) in rejects {
            state.outbox.put_rejects(file.at, lines, rejects);
        }
        self.deliver_in_turn(file.at, state)
    }

    /// `file` cannot be read to its end: no thread takes more of it.
    pub(super) fn fail(&self, file: &OpenFile, error: Error) {
        self.lock().files.entry(file.at).or_default().failure.get_or_insert(error);
        self.changed.notify_all();
    }

    /// What is counted of `file` may rest on a wrong guess: it is counted again.
    pub(super) fn distrust(&self, file: &OpenFile) {
        self.lock().files.entry(file.at).or_default().broken = true;
        self.changed.notify_all();
    }

    /// Reports that `file` is refused.
    pub(super) fn refuse(&self, file: &OpenFile, error: Error) -> Result<()> {
        self.end(file.at, Err(Refusal { error, tally: None, opened: Some(file.opened.clone()) }))
    }

    /// A thread has no more chunks of `file` and has counted `part` of it.
    pub(super) fn leave(&self, file: &OpenFile, part: Partial) -> Left {
        let mut state = self.lock();
        if state.given_up {
            return Left::ToOthers;
        }
        let progress = state.files.entry(file.at).or_default();
        progress.parts.push(part);
        progress.threads -= 1;
        if progress.threads > 0 {
            return Left::ToOthers;
        }
        let progress = state.files.remove(&file.at).unwrap_or_default();
        if let Some(error) = progress.failure {
            return Left::Unreadable(error);
        }
        let whole = !progress.broken && progress.joined == self.chunks(file) && progress.end == file.size;
        // The bytes of a file that is all header are hashed when it is counted again.
        let hashed = !file.wants_fingerprint || progress.fold.blocks() == file.size.div_ceil(BLOCK_BYTES);
        if whole && hashed {
            let (fold, line_ends) = (progress.fold, progress.line_ends);
            Left::Whole(progress.parts, WholeFile { fold, line_ends, size: file.size })
        } else {
            Left::Broken
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, QueueState<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
