//! Copies events from existing data files into new ones.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use super::EventTable;
use super::shares::{Share, of_one, of_several, shares, stretches};
use super::writer::FILE_ROWS_MAX;
use crate::delta::{DataFile, DataWriter, DeltaTable, TextMap};
use crate::error::{Error, Result};
use crate::wait::at_once;

/// Which shares of data files to copy.
pub(super) type IsWanted<'w> = &'w (dyn Fn(&Share) -> bool + Sync);

/// How many data files are fetched at once, and how many are held before they are copied: so many files, or so many bytes if they are several.
const FETCHED_AT_ONCE: usize = 16;
const HELD_MAX: usize = 128;
const HELD_BYTES_MAX: u64 = 32 << 20;

/// Writes the wanted rows of `files` as rows of copy number `copy` of a contribution: one data file per folder, or a few. The
/// files are in `table`, or about to be.
///
/// # Errors
/// Attention: a file is missing or damaged. Storage.
pub(super) fn copied(
    layout: &EventTable,
    table: &DeltaTable,
    files: &[&DataFile],
    is_wanted: IsWanted<'_>,
    (contribution, copy): (&str, u64),
) -> Result<Vec<DataFile>> {
    let mut folders: BTreeMap<&TextMap, Vec<&DataFile>> = BTreeMap::new();
    for file in files {
        folders.entry(file.partition()).or_default().push(file);
    }
    let mut written = Vec::new();
    for (partition, files) in folders {
        let (mut writer, mut rows): (Option<DataWriter>, _) = (None, 0);
        each_wanted(layout, table, &files, is_wanted, &mut |batch| {
            let open = match &mut writer {
                Some(open) => open,
                None => writer.insert(layout.writer(table, partition)?),
            };
            open.write(&batch)?;
            rows += batch.num_rows();
            if rows >= FILE_ROWS_MAX {
                written.extend(writer.take().map(DataWriter::finish).transpose()?);
                rows = 0;
            }
            Ok(())
        })?;
        written.extend(writer.take().map(DataWriter::finish).transpose()?);
    }
    Ok(written.into_iter().map(|file| of_one(file, contribution, copy)).collect())
}

/// Writes the wanted rows of `files`, which are in one folder of `table`, to one data file, where they keep their shares.
/// Returns `None` if no row is wanted.
///
/// # Errors
/// As [`copied`].
pub(super) fn merged(
    layout: &EventTable,
    table: &DeltaTable,
    files: &[&DataFile],
    is_wanted: IsWanted<'_>,
) -> Result<Option<DataFile>> {
    let mut all: Vec<Share> = Vec::new();
    for share in files.iter().filter_map(|file| shares(file)).flatten().filter(is_wanted) {
        match all.last_mut() {
            Some(last) if (&last.contribution, last.copy) == (&share.contribution, share.copy) => {
                last.rows += share.rows;
            }
            _ => all.push(share),
        }
    }
    let Some(first) = files.first().filter(|_| !all.is_empty()) else { return Ok(None) };
    let mut writer = layout.writer(table, first.partition())?;
    each_wanted(layout, table, files, is_wanted, &mut |batch| writer.write(&batch))?;
    Ok(Some(of_several(writer.finish()?, &all)))
}

/// Calls `each` with the wanted rows of `files`, in order. Some of them are fetched at once, as a store answers slowly.
fn each_wanted(
    layout: &EventTable,
    table: &DeltaTable,
    files: &[&DataFile],
    is_wanted: IsWanted<'_>,
    each: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let stored: Vec<usize> = (0..layout.schema.fields().len() - layout.folder_columns.len()).collect();
    let open = |file: &&DataFile| {
        let shares =
            shares(file).ok_or_else(|| table.damaged("a data file does not say whose events it has"))?;
        let wanted = stretches(&shares, is_wanted);
        if wanted.is_empty() { Ok(None) } else { table.read_at(file, &wanted).map(Some) }
    };
    let mut rest = files;
    while !rest.is_empty() {
        let sizes = rest.iter().scan(0, |bytes, file| {
            *bytes += file.size_bytes();
            Some(*bytes)
        });
        let within = sizes.take(HELD_MAX).take_while(|bytes| *bytes <= HELD_BYTES_MAX).count();
        let (next, later) = rest.split_at(within.max(1));
        for rows in at_once(FETCHED_AT_ONCE, next, open)?.into_iter().flatten() {
            for batch in rows {
                let batch = batch?.project(&stored);
                each(batch.map_err(|error| Error::bug(format!("the columns of events: {error}")))?)?;
            }
        }
        rest = later;
    }
    Ok(())
}
