//! The rules of CSV: how the rows of files are written, as far as it is declared; the rest is seen in each file.

use std::borrow::Cow;

use windrow_csv::{Dialect, LineEnd};

use super::check::word_or;
use super::file::SourceFile;
use super::literal::byte;
use super::place::{At, Fault};
use crate::error::{Error, Result};

/// How the rows of CSV files are written.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvRules {
    /// What separates fields; none: what separates most names in the header of each file.
    pub delimiter: Option<u8>,
    /// The first byte of a comment line, if there are comments.
    pub comment: Option<u8>,
    /// What ends lines; none: CR in a file that has no LF, else LF.
    pub line_end: Option<LineEnd>,
    /// Lines before the header that are not read.
    pub skip_lines: u64,
    /// What bytes above 0x7F mean.
    pub encoding: Encoding,
}

impl Default for CsvRules {
    fn default() -> Self {
        let delimiter = Some(Dialect::default().delimiter());
        CsvRules { delimiter, comment: None, line_end: None, skip_lines: 0, encoding: Encoding::default() }
    }
}

/// The delimiters that have a name, and are looked for where none is declared; of equals the first is taken.
pub const DELIMITERS: [(&str, u8); 4] =
    [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("pipe", b'|')];

/// What a job file writes for a delimiter that is seen in each file.
pub(super) const AUTO: &str = "auto";

impl CsvRules {
    /// The dialect of a file whose lines end so; the delimiter is the comma until its header is seen.
    ///
    /// # Errors
    /// Usage: the bytes that are declared contradict each other.
    pub fn dialect(&self, line_end: LineEnd) -> Result<Dialect> {
        let default = Dialect::default();
        let dialect =
            Dialect::new(self.delimiter.unwrap_or(default.delimiter()), default.quote(), self.comment)
                .map_err(|error| Error::usage(error.to_string()))?
                .with_line_end(line_end);
        Ok(if self.encoding.is_utf8() { dialect } else { dialect.with_any_bytes() })
    }

    /// What is written in `[source]`, checked.
    pub(super) fn check(written: &SourceFile) -> Result<Self, Fault> {
        let mut rules = CsvRules { skip_lines: written.skip_lines.unwrap_or_default(), ..Self::default() };
        if let Some(text) = &written.delimiter {
            rules.delimiter = delimiter(text).at(&["source", "delimiter"])?;
        }
        if let Some(comment) = &written.comment {
            let comment = byte(comment, "start of a comment").at(&["source", "comment"])?;
            rules.comment = Some(comment);
            rules.dialect(LineEnd::Lf).at(&["source", "comment"])?;
        }
        rules.line_end = word_or(written.line_end.as_deref(), None).at(&["source", "line_end"])?;
        if let Some(label) = &written.encoding {
            rules.encoding = Encoding::of_label(label).at(&["source", "encoding"])?;
        }
        Ok(rules)
    }
}

/// A delimiter as a job file writes it.
pub fn delimiter_word(delimiter: Option<u8>) -> String {
    delimiter.map_or_else(|| AUTO.to_owned(), |byte| char::from(byte).to_string())
}

/// A delimiter by its name or by itself; none: it is seen in each file.
fn delimiter(text: &str) -> Result<Option<u8>> {
    match DELIMITERS.iter().find(|(name, _)| *name == text) {
        Some((_, byte)) => Ok(Some(*byte)),
        None if text == AUTO => Ok(None),
        None => byte(text, "delimiter").map(Some).map_err(|error| {
            let help = error.next().unwrap_or_default().to_owned();
            error.help(format!("{help}, or {}, {AUTO}", DELIMITERS.map(|(name, _)| name).join(", ")))
        }),
    }
}

/// What the bytes of a text mean: UTF-8, or an encoding of one byte per character in which ASCII is ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoding(Option<&'static encoding_rs::Encoding>);

impl Encoding {
    /// The encoding with this label, which is one of the WHATWG's.
    ///
    /// # Errors
    /// Usage: there is none, or it is not of one byte per character.
    pub fn of_label(label: &str) -> Result<Self> {
        let known = encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            Error::usage(format!("`{}` is not an encoding", label.escape_debug()))
                .help("write a label of the WHATWG Encoding Standard, such as utf-8, latin1, windows-1252 or iso-8859-2")
        })?;
        if known == encoding_rs::UTF_8 {
            return Ok(Encoding(None));
        }
        if !known.is_single_byte() || !known.is_ascii_compatible() {
            let name = known.name();
            let error = Error::usage(format!(
                "files in {name} are not read: only UTF-8 and encodings of one byte per character are"
            ));
            return Err(error.help(format!("convert them first: iconv -f {name} -t UTF-8 in.csv > utf8.csv")));
        }
        Ok(Encoding(Some(known)))
    }

    /// Whether it is UTF-8.
    pub fn is_utf8(self) -> bool {
        self.0.is_none()
    }

    /// Its name in lower case.
    pub fn name(self) -> String {
        self.0.unwrap_or(encoding_rs::UTF_8).name().to_lowercase()
    }

    /// Bytes of a file as UTF-8; those of a file in UTF-8 as they are, even where they are not.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self.0.filter(|_| !bytes.is_ascii()) {
            None => Cow::Borrowed(bytes),
            Some(encoding) => {
                Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes())
            }
        }
    }

    /// Bytes of a file as text; what is not one is shown as U+FFFD.
    pub fn text(self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&self.decode(bytes)).into_owned()
    }
}
