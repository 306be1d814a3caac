//! CSV: RFC 4180, times with offset, means as Rust writes them.

use std::io::Write;

use super::{Format, Out, failed, one_table};
use crate::calendar::Zone;
use crate::error::Result;
use crate::report::{Cell, ReportData, Table, TimeText, View};

/// Bytes that are gathered before they are handed on.
const GATHERED: usize = 64 << 10;

/// Writes the one report.
pub(super) fn write(reports: &[ReportData], out: &mut Out<'_>) -> Result<()> {
    let [report] = reports else { return Err(one_table(Format::Csv)) };
    write_table(&report.table(View::Grid)?, &report.spec().zone, out)
}

/// Writes one table with its header, times on the clock of `zone`.
pub(super) fn write_table(table: &Table<'_>, zone: &Zone, out: &mut Out<'_>) -> Result<()> {
    let mut text = Vec::with_capacity(GATHERED + (4 << 10));
    for column in table.columns() {
        push_field(&column.name, &mut text);
        text.push(b',');
    }
    end_line(&mut text);
    let mut time = TimeText::new(zone);
    table.rows(&mut |cells| {
        for cell in cells {
            push_cell(cell, &mut time, &mut text);
            text.push(b',');
        }
        end_line(&mut text);
        if text.len() >= GATHERED {
            out.write_all(&text).map_err(failed)?;
            text.clear();
        }
        Ok(())
    })?;
    out.write_all(&text).map_err(failed)
}

/// Turns the comma after the last field into a line's end.
pub(super) fn end_line(text: &mut [u8]) {
    if let Some(last) = text.last_mut() {
        *last = b'\n';
    }
}

#[inline]
fn push_cell(cell: &Cell<'_>, time: &mut TimeText, text: &mut Vec<u8>) {
    match *cell {
        Cell::Time(us) => text.extend_from_slice(time.rfc3339(us).as_bytes()),
        Cell::Text(value) => push_field(value.unwrap_or_default(), text),
        Cell::Count(None) | Cell::Mean(None) => {}
        Cell::Count(Some(n)) => text.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
        Cell::Mean(Some(mean)) => {
            // Writing to a Vec does not fail.
            let _ = write!(text, "{mean:?}");
        }
    }
}

/// A field, in quotes where it must be. Null is empty, and no value is.
pub(super) fn push_field(field: &str, text: &mut Vec<u8>) {
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
