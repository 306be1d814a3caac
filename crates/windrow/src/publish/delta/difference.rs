//! Differences: which numbers of a published report are others in another version of it.

use std::cmp::Ordering;

use super::PublishedTable;
use super::cursor::{OldRow, OldRows, begins_us, order};
use crate::delta::{DataFile, DeltaTable};
use crate::error::Result;
use crate::measure::Number;
use crate::window::Window;

/// A number that changed. A missing row is 0.
#[derive(Clone, Copy, Debug)]
pub struct NumberChange<'d> {
    /// The window.
    pub window: Window,
    /// Its start on the report's clock.
    pub label: &'d str,
    /// The values of the keys.
    pub keys: &'d [Option<&'d str>],
    /// The count before.
    pub old: u64,
    /// The count since.
    pub new: u64,
    /// The measure that changed, if it is not the count: the name of its column, and its old and new number.
    pub(crate) measured: Option<(&'d str, Number, Number)>,
}

impl PublishedTable {
    /// Calls `each` with the numbers that are others than in `before`, an older version of this table, in order. There
    /// are none where the keys are others: their numbers do not compare.
    ///
    /// # Errors
    /// Attention: data files of that version are no longer there, or damaged.
    pub fn differences(
        &self,
        before: &PublishedTable,
        each: &mut dyn FnMut(NumberChange<'_>) -> Result<()>,
    ) -> Result<()> {
        if before.schema.fields() != self.schema.fields() {
            return Ok(());
        }
        // What moves with other windows has not changed by itself.
        let measures = self.measures();
        let columns = || (self.keys(), measures.clone());
        let mut old = OldRows::new(&before.table, columns(), only_in(&before.table, &self.table));
        let mut new = OldRows::new(&self.table, columns(), only_in(&self.table, &before.table));
        loop {
            let (was, is) = (old.peek()?, new.peek()?);
            let place = match (&was, &is) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(was), Some(is)) => {
                    let ends = |row: &OldRow<'_>| (row.window().start_us, row.window().end_us);
                    ends(was).cmp(&ends(is)).then_with(|| order(was.keys(), is.keys()))
                }
            };
            let was = was.filter(|_| place != Ordering::Greater);
            let is = is.filter(|_| place != Ordering::Less);
            let count = |row: &Option<OldRow<'_>>| row.map_or(0, |row| row.count());
            if let Some(row) = is.or(was) {
                let keys: Vec<Option<&str>> = row.keys().collect();
                let (window, label) = (row.window(), row.label());
                let (old, new) = (count(&was), count(&is));
                let count_only = NumberChange { window, label, keys: &keys, old, new, measured: None };
                if old != new {
                    each(count_only)?;
                }
                for (at, name) in measures.iter().enumerate().take(measures.len().saturating_sub(self.moving))
                {
                    let number = |row: &Option<OldRow<'_>>| row.and_then(|row| row.measure(at));
                    let (old, new) = (number(&was), number(&is));
                    let Some(null) = old.or(new).map(Number::null) else { continue };
                    let (old, new) = (old.unwrap_or(null), new.unwrap_or(null));
                    if old != new {
                        each(NumberChange { measured: Some((name, old, new)), ..count_only })?;
                    }
                }
            }
            let (passes_old, passes_new) = (was.is_some(), is.is_some());
            if passes_old {
                old.pass();
            }
            if passes_new {
                new.pass();
            }
        }
    }
}

/// The data files of `table` that `other` has not, in order of their windows.
fn only_in(table: &DeltaTable, other: &DeltaTable) -> Vec<DataFile> {
    let mut files: Vec<DataFile> =
        table.files().filter(|file| other.file(file.path()).is_none()).cloned().collect();
    files.sort_by_key(begins_us);
    files
}
