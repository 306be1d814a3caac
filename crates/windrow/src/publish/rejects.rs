//! Rejects as a table, which is written while they are found.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};

use super::table::Table;
use super::{Format, csv, json};
use crate::calendar::Zone;
use crate::error::{Error, Result};
use crate::reject::{Reject, RejectSink};
use crate::text::escape;

/// The first line of rejects as CSV.
pub const REJECTS_HEADER: &str = "file,line,byte,row,column,reason,raw\n";

/// Rejects that are made rows at a time.
const ROWS: usize = 1024;

/// Rejects, each with the name of its file, as rows. In `raw` a byte that is not UTF-8, a control character or a backslash is
/// written `\xff`, `\x1b` or `\\`, so that the record's bytes can be told exactly.
///
/// # Errors
/// Only a bug.
pub fn rejects_batch<'r>(
    rejects: impl Iterator<Item = (&'r str, &'r Reject)> + Clone,
) -> Result<RecordBatch> {
    type Parts = (Option<u64>, Option<u64>, Option<u64>);
    let number = |part: fn(Parts) -> Option<u64>| -> ArrayRef {
        let whole = |n| i64::try_from(n).unwrap_or(i64::MAX);
        let numbers = rejects.clone().map(|(_, reject)| part(reject.place.parts()).map(whole));
        Arc::new(Int64Array::from_iter(numbers))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rejects.clone().map(|(file, _)| file))),
        number(|parts| parts.0),
        number(|parts| parts.1),
        number(|parts| parts.2),
        Arc::new(StringArray::from_iter(rejects.clone().map(|(_, reject)| reject.column.as_deref()))),
        Arc::new(StringArray::from_iter_values(rejects.clone().map(|(_, reject)| reject.reason.name()))),
        Arc::new(StringArray::from_iter_values(rejects.map(|(_, reject)| escape::exact(&reject.raw)))),
    ];
    let fields = REJECTS_HEADER.trim_end().split(',').map(|name| match name {
        "line" | "byte" | "row" => Field::new(name, DataType::Int64, true),
        name => Field::new(name, DataType::Utf8, name == "column"),
    });
    RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)
        .map_err(|error| Error::bug(format!("rejects as a table: {error}")))
}

/// Writes rejects to `out` as they come.
#[derive(Debug)]
pub struct RejectWriter<W> {
    out: W,
    format: Format,
    /// The file's name, for messages.
    name: String,
}

impl<W: Write> RejectWriter<W> {
    /// Begins the file `name`: CSV, or else NDJSON.
    ///
    /// # Errors
    /// What the system says of `out`, as in [`Error::output`].
    pub fn new(out: W, format: Format, name: String) -> Result<Self> {
        let mut writer = RejectWriter { out, format, name };
        if format == Format::Csv {
            writer.write_text(REJECTS_HEADER.as_bytes())?;
        }
        Ok(writer)
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn write_text(&mut self, text: &[u8]) -> Result<()> {
        let cannot = |error| Error::output(format!("cannot write {}", self.name), &error);
        self.out.write_all(text).map_err(cannot)
    }
}

impl<W: Write + Send> RejectSink for RejectWriter<W> {
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()> {
        for some in rejects.chunks(ROWS) {
            let batch = rejects_batch(some.iter().map(|reject| (name, reject)))?;
            let (mut table, mut text) = (Table::of(batch, &Zone::utc()), Vec::new());
            match self.format {
                Format::Csv => csv::write_rows(&mut table, &mut text)?,
                _ => json::write_lines(&mut [(String::new(), table)], &mut text)?,
            }
            self.write_text(&text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let mut writer = RejectWriter::new(Vec::new(), format, "rejects".into()).unwrap();
        writer.write("in/a,b.csv", &[Reject::hostile()]).unwrap();
        String::from_utf8(writer.into_inner()).unwrap()
    }

    #[test]
    fn writes_a_csv_row() {
        let row = r#""in/a,b.csv",17,431,,time,bad_time,"2016-13-01,""a\\\xff\x1b[2J""""\xe2\x80\xae""#;
        assert_eq!(written(Format::Csv), format!("{REJECTS_HEADER}{row}\n"));
    }

    #[test]
    fn writes_a_json_line() {
        let row = r#"{"file":"in/a,b.csv","line":17,"byte":431,"row":null,"column":"time","reason":"bad_time","raw":"2016-13-01,\"a\\\\\\xff\\x1b[2J\"\"\\xe2\\x80\\xae"}"#;
        assert_eq!(written(Format::Ndjson), format!("{row}\n"));
    }
}
