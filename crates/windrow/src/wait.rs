//! Waiting: what is asynchronous within is driven to its end on threads that belong to no runtime of the caller.

use std::panic::resume_unwind;
use std::thread;

use tokio::runtime::Handle;

/// Does `work`, on a thread of its own where the caller's is one of an asynchronous runtime, which must not be blocked by another one.
pub(crate) fn outside_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match Handle::try_current() {
        Err(_) => work(),
        Ok(_) => thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|panic| resume_unwind(panic))),
    }
}
