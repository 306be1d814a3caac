//! Takes in rows for one of the tables beside the ledger during a run.

use super::rows::LedgerRow;
use super::tables::{self, Additions, BATCH_ROWS, KeptTable};
use crate::delta::{DataWriter, DeltaTable, Store};
use crate::error::Result;

/// Takes in rows. They count once the ledger names their reading or contribution.
#[derive(Debug)]
pub(crate) struct RowIntake<T> {
    kept: KeptTable,
    store: Store,
    run: String,
    rows: Vec<T>,
    open: Option<(DeltaTable, DataWriter)>,
}

impl<T: LedgerRow> RowIntake<T> {
    /// Takes in rows for the table `kept` in `store`, which is made once there are rows.
    pub(crate) fn new(store: &Store, kept: KeptTable, run: &str) -> Self {
        RowIntake { kept, store: store.clone(), run: run.to_owned(), rows: Vec::new(), open: None }
    }

    /// Takes in some rows. Once many wait, they are written.
    pub(crate) fn extend(&mut self, rows: impl IntoIterator<Item = T>) -> Result<()> {
        self.rows.extend(rows);
        if self.rows.len() >= BATCH_ROWS { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        let (_, writer) = match &mut self.open {
            Some(open) => open,
            None => {
                let table = tables::create(&self.store, self.kept, &self.run)?;
                let writer = tables::writer(&table, self.kept)?;
                self.open.insert((table, writer))
            }
        };
        tables::write_rows(writer, self.kept, &std::mem::take(&mut self.rows))
    }

    /// Writes the waiting rows and returns what was written; `None` if there were no rows.
    pub(crate) fn finish(mut self) -> Result<Option<Additions>> {
        if !self.rows.is_empty() {
            self.write()?;
        }
        let Some((table, writer)) = self.open else { return Ok(None) };
        Ok(Some(Additions::new(self.kept, table, vec![writer.finish()?])))
    }
}
