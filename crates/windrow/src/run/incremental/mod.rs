//! A run of a job that keeps a ledger: it reads what is new or changed, and re-makes the windows that this touches.

mod causes;
mod changes;
mod halt;
mod hashing;
mod intake;
mod publishing;
mod record;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::delta::Store;
use crate::engine::{self, Engine};
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::increment::{self, FileState, Plan, Planned, Read, Rules, Seen};
use crate::job::{Counting, Job};
use crate::ledger::{self, FileRow, KeepTimes, KeptRejects, KeptTable, Ledger, Sums};
use crate::publish::events::{self, EventWriter};
use crate::settings::Settings;
use crate::source::{self, CountedPart, InputFile};

use super::outcome::ReportSource;
use super::stages::{Stages, new_run};
use super::{Again, Outcome, RunOptions, RunRequest};
pub(crate) use halt::{Note, nothing_left};
use intake::{Intake, Taken};

pub(crate) use publishing::check_moment;
pub use publishing::{PublishedChange, PublishedReport};
pub(super) use record::became;

/// What a run works with. Nothing of it changes an answer.
#[derive(Clone, Copy)]
pub(super) struct RunContext<'a> {
    /// The output folder of the job.
    pub(super) store: &'a Store,
    /// What counts.
    pub(super) engine: &'a dyn Engine,
    /// How it is done.
    pub(super) settings: &'a Settings,
}

/// What would be read and why, from what is listed and what `ledger` remembers.
///
/// # Errors
/// Attention: the counting rules of the job differ from those of the ledger, or too many files are gone.
pub fn plan(job: &Job, files: &[InputFile], ledger: Option<&Ledger>, asked: &RunRequest) -> Result<Plan> {
    let mut rules = Rules::of(job, asked.gone_accepted);
    let seen = match ledger {
        Some(ledger) => {
            let known: HashSet<&str> = files.iter().map(|file| &*file.identity).collect();
            // Which tables there are matters only to files that are gone.
            if ledger.rows().any(|row| row.contribution.is_some() && !known.contains(&*row.file)) {
                let source = &job.source;
                rules.tables = source::tables(&source.path, &source.root, &source.endings(), &job.stores());
            }
            seen(job, ledger, &known, &rules, asked)?
        }
        None => Vec::new(),
    };
    let listed: Vec<_> = files.iter().map(InputFile::listed).collect();
    let mut plan = increment::plan(&listed, &seen, &rules)?;
    if let Some(Again::Span { from_us, to_us }) = asked.again {
        plan.read_again(&|seen| seen.span_us.is_some_and(|(first, last)| first < to_us && last >= from_us));
    }
    Ok(plan)
}

/// What the ledger has seen, as far as it still holds.
fn seen(
    job: &Job,
    ledger: &Ledger,
    listed: &HashSet<&str>,
    rules: &Rules,
    asked: &RunRequest,
) -> Result<Vec<Seen>> {
    match asked.again {
        Some(Again::All) => {
            let gone = ledger.rows().filter(|row| row.contribution.is_some() && !listed.contains(&*row.file));
            match gone.filter(|row| !rules.has_left_a_table(&row.file)).count() {
                0 => {}
                _ if asked.gone_accepted => {}
                n => {
                    let message = format!("files that count are gone and cannot be read again: {n}");
                    return Err(Error::new(Kind::Attention, message).with_code(Code::FilesGone).with_help(
                        Help::from("bring them back, or let their counts go with ")
                            .set(Setting::AcceptGone, "true"),
                    ));
                }
            }
            Ok(Vec::new())
        }
        _ => {
            ledger.check_owner(job)?;
            ledger.check_job(job)?;
            let counting = job.counting();
            ledger.rows().map(|row| seen_by(row, &counting)).collect()
        }
    }
}

/// The row as the increment knows it. A file that was refused when files were counted otherwise was refused by other rules.
fn seen_by(row: &FileRow, counting: &Counting) -> Result<Seen> {
    let mut seen = row.seen()?;
    seen.other_table = counting.changed_table(&row.counted_by);
    if seen.state == FileState::Refused && !counting.is_served_by(&row.counted_by, row.first_us()) {
        seen.refusal = "".into();
    }
    Ok(seen)
}

/// Runs `job` over the listed `files`: reads what `plan` says, makes it true in the ledger, and publishes.
///
/// # Errors
/// Nothing is published after an error before the commit to the ledger. After it, the next run goes on where this one
/// ended. Storage: another run won. Attention: a person must look first.
pub(super) fn run(
    job: &Job,
    context: RunContext<'_>,
    files: &[InputFile],
    options: RunOptions<'_>,
    mut stages: Stages,
) -> Result<Outcome> {
    let RunContext { store, engine, settings } = context;
    let RunOptions { asked, rejects, planned, halted, .. } = options;
    let asked = &asked;
    let run = new_run();
    events::check_engine(job, engine.name())?;
    store.known().clear();
    let mut ledger = Ledger::open(store)?;
    let before = ledger.as_ref().map(Ledger::version);
    let mut folder = KeptTable::Contributions.path().to_owned();
    if let Some(ledger) = &ledger {
        check_moment(job, store, ledger, asked)?;
        folder = contributions_folder(store, ledger, asked, &run)?;
    }
    let is_anew = ledger.as_ref().is_some_and(|ledger| ledger.contributions_path() != folder);
    let plan = plan(job, files, ledger.as_ref(), asked)?;
    let note = Note::open(store)?;
    let known = note.as_ref().and_then(|note| note.error(job, &plan, ledger.as_ref(), asked));
    // All rejects, where they are asked for, are in the files alone.
    if let Some(error) = known.filter(|_| rejects.is_none()) {
        return Err(error);
    }
    if let Some(planned) = planned {
        planned(&plan);
    }
    stages.end("plan");

    let reads: Vec<InputFile> = to_read(&plan, files);
    let writer = match reads.is_empty() {
        true => None,
        false => EventWriter::new(job, store, &run, settings.threads)?,
    };
    let mut intake =
        Intake::new(job, store, folder.clone(), run.clone(), &plan, (rejects, writer.map(Arc::new)));
    if let Some(ledger) = &ledger {
        intake.fold(ledger)?;
    }
    let bytes = plan.reads().map(Planned::bytes).sum();
    settings.progress.bytes_total.store(bytes, std::sync::atomic::Ordering::Relaxed);
    if !reads.is_empty() {
        engine::count(engine, job, &reads, settings, &mut intake)?;
    }
    drop(reads);
    let mut taken = intake.finish(is_anew)?;
    hashing::hash(job, &plan, files, settings, &mut taken)?;
    hashing::begin(job, &plan, files, settings, &mut taken)?;
    stages.end("count");

    let reconciled = increment::reconcile(&plan, &taken.readings)?;
    for (file, gone) in increment::counted_in_doubt(&plan, &reconciled) {
        tracing::warn!(file, gone, "counts, and may be a file that is gone and counts too");
    }
    let mut done = Outcome {
        plan,
        reconciled,
        bytes_read: taken.bytes_read,
        first_rejects: std::mem::take(&mut taken.first_rejects),
        refusals: std::mem::take(&mut taken.refusals),
        ledger_before: before,
        ..Outcome::new(job, run, engine.name(), stages)
    };
    account(&mut done, &taken);
    taken.readings.clear();
    let is_first = ledger.as_ref().is_none_or(|ledger| ledger.rows().next().is_none());
    if let Some(error) = halt::why_not(job, files, &done, is_first, asked) {
        taken.discard();
        // Without its note the next run reads the inputs once more.
        if let Err(error) = Note::leave(store, &error, (job, &done), ledger.as_ref(), asked) {
            tracing::warn!(%error, "could not record that the run had no answer");
        }
        if let Some(halted) = halted {
            done.failure = Some(error.clone());
            halted(&done);
        }
        return Err(error);
    }
    settings.stop.check()?;
    let mut ledger = match ledger.take() {
        Some(ledger) => ledger,
        None => Ledger::create(store, &done.run)?,
    };
    let (puts, forgets) = rows::to_commit(job, &mut done, &ledger, asked, &taken.ids)?;
    let read = std::mem::take(&mut taken.ids);
    let mut staged = None;
    if puts.is_empty() && forgets.is_empty() {
        taken.discard();
    } else {
        let kept = taken.keep(&done.run)?;
        if let Some(table) = kept.contributions {
            ledger.will_name(&folder, &table);
        }
        staged = kept.staged;
        let mut left = ledger.readings();
        ledger.commit(&job.name, &done.run, puts, &forgets)?;
        // If this run does not name a reading that it made, no other run does: a file that is equal keeps its old reading.
        left.extend(read.values().flat_map(|reading| ledger::parts(reading)).map(str::to_owned));
        let left: HashSet<String> = left.difference(&ledger.readings()).cloned().collect();
        ledger::drop_rejects(store, &left, &done.run)?;
    }
    done.ledger_version = Some(ledger.version());
    done.span_us = ledger.span_us();
    done.stages.end("commit");

    for spec in &job.reports {
        done.published.push(publishing::publish(job, spec, store, &ledger, &done.run)?);
    }
    publishing::publish_peaks(job, store, &ledger, &done.run)?;
    done.events = events::publish(job, store, &ledger, (&done.run, settings.threads))?;
    if note.is_some()
        && let Err(error) = Note::remove(store)
    {
        // It is of other inputs or another ledger, and serves none from now on.
        tracing::warn!(%error, "a note of inputs without an answer stays");
    }
    done.stages.end("publish");
    done.damage = KeptRejects::too_few(store, job, &ledger).unwrap_or_else(Some);
    if let Err(error) = ledger::keep_up(store, &mut ledger, &done.run, KeepTimes::of(job)) {
        // The run is done, and the tables are whole without it.
        tracing::warn!(%error, "the tables were not tidied");
    }
    if let Err(error) = events::keep_up(job, store, (&ledger, staged.as_ref()), settings, &done.run) {
        tracing::warn!(%error, "the published events were not tidied");
    }
    done.stages.end("tidy");
    record::keep(store, &done)?;
    done.stages.end("record");
    store.check_lasting()?;
    done.answer = ReportSource::Kept(Box::new((store.clone(), ledger)));
    Ok(done)
}

/// Adds up what was read, by file.
fn account(done: &mut Outcome, taken: &Taken) {
    for reconciled in &done.reconciled {
        let Some(tally) = taken.tally(&reconciled.identity) else { continue };
        match reconciled.row.as_ref().is_some_and(|row| row.state != FileState::Refused) {
            true => done.tally.add(tally),
            false => done.refused_tally.add(tally),
        }
    }
}

/// The folder into which contributions go: that of the ledger, or a new one where all are counted again and something of
/// the old ones is damaged.
fn contributions_folder(store: &Store, ledger: &Ledger, asked: &RunRequest, run: &str) -> Result<String> {
    let is_all = asked.again == Some(Again::All);
    let checked = Sums::open(store, ledger).and_then(|sums| if is_all { sums.check(ledger) } else { Ok(()) });
    match checked {
        Err(error) if is_all && matches!(error.kind(), Kind::Attention | Kind::Storage) => {
            tracing::warn!(%error, "contributions are counted anew");
            Ok(format!("{}-{run}", KeptTable::Contributions.path()))
        }
        checked => checked.map(|()| ledger.contributions_path().to_owned()),
    }
}

/// The listed files that the plan reads, and of growing ones which part was counted before.
fn to_read(plan: &Plan, files: &[InputFile]) -> Vec<InputFile> {
    let reads: BTreeMap<&str, Read> = plan.reads().map(|file| (&*file.identity, file.read)).collect();
    let wanted = files.iter().filter_map(|file| {
        let counted = match reads.get(&*file.identity)? {
            Read::Tail { from, proof } => Some(Box::new(CountedPart { bytes: *from, proof: *proof })),
            _ => None,
        };
        Some(InputFile { counted, ..file.clone() })
    });
    wanted.collect()
}
