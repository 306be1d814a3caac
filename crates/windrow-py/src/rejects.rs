//! Rejects: the first ones are kept, for a table.

use arrow_array::RecordBatch;
use windrow::publish::rejects_batch;
use windrow::{Reject, RejectSink, Result};

/// The kept rejects, each with the name of its file.
pub(crate) struct FirstRejects {
    most: usize,
    kept: Vec<(String, Reject)>,
}

impl FirstRejects {
    /// Keeps at most this many.
    pub(crate) fn new(most: usize) -> Self {
        FirstRejects { most, kept: Vec::new() }
    }

    /// As a table.
    pub(crate) fn batch(self) -> Result<RecordBatch> {
        rejects_batch(self.kept.iter().map(|(file, reject)| (file.as_str(), reject)))
    }
}

impl RejectSink for FirstRejects {
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()> {
        let room = self.most.saturating_sub(self.kept.len());
        self.kept.extend(rejects.iter().take(room).map(|reject| (name.to_owned(), reject.clone())));
        Ok(())
    }
}
