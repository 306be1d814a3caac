//! Formats: how rows are written in a file.

mod content;
pub mod csv;
