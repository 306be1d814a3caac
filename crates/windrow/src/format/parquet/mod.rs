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

pub(crate) use decoder::Decoder;
pub(super) use decoder::Each;
pub use keys::Keys;
pub(crate) use kind::{Kind, Unit};
pub(super) use lanes::{ends, within};
#[cfg(feature = "spark")]
pub(crate) use outline::{Outline, StoredColumn};
pub(super) use path::{Found, Leaf, unread};
pub(super) use records::RowsOfRecords;
pub(super) use row::{Named, Row, fault};
pub(crate) use sample::sample;
pub(crate) use table::Table;
pub(super) use value::Value;
