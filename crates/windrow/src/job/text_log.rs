//! What a job says of text logs: their pattern, and the columns that it has.

use super::check::missing;
use super::file::SourceFile;
use super::span::{At, Fault};
use crate::error::Error;
use crate::event::TimeFormat;
use crate::format::InputFormat;
use crate::format::csv::AUTO;
use crate::format::text::TextPattern;

/// The pattern of lines; none where the files are not text logs, or each shows its own.
pub(super) fn pattern(
    written: &SourceFile,
    format: Option<InputFormat>,
) -> Result<Option<TextPattern>, Fault> {
    let pattern = match (written.pattern.as_deref(), format) {
        (None, Some(InputFormat::Text)) => {
            return Err(missing("pattern", "pattern = \"combined\"")).at(&["source"]);
        }
        (None, _) => return Ok(None),
        (
            Some(_),
            Some(InputFormat::Csv | InputFormat::Json | InputFormat::Parquet | InputFormat::Delta) | None,
        ) => {
            return Err(Error::invalid("a pattern is for text logs")
                .with_help("add `format = \"text\"`, or leave it out"))
            .at(&["source", "pattern"]);
        }
        (Some(AUTO), Some(InputFormat::Text)) => return Ok(None),
        (Some(text), Some(InputFormat::Text)) => TextPattern::of_text(text).at(&["source", "pattern"])?,
    };
    // Whether it has the columns is seen in each file, whose path may name them.
    Ok(Some(pattern))
}

/// How times are written where it is not said.
pub(super) fn time_format(pattern: Option<&TextPattern>) -> TimeFormat {
    let usual = pattern.and_then(|pattern| pattern.time_formats().into_iter().next());
    usual.unwrap_or(TimeFormat::Iso)
}
