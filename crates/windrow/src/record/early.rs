//! Rows that `where` leaves out for the text of one column, as in `status = '500' AND …`: they need not go into a batch.

use super::at_once::TextsInPlace;
use super::rules::{ColumnOrigin, RecordRules, RuleStep};
use crate::counts::ShortValue;

/// The texts that a column must have for a row to stay.
pub(super) struct EarlyFilter {
    /// The column of the file.
    column: usize,
    texts: Vec<Vec<u8>>,
    /// The same texts, if all are short.
    short: Vec<ShortValue>,
}

impl EarlyFilter {
    /// `None` if `where` does not begin with such a condition, or if something else comes before it.
    pub(super) fn of(rules: &RecordRules) -> Option<Self> {
        let ([], [(RuleStep::Where(expression), inputs)]) = (&rules.joins[..], &rules.steps[..]) else {
            return None;
        };
        let (column, texts) = expression.required_texts()?;
        let ColumnOrigin::File(column) = *inputs.get(column)? else { return None };
        let short = texts.iter().map(|text| {
            let following = [text, &[0; 16][..]].concat();
            ShortValue::new(&following, text.len())
        });
        Some(EarlyFilter {
            column,
            short: short.collect::<Option<_>>().unwrap_or_default(),
            texts: texts.into_iter().map(<[u8]>::to_vec).collect(),
        })
    }

    /// Whether `where` leaves this row out. False if that is not sure: then the row has to go through the batch.
    #[inline(always)]
    pub(super) fn leaves_out(&self, row: &impl TextsInPlace) -> bool {
        let Some((following, len)) = row.text(self.column) else { return false };
        // An empty text may be null, or the path of the file says what it is.
        if len == 0 {
            return false;
        }
        let is_one = match ShortValue::new(following, len) {
            Some(value) if !self.short.is_empty() => self.short.contains(&value),
            _ => self.texts.iter().any(|text| *text == following[..len]),
        };
        !is_one && row.is_sound()
    }
}
