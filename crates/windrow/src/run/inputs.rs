//! The inputs of a run without a ledger as a table: what each file came to.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};

use super::Outcome;
use super::outcome::reason_of;
use crate::error::{Error, Result};
use crate::tally::Tally;

impl Outcome {
    /// A row per file: whether it counts, where its rows went, and why it is refused if it is.
    ///
    /// # Errors
    /// Bug: the columns do not fit.
    pub fn files_batch(&self) -> Result<RecordBatch> {
        let files = || self.files.iter();
        let state = |refused: bool| if refused { "refused" } else { "counted" };
        let numbers = |of: fn(&Tally) -> u64| -> ArrayRef {
            Arc::new(files().map(|file| i64::try_from(of(&file.tally)).ok()).collect::<Int64Array>())
        };
        let reasons = files().map(|file| file.refused.as_ref().map(|error| reason_of(&file.name, error)));
        let columns: [(&str, ArrayRef); 9] = [
            ("file", Arc::new(StringArray::from_iter_values(files().map(|file| &file.name)))),
            (
                "state",
                Arc::new(StringArray::from_iter_values(files().map(|file| state(file.refused.is_some())))),
            ),
            ("size", numbers(|tally| tally.bytes_total)),
            ("rows", numbers(|tally| tally.read)),
            ("counted", numbers(|tally| tally.counted)),
            ("filtered", numbers(|tally| tally.filtered)),
            ("rejected", numbers(Tally::rejected_total)),
            ("ignored", numbers(Tally::ignored)),
            ("reason", Arc::new(reasons.collect::<StringArray>())),
        ];
        let field = |(name, column): &(&str, ArrayRef)| {
            Field::new(*name, column.data_type().clone(), *name == "reason")
        };
        let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect())
            .map_err(|error| Error::bug(format!("the files as a table: {error}")))
    }
}
