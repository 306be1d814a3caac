//! Waiting: what is asynchronous within is driven to its end on threads that belong to no runtime of the caller, and several things
//! that wait are done at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::Result;

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

/// Does `work` on each of `items`, on up to `threads` threads. Returns the results in the order of the items. After an error, no more items are begun.
///
/// # Errors
/// The first error of `work`.
pub(crate) fn at_once<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (next, done, failure) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()), Mutex::new(None));
    let go = || {
        while let Some((at, item)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        } {
            match work(item) {
                Ok(made) => drop(done.lock().unwrap_or_else(PoisonError::into_inner).insert(at, made)),
                Err(error) => {
                    next.fetch_max(items.len(), Ordering::Relaxed);
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(items.len()) {
            // If the system refuses a thread, the others do its work.
            if std::thread::Builder::new().spawn_scoped(scope, go).is_err() {
                break;
            }
        }
        go();
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn what_is_made_is_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        for threads in [1, 2, 7, 200] {
            // The first ones wait for the last ones, where there are so many threads.
            let begun = AtomicUsize::new(0);
            let made = at_once(threads, &items, |at| {
                begun.fetch_add(1, Ordering::Relaxed);
                while threads > items.len() && begun.load(Ordering::Relaxed) < items.len() {
                    std::thread::yield_now();
                }
                Ok(at * 2)
            });
            assert_eq!(made.unwrap(), items.iter().map(|at| at * 2).collect::<Vec<_>>());
        }
        assert!(at_once(3, &[], |at: &usize| Ok(*at)).unwrap().is_empty());
    }

    #[test]
    fn nothing_is_begun_after_an_error() {
        let items: Vec<usize> = (0..1_000).collect();
        for threads in [1, 2] {
            let begun = AtomicUsize::new(0);
            let failed = at_once(threads, &items, |at| {
                begun.fetch_add(1, Ordering::Relaxed);
                if *at == 3 { Err(Error::bug("three")) } else { Ok(()) }
            });
            assert!(failed.unwrap_err().to_string().contains("three"));
            assert!(threads > 1 || begun.into_inner() == 4);
        }
    }
}
