//! Formats: how rows are written in a file, and one interface to count them in any format.

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

use crate::source::{Endings, NameEnding, Tables};

pub(crate) use collect::{collect, columns_of};
pub(crate) use decoder::Decoder;
pub(crate) use header::{ABSENT, Header, NamedColumns, RowLayout};

/// The format of input files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputFormat {
    /// A header, and fields between delimiters.
    #[default]
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

impl InputFormat {
    /// Its name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            InputFormat::Csv => "CSV",
            InputFormat::Json => "JSON",
            InputFormat::Parquet => "Parquet",
            InputFormat::Delta => "a Delta table",
            InputFormat::Text => "a text log",
        }
    }

    /// All formats.
    pub const ALL: [InputFormat; 5] =
        [InputFormat::Csv, InputFormat::Json, InputFormat::Parquet, InputFormat::Delta, InputFormat::Text];

    /// The endings of its files in a folder.
    const fn endings(self) -> &'static [NameEnding] {
        match self {
            InputFormat::Csv => const { &[NameEnding::packed(".csv"), NameEnding::packed(".tsv")] },
            InputFormat::Json => {
                const {
                    &[
                        NameEnding::packed(".json"),
                        NameEnding::packed(".ndjson"),
                        NameEnding::packed(".jsonl"),
                    ]
                }
            }
            InputFormat::Parquet => const { &[NameEnding::whole(".parquet")] },
            InputFormat::Delta => &[],
            InputFormat::Text => const { &[NameEnding::packed(".log"), NameEnding::packed("_log")] },
        }
    }
}

/// Which files and tables the paths of a job stand for: those of the format, or of every format if none is declared.
pub fn endings(format: Option<InputFormat>) -> Endings {
    let endings = match format {
        Some(format) => Endings::new(format.endings().iter().copied()),
        None => {
            Endings::new(InputFormat::ALL.into_iter().flat_map(|format| format.endings().iter().copied()))
        }
    };
    endings.and(match format {
        None | Some(InputFormat::Parquet) => Tables::Read,
        Some(InputFormat::Delta) => Tables::Only,
        Some(InputFormat::Csv | InputFormat::Json | InputFormat::Text) => Tables::Skipped,
    })
}
