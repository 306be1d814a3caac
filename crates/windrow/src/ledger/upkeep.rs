//! Upkeep: few files, and nothing kept that nobody needs. It changes no answer, and what it does not get done the next
//! run does.

use hashbrown::HashSet;

use super::tables::{self, Kept};
use super::{Ledger, contributions};
use crate::clock;
use crate::delta::{Commit, DataFile, Store, Table};
use crate::error::{Error, Kind, Result};
use crate::increment::ContributionId;
use crate::job::Job;

/// How long what no newer version needs is kept, in milliseconds: a week. Runs that take longer need more.
pub const RETENTION_MS: i64 = 7 * 86_400_000;

/// Data files below this size are small.
const SMALL_BYTES: u64 = 4 << 20;

/// More small data files than this are made one.
const SMALL_FILES_MAX: usize = 32;

/// Every so many versions, what is past the retention is deleted.
const VERSIONS: u64 = 50;

/// What is kept how long, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// How long old versions can be read, and runs may take.
    pub versions_ms: i64,
    /// How long the text of rejects is kept; none: for ever.
    pub rejects_ms: Option<i64>,
}

impl Keep {
    /// What `job` says.
    pub fn of(job: &Job) -> Self {
        let days = |days: u32| i64::from(days) * 86_400_000;
        Keep { versions_ms: RETENTION_MS, rejects_ms: job.rejects.keep_days.map(days) }
    }
}

/// Keeps the tables of `ledger` small.
///
/// # Errors
/// Storage. What is done is done, and the rest is no worse than before.
pub fn keep_up(store: &Store, ledger: &mut Ledger, run: &str, keep: Keep) -> Result<()> {
    let retention_ms = keep.versions_ms;
    if let Some(keep_ms) = keep.rejects_ms {
        drop_old_rejects(store, run, clock::unix_ms() - keep_ms)?;
    }
    for kept in Kept::ALL {
        if let Some(mut table) = tables::open(store, kept)? {
            let is_merged = merge_small(&mut table, kept, ledger, run, retention_ms)?;
            if is_merged || table.version().is_multiple_of(VERSIONS) {
                table.clean(retention_ms, &|_| false)?;
            }
        }
    }
    if ledger.version().is_multiple_of(VERSIONS) {
        ledger.clean(retention_ms)?;
    }
    Ok(())
}

/// Takes away the rejects that were written before `before_ms`; how many there were stays in the ledger.
fn drop_old_rejects(store: &Store, run: &str, before_ms: i64) -> Result<()> {
    let Some(mut table) = tables::open(store, Kept::Rejects)? else { return Ok(()) };
    let removes: Vec<DataFile> = table.files().filter(|file| written_ms(file) < before_ms).cloned().collect();
    if removes.is_empty() {
        return Ok(());
    }
    let (expected_version, operation) = (table.version(), "DELETE".to_owned());
    let commit = Commit { expected_version, removes, operation, run_id: run.to_owned(), ..Commit::default() };
    table.commit(commit).map(|_| ())
}

/// By which tag a data file that others were merged into says when their newest rows were written.
const WRITTEN: &str = "windrow.written_ms";

/// When the newest rows of a data file were written.
fn written_ms(file: &DataFile) -> i64 {
    file.tag(WRITTEN).and_then(|ms| ms.parse().ok()).unwrap_or(file.modified_ms())
}

/// Makes many small data files one, without the contributions that count for no file any more.
fn merge_small(table: &mut Table, kept: Kept, ledger: &Ledger, run: &str, retention_ms: i64) -> Result<bool> {
    let mut small: Vec<DataFile> =
        table.files().filter(|file| file.size_bytes() < SMALL_BYTES).cloned().collect();
    if small.len() <= SMALL_FILES_MAX {
        return Ok(false);
    }
    // What has a version of the ledger is kept in the order of versions: a clock may be set back.
    small.sort_by_key(|file| (file.bounds("ledger_version"), file.modified_ms()));
    let before_ms = clock::unix_ms() - retention_ms;
    let named = ledger.contributions();
    let mut writer = table.writer(&Default::default())?;
    for file in &small {
        for batch in table.read(file, None, None)? {
            let batch = batch?;
            let batch = match kept {
                // A contribution that is not named yet may be that of a run that is under way.
                Kept::Contributions if written_ms(file) < before_ms => named_rows(&batch, &named)?,
                _ => batch,
            };
            writer.write(&batch)?;
        }
    }
    let newest_ms = small.iter().map(written_ms).max().unwrap_or_default();
    let merged = writer.finish()?.with_tag(WRITTEN, newest_ms.to_string());
    let commit = Commit {
        expected_version: table.version(),
        adds: vec![merged],
        removes: small,
        operation: "OPTIMIZE".to_owned(),
        run_id: run.to_owned(),
        ..Commit::default()
    };
    match table.commit(commit) {
        // Another run adds to the table: the next one merges.
        Err(error) if error.kind() == Kind::Storage => Ok(false),
        committed => committed.map(|_| true),
    }
}

fn named_rows(
    batch: &arrow_array::RecordBatch,
    named: &HashSet<ContributionId>,
) -> Result<arrow_array::RecordBatch> {
    let mut is_named = Vec::with_capacity(batch.num_rows());
    let (mut last, mut stays) = ("", false);
    contributions::each_row(batch, |row| {
        if row.contribution != last {
            last = row.contribution;
            stays = named.contains(&ContributionId(last.to_owned()));
        }
        is_named.push(stays);
        Ok(())
    })?;
    arrow_select::filter::filter_record_batch(batch, &is_named.into())
        .map_err(|error| Error::bug(format!("rows of contributions: {error}")))
}
