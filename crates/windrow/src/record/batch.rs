//! Batches: rows that are worked on together. A format puts the columns of the file into one; here they become events, rejects, or
//! neither.

use std::sync::{Arc, Mutex, PoisonError};

use super::at_once::{AtOnce, TextsInPlace};
use super::collected::Collected;
#[cfg(feature = "sql")]
use super::early::EarlyFilter;
use super::fate::{Fate, Rejection};
use super::rules::RecordRules;
use crate::counts::EventCounter;
use crate::event::ReadTime;
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};

/// The most rows in a batch.
pub(crate) const BATCH_ROWS: usize = 256;

/// Rows, and the columns of the file that are needed of them.
pub(crate) struct Batch {
    pub(super) rules: Arc<RecordRules>,
    /// The values that the path of the file gives, column by column; empty for other columns.
    constants: Vec<Vec<u8>>,
    /// Whether `-` means an empty value in columns that are not read as text.
    pub(super) dash_is_none: bool,
    /// Row by row, a span per column.
    spans: Vec<TextSpan>,
    /// Texts that are not in the file in the same form.
    arena: Vec<u8>,
    /// The place of each row in the bytes: its start and its length.
    places: Vec<(usize, usize)>,
    /// The time of each row, if times are not texts.
    pub(super) readings: Vec<Result<ReadTime, Reason>>,
    /// Where to collect rows that are not counted; none: rows are counted.
    collected: Option<Arc<Mutex<Collected>>>,
    /// For rows that one text decides about, if the job may have such; else none.
    #[cfg(feature = "sql")]
    early: Option<EarlyFilter>,
    /// For simple rows, if the job may have such; else none.
    at_once: Option<Box<AtOnce>>,
}

/// The place of a text: in the bytes of the file, or in the arena.
#[derive(Clone, Copy, Debug)]
struct TextSpan {
    start: u32,
    len: u32,
}

/// The bit that marks a span in the arena. Fewer bytes than this are scanned together, so that it is free.
const IN_ARENA: u32 = 1 << 31;

/// The texts of a batch whose bytes are there.
#[derive(Clone, Copy)]
pub(super) struct BatchTexts<'b> {
    pub(super) batch: &'b Batch,
    bytes: &'b [u8],
}

impl Batch {
    /// An empty one. `in_path`: what the path of the file says of columns, by name.
    pub(crate) fn new(rules: &Arc<RecordRules>, in_path: &[(String, String)]) -> Self {
        let constant = |name: &String| {
            let said = in_path.iter().find(|(column, _)| column == name);
            said.map(|(_, value)| value.as_bytes().to_vec()).unwrap_or_default()
        };
        Batch {
            rules: rules.clone(),
            constants: rules.names().iter().map(constant).collect(),
            dash_is_none: false,
            spans: Vec::with_capacity(BATCH_ROWS * rules.file.len()),
            arena: Vec::new(),
            places: Vec::with_capacity(BATCH_ROWS),
            readings: Vec::new(),
            collected: None,
            #[cfg(feature = "sql")]
            early: EarlyFilter::of(rules),
            at_once: AtOnce::of(rules).map(Box::new),
        }
    }

    /// The same, but rows are put into `collected`, and not counted.
    pub(crate) fn into(self, collected: Arc<Mutex<Collected>>) -> Self {
        Batch {
            collected: Some(collected),
            #[cfg(feature = "sql")]
            early: None,
            at_once: None,
            ..self
        }
    }

    /// The same for the logs of web servers, where `-` means an empty value.
    pub(crate) fn with_dashes(self, dash_is_none: bool) -> Self {
        Batch { dash_is_none, ..self }
    }

    /// Whether the batch has to be counted before more rows are added.
    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.places.len() >= BATCH_ROWS
            || self.at_once.as_ref().is_some_and(|at_once| at_once.is_full())
            || self.arena.len() >= IN_ARENA as usize / 2
    }

    /// Takes a whole row at `place`, its start and its length, if it is simple, and says whether it did: see [`AtOnce::take`] and
    /// `EarlyFilter::take`.
    #[inline(always)]
    pub(crate) fn takes(
        &mut self,
        row: &impl TextsInPlace,
        place: (usize, usize),
        events: &mut EventCounter,
    ) -> bool {
        #[cfg(feature = "sql")]
        if let Some(early) = &self.early {
            return early.take(row, &self.constants, events);
        }
        // Not by a closure: it would not be inlined.
        match &mut self.at_once {
            Some(at_once) => at_once.take(row, &self.constants, place, events),
            None => false,
        }
    }

    /// Adds the text of the next column of a row: the first `len` bytes of `following`, which may lie in `bytes`; else they are copied.
    #[inline(always)]
    pub(crate) fn push(&mut self, bytes: &[u8], following: &[u8], len: usize) {
        match (following.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize) {
            Some(start) if start + len <= bytes.len() && start < IN_ARENA as usize => {
                self.spans.push(TextSpan { start: start as u32, len: len as u32 });
            }
            _ => self.push_made(&following[..len]),
        }
    }

    /// Adds the text of the next column of a row.
    pub(crate) fn push_made(&mut self, text: &[u8]) {
        let start = self.arena.len() as u32 | IN_ARENA;
        self.arena.extend_from_slice(text);
        self.spans.push(TextSpan { start, len: text.len() as u32 });
    }

    /// The column of the file that alone holds the time; none if there is no such column.
    pub(crate) fn column_of_time(&self) -> Option<usize> {
        self.rules.column_of_time()
    }

    /// Whether the text of [that column](Self::column_of_time) is needed too, and not only the time in it.
    pub(crate) fn needs_text_of_time(&self) -> bool {
        self.rules.needs_text_of_time()
    }

    /// Adds the time of a row, if times are not texts: for each row, or for none.
    pub(crate) fn push_reading(&mut self, reading: Result<ReadTime, Reason>) {
        self.readings.push(reading);
    }

    /// Ends a row, which has this place in the bytes.
    #[inline(always)]
    pub(crate) fn end_row(&mut self, start: usize, len: usize) {
        self.places.push((start, len));
    }

    /// Drops a row that was begun.
    pub(crate) fn give_up_row(&mut self) {
        self.spans.truncate(self.places.len() * self.rules.file.len());
        self.readings.truncate(self.places.len());
    }

    /// Counts the rows, which are lines of `bytes`; `base` is the place of `bytes` in the file.
    pub(crate) fn count_lines(&mut self, bytes: &[u8], events: &mut EventCounter, base: u64) {
        self.count(bytes, events, &|start, len| {
            let place = Place::Line { line: 0, byte: base + start as u64 };
            (place, bytes[start..start + len.min(RAW_BYTES_MAX)].to_vec())
        });
    }

    /// Counts the rows, whose columns lie in `bytes`, into `events`, and empties the batch. `place` gives the place of a reject in the file, and
    /// its raw text there.
    pub(crate) fn count(
        &mut self,
        bytes: &[u8],
        events: &mut EventCounter,
        place: &dyn Fn(usize, usize) -> (Place, Vec<u8>),
    ) {
        if let Some(collected) = &self.collected {
            let mut collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
            let texts = BatchTexts { batch: self, bytes };
            for (row, (start, len)) in self.places.iter().enumerate() {
                let text = |column: usize| {
                    let (following, len) = texts.following(column, row);
                    &following[..len]
                };
                collected.add((0..self.rules.file.len()).map(text), place(*start, *len).0);
            }
            drop(collected);
            return self.clear();
        }
        let mut rejects = Vec::new();
        let mut reject = |events: &mut EventCounter, (start, len), fate| {
            let Fate::Rejected(rejection) = fate else { return };
            let Rejection { reason, column, value } = *rejection;
            events.tally.rejected[reason as usize] += 1;
            // Which of them stand first is known when all rows of the batch were counted.
            if events.rejects_wanted > 0 {
                let (place, raw) = place(start, len);
                let cut = |mut value: Vec<u8>| {
                    value.truncate(RAW_BYTES_MAX);
                    value
                };
                rejects.push(Reject { place, column: Some(column), reason, value: value.map(cut), raw });
            }
        };
        if let Some(at_once) = &mut self.at_once {
            at_once.count(events, &mut reject);
        }
        if !self.places.is_empty() {
            self.count_rows(BatchTexts { batch: self, bytes }, events, &mut |events, row, fate| {
                reject(events, self.places[row], fate);
            });
        }
        events.keep_in_order(rejects);
        self.clear();
    }

    fn clear(&mut self) {
        self.spans.clear();
        self.arena.clear();
        self.places.clear();
        self.readings.clear();
    }
}

impl<'b> BatchTexts<'b> {
    pub(super) fn rules(&self) -> &'b RecordRules {
        &self.batch.rules
    }

    pub(super) fn rows(&self) -> usize {
        self.batch.places.len()
    }

    /// The bytes from the text of a column in a row on, and its length.
    #[inline(always)]
    pub(super) fn following(&self, column: usize, row: usize) -> (&'b [u8], usize) {
        let batch = self.batch;
        let TextSpan { start, len } = batch.spans[row * batch.rules.file.len() + column];
        if len == 0 {
            let constant = &batch.constants[column];
            return (constant, constant.len());
        }
        match start & IN_ARENA {
            0 => (&self.bytes[start as usize..], len as usize),
            _ => (&batch.arena[(start & !IN_ARENA) as usize..], len as usize),
        }
    }

    /// The texts of a column. If `-` means an empty value, it becomes an empty text, unless the column is read as text.
    pub(super) fn column(&self, column: usize, is_text: bool) -> Vec<&'b [u8]> {
        let is_none = |text: &[u8]| self.batch.dash_is_none && !is_text && text == b"-";
        let text = |row: usize| {
            let (following, len) = self.following(column, row);
            if is_none(&following[..len]) { &[] } else { &following[..len] }
        };
        (0..self.rows()).map(text).collect()
    }
}
