//! CSV: how its rows are declared, what stands before the first one, a first look at them, and how they become events.

mod decoder;
mod fast_path;
mod head;
mod header;
mod mismatch;
mod records;
mod rows;
mod rules;
mod sample;
mod text_log;

pub(crate) use decoder::CsvDecoder;
pub use head::{BOM, FileHead, is_header};
pub(crate) use header::CsvHeader;
pub use mismatch::mismatch;
pub(crate) use rules::{AUTO, byte, delimiter};
pub use rules::{CsvRules, DELIMITERS, delimiter_word};
#[cfg(test)]
pub(crate) use sample::sample_of;
pub use sample::{ROWS_MAX, Sample};
pub(crate) use text_log::{pattern_for, time_before_words};
pub use windrow_scan::csv::{Dialect, LineEnd, RECORD_BYTES_MAX};
