//! Delta tables, as windrow keeps and publishes them: the storage layer of the ledger and of the published tables.
//!
//! A table is a folder of Parquet files and a log that says which of them count. A commit adds one file to the log, and
//! only if that file does not exist: this alone makes it atomic. Windrow writes Delta's plain protocol (reader 1, writer
//! 2), so that every reader of Delta tables can read it; a table that needs more is refused, not misread.
//!
//! Tables of other programs are only read, and more leniently: see `foreign`.
//!
//! A lost commit is not rebased or retried, on purpose: it was computed from a version that is out of date.

pub mod store;

mod action;
mod blocks;
mod schema;
mod stats;

mod file;
mod folder;
mod foreign;
mod known;
mod log;
mod snapshot;

mod checkpoint;
mod clean;
mod commit;
mod read;
mod spec;
mod table;
mod write;

mod puts;

#[cfg(test)]
mod tests;

pub use action::TextMap;
pub use clean::{Cleaned, MustStay, Retention};
pub use commit::{Commit, Committed, PastCommit};
pub use file::DataFile;
pub use folder::Folder;
pub(crate) use folder::remedy;
pub(crate) use foreign::{DeletionVector, FileStep, Foreign, LiveFile, TableColumns};
pub(crate) use puts::BackgroundPuts;
pub use read::DataFileRows;
pub use spec::TableSpec;
pub use stats::{ColumnRange, StatsValue};
pub use store::Store;
pub use table::DeltaTable;
pub use write::DataWriter;
