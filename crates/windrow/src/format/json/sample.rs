//! Samples: the members of the first objects of a file, as columns.

use std::collections::{BTreeSet, HashMap};

use windrow_scan::RECORD_BYTES_MAX;
use windrow_scan::json::{
    Member, NextObject, ObjectLine, ObjectRow, ObjectShape, ObjectStream, ObjectValues, ObjectVisitor,
    PathFault, Paths, canonical, list_of_objects, members, read_line,
};

use super::objects::{beginning, said};
use crate::codec::ReadAt;
use crate::error::Result;
use crate::format::InputFormat;
use crate::format::csv::{BOM, CsvRules, ROWS_MAX, Sample};
use crate::format::parquet::PathTarget;

/// Bytes of a file that are read for a sample: few at first, up to a maximum if they hold no row.
const BYTES_AT_FIRST: usize = 256 << 10;
const BYTES_MAX: usize = 2 * RECORD_BYTES_MAX;

/// The sample of a file: a column for each path to a value in its first `rows_max` objects, through arrays only where
/// `named` is such a path.
///
/// # Errors
/// The file cannot be read, or what is `named` is never a single value.
pub(crate) fn sample(
    name: &str,
    rules: &CsvRules,
    rows_max: usize,
    named: &[String],
    read_at: ReadAt<'_>,
) -> Result<Sample> {
    let (shape, start) = beginning(name, rules, read_at)?;
    let mut wanted = BYTES_AT_FIRST;
    loop {
        let mut bytes = vec![0; wanted];
        let read = read_at(&mut bytes, start)?;
        bytes.truncate(read);
        let at_eof = read < wanted;
        let mut first = FirstObjects {
            rows_max: if rows_max == 0 { ROWS_MAX } else { rows_max },
            named: named.iter().filter_map(|path| Some((canonical(path)?, path.clone()))).collect(),
            ..FirstObjects::default()
        };
        let taken = first.take(shape, &bytes, at_eof);
        if !first.rows.is_empty() || at_eof || wanted >= BYTES_MAX {
            first.refuse_nested().map_err(|error| error.within(name))?;
            return Ok(first.sample(name, shape, start + taken as u64, &bytes));
        }
        wanted *= 2;
    }
}

/// The first objects.
#[derive(Default)]
struct FirstObjects {
    rows_max: usize,
    /// The paths that a job names, each as it is written there.
    named: HashMap<String, String>,
    /// What else than a single value was found at them.
    nested: BTreeSet<String>,
    names: Vec<String>,
    places: HashMap<String, usize>,
    rows: Vec<Vec<String>>,
    malformed: usize,
    /// Where the last object of a stream ends.
    end: usize,
}

impl FirstObjects {
    /// Takes objects from `bytes`. Returns how many bytes were looked at.
    fn take(&mut self, shape: ObjectShape, bytes: &[u8], at_eof: bool) -> usize {
        let Ok(paths) = Paths::new([]) else { return 0 };
        if shape != ObjectShape::Lines {
            let scanned = ObjectStream::new(paths, shape).scan(bytes, bytes.len(), at_eof, self);
            let is_all = at_eof && self.rows.len() < self.rows_max;
            // The looked-at bytes end with an object, unless they are the whole file.
            return scanned.ok().filter(|_| is_all).map_or(self.end, |scanned| scanned.bytes);
        }
        let (mut at, mut values) = (0, ObjectValues::default());
        while self.rows.len() < self.rows_max {
            let NextObject::Line { what, content, whole } =
                read_line(&paths, &bytes[at..], at_eof, &mut values)
            else {
                break;
            };
            match what {
                ObjectLine::Object => self.add(&bytes[at..at + content]),
                ObjectLine::Malformed(_) => self.malformed += 1,
                ObjectLine::Blank => {}
            }
            match whole {
                Some(whole) => at += whole,
                None => break,
            }
        }
        at
    }

    /// Adds a well-formed object, which may begin with white space.
    fn add(&mut self, object: &[u8]) {
        if self.rows.len() == self.rows_max {
            return;
        }
        let from = object.iter().position(|byte| *byte == b'{').unwrap_or_default();
        let is_named = |path: &str| self.named.contains_key(path);
        let Ok((members, _)) = members(object, from, &is_named) else { return };
        let mut row = vec![String::new(); self.names.len()];
        for Member { path, text } in members {
            let path = self.named.get(&path).cloned().unwrap_or(path);
            let Some(value) = text else {
                self.nested.insert(path);
                continue;
            };
            let next = self.names.len();
            let at = *self.places.entry(path.clone()).or_insert(next);
            if at == next {
                self.names.push(path);
                row.push(String::new());
            }
            row[at] = value;
        }
        self.rows.push(row);
    }

    /// Refuses what is named and has no single value in any of the objects.
    ///
    /// # Errors
    /// Invalid, with the name.
    fn refuse_nested(&self) -> Result<()> {
        match self.nested.iter().find(|path| !self.places.contains_key(*path)) {
            Some(path) => PathTarget::<()>::Whole("list or an object").column(path, Vec::new),
            None => Ok(()),
        }
    }

    fn sample(mut self, name: &str, shape: ObjectShape, bytes: u64, text: &[u8]) -> Sample {
        for row in &mut self.rows {
            row.resize(self.names.len(), String::new());
        }
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Sample {
            file: name.to_owned(),
            header_line: String::from_utf8_lossy(line).into_owned(),
            header: self.names,
            rows: self.rows,
            malformed: self.malformed,
            bytes,
            format: InputFormat::Json,
            written: format!("JSON, {}", said(shape)),
            shape: Some(shape),
            list: list_of_objects(text.strip_prefix(BOM).unwrap_or(text)),
            ..Sample::default()
        }
    }
}

impl ObjectVisitor for FirstObjects {
    fn row(&mut self, row: ObjectRow<'_>) {
        if self.rows.len() < self.rows_max {
            self.end = row.start() + row.content().len();
        }
        self.add(row.content());
    }

    fn blank(&mut self) {}

    fn malformed(&mut self, _: usize, _: &[u8], _: PathFault) {
        self.malformed += 1;
    }
}
