//! Rows for which the text of one column decides about `where`, as in `status = '500'`: most need not go into a batch.

use super::RecordRules;
use super::at_once::TextsInPlace;
use super::rules::{ColumnOrigin, RuleStep};
use crate::counts::{EventCounter, ShortValue};

/// The texts that a column must have for a row to stay.
pub(super) struct EarlyFilter {
    /// The column of the file.
    column: usize,
    texts: Vec<Vec<u8>>,
    /// The same texts, if all are short.
    short: Vec<ShortValue>,
    /// The columns of rows that stay; none: the texts are not enough, or not all of these columns are in the file.
    staying: Option<StayingRows>,
}

/// The columns of the file that make an event.
struct StayingRows {
    time: usize,
    keys: Vec<usize>,
    measured: Vec<usize>,
}

impl EarlyFilter {
    /// `None` if `where` does not begin with such a condition, or if something else comes before it.
    pub(super) fn of(rules: &RecordRules) -> Option<Self> {
        let ([], [(RuleStep::Where(expression), inputs)]) = (&rules.joins[..], &rules.steps[..]) else {
            return None;
        };
        let required = expression.required_texts()?;
        let ColumnOrigin::File(column) = *inputs.get(required.column)? else { return None };
        let short = required.texts.iter().map(|text| {
            let following = [text, &[0; 16][..]].concat();
            ShortValue::new(&following, text.len())
        });
        Some(EarlyFilter {
            column,
            short: short.collect::<Option<_>>().unwrap_or_default(),
            texts: required.texts.iter().map(|text| text.to_vec()).collect(),
            staying: if required.are_enough { StayingRows::of(rules) } else { None },
        })
    }

    /// Counts this row, or leaves it out, and says whether it did. If not, the row has to go through the batch. If a column is empty in the file, its value is
    /// the one in `constants`.
    #[inline(always)]
    pub(super) fn take(
        &self,
        row: &impl TextsInPlace,
        constants: &[Vec<u8>],
        events: &mut EventCounter,
    ) -> bool {
        let Some((following, len)) = row.text(self.column) else { return false };
        // An empty text may be null, or the path of the file says what it is.
        if len == 0 {
            return false;
        }
        let is_one = match ShortValue::new(following, len) {
            Some(value) if !self.short.is_empty() => self.short.contains(&value),
            _ => self.texts.iter().any(|text| *text == following[..len]),
        };
        if is_one {
            return self.staying.as_ref().is_some_and(|staying| staying.count(row, constants, events));
        }
        let is_left_out = row.is_sound();
        events.tally.filtered += u64::from(is_left_out);
        is_left_out
    }
}

impl StayingRows {
    /// `None` if a column is not in the file.
    fn of(rules: &RecordRules) -> Option<Self> {
        let in_file = |origin: &ColumnOrigin| match *origin {
            ColumnOrigin::File(column) => Some(column),
            ColumnOrigin::Joined { .. } | ColumnOrigin::Made(_) => None,
        };
        Some(StayingRows {
            time: rules.column_of_time()?,
            keys: rules.keys.iter().map(in_file).collect::<Option<_>>()?,
            measured: rules.measured.iter().map(in_file).collect::<Option<_>>()?,
        })
    }

    /// Counts a row that is simple, and says whether it did.
    #[inline(always)]
    fn count(&self, row: &impl TextsInPlace, constants: &[Vec<u8>], events: &mut EventCounter) -> bool {
        let text = |column: usize| match row.text(column) {
            Some((_, 0)) if !constants[column].is_empty() => None,
            text => text,
        };
        let Some((following, len)) = text(self.time) else { return false };
        let Ok(reading) = events.time.read_next(&following[..len]) else { return false };
        for (at, column) in self.measured.iter().enumerate() {
            let Some((following, len)) = text(*column) else { return false };
            if events.measure(at, following, len).is_err() {
                return false;
            }
        }
        let is_measured = !self.measured.is_empty();
        if let [key] = self.keys[..] {
            let Some((following, len)) = text(key) else { return false };
            events.event_of(reading, is_measured, |keys| keys.id_of_one(following, len));
            return true;
        }
        if self.keys.iter().any(|key| text(*key).is_none()) {
            return false;
        }
        let values = self.keys.iter().filter_map(|key| text(*key)).map(|(following, len)| &following[..len]);
        events.event_of(reading, is_measured, |keys| keys.id_of(values));
        true
    }
}
