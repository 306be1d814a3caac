//! The decoder: from bytes of a text log to events.

use std::borrow::Cow;

use windrow_scan::Scanned;
use windrow_scan::text::{LineScanner, LineVisitor};

use super::layout::TextLayout;
use super::pattern::TextPattern;
use super::preset::Preset;
use super::reader::{LineFault, LineReader};
use super::records::TextRecords;
use crate::counts::{EventCounter, Keys, Partial};
use crate::event::{ReadTime, joined};
use crate::record::Batch;
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};

/// Counts the lines of one file.
pub(crate) struct TextDecoder<'a> {
    lines: LineScanner,
    rows: TextRows<'a>,
    /// For jobs that make something of records.
    batch: Option<Batch>,
}

impl<'a> TextDecoder<'a> {
    /// Counts lines of a file with this `layout` by `events`.
    pub(crate) fn new(layout: &'a TextLayout, events: EventCounter, batch: Option<Batch>) -> Self {
        // What is measured is read in the slower way.
        let has_one_key = layout.keys.len() == 1 && layout.measured.is_empty();
        let reader = LineReader::new(layout);
        let has_dashes = matches!(layout.pattern, TextPattern::Preset(Preset::Common | Preset::Combined));
        TextDecoder {
            batch: batch.map(|batch| batch.with_dashes(has_dashes)),
            lines: LineScanner::default(),
            rows: TextRows { events, base: 0, is_text: false, reader, layout, has_one_key },
        }
    }

    /// Whether the last bytes ended within a line that is given up, whose rest belongs to what was decoded.
    pub(crate) fn is_in_line(&self) -> bool {
        self.lines.is_in_line()
    }

    /// Counts the rows in `bytes`, which stand in the file at `at`, that begin before `limit`; with `at_eof` nothing follows.
    /// What is not taken has to be given again, with more behind it.
    pub(crate) fn decode(&mut self, bytes: &[u8], at: u64, limit: usize, at_eof: bool) -> Scanned {
        self.rows.base = at;
        // Mostly all of them are, and no line has to be looked at for it.
        self.rows.is_text = bytes.is_ascii() && memchr::memchr(0, bytes).is_none();
        let scanned = match &mut self.batch {
            Some(batch) => {
                let mut rows = TextRecords { rows: &mut self.rows, batch, bytes };
                let scanned = self.lines.scan(bytes, limit, at_eof, &mut rows);
                rows.count();
                scanned
            }
            None => self.lines.scan(bytes, limit, at_eof, &mut self.rows),
        };
        self.rows.events.tally.read += scanned.lines;
        scanned
    }

    /// The rejects of the last bytes, with the lines they begin on; `lines_before` are before `bytes`.
    pub(crate) fn take_rejects(&mut self, lines_before: u64, bytes: &[u8]) -> Vec<Reject> {
        self.rows.events.take_rejects(self.rows.base, b'\n', lines_before, bytes)
    }

    /// What counts the rows.
    pub(crate) fn events(&mut self) -> &mut EventCounter {
        &mut self.rows.events
    }

    /// What was counted.
    pub(crate) fn finish(self) -> Partial {
        self.rows.events.finish()
    }
}

/// Where a line begins in `bytes`, which begin with the last byte before a cut.
pub(crate) fn guess(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', bytes).map(|end| end + 1)
}

/// Hands lines to a counter.
pub(super) struct TextRows<'a> {
    pub(super) events: EventCounter,
    /// Where the bytes given to the scan begin in the file.
    pub(super) base: u64,
    /// Whether all of them are ASCII, and none is a NUL.
    pub(super) is_text: bool,
    pub(super) reader: LineReader,
    pub(super) layout: &'a TextLayout,
    has_one_key: bool,
}

/// The number of the wanted column that holds the time; those of the keys follow.
const TIME: usize = 0;

impl TextRows<'_> {
    /// A line that is neither blank nor too long.
    #[inline(always)]
    fn row(&mut self, bytes: &[u8], start: usize, line: &[u8]) -> Result<(), LineFault> {
        if !self.is_text {
            check(line)?;
        }
        self.reader.read(line)?;
        let reading = match self.reader.place(line, TIME) {
            _ if self.layout.keys.start > TIME + 1 => self.events.time.read(&self.time_of_two(line)?),
            Some(place) => self.events.time.read_next(&line[place]),
            None => self.events.time.read(&self.reader.text(line, TIME)?),
        };
        let reading = reading.map_err(|reason| (reason, Some(TIME)))?;
        if self.has_one_key
            && let Some(place) = self.reader.place(line, self.layout.keys.start)
        {
            let following = &bytes[start + place.start..];
            self.events.event(reading, |keys| keys.id_of_one(following, place.len()));
            return Ok(());
        }
        self.event_of_keys(line, reading)
    }

    /// The text of a time that stands in two columns.
    #[inline(never)]
    fn time_of_two(&self, line: &[u8]) -> Result<Vec<u8>, LineFault> {
        Ok(joined(&self.reader.text(line, TIME)?, &self.reader.text(line, TIME + 1)?))
    }

    /// An event, whatever its keys are.
    #[inline(never)]
    fn event_of_keys(&mut self, line: &[u8], reading: ReadTime) -> Result<(), LineFault> {
        for (at, number) in self.layout.measured.iter().enumerate() {
            let text = self.reader.measured_text(line, *number)?;
            self.events.measure(at, &text, text.len()).map_err(|reason| (reason, Some(*number)))?;
        }
        let numbers = self.layout.keys.clone();
        let values = numbers.map(|number| self.reader.text(line, number)).collect::<Result<Vec<_>, _>>()?;
        let key = |keys: &mut Keys| keys.id_of(values.iter().map(|value| &**value));
        match self.layout.measured.is_empty() {
            true => self.events.event(reading, key),
            false => self.events.measured_event(reading, key),
        }
        Ok(())
    }

    /// A line that is not an event by itself: its path may name the time.
    #[cold]
    fn without_event(&mut self, start: usize, line: &[u8], wrong: LineFault) {
        if wrong.1 != Some(TIME) || self.events.time.in_path().is_none() {
            return self.reject(start, line, wrong);
        }
        if let Some(reading) = self.events.time_in_path(self.base + start as u64, line)
            && let Err(wrong) = self.event_of_keys(line, reading)
        {
            self.reject(start, line, wrong);
        }
    }

    /// A reject; its line is still unknown.
    #[cold]
    pub(super) fn reject(&mut self, start: usize, line: &[u8], (reason, number): LineFault) {
        let cut = |bytes: &[u8]| bytes[..bytes.len().min(RAW_BYTES_MAX)].to_vec();
        let is_of_time =
            matches!(reason, Reason::BadTime | Reason::OutOfRange | Reason::LocalGap | Reason::LocalFold);
        let value = match self.layout.keys.start > TIME + 1 {
            _ if reason == Reason::BadNumber => {
                number.and_then(|number| self.reader.text(line, number).ok()).map(Cow::into_owned)
            }
            _ if !is_of_time => None,
            true => self.time_of_two(line).ok(),
            false => self.reader.text(line, TIME).ok().map(Cow::into_owned),
        };
        self.events.reject(reason, || Reject {
            place: Place::Line { line: 0, byte: self.base + start as u64 },
            column: number.and_then(|number| self.layout.names.get(number).cloned()),
            reason,
            value: value.map(|value| cut(&value)),
            raw: cut(line),
        });
    }
}

/// Refuses a line that is not text.
pub(super) fn check(line: &[u8]) -> Result<(), LineFault> {
    if memchr::memchr(0, line).is_some() {
        return Err((Reason::Nul, None));
    }
    std::str::from_utf8(line).map(drop).map_err(|_| (Reason::InvalidUtf8, None))
}

impl LineVisitor for TextRows<'_> {
    #[inline(always)]
    fn line(&mut self, bytes: &[u8], start: usize, len: usize) {
        let line = &bytes[start..start + len];
        if line.first().is_none_or(u8::is_ascii_whitespace) && line.trim_ascii().is_empty() {
            self.events.tally.blank += 1;
            return;
        }
        if let Err(wrong) = self.row(bytes, start, line) {
            self.without_event(start, line, wrong);
        }
    }

    fn too_long(&mut self, start: usize, beginning: &[u8]) {
        self.reject(start, beginning, (Reason::TooLong, None));
    }
}
