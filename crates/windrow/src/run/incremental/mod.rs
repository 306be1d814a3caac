//! A run of a job that keeps a ledger: it reads what is new or changed, and re-makes the windows that this touches.

mod causes;
mod intake;
mod publishing;
mod record;
mod rows;

use std::collections::BTreeMap;

use crate::delta::Store;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::increment::{self, Became, FileState, Listed, Plan, Planned, Read, Rules, Seen, Settled};
use crate::job::Job;
use crate::ledger::{self, FileRow, Keep, Ledger};
use crate::reject::Reject;
use crate::settings::Settings;
use crate::source::{CountedPart, InputFile};
use crate::tally::Tally;

use super::RejectSink;
use intake::Intake;

pub use publishing::{PublishedChange, PublishedReport};
pub use record::Stages;

/// What a person asks of one run beside the job.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// What is read again though nothing of it has changed.
    pub again: Option<Again>,
    /// That many files are gone is known and accepted.
    pub gone_accepted: bool,
}

/// What a run works with. Nothing of it changes an answer.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The output folder of the job.
    pub store: &'a Store,
    /// What counts.
    pub engine: &'a dyn Engine,
    /// How it is done.
    pub settings: &'a Settings,
}

/// What is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Every file that is there. Those that are gone do not count any more.
    All,
    /// The files that have events in this span.
    Span {
        /// From this instant on, in microseconds UTC.
        from_us: i64,
        /// Up to this instant, which is not in it.
        to_us: i64,
    },
}

/// What a run did.
#[derive(Debug)]
pub struct Done {
    /// Its name.
    pub run: String,
    /// The plan it followed.
    pub plan: Plan,
    /// What became of each file, in the order of the plan.
    pub settled: Vec<Settled>,
    /// Where the rows of the files that were read went, accepted or refused.
    pub tally: Tally,
    /// Bytes that were read of the inputs.
    pub bytes_read: u64,
    /// The first few rejects, with the names of their files.
    pub first_rejects: Vec<(String, Reject)>,
    /// What was published, by report.
    pub reports: Vec<PublishedReport>,
    /// The version of the ledger that is true now.
    pub ledger_version: u64,
    /// The time of the newest event that counts, in microseconds UTC.
    pub newest_us: Option<i64>,
    /// How long each stage took.
    pub stages: Stages,
}

impl Done {
    /// The files that this run could not take, with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settled.iter().filter_map(|file| match &file.became {
            Became::Refused(reason) | Became::Unread(reason) => {
                Some((file.identity.as_str(), reason.as_str()))
            }
            _ => None,
        })
    }

    /// The error that the run ends with after publishing: some files were not taken.
    pub fn partly_refused(&self) -> Option<Error> {
        let (file, reason) = self.refused().next()?;
        let message = match self.refused().count() {
            1 => format!("{file}: {reason}"),
            n => format!("{n} files are refused; the first: {file}: {reason}"),
        };
        Some(
            Error::data(message)
                .help("mend them, or raise the limit; the next run tries again what has changed"),
        )
    }

    /// How many files became what.
    pub fn files(&self) -> BTreeMap<&'static str, u64> {
        record::became(self)
    }

    /// Windows of published reports whose number became another.
    pub fn windows_changed(&self) -> u64 {
        self.reports.iter().map(|report| report.replaced.windows).sum()
    }
}

/// What would be read and why, from what is listed and what `ledger` remembers.
///
/// # Errors
/// Person: the job counts otherwise than the ledger has counted, or too many files are gone.
pub fn plan(job: &Job, files: &[InputFile], ledger: Option<&Ledger>, asked: &Asked) -> Result<Plan> {
    let seen = match ledger {
        Some(ledger) => seen(job, ledger, asked)?,
        None => Vec::new(),
    };
    let listed: Vec<Listed> = files.iter().map(InputFile::listed).collect();
    increment::plan(&listed, &seen, &Rules::of(job, asked.gone_accepted))
}

/// What the ledger has seen, as far as it still holds.
fn seen(job: &Job, ledger: &Ledger, asked: &Asked) -> Result<Vec<Seen>> {
    let counts_by = job.count_fingerprint();
    let rows: Vec<Seen> = ledger.rows().map(FileRow::seen).collect::<Result<_>>()?;
    match asked.again {
        Some(Again::All) => {
            let gone =
                rows.iter().filter(|seen| seen.state == FileState::Gone && seen.contribution.is_some());
            match gone.count() {
                0 => {}
                _ if asked.gone_accepted => {}
                n => {
                    let message = format!("files that count are gone and cannot be read again: {n}");
                    return Err(Error::new(Kind::Person, message)
                        .help("bring them back, or let their counts go with --accept-gone"));
                }
            }
            Ok(Vec::new())
        }
        _ if ledger.rows().any(|row| row.contribution.is_some() && row.counted_by != counts_by) => {
            Err(Error::new(
                Kind::Person,
                "the job file counts otherwise than what the ledger has counted (source, time, keys or the width of panes)",
            )
            .help("read every file again with --again all; or undo the change of the job file"))
        }
        Some(Again::Span { from_us, to_us }) => {
            let is_in =
                |seen: &Seen| seen.span_us.is_some_and(|(first, last)| first < to_us && last >= from_us);
            Ok(rows.into_iter().filter(|seen| !is_in(seen)).collect())
        }
        None => Ok(rows),
    }
}

/// Runs `job` over the listed `files`: reads what `plan` says, makes it true in the ledger, and publishes.
///
/// # Errors
/// Nothing is published after an error before the commit to the ledger. After it, the next run goes on where this one
/// ended. Storage: another run won. Person: a person must look first.
pub fn run<'a>(
    job: &'a Job,
    means: Means<'a>,
    files: &[InputFile],
    asked: &Asked,
    rejects: Option<&'a mut dyn RejectSink>,
    planned: &mut dyn FnMut(&Plan),
) -> Result<Done> {
    let Means { store, engine, settings } = means;
    let mut stages = Stages::start();
    let run = record::new_run();
    let mut ledger = Ledger::open(store)?;
    let before = ledger.as_ref().map(Ledger::version);
    let plan = plan(job, files, ledger.as_ref(), asked)?;
    planned(&plan);
    stages.end("plan");

    let mut intake = Intake::new(job, store, run.clone(), &plan, rejects);
    let reads: Vec<InputFile> = to_read(&plan, files);
    let bytes = plan.reads().map(Planned::bytes).sum();
    settings.progress.bytes_total.store(bytes, std::sync::atomic::Ordering::Relaxed);
    if !reads.is_empty() {
        engine.count(job, &reads, settings, &mut intake)?;
    }
    let taken = intake.finish()?;
    stages.end("count");

    let settled = increment::settle(&plan, &taken.readings)?;
    let mut done = Done {
        run,
        plan,
        settled,
        tally: taken.tally,
        bytes_read: taken.bytes_read,
        first_rejects: taken.first_rejects,
        reports: Vec::new(),
        ledger_version: 0,
        newest_us: None,
        stages,
    };
    if let Some(error) = why_not(job, &done) {
        return Err(error);
    }
    settings.stop.check()?;
    let mut ledger = match ledger.take() {
        Some(ledger) => ledger,
        None => Ledger::create(store, &done.run)?,
    };
    let (puts, forgets) = rows::to_commit(job, &done, &ledger, asked, &taken.ids)?;
    if !puts.is_empty() || !forgets.is_empty() {
        ledger.commit(&done.run, puts, &forgets)?;
        rows::drop_rejects(store, &ledger, &done.run)?;
    }
    done.ledger_version = ledger.version();
    done.newest_us = ledger.newest_us();
    done.stages.end("commit");

    for spec in &job.reports {
        done.reports.push(publishing::publish(job, spec, store, &ledger, &done.run)?);
    }
    done.stages.end("publish");
    record::keep(store, &done, before)?;
    if let Err(error) = ledger::keep_up(store, &mut ledger, &done.run, Keep::of(job)) {
        // The run is done, and the tables are whole without it.
        tracing::warn!(%error, "the tables were not tidied");
    }
    Ok(done)
}

/// The listed files that the plan reads, and of growing ones which part was counted before.
fn to_read(plan: &Plan, files: &[InputFile]) -> Vec<InputFile> {
    let reads: BTreeMap<&str, Read> = plan.reads().map(|file| (file.identity.as_str(), file.read)).collect();
    let wanted = files.iter().filter_map(|file| {
        let counted = match reads.get(file.identity.as_str())? {
            Read::Tail { from, proof } => Some(CountedPart { bytes: *from, proof: *proof }),
            _ => None,
        };
        Some(InputFile { counted, ..file.clone() })
    });
    wanted.collect()
}

/// What keeps a run from being made true.
fn why_not(job: &Job, done: &Done) -> Option<Error> {
    if job.limits.strict
        && let Some(error) = done.partly_refused()
    {
        return Some(error.within("the job is strict: nothing was kept or published"));
    }
    None
}
