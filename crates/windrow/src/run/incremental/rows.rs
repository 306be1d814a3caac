//! The rows of the ledger that a run changes.

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Result;
use crate::increment::{Became, FileState};
use crate::job::Job;
use crate::ledger::{FileOrigin, FileRow, Ledger};

use super::{Again, Outcome, RunRequest};

/// The rows that are put, taken from what was reconciled, and the files whose rows leave.
pub(super) fn to_commit(
    job: &Job,
    done: &mut Outcome,
    ledger: &Ledger,
    asked: &RunRequest,
    ids: &BTreeMap<Arc<str>, String>,
) -> Result<(Vec<FileRow>, HashSet<String>)> {
    let old: BTreeMap<&str, &FileRow> = ledger.rows().map(|row| (&*row.file, row)).collect();
    // A row may be written by a run that has read nothing of its file: who has read it, and how, is known by the reading.
    let read_by: HashMap<&str, &FileRow> =
        ledger.rows().filter_map(|row| Some((row.reading.as_deref()?, row))).collect();
    let counted_by: Arc<str> = job.count_fingerprint().into();
    let (run, engine): (Arc<str>, Arc<str>) = (done.run.as_str().into(), done.engine.into());
    let mut puts = Vec::new();
    for (planned, reconciled) in done.plan.files.iter().zip(&mut done.reconciled) {
        // There may be very many rows: each makes room for what it becomes.
        let Some(row) = reconciled.row.take().filter(|row| Some(row) != planned.seen.as_ref()) else {
            continue;
        };
        let before = old.get(&*row.identity);
        // Counts and rejects of a reading have one name; a refused file has rejects alone.
        let reading = match (&row.contribution, &reconciled.became) {
            (Some(id), _) => Some(id.0.clone()),
            // It may be refused for rejects that were found when more of them were allowed.
            (None, Became::Refused(_)) => {
                ids.get(&row.identity).cloned().or_else(|| before.and_then(|row| row.reading.clone()))
            }
            (None, Became::Same) if row.state == FileState::Refused && !row.is_duplicate() => {
                before.and_then(|row| row.reading.clone())
            }
            // The rejects of a duplicate are those of its twin.
            _ => None,
        };
        let read = reading.as_deref().and_then(|reading| read_by.get(reading));
        let counted_before = |row: &&&FileRow| row.contribution.is_some() && row.contribution == reading;
        let counted_by = read.filter(counted_before).map_or(&counted_by, |row| &row.counted_by).clone();
        let engine = read.map_or(&engine, |row| &row.engine).clone();
        let origin = FileOrigin { reading, counted_by, run: run.clone(), engine };
        puts.push(FileRow::new(*row, origin)?);
    }
    let forgets = match asked.again {
        Some(Again::All) => {
            let planned: HashSet<&str> = done.plan.files.iter().map(|file| &*file.identity).collect();
            old.keys().filter(|file| !planned.contains(**file)).map(|file| (*file).to_owned()).collect()
        }
        _ => HashSet::new(),
    };
    Ok((puts, forgets))
}
