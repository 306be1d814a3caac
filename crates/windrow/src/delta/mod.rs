//! Delta tables, as windrow keeps and publishes them: the storage floor of the ledger and of the published tables.
//!
//! A table is a folder of Parquet files and a log that says which of them count. A commit is one more file of the log,
//! put where nothing is: that is the whole of its atomicity. What is written is Delta's plain protocol (reader 1, writer
//! 2), so that every reader of Delta tables reads it; what needs more is refused, not misread.
//!
//! Tables of other programs are only read, and more leniently: see `foreign`.
//!
//! Left out on purpose: rebasing and retrying a commit that lost. The loser computed from a version that is out of date.

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

#[cfg(test)]
mod tests;

pub use action::Texts;
pub use clean::{Cleaned, Keep, Retention};
pub use commit::{Commit, Committed, PastCommit};
pub use file::DataFile;
pub use folder::Folder;
pub(crate) use folder::remedy;
pub(crate) use foreign::{Foreign, LiveFile};
pub use read::Rows;
pub use spec::TableSpec;
pub use stats::{ColumnRange, Value};
pub use store::Store;
pub use table::Table;
pub use write::DataWriter;
