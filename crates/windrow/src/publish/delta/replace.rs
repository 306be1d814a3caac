//! Replacing the touched windows of a published report: one commit, and what it changed.

use std::cmp::Ordering;

use super::cursor::{OldRow, OldRows, begins_us, order};
use super::moment::shows;
use super::row_writer::RowWriter;
use super::{FINGERPRINT, PublishedTable};
use crate::delta::{ColumnRange, Commit, DataFile, StatsValue};
use crate::error::Result;
use crate::measure::Number;
use crate::window::{Touched, Window};

/// A row as it has to be.
#[derive(Clone, Copy, Debug)]
pub struct NewRow<'r> {
    /// The window.
    pub window: Window,
    /// Its start on the report's clock.
    pub label: &'r str,
    /// The values of the keys.
    pub keys: &'r [Option<&'r str>],
    /// How many.
    pub count: u64,
    /// What was measured, in the order of the report, then its moving views.
    pub(crate) measures: &'r [Number],
    /// Whether the newest event is past the window's end.
    pub is_final: bool,
}

/// What a replacement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Rows whose number changed.
    pub rows: u64,
    /// Windows with such rows.
    pub windows: u64,
}

/// The new rows of the touched windows take the place of the old ones.
pub struct Replacement<'p> {
    touched: &'p Touched,
    moving: usize,
    old: OldRows<'p>,
    written: RowWriter<'p>,
    removes: Vec<DataFile>,
    /// Where the data files that stay begin: no new file reaches over such a place.
    stays_us: Vec<i64>,
    window: Option<Window>,
    /// Whether any row is another, its `is_final` included.
    differs: bool,
    replaced: Replaced,
    last_changed: Option<Window>,
}

impl PublishedTable {
    /// Replaces the windows `touched` by the rows that `rows` delivers, in order, all of them in touched windows, and
    /// says that version `ledger_version` of the ledger `id` is shown by the rules of `fingerprint`. Where the table
    /// has other keys, all of its windows have to be touched.
    ///
    /// # Errors
    /// Storage: another run published first, or the commit did not land.
    pub fn replace(
        &mut self,
        run: &str,
        (id, ledger_version): (&str, u64),
        fingerprint: &str,
        touched: &Touched,
        rows: impl FnOnce(&mut Replacement<'_>) -> Result<()>,
    ) -> Result<Replaced> {
        let mut replacement = Replacement::new(self, touched);
        rows(&mut replacement)?;
        let (mut adds, mut removes, replaced) = replacement.finish()?;
        if adds.is_none() {
            removes.clear();
        }
        let properties = match self.fingerprint() {
            Some(before) if before == fingerprint => Vec::new(),
            _ => vec![(FINGERPRINT.to_owned(), fingerprint.to_owned())],
        };
        self.table.commit(Commit {
            expected_version: self.table.version(),
            adds: adds.take().unwrap_or_default(),
            removes,
            txns: shows(&self.table, (id, ledger_version)),
            schema: (!self.has_same_keys()).then(|| self.schema.clone()),
            properties,
            // All of it was looked at where another program had changed it.
            settles_others: *touched == Touched::all(),
            operation: "PUBLISH".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        })?;
        Ok(replaced)
    }
}

impl<'p> Replacement<'p> {
    fn new(published: &'p PublishedTable, touched: &'p Touched) -> Self {
        let (table, keys, measures) = (&published.table, published.keys(), published.measures());
        // What another program has written may be in any order.
        let has_same_keys = published.has_same_keys() && !published.table.is_changed_by_others();
        let may_hold = |file: &DataFile| {
            !has_same_keys
                || touched.starts_us().iter().any(|starts| {
                    file.may_hold(&ColumnRange {
                        column: "window_start".to_owned(),
                        from: StatsValue::TimeUs(starts.start),
                        to: StatsValue::TimeUs(starts.end - 1),
                    })
                })
        };
        let (mut removes, stays): (Vec<_>, Vec<_>) = table.files().cloned().partition(may_hold);
        removes.sort_by_key(begins_us);
        let mut stays_us: Vec<i64> = stays.iter().map(begins_us).collect();
        stays_us.sort_unstable();
        // Rows with other keys cannot be compared.
        let old = removes.iter().filter(|_| has_same_keys).cloned();
        Replacement {
            touched,
            moving: published.moving,
            written: RowWriter::new(table, &published.schema, keys.len()),
            old: OldRows::new(table, (keys, measures), old),
            removes,
            stays_us,
            window: None,
            differs: !has_same_keys,
            replaced: Replaced::default(),
            last_changed: None,
        }
    }

    /// The next row; rows come by window, then key.
    pub fn push(&mut self, new: NewRow<'_>) -> Result<()> {
        debug_assert!(self.touched.holds(new.window.start_us), "only touched windows have new rows");
        let mut before = None;
        while let Some(old) = self.old.peek()? {
            let place = old
                .window()
                .start_us
                .cmp(&new.window.start_us)
                .then_with(|| order(old.keys(), new.keys.iter().copied()));
            match place {
                Ordering::Greater => break,
                Ordering::Less => self.keep_or_drop()?,
                Ordering::Equal => {
                    // Another report's window may begin where this one does.
                    // What moves with other windows is not a number of this one.
                    let measured = new.measures.len().saturating_sub(self.moving);
                    let (measures, moving) = new.measures.split_at(measured);
                    let is_same = old.window() == new.window
                        && old.count() == new.count
                        && old.measures().take(measured).eq(measures.iter().copied());
                    let is_same_beside = old.label() == new.label
                        && old.is_final() == new.is_final
                        && old.measures().skip(measured).eq(moving.iter().copied());
                    before = Some((is_same, is_same_beside));
                    self.old.pass();
                }
            }
        }
        let (is_same, is_same_beside) = before.unwrap_or_default();
        if !is_same {
            self.count_difference(new.window);
        }
        if !is_same || !is_same_beside {
            self.differs = true;
        }
        self.begin(new.window)?;
        let numbers = (new.count, new.measures.iter().copied());
        self.written.push((new.window, new.label), new.keys.iter().copied(), numbers, new.is_final)
    }

    /// The next old row: it stays, unless its window is touched, which then has no such row any more.
    fn keep_or_drop(&mut self) -> Result<()> {
        let Some(old) = self.old.peek()? else { return Ok(()) };
        let window = old.window();
        if self.touched.holds(window.start_us) {
            self.old.pass();
            self.differs = true;
            self.count_difference(window);
            return Ok(());
        }
        self.begin(window)?;
        if let Some(old) = self.old.peek()? {
            copy(&old, &mut self.written)?;
        }
        self.old.pass();
        Ok(())
    }

    fn begin(&mut self, window: Window) -> Result<()> {
        let Some(before) = self.window.replace(window).filter(|before| *before != window) else {
            return Ok(());
        };
        let stays_between = self.stays_us.partition_point(|us| *us <= before.start_us)
            != self.stays_us.partition_point(|us| *us <= window.start_us);
        if stays_between { self.written.cut() } else { self.written.begin_window() }
    }

    fn count_difference(&mut self, window: Window) {
        self.replaced.rows += 1;
        if self.last_changed.replace(window) != Some(window) {
            self.replaced.windows += 1;
        }
    }

    /// The data files that come, none when nothing differs, and those that go.
    fn finish(mut self) -> Result<(Option<Vec<DataFile>>, Vec<DataFile>, Replaced)> {
        while self.old.peek()?.is_some() {
            self.keep_or_drop()?;
        }
        let adds = if self.differs { Some(self.written.finish()?) } else { None };
        Ok((adds, self.removes, self.replaced))
    }
}

fn copy(old: &OldRow<'_>, written: &mut RowWriter<'_>) -> Result<()> {
    written.push((old.window(), old.label()), old.keys(), (old.count(), old.measures()), old.is_final())
}
