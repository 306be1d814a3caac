//! Parquet: where in a file is what a job names, a first look at it, and how its rows become events.
//!
//! The crate `parquet` reads metadata and pages; what it says of a file that is damaged is checked or contained here
//! ([`contained`]). Only the columns that a job names are read.

mod again;
mod bits;
mod bytes;
mod column;
mod contained;
mod decoder;
mod delta;
mod encrypted;
mod keys;
mod kind;
mod lanes;
#[cfg(feature = "spark")]
mod outline;
mod pages;
mod parts;
mod path;
mod records;
mod row;
mod sample;
mod secrets;
#[cfg(feature = "spark")]
mod single;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod thrift;
mod times;
mod value;

pub(super) use decoder::Each;
pub(crate) use decoder::ParquetDecoder;
pub use keys::DecryptionKeys;
pub(crate) use kind::{ColumnKind, TickUnit};
pub(super) use lanes::{ends, within};
#[cfg(feature = "spark")]
pub(crate) use outline::{Outline, StoredColumn};
pub(crate) use path::names_in_file;
pub(super) use path::{Leaf, PathTarget, if_there, unread};
pub(super) use records::RowsOfRecords;
pub(super) use row::{ParquetRow, RowColumns, fault};
pub(crate) use sample::sample;
pub(crate) use table::ParquetTable;
pub(super) use value::StoredValue;
