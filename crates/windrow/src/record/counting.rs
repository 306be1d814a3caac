//! Counting: joins the look-ups to the rows of a batch and makes their columns; each row becomes an event, a reject, or neither.

use std::borrow::Cow;

use super::batch::{Batch, BatchTexts};
#[cfg(feature = "sql")]
use super::computed::Made;
use super::fate::Fate;
use super::joined::Joined;
use super::lookup::LookupTable;
#[cfg(not(feature = "sql"))]
use super::plain::Made;
use super::rules::{ColumnOrigin, RecordRules};
use crate::counts::EventCounter;
use crate::event::{ReadTime, joined};
use crate::reject::Reason;

/// All columns of a batch: those of the file, those of look-ups, and those that are made.
struct CountingColumns<'b> {
    texts: BatchTexts<'b>,
    joined: Joined<'b>,
    made: Made<'b>,
    rules: &'b RecordRules,
}

impl CountingColumns<'_> {
    /// The text of a row in a column: the bytes from its start on, and its length. The row is a reject if a made column has no value for it.
    #[inline(always)]
    fn text(&self, origin: ColumnOrigin, row: usize) -> Result<(&[u8], usize), Fate> {
        match origin {
            ColumnOrigin::File(column) => Ok(self.texts.following(column, row)),
            ColumnOrigin::Joined { join, column } => Ok(self.joined.text(join, column, row)),
            ColumnOrigin::Made(column) => match self.made.text(column, row) {
                Some(text) => Ok((text, text.len())),
                None => Err(Fate::rejected(Reason::BadExpression, self.rules.name(origin), None)),
            },
        }
    }

    #[cold]
    fn wrong(&self, reason: Reason, origin: ColumnOrigin, value: &[u8]) -> Fate {
        Fate::rejected(reason, self.rules.name(origin), Some(value.to_vec()))
    }
}

impl Batch {
    /// Counts the rows, and calls `reject` with each row that is a reject.
    pub(super) fn count_rows(
        &self,
        texts: BatchTexts<'_>,
        events: &mut EventCounter,
        reject: &mut dyn FnMut(&mut EventCounter, usize, Fate),
    ) {
        let mut fates = vec![Fate::Counts; texts.rows()];
        let joined = texts.join(&mut fates);
        let made = texts.run(&joined, &mut fates);
        let columns = CountingColumns { texts, joined, made, rules: &self.rules };
        // The look-up that all keys come from, with its table.
        let look_up =
            columns.rules.look_up_of_keys().and_then(|join| Some((join, columns.joined.table(join)?)));
        for (row, fate) in fates.into_iter().enumerate() {
            let fate = match fate {
                Fate::Counts => self.count_row(&columns, row, look_up, events),
                Fate::Filtered => {
                    events.tally.filtered += 1;
                    continue;
                }
                Fate::Unmatched(number) => Err(texts.unmatched(number, &columns.joined, row)),
                Fate::Rejected(_) => Err(fate),
            };
            if let Err(fate) = fate {
                reject(events, row, fate);
            }
        }
    }

    /// Counts a row by its time, its measured values and its keys.
    #[inline(always)]
    fn count_row(
        &self,
        columns: &CountingColumns<'_>,
        row: usize,
        look_up: Option<(usize, &LookupTable)>,
        events: &mut EventCounter,
    ) -> Result<(), Fate> {
        let rules = columns.rules;
        let reading = match events.time.in_path() {
            Some(of_path) => {
                let text = of_path.text.as_bytes();
                of_path.read.map_err(|reason| columns.wrong(reason, rules.time, text))?
            }
            None => self.reading(columns, row, events)?,
        };
        for (at, origin) in rules.measured.iter().enumerate() {
            let (following, len) = columns.text(*origin, row)?;
            let len = if self.dash_is_none && &following[..len] == b"-" { 0 } else { len };
            events
                .measure(at, following, len)
                .map_err(|reason| columns.wrong(reason, *origin, &following[..len]))?;
        }
        let is_measured = !rules.measured.is_empty();
        if let Some((join, table)) = look_up {
            let of_row = (columns.joined.row(join, row), table.no_row() + 1);
            let key = events.key_of_row(of_row, |keys| {
                let text = |key: &ColumnOrigin| match *key {
                    ColumnOrigin::Joined { join, column } => {
                        let (following, len) = columns.joined.text(join, column, row);
                        &following[..len]
                    }
                    ColumnOrigin::File(_) | ColumnOrigin::Made(_) => &[],
                };
                keys.id_of(rules.keys.iter().map(text))
            });
            events.event_of(reading, is_measured, |_| key);
        } else if let [key] = rules.keys[..] {
            let (following, len) = columns.text(key, row)?;
            events.event_of(reading, is_measured, |keys| keys.id_of_one(following, len));
        } else {
            let text = |key: &ColumnOrigin| columns.text(*key, row).map(|(following, len)| &following[..len]);
            let values = rules.keys.iter().map(text).collect::<Result<Vec<_>, Fate>>()?;
            events.event_of(reading, is_measured, |keys| keys.id_of(values.into_iter()));
        }
        Ok(())
    }

    /// The time of a row.
    #[inline(always)]
    fn reading(
        &self,
        columns: &CountingColumns<'_>,
        row: usize,
        events: &mut EventCounter,
    ) -> Result<ReadTime, Fate> {
        let rules = columns.rules;
        let (following, len) = columns.text(rules.time, row)?;
        if let Some(reading) = self.readings.get(row) {
            return reading.map_err(|reason| columns.wrong(reason, rules.time, &following[..len]));
        }
        let mut time = Cow::Borrowed(&following[..len]);
        if let Some(beside) = rules.beside {
            let (following, len) = columns.text(beside, row)?;
            time = Cow::Owned(joined(&time, &following[..len]));
        }
        events.time.read_next(&time).map_err(|reason| columns.wrong(reason, rules.time, &time))
    }
}
