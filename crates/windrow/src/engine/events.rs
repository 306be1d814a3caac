//! From rows to counts: a row's time and keys, or why it is a reject.

use windrow_csv::record::What;
use windrow_csv::{Line, Row, Visit};

use crate::codec::Encoding;
use crate::counts::{Counter, Counts, KeyId, Slot};
use crate::event::{Reading, TimeReader};
use crate::job::Job;
use crate::pane::{Pane, PaneWidths};
use crate::reject::{RAW_BYTES_MAX, Reason, Reject};
use crate::tally::Tally;

use super::header::Header;
use crate::format::csv::is_header;

/// What one thread has counted of one file.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    pub(super) counts: Counts,
    pub(super) tally: Tally,
    pub(super) span_us: Option<(i64, i64)>,
}

/// Counts the rows that a scan visits.
pub(super) struct EventCounter<'a> {
    pub(super) counter: Counter,
    pub(super) tally: Tally,
    /// The rejects found since they were last taken; `line` is still unknown.
    pub(super) rejects: Vec<Reject>,
    /// Where the bytes given to the scan begin in the file.
    pub(super) base: u64,
    /// Rejects of the chunk that are kept with their text.
    pub(super) rejects_wanted: usize,
    header: &'a Header,
    encoding: Encoding,
    /// The column of the time.
    time_column: usize,
    /// The column of the key, when there is one.
    only_key: Option<usize>,
    pub(super) time: TimeReader,
    widths: PaneWidths,
    /// The pane of the last row and its slot: most rows are in the same one.
    pane: Pane,
    slot: Slot,
    /// The earliest and the latest time counted.
    pub(super) first_us: i64,
    pub(super) last_us: i64,
}

impl<'a> EventCounter<'a> {
    pub(super) fn new(job: &Job, header: &'a Header, time: TimeReader, threads: usize) -> Self {
        let dense_cells_max = DENSE_CELLS_MAX / threads;
        let counts = Counts::new(job.source.keys.len(), &job.limits, dense_cells_max);
        EventCounter {
            counter: Counter::new(counts),
            tally: Tally::default(),
            rejects: Vec::new(),
            base: 0,
            rejects_wanted: 0,
            header,
            encoding: job.source.csv.encoding,
            time_column: header.time,
            only_key: if let [column] = header.keys[..] { Some(column) } else { None },
            time,
            widths: job.pane_widths(),
            pane: Pane { start_us: 0, width_us: 0 },
            slot: 0,
            first_us: i64::MAX,
            last_us: i64::MIN,
        }
    }

    /// What was counted.
    pub(super) fn finish(self) -> Partial {
        let span_us = (self.first_us <= self.last_us).then_some((self.first_us, self.last_us));
        // Distinct values are decoded, not rows.
        let encoding = self.encoding;
        let counts = match encoding.is_utf8() {
            true => self.counter.finish(),
            false => self.counter.finish().with_values(|value| encoding.decode(value)),
        };
        Partial { counts, tally: self.tally, span_us }
    }

    /// The rejects of the last scan, which was of `bytes`, with the lines they begin on; `lines_before` are before `bytes`.
    pub(super) fn take_rejects(&mut self, lines_before: u64, bytes: &[u8]) -> Vec<Reject> {
        let (mut at, mut line, line_end) = (0, lines_before, self.header.dialect.line_end().byte());
        self.rejects_wanted = self.rejects_wanted.saturating_sub(self.rejects.len());
        let mut rejects = std::mem::take(&mut self.rejects);
        for reject in &mut rejects {
            let start = (reject.byte - self.base) as usize;
            line += memchr::memchr_iter(line_end, &bytes[at..start]).count() as u64;
            at = start;
            reject.line = line;
        }
        rejects
    }

    /// The slot of the pane of an instant.
    #[inline(always)]
    pub(super) fn slot_at(&mut self, us: i64) -> Slot {
        if us.wrapping_sub(self.pane.start_us) as u64 >= self.pane.width_us as u64 {
            self.pane = self.widths.pane_of(us);
            self.slot = self.counter.slot(self.pane);
        }
        self.slot
    }

    #[inline(always)]
    fn event(&mut self, row: &Row<'_>, Reading { us, local }: Reading) {
        self.tally.without_offset += u64::from(local);
        let slot = self.slot_at(us);
        let key = match self.only_key.and_then(|column| row.value_in_place(column)) {
            Some((following, len)) => self.counter.keys().id_of_one(following, len),
            None => self.key(row),
        };
        self.counter.count(slot, key);
        self.first_us = self.first_us.min(us);
        self.last_us = self.last_us.max(us);
        self.tally.counted += 1;
    }

    /// The key of a row, however many columns it has.
    #[inline(never)]
    fn key(&mut self, row: &Row<'_>) -> KeyId {
        let values: Vec<_> = self.header.keys.iter().map(|column| row.value(*column)).collect();
        self.counter.keys().id_of(values.iter().map(|value| &**value))
    }

    /// A row whose time does not read: the header again, or a reject.
    #[cold]
    fn without_time(&mut self, row: &Row<'_>, reason: Reason) {
        let content = row.content();
        if is_header(&self.header.line, content) {
            self.tally.repeated_header += 1;
            return;
        }
        let value = row.value(self.header.time);
        let mut reason = reason;
        if !self.encoding.is_utf8() && !value.is_ascii() {
            match self.time.read(&self.encoding.decode(&value)) {
                Ok(reading) => return self.event(row, reading),
                Err(other) => reason = other,
            }
        }
        self.reject(row.start(), content, reason, Some(self.header.time), Some(&value));
    }

    fn reject(
        &mut self,
        start: usize,
        content: &[u8],
        reason: Reason,
        column: Option<usize>,
        value: Option<&[u8]>,
    ) {
        self.tally.rejected[reason as usize] += 1;
        if self.rejects.len() >= self.rejects_wanted {
            return;
        }
        let encoding = self.encoding;
        let cut = |bytes: &[u8]| encoding.decode(&bytes[..bytes.len().min(RAW_BYTES_MAX)]).into_owned();
        self.rejects.push(Reject {
            line: 0,
            byte: self.base + start as u64,
            column: column.and_then(|column| self.header.names.get(column).cloned()),
            reason,
            value: value.map(cut),
            raw: cut(content),
        });
    }
}

/// Cells of the tables of counts that may be kept dense, over all threads (4 bytes each).
const DENSE_CELLS_MAX: usize = 128 << 20;

impl Visit for EventCounter<'_> {
    #[inline(always)]
    fn row(&mut self, row: Row<'_>) {
        let read = match row.value_in_place(self.time_column) {
            Some((following, len)) => self.time.read_next(&following[..len]),
            None => self.time.read(&row.value(self.time_column)),
        };
        match read {
            Ok(reading) => self.event(&row, reading),
            Err(reason) => self.without_time(&row, reason),
        }
    }

    fn line(&mut self, line: Line<'_>) {
        match line.what {
            What::Record | What::Blank => self.tally.blank += 1,
            What::Comment => self.tally.comment += 1,
            // A quote after a byte order mark is no quote at the start of a field.
            What::Malformed { .. } if is_header(&self.header.line, line.content) => {
                self.tally.repeated_header += 1
            }
            What::Malformed { fault, field } => {
                self.reject(line.start, line.content, Reason::from(fault), field, None);
            }
        }
    }
}
