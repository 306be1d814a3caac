//! Making the table of events show what the ledger says.

use hashbrown::HashMap;

use super::copy::{copied, owner};
use super::{CONTRIBUTION, FINGERPRINT, Layout, RETENTION};
use crate::delta::{Commit, DataFile, Store, Table};
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::job::Job;
use crate::ledger::{self, FileRow, Kept, Ledger, Named, StagedRow};
use crate::publish::delta::{is_overtaken, ledger_version, shows};
use crate::text::escape::quoted;

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
/// Person: they are not, or the table is not of one moment with `ledger`.
pub(crate) fn check(job: &Job, store: &Store, ledger: &Ledger, is_again: bool) -> Result<()> {
    let Some(layout) = Layout::of(job) else { return Ok(()) };
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
        let file = file.with_tag(CONTRIBUTION, id).written()?;
        Ok(StagedRow { contribution: id.to_owned(), file })
    };
    files.into_iter().map(row).collect()
}

/// The data file that is staged.
pub(super) fn staged_file(layout: &Layout, row: &StagedRow) -> Result<DataFile> {
    DataFile::of_written(&row.file, &layout.schema).map_err(|what| damaged(&what))
}

/// What the table is to have.
#[derive(Default)]
struct Target {
    /// Data files that are staged, of contributions that count and are not in the table.
    adds: Vec<DataFile>,
    /// Data files of contributions that do not count any more, or of nothing known.
    removes: Vec<DataFile>,
    /// Events by contribution, of those that count.
    events: HashMap<String, u64>,
    /// The contributions that count for several inputs: how many of their copies are there beside the first.
    copies: HashMap<String, u64>,
}

impl Target {
    /// What `ledger` says, where `table` is as it is.
    ///
    /// # Errors
    /// Person: events that count are not there.
    fn of(layout: &Layout, store: &Store, table: Option<&Table>, ledger: &Ledger) -> Result<Self> {
        let named = ledger.contributions();
        let mut target = Target::default();
        for file in table.iter().flat_map(|table| table.files()) {
            match owner(file).filter(|(id, copy)| *copy < named.times(id)) {
                Some((id, 0)) => *target.events.entry_ref(id).or_default() += file.rows().unwrap_or_default(),
                Some((id, copy)) => {
                    let most = target.copies.entry_ref(id).or_default();
                    *most = copy.max(*most);
                }
                None => target.removes.push(file.clone()),
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

    /// Takes what is staged of the contributions that these rows name and that are not there.
    fn take_staged(&mut self, layout: &Layout, store: &Store, lacking: &[&FileRow]) -> Result<()> {
        let wanted: Named = lacking.iter().filter_map(|row| row.contribution.as_deref()).collect();
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
    fn copy_shared(&mut self, layout: &Layout, table: &Table, named: &Named) -> Result<()> {
        let mut copies = Vec::new();
        for id in self.events.keys().filter(|id| named.times(id) > 1) {
            let is_first = |file: &&DataFile| owner(file) == Some((id, 0));
            let files: Vec<&DataFile> = table.files().chain(&self.adds).filter(is_first).collect();
            let there = self.copies.get(id).copied().unwrap_or_default();
            for copy in there + 1..named.times(id) {
                copies.extend(copied(layout, table, &files, (id, copy))?);
            }
        }
        self.adds.extend(copies);
        Ok(())
    }
}

fn damaged(what: &str) -> Error {
    Error::new(Kind::Person, format!("the staged events are damaged: {what}"))
        .with_code(Code::LedgerDamaged)
        .help(Kept::Events.help())
}

/// The error for events that can only be had by reading everything again.
fn again(what: &str) -> Error {
    Error::new(Kind::Person, what).with_code(Code::OtherRules).help(
        Help::from("read every file again with ")
            .set(Setting::Again, "all")
            .and("; or leave out [output.events]"),
    )
}

/// Brings the table of events to what `ledger` says; nothing where `job` does not publish them.
///
/// # Errors
/// Storage: the commit did not land. Person: as [`check`].
pub(crate) fn publish(
    job: &Job,
    store: &Store,
    ledger: &Ledger,
    run: &str,
) -> Result<Option<PublishedEvents>> {
    let Some(layout) = Layout::of(job) else { return Ok(None) };
    let mut attempt = 1;
    loop {
        let mut table = layout.create(store, run)?;
        match replace(&layout, &mut table, store, ledger, run) {
            Err(error) if error.kind() == Kind::Storage && attempt < ATTEMPTS => {
                tracing::debug!(%error, "publishing events again");
                attempt += 1;
            }
            done => return done.map(Some),
        }
    }
}

fn replace(
    layout: &Layout,
    table: &mut Table,
    store: &Store,
    ledger: &Ledger,
    run: &str,
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
    target.copy_shared(layout, table, &ledger.contributions())?;
    let Target { adds, removes, .. } = target;
    let rows = |files: &[DataFile]| files.iter().filter_map(DataFile::rows).sum();
    let done = PublishedEvents { added: rows(&adds), removed: rows(&removes) };
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

/// Keeps the table of events small, and what is staged: `staged` is what that was before a commit to the ledger that is published.
///
/// # Errors
/// Storage. Steps that are already done stay, and the others change nothing.
pub(crate) fn keep_up(job: &Job, store: &Store, staged: Option<&Table>, run: &str) -> Result<()> {
    let Some(mut table) = Layout::of(job).map(|layout| layout.open(store)).transpose()?.flatten() else {
        return Ok(());
    };
    if let Some(staged) = staged {
        StagedRow::drop_settled(store, staged, run)?;
    }
    table.clean_in_turn(RETENTION)
}
