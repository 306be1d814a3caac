//! Copies events from existing data files into new ones.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::EventTable;
use super::shares::{Share, of_one, of_several, shares, stretches};
use super::writer::FILE_ROWS_MAX;
use crate::delta::{DataFile, DataWriter, DeltaTable, TextMap};
use crate::error::{Error, Result};

/// Which shares of data files to copy.
pub(super) type IsWanted<'w> = &'w dyn Fn(&Share) -> bool;

/// Writes the wanted rows of `files` as rows of copy number `copy` of a contribution: one data file per folder, or a few. The
/// files are in `table`, or about to be.
///
/// # Errors
/// Person: a file is missing or damaged. Storage.
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
        for file in files {
            each_wanted(layout, table, file, is_wanted, &mut |batch| {
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
        }
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
    for file in files {
        each_wanted(layout, table, file, is_wanted, &mut |batch| writer.write(&batch))?;
    }
    Ok(Some(of_several(writer.finish()?, &all)))
}

/// Calls `each` with the wanted rows of `file`, in order.
fn each_wanted(
    layout: &EventTable,
    table: &DeltaTable,
    file: &DataFile,
    is_wanted: IsWanted<'_>,
    each: &mut dyn FnMut(arrow_array::RecordBatch) -> Result<()>,
) -> Result<()> {
    let stored: Vec<usize> = (0..layout.schema.fields().len() - layout.folder_columns.len()).collect();
    let shares = shares(file).ok_or_else(|| table.damaged("a data file does not say whose events it has"))?;
    let wanted = stretches(&shares, is_wanted);
    if wanted.is_empty() {
        return Ok(());
    }
    for batch in table.read_at(file, &wanted)? {
        let batch = batch?.project(&stored);
        each(batch.map_err(|error| Error::bug(format!("the columns of events: {error}")))?)?;
    }
    Ok(())
}

/// Applies `work` to each item of `of`, on several threads. After an error, no more items are started.
///
/// # Errors
/// The first error of `work`.
pub(super) fn on_threads<T: Sync, R: Send>(
    threads: NonZeroUsize,
    of: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (next, done, failure) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(None));
    let go = || {
        while let Some(one) = of.get(next.fetch_add(1, Ordering::Relaxed)) {
            match work(one) {
                Ok(made) => done.lock().unwrap_or_else(PoisonError::into_inner).push(made),
                Err(error) => {
                    next.store(of.len(), Ordering::Relaxed);
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get().min(of.len()) {
            // If the system refuses a thread, the others do its work.
            if std::thread::Builder::new().spawn_scoped(scope, go).is_err() {
                break;
            }
        }
        go();
    });
    let failure: Option<Error> = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    match failure {
        Some(error) => Err(error),
        None => Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}
