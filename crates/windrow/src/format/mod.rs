//! Formats: how rows are written in a file, and one way to count them whatever it is.

mod content;
pub mod csv;
mod decoder;
mod header;
pub mod json;

pub(crate) use decoder::Decoder;
pub(crate) use header::{Columns, Header, Written};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header, and fields between delimiters.
    Csv,
    /// Objects of JSON.
    Json,
}
