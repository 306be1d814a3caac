//! Making the table of events show what the ledger says.

use std::num::NonZeroUsize;

use hashbrown::HashMap;

use super::compact::compact;
use super::copy::{copied, merged};
use super::shares::{Share, of_one, shares};
use super::{EventTable, FINGERPRINT, RETENTION};
use crate::delta::{Commit, DataFile, DeltaTable, Store};
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::job::Job;
use crate::ledger::{self, FileRow, KeptTable, Ledger, NamedContributions, StagedRow};
use crate::publish::delta::{is_overtaken, ledger_version, shows};
use crate::settings::Settings;
use crate::text::escape::quoted;
use crate::wait::at_once;

/// What a run has done to the published events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedEvents {
    /// Events that came.
    pub added: u64,
    /// Events that went.
    pub removed: u64,
}

/// What to do about events of a ledger that is not there.
const HALVES: &str = "restore the whole output folder from one backup";

/// Attempts to publish while other runs publish too.
const ATTEMPTS: usize = 3;

/// Checks, before anything is read, that the events of every counted file are there: they can only be written while a file is counted.
/// `is_again`: all of these are about to be.
///
/// # Errors
/// Attention: they are not, or the table is not of one moment with `ledger`.
pub(crate) fn check(job: &Job, store: &Store, ledger: &Ledger, is_again: bool) -> Result<()> {
    let Some(layout) = EventTable::of(job) else { return Ok(()) };
    let table = layout.open(store)?;
    if let Some(table) = &table {
        is_overtaken(table, store, ledger, HALVES)?;
    }
    if is_again {
        return Ok(());
    }
    if table.as_ref().is_some_and(|table| !layout.is_of(table) && table.files().len() > 0) {
        return Err(again("the events were published by other rules"));
    }
    Target::of(&layout, store, table.as_ref(), ledger).map(drop)
}

/// The data files that an input's contribution `id` has written of its events, as they are staged.
///
/// # Errors
/// Bug.
pub(crate) fn staged(id: &str, files: Vec<DataFile>) -> Result<Vec<StagedRow>> {
    let row = |file: DataFile| {
        let file = of_one(file, id, 0).written()?;
        Ok(StagedRow { contribution: id.to_owned(), file })
    };
    files.into_iter().map(row).collect()
}

/// The data file that is staged.
pub(super) fn staged_file(layout: &EventTable, row: &StagedRow) -> Result<DataFile> {
    DataFile::of_written(&row.file, &layout.schema).map_err(|what| damaged(&what))
}

/// Whether the events of a share count.
fn counts(share: &Share, named: &NamedContributions) -> bool {
    share.copy < named.times(&share.contribution)
}

/// What the table is to have.
#[derive(Default)]
struct Target {
    /// Data files that are staged, of contributions that count and are not in the table.
    adds: Vec<DataFile>,
    /// Data files of contributions that do not count any more, or of nothing known.
    removes: Vec<DataFile>,
    /// Data files in which only some of the contributions still count.
    rewrites: Vec<DataFile>,
    /// Events by contribution, of those that count.
    events: HashMap<String, u64>,
    /// The contributions that count for several inputs: how many of their copies are there beside the first.
    copies: HashMap<String, u64>,
}

impl Target {
    /// What `ledger` says, where `table` is as it is.
    ///
    /// # Errors
    /// Attention: events that count are not there.
    fn of(layout: &EventTable, store: &Store, table: Option<&DeltaTable>, ledger: &Ledger) -> Result<Self> {
        let named = ledger.contributions();
        let mut target = Target::default();
        for file in table.iter().flat_map(|table| table.files()) {
            let shares = shares(file).unwrap_or_default();
            let all = shares.len();
            let counting = shares.into_iter().filter(|share| counts(share, &named));
            match counting.map(|share| target.take_share(share)).count() {
                0 => target.removes.push(file.clone()),
                some if some < all => target.rewrites.push(file.clone()),
                _ => {}
            }
        }
        let lacking: Vec<&FileRow> = ledger.rows().filter(|row| !target.has(row)).collect();
        // Without the table what is staged is gone with it.
        if table.is_some() && !lacking.is_empty() {
            target.take_staged(layout, store, &lacking)?;
        }
        match lacking.iter().find(|row| !target.has(row)) {
            None => Ok(target),
            Some(row) => {
                let message =
                    format!("the events of {} were not kept when it was counted", quoted(&row.file));
                Err(again(&message))
            }
        }
    }

    /// Records a share that counts and is in the table.
    fn take_share(&mut self, Share { contribution, copy, rows }: Share) {
        match copy {
            0 => *self.events.entry(contribution).or_default() += rows,
            _ => {
                let most = self.copies.entry(contribution).or_default();
                *most = copy.max(*most);
            }
        }
    }

    /// Takes what is staged of the contributions that these rows name and that are not there.
    fn take_staged(&mut self, layout: &EventTable, store: &Store, lacking: &[&FileRow]) -> Result<()> {
        let wanted: NamedContributions =
            lacking.iter().filter_map(|row| row.contribution.as_deref()).collect();
        let mut staged: HashMap<String, u64> = HashMap::new();
        StagedRow::each(store, &wanted, &mut |row| {
            if self.events.contains_key(&row.contribution) {
                return Ok(());
            }
            let file = staged_file(layout, &row)?;
            *staged.entry(row.contribution).or_default() += file.rows().unwrap_or_default();
            self.adds.push(file);
            Ok(())
        })?;
        self.events.extend(staged);
        Ok(())
    }

    /// Whether all events of a row of the ledger are there.
    fn has(&self, row: &FileRow) -> bool {
        let Some(id) = &row.contribution else { return true };
        let found: u64 = ledger::parts(id).filter_map(|part| self.events.get(part)).sum();
        i64::try_from(found) == Ok(row.counted)
    }

    /// Writes the copies that are not there of what counts for several inputs: a file may hold what another one held before it
    /// was appended to.
    fn copy_shared(
        &mut self,
        layout: &EventTable,
        table: &DeltaTable,
        named: &NamedContributions,
    ) -> Result<()> {
        let shared = self.events.keys().filter(|id| named.times(id) > 1);
        let mut files: HashMap<&str, Vec<&DataFile>> = shared.map(|id| (id.as_str(), Vec::new())).collect();
        if files.is_empty() {
            return Ok(());
        }
        for file in table.files().chain(&self.adds) {
            for share in shares(file).unwrap_or_default() {
                if share.copy == 0
                    && let Some(of) = files.get_mut(share.contribution.as_str())
                    && of.last().is_none_or(|last| last.path() != file.path())
                {
                    of.push(file);
                }
            }
        }
        let mut copies = Vec::new();
        for (id, files) in files {
            let is_first = |share: &Share| (share.contribution.as_str(), share.copy) == (id, 0);
            let there = self.copies.get(id).copied().unwrap_or_default();
            for copy in there + 1..named.times(id) {
                copies.extend(copied(layout, table, &files, &is_first, (id, copy))?);
            }
        }
        self.adds.extend(copies);
        Ok(())
    }

    /// Rewrites data files that count only in part, without the rest.
    fn rewrite(
        &mut self,
        layout: &EventTable,
        table: &DeltaTable,
        named: &NamedContributions,
        threads: NonZeroUsize,
    ) -> Result<()> {
        let is_wanted = |share: &Share| counts(share, named);
        let rewritten =
            at_once(threads.get(), &self.rewrites, |file| merged(layout, table, &[file], &is_wanted))?;
        self.adds.extend(rewritten.into_iter().flatten());
        self.removes.append(&mut self.rewrites);
        Ok(())
    }
}

fn damaged(what: &str) -> Error {
    Error::new(Kind::Attention, format!("the staged events are damaged: {what}"))
        .with_code(Code::LedgerDamaged)
        .with_help(KeptTable::Events.help())
}

/// The error for events that can only be had by reading everything again.
fn again(what: &str) -> Error {
    Error::new(Kind::Attention, what).with_code(Code::OtherRules).with_help(
        Help::from("read every file again with ")
            .set(Setting::Again, "all")
            .and("; or leave out [output.events]"),
    )
}

/// Brings the table of events to what `ledger` says; nothing where `job` does not publish them.
///
/// # Errors
/// Storage: the commit did not land. Attention: as [`check`].
pub(crate) fn publish(
    job: &Job,
    store: &Store,
    ledger: &Ledger,
    (run, threads): (&str, NonZeroUsize),
) -> Result<Option<PublishedEvents>> {
    let Some(layout) = EventTable::of(job) else { return Ok(None) };
    let mut attempt = 1;
    loop {
        let mut table = layout.create(store, run)?;
        match replace(&layout, &mut table, store, ledger, (run, threads)) {
            Err(error) if error.kind() == Kind::Storage && attempt < ATTEMPTS => {
                tracing::debug!(%error, "publishing events again");
                attempt += 1;
            }
            done => return done.map(Some),
        }
    }
}

fn replace(
    layout: &EventTable,
    table: &mut DeltaTable,
    store: &Store,
    ledger: &Ledger,
    (run, threads): (&str, NonZeroUsize),
) -> Result<PublishedEvents> {
    if is_overtaken(table, store, ledger, HALVES)? {
        return Ok(PublishedEvents::default());
    }
    if ledger_version(table, ledger.id()) == Some(ledger.version())
        && layout.is_of(table)
        && !table.is_changed_by_others()
    {
        return Ok(PublishedEvents::default());
    }
    let mut target = Target::of(layout, store, Some(table), ledger)?;
    let named = ledger.contributions();
    target.copy_shared(layout, table, &named)?;
    let rows = |files: &[DataFile]| files.iter().filter_map(DataFile::rows).sum::<u64>();
    let added = rows(&target.adds);
    target.rewrite(layout, table, &named, threads)?;
    let Target { adds, removes, .. } = target;
    // Rewritten events are both removed and added, so they cancel out.
    let done = PublishedEvents { added, removed: (rows(&removes) + added).saturating_sub(rows(&adds)) };
    let property = (FINGERPRINT.to_owned(), layout.fingerprint.clone());
    table.commit(Commit {
        expected_version: table.version(),
        adds,
        removes,
        txns: shows(table, (ledger.id(), ledger.version())),
        schema: table.columns_for(&layout.schema),
        properties: (!layout.is_of(table)).then_some(property).into_iter().collect(),
        // All of it was looked at.
        settles_others: true,
        operation: "PUBLISH".to_owned(),
        run_id: run.to_owned(),
        ..Commit::default()
    })?;
    Ok(done)
}

/// Keeps the table of events and the staged events small. `staged` is what was staged before the commit to `ledger` that is now
/// published.
///
/// # Errors
/// Storage. Steps that are already done stay, and the others change nothing.
pub(crate) fn keep_up(
    job: &Job,
    store: &Store,
    (ledger, staged): (&Ledger, Option<&DeltaTable>),
    settings: &Settings,
    run: &str,
) -> Result<()> {
    let Some(layout) = EventTable::of(job) else { return Ok(()) };
    let Some(mut table) = layout.open(store)? else { return Ok(()) };
    if let Some(staged) = staged {
        StagedRow::drop_settled(store, staged, run)?;
    }
    if layout.is_of(&table) && !table.is_changed_by_others() {
        compact(&layout, &mut table, ledger.newest_us(), settings, run)?;
    }
    table.clean_in_turn(RETENTION)
}
