//! The embedded engine: it scans files with threads on this machine.
//!
//! Files are taken in order and cut into chunks. Each thread takes the next chunk, guesses where the first record
//! in it begins, and counts up to where the first record of the next chunk begins. When the chunks of a file are
//! done, each must begin where the one before ended; if one does not, the guess was wrong and the file is counted
//! again from its start without guessing. So the answer never depends on how a file was cut. If the format itself divides a file
//! into pieces, a chunk is such a piece, and nothing is guessed.

mod chunk;
mod join;
mod order;
mod piece;
mod queue;
mod stream;

use std::sync::{Mutex, PoisonError};

use super::{Engine, Receiver};
use crate::error::Result;
use crate::job::Job;
use crate::settings::Settings;
use crate::source::InputFile;

use chunk::Worker;
use queue::Queue;

/// Counts files with threads on this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Engine for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn count(
        &self,
        job: &Job,
        files: &[InputFile],
        settings: &Settings,
        receiver: &mut dyn Receiver,
    ) -> Result<()> {
        let queue = Queue::new(files, settings, receiver);
        let failure = Mutex::new(None);
        let work = || {
            let _guard = GiveUpOnPanic(&queue);
            if let Err(error) = Worker::new(job, settings, &queue).and_then(|mut worker| worker.work()) {
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                queue.give_up();
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..settings.threads.get() {
                // If the system refuses a thread, the others do its share.
                if let Err(error) = std::thread::Builder::new().spawn_scoped(scope, work) {
                    tracing::warn!("counting with fewer threads: {error}");
                    break;
                }
            }
            work();
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// Makes the other threads stop if this one panics, so that the panic is reported.
struct GiveUpOnPanic<'q>(&'q Queue<'q>);

impl Drop for GiveUpOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.give_up();
        }
    }
}

#[cfg(test)]
mod tests;
