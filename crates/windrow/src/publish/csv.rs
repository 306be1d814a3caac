//! CSV: RFC 4180, times with offset, means as Rust writes them.

use std::io::Write;

use super::table::{Cell, ColumnValues, Table};
use super::{Out, failed};
use crate::error::Result;
use crate::measure::push_decimal;
use crate::report::TimeText;
use crate::text::escape::push_csv_field;

/// Bytes that are gathered before they are delivered.
const GATHERED: usize = 64 << 10;

/// Writes a header and a line per row; null is an empty field.
pub(super) fn write(table: &mut Table<'_>, out: &mut Out<'_>) -> Result<()> {
    let columns = table.columns(false);
    let mut text = Vec::new();
    for column in &columns {
        push_csv_field(table.schema.field(*column).name(), &mut text);
        text.push(b',');
    }
    end_line(&mut text);
    out.write_all(&text).map_err(failed)?;
    write_rows(table, out)
}

/// Writes a line per row.
pub(super) fn write_rows(table: &mut Table<'_>, out: &mut Out<'_>) -> Result<()> {
    let columns = table.columns(false);
    let mut text = Vec::with_capacity(GATHERED + (4 << 10));
    (table.rows)(&mut |zone, batch| {
        let mut time = TimeText::new(zone);
        let columns = ColumnValues::of(batch, &columns)?;
        for row in 0..batch.num_rows() {
            for values in &columns {
                match values.cell(row) {
                    Cell::Null => {}
                    Cell::Text(value) => push_csv_field(value, &mut text),
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
