//! Samples: the header and the first records of the inputs, for choosing columns and for explaining errors.

use std::fs::File;
use std::io::Read;
use std::ops::Range;

use windrow_csv::record::{Next, What, read, unquote};
use windrow_csv::{Dialect, RECORD_BYTES_MAX};

use super::{HEAD_BYTES, InputFile, refusal};
use crate::error::{Error, Result};
use crate::reject::Reason;

/// The header and the first records of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The file's name.
    pub file: String,
    /// The first line that is neither blank nor a comment, as it is in the file.
    pub header_line: String,
    /// The names of its columns, trimmed; none when the file has no header.
    pub header: Vec<String>,
    /// The fields of well-formed records other than the header once more, at most [`ROWS_MAX`] of them.
    pub rows: Vec<Vec<String>>,
    /// Lines among them that are not records.
    pub malformed: usize,
    /// The bytes of the file that all of this is in: whole lines.
    pub bytes: u64,
}

/// Most records that a sample has.
pub const ROWS_MAX: usize = 1000;

/// The byte order mark that some programs put before UTF-8 text.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Bytes of a file that a sample is taken from: few at first, more when they are too few.
const BYTES_AT_FIRST: usize = 64 << 10;
const BYTES_MAX: usize = 2 * RECORD_BYTES_MAX;

impl Sample {
    /// The sample of the first file that has a record, else of the first that has a header, else of the first.
    ///
    /// A file that cannot be sampled is left to the run, which refuses it alone.
    ///
    /// # Errors
    /// No file can be sampled; the error is that of the first.
    pub fn of_first(files: &[InputFile], dialect: &Dialect) -> Result<Sample> {
        let mut best: Result<Sample> =
            Err(Error::usage("no input was given").help("name a file, a folder or a glob"));
        for (at, file) in files.iter().enumerate() {
            let sample = Sample::of(file, dialect, ROWS_MAX);
            match (&sample, &best) {
                (Ok(found), _) if !found.rows.is_empty() => return sample,
                (Ok(found), Ok(so_far)) if found.header.is_empty() || !so_far.header.is_empty() => {}
                (Err(_), _) if at > 0 => {}
                _ => best = sample,
            }
        }
        best
    }

    /// The sample of one file, of at most `rows_max` rows.
    ///
    /// # Errors
    /// The file cannot be read, is something other than CSV in UTF-8, or begins with a line that is not a header.
    pub fn of(file: &InputFile, dialect: &Dialect, rows_max: usize) -> Result<Sample> {
        let cannot = |error| Error::io(format!("cannot read {}", file.name), &error);
        let mut open = File::open(&file.path).map_err(cannot)?;
        let mut bytes = Vec::new();
        let mut wanted = BYTES_AT_FIRST;
        loop {
            (&mut open).take((wanted - bytes.len()) as u64).read_to_end(&mut bytes).map_err(cannot)?;
            if let Some(error) = refusal(&file.name, &bytes[..bytes.len().min(HEAD_BYTES)]) {
                return Err(error);
            }
            let at_eof = bytes.len() < wanted;
            let sample = Sample::of_bytes(&file.name, &bytes, at_eof, dialect, rows_max)?;
            if at_eof || wanted >= BYTES_MAX || sample.rows.len() == rows_max {
                return Ok(sample);
            }
            wanted *= 2;
        }
    }

    fn of_bytes(
        file: &str,
        bytes: &[u8],
        at_eof: bool,
        dialect: &Dialect,
        rows_max: usize,
    ) -> Result<Sample> {
        let mut rest = bytes.strip_prefix(BOM).unwrap_or(bytes);
        let (header_line, header, rows) = (String::new(), vec![], vec![]);
        let mut sample = Sample { file: file.to_owned(), header_line, header, rows, malformed: 0, bytes: 0 };
        let mut fields: Vec<Range<usize>> = Vec::new();
        while sample.header.is_empty() || sample.rows.len() < rows_max {
            let columns = (!sample.header.is_empty()).then_some(sample.header.len());
            let Next::Line { what, content, whole } = read(dialect, columns, rest, at_eof, &mut fields)
            else {
                break;
            };
            match what {
                What::Record if columns.is_none() => {
                    sample.header_line = String::from_utf8_lossy(&rest[..content]).into_owned();
                    sample.header = texts(dialect, rest, &fields)
                        .iter()
                        .map(|name| name.trim_ascii().to_owned())
                        .collect();
                }
                What::Record if sample.is_header(&rest[..content]) => {}
                What::Record => sample.rows.push(texts(dialect, rest, &fields)),
                What::Malformed { fault, .. } if columns.is_none() => {
                    let reason = Reason::from(fault).name();
                    return Err(Error::data(format!("the first line of {file} is not a header: {reason}"))
                        .help("a CSV file begins with a line that names its columns, in UTF-8"));
                }
                What::Malformed { .. } => sample.malformed += 1,
                What::Blank | What::Comment => {}
            }
            match whole {
                Some(whole) => {
                    rest = &rest[whole..];
                    sample.bytes = (bytes.len() - rest.len()) as u64;
                }
                None => break,
            }
        }
        Ok(sample)
    }

    /// Whether a line is the header once more, as it is where files were put together.
    fn is_header(&self, line: &[u8]) -> bool {
        line.strip_prefix(BOM).unwrap_or(line) == self.header_line.as_bytes()
    }

    /// Where a column is.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// The values of the column at `at` that are not empty, trimmed.
    pub fn values(&self, at: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row[at].trim_ascii()).filter(|value| !value.is_empty())
    }
}

fn texts(dialect: &Dialect, bytes: &[u8], fields: &[Range<usize>]) -> Vec<String> {
    let text =
        |field: &Range<usize>| String::from_utf8_lossy(&unquote(dialect, &bytes[field.clone()])).into_owned();
    fields.iter().map(text).collect()
}

#[cfg(test)]
pub(super) fn sample_of(text: &str, dialect: &Dialect) -> Sample {
    Sample::of_bytes("in.csv", text.as_bytes(), true, dialect, ROWS_MAX).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_header_and_the_records() {
        let dialect = Dialect { comment: Some(b'#'), ..Dialect::default() };
        let text = "\u{feff}#note\n\n time ,\"a\"\"b\"\r\n1,\"x,\ny\"\r\nbad\n#2,3\n2, z ";
        let sample = sample_of(text, &dialect);
        assert_eq!(sample.header_line, " time ,\"a\"\"b\"");
        assert_eq!(sample.header, ["time", "a\"b"]);
        assert_eq!(sample.rows, [["1", "x,\ny"], ["2", " z "]]);
        assert_eq!(sample.malformed, 1);
        assert_eq!(sample.values(1).collect::<Vec<_>>(), ["x,\ny", "z"]);
    }

    #[test]
    fn the_header_once_more_is_no_row() {
        let sample = sample_of("time,a\n1,2\ntime,a\n\u{feff}time,a\r\n3,4\ntime,b\n", &Dialect::default());
        assert_eq!(sample.rows, [["1", "2"], ["3", "4"], ["time", "b"]]);
    }

    #[test]
    fn stops_after_enough_rows_and_at_a_torn_end() {
        let dialect = Dialect::default();
        let text = format!("time\n{}", "1\n".repeat(2 * ROWS_MAX));
        assert_eq!(sample_of(&text, &dialect).rows.len(), ROWS_MAX);
        let torn = Sample::of_bytes("in.csv", b"time,a\n1,2\n3,", false, &dialect, ROWS_MAX).unwrap();
        assert_eq!(torn.rows, [["1", "2"]]);
        assert_eq!(torn.bytes, 11);
        assert_eq!(sample_of("", &dialect).header.len(), 0);
        let error = Sample::of_bytes("in.csv", b"ti\"me\n1\n", true, &dialect, ROWS_MAX).unwrap_err();
        assert_eq!(error.message(), "the first line of in.csv is not a header: stray_quote");
    }

    #[test]
    fn reads_on_until_there_are_enough_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let long = format!("time,a\n{}", format!("1,{}\n", "x".repeat(1000)).repeat(500));
        std::fs::write(&path, &long).unwrap();
        let file = InputFile { name: "a.csv".into(), path, ..InputFile::default() };
        let dialect = Dialect::default();
        assert_eq!(Sample::of(&file, &dialect, 400).unwrap().rows.len(), 400);
        assert_eq!(Sample::of(&file, &dialect, 0).unwrap().header, ["time", "a"]);
        let all = Sample::of(&file, &dialect, ROWS_MAX).unwrap();
        assert_eq!((all.rows.len(), all.bytes), (500, long.len() as u64));
    }

    #[test]
    fn the_first_file_with_a_row_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let dialect = Dialect::default();
        let first_of = |texts: &[&[u8]]| {
            let file = |(at, text): (usize, &&[u8])| {
                let (name, path) = (at.to_string(), folder.path().join(at.to_string()));
                std::fs::write(&path, text).unwrap();
                InputFile { name, path, size_bytes: text.len() as u64, ..InputFile::default() }
            };
            let files: Vec<InputFile> = texts.iter().enumerate().map(file).collect();
            Sample::of_first(&files, &dialect).map(|sample| sample.file).map_err(|error| error.to_string())
        };
        let (gzip, empty, header, row) = (&b"\x1f\x8b\x08"[..], &b""[..], &b"time\n"[..], &b"time\n1\n"[..]);
        assert_eq!(first_of(&[empty, header, gzip, row]).unwrap(), "3");
        assert_eq!(first_of(&[gzip, empty, header]).unwrap(), "2");
        assert_eq!(first_of(&[empty, gzip]).unwrap(), "0");
        assert!(first_of(&[gzip, gzip]).unwrap_err().starts_with("0 is gzip"));
    }
}
