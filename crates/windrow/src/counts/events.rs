//! From events to counts: the pane of each, its key, and where it went. Every format ends here.

use super::{Counter, Counts, KeptEvents, KeptPart, KeyId, Keys, Slot, one_pane};
use crate::event::{ReadTime, TimeReader};
use crate::measure::MeasuredValue;
use crate::pane::{Pane, PaneWidths};
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};
use crate::tally::Tally;

/// What one thread has counted of one file.
#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) counts: Counts,
    pub(crate) tally: Tally,
    pub(crate) span_us: Option<(i64, i64)>,
    /// The events themselves, where they are kept.
    pub(crate) kept: Option<Box<KeptPart>>,
}

/// Counts events, and keeps rejects.
pub(crate) struct EventCounter {
    pub(crate) counter: Counter,
    pub(crate) tally: Tally,
    /// The rejects found since they were last taken.
    pub(crate) rejects: Vec<Reject>,
    /// How many more are kept.
    pub(crate) rejects_wanted: usize,
    pub(crate) time: TimeReader,
    widths: PaneWidths,
    /// The pane of the last row and its slot: most rows are in the same one.
    pane: Pane,
    slot: Slot,
    /// The earliest and the latest time counted.
    pub(crate) first_us: i64,
    pub(crate) last_us: i64,
    /// The events themselves, where they are kept.
    kept: Option<Box<KeptEvents>>,
    /// Where all keys come from one look-up, by row of its table: the number of the row's key plus one; 0: not known yet.
    keys_of_rows: Vec<KeyId>,
}

impl EventCounter {
    /// Counts into `counts`, in panes of these widths, events whose times `time` reads.
    pub(crate) fn new(counts: Counts, time: TimeReader, widths: PaneWidths) -> Self {
        EventCounter {
            counter: Counter::new(counts),
            tally: Tally::default(),
            rejects: Vec::new(),
            rejects_wanted: 0,
            time,
            widths,
            pane: Pane { start_us: 0, width_us: 0 },
            slot: 0,
            first_us: i64::MAX,
            last_us: i64::MIN,
            kept: None,
            keys_of_rows: Vec::new(),
        }
    }

    /// The same, which also keeps the events themselves.
    pub(crate) fn keeping(self, kept: Option<KeptEvents>) -> Self {
        EventCounter { kept: kept.map(Box::new), ..self }
    }

    /// Whether events are kept, so that they have to be counted one by one.
    pub(crate) fn keeps_events(&self) -> bool {
        self.kept.is_some()
    }

    /// Whether the texts of a row are all that an event is made from, and nothing of it is kept.
    pub(crate) fn needs_only_texts(&self) -> bool {
        !self.keeps_events() && self.time.in_path().is_none()
    }

    /// What was counted.
    pub(crate) fn finish(self) -> Partial {
        let span_us = (self.first_us <= self.last_us).then_some((self.first_us, self.last_us));
        let counts = self.counter.finish();
        let kept = self.kept.map(|kept| Box::new(kept.finish(&counts.keys)));
        Partial { counts, tally: self.tally, span_us, kept }
    }

    /// The slot of the pane of an instant.
    #[inline(always)]
    pub(crate) fn slot_at(&mut self, us: i64) -> Slot {
        if us.wrapping_sub(self.pane.start_us) as u64 >= self.pane.width_us as u64 {
            self.pane = self.widths.pane_of(us);
            self.slot = self.counter.slot(self.pane);
        }
        self.slot
    }

    /// How wide panes are.
    pub(crate) fn widths(&self) -> PaneWidths {
        self.widths
    }

    /// The slot of the pane of an instant, and the pane.
    pub(crate) fn pane_at(&mut self, us: i64) -> (Slot, Pane) {
        let slot = self.slot_at(us);
        (slot, self.pane)
    }

    /// Notes that events were counted at these two instants, and others between them.
    pub(crate) fn reach(&mut self, first_us: i64, last_us: i64) {
        self.first_us = self.first_us.min(first_us);
        self.last_us = self.last_us.max(last_us);
    }

    /// Counts an event, whose `key` is found among those before.
    #[inline(always)]
    pub(crate) fn event(&mut self, reading: ReadTime, key: impl FnOnce(&mut Keys) -> KeyId) {
        self.place(reading, key);
    }

    /// The same for an event whose measured values were taken by [`measure`](Self::measure).
    #[inline(always)]
    pub(crate) fn measured_event(&mut self, reading: ReadTime, key: impl FnOnce(&mut Keys) -> KeyId) {
        let (slot, key) = self.place(reading, key);
        self.counter.measure(slot, key);
    }

    /// One or the other, by `is_measured`.
    #[inline(always)]
    pub(crate) fn event_of(
        &mut self,
        reading: ReadTime,
        is_measured: bool,
        key: impl FnOnce(&mut Keys) -> KeyId,
    ) {
        match is_measured {
            true => self.measured_event(reading, key),
            false => self.event(reading, key),
        }
    }

    /// Counts events, each with its reading and its key; none is kept. `values` are their measured values, event by event, which
    /// [`read_measured`](Self::read_measured) has read.
    pub(crate) fn count_all(
        &mut self,
        readings: impl Iterator<Item = ReadTime> + Clone,
        keys: &[KeyId],
        values: &[MeasuredValue],
    ) {
        let (mut first_us, mut last_us, mut local) = (i64::MAX, i64::MIN, 0);
        for reading in readings.clone() {
            first_us = first_us.min(reading.us);
            last_us = last_us.max(reading.us);
            local += u64::from(reading.local);
        }
        if keys.is_empty() {
            return;
        }
        self.tally.counted += keys.len() as u64;
        self.tally.without_offset += local;
        self.reach(first_us, last_us);
        let slot = self.slot_at(first_us);
        let known = self.counter.keys().len();
        if slot == self.slot_at(last_us) && known <= one_pane::KEYS_MAX {
            return one_pane::count(&mut self.counter, slot, keys, values);
        }
        let measured = self.counter.measured().columns().len();
        for (at, (reading, key)) in readings.zip(keys).enumerate() {
            let slot = self.slot_at(reading.us);
            self.counter.count(slot, *key);
            if measured > 0 {
                let values = &values[at * measured..(at + 1) * measured];
                self.counter.measured().add_values(slot, *key, values);
            }
        }
    }

    /// The key of all events whose keys come from row `row` of a look-up table with `rows` rows. All calls mean the same table, and `key` is called
    /// once per row of it.
    #[inline(always)]
    pub(crate) fn key_of_row(
        &mut self,
        (row, rows): (u32, u32),
        key: impl FnOnce(&mut Keys) -> KeyId,
    ) -> KeyId {
        match self.keys_of_rows.get(row as usize) {
            Some(known) if *known != 0 => *known - 1,
            _ => {
                let key = key(self.counter.keys());
                if self.keys_of_rows.is_empty() {
                    self.keys_of_rows = vec![0; rows as usize];
                }
                self.keys_of_rows[row as usize] = key + 1;
                key
            }
        }
    }

    /// Reads the first `len` bytes of `following` into `value`, as a value of measured column number `at`, and says whether it reads.
    #[inline(always)]
    pub(crate) fn read_measured(
        &mut self,
        at: usize,
        following: &[u8],
        len: usize,
        value: &mut MeasuredValue,
    ) -> bool {
        value.set(&self.counter.measured().columns()[at], following, len).is_ok()
    }

    /// Takes the first `len` bytes of `following` as the value of measured column number `at` of the next event.
    ///
    /// # Errors
    /// It is not a number, and has to be one.
    #[inline(always)]
    pub(crate) fn measure(&mut self, at: usize, following: &[u8], len: usize) -> Result<(), Reason> {
        self.counter.measured().read(at, following, len)?;
        if let Some(kept) = &mut self.kept {
            kept.note_text(at, &following[..len]);
        }
        Ok(())
    }

    #[inline(always)]
    fn place(
        &mut self,
        ReadTime { us, local }: ReadTime,
        key: impl FnOnce(&mut Keys) -> KeyId,
    ) -> (Slot, KeyId) {
        self.tally.without_offset += u64::from(local);
        let slot = self.slot_at(us);
        let key = key(self.counter.keys());
        self.counter.count(slot, key);
        self.first_us = self.first_us.min(us);
        self.last_us = self.last_us.max(us);
        self.tally.counted += 1;
        if let Some(kept) = &mut self.kept {
            kept.push(us, key, self.counter.measured_row());
        }
        (slot, key)
    }

    /// The time of a line whose path names it; where that is not a time, the line is a reject.
    pub(crate) fn time_in_path(&mut self, byte: u64, content: &[u8]) -> Option<ReadTime> {
        self.time_of_path(Place::Line { line: 0, byte }, || {
            content[..content.len().min(RAW_BYTES_MAX)].to_vec()
        })
    }

    /// The same for a row at any place.
    pub(crate) fn time_of_path(&mut self, place: Place, raw: impl FnOnce() -> Vec<u8>) -> Option<ReadTime> {
        let of_path = self.time.in_path()?.clone();
        let reason = match of_path.read {
            Ok(reading) => return Some(reading),
            Err(reason) => reason,
        };
        self.reject(reason, || Reject {
            place,
            column: Some(of_path.column),
            reason,
            value: Some(of_path.text.into_bytes()),
            raw: raw(),
        });
        None
    }

    /// The rejects found in `bytes`, which stand in the file at `base`, with the lines they begin on; `lines_before` are
    /// before `bytes`.
    pub(crate) fn take_rejects(
        &mut self,
        base: u64,
        line_end: u8,
        lines_before: u64,
        bytes: &[u8],
    ) -> Vec<Reject> {
        let (mut at, mut line) = (0, lines_before);
        self.rejects_wanted = self.rejects_wanted.saturating_sub(self.rejects.len());
        let mut rejects = std::mem::take(&mut self.rejects);
        for reject in &mut rejects {
            let Place::Line { byte, .. } = reject.place else { continue };
            let start = (byte - base) as usize;
            line += memchr::memchr_iter(line_end, &bytes[at..start]).count() as u64;
            at = start;
            reject.place = Place::Line { line, byte };
        }
        rejects
    }

    /// Keeps rejects that are counted already, and were found later than some that stand behind them.
    pub(crate) fn keep_in_order(&mut self, found: Vec<Reject>) {
        if found.is_empty() {
            return;
        }
        self.rejects.extend(found);
        self.rejects.sort_by_key(|reject| reject.place.order());
        self.rejects.truncate(self.rejects_wanted);
    }

    /// Counts a reject, which is made only where it is kept.
    pub(crate) fn reject(&mut self, reason: Reason, reject: impl FnOnce() -> Reject) {
        self.tally.rejected[reason as usize] += 1;
        if self.rejects.len() < self.rejects_wanted {
            self.rejects.push(reject());
        }
    }
}
