//! The rules of CSV: how the rows of files are written, as far as it is declared; the rest is seen in each file.

use windrow_scan::csv::{Dialect, LineEnd};

use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::format::parquet::Keys;
use crate::format::text::Pattern;
use crate::text::escape::for_people;

/// How the rows of CSV files are written.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvRules {
    /// What separates fields; none: what separates most names in the header of each file.
    pub delimiter: Option<u8>,
    /// The first byte of a comment line, if there are comments.
    pub comment: Option<u8>,
    /// What ends lines; none: CR in a file that has no LF in its first MiB, else LF.
    pub line_end: Option<LineEnd>,
    /// Lines before the header that are not read.
    pub skip_lines: u64,
    /// What bytes above 0x7F mean.
    pub encoding: Encoding,
    /// The names of the columns of files without a header; none: files have one.
    pub columns: Vec<String>,
    /// How the lines of text logs are taken apart; none: as the beginning of each file shows.
    pub pattern: Option<Pattern>,
    /// What decrypts Parquet files.
    pub parquet: Keys,
}

impl Default for CsvRules {
    fn default() -> Self {
        let delimiter = Some(Dialect::default().delimiter());
        CsvRules {
            delimiter,
            comment: None,
            line_end: None,
            skip_lines: 0,
            encoding: Encoding::default(),
            columns: Vec::new(),
            pattern: None,
            parquet: Keys::default(),
        }
    }
}

/// The delimiters that have a name, and are looked for where none is declared; of equals the first is taken.
pub const DELIMITERS: [(&str, u8); 4] =
    [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("pipe", b'|')];

/// What a job file writes for a delimiter that is seen in each file.
pub(crate) const AUTO: &str = "auto";

impl CsvRules {
    /// The dialect of a file whose lines end so; the delimiter is the comma until its header is seen.
    ///
    /// # Errors
    /// Usage: the bytes that are declared contradict each other.
    pub fn dialect(&self, line_end: LineEnd) -> Result<Dialect> {
        let default = Dialect::default();
        let dialect =
            Dialect::new(self.delimiter.unwrap_or(default.delimiter()), default.quote(), self.comment)
                .map_err(|error| Error::usage(error.to_string()).with_code(Code::InvalidValue))?
                .with_line_end(line_end);
        Ok(if self.encoding.is_utf8() { dialect } else { dialect.with_any_bytes() })
    }
}

/// A delimiter as a job file writes it.
pub fn delimiter_word(delimiter: Option<u8>) -> String {
    delimiter.map_or_else(|| AUTO.to_owned(), |byte| char::from(byte).to_string())
}

/// A delimiter by its name or by itself; none: it is seen in each file.
pub(crate) fn delimiter(text: &str) -> Result<Option<u8>> {
    match DELIMITERS.iter().find(|(name, _)| *name == text) {
        Some((_, byte)) => Ok(Some(*byte)),
        None if text == AUTO => Ok(None),
        None => byte(text, "delimiter").map(Some).map_err(|error| {
            let help = error.help_text().unwrap_or_default().to_owned();
            error.with_help(format!("{help}, or {}, {AUTO}", DELIMITERS.map(|(name, _)| name).join(", ")))
        }),
    }
}

/// The byte of a one-letter text; `what` names it in errors.
pub(crate) fn byte(text: &str, what: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] if !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(*byte),
        _ => Err(Error::usage(format!("`{}` cannot be the {what}", for_people(text)))
            .with_code(Code::InvalidValue)
            .with_help(
                "write one ASCII character other than the quote and line ends, for example \";\" or \"\\t\"",
            )),
    }
}
