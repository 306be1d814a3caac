//! Samples: the header and the first records of an input, to choose columns and to explain errors.

use std::borrow::Cow;
use std::ops::Range;

use windrow_scan::csv::record::{NextRecord, RecordLine, read, unquote};
use windrow_scan::csv::{Dialect, RECORD_BYTES_MAX, RecordFault};
use windrow_scan::json::ObjectList;

use super::head::{FileHead, line_end_of};
use super::rules::CsvRules;
use crate::codec::ReadAt;
use crate::error::{Code, Error, Result};
use crate::format::content::recognised;
use crate::format::json::{self, ObjectShape};
use crate::format::text::{self, TextPattern};
use crate::format::{InputFormat, arrow, parquet};
use crate::reject::RAW_BYTES_MAX;
use crate::settings::Stop;
use crate::source::{InputFile, PathColumns, fetch_to_look};

/// The header and the first records of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The file's name.
    pub file: String,
    /// The first line that is neither blank nor a comment, as it is in the file.
    pub header_line: String,
    /// The names of its columns, trimmed. Empty if there are none.
    pub header: Vec<String>,
    /// The fields of well-formed records, without repeated headers, at most [`ROWS_MAX`] of them.
    pub rows: Vec<Vec<String>>,
    /// The number of lines between them that are not records.
    pub malformed: usize,
    /// The first of those lines.
    pub odd: Vec<SampledFault>,
    /// How many bytes of the file the sample covers, in whole lines.
    pub bytes: u64,
    /// Everything before the first row.
    pub head: FileHead,
    /// Its format.
    pub format: InputFormat,
    /// How its rows are written, in words, if the other fields do not show it.
    pub written: String,
    /// Columns that are times by their type, however times are declared.
    pub times: Vec<String>,
    /// Columns that are dates by their type.
    pub dates: Vec<String>,
    /// How its objects are arranged, if it is JSON.
    pub shape: Option<ObjectShape>,
    /// The list in which its objects are, if it is JSON that begins as one object around a list of them.
    pub list: Option<ObjectList>,
    /// How its lines are parsed, if it is a text log.
    pub pattern: Option<TextPattern>,
    /// How its bytes are packed, and the encoding that its beginning shows, unless that is UTF-8.
    pub packing: Vec<String>,
}

/// A line that is not a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledFault {
    /// Why it is not.
    pub fault: RecordFault,
    /// How many fields it has, as far as it was read.
    pub fields: usize,
    /// Its bytes, cut off if there are too many.
    pub text: Vec<u8>,
}

/// Maximum number of lines that are not records whose text a sample keeps.
const ODD_LINES_MAX: usize = 8;

/// Maximum number of records of a sample.
pub const ROWS_MAX: usize = 1000;

/// Bytes of a file that are read for a sample: few at first, up to a maximum if they hold too few records.
const BYTES_AT_FIRST: usize = 64 << 10;
pub(super) const BYTES_MAX: usize = 2 * RECORD_BYTES_MAX;

impl Sample {
    /// The sample of the first file that has a record and the wanted columns, else of the first with a record, else of the first with
    /// a header, else of the first one.
    ///
    /// A file that cannot be sampled or lacks columns is not an error here: the run will refuse that file.
    ///
    /// # Errors
    /// No file can be sampled. The error is that of the first file.
    pub fn of_first(
        files: &[InputFile],
        format: Option<InputFormat>,
        rules: &CsvRules,
        has_columns: &dyn Fn(&[String]) -> bool,
    ) -> Result<Sample> {
        let mut best: Result<Sample> = Err(Error::usage("no input was given")
            .with_code(Code::NotFound)
            .with_help("name a file, a folder or a glob"));
        for (at, file) in files.iter().enumerate() {
            if at == 0 {
                fetch_to_look(file);
            }
            let sample = Sample::of(file, format, rules, ROWS_MAX);
            let worth = |sample: &Sample| (!sample.rows.is_empty(), !sample.header.is_empty());
            match (&sample, &best) {
                (Ok(found), _) if !found.rows.is_empty() && has_columns(&found.header) => return sample,
                (Ok(found), Ok(so_far)) if worth(found) <= worth(so_far) => {}
                (Err(_), _) if at > 0 => {}
                _ => best = sample,
            }
        }
        best
    }

    /// The sample of one file, with at most `rows_max` rows. With 0 only the columns are wanted; those of JSON are still found in rows.
    ///
    /// # Errors
    /// The file cannot be read, is in another format, or begins with a line that is not a header.
    pub fn of(
        file: &InputFile,
        format: Option<InputFormat>,
        rules: &CsvRules,
        rows_max: usize,
    ) -> Result<Sample> {
        Sample::with_paths(file, format, rules, (rows_max, &[]))
    }

    /// As [`Sample::of`], with the columns that `named` paths into lists lead to.
    ///
    /// # Errors
    /// As [`Sample::of`]; what is `named` is not one value.
    pub fn with_paths(
        file: &InputFile,
        format: Option<InputFormat>,
        rules: &CsvRules,
        (rows_max, named): (usize, &[String]),
    ) -> Result<Sample> {
        let input = file.open(&Stop::default())?;
        if let Some(table) = input.table() {
            let sample = arrow::sample(&file.name, table, rows_max, named);
            return sample.map_err(|error| error.within(&file.name));
        }
        let read_at =
            |bytes: &mut [u8], at: u64| input.read_at(bytes, at).map_err(|error| error.within(&file.name));
        let sample = match recognised(&file.name, format, &read_at)? {
            InputFormat::Csv => Sample::read(&file.name, rules, rows_max, &read_at),
            InputFormat::Json => json::sample(&file.name, rules, rows_max, named, &read_at),
            InputFormat::Parquet | InputFormat::Delta => input
                .whole()
                .and_then(|input| parquet::sample(file, input, &rules.parquet, rows_max, named))
                .map_err(|error| error.within(&file.name)),
            InputFormat::Text => text::sample(&file.name, rules, rows_max, &read_at),
        };
        sample.map(|sample| Sample { packing: input.packing(), ..sample.with_path(&file.columns()) })
    }

    /// The sample with the columns that the path of its file gives.
    fn with_path(mut self, columns: &PathColumns) -> Sample {
        // If the delimiter seems to be another one, the columns of the file are not known.
        if self.header.is_empty() || self.better_delimiter().is_some() {
            return self;
        }
        for (name, value) in columns.iter() {
            if self.position(name).is_none() {
                self.header.push(name.to_owned());
                self.rows.iter_mut().for_each(|row| row.push(value.to_owned()));
            }
        }
        self
    }

    /// The sample of the CSV file `file`.
    pub(super) fn read(file: &str, rules: &CsvRules, rows_max: usize, read_at: ReadAt<'_>) -> Result<Sample> {
        let head = FileHead::read(file, rules, line_end_of(rules, read_at)?, read_at)?;
        let (mut bytes, mut wanted) = (Vec::new(), BYTES_AT_FIRST);
        loop {
            let from = bytes.len();
            bytes.resize(wanted, 0);
            let read = read_at(&mut bytes[from..], head.end + from as u64)?;
            bytes.truncate(from + read);
            let at_eof = bytes.len() < wanted;
            let sample = Sample::of_rows(file, rules, &head, &bytes, at_eof, rows_max);
            if at_eof || wanted >= BYTES_MAX || sample.rows.len() == rows_max {
                return Ok(sample);
            }
            wanted *= 2;
        }
    }

    /// The sample of the rows in `bytes`, which follow the head.
    fn of_rows(
        file: &str,
        rules: &CsvRules,
        head: &FileHead,
        bytes: &[u8],
        at_eof: bool,
        rows_max: usize,
    ) -> Sample {
        let mut sample = Sample {
            file: file.to_owned(),
            header_line: rules.encoding.text(&head.line),
            header: head.names.clone(),
            bytes: head.end,
            head: head.clone(),
            ..Sample::default()
        };
        let dialect = &head.dialect;
        let (mut rest, mut fields) = (bytes, Vec::new());
        while !sample.header.is_empty() && sample.rows.len() < rows_max {
            let columns = Some(sample.header.len());
            let NextRecord::Line { what, content, whole } = read(dialect, columns, rest, at_eof, &mut fields)
            else {
                break;
            };
            match what {
                RecordLine::Record if head.is_line(&rest[..content]) => {}
                RecordLine::Record => sample.rows.push(texts(rules, dialect, rest, &fields)),
                RecordLine::Malformed { fault, .. } => {
                    sample.malformed += 1;
                    if sample.odd.len() < ODD_LINES_MAX {
                        let text = rest[..content.min(RAW_BYTES_MAX)].to_vec();
                        sample.odd.push(SampledFault { fault, fields: fields.len(), text });
                    }
                }
                RecordLine::Blank | RecordLine::Comment => {}
            }
            match whole {
                Some(whole) => {
                    rest = &rest[whole..];
                    sample.bytes = head.end + (bytes.len() - rest.len()) as u64;
                }
                None => break,
            }
        }
        sample
    }

    /// The delimiter that divides a header of one column into several, and the first row into the same number.
    pub fn better_delimiter(&self) -> Option<(u8, usize)> {
        let [_] = self.header.as_slice() else { return None };
        let columns = |delimiter: u8, line: &str| {
            let mut fields = Vec::new();
            let Ok(dialect) = self.head.dialect.with_delimiter(delimiter) else { return 0 };
            match read(&dialect, None, line.as_bytes(), true, &mut fields) {
                NextRecord::Line { .. } => fields.len(),
                _ => 0,
            }
        };
        let row = self.rows.first().map(|row| row[0].as_str());
        [b';', b'\t', b'|', b',']
            .into_iter()
            .map(|delimiter| (delimiter, columns(delimiter, &self.header_line)))
            .filter(|(delimiter, found)| {
                *found > 1 && row.is_none_or(|row| columns(*delimiter, row) == *found)
            })
            .max_by_key(|(_, found)| *found)
    }

    /// Whether the file has a header.
    pub fn has_header(&self) -> bool {
        self.format == InputFormat::Csv
    }

    /// Whether each row names its columns, so that it may lack some.
    pub fn names_are_of_rows(&self) -> bool {
        self.shape.is_some() || self.pattern.as_ref().is_some_and(|pattern| pattern.columns().is_none())
    }

    /// Whether names may be paths to values in structs, objects and lists.
    pub fn names_are_paths(&self) -> bool {
        matches!(self.format, InputFormat::Parquet | InputFormat::Json)
    }

    /// Where a column is.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// The texts of the times in this column, or in these two, without empty ones.
    pub fn texts_of_time(&self, columns: (&str, Option<&str>)) -> Vec<Cow<'_, str>> {
        let (column, beside) = columns;
        match (self.position(column), beside.map(|beside| self.position(beside))) {
            (Some(at), None) => self.values(at).map(Cow::Borrowed).collect(),
            (Some(at), Some(Some(beside))) => {
                let both = self.rows.iter().map(|row| [row[at].trim_ascii(), row[beside].trim_ascii()]);
                let both = both.filter(|both| both.iter().all(|text| !text.is_empty()));
                both.map(|both| Cow::Owned(both.join(" "))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The trimmed values of the column at `at`, without empty ones.
    pub fn values(&self, at: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row[at].trim_ascii()).filter(|value| !value.is_empty())
    }
}

fn texts(rules: &CsvRules, dialect: &Dialect, bytes: &[u8], fields: &[Range<usize>]) -> Vec<String> {
    let text = |field: &Range<usize>| rules.encoding.text(&unquote(dialect, &bytes[field.clone()]));
    fields.iter().map(text).collect()
}

#[cfg(test)]
pub(crate) fn sample_of(text: &str, rules: &CsvRules) -> Sample {
    of_text(text.as_bytes(), rules).unwrap()
}

#[cfg(test)]
fn of_text(text: &[u8], rules: &CsvRules) -> Result<Sample> {
    Sample::read("in.csv", rules, ROWS_MAX, &crate::codec::of_text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_header_and_the_records() {
        let dialect = CsvRules { comment: Some(b'#'), ..CsvRules::default() };
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
        let sample = sample_of("time,a\n1,2\ntime,a\n\u{feff}time,a\r\n3,4\ntime,b\n", &CsvRules::default());
        assert_eq!(sample.rows, [["1", "2"], ["3", "4"], ["time", "b"]]);
    }

    #[test]
    fn stops_after_enough_rows_and_at_a_torn_end() {
        let dialect = CsvRules::default();
        let text = format!("time\n{}", "1\n".repeat(2 * ROWS_MAX));
        assert_eq!(sample_of(&text, &dialect).rows.len(), ROWS_MAX);
        let head = FileHead { names: vec!["time".into(), "a".into()], end: 7, ..FileHead::default() };
        let torn = Sample::of_rows("in.csv", &dialect, &head, b"1,2\n3,", false, ROWS_MAX);
        assert_eq!(torn.rows, [["1", "2"]]);
        assert_eq!(torn.bytes, 11);
        assert_eq!(sample_of("", &dialect).header.len(), 0);
        let error = of_text(b"ti\"me\n1\n", &dialect).unwrap_err();
        assert_eq!(error.message(), "in.csv: line 1 is not a header: stray_quote");
    }

    #[test]
    fn reads_on_until_there_are_enough_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let long = format!("time,a\n{}", format!("1,{}\n", "x".repeat(1000)).repeat(500));
        std::fs::write(&path, &long).unwrap();
        let file = InputFile { name: "a.csv".into(), path, ..InputFile::default() };
        let dialect = CsvRules::default();
        assert_eq!(Sample::of(&file, None, &dialect, 400).unwrap().rows.len(), 400);
        assert_eq!(Sample::of(&file, None, &dialect, 0).unwrap().header, ["time", "a"]);
        let all = Sample::of(&file, None, &dialect, ROWS_MAX).unwrap();
        assert_eq!((all.rows.len(), all.bytes), (500, long.len() as u64));
    }

    #[test]
    fn the_first_file_with_a_row_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let dialect = CsvRules::default();
        let first_of = |texts: &[&[u8]]| {
            let file = |(at, text): (usize, &&[u8])| {
                let (name, path) = (at.to_string(), folder.path().join(at.to_string()));
                std::fs::write(&path, text).unwrap();
                InputFile { name, path, ..InputFile::default() }
            };
            let files: Vec<InputFile> = texts.iter().enumerate().map(file).collect();
            let has_time = |header: &[String]| header.iter().any(|name| name == "time");
            let sample = Sample::of_first(&files, None, &dialect, &has_time);
            sample.map(|sample| sample.file).map_err(|error| error.to_string())
        };
        let (gzip, empty, header, row) = (&b"\x1f\x8b\x08"[..], &b""[..], &b"time\n"[..], &b"time\n1\n"[..]);
        assert_eq!(first_of(&[empty, header, gzip, row]).unwrap(), "3");
        assert_eq!(first_of(&[gzip, empty, header]).unwrap(), "2");
        let other = &b"x\n1\n"[..];
        assert_eq!(first_of(&[other, header, row]).unwrap(), "2", "one with the column that is named");
        assert_eq!(first_of(&[header, other, other]).unwrap(), "1", "there is none");
        assert_eq!(first_of(&[empty, gzip]).unwrap(), "0");
        assert!(first_of(&[gzip, gzip]).unwrap_err().starts_with("0: its gzip data ends early"));
    }
}
