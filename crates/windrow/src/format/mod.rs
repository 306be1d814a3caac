//! Formats: how rows are written in a file, and one way to count them whatever it is.

mod content;
pub mod csv;
mod decoder;
mod header;
pub mod json;

use crate::source::{Ending, Endings};

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

impl Format {
    /// Every one.
    pub const ALL: [Format; 2] = [Format::Csv, Format::Json];

    /// The endings of its files in a folder.
    const fn endings(self) -> &'static [Ending] {
        match self {
            Format::Csv => const { &[Ending::packed(".csv"), Ending::packed(".tsv")] },
            Format::Json => {
                const { &[Ending::packed(".json"), Ending::packed(".ndjson"), Ending::packed(".jsonl")] }
            }
        }
    }
}

/// The endings of the files that count in a folder: those of the format, or of every one where each file shows its own.
pub fn endings(format: Option<Format>) -> Endings {
    match format {
        Some(format) => Endings::new(format.endings().iter().copied()),
        None => Endings::new(Format::ALL.into_iter().flat_map(|format| format.endings().iter().copied())),
    }
}
