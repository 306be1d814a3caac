//! The head of a CSV file: everything before its first row, and what it shows: the dialect and the columns.
//!
//! It is read piece by piece, so that long lines or many lines before the header take little memory.

use memchr::{memchr, memchr_iter};
use windrow_scan::csv::record::{self, NextRecord, RecordLine};
use windrow_scan::csv::{Dialect, LineEnd, RECORD_BYTES_MAX};

use super::rules::{CsvRules, DELIMITERS};
use super::text_log::TEXT_LOG;
use crate::codec::ReadAt;
use crate::error::{Code, Error, Help, Location, Result, Setting};
use crate::format::content::{HEAD_BYTES, json_for_csv, log_for_csv, page, refusal};
use crate::reject::Reason;

/// The byte order mark that some programs put before UTF-8 text.
pub const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Bytes of one read.
const READ_BYTES: usize = 64 << 10;

/// Everything before the first row of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHead {
    /// How its rows are written.
    pub dialect: Dialect,
    /// The header's line without its line end, to recognise it if it is repeated. Empty if there is no header.
    pub line: Vec<u8>,
    /// The names of the columns. Empty if there is no header.
    pub names: Vec<String>,
    /// Where the first record after the header begins.
    pub end: u64,
    /// The number of lines before it.
    pub line_ends: u64,
    /// Lines that the rules skip.
    pub skipped: u64,
    /// Blank lines before the header.
    pub blank: u64,
    /// Comments before the header.
    pub comment: u64,
}

/// The line end of a file: the one that `rules` declare, else CR if the file has CRs and no LF in as many bytes as a record may have,
/// else LF. A longer first line is refused in any case.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn line_end_of(rules: &CsvRules, read_at: ReadAt<'_>) -> Result<LineEnd> {
    if let Some(line_end) = rules.line_end {
        return Ok(line_end);
    }
    let (mut at, mut bytes, mut has_cr) = (0, vec![0; HEAD_BYTES], false);
    loop {
        let read = read_at(&mut bytes, at)?;
        let piece = &bytes[..read];
        has_cr |= memchr(b'\r', piece).is_some();
        at += read as u64;
        if memchr(b'\n', piece).is_some() {
            return Ok(LineEnd::Lf);
        }
        if read < bytes.len() || at > RECORD_BYTES_MAX as u64 {
            return Ok(if has_cr { LineEnd::Cr } else { LineEnd::Lf });
        }
        bytes.resize(READ_BYTES, 0);
    }
}

impl FileHead {
    /// Reads the head of the file `name`, whose lines end with `line_end`.
    ///
    /// # Errors
    /// The file cannot be read, is not CSV in the encoding of `rules`, or its first line is not a header.
    pub(crate) fn read(
        name: &str,
        rules: &CsvRules,
        line_end: LineEnd,
        read_at: ReadAt<'_>,
    ) -> Result<FileHead> {
        let mut head = FileHead { dialect: rules.dialect(line_end)?, ..FileHead::default() };
        let mut held = HeadBytes { bytes: Vec::new(), is_whole: false, read_at };
        held.fill(0)?;
        let beginning = &held.bytes[..held.bytes.len().min(HEAD_BYTES)];
        let of_text = [json_for_csv, log_for_csv, page];
        let other = || of_text.into_iter().find_map(|error| error(name, beginning));
        if let Some(error) = refusal(name, beginning).or_else(other) {
            return Err(error);
        }
        if held.bytes.starts_with(BOM) {
            if !rules.encoding.is_utf8() {
                let encoding = rules.encoding.name();
                return Err(Error::data(format!(
                    "{name} begins with the mark of UTF-8 or UTF-16, and is declared to be {encoding}"
                ))
                .with_code(Code::EncodingMismatch)
                .with_help("leave the encoding out for this file"));
            }
            head.take(&mut held, BOM.len());
        }
        head.skip(&mut held, rules.skip_lines)?;
        match rules.columns.is_empty() {
            true => head.read_header(name, rules, &mut held)?,
            false => head.take_columns(rules, &mut held)?,
        }
        let delimiter = head.dialect.delimiter();
        if rules.encoding.is_within_characters(delimiter) {
            let (delimiter, encoding) = (char::from(delimiter), rules.encoding.shown());
            return Err(Error::not_built(format!(
                "{name}: the delimiter {delimiter} is a part of other characters in {encoding}"
            ))
            .with_help(format!("convert the file first: iconv -f {encoding} -t UTF-8 {name} > utf8.csv")));
        }
        Ok(head)
    }

    /// Whether a line repeats the header, as in files that were joined. Each header may have a byte order mark.
    pub fn is_line(&self, line: &[u8]) -> bool {
        is_header(&self.line, line)
    }

    /// Skips the first `lines` lines, however long they are.
    fn skip(&mut self, held: &mut HeadBytes<'_>, lines: u64) -> Result<()> {
        let mut is_within = false;
        while self.skipped < lines {
            match memchr(self.dialect.line_end().byte(), &held.bytes) {
                Some(at) => {
                    self.take(held, at + 1);
                    self.skipped += 1;
                    is_within = false;
                }
                None => {
                    is_within |= !held.bytes.is_empty();
                    self.take(held, held.bytes.len());
                    if held.is_whole {
                        self.skipped += u64::from(is_within);
                        break;
                    }
                }
            }
            if held.bytes.is_empty() {
                held.fill(self.end)?;
            }
        }
        Ok(())
    }

    /// Takes the column names that are declared for a file without a header. Everything that follows is rows.
    fn take_columns(&mut self, rules: &CsvRules, held: &mut HeadBytes<'_>) -> Result<()> {
        self.names = rules.columns.clone();
        let (mut at, mut fields) = (0, Vec::new());
        while rules.delimiter.is_none() {
            let (text, at_eof) = (&held.bytes[at..], held.is_whole);
            match record::read(&self.dialect, None, text, at_eof, &mut fields) {
                NextRecord::End => break,
                NextRecord::More => held.fill(self.end)?,
                NextRecord::Line { what: RecordLine::Blank | RecordLine::Comment, content, whole } => {
                    at += whole.unwrap_or(content);
                }
                NextRecord::Line { .. } => match with_delimiter_of(&self.dialect, text, at_eof) {
                    Some(dialect) => {
                        self.dialect = dialect;
                        break;
                    }
                    None => held.fill(self.end)?,
                },
            }
        }
        Ok(())
    }

    fn read_header(&mut self, name: &str, rules: &CsvRules, held: &mut HeadBytes<'_>) -> Result<()> {
        let mut fields = Vec::new();
        let mut seen = rules.delimiter.is_some();
        loop {
            let at_eof = held.is_whole;
            let text = &held.bytes[..];
            match record::read(&self.dialect, None, text, at_eof, &mut fields) {
                NextRecord::End => return Ok(()),
                NextRecord::More => held.fill(self.end)?,
                NextRecord::Line { what: RecordLine::Blank, content, whole } => {
                    self.blank += 1;
                    self.take(held, whole.unwrap_or(content));
                }
                NextRecord::Line { what: RecordLine::Comment, content, whole } => {
                    self.comment += 1;
                    self.take(held, whole.unwrap_or(content));
                }
                NextRecord::Line { .. } if !seen => match with_delimiter_of(&self.dialect, text, at_eof) {
                    Some(dialect) => (self.dialect, seen) = (dialect, true),
                    None => held.fill(self.end)?,
                },
                NextRecord::Line { what: RecordLine::Malformed { fault, .. }, .. } => {
                    let (reason, line) = (Reason::from(fault), self.line_ends + 1);
                    let error =
                        Error::data(format!("{name}: line {line} is not a header: {}", reason.name()))
                            .with_code(Code::NoHeader);
                    return Err(error.at(Location::of(name).line(line)).with_help(match reason {
                        Reason::InvalidUtf8 => {
                            Help::from("it is not UTF-8, perhaps Latin-1: declare it with ")
                                .set(Setting::Encoding, "latin1")
                        }
                        Reason::StrayQuote | Reason::TextAfterQuote => {
                            Help::from("a CSV file begins with a line that names its columns; for a text log, say how to split its lines, such as ")
                                .set(Setting::Pattern, TEXT_LOG)
                        }
                        Reason::Nul => "it is not text: name a file of events: CSV, JSON, Parquet or a text log".into(),
                        _ => "a CSV file begins with a line that names its columns".into(),
                    }));
                }
                NextRecord::Line { content, whole, .. } => {
                    self.line = text[..content].to_vec();
                    let names = fields.iter().map(|field| {
                        let field = record::unquote(&self.dialect, &text[field.clone()]);
                        rules.encoding.text(field.trim_ascii())
                    });
                    self.names = names.collect();
                    self.take(held, whole.unwrap_or(content));
                    return Ok(());
                }
            }
        }
    }

    /// Skips the first `bytes` held bytes.
    fn take(&mut self, held: &mut HeadBytes<'_>, bytes: usize) {
        let line_end = self.dialect.line_end().byte();
        self.line_ends += memchr_iter(line_end, &held.bytes[..bytes]).count() as u64;
        self.end += bytes as u64;
        held.bytes.drain(..bytes);
    }
}

/// Whether `line` is the header `header`, with or without a byte order mark before it.
pub fn is_header(header: &[u8], line: &[u8]) -> bool {
    // Few lines are as long as the header; this is asked of each.
    let is_as_long = line.len() == header.len() || line.len() == header.len() + BOM.len();
    is_as_long && !header.is_empty() && line.strip_prefix(BOM).unwrap_or(line) == header
}

/// Bytes of a file from some place on.
struct HeadBytes<'a> {
    bytes: Vec<u8>,
    /// Whether they reach to the end of the file.
    is_whole: bool,
    read_at: ReadAt<'a>,
}

impl HeadBytes<'_> {
    /// Reads more bytes. The held bytes begin at `at` in the file.
    fn fill(&mut self, at: u64) -> Result<()> {
        let (from, more) = (self.bytes.len(), self.bytes.len().max(READ_BYTES));
        self.bytes.resize(from + more, 0);
        let read = (self.read_at)(&mut self.bytes[from..], at + from as u64)?;
        self.bytes.truncate(from + read);
        self.is_whole = read < more;
        Ok(())
    }
}

/// `dialect` with the delimiter that is most frequent in the first line of `text`. Unchanged if there is no delimiter; `None` if more
/// bytes are needed.
fn with_delimiter_of(dialect: &Dialect, text: &[u8], at_eof: bool) -> Option<Dialect> {
    let (mut counts, mut is_quoted) = ([0u32; DELIMITERS.len()], false);
    let mut ends = at_eof || text.len() > RECORD_BYTES_MAX;
    for byte in text {
        is_quoted ^= *byte == dialect.quote();
        if !is_quoted && *byte == dialect.line_end().byte() {
            ends = true;
            break;
        }
        if let Some(at) = DELIMITERS.iter().position(|(_, other)| other == byte).filter(|_| !is_quoted) {
            counts[at] += 1;
        }
    }
    // The first one wins a tie. The character that begins comments does not count.
    let fit = DELIMITERS.iter().zip(counts).rev().filter(|(_, count)| *count > 0);
    let fit = fit.filter_map(|((_, byte), count)| Some((dialect.with_delimiter(*byte).ok()?, count)));
    let best = fit.max_by_key(|(_, count)| *count);
    ends.then(|| best.map_or(*dialect, |(dialect, _)| dialect))
}

#[cfg(test)]
mod tests;
