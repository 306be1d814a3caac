//! The rules of CSV: what a job declares about how rows are written. The rest is detected in each file.

use windrow_scan::csv::{Dialect, LineEnd};

use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::format::parquet::DecryptionKeys;
use crate::format::text::TextPattern;
use crate::text::escape::for_people;

/// How the rows of CSV files are written.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvRules {
    /// The delimiter of fields. `None`: the one that is most frequent in the header of each file.
    pub delimiter: Option<u8>,
    /// The first byte of a comment line, if there are comments.
    pub comment: Option<u8>,
    /// The line end. `None`: CR in a file that has CRs but no LF in its first MiB, else LF.
    pub line_end: Option<LineEnd>,
    /// How many lines before the header are skipped.
    pub skip_lines: u64,
    /// The encoding, which says what bytes above 0x7F mean.
    pub encoding: Encoding,
    /// The names of the columns of files without a header. Empty if files have a header.
    pub columns: Vec<String>,
    /// How lines of text logs are parsed. `None`: as the beginning of each file shows.
    pub pattern: Option<TextPattern>,
    /// The keys that decrypt Parquet files.
    pub parquet: DecryptionKeys,
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
            parquet: DecryptionKeys::default(),
        }
    }
}

/// The delimiters that have a name. If none is declared, these are tried, and the first one wins a tie.
pub const DELIMITERS: [(&str, u8); 4] =
    [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("pipe", b'|')];

/// The word in a job file for a delimiter that is detected in each file.
pub(crate) const AUTO: &str = "auto";

impl CsvRules {
    /// The dialect of a file with this line end. If no delimiter is declared, it is the comma until the header is read.
    ///
    /// # Errors
    /// Usage: the declared bytes contradict each other.
    pub fn dialect(&self, line_end: LineEnd) -> Result<Dialect> {
        let default = Dialect::default();
        let dialect =
            Dialect::new(self.delimiter.unwrap_or(default.delimiter()), default.quote(), self.comment)
                .map_err(|error| Error::invalid(error.to_string()))?
                .with_line_end(line_end);
        Ok(if self.encoding.is_utf8() { dialect } else { dialect.with_any_bytes() })
    }
}

/// A delimiter as a job file writes it.
pub fn delimiter_word(delimiter: Option<u8>) -> String {
    delimiter.map_or_else(|| AUTO.to_owned(), |byte| char::from(byte).to_string())
}

/// A delimiter from its name or its character. `None`: it is detected in each file.
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

/// The byte of a text of one ASCII character. Errors call it `what`.
pub(crate) fn byte(text: &str, what: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] if !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(*byte),
        _ => Err(Error::invalid(format!("`{}` cannot be the {what}", for_people(text))).with_help(
            "write one ASCII character other than the quote and line ends, for example \";\" or \"\\t\"",
        )),
    }
}
