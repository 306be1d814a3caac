//! Joins: which row of each look-up a row of a batch is joined to.

use super::batch::BatchTexts;
use super::fate::Fate;
use super::lookup::{LookupTable, Unmatched};
use super::rules::{ColumnOrigin, Join, RecordRules};
use crate::reject::Reason;

/// What the rows of a batch are joined to.
pub(super) struct Joined<'b> {
    rules: &'b RecordRules,
    /// Look-up by look-up, the row of its table for each row.
    rows: Vec<Vec<u32>>,
}

impl<'b> BatchTexts<'b> {
    /// Joins the rows to the look-ups, one after the other. If a row has no match, the look-up says whether it is kept, rejected or filtered.
    pub(super) fn join(&self, fates: &mut [Fate]) -> Joined<'b> {
        let rules: &'b RecordRules = self.rules();
        let mut joined = Joined { rules, rows: Vec::with_capacity(rules.joins.len()) };
        for (number, Join { lookup, on, table, .. }) in rules.joins.iter().enumerate() {
            let Some(table) = table else { continue };
            let text = |origin: &ColumnOrigin, row: usize| match *origin {
                ColumnOrigin::File(column) => self.following(column, row),
                ColumnOrigin::Joined { join, column } => joined.text(join, column, row),
                ColumnOrigin::Made(_) => (&[] as &[u8], 0),
            };
            let found: Vec<u32> = match &on[..] {
                [ColumnOrigin::File(column)] => {
                    table.rows_of_one(self.rows(), |row| self.following(*column, row))
                }
                on => (0..self.rows())
                    .map(|row| table.row_of(on.iter().map(|origin| text(origin, row))))
                    .collect(),
            };
            let missing = |row: &usize| found[*row] == table.no_row();
            let fate = match lookup.unmatched {
                Unmatched::Keep => None,
                Unmatched::Reject => Some(Fate::Unmatched(number)),
                Unmatched::Filter => Some(Fate::Filtered),
            };
            if let Some(fate) = fate {
                for row in (0..found.len()).filter(missing) {
                    if fates[row] == Fate::Counts {
                        fates[row] = fate.clone();
                    }
                }
            }
            joined.rows.push(found);
        }
        joined
    }

    /// The fate of a row that is a reject because look-up `number` has no row for it.
    pub(super) fn unmatched(&self, number: usize, joined: &Joined<'_>, row: usize) -> Fate {
        let rules = self.rules();
        let (mut columns, mut value) = (Vec::new(), Vec::new());
        for (at, origin) in rules.joins[number].on.iter().enumerate() {
            columns.push(rules.name(*origin));
            let (following, len) = match *origin {
                ColumnOrigin::File(column) => self.following(column, row),
                ColumnOrigin::Joined { join, column } => joined.text(join, column, row),
                ColumnOrigin::Made(_) => (&[] as &[u8], 0),
            };
            if at > 0 {
                value.push(b' ');
            }
            value.extend_from_slice(&following[..len]);
        }
        Fate::rejected(Reason::Unmatched, columns.join(", "), Some(value))
    }
}

impl<'b> Joined<'b> {
    /// The text of a row in a column of the look-up `join`: the bytes from there on, and its length.
    #[inline(always)]
    pub(super) fn text(&self, join: usize, column: usize, row: usize) -> (&'b [u8], usize) {
        match self.table(join) {
            Some(table) => table.text(column, self.rows[join][row]),
            None => (&[], 0),
        }
    }

    /// Whether a row has no match in look-up `join`, which rejects such rows.
    #[cfg(feature = "sql")]
    pub(super) fn lacks(&self, join: usize, row: usize) -> bool {
        self.rules.joins[join].lookup.unmatched == Unmatched::Reject
            && self.table(join).is_some_and(|table| self.rows[join][row] == table.no_row())
    }

    /// The number of the row in the table of look-up `join` that `row` is joined to.
    #[inline(always)]
    pub(super) fn row(&self, join: usize, row: usize) -> u32 {
        self.rows[join][row]
    }

    pub(super) fn table(&self, join: usize) -> Option<&'b LookupTable> {
        self.rules.joins.get(join)?.table.as_deref()
    }
}
