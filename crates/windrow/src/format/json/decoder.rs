//! The decoder: from bytes of a file to events.

use windrow_scan::Scanned;
use windrow_scan::json::{Fault, Row, Scanner, Shape, Stopped, Stream, Visit, Wrong, guess_start};

use super::Objects;
use super::fast_path::{FastPath, Like};
use super::records::RecordRows;
use crate::counts::{EventCounter, Keys, Partial};
use crate::error::{Code, Error, Location, Result};
use crate::event::{Reading, joined};
use crate::format::header::time_in_both;
use crate::record::Batch;
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};
use crate::text::number::grouped;

/// Counts the objects of one file.
pub(crate) struct Decoder<'a> {
    source: Source,
    rows: Rows<'a>,
    /// Collects rows, for jobs with rules for records.
    batch: Option<Batch>,
}

enum Source {
    /// With a fast path if there is one key.
    Lines(Box<Scanner>, Option<Box<FastPath>>),
    Stream(Stream),
}

impl<'a> Decoder<'a> {
    /// Counts the objects of a file that is written as `objects` says with `events`.
    pub(crate) fn new(objects: &'a Objects, events: EventCounter, batch: Option<Batch>) -> Self {
        let paths = objects.paths.clone();
        let source = match objects.shape {
            Shape::Lines => {
                let fast_path =
                    (objects.names.len() == 2 && objects.keys == (1..2) && objects.measured.is_empty())
                        .then(|| Box::new(FastPath::new()))
                        .filter(|_| !events.keeps_events());
                Source::Lines(Box::new(Scanner::new(paths)), fast_path)
            }
            shape => Source::Stream(Stream::new(paths, shape)),
        };
        // Measured values are read in the slower way.
        let has_one_key = objects.keys.len() == 1 && objects.measured.is_empty();
        let rows =
            Rows { events, base: 0, objects, has_one_key, learns: false, like: None, time_in_both: false };
        Decoder { source, rows, batch }
    }

    /// Whether the last bytes ended within a line that was given up. The rest of the line has to be decoded too.
    pub(crate) fn is_in_line(&self) -> bool {
        match &self.source {
            Source::Lines(scanner, _) => scanner.is_in_line(),
            Source::Stream(_) => false,
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
            let mut rows = RecordRows { rows: &mut self.rows, batch, bytes };
            let scanned = match &mut self.source {
                Source::Lines(scanner, _) => scanner.scan(bytes, limit, at_eof, &mut rows),
                Source::Stream(stream) => stream.scan(bytes, limit, at_eof, &mut rows).map_err(broken)?,
            };
            rows.count();
            self.rows.events.tally.read += scanned.lines;
            return Ok(scanned);
        }
        let is_of_two = self.rows.objects.keys.start > TIME + 1;
        let scanned = match &mut self.source {
            Source::Lines(scanner, _) if is_of_two => {
                scanner.scan(bytes, limit, at_eof, &mut RowsOfTwo(&mut self.rows))
            }
            Source::Stream(stream) if is_of_two => {
                stream.scan(bytes, limit, at_eof, &mut RowsOfTwo(&mut self.rows)).map_err(broken)?
            }
            Source::Lines(scanner, Some(path)) => path.scan(scanner, bytes, limit, at_eof, &mut self.rows),
            Source::Lines(scanner, None) => scanner.scan(bytes, limit, at_eof, &mut self.rows),
            Source::Stream(stream) => stream.scan(bytes, limit, at_eof, &mut self.rows).map_err(broken)?,
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

/// The error for a stream whose rows cannot be told apart from some place on. The bytes begin at `at` in the file.
fn broken(stopped: Stopped, at: u64) -> Error {
    let what = match stopped.fault {
        Fault::Unclosed => "the file ends inside an object or an array: it may be cut off",
        Fault::TrailingText => "there is text after the array",
        Fault::TooLong => "an object is longer than 1 MiB",
        _ => "a comma or a bracket is missing, or stands where it cannot",
    };
    let place = grouped(at + stopped.at as u64);
    Error::data(format!("the JSON is broken at byte {place}: {what}")).with_code(Code::UnreadableFormat).at(Location::default().byte(at + stopped.at as u64)).with_help(
        "correct or fetch the file again; rows of a file with one object per line are rejected one by one",
    )
}

/// Hands the objects that a scan visits to a counter.
pub(super) struct Rows<'a> {
    pub(super) events: EventCounter,
    /// Where the bytes given to the scan begin in the file.
    pub(super) base: u64,
    /// Whether the fast path needs an example of a line.
    pub(super) learns: bool,
    /// The layout of the last line that could serve as an example.
    pub(super) like: Option<Like>,
    pub(super) objects: &'a Objects,
    has_one_key: bool,
    /// Whether an object has the time although the path gives it.
    time_in_both: bool,
}

/// The number of the path to the time; those of the keys follow.
pub(super) const TIME: usize = 0;

impl Rows<'_> {
    #[inline(always)]
    fn event(&mut self, row: &Row<'_>, reading: Reading) {
        if self.has_one_key
            && let Some((following, len)) = row.value_in_place(self.objects.keys.start)
        {
            self.events.event(reading, |keys| keys.id_of_one(following, len));
        } else {
            self.event_of_keys(row, reading);
        }
    }

    /// An object whose time is in two members.
    fn row_of_two(&mut self, row: &Row<'_>) {
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
    fn event_of_keys(&mut self, row: &Row<'_>, reading: Reading) {
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
    fn row_of_path(&mut self, row: &Row<'_>, has_no_time: bool) {
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

impl Visit for Rows<'_> {
    #[inline(always)]
    fn row(&mut self, row: Row<'_>) {
        if self.learns
            && let Some(like) = Like::of(&row)
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

    fn malformed(&mut self, start: usize, content: &[u8], wrong: Wrong) {
        self.reject(start, content, Reason::from(wrong.fault), wrong.wanted, None);
    }
}

/// The same for objects whose time is in two members.
struct RowsOfTwo<'a, 'b>(&'b mut Rows<'a>);

impl Visit for RowsOfTwo<'_, '_> {
    fn row(&mut self, row: Row<'_>) {
        self.0.row_of_two(&row);
    }

    fn blank(&mut self) {
        self.0.blank();
    }

    fn malformed(&mut self, start: usize, content: &[u8], wrong: Wrong) {
        self.0.malformed(start, content, wrong);
    }
}

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotObject => Reason::NotObject,
            Fault::TrailingText => Reason::TrailingText,
            Fault::DuplicateName => Reason::DuplicateName,
            Fault::BadEscape => Reason::BadEscape,
            Fault::ControlCharacter => Reason::ControlCharacter,
            Fault::Unclosed => Reason::Unclosed,
            Fault::BadToken => Reason::BadToken,
            Fault::TooDeep => Reason::TooDeep,
            Fault::TooLong => Reason::TooLong,
            Fault::InvalidUtf8 => Reason::InvalidUtf8,
        }
    }
}
