//! Sheets as CSV and JSON.

use std::io::Write;

use super::cell::Cell;
use super::{Out, Sheet};
use crate::error::Result;
use crate::publish::csv::{end_line, push_field};
use crate::publish::failed;
use crate::publish::json::{field_name, push_string};
use crate::report::TimeText;

/// Writes a header and a line per row; null is an empty field.
pub(super) fn write_csv(sheet: &mut Sheet<'_>, out: &mut Out<'_>) -> Result<()> {
    let columns = sheet.columns(false);
    let mut text = Vec::new();
    for column in &columns {
        push_field(sheet.schema.field(*column).name(), &mut text);
        text.push(b',');
    }
    end_line(&mut text);
    (sheet.rows)(&mut |zone, batch| {
        let mut time = TimeText::new(zone);
        for row in 0..batch.num_rows() {
            for column in &columns {
                match Cell::of(batch, *column, row)? {
                    Cell::Null => {}
                    Cell::Text(value) => push_field(value, &mut text),
                    Cell::Time(us) => text.extend_from_slice(time.rfc3339(us).as_bytes()),
                    other => push_plain(other, &mut text),
                }
                text.push(b',');
            }
            end_line(&mut text);
        }
        out.write_all(&text).map_err(failed)?;
        text.clear();
        Ok(())
    })?;
    out.write_all(&text).map_err(failed)
}

/// Writes an array of objects.
pub(super) fn write_json(sheet: &mut Sheet<'_>, out: &mut Out<'_>) -> Result<()> {
    out.write_all(b"[").map_err(failed)?;
    let mut any = false;
    objects(sheet, out, |text| {
        text.extend_from_slice(if std::mem::replace(&mut any, true) { b",\n  " } else { b"\n  " });
    })?;
    out.write_all(if any { b"\n]\n" } else { b"]\n" }).map_err(failed)
}

/// Writes an object per line.
pub(super) fn write_ndjson(sheet: &mut Sheet<'_>, out: &mut Out<'_>) -> Result<()> {
    let mut any = false;
    objects(sheet, out, |text| {
        if std::mem::replace(&mut any, true) {
            text.push(b'\n');
        }
    })?;
    if any { out.write_all(b"\n").map_err(failed) } else { Ok(()) }
}

/// Writes each row as an object, after what `before` puts there.
fn objects(sheet: &mut Sheet<'_>, out: &mut Out<'_>, mut before: impl FnMut(&mut Vec<u8>)) -> Result<()> {
    let columns = sheet.columns(false);
    let names: Vec<Vec<u8>> =
        columns.iter().map(|column| field_name(sheet.schema.field(*column).name())).collect();
    let mut text = Vec::new();
    (sheet.rows)(&mut |zone, batch| {
        let mut time = TimeText::new(zone);
        for row in 0..batch.num_rows() {
            before(&mut text);
            text.push(b'{');
            for (name, column) in names.iter().zip(&columns) {
                text.extend_from_slice(name);
                match Cell::of(batch, *column, row)? {
                    Cell::Null => text.extend_from_slice(b"null"),
                    Cell::Text(value) => push_string(value, &mut text),
                    Cell::Time(us) => push_string(time.rfc3339(us), &mut text),
                    other => push_plain(other, &mut text),
                }
                text.push(b',');
            }
            if let Some(last) = text.last_mut() {
                *last = b'}';
            }
        }
        out.write_all(&text).map_err(failed)?;
        text.clear();
        Ok(())
    })
}

/// Numbers, and yes and no.
fn push_plain(cell: Cell<'_>, text: &mut Vec<u8>) {
    // Writing to a Vec does not fail.
    let _ = match cell {
        Cell::Whole(n) => write!(text, "{n}"),
        Cell::Real(n) => write!(text, "{n:?}"),
        Cell::Yes(yes) => write!(text, "{yes}"),
        Cell::Null | Cell::Text(_) | Cell::Time(_) => Ok(()),
    };
}
