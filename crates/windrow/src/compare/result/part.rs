//! Parts: the files of a result, with facts on their rows that are not in the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use roaring::RoaringTreemap;

use super::{EachRow, Go, ResultField};
use crate::delta::LiveFile;
use crate::error::Result;
use crate::storage::LocalFolder;
use crate::text::escape;
use crate::text::percent::decoded_text;

/// How Hive writes null as the name of a folder.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A file of a result.
#[derive(Clone, Debug, Default)]
pub(super) struct ResultPart {
    pub(super) path: PathBuf,
    /// Columns that have one value in all of its rows.
    pub(super) partition: Vec<(String, ResultField)>,
    /// The numbers of its deleted rows, from 0.
    pub(super) deleted: Option<Arc<RoaringTreemap>>,
}

impl ResultPart {
    /// The file at `path`; below `root`, folders named `key=value` are columns.
    pub(super) fn below(root: &Path, path: PathBuf) -> ResultPart {
        let folders = path.strip_prefix(root).ok().and_then(Path::parent).map(Path::to_path_buf);
        let column = |folder: std::path::Component<'_>| {
            let folder = folder.as_os_str().to_str()?;
            let (name, value) = folder.split_once('=')?;
            let value = decoded_text(value)?;
            Some((decoded_text(name)?, field(Some(&value).filter(|value| *value != HIVE_NULL))))
        };
        let partition = folders.iter().flat_map(|folders| folders.components()).filter_map(column).collect();
        ResultPart { path, partition, deleted: None }
    }

    /// The data file `file` of the Delta table in the folder `table`.
    ///
    /// # Errors
    /// Attention: what was deleted from it cannot be read.
    pub(super) fn of_table(table: &Path, file: LiveFile) -> Result<ResultPart> {
        let deleted = file.deleted.map(|vector| vector.rows(&LocalFolder::new(table))).transpose();
        let deleted = deleted.map_err(|fault| fault.of(&escape::path(table)))?.map(Arc::new);
        let named = |(name, value): (String, Option<String>)| (name, field(value.as_ref()));
        let partition = file.partition.into_iter().map(named).collect();
        Ok(ResultPart { path: file.path, partition, deleted })
    }

    /// Calls `each` with the rows that `read` finds in the file, with the columns that are not in it.
    pub(super) fn rows(
        &self,
        each: &mut EachRow<'_>,
        read: impl FnOnce(&mut EachRow<'_>) -> Result<Go>,
    ) -> Result<Go> {
        if self.partition.is_empty() {
            return read(each);
        }
        let (mut all, mut row) = (Vec::new(), Vec::new());
        read(&mut |names, fields, place| {
            let others = self.partition.iter().map(|(name, _)| name);
            let is_own = |name: &&String| !others.clone().any(|other| other == *name);
            if !names.iter().filter(is_own).chain(others.clone()).eq(all.iter()) {
                all = names.iter().filter(is_own).chain(others.clone()).cloned().collect();
            }
            row.clear();
            row.extend(
                names.iter().zip(fields).filter(|(name, _)| is_own(name)).map(|(_, field)| field.clone()),
            );
            row.extend(self.partition.iter().map(|(_, field)| field.clone()));
            each(&all, &row, place)
        })
    }
}

/// The field of a partition value, as text or null: its type is decided where it is read.
pub(super) fn field(value: Option<&String>) -> ResultField {
    value
        .filter(|value| !value.is_empty())
        .map_or(ResultField::Null, |value| ResultField::Text(value.clone()))
}
