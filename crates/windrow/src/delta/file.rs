//! One data file of a table, as the log describes it.

use arrow_schema::Schema;

use super::action::{Add, TextMap};
use super::blocks::{self, BlockHashes};
use super::stats::{ColumnRange, Stats, StatsValue};
use crate::error::{Error, Result};
use crate::text::percent::decoded_text;

/// A data file: rows under a name that is never used twice. It counts once a commit names it.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFile {
    pub(crate) add: Add,
    pub(crate) stats: Option<Stats>,
    /// Where it is in the table's folder; the log has it percent-encoded.
    pub(crate) place: String,
}

impl DataFile {
    /// The file that `add` names; `Err` says what is wrong with its path.
    pub(crate) fn new(add: Add, schema: &Schema) -> Result<Self, String> {
        let place = decoded_text(&add.path).ok_or_else(|| format!("the path {:?} is damaged", add.path))?;
        let leaves = place.starts_with('/') || place.contains(['\\', ':', '\0']);
        if leaves || place.split('/').any(|part| matches!(part, "" | "." | ".." | "_delta_log")) {
            return Err(format!("the path {:?} leads out of the table", add.path));
        }
        let stats = add.stats.as_deref().and_then(|stats| Stats::read(stats, schema));
        Ok(DataFile { add, stats, place })
    }

    /// Its entry in the log, as text.
    ///
    /// # Errors
    /// Bug.
    pub(crate) fn written(&self) -> Result<String> {
        serde_json::to_string(&self.add)
            .map_err(|error| Error::bug(format!("a data file cannot be written down: {error}")))
    }

    /// The file with the log entry `text`, in a table of these columns; `Err` says what is wrong with it.
    pub(crate) fn of_written(text: &str, schema: &Schema) -> Result<Self, String> {
        let add: Add = serde_json::from_str(text).map_err(|error| error.to_string())?;
        DataFile::new(add, schema)
    }

    /// Its name in the log, by which it is removed.
    pub fn path(&self) -> &str {
        &self.add.path
    }

    /// Its size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.add.size
    }

    /// The number of its rows; `None` if its writer did not record it.
    pub fn rows(&self) -> Option<u64> {
        self.stats.as_ref().map(|stats| stats.rows)
    }

    /// The value that all its rows have in each partition column.
    pub fn partition(&self) -> &TextMap {
        &self.add.partition_values
    }

    /// The value of a tag.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.add.tags.as_ref()?.get(name)?.as_deref()
    }

    /// The hashes of its bytes, if its writer recorded them.
    pub(crate) fn blocks(&self) -> Option<BlockHashes> {
        BlockHashes::read(self.tag(blocks::TAG)?, self.size_bytes())
    }

    /// Adds a tag, which the commit that adds the file will keep.
    pub fn with_tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.add.tags.get_or_insert_default().insert(name.into(), Some(value.into()));
        self
    }

    /// Bounds of the values of a column: all values are between the first and the second. `None` if the log does not have
    /// them.
    pub fn bounds(&self, column: &str) -> Option<(StatsValue, StatsValue)> {
        let stats = self.stats.as_ref()?;
        Some((stats.least.get(column)?.clone(), stats.greatest.get(column)?.clone()))
    }

    /// When it was written, in milliseconds since 1970 by its writer's clock.
    pub fn modified_ms(&self) -> i64 {
        self.add.modification_time
    }

    /// Whether some row may have a value in `range`. True if the log cannot tell.
    pub fn may_hold(&self, range: &ColumnRange) -> bool {
        self.stats.as_ref().is_none_or(|stats| stats.may_hold(range))
    }
}
