//! The decoder: from the rows of row groups to events.

use super::column::{Column, column};
use super::contained::contained;
use super::kind::Kind;
use super::path::Leaf;
use super::table::Table;
use super::value::Value;
use crate::counts::{EventCounter, Partial};
use crate::error::Result;
use crate::event::Reading;
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};

/// Rows that are read together.
pub(super) const BATCH_ROWS: u64 = 4096;

/// What is called after some rows are counted, with how many.
pub(super) type Each<'e> = dyn FnMut(&mut EventCounter, u64) -> Result<()> + 'e;

/// Counts the rows of one file.
pub(crate) struct Decoder<'a> {
    pub(super) table: &'a Table,
    pub(super) events: EventCounter,
}

impl<'a> Decoder<'a> {
    /// Counts rows of `table` by `events`.
    pub(crate) fn new(table: &'a Table, events: EventCounter) -> Self {
        Decoder { table, events }
    }

    /// Counts the rows of row group `group`; `each` is called after some of them, with how many.
    ///
    /// # Errors
    /// The file cannot be read or is damaged; whatever `each` says.
    pub(crate) fn count(&mut self, group: usize, each: &mut Each<'_>) -> Result<()> {
        match self.table.rows(group).is_empty() || self.count_in_lanes(group, each)? {
            true => Ok(()),
            false => self.count_rows(group, each),
        }
    }

    /// Counts the rows of row group `group` one by one, whatever their columns are.
    fn count_rows(&mut self, group: usize, each: &mut Each<'_>) -> Result<()> {
        let table = self.table;
        let what = |leaf: &Leaf| format!("column {} in row group {}", leaf.name, group + 1);
        let open = |leaf: &Leaf| contained(&what(leaf), || column(&table.file, table.group(group), leaf));
        let rows = table.rows(group);
        let mut columns: Vec<Box<dyn Column>> = table.leaves().map(open).collect::<Result<_>>()?;
        let mut next = rows.start;
        while next < rows.end {
            let batch = (rows.end - next).min(BATCH_ROWS);
            for (column, leaf) in columns.iter_mut().zip(table.leaves()) {
                contained(&what(leaf), || column.fill(batch as usize))?;
            }
            for row in 0..batch {
                let value = |column: usize| columns.get(column).and_then(|column| column.value(row as usize));
                self.row(next + row, &Row { table, value: &value });
            }
            next += batch;
            self.events.tally.read += batch;
            each(&mut self.events, batch)?;
        }
        for (column, leaf) in columns.iter_mut().zip(table.leaves()) {
            contained(&what(leaf), || column.end())?;
        }
        Ok(())
    }

    /// Counts row number `number` of the file.
    pub(super) fn row(&mut self, number: u64, row: &Row<'_>) {
        let time = &row.table.time;
        let read = match (row.value)(0) {
            Some(value) => value.time(time.kind, &mut self.events.time),
            None => Err(Reason::BadTime),
        };
        match read {
            Ok(reading) => self.event(number, row, reading),
            Err(reason) => self.reject(number, row, reason, 0),
        }
    }

    /// An event, if its keys can be ones.
    fn event(&mut self, number: u64, row: &Row<'_>, reading: Reading) {
        let keys = &row.table.keys;
        let absent = &row.table.absent;
        if let ([key], []) = (keys.as_slice(), absent.as_slice())
            && key.kind == Kind::Text
        {
            let text = match (row.value)(1) {
                Some(Value::Bytes(text)) => text,
                _ => &[],
            };
            return match fault(text) {
                Some(reason) => self.reject(number, row, reason, 1),
                None => self.events.event(reading, |keys| keys.id_of_one(text, text.len())),
            };
        }
        let mut texts = Vec::with_capacity(keys.len());
        for column in 1..=keys.len() {
            let text = row.text(column);
            if let Some(reason) = fault(&text) {
                return self.reject(number, row, reason, column);
            }
            texts.push(text);
        }
        absent.iter().for_each(|at| texts.insert(*at, Vec::new()));
        self.events.event(reading, |keys| keys.id_of(texts.iter().map(Vec::as_slice)));
    }

    fn reject(&mut self, number: u64, row: &Row<'_>, reason: Reason, column: usize) {
        self.events.reject(reason, || {
            let mut value = row.text(column);
            value.truncate(RAW_BYTES_MAX);
            Reject {
                place: Place::Row(number + 1),
                column: row.table.leaves().nth(column).map(|leaf| leaf.name.clone()),
                reason,
                value: Some(value),
                raw: row.raw(),
            }
        });
    }

    /// The rejects since they were last taken.
    pub(crate) fn take_rejects(&mut self) -> Vec<Reject> {
        self.events.rejects_wanted = self.events.rejects_wanted.saturating_sub(self.events.rejects.len());
        std::mem::take(&mut self.events.rejects)
    }

    /// What counts the rows.
    pub(crate) fn events(&mut self) -> &mut EventCounter {
        &mut self.events
    }

    /// What was counted.
    pub(crate) fn finish(self) -> Partial {
        self.events.finish()
    }
}

/// Why a text cannot be a key.
pub(super) fn fault(text: &[u8]) -> Option<Reason> {
    match text {
        text if memchr::memchr(0, text).is_some() => Some(Reason::Nul),
        text if std::str::from_utf8(text).is_err() => Some(Reason::InvalidUtf8),
        _ => None,
    }
}

/// One row: what stands in the columns that a job names.
pub(super) struct Row<'r> {
    pub(super) table: &'r Table,
    /// The value in the column with this number, the time first.
    pub(super) value: &'r dyn Fn(usize) -> Option<Value<'r>>,
}

impl Row<'_> {
    fn text(&self, column: usize) -> Vec<u8> {
        let mut text = Vec::new();
        if let (Some(value), Some(leaf)) = ((self.value)(column), self.table.leaves().nth(column)) {
            value.push_text(leaf.kind, &mut text);
        }
        text
    }

    /// The row as an object of JSON, cut where it is long.
    fn raw(&self) -> Vec<u8> {
        let mut raw = Vec::new();
        for (column, leaf) in self.table.leaves().enumerate() {
            raw.push(if column == 0 { b'{' } else { b',' });
            push_quoted(leaf.name.as_bytes(), &mut raw);
            raw.push(b':');
            match (self.value)(column) {
                None => raw.extend_from_slice(b"null"),
                Some(Value::Bytes(_)) => push_quoted(&self.text(column), &mut raw),
                Some(_) if leaf.kind.is_bare() => raw.extend(self.text(column)),
                Some(_) => push_quoted(&self.text(column), &mut raw),
            }
        }
        raw.push(b'}');
        raw.truncate(RAW_BYTES_MAX);
        raw
    }
}

/// Appends a string of JSON; bytes that are not UTF-8 stay what they are.
fn push_quoted(text: &[u8], to: &mut Vec<u8>) {
    to.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => to.extend([b'\\', *byte]),
            0..=0x1F => to.extend(format!("\\u{byte:04x}").into_bytes()),
            _ => to.push(*byte),
        }
    }
    to.push(b'"');
}
