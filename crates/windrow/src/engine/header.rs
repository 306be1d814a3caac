//! The header: from the names in the first record to the places of the columns a job asks for.

use windrow_csv::record::{self, Next, What};

use crate::error::{Error, Result};
use crate::event::TimeReader;
use crate::job::Source;
use crate::tally::Tally;
use crate::text::escape::quoted;

/// The byte order mark that some programs put before UTF-8 text.
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What the header of a file says.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    /// The header's line without its end, to know it when it comes again.
    pub(super) line: Vec<u8>,
    /// The names of the columns.
    pub(super) names: Vec<String>,
    /// The column that has the time.
    pub(super) time: usize,
    /// The columns that have the keys.
    pub(super) keys: Vec<usize>,
    /// Where the first record after the header begins.
    pub(super) body_start: u64,
    /// The lines before and with the header.
    pub(super) line_ends: u64,
    /// The blank lines and comments before the header, and the header's bytes.
    pub(super) tally: Tally,
}

/// Reads the header in `bytes`, the beginning of a file. None when more bytes are needed.
/// A file without a record has a header without names.
pub(super) fn read(source: &Source, time: &TimeReader, bytes: &[u8], at_eof: bool) -> Result<Option<Header>> {
    let mut header = Header::default();
    let mut at = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
    let mut fields = Vec::new();
    loop {
        let text = &bytes[at..];
        let (what, content, whole) = match record::read(&source.dialect, None, text, at_eof, &mut fields) {
            Next::End => break,
            Next::More => return Ok(None),
            Next::Line { what, content, whole } => (what, content, whole.unwrap_or(text.len())),
        };
        at += whole;
        match what {
            What::Blank => header.tally.blank += 1,
            What::Comment => header.tally.comment += 1,
            What::Malformed { fault, .. } => {
                let reason = crate::reject::Reason::from(fault).name();
                return Err(Error::data(format!("the first line is not a header: {reason}"))
                    .help("a CSV file begins with a line that names its columns, in UTF-8"));
            }
            What::Record => {
                header.line = text[..content].to_vec();
                header.names = fields
                    .iter()
                    .map(|field| record::unquote(&source.dialect, &text[field.clone()]))
                    .map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned())
                    .collect();
                break;
            }
        }
    }
    header.tally.read = header.tally.ignored();
    header.body_start = at as u64;
    header.line_ends = memchr::memchr_iter(b'\n', &bytes[..at]).count() as u64;
    if !header.names.is_empty() {
        header.time = column(source, time, &header, &source.time.column)?;
        header.keys =
            source.keys.iter().map(|key| column(source, time, &header, key)).collect::<Result<_>>()?;
    }
    Ok(Some(header))
}

/// The place of the column `name`, which must be there once.
fn column(source: &Source, time: &TimeReader, header: &Header, name: &str) -> Result<usize> {
    let places: Vec<usize> =
        header.names.iter().enumerate().filter(|(_, other)| *other == name).map(|(at, _)| at).collect();
    match places[..] {
        [place] => Ok(place),
        [] => Err(missing(source, time, header, name)),
        _ => {
            let places: Vec<String> = places.iter().map(|place| (place + 1).to_string()).collect();
            Err(Error::usage(format!(
                "column {name} appears more than once ({})",
                places.join(", "),
                name = quoted(name)
            ))
            .help("give the columns different names in the header"))
        }
    }
}

fn missing(source: &Source, time: &TimeReader, header: &Header, name: &str) -> Error {
    let names = header.names.iter().map(quoted).collect::<Vec<_>>().join(", ");
    let error = Error::usage(format!("no column {name}; the header has {names}", name = quoted(name)));
    if header.names.iter().any(|name| time.read(name.as_bytes()).is_ok()) {
        return error
            .help("the first line looks like data: a CSV file begins with a line that names its columns");
    }
    if let Some((delimiter, columns)) = other_delimiter(source, header) {
        return error.help(format!(
            "{} column found; the delimiter {delimiter:?} gives {columns}: --delimiter {delimiter:?} (delimiter = {delimiter:?} in the job file)",
            header.names.len()
        ));
    }
    match nearest(name, &header.names) {
        Some(near) => error.help(format!("did you mean {near}?", near = quoted(near))),
        None => error.help("name a column of the header with --time and --key, or in the job file"),
    }
}

/// The delimiter that makes more than one column of a header that has one, and how many.
fn other_delimiter(source: &Source, header: &Header) -> Option<(char, usize)> {
    if header.names.len() > 1 {
        return None;
    }
    [';', '\t', '|', ',']
        .into_iter()
        .filter(|delimiter| *delimiter as u8 != source.dialect.delimiter)
        .map(|delimiter| (delimiter, header.line.iter().filter(|byte| **byte == delimiter as u8).count() + 1))
        .filter(|(_, columns)| *columns > 1)
        .max_by_key(|(_, columns)| *columns)
}

/// The name most like `name`, if one is like it.
fn nearest<'a>(name: &str, names: &'a [String]) -> Option<&'a String> {
    names
        .iter()
        .map(|other| (strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}
