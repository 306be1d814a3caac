//! The decoder: from bytes of a file to events.

use windrow_scan::Scanned;
use windrow_scan::json::{
    ObjectFault, ObjectRow, ObjectScanner, ObjectShape, ObjectStream, ObjectVisitor, PathFault, Stopped,
    guess_start,
};

use super::Objects;
use super::fast_path::{JsonFastPath, LineForm};
use super::records::JsonRecords;
use crate::counts::{EventCounter, Keys, Partial};
use crate::error::{Code, Error, Location, Result};
use crate::event::{ReadTime, joined};
use crate::format::header::time_in_both;
use crate::record::Batch;
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};
use crate::text::number::grouped;

/// Counts the objects of one file.
pub(crate) struct JsonDecoder<'a> {
    source: ObjectSource,
    rows: JsonRows<'a>,
    /// Collects rows, for jobs with rules for records.
    batch: Option<Batch>,
}

enum ObjectSource {
    /// With a fast path if there is one key.
    Lines(Box<ObjectScanner>, Option<Box<JsonFastPath>>),
    Stream(ObjectStream),
}

impl<'a> JsonDecoder<'a> {
    /// Counts the objects of a file that is written as `objects` says with `events`.
    pub(crate) fn new(objects: &'a Objects, events: EventCounter, batch: Option<Batch>) -> Self {
        let paths = objects.paths.clone();
        let source = match objects.shape {
            ObjectShape::Lines => {
                let fast_path =
                    (objects.names.len() == 2 && objects.keys == (1..2) && objects.measured.is_empty())
                        .then(|| Box::new(JsonFastPath::new()))
                        .filter(|_| !events.keeps_events());
                ObjectSource::Lines(Box::new(ObjectScanner::new(paths)), fast_path)
            }
            shape => ObjectSource::Stream(ObjectStream::new(paths, shape)),
        };
        // Measured values are read in the slower way.
        let has_one_key = objects.keys.len() == 1 && objects.measured.is_empty();
        let rows = JsonRows {
            events,
            base: 0,
            objects,
            has_one_key,
            learns: false,
            like: None,
            time_in_both: false,
        };
        JsonDecoder { source, rows, batch }
    }

    /// Whether the last bytes ended within a line that was given up. The rest of the line has to be decoded too.
    pub(crate) fn is_in_line(&self) -> bool {
        match &self.source {
            ObjectSource::Lines(scanner, _) => scanner.is_in_line(),
            ObjectSource::Stream(_) => false,
        }
    }

    /// Counts the rows in `bytes` that begin before `limit`. The bytes are at `at` in the file, and its last ones with `at_eof`.
    /// Bytes that are not consumed have to be passed again, with more bytes after them.
    ///
    /// # Errors
    /// Data: from some place on, rows cannot be told apart.
    pub(crate) fn decode(&mut self, bytes: &[u8], at: u64, limit: usize, at_eof: bool) -> Result<Scanned> {
        self.rows.base = at;
        let broken = |stopped| broken(stopped, at);
        if let Some(batch) = &mut self.batch {
            let mut rows = JsonRecords {
                offers_rows: self.rows.events.needs_only_texts(),
                rows: &mut self.rows,
                batch,
                bytes,
            };
            let scanned = match &mut self.source {
                ObjectSource::Lines(scanner, _) => scanner.scan(bytes, limit, at_eof, &mut rows),
                ObjectSource::Stream(stream) => {
                    stream.scan(bytes, limit, at_eof, &mut rows).map_err(broken)?
                }
            };
            rows.count();
            self.rows.events.tally.read += scanned.lines;
            return Ok(scanned);
        }
        let is_of_two = self.rows.objects.keys.start > TIME + 1;
        let scanned = match &mut self.source {
            ObjectSource::Lines(scanner, _) if is_of_two => {
                scanner.scan(bytes, limit, at_eof, &mut JsonRowsOfTwo(&mut self.rows))
            }
            ObjectSource::Stream(stream) if is_of_two => {
                stream.scan(bytes, limit, at_eof, &mut JsonRowsOfTwo(&mut self.rows)).map_err(broken)?
            }
            ObjectSource::Lines(scanner, Some(path)) => {
                path.scan(scanner, bytes, limit, at_eof, &mut self.rows)
            }
            ObjectSource::Lines(scanner, None) => scanner.scan(bytes, limit, at_eof, &mut self.rows),
            ObjectSource::Stream(stream) => {
                stream.scan(bytes, limit, at_eof, &mut self.rows).map_err(broken)?
            }
        };
        self.rows.events.tally.read += scanned.lines;
        match self.rows.time_in_both {
            true => Err(time_in_both(&self.rows.objects.names[TIME])),
            false => Ok(scanned),
        }
    }

    /// The rejects of the last bytes, with their line numbers. `lines_before` lines come before `bytes`.
    pub(crate) fn take_rejects(&mut self, lines_before: u64, bytes: &[u8]) -> Vec<Reject> {
        self.rows.events.take_rejects(self.rows.base, b'\n', lines_before, bytes)
    }

    /// The counter of the rows.
    pub(crate) fn events(&mut self) -> &mut EventCounter {
        &mut self.rows.events
    }

    /// The counts.
    pub(crate) fn finish(self) -> Partial {
        self.rows.events.finish()
    }
}

/// Where a line begins in `bytes`. The first byte is the last one before the cut.
pub(crate) fn guess(bytes: &[u8]) -> Option<usize> {
    guess_start(bytes)
}

/// What to do about a stream that is not JSON.
const BROKEN: &str =
    "correct or fetch the file again; rows of a file with one object per line are rejected one by one";

/// The error for a stream whose rows cannot be told apart from some place on. The bytes begin at `at` in the file.
fn broken(stopped: Stopped, at: u64) -> Error {
    let (what, help) = match stopped.fault {
        ObjectFault::Unclosed => ("the file ends inside an object or an array: it may be cut off", BROKEN),
        ObjectFault::TrailingText => ("there is text after the array", BROKEN),
        _ => ("a comma or a bracket is missing, or stands where it cannot", BROKEN),
    };
    let byte = at.saturating_add_signed(stopped.at);
    Error::data(format!("the JSON is broken at byte {}: {what}", grouped(byte)))
        .with_code(Code::UnreadableFormat)
        .at(Location::default().byte(byte))
        .with_help(help)
}

/// Hands the objects that a scan visits to a counter.
pub(super) struct JsonRows<'a> {
    pub(super) events: EventCounter,
    /// Where the bytes given to the scan begin in the file.
    pub(super) base: u64,
    /// Whether the fast path needs an example of a line.
    pub(super) learns: bool,
    /// The layout of the last line that could serve as an example.
    pub(super) like: Option<LineForm>,
    pub(super) objects: &'a Objects,
    has_one_key: bool,
    /// Whether an object has the time although the path gives it.
    time_in_both: bool,
}

/// The number of the path to the time; those of the keys follow.
pub(super) const TIME: usize = 0;

impl JsonRows<'_> {
    #[inline(always)]
    fn event(&mut self, row: &ObjectRow<'_>, reading: ReadTime) {
        if self.has_one_key
            && let Some((following, len)) = row.value_in_place(self.objects.keys.start)
        {
            self.events.event(reading, |keys| keys.id_of_one(following, len));
        } else {
            self.event_of_keys(row, reading);
        }
    }

    /// An object whose time is in two members.
    fn row_of_two(&mut self, row: &ObjectRow<'_>) {
        let (time, beside) = (row.value(TIME), row.value(TIME + 1));
        let (Some(time), Some(beside)) = (&time, &beside) else {
            let path = TIME + usize::from(time.is_some());
            return self.reject(row.start(), row.content(), Reason::NotScalar, Some(path), None);
        };
        let text = joined(time, beside);
        match self.events.time.read(&text) {
            Ok(reading) => self.event(row, reading),
            Err(reason) => self.reject(row.start(), row.content(), reason, Some(TIME), Some(&text)),
        }
    }

    /// An event, whatever its keys are.
    #[inline(never)]
    fn event_of_keys(&mut self, row: &ObjectRow<'_>, reading: ReadTime) {
        for at in 0..self.objects.measured.len() {
            let path = self.objects.measured[at];
            let Some(value) = row.value(path) else {
                return self.reject(row.start(), row.content(), Reason::NotScalar, Some(path), None);
            };
            if let Err(reason) = self.events.measure(at, &value, value.len()) {
                return self.reject(row.start(), row.content(), reason, Some(path), Some(&value));
            }
        }
        let mut values = Vec::with_capacity(self.objects.keys.len());
        for path in self.objects.keys.clone() {
            match row.value(path) {
                None => return self.reject(row.start(), row.content(), Reason::NotScalar, Some(path), None),
                Some(value) if value.contains(&0) => {
                    return self.reject(row.start(), row.content(), Reason::Nul, Some(path), Some(&value));
                }
                Some(value) => values.push(value),
            }
        }
        let key = |keys: &mut Keys| keys.id_of(values.iter().map(|value| &**value));
        match self.objects.measured.is_empty() {
            true => self.events.event(reading, key),
            false => self.events.measured_event(reading, key),
        }
    }

    /// A row whose time is in the path of the file.
    #[cold]
    fn row_of_path(&mut self, row: &ObjectRow<'_>, has_no_time: bool) {
        if !has_no_time {
            self.time_in_both = true;
        } else if let Some(reading) = self.events.time_in_path(self.base + row.start() as u64, row.content())
        {
            self.event(row, reading);
        }
    }

    /// A reject; its line is still unknown.
    pub(super) fn reject(
        &mut self,
        start: usize,
        content: &[u8],
        reason: Reason,
        path: Option<usize>,
        value: Option<&[u8]>,
    ) {
        let cut = |bytes: &[u8]| bytes[..bytes.len().min(RAW_BYTES_MAX)].to_vec();
        self.events.reject(reason, || Reject {
            place: Place::Line { line: 0, byte: self.base + start as u64 },
            column: path.and_then(|path| self.objects.names.get(path).cloned()),
            reason,
            value: value.map(cut),
            raw: cut(content),
        });
    }
}

impl ObjectVisitor for JsonRows<'_> {
    #[inline(always)]
    fn row(&mut self, row: ObjectRow<'_>) {
        if self.learns
            && let Some(like) = LineForm::of(&row)
        {
            (self.like, self.learns) = (Some(like), false);
        }
        let read = match row.value_in_place(TIME) {
            Some((following, len)) => self.events.time.read_next(&following[..len]),
            None => match row.value(TIME) {
                Some(value) => self.events.time.read(&value),
                None => {
                    return self.reject(row.start(), row.content(), Reason::NotScalar, Some(TIME), None);
                }
            },
        };
        match read {
            Ok(reading) => self.event(&row, reading),
            Err(reason) => {
                let value = row.value(TIME).unwrap_or_default();
                if self.events.time.in_path().is_some() {
                    return self.row_of_path(&row, value.is_empty());
                }
                self.reject(row.start(), row.content(), reason, Some(TIME), Some(&value));
            }
        }
    }

    fn blank(&mut self) {
        self.events.tally.blank += 1;
    }

    fn malformed(&mut self, start: usize, content: &[u8], wrong: PathFault) {
        self.reject(start, content, Reason::from(wrong.fault), wrong.wanted, None);
    }
}

/// The same for objects whose time is in two members.
struct JsonRowsOfTwo<'a, 'b>(&'b mut JsonRows<'a>);

impl ObjectVisitor for JsonRowsOfTwo<'_, '_> {
    fn row(&mut self, row: ObjectRow<'_>) {
        self.0.row_of_two(&row);
    }

    fn blank(&mut self) {
        self.0.blank();
    }

    fn malformed(&mut self, start: usize, content: &[u8], wrong: PathFault) {
        self.0.malformed(start, content, wrong);
    }
}

impl From<ObjectFault> for Reason {
    fn from(fault: ObjectFault) -> Self {
        match fault {
            ObjectFault::NotObject => Reason::NotObject,
            ObjectFault::TrailingText => Reason::TrailingText,
            ObjectFault::DuplicateName => Reason::DuplicateName,
            ObjectFault::BadEscape => Reason::BadEscape,
            ObjectFault::ControlCharacter => Reason::ControlCharacter,
            ObjectFault::Unclosed => Reason::Unclosed,
            ObjectFault::BadToken => Reason::BadToken,
            ObjectFault::TooDeep => Reason::TooDeep,
            ObjectFault::TooLong => Reason::TooLong,
            ObjectFault::InvalidUtf8 => Reason::InvalidUtf8,
        }
    }
}
