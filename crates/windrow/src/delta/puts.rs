//! Data files that threads store in the background, while the caller goes on.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::file::DataFile;
use super::write::{DataWriter, UnstoredFile};
use crate::error::{Error, Result};

/// How many files are stored at the same time. A store is slow to answer, but it takes many requests at a time, and a disk syncs many files at once.
const AT_ONCE: usize = 16;

/// The most bytes that wait to be stored. A caller with more waits until there is room.
const BYTES_MAX: usize = 32 << 20;

/// Stores data files in the background.
#[derive(Debug, Default)]
pub(crate) struct BackgroundPuts(Arc<WaitingPuts>);

#[derive(Debug, Default)]
struct WaitingPuts {
    state: Mutex<PutsState>,
    /// Notified when a file waits, and when no more will come.
    came: Condvar,
    /// Notified when a file was stored, and when a thread ends.
    stored: Condvar,
}

#[derive(Debug, Default)]
struct PutsState {
    waiting: VecDeque<UnstoredFile>,
    /// Bytes of files that wait or are being stored.
    bytes: usize,
    /// Files that wait or are being stored.
    files: usize,
    threads: usize,
    /// Whether no more files will come.
    closed: bool,
    failure: Option<Error>,
}

impl BackgroundPuts {
    /// Stores what `writer` has written in the background. It is surely stored only after [`BackgroundPuts::finish`].
    ///
    /// # Errors
    /// An earlier file cannot be stored.
    pub(crate) fn put(&self, writer: DataWriter) -> Result<DataFile> {
        let (file, bytes) = writer.encoded()?;
        let len = bytes.bytes.len();
        let mut state = self.0.lock();
        while state.failure.is_none() && state.bytes > 0 && state.bytes + len > BYTES_MAX {
            state = self.0.stored.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(error) = &state.failure {
            return Err(error.clone());
        }
        (state.bytes, state.files) = (state.bytes + len, state.files + 1);
        state.waiting.push_back(bytes);
        self.0.came.notify_one();
        if state.threads < AT_ONCE && state.threads < state.files {
            let puts = Arc::clone(&self.0);
            let spawned = thread::Builder::new().name("put".to_owned()).spawn(move || puts.work());
            match spawned {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    let error = Error::io("cannot start a thread", &error);
                    state.failure = Some(error.clone());
                    return Err(error);
                }
                // The other threads do its work.
                Err(_) => {}
            }
        }
        Ok(file)
    }

    /// Waits until all files are stored.
    ///
    /// # Errors
    /// The first one: a file cannot be stored.
    pub(crate) fn finish(&self) -> Result<()> {
        let mut state = self.0.lock();
        while state.files > 0 && state.failure.is_none() {
            state = self.0.stored.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.failure.clone().map_or(Ok(()), Err)
    }
}

/// Files that still wait are dropped. Those being stored are waited for, so that nothing is written after the end of a run.
impl Drop for BackgroundPuts {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting.clear();
        state.closed = true;
        self.0.came.notify_all();
        while state.threads > 0 {
            state = self.0.stored.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl WaitingPuts {
    /// Stores files, and waits for more, until no more will come.
    fn work(&self) {
        let mut state = self.lock();
        while !state.closed && state.failure.is_none() {
            let Some(bytes) = state.waiting.pop_front() else {
                state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            let len = bytes.bytes.len();
            // Others wait for this file, even after a panic.
            let stored = catch_unwind(AssertUnwindSafe(|| bytes.store()))
                .unwrap_or_else(|_| Err(Error::bug("a thread that stores files failed")));
            state = self.lock();
            (state.bytes, state.files) = (state.bytes - len, state.files - 1);
            if let Err(error) = stored {
                state.failure.get_or_insert(error);
                self.came.notify_all();
            }
            self.stored.notify_all();
        }
        state.threads -= 1;
        self.stored.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, PutsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
