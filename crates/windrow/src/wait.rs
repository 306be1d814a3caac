//! Waiting: what is asynchronous within is driven to its end on threads that belong to no runtime of the caller.

/// Does `work`, on a thread of its own where the caller's is one of an asynchronous runtime, which must not be blocked by another one.
#[cfg(feature = "network")]
pub(crate) fn outside_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match tokio::runtime::Handle::try_current() {
        Err(_) => work(),
        Ok(_) => std::thread::scope(|scope| {
            scope.spawn(work).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        }),
    }
}

/// Does `work`, which waits for no network.
#[cfg(not(feature = "network"))]
pub(crate) fn outside_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    work()
}
