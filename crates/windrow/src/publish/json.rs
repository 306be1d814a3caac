//! JSON: an array of objects, or an object per line. Every number is exact, every string valid.

use super::csv::push_plain;
use super::table::{Cell, ColumnValues, Table};
use super::{Out, failed};
use crate::error::Result;
use crate::report::TimeText;

const GATHERED: usize = 64 << 10;

/// A table and its name, which is said of several.
pub(super) type NamedTable<'t> = (String, Table<'t>);

/// Writes an array of objects; of several tables an object with an array each.
pub(super) fn write(tables: &mut [NamedTable<'_>], out: &mut Out<'_>) -> Result<()> {
    let several = tables.len() != 1;
    let mut text = Vec::new();
    if several {
        text.push(b'{');
    }
    for (at, (name, table)) in tables.iter_mut().enumerate() {
        if several {
            text.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
            push_string(name, &mut text);
            text.extend_from_slice(b": ");
        }
        text.push(b'[');
        let mut any = false;
        write_rows(table, None, &mut text, out, |text| {
            text.extend_from_slice(if std::mem::replace(&mut any, true) { b",\n  " } else { b"\n  " });
        })?;
        text.extend_from_slice(if any { b"\n]" } else { b"]" });
    }
    if several {
        text.extend_from_slice(b"\n}");
    }
    text.push(b'\n');
    out.write_all(&text).map_err(failed)
}

/// Writes an object per line; of several tables each says first which it is of.
pub(super) fn write_lines(tables: &mut [NamedTable<'_>], out: &mut Out<'_>) -> Result<()> {
    let several = tables.len() > 1;
    let mut text = Vec::new();
    for (name, table) in tables {
        let mut any = false;
        write_rows(table, several.then_some(name), &mut text, out, |text| {
            if std::mem::replace(&mut any, true) {
                text.push(b'\n');
            }
        })?;
        if any {
            text.push(b'\n');
        }
    }
    out.write_all(&text).map_err(failed)
}

/// Appends each row as an object, after what `before` puts there; what is gathered is delivered from time to time.
fn write_rows(
    table: &mut Table<'_>,
    report: Option<&String>,
    text: &mut Vec<u8>,
    out: &mut Out<'_>,
    mut before: impl FnMut(&mut Vec<u8>),
) -> Result<()> {
    let columns = table.columns(false);
    let names: Vec<Vec<u8>> =
        columns.iter().map(|column| field_name(table.schema.field(*column).name())).collect();
    let mut opening = b"{".to_vec();
    if let Some(report) = report {
        opening.extend(field_name("report"));
        push_string(report, &mut opening);
        opening.push(b',');
    }
    (table.rows)(&mut |zone, batch| {
        let mut time = TimeText::new(zone);
        let columns = ColumnValues::of(batch, &columns)?;
        for row in 0..batch.num_rows() {
            before(text);
            text.extend_from_slice(&opening);
            for (name, values) in names.iter().zip(&columns) {
                text.extend_from_slice(name);
                match values.cell(row) {
                    Cell::Null => text.extend_from_slice(b"null"),
                    Cell::Text(value) => push_string(value, text),
                    Cell::Time(us) => push_string(time.rfc3339(us), text),
                    other => push_plain(other, text),
                }
                text.push(b',');
            }
            if let Some(last) = text.last_mut() {
                *last = b'}';
            }
            if text.len() >= GATHERED {
                out.write_all(text).map_err(failed)?;
                text.clear();
            }
        }
        Ok(())
    })
}

fn field_name(name: &str) -> Vec<u8> {
    let mut text = Vec::new();
    push_string(name, &mut text);
    text.push(b':');
    text
}

fn push_string(value: &str, text: &mut Vec<u8>) {
    text.push(b'"');
    for byte in value.bytes() {
        match byte {
            b'"' => text.extend_from_slice(b"\\\""),
            b'\\' => text.extend_from_slice(b"\\\\"),
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
            0..=0x1f => text.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => text.push(byte),
        }
    }
    text.push(b'"');
}
