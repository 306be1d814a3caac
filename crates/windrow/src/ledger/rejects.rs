//! Rejects: the rows that are not events, in the readings that the ledger names.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::rows::{integer, row, text};
use crate::job::RawText;
use crate::reject::Reject;
use crate::text::escape;

/// A reject, with a field per column of its table.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectRow {
    /// The reading it was found in; it is a reject of the file whose row in the ledger names that reading.
    pub reading: String,
    /// The file.
    pub file: String,
    /// Its line, from 1, in text.
    pub line: Option<i64>,
    /// The byte at which it begins in text.
    pub byte: Option<i64>,
    /// Its number, from 1, in a file whose rows are not lines.
    pub row: Option<i64>,
    /// The column at fault, if it is one.
    pub column: Option<String>,
    /// Why it is not an event.
    pub reason: String,
    /// The value at fault; invalid UTF-8 shows as U+FFFD.
    pub value: Option<String>,
    /// The row, cut; `None` if the job keeps no text.
    pub raw: Option<String>,
}

row!(RejectRow: reading file line byte row column reason value raw);

/// The columns of the table.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        text("reading"),
        text("file"),
        integer("line"),
        integer("byte"),
        text("column"),
        Field::new("reason", DataType::Utf8, false),
        text("value"),
        text("raw"),
        // A table from before format 4 gets this column: added columns come last.
        integer("row"),
    ]))
}

impl RejectRow {
    /// The row of a reject of `file`.
    pub(crate) fn new(reading: &str, file: &str, reject: &Reject, raw: RawText) -> Self {
        let kept = escape::exact;
        let keeps_text = raw == RawText::Full;
        let (line, byte, row) = reject.place.parts();
        let signed = |number: Option<u64>| number.map(|number| number as i64);
        RejectRow {
            reading: reading.to_owned(),
            file: file.to_owned(),
            line: signed(line),
            byte: signed(byte),
            row: signed(row),
            column: reject.column.clone(),
            reason: reject.reason.name().to_owned(),
            value: reject.value.as_deref().filter(|_| keeps_text).map(kept),
            raw: keeps_text.then(|| kept(&reject.raw)),
        }
    }
}
