//! Rows that are joined to one look-up, which gives all their keys, if nothing else is made of them.
//!
//! Most of them are simple: the time, the text they are joined by and the measured values stand in the file as they are, and can be read. These are
//! read where they stand, and then joined and counted together. All other rows go into the batch, which decides what they are.

use std::sync::Arc;

use super::RecordRules;
use super::batch::BATCH_ROWS;
use super::fate::Fate;
use super::lookup::{LookupTable, Unmatched};
use super::rules::{ColumnOrigin, Join};
use crate::counts::{EventCounter, ShortValue};
use crate::event::ReadTime;
use crate::measure::MeasuredValue;
use crate::reject::Reason;

/// SimpleRow rows that wait to be joined and counted, and what their columns are.
pub(super) struct AtOnce {
    table: Arc<LookupTable>,
    unmatched: Unmatched,
    /// The column of the file that the table is joined by, its name, and the column that has the time.
    on: usize,
    name: String,
    time: usize,
    /// The columns of the file that are measured.
    measured: Vec<usize>,
    /// The columns of the table that have the keys.
    keys: Vec<usize>,
    rows: Vec<SimpleRow>,
    /// The text that each is joined by.
    on_values: Vec<ShortValue>,
    /// The measured values, row by row; there is room for a full batch.
    values: Vec<MeasuredValue>,
}

/// A row whose columns may stand in the file as they are.
pub(crate) trait TextsInPlace {
    /// The text of a column that the rules name, as the bytes from its start on and its length; none: it does not stand there as it is.
    fn text(&self, column: usize) -> Option<(&[u8], usize)>;
    /// Whether no column that the rules name makes the row a reject by itself.
    fn is_sound(&self) -> bool;
}

/// What is done with each row that is not counted, by its place.
type OnReject<'a> = &'a mut dyn FnMut(&mut EventCounter, (usize, usize), Fate);

/// A simple row.
#[derive(Clone, Copy)]
struct SimpleRow {
    reading: ReadTime,
    /// Its place in the bytes: start and length.
    place: (usize, usize),
}

impl AtOnce {
    /// `None` if the job makes more of its rows than this.
    pub(super) fn of(rules: &RecordRules) -> Option<Self> {
        let [Join { lookup, on, table: Some(table), .. }] = &rules.joins[..] else { return None };
        let [on @ ColumnOrigin::File(column)] = on[..] else { return None };
        if !rules.steps.is_empty() || rules.look_up_of_keys().is_none() {
            return None;
        }
        let in_file = |origin: &ColumnOrigin| match *origin {
            ColumnOrigin::File(column) => Some(column),
            ColumnOrigin::Joined { .. } | ColumnOrigin::Made(_) => None,
        };
        let in_table = |origin: &ColumnOrigin| match *origin {
            ColumnOrigin::Joined { column, .. } => Some(column),
            ColumnOrigin::File(_) | ColumnOrigin::Made(_) => None,
        };
        let measured: Vec<usize> = rules.measured.iter().map(in_file).collect::<Option<_>>()?;
        Some(AtOnce {
            table: table.clone(),
            unmatched: lookup.unmatched,
            on: column,
            name: rules.name(on).to_owned(),
            time: rules.column_of_time()?,
            keys: rules.keys.iter().map(in_table).collect::<Option<_>>()?,
            rows: Vec::with_capacity(BATCH_ROWS),
            on_values: Vec::with_capacity(BATCH_ROWS),
            values: vec![MeasuredValue::default(); BATCH_ROWS * measured.len()],
            measured,
        })
    }

    /// Takes a row if it is simple, and says whether it did. If a column is empty in the file, its value is the one in `constants`.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        row: &impl TextsInPlace,
        constants: &[Vec<u8>],
        place: (usize, usize),
        events: &mut EventCounter,
    ) -> bool {
        let Some((following, len)) = row.text(self.on) else { return false };
        let Some(on) = ShortValue::new(following, len) else { return false };
        let Some((following, len)) = row.text(self.time) else { return false };
        let Ok(reading) = events.time.read_next(&following[..len]) else { return false };
        let first = self.rows.len() * self.measured.len();
        for (at, column) in self.measured.iter().enumerate() {
            let Some((following, len)) = row.text(*column) else { return false };
            let is_elsewhere = len == 0 && !constants[*column].is_empty();
            if is_elsewhere || !events.read_measured(at, following, len, &mut self.values[first + at]) {
                return false;
            }
        }
        self.rows.push(SimpleRow { reading, place });
        self.on_values.push(on);
        true
    }

    /// Whether the rows have to be counted before more are taken.
    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() == BATCH_ROWS
    }

    /// Joins and counts the rows that were taken, and calls `reject` with the place of each that is a reject.
    pub(super) fn count(&mut self, events: &mut EventCounter, reject: OnReject<'_>) {
        let mut found = self.table.rows_of_short(&self.on_values);
        if self.unmatched != Unmatched::Keep {
            self.leave_out(&mut found, events, reject);
        }
        let (table, no_row) = (&self.table, self.table.no_row());
        // In a loop of its own, as rows of the table come in any order: the processor fetches several at once.
        for found in &mut found {
            let row = *found;
            *found = events.key_of_row((row, no_row + 1), |keys| {
                let text = |column: &usize| {
                    let (following, len) = table.text(*column, row);
                    &following[..len]
                };
                keys.id_of(self.keys.iter().map(text))
            });
        }
        let readings = self.rows.iter().map(|row| row.reading);
        events.count_all(readings, &found, &self.values);
        self.rows.clear();
        self.on_values.clear();
    }

    /// Takes the rows without a match out of those that wait.
    fn leave_out(&mut self, found: &mut Vec<u32>, events: &mut EventCounter, reject: OnReject<'_>) {
        let (no_row, values) = (self.table.no_row(), self.measured.len());
        let mut left = 0;
        for at in 0..found.len() {
            if found[at] != no_row {
                (found[left], self.rows[left]) = (found[at], self.rows[at]);
                self.values.copy_within(at * values..(at + 1) * values, left * values);
                left += 1;
            } else if self.unmatched == Unmatched::Filter {
                events.tally.filtered += 1;
            } else {
                let text = self.on_values[at].text();
                let fate = Fate::rejected(Reason::Unmatched, &self.name, Some(text));
                reject(events, self.rows[at].place, fate);
            }
        }
        found.truncate(left);
        self.rows.truncate(left);
    }
}
