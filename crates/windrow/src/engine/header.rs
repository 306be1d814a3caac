//! The header: from the names in the first record to the places of the columns a job asks for.

use windrow_csv::Dialect;

use crate::error::{Error, Result};
use crate::event::TimeReader;
use crate::format::csv::{DELIMITERS, Head};
use crate::job::Source;
use crate::tally::Tally;
use crate::text::escape::{names, quoted};

/// What the header of a file says.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    /// How the rows of the file are written.
    pub(super) dialect: Dialect,
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
    /// The lines before the header that are not rows, and the header's bytes.
    pub(super) tally: Tally,
}

impl Header {
    /// The header of a file with this head.
    ///
    /// # Errors
    /// Usage: a column that the job names is not there once.
    pub(super) fn of(head: Head, source: &Source, time: &TimeReader) -> Result<Header> {
        let Head { dialect, line, names, end, line_ends, skipped, blank, comment } = head;
        let mut tally = Tally { skipped, blank, comment, ..Tally::default() };
        tally.read = tally.ignored();
        let mut header =
            Header { dialect, line, names, body_start: end, line_ends, tally, ..Header::default() };
        if !header.names.is_empty() {
            header.time = column(time, &header, &source.time.column)?;
            header.keys = source.keys.iter().map(|key| column(time, &header, key)).collect::<Result<_>>()?;
        }
        Ok(header)
    }
}

/// The place of the column `name`, which must be there once.
fn column(time: &TimeReader, header: &Header, name: &str) -> Result<usize> {
    let places: Vec<usize> =
        header.names.iter().enumerate().filter(|(_, other)| *other == name).map(|(at, _)| at).collect();
    match places[..] {
        [place] => Ok(place),
        [] => Err(missing(time, header, name)),
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

fn missing(time: &TimeReader, header: &Header, name: &str) -> Error {
    let names = names(&header.names);
    let error = Error::usage(format!("no column {name}; the header has {names}", name = quoted(name)));
    if header.names.iter().any(|name| time.read(name.as_bytes()).is_ok()) {
        return error
            .help("the first line looks like data: a CSV file begins with a line that names its columns");
    }
    if let Some((delimiter, columns)) = other_delimiter(header) {
        let named = DELIMITERS.iter().find(|(name, byte)| *name == "tab" && *byte == delimiter as u8);
        let value = named.map_or(delimiter.to_string(), |(name, _)| (*name).to_owned());
        return error
            .help(format!("1 column found; the delimiter {delimiter:?} gives {columns}:"))
            .set("source.delimiter", format!("\"{value}\""));
    }
    match nearest(name, &header.names) {
        Some(near) => error.help(format!("did you mean {near}?", near = quoted(near))),
        None => error.help("name a column of the header for the time and for each key"),
    }
}

/// The delimiter that makes more than one column of a header that has one, and how many.
fn other_delimiter(header: &Header) -> Option<(char, usize)> {
    if header.names.len() > 1 {
        return None;
    }
    [';', '\t', '|', ',']
        .into_iter()
        .filter(|delimiter| *delimiter as u8 != header.dialect.delimiter())
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
