//! The scanner finds the lines that the automaton defines, in any dialect and however the bytes arrive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windrow_scan::csv::record::{self, NextRecord, RecordLine};
use windrow_scan::csv::{Dialect, LineEnd, OtherLine, RecordRow, RecordScanner, RecordVisitor};

/// A line: where it begins, what it is, how long its content is, and the values of a record.
type Found = (usize, RecordLine, usize, Vec<Vec<u8>>);

struct Lines {
    columns: usize,
    base: usize,
    found: Vec<Found>,
}

impl RecordVisitor for Lines {
    fn row(&mut self, row: RecordRow<'_>) {
        let values = (0..self.columns).map(|column| row.value(column).into_owned()).collect();
        self.found.push((self.base + row.start(), RecordLine::Record, row.content().len(), values));
    }

    fn line(&mut self, line: OtherLine<'_>) {
        self.found.push((self.base + line.start, line.what, line.content.len(), Vec::new()));
    }
}

fn by_automaton(dialect: &Dialect, columns: usize, text: &[u8]) -> Vec<Found> {
    let (mut at, mut fields, mut found) = (0, Vec::new(), Vec::new());
    while let NextRecord::Line { what, content, whole } =
        record::read(dialect, Some(columns), &text[at..], true, &mut fields)
    {
        let value = |field: &std::ops::Range<usize>| {
            record::unquote(dialect, &text[at..][field.clone()]).into_owned()
        };
        let values = if what == RecordLine::Record { fields.iter().map(value).collect() } else { Vec::new() };
        found.push((at, what, content, values));
        let end = || text[at..].iter().position(|byte| *byte == dialect.line_end().byte());
        at += whole.or_else(|| end().map(|end| end + 1)).unwrap_or(text.len() - at);
    }
    found
}

fn by_scan(dialect: &Dialect, columns: usize, text: &[u8], read_size: usize) -> Vec<Found> {
    let mut scanner = RecordScanner::new(*dialect, columns);
    let mut lines = Lines { columns, base: 0, found: Vec::new() };
    let (mut at, mut held) = (0, 0);
    loop {
        held = (held + read_size).min(text.len() - at);
        let at_eof = at + held == text.len();
        lines.base = at;
        let scanned = scanner.scan(&text[at..at + held], usize::MAX, at_eof, &mut lines);
        (at, held) = (at + scanned.bytes, held - scanned.bytes);
        if at_eof && scanned.bytes == 0 {
            assert_eq!(at, text.len(), "every byte is consumed");
            return lines.found;
        }
    }
}

fuzz_target!(|input: (u8, u8, u16, &[u8])| {
    let (choice, columns, read_size, text) = input;
    let delimiter = [b',', b';', b'\t', b'|'][usize::from(choice & 3)];
    let comment = (choice & 4 != 0).then_some(b'#');
    let Ok(mut dialect) = Dialect::new(delimiter, b'"', comment) else { return };
    if choice & 8 != 0 {
        dialect = dialect.with_line_end(LineEnd::Cr);
    }
    if choice & 16 != 0 {
        dialect = dialect.with_any_bytes();
    }
    let columns = usize::from(columns % 6) + 1;
    let read_size = usize::from(read_size % 600) + 1;
    assert_eq!(by_scan(&dialect, columns, text, read_size), by_automaton(&dialect, columns, text));
});
