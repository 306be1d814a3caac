//! Folders by value: if a job also partitions its events by keys, which events of an input go into which folder.

use std::sync::{Mutex, PoisonError};

use hashbrown::{HashMap, HashSet};

use super::EventTable;
use super::rows::CleanPart;
use crate::counts::KeyId;
use crate::delta::DeltaTable;
use crate::error::{Code, Error, Result};
use crate::text::number::grouped;

/// Maximum number of folders in one hour or day: each input may write a data file to each of them.
pub(super) const FOLDERS_MAX: usize = 1_000;

/// The values of a folder, one for each key that events are partitioned by.
pub(super) type FolderValues = Vec<Option<String>>;

/// The folders that a table already has and those that inputs add.
#[derive(Debug)]
pub(super) struct KnownFolders(Mutex<HashSet<FolderValues>>);

impl KnownFolders {
    /// The folders of `table`.
    pub(super) fn of(layout: &EventTable, table: &DeltaTable) -> Self {
        let columns = layout.value_columns();
        let values = table.files().map(|file| {
            let value = |column: &String| file.partition().get(column).cloned().flatten();
            columns.iter().map(value).collect()
        });
        KnownFolders(Mutex::new(values.collect()))
    }

    /// Adds the folders of an input.
    fn add(&self, layout: &EventTable, values: &[FolderValues]) -> Result<()> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(values.iter().cloned());
        if known.len() <= FOLDERS_MAX {
            return Ok(());
        }
        let message = format!(
            "[output.events] partition_by: the events would have more than {2} different values of the column{0} {1}",
            if layout.value_columns().len() == 1 { "" } else { "s" },
            layout.value_columns().join(", "),
            grouped(FOLDERS_MAX as u64)
        );
        let help = "partition the events by a key with few values, or leave partition_by out";
        Err(Error::limit(message).with_code(Code::Limit).with_help(help))
    }
}

/// The folders of an input.
pub(super) struct InputFolders {
    /// The values of each folder.
    pub(super) values: Vec<FolderValues>,
    /// By part and by the number of a key: the folder of its events.
    of: Vec<Vec<usize>>,
}

impl InputFolders {
    /// The folders of an input that was kept in these parts.
    ///
    /// # Errors
    /// Limit: together with the `known` folders, there are too many.
    pub(super) fn new(layout: &EventTable, known: &KnownFolders, parts: &[CleanPart<'_>]) -> Result<Self> {
        let mut places: HashMap<FolderValues, usize> = HashMap::new();
        let mut values: Vec<FolderValues> = Vec::new();
        let mut place = |key: &FolderValues| {
            let of: FolderValues =
                layout.value_keys.iter().map(|at| key.get(*at).cloned().flatten()).collect();
            *places.entry(of).or_insert_with_key(|of| {
                values.push(of.clone());
                values.len() - 1
            })
        };
        let of = parts.iter().map(|part| part.keys.iter().map(&mut place).collect()).collect();
        known.add(layout, &values)?;
        Ok(InputFolders { values, of })
    }

    /// The folder that holds the events of a key.
    pub(super) fn place(&self, part: usize, key: KeyId) -> usize {
        self.of.get(part).and_then(|keys| keys.get(key as usize)).copied().unwrap_or_default()
    }
}
