//! Cutting: long tables are shown to people by their first and last rows.

use crate::error::Result;
use crate::report::{Cell, Table};

/// Which rows of a table are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Rows shown from the start.
    pub(super) first: u64,
    /// Rows between that are not shown.
    pub(super) hidden: u64,
}

impl Cut {
    /// Shows at most `shown` of `len` rows, the first and the last ones.
    pub(super) fn new(len: u64, shown: u64) -> Self {
        if len <= shown {
            return Cut { first: len, hidden: 0 };
        }
        Cut { first: shown.div_ceil(2), hidden: len - shown }
    }

    /// Calls `each` with the rows that are shown.
    pub(super) fn rows(self, table: &Table<'_>, each: &mut dyn FnMut(&[Cell<'_>])) -> Result<()> {
        let mut at = 0;
        table.rows(&mut |cells| {
            if at < self.first || at >= self.first + self.hidden {
                each(cells);
            }
            at += 1;
            Ok(())
        })
    }
}
