//! JSON: an array of objects, or an object per line. Every number is exact, every string valid.

use std::io::Write;

use super::{Out, failed};
use crate::error::Result;
use crate::report::{Cell, ReportData, Table, TimeText, View};

const GATHERED: usize = 64 << 10;

/// Writes an array of objects; of several reports an object with an array each.
pub(super) fn write(reports: &[ReportData], out: &mut Out<'_>) -> Result<()> {
    let tables = reports.iter().map(|report| report.table(View::Grid)).collect::<Result<Vec<_>>>()?;
    let several = tables.len() != 1;
    let mut text = Vec::new();
    if several {
        text.push(b'{');
    }
    for (at, table) in tables.iter().enumerate() {
        if several {
            text.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
            push_string(&table.report().spec().name, &mut text);
            text.extend_from_slice(b": ");
        }
        text.push(b'[');
        let mut between: &[u8] = b"\n  ";
        write_rows(table, None, &mut text, out, |text| {
            text.extend_from_slice(between);
            between = b",\n  ";
        })?;
        text.extend_from_slice(if table.is_empty() { b"]" } else { b"\n]" });
    }
    if several {
        text.extend_from_slice(b"\n}");
    }
    text.push(b'\n');
    out.write_all(&text).map_err(failed)
}

/// Writes an object per line; of several reports each says first which report it is of.
pub(super) fn write_lines(reports: &[ReportData], out: &mut Out<'_>) -> Result<()> {
    let tables = reports.iter().map(|report| report.table(View::Grid)).collect::<Result<Vec<_>>>()?;
    let mut text = Vec::new();
    for table in &tables {
        let name = (tables.len() > 1).then_some(&*table.report().spec().name);
        let mut is_first = true;
        write_rows(table, name, &mut text, out, |text| {
            if !std::mem::take(&mut is_first) {
                text.push(b'\n');
            }
        })?;
        if !table.is_empty() {
            text.push(b'\n');
        }
    }
    out.write_all(&text).map_err(failed)
}

/// Appends each row as an object, after what `before` puts there; what is gathered is handed on from time to time.
fn write_rows(
    table: &Table<'_>,
    report: Option<&str>,
    text: &mut Vec<u8>,
    out: &mut Out<'_>,
    mut before: impl FnMut(&mut Vec<u8>),
) -> Result<()> {
    let names: Vec<Vec<u8>> = table.columns().iter().map(|column| field_name(&column.name)).collect();
    let mut opening = b"{".to_vec();
    if let Some(report) = report {
        opening.extend(field_name("report"));
        push_string(report, &mut opening);
        opening.push(b',');
    }
    let mut time = TimeText::new(&table.report().spec().zone);
    table.rows(&mut |cells| {
        before(text);
        text.extend_from_slice(&opening);
        for (name, cell) in names.iter().zip(cells) {
            text.extend_from_slice(name);
            push_cell(cell, &mut time, text);
            text.push(b',');
        }
        if let Some(last) = text.last_mut() {
            *last = b'}';
        }
        if text.len() >= GATHERED {
            out.write_all(text).map_err(failed)?;
            text.clear();
        }
        Ok(())
    })
}

pub(super) fn field_name(name: &str) -> Vec<u8> {
    let mut text = Vec::new();
    push_string(name, &mut text);
    text.push(b':');
    text
}

fn push_cell(cell: &Cell<'_>, time: &mut TimeText, text: &mut Vec<u8>) {
    match *cell {
        Cell::Time(us) => push_string(time.rfc3339(us), text),
        Cell::Text(Some(value)) => push_string(value, text),
        Cell::Count(Some(n)) => text.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
        Cell::Mean(Some(mean)) => {
            // Writing to a Vec does not fail.
            let _ = write!(text, "{mean:?}");
        }
        Cell::Text(None) | Cell::Count(None) | Cell::Mean(None) => text.extend_from_slice(b"null"),
    }
}

pub(super) fn push_string(value: &str, text: &mut Vec<u8>) {
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
