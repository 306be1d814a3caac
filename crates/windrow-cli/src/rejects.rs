//! Rejects: written to a file as they are found, and the first few shown on stderr.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use windrow::RejectSink;
use windrow::text::escape;
use windrow::{Error, Result};
use windrow::{Place, Reject};

/// The first line of rejects as CSV.
pub(crate) const HEADER: &str = "file,line,byte,row,column,reason,raw\n";

/// How rejects are written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RejectFormat {
    /// A header and a row per reject.
    Csv,
    /// A JSON object per line.
    Ndjson,
}

impl RejectFormat {
    /// The format that the ending of `path` names.
    pub(crate) fn of(path: &Path) -> Result<RejectFormat> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(RejectFormat::Csv),
            Some("ndjson") => Ok(RejectFormat::Ndjson),
            _ => Err(Error::usage(format!("--rejects {}: its ending names no format", escape::path(path)))
                .with_help("name it rejects.csv or rejects.ndjson")),
        }
    }
}

/// Writes rejects to `out` as they come.
pub(crate) struct RejectWriter<W> {
    out: W,
    format: RejectFormat,
    /// The file's name, for messages.
    name: String,
}

/// A reject as it is written. In `raw` a byte that is not UTF-8, a control character or a backslash is written
/// `\xff`, `\x1b` or `\\`, so that the record's bytes can be told exactly.
#[derive(Serialize)]
struct WrittenReject<'a> {
    file: &'a str,
    line: Option<u64>,
    byte: Option<u64>,
    row: Option<u64>,
    column: Option<&'a str>,
    reason: &'static str,
    raw: String,
}

impl<W: Write> RejectWriter<W> {
    /// Begins the file.
    pub(crate) fn new(out: W, format: RejectFormat, name: String) -> Result<Self> {
        let mut writer = RejectWriter { out, format, name };
        if format == RejectFormat::Csv {
            writer.write_text(HEADER)?;
        }
        Ok(writer)
    }

    /// What was written to.
    pub(crate) fn into_inner(self) -> W {
        self.out
    }

    fn write_row(&mut self, row: &WrittenReject) -> Result<()> {
        let text = match self.format {
            RejectFormat::Csv => {
                let WrittenReject { file, column, reason, raw, .. } = row;
                let number =
                    |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
                let (line, byte, row) = (number(row.line), number(row.byte), number(row.row));
                let (file, column, raw) = (quoted(file), quoted(column.unwrap_or_default()), quoted(raw));
                format!("{file},{line},{byte},{row},{column},{reason},{raw}\n")
            }
            RejectFormat::Ndjson => {
                serde_json::to_string(row)
                    .map_err(|error| Error::bug(format!("a reject as JSON: {error}")))?
                    + "\n"
            }
        };
        self.write_text(&text)
    }

    fn write_text(&mut self, text: &str) -> Result<()> {
        self.out
            .write_all(text.as_bytes())
            .map_err(|error| Error::output(format!("cannot write {}", self.name), &error))
    }
}

impl<W: Write + Send> RejectSink for RejectWriter<W> {
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()> {
        for Reject { place, column, reason, raw, .. } in rejects {
            let (column, raw, (line, byte, row)) = (column.as_deref(), escape::exact(raw), place.parts());
            self.write_row(&WrittenReject {
                file: name,
                line,
                byte,
                row,
                column,
                reason: reason.name(),
                raw,
            })?;
        }
        Ok(())
    }
}

/// A reject in one line for people, its raw text cut.
pub(crate) fn shown(file: &str, reject: &Reject) -> String {
    const RAW_CHARS_MAX: usize = 120;
    let Reject { place, column, reason, raw, .. } = reject;
    let column = column.as_ref().map(|column| format!("column {}", escape::for_people(column)));
    let mut raw = escape::exact(raw);
    if let Some((at, _)) = raw.char_indices().nth(RAW_CHARS_MAX) {
        raw.truncate(at);
        raw += "…";
    }
    let place = match (place, column) {
        (Place::Line { line, byte }, None) => format!("{file}:{line} (byte {byte})"),
        (Place::Line { line, byte }, Some(column)) => format!("{file}:{line} (byte {byte}, {column})"),
        (Place::Row(row), None) => format!("{file}: row {row}"),
        (Place::Row(row), Some(column)) => format!("{file}: row {row} ({column})"),
    };
    format!("{place}: {}: {raw}", reason.name())
}

/// A CSV field (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use windrow::Reason;

    use super::*;

    fn reject() -> Reject {
        Reject {
            place: Place::Line { line: 17, byte: 431 },
            column: Some("time".into()),
            reason: Reason::BadTime,
            value: None,
            raw: b"2016-13-01,\"a\\\xff\x1b[2J\"\"\xe2\x80\xae".to_vec(),
        }
    }

    fn written(format: RejectFormat) -> String {
        let mut writer = RejectWriter::new(Vec::new(), format, "rejects".into()).unwrap();
        writer.write("in/a,b.csv", &[reject()]).unwrap();
        String::from_utf8(writer.into_inner()).unwrap()
    }

    #[test]
    fn writes_a_csv_row() {
        let row = r#""in/a,b.csv",17,431,,time,bad_time,"2016-13-01,""a\\\xff\x1b[2J""""\xe2\x80\xae""#;
        assert_eq!(written(RejectFormat::Csv), format!("{HEADER}{row}\n"));
    }

    #[test]
    fn writes_a_json_line() {
        let value: serde_json::Value = serde_json::from_str(&written(RejectFormat::Ndjson)).unwrap();
        assert_eq!(value["raw"], r#"2016-13-01,"a\\\xff\x1b[2J""\xe2\x80\xae"#);
        assert_eq!((&value["line"], &value["column"]), (&17.into(), &"time".into()));
    }

    #[test]
    fn shows_one_line_without_control_characters() {
        let line = shown("a.csv", &reject());
        assert_eq!(
            line,
            r#"a.csv:17 (byte 431, column time): bad_time: 2016-13-01,"a\\\xff\x1b[2J""\xe2\x80\xae"#
        );
        let of_row = Reject { place: Place::Row(7), ..reject() };
        assert!(shown("a.parquet", &of_row).starts_with("a.parquet: row 7 (column time): bad_time: "));
        let long = Reject { raw: "ä".repeat(500).into_bytes(), ..reject() };
        assert_eq!(shown("a.csv", &long).chars().filter(|char| *char == 'ä').count(), 120);
    }

    #[test]
    fn the_ending_names_the_format() {
        assert_eq!(RejectFormat::of(Path::new("r.csv")).unwrap(), RejectFormat::Csv);
        assert_eq!(RejectFormat::of(Path::new("r.ndjson")).unwrap(), RejectFormat::Ndjson);
        assert!(RejectFormat::of(Path::new("r")).is_err());
    }
}
