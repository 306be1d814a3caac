//! CSV: RFC 4180, times with offset, means as Rust writes them.

use std::io::Write;

use super::table::{Cell, ColumnValues, Table};
use super::{Out, failed};
use crate::error::Result;
use crate::measure::push_decimal;
use crate::report::TimeText;

/// Bytes that are gathered before they are delivered.
const GATHERED: usize = 64 << 10;

/// Writes a header and a line per row; null is an empty field.
pub(super) fn write(table: &mut Table<'_>, out: &mut Out<'_>) -> Result<()> {
    let columns = table.columns(false);
    let mut text = Vec::with_capacity(GATHERED + (4 << 10));
    for column in &columns {
        push_field(table.schema.field(*column).name(), &mut text);
        text.push(b',');
    }
    end_line(&mut text);
    (table.rows)(&mut |zone, batch| {
        let mut time = TimeText::new(zone);
        let columns = ColumnValues::of(batch, &columns)?;
        for row in 0..batch.num_rows() {
            for values in &columns {
                match values.cell(row) {
                    Cell::Null => {}
                    Cell::Text(value) => push_field(value, &mut text),
                    Cell::Time(us) => text.extend_from_slice(time.rfc3339(us).as_bytes()),
                    other => push_plain(other, &mut text),
                }
                text.push(b',');
            }
            end_line(&mut text);
            if text.len() >= GATHERED {
                out.write_all(&text).map_err(failed)?;
                text.clear();
            }
        }
        Ok(())
    })?;
    out.write_all(&text).map_err(failed)
}

/// Turns the comma after the last field into a line's end.
fn end_line(text: &mut [u8]) {
    if let Some(last) = text.last_mut() {
        *last = b'\n';
    }
}

/// Numbers, and yes and no.
#[inline]
pub(super) fn push_plain(cell: Cell<'_>, text: &mut Vec<u8>) {
    // Writing to a Vec does not fail.
    let _ = match cell {
        Cell::Whole(n) => {
            text.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
            Ok(())
        }
        Cell::Real(n) => write!(text, "{n:?}"),
        Cell::Decimal(units) => {
            push_decimal(units, text);
            Ok(())
        }
        Cell::Yes(yes) => write!(text, "{yes}"),
        Cell::Null | Cell::Text(_) | Cell::Time(_) => Ok(()),
    };
}

/// A field, in quotes where it must be. Null is empty, and no value is.
fn push_field(field: &str, text: &mut Vec<u8>) {
    if !field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        text.extend_from_slice(field.as_bytes());
        return;
    }
    text.push(b'"');
    for byte in field.bytes() {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}
