//! Attending to work: the library works on a thread of its own. Meanwhile the caller's thread waits without the interpreter lock, checks
//! for Ctrl-C as Python does, and reports progress.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use windrow::{Error, Result, Settings};

use crate::error::raised;
use crate::log;

/// How long the caller's thread waits between checks for Ctrl-C.
const BEAT: Duration = Duration::from_millis(25);
/// As the main thread of a program has it.
const STACK_BYTES: usize = 8 << 20;

/// Does `work` on another thread. `told` is called with the bytes and rows read so far, and the bytes in total.
///
/// # Errors
/// That of the work. If a Python signal handler or `told` raises, the work is asked to stop through `settings`, and the exception is
/// raised once it has stopped: nothing goes on in the background. Help texts name keys if the job is `of_file`.
pub(crate) fn attended<T: Send + 'static>(
    py: Python<'_>,
    (settings, of_file): (&Settings, bool),
    told: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    log::follow(py)?;
    let (sender, mut receiver) = channel();
    let worker = thread::Builder::new().name("windrow".to_owned()).stack_size(STACK_BYTES);
    let begun = worker.spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(work));
        let _ = sender.send(done.unwrap_or_else(|_| Err(Error::bug("windrow panicked"))));
    });
    begun.map_err(|error| raised(py, &Error::io("cannot begin a thread", &error), of_file))?;
    let mut stopped: Option<PyErr> = None;
    loop {
        let waited;
        (waited, receiver) = py.detach(move || (receiver.recv_timeout(BEAT), receiver));
        if stopped.is_none() {
            let seen = py.check_signals().and_then(|()| log::tell(py)).and_then(|()| tell(settings, told));
            stopped = seen.inspect_err(|_| settings.stop.request(false)).err();
        }
        match (waited, stopped) {
            (Err(RecvTimeoutError::Timeout), still) => stopped = still,
            (_, Some(error)) => return Err(error),
            (Ok(done), None) => return done.map_err(|error| raised(py, &error, of_file)),
            (Err(RecvTimeoutError::Disconnected), None) => {
                return Err(raised(py, &Error::bug("the work ended without a result"), of_file));
            }
        }
    }
}

fn tell(settings: &Settings, told: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let Some(told) = told else { return Ok(()) };
    let progress = &settings.progress;
    let [done, total, rows] = [&progress.bytes_done, &progress.bytes_total, &progress.rows_done];
    told.call1((done.load(Ordering::Relaxed), total.load(Ordering::Relaxed), rows.load(Ordering::Relaxed)))
        .map(drop)
}
