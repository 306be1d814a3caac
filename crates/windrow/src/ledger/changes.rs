//! Changes: which published numbers became others, from what to what, and which file is the cause.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use super::rows::{Instant, integer, text, time};

/// A published number that became another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The run that published it.
    pub run: String,
    /// When.
    pub at: Instant,
    /// In which report.
    pub report: String,
    /// The version of the ledger that the new number shows.
    pub ledger_version: i64,
    /// The window.
    pub window_start: Instant,
    /// The window.
    pub window_end: Instant,
    /// The values of the keys after cleaning, as a JSON array; null is null.
    pub keys: String,
    /// The number before; 0 where there was no row.
    pub old: i64,
    /// The number since.
    pub new: i64,
    /// Why: a word for what happened to the file, or to the job.
    pub cause: String,
    /// The file that made the difference, the first by name of those that did.
    pub file: Option<String>,
    /// How many files made it.
    pub files: i64,
}

/// The columns of the table.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        text("run"),
        time("at"),
        text("report"),
        integer("ledger_version"),
        time("window_start"),
        time("window_end"),
        text("keys"),
        integer("old"),
        integer("new"),
        text("cause"),
        text("file"),
        integer("files"),
    ]))
}
