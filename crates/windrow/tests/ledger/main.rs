//! Jobs that keep a ledger: whatever happens to files, job, program and store, the published tables end as one full run
//! over the accepted files would make them.
//!
//!     cargo test -p windrow --test ledger
//!     WINDROW_SEEDS=5000 cargo test -p windrow --test ledger sequences       # many random sequences
//!     WINDROW_SEED=17 cargo test -p windrow --test ledger sequences          # the one that failed
//!     WINDROW_KILLS=200 cargo test -p windrow --test ledger kill             # many kills -9
//!     WINDROW_BIN=path/to/windrow WINDROW_KILLS=200 cargo test -p windrow --test ledger kill
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

/// What is expected: files, their rows, and which of them count.
mod model;
/// A store in memory whose faults tests decide.
mod storage;

/// A folder of files, a job, and its runs.
mod work;

/// Backups, and restoring them.
mod backup;
/// An engine that does not see the bytes of files.
mod blind;
/// What must hold after a run.
mod truth;

/// Many random sequences of changes and runs.
mod sequences;

/// Published events of closed hours.
mod compaction;

/// Published events in folders by value.
mod folders;

/// What runs and histories cost the state.
mod costs;
/// A run that dies at each of its operations.
mod crash;
/// State that was damaged.
mod damage;
/// Decisions, one per test.
mod decisions;
/// Files that were counted without a fingerprint.
mod doubts;
/// The events themselves, published.
mod events;
/// A store that errs.
mod faults;
/// Ledgers of older and newer formats.
mod formats;
/// Files that are only ever appended to.
mod growing;
/// A program that is killed.
mod kill;
mod look_back;
mod lookups;
/// Rejects that were lost.
mod lost;
/// What is measured beside the counts.
mod measured;
mod moving;
/// Reports with wider and narrower windows.
mod panes;
mod peaks;
/// Runs at the same time.
mod races;
/// Which engine a row is from.
mod readers;
/// Logs that are renamed when they have grown.
mod rotation;
/// What is cleaned away while others read and run.
mod upkeep;
