//! CSV: how its rows are declared, what stands before the first one, and a first look at them. Nothing else knows of it.

mod head;
mod mismatch;
mod rules;
mod sample;

pub use head::{BOM, Head, is_header, line_end_of};
pub use mismatch::{later_header, mismatch};
pub(crate) use rules::{AUTO, byte, delimiter};
pub use rules::{CsvRules, DELIMITERS, delimiter_word};
#[cfg(test)]
pub(crate) use sample::sample_of;
pub use sample::{ROWS_MAX, Sample};
pub use windrow_csv::LineEnd;
