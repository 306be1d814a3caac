//! Rejects: the first ones are kept, for a table.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use windrow::text::escape;
use windrow::{Error, Reject, RejectSink, Result};

/// The kept rejects, in columns.
pub(crate) struct RejectColumns {
    most: usize,
    files: StringBuilder,
    lines: Int64Builder,
    bytes: Int64Builder,
    rows: Int64Builder,
    columns: StringBuilder,
    reasons: StringBuilder,
    raws: StringBuilder,
    kept: usize,
}

impl RejectColumns {
    /// Keeps at most this many.
    pub(crate) fn new(most: usize) -> Self {
        RejectColumns {
            most,
            files: StringBuilder::new(),
            lines: Int64Builder::new(),
            bytes: Int64Builder::new(),
            rows: Int64Builder::new(),
            columns: StringBuilder::new(),
            reasons: StringBuilder::new(),
            raws: StringBuilder::new(),
            kept: 0,
        }
    }

    /// As a table.
    pub(crate) fn batch(mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.files.finish()),
            Arc::new(self.lines.finish()),
            Arc::new(self.bytes.finish()),
            Arc::new(self.rows.finish()),
            Arc::new(self.columns.finish()),
            Arc::new(self.reasons.finish()),
            Arc::new(self.raws.finish()),
        ];
        let names = ["file", "line", "byte", "row", "column", "reason", "raw"];
        let fields = names.map(|name| match name {
            "line" | "byte" | "row" => Field::new(name, DataType::Int64, true),
            name => Field::new(name, DataType::Utf8, name == "column"),
        });
        RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns)
            .map_err(|error| Error::bug(format!("rejects as a table: {error}")))
    }
}

impl RejectSink for RejectColumns {
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()> {
        for reject in rejects.iter().take(self.most.saturating_sub(self.kept)) {
            self.files.append_value(name);
            let (line, byte, row) = reject.place.parts();
            self.lines.append_option(line.map(number));
            self.bytes.append_option(byte.map(number));
            self.rows.append_option(row.map(number));
            self.columns.append_option(reject.column.as_deref());
            self.reasons.append_value(reject.reason.name());
            self.raws.append_value(escape::exact(&reject.raw));
            self.kept += 1;
        }
        Ok(())
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
