//! Upkeep: merges small files and deletes what is no longer needed. It never changes an answer; the next run continues what one
//! run leaves undone.

use hashbrown::HashSet;

use super::sums::dropped_by;
use super::tables::{self, KeptTable};
use super::{Ledger, NamedContributions, contributions, lost};
use crate::clock;
use crate::delta::{Commit, DataFile, DeltaTable, Retention, Store};
use crate::error::{Error, Kind, Result};
use crate::job::Job;

/// Data files below this size are small.
const SMALL_BYTES: u64 = 4 << 20;

/// More small data files than this are merged into one.
const SMALL_FILES_MAX: usize = 32;

const HOUR_MS: i64 = 3_600_000;

/// How long old versions can be read, and how long runs may take: a week. Of frequent runs, only the newest versions are kept:
/// only windrow reads these tables, and it begins again if they change while it reads.
pub(super) const RETENTION: Retention =
    Retention { versions_ms: 7 * 24 * HOUR_MS, versions_max: 20, least_ms: 0 };

/// How long data is kept.
#[derive(Clone, Copy, Debug)]
pub struct KeepTimes {
    /// Versions of the ledger and of the tables beside it.
    pub versions: Retention,
    /// How long the text of rejects is kept, in milliseconds; `None`: for ever.
    pub rejects_ms: Option<i64>,
}

impl KeepTimes {
    /// The times that `job` sets.
    pub fn of(job: &Job) -> Self {
        let days = |days: u32| i64::from(days) * 24 * HOUR_MS;
        KeepTimes { versions: RETENTION, rejects_ms: job.rejects.keep_days.map(days) }
    }
}

/// Keeps the tables of `ledger` small. The run has published this `ledger`.
///
/// # Errors
/// Storage. Steps that are already done stay, and the others change nothing.
pub fn keep_up(store: &Store, ledger: &mut Ledger, run: &str, keep: KeepTimes) -> Result<()> {
    let mut done = match keep.rejects_ms {
        Some(keep_ms) => drop_old_rejects(store, run, clock::unix_ms() - keep_ms),
        None => Ok(()),
    };
    // If one table cannot be kept small, the others still are.
    for kept in KeptTable::ALL {
        done = done.and(keep_small(store, kept, ledger, run, keep));
    }
    done.and(ledger.clean_in_turn(keep.versions))
}

/// Keeps one of the tables beside `ledger` small.
fn keep_small(store: &Store, kept: KeptTable, ledger: &Ledger, run: &str, keep: KeepTimes) -> Result<()> {
    let folder = match kept {
        KeptTable::Contributions => ledger.contributions_folder(),
        kept => kept.folder(),
    };
    if let Some(mut table) = DeltaTable::open(store, folder)? {
        merge_small(&mut table, kept, ledger, run)?;
        table.clean_in_turn(keep.versions)?;
    }
    Ok(())
}

/// Removes the rejects that were written before `before_ms`; the ledger still has their number.
fn drop_old_rejects(store: &Store, run: &str, before_ms: i64) -> Result<()> {
    let Some(mut table) = tables::open(store, KeptTable::Rejects)? else { return Ok(()) };
    let removes: Vec<DataFile> = table.files().filter(|file| written_ms(file) < before_ms).cloned().collect();
    if removes.is_empty() {
        return Ok(());
    }
    let txns = lost::dropped_mark(&table, &removes).into_iter().collect();
    let (expected_version, operation) = (table.version(), "DELETE".to_owned());
    let commit =
        Commit { expected_version, removes, txns, operation, run_id: run.to_owned(), ..Commit::default() };
    table.commit(commit).map(|_| ())
}

/// The tag of a merged data file that says when its newest rows were written.
const WRITTEN: &str = "windrow.written_ms";

/// When the newest rows of a data file were written.
fn written_ms(file: &DataFile) -> i64 {
    file.tag(WRITTEN).and_then(|ms| ms.parse().ok()).unwrap_or(file.modified_ms())
}

/// Merges many small data files into one, without the contributions that count for no file and never will.
fn merge_small(table: &mut DeltaTable, kept: KeptTable, ledger: &Ledger, run: &str) -> Result<()> {
    let mut small: Vec<DataFile> =
        table.files().filter(|file| file.size_bytes() < SMALL_BYTES).cloned().collect();
    if small.len() <= SMALL_FILES_MAX {
        return Ok(());
    }
    // The newest ones, and older ones as long as they are no larger than what is written already: so a row is written again
    // a few times only, and data files stay in order. What has a version of the ledger is in the order of versions: a clock
    // may be set back.
    small.sort_by_key(|file| std::cmp::Reverse((file.bounds("ledger_version"), file.modified_ms())));
    let (mut taken, mut bytes) = (0, 0);
    while let Some(file) = small.get(taken)
        && (taken < SMALL_FILES_MAX / 2 || file.size_bytes() <= bytes)
    {
        (taken, bytes) = (taken + 1, bytes + file.size_bytes());
    }
    small.truncate(taken);
    small.reverse();
    let settled = match kept {
        KeptTable::Contributions => settled(table, ledger)?,
        _ => HashSet::new(),
    };
    let named = ledger.contributions();
    let mut writer = table.writer(&Default::default())?;
    for file in &small {
        for batch in table.read(file, None, None)? {
            let batch = batch?;
            let batch = if settled.contains(file.path()) { named_rows(&batch, &named)? } else { batch };
            writer.write(&batch)?;
        }
    }
    let newest_ms = small.iter().map(written_ms).max().unwrap_or_default();
    let merged = writer.finish()?.with_tag(WRITTEN, newest_ms.to_string());
    let mark = dropped_by(ledger);
    let is_marked = settled.is_empty() || table.txn(&mark) >= Some(ledger.version() as i64);
    let commit = Commit {
        expected_version: table.version(),
        adds: vec![merged],
        removes: small,
        txns: if is_marked { Vec::new() } else { vec![(mark, ledger.version() as i64)] },
        operation: "OPTIMIZE".to_owned(),
        run_id: run.to_owned(),
        ..Commit::default()
    };
    match table.commit(commit) {
        // Another run adds to the table: the next run merges.
        Err(error) if error.kind() == Kind::Storage => Ok(()),
        committed => committed.map(drop),
    }
}

/// The data files of contributions that were there before the last commit to the ledger. A run that has written what it
/// does not name has lost: it would have had to make that commit.
fn settled(table: &DeltaTable, ledger: &Ledger) -> Result<HashSet<String>> {
    let before =
        ledger.contributions_version(table.id()).map(|version| table.at(version)).transpose()?.flatten();
    Ok(before.iter().flat_map(DeltaTable::files).map(|file| file.path().to_owned()).collect())
}

fn named_rows(
    batch: &arrow_array::RecordBatch,
    named: &NamedContributions,
) -> Result<arrow_array::RecordBatch> {
    let mut is_named = Vec::with_capacity(batch.num_rows());
    let (mut last, mut stays) = ("", false);
    contributions::each_row(batch, |row| {
        if row.contribution != last {
            last = row.contribution;
            stays = named.times(last) > 0;
        }
        is_named.push(stays);
        Ok(())
    })?;
    arrow_select::filter::filter_record_batch(batch, &is_named.into())
        .map_err(|error| Error::bug(format!("rows of contributions: {error}")))
}
