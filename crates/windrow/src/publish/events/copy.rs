//! Copying events: from data files of some contributions into one of another, per folder.

use std::collections::BTreeMap;

use super::writer::FILE_ROWS_MAX;
use super::{CONTRIBUTION, COPY, Layout};
use crate::delta::{DataFile, Table, Texts};
use crate::error::{Error, Result};

/// Whose events a data file has: a contribution, and for which of the inputs that it counts for.
pub(super) fn owner(file: &DataFile) -> Option<(&str, u64)> {
    let copy = file.tag(COPY).map_or(Some(0), |copy| copy.parse().ok());
    Some((file.tag(CONTRIBUTION)?, copy?))
}

/// Writes the events of `files`, which are of `table` or about to be, as those of copy number `copy` of a contribution: one data file
/// per folder, or a few.
///
/// # Errors
/// Person: a file is missing or damaged. Storage.
pub(super) fn copied(
    layout: &Layout,
    table: &Table,
    files: &[&DataFile],
    (contribution, copy): (&str, u64),
) -> Result<Vec<DataFile>> {
    let mut folders: BTreeMap<&Texts, Vec<&DataFile>> = BTreeMap::new();
    for file in files {
        folders.entry(file.partition()).or_default().push(file);
    }
    let stored: Vec<usize> = (0..layout.schema.fields().len() - layout.partition_columns().len()).collect();
    let mut written = Vec::new();
    for (partition, files) in folders {
        let (mut writer, mut rows) = (None, 0);
        for file in files {
            for batch in table.read(file, None, None)? {
                let batch = batch?.project(&stored);
                let batch = batch.map_err(|error| Error::bug(format!("the columns of events: {error}")))?;
                let open = match &mut writer {
                    Some(open) => open,
                    None => writer.insert(table.writer_of(&layout.schema, partition)?),
                };
                open.write(&batch)?;
                rows += batch.num_rows();
                if rows >= FILE_ROWS_MAX {
                    written.extend(writer.take().map(|full| full.finish()).transpose()?);
                    rows = 0;
                }
            }
        }
        written.extend(writer.take().map(|last| last.finish()).transpose()?);
    }
    let tagged = |file: DataFile| {
        let file = file.with_tag(CONTRIBUTION, contribution);
        if copy > 0 { file.with_tag(COPY, copy.to_string()) } else { file }
    };
    Ok(written.into_iter().map(tagged).collect())
}
