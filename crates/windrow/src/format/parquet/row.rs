//! Rows: the columns of a table that a job names, and how one row becomes an event or a reject. Tables in memory are counted here
//! too.

use std::ops::Range;

use super::kind::ColumnKind;
use super::path::Leaf;
use super::value::StoredValue;
use crate::counts::EventCounter;
use crate::error::{Code, Result};
use crate::event::{ReadTime, joined};
use crate::format::header::{NamedColumns, time_in_both};
use crate::record::RecordRules;
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};

/// The columns of a table that a job names.
#[derive(Clone, Debug)]
pub(in crate::format) struct RowColumns {
    /// `None`: the path of the file has the time.
    pub(in crate::format) time: Option<Leaf>,
    /// The second column of the time, whose text follows that of the first after a space.
    pub(in crate::format) beside: Option<Leaf>,
    /// The keys that are columns of the table.
    pub(in crate::format) keys: Vec<Leaf>,
    /// The positions of the other keys, in order. The path of the file has their values.
    pub(in crate::format) absent: Vec<usize>,
    /// The measured columns.
    pub(in crate::format) measured: Vec<Leaf>,
    /// For jobs with rules for records: the position of each column that they need; `None` if the table lacks it.
    pub(in crate::format) record: Vec<Option<usize>>,
}

impl RowColumns {
    /// The columns that the rules for records need, which `find` looks up.
    ///
    /// # Errors
    /// Usage: a column is missing, or both the table and the path have the time.
    pub(in crate::format) fn of_record(
        wanted: NamedColumns<'_>,
        rules: &RecordRules,
        find: &mut dyn FnMut(&str) -> Result<Leaf>,
    ) -> Result<RowColumns> {
        rules.check_joined(&mut |name| find(name).is_ok())?;
        let (mut leaves, mut record) = (Vec::new(), Vec::new());
        for column in &rules.file {
            match find(&column.name) {
                Err(error)
                    if error.code() == Code::MissingColumn && wanted.in_path.contains(&column.name) =>
                {
                    record.push(None);
                }
                Ok(_) if wanted.reader.in_path().is_some() && column.name == wanted.time => {
                    return Err(time_in_both(wanted.time));
                }
                found => {
                    record.push(Some(leaves.len()));
                    leaves.push(found.map_err(|error| column.named(error))?);
                }
            }
        }
        let mut leaves = leaves.into_iter();
        let time = leaves.next();
        let (keys, absent, measured) = (leaves.collect(), Vec::new(), Vec::new());
        Ok(RowColumns { time, beside: None, keys, absent, measured, record })
    }

    /// All columns, beginning with the time if the table has it.
    pub(in crate::format) fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.time.iter().chain(&self.beside).chain(&self.keys).chain(&self.measured)
    }

    /// The kind of the time column; `None` if the path has the time.
    pub(in crate::format) fn kind_of_time(&self) -> Option<ColumnKind> {
        self.time.as_ref().map(|time| time.kind)
    }

    /// The positions of the keys among all columns.
    fn numbers_of_keys(&self) -> Range<usize> {
        let first = usize::from(self.time.is_some()) + usize::from(self.beside.is_some());
        first..first + self.keys.len()
    }
}

/// One row: the values of the columns that a job names.
pub(in crate::format) struct ParquetRow<'r> {
    pub(in crate::format) named: &'r RowColumns,
    /// The value in the column with this number, the time first.
    pub(in crate::format) value: &'r dyn Fn(usize) -> Option<StoredValue<'r>>,
}

impl ParquetRow<'_> {
    /// Counts the row, which is number `number` of the table.
    pub(in crate::format) fn count(&self, number: u64, events: &mut EventCounter) {
        let Some(time) = &self.named.time else {
            if let Some(reading) = events.time_of_path(Place::Row(number + 1), || self.raw()) {
                self.event(number, events, reading);
            }
            return;
        };
        let read = match ((self.value)(0), &self.named.beside) {
            (Some(value), None) => value.time(time.kind, &mut events.time),
            (Some(_), Some(_)) if (self.value)(1).is_some() => events.time.read_next(&self.text_of_time()),
            _ => Err(Reason::BadTime),
        };
        match read {
            Ok(reading) => self.event(number, events, reading),
            Err(reason) => self.reject(number, events, reason, 0),
        }
    }

    /// The text of the time, which may be in two columns.
    fn text_of_time(&self) -> Vec<u8> {
        match self.named.beside {
            None => self.text(0),
            Some(_) => joined(&self.text(0), &self.text(1)),
        }
    }

    /// Counts an event, unless a key is unusable.
    fn event(&self, number: u64, events: &mut EventCounter, reading: ReadTime) {
        let RowColumns { keys, absent, .. } = self.named;
        let numbers = self.named.numbers_of_keys();
        if !self.named.measured.is_empty() {
            return self.measured_event(number, events, reading);
        }
        if absent.is_empty() && keys.iter().all(|key| key.kind == ColumnKind::Text) {
            let text = |column: usize| match (self.value)(column) {
                Some(StoredValue::Bytes(text)) => text,
                _ => &[],
            };
            let faulty = |column: usize| fault(text(column)).map(|reason| (column, reason));
            return match numbers.clone().find_map(faulty) {
                Some((column, reason)) => self.reject(number, events, reason, column),
                None if keys.len() == 1 => {
                    let text = text(numbers.start);
                    events.event(reading, |known| known.id_of_one(text, text.len()))
                }
                None => events.event(reading, |known| known.id_of(numbers.map(text))),
            };
        }
        match self.keys() {
            Ok(texts) => events.event(reading, |known| known.id_of(texts.iter().map(Vec::as_slice))),
            Err((column, reason)) => self.reject(number, events, reason, column),
        }
    }

    /// The texts of the keys; or a column whose text cannot be one, and why.
    fn keys(&self) -> Result<Vec<Vec<u8>>, (usize, Reason)> {
        let key = |column| {
            let text = self.text(column);
            fault(&text).map_or(Ok(text), |reason| Err((column, reason)))
        };
        let mut texts = self.named.numbers_of_keys().map(key).collect::<Result<Vec<_>, _>>()?;
        self.named.absent.iter().for_each(|at| texts.insert(*at, Vec::new()));
        Ok(texts)
    }

    /// Counts an event after its measured values are read.
    fn measured_event(&self, number: u64, events: &mut EventCounter, reading: ReadTime) {
        for at in 0..self.named.measured.len() {
            let column = self.named.numbers_of_keys().end + at;
            let text = self.text(column);
            if let Err(reason) = events.measure(at, &text, text.len()) {
                return self.reject(number, events, reason, column);
            }
        }
        match self.keys() {
            Ok(texts) => events.measured_event(reading, |known| known.id_of(texts.iter().map(Vec::as_slice))),
            Err((column, reason)) => self.reject(number, events, reason, column),
        }
    }

    pub(super) fn reject(&self, number: u64, events: &mut EventCounter, reason: Reason, column: usize) {
        events.reject(reason, || {
            let mut value = if column == 0 { self.text_of_time() } else { self.text(column) };
            value.truncate(RAW_BYTES_MAX);
            Reject {
                place: Place::Row(number + 1),
                column: self.named.leaves().nth(column).map(|leaf| leaf.name.clone()),
                reason,
                value: Some(value),
                raw: self.raw(),
            }
        });
    }

    pub(super) fn text(&self, column: usize) -> Vec<u8> {
        let mut text = Vec::new();
        if let (Some(value), Some(leaf)) = ((self.value)(column), self.named.leaves().nth(column)) {
            value.push_text(leaf.kind, &mut text);
        }
        text
    }

    /// The row as a JSON object, cut if it is long.
    pub(super) fn raw(&self) -> Vec<u8> {
        let mut raw = vec![b'{'];
        for (column, leaf) in self.named.leaves().enumerate() {
            raw.extend((column > 0).then_some(b','));
            push_quoted(leaf.name.as_bytes(), &mut raw);
            raw.push(b':');
            match (self.value)(column) {
                None => raw.extend_from_slice(b"null"),
                Some(StoredValue::Bytes(_)) => push_quoted(&self.text(column), &mut raw),
                Some(_) if leaf.kind.is_bare() => raw.extend(self.text(column)),
                Some(_) => push_quoted(&self.text(column), &mut raw),
            }
        }
        raw.push(b'}');
        raw.truncate(RAW_BYTES_MAX);
        raw
    }
}

/// Why a text cannot be a key.
pub(in crate::format) fn fault(text: &[u8]) -> Option<Reason> {
    match text {
        text if memchr::memchr(0, text).is_some() => Some(Reason::Nul),
        text if std::str::from_utf8(text).is_err() => Some(Reason::InvalidUtf8),
        _ => None,
    }
}

/// Appends a JSON string. Bytes that are not UTF-8 are kept.
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
