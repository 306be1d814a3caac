//! Settings: what may change how a run is done and never what it answers.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::error::{Code, Error, Kind, Result};

/// How a run is done: threads, read sizes, who watches it and who may stop it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads that count.
    pub threads: NonZeroUsize,
    /// Bytes asked of the system in one read.
    pub read_size_bytes: usize,
    /// Bytes of a file one thread takes at a time.
    pub chunk_size_bytes: u64,
    /// Where the run tells how far it is.
    pub progress: Arc<Progress>,
    /// How the run is asked to stop.
    pub stop: Stop,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            read_size_bytes: 256 << 10,
            chunk_size_bytes: 4 << 20,
            progress: Arc::default(),
            stop: Stop::default(),
        }
    }
}

/// How far a run is; written by the threads that count, read by a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes the listed inputs have.
    pub bytes_total: AtomicU64,
    /// Bytes read so far.
    pub bytes_done: AtomicU64,
    /// Rows read so far.
    pub rows_done: AtomicU64,
}

impl Progress {
    /// Begins anew, for another reading of the inputs.
    pub fn restart(&self) {
        for number in [&self.bytes_total, &self.bytes_done, &self.rows_done] {
            number.store(0, Ordering::Relaxed);
        }
    }
}

/// A request to stop, shared by a signal handler and the threads that work.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// Asks the run to stop as after Ctrl-C (`terminated = false`) or SIGTERM (`true`).
    pub fn request(&self, terminated: bool) {
        self.0.store(if terminated { 2 } else { 1 }, Ordering::Relaxed);
    }

    /// An error once a stop was requested.
    pub fn check(&self) -> Result<()> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            1 => Err(Error::new(Kind::Interrupted, "interrupted: nothing was published")
                .with_code(Code::Interrupted)),
            _ => {
                Err(Error::new(Kind::Terminated, "terminated: nothing was published")
                    .with_code(Code::Terminated))
            }
        }
    }
}
