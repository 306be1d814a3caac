//! Compaction: merges the data files of a closed hour or day into a few. Numbers stay the same, and each row stays in the share
//! of its contribution.

use std::collections::BTreeMap;

use super::EventTable;
use super::copy::merged;
use super::shares::{count, is_merged};
use super::writer::FILE_ROWS_MAX;
use crate::calendar::{DAY_US, Length, day_of};
use crate::delta::{Commit, DataFile, DeltaTable, TextMap};
use crate::error::{Kind, Result};
use crate::settings::Settings;
use crate::wait::at_once;

/// The limits of a merged data file, which is in memory while it is written.
const MOST: Extent = Extent { rows: FILE_ROWS_MAX as u64, bytes: 32 << 20, shares: 10_000 };

/// How many data files one commit merges, approximately.
const COMMIT_FILES: usize = 4096;

/// How much data files hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    rows: u64,
    bytes: u64,
    shares: u64,
}

impl Extent {
    /// The extent of a data file; none if the file does not say how many rows it has.
    fn of(file: &DataFile) -> Option<Self> {
        Some(Extent { rows: file.rows()?, bytes: file.size_bytes(), shares: count(file) })
    }

    fn with(self, other: Extent) -> Self {
        Extent {
            rows: self.rows + other.rows,
            bytes: self.bytes + other.bytes,
            shares: self.shares + other.shares,
        }
    }

    /// Whether it is within the limits of a merged data file, divided by `by`.
    fn is_within(self, by: u64) -> bool {
        self.rows <= MOST.rows / by && self.bytes <= MOST.bytes / by && self.shares <= MOST.shares / by
    }
}

/// A data file that may be merged with others.
struct MergeCandidate<'t> {
    file: &'t DataFile,
    extent: Extent,
    is_merged: bool,
}

/// Merges data files of closed hours or days: those that ended long enough, as the job says, before `newest_us`, the newest
/// event that counts. `table` shows what counts.
///
/// # Errors
/// Attention: a data file is missing or damaged. Storage.
pub(super) fn compact(
    layout: &EventTable,
    table: &mut DeltaTable,
    newest_us: Option<i64>,
    settings: &Settings,
    run: &str,
) -> Result<()> {
    let (Some(newest_us), Some(after)) = (newest_us, layout.compact_after) else { return Ok(()) };
    let after_us = match after.length() {
        Length::Fixed(us) => us,
        Length::Days(days) | Length::Months(days) => days * DAY_US,
    };
    let mut groups: Vec<Vec<DataFile>> = Vec::new();
    for (partition, files) in folders(table) {
        if end_us(layout, partition).is_some_and(|end_us| end_us.saturating_add(after_us) <= newest_us) {
            groups.extend(grouped(files));
        }
    }
    while !groups.is_empty() && settings.stop.check().is_ok() {
        let (mut taken, mut files) = (0, 0);
        while taken < groups.len() && files < COMMIT_FILES {
            files += groups[taken].len();
            taken += 1;
        }
        let now: Vec<Vec<DataFile>> = groups.drain(..taken).collect();
        let shown = table.clone();
        let adds = at_once(settings.threads.get(), &now, |files| {
            merged(layout, &shown, &files.iter().collect::<Vec<_>>(), &|_| true)
        })?;
        let committed = table.commit(Commit {
            expected_version: table.version(),
            adds: adds.into_iter().flatten().collect(),
            removes: now.into_iter().flatten().collect(),
            only_moves_rows: true,
            operation: "OPTIMIZE".to_owned(),
            run_id: run.to_owned(),
            ..Commit::default()
        });
        match committed {
            // Another run is changing the table; a later one will merge.
            Err(error) if error.kind() == Kind::Storage => return Ok(()),
            committed => drop(committed?),
        }
    }
    Ok(())
}

/// The data files of each folder that has several.
fn folders(table: &DeltaTable) -> impl Iterator<Item = (&TextMap, Vec<&DataFile>)> {
    let mut folders: BTreeMap<&TextMap, Vec<&DataFile>> = BTreeMap::new();
    for file in table.files() {
        folders.entry(file.partition()).or_default().push(file);
    }
    folders.into_iter().filter(|(_, files)| files.len() > 1)
}

/// The end of the stretch of time that a folder covers; none if its values do not name one.
fn end_us(layout: &EventTable, partition: &TextMap) -> Option<i64> {
    let value = |name: &str| partition.get(name)?.as_deref();
    let mut date = value(super::DATE)?.split('-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let hour: i64 = value(super::HOUR).map_or(Some(0), |hour| hour.parse().ok())?;
    Some(day_of(year, month, day) * DAY_US + hour * 3_600_000_000 + layout.width_us())
}

/// Groups the data files of one folder that are merged with each other. A file that was merged before is taken again only if it
/// has at most as many rows as the files it is merged with. So a row is rewritten only a few times, however many inputs arrive
/// late.
fn grouped(files: Vec<&DataFile>) -> Vec<Vec<DataFile>> {
    let candidate = |file| {
        let extent = Extent::of(file).filter(|extent| extent.is_within(2))?;
        Some(MergeCandidate { file, extent, is_merged: is_merged(file) })
    };
    let mut candidates: Vec<MergeCandidate<'_>> = files.into_iter().filter_map(candidate).collect();
    candidates.sort_by_key(|of| (of.is_merged, of.extent.rows));
    let (mut rows, mut taken) = (0, 0);
    while let Some(next) = candidates.get(taken).filter(|of| !of.is_merged || of.extent.rows <= rows) {
        (rows, taken) = (rows + next.extent.rows, taken + 1);
    }
    candidates.truncate(taken);
    // In order of time, so that each of several groups covers a short stretch.
    candidates.sort_by_key(|of| (of.file.bounds(super::TIME), of.file.path()));
    let (mut groups, mut group, mut extent) = (Vec::new(), Vec::new(), Extent::default());
    for of in candidates {
        let with = extent.with(of.extent);
        if !with.is_within(1) {
            groups.push(std::mem::take(&mut group));
        }
        extent = if group.is_empty() { of.extent } else { with };
        group.push(of.file.clone());
    }
    groups.push(group);
    groups.retain(|group| group.len() > 1);
    groups
}
