//! Formats: how rows are written in a file, and one way to count them whatever it is.

mod arrow;
mod binary;
mod collect;
mod content;
pub mod csv;
mod decoder;
mod header;
pub mod json;
pub(crate) mod parquet;
pub mod text;

use crate::source::{Ending, Endings, Tables};

pub(crate) use collect::{collect, columns_of};
pub(crate) use decoder::Decoder;
pub(crate) use header::{ABSENT, Columns, Header, Written};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header, and fields between delimiters.
    Csv,
    /// Objects of JSON.
    Json,
    /// Columns of Parquet.
    Parquet,
    /// Delta tables, whose files are Parquet.
    Delta,
    /// Lines of a text log.
    Text,
}

impl Format {
    /// Its name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "CSV",
            Format::Json => "JSON",
            Format::Parquet => "Parquet",
            Format::Delta => "a Delta table",
            Format::Text => "a text log",
        }
    }

    /// Every one.
    pub const ALL: [Format; 5] = [Format::Csv, Format::Json, Format::Parquet, Format::Delta, Format::Text];

    /// The endings of its files in a folder.
    const fn endings(self) -> &'static [Ending] {
        match self {
            Format::Csv => const { &[Ending::packed(".csv"), Ending::packed(".tsv")] },
            Format::Json => {
                const { &[Ending::packed(".json"), Ending::packed(".ndjson"), Ending::packed(".jsonl")] }
            }
            Format::Parquet => const { &[Ending::whole(".parquet")] },
            Format::Delta => &[],
            Format::Text => const { &[Ending::rotated(".log")] },
        }
    }
}

/// What is read of the paths of a job: of files those of the format, or of every one where each file shows its own.
pub fn endings(format: Option<Format>) -> Endings {
    let endings = match format {
        Some(format) => Endings::new(format.endings().iter().copied()),
        None => Endings::new(Format::ALL.into_iter().flat_map(|format| format.endings().iter().copied())),
    };
    endings.and(match format {
        None | Some(Format::Parquet) => Tables::Read,
        Some(Format::Delta) => Tables::Only,
        Some(Format::Csv | Format::Json | Format::Text) => Tables::Skipped,
    })
}
