//! A run: a job, its inputs and the settings in; an outcome out, with or without a ledger.

mod duplicates;
mod given;
mod incremental;
mod inputs;
mod nothing;
mod once;
mod outcome;
mod stages;
mod summing;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::calendar::DAY_US;
use crate::clock::{self, Stopwatch};
use crate::delta::Store;
use crate::engine::Engine;
use crate::engine::choice::{EngineChoice, reaching};
use crate::error::{Code, Error, Kind, Result};
use crate::increment::{FileState, Plan, Seen};
use crate::job::{Job, Output};
use crate::ledger::{FileRow, Ledger};
use crate::reject::RejectSink;
use crate::settings::Settings;
use crate::source::{self, InputFile, Listing, LookBack, Unlisted};
use crate::text::escape;
use crate::text::escape::quoted;
use crate::wait;

pub use given::GivenJob;
pub(crate) use incremental::{Note, check_moment, nothing_left};
pub use incremental::{PublishedChange, PublishedReport, plan};
pub use outcome::{FileOutcome, Outcome, RefusedInput, counts};
pub use stages::Stages;

/// What a run reads.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Inputs<'i> {
    /// The files that the job names.
    Listed,
    /// These files, folders and globs in place of those that the job names; no ledger is kept of them.
    Paths(&'i [PathBuf]),
    /// These files, which were listed before.
    Files(&'i [InputFile]),
    /// The result of [`list_inputs`].
    Listing(&'i Listing),
}

/// What a program brings to a run beside job, inputs and settings. Nothing of it changes an answer.
#[derive(Default)]
pub struct RunOptions<'a> {
    /// What counts; none: what the job says, else the embedded engine.
    pub engine: Option<&'a dyn Engine>,
    /// Where the job's tables are kept; none: the local folder that the job names.
    pub store: Option<&'a Store>,
    /// What is asked of a run that keeps a ledger.
    pub asked: RunRequest,
    /// Takes all rejects.
    pub rejects: Option<&'a mut dyn RejectSink>,
    /// Is told what a run that keeps a ledger will read, before it does.
    pub planned: Option<&'a mut (dyn FnMut(&Plan) + Send)>,
    /// Is told of a run that keeps a ledger and found a reason not to publish, before the error is returned: the summary of the
    /// outcome says what was read.
    pub halted: Option<&'a mut (dyn FnMut(&Outcome) + Send)>,
    /// Started before the inputs were listed; none: the run is timed from its own start.
    pub started: Option<Stopwatch>,
}

impl fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOptions").field("asked", &self.asked).finish_non_exhaustive()
    }
}

/// What a person asks of one run beside the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunRequest {
    /// What is read again, although it has not changed.
    pub again: Option<Again>,
    /// Whether it is accepted that many files are gone.
    pub gone_accepted: bool,
    /// Whether to list all folders, also those that are too old for the job's `look_back`.
    pub lists_all: bool,
}

impl RunRequest {
    /// Whether folders that are too old for the job's `look_back` are listed: also if files are read again.
    pub fn lists_old_folders(&self) -> bool {
        self.lists_all || self.again.is_some()
    }
}

/// What is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

impl Again {
    /// What a person writes: `all`, or `FROM..TO`, in times as windows of `job` have them.
    ///
    /// # Errors
    /// Usage: it is neither, or ends before it begins.
    pub fn read(text: &str, job: &Job) -> Result<Again> {
        if text == "all" {
            return Ok(Again::All);
        }
        let wrong =
            |what: &str, help: &str| Error::invalid(format!("{} {what}", quoted(text))).with_help(help);
        let (from, to) = text
            .split_once("..")
            .ok_or_else(|| wrong("is not a valid range", "write `all`, or `2024-01-01..2024-02-01`"))?;
        let (from_us, to_us) = (job.instant(from)?, job.instant(to)?);
        match from_us < to_us {
            true => Ok(Again::Span { from_us, to_us }),
            false => {
                Err(wrong("ends before it begins", "the first instant is in the span, the second is not"))
            }
        }
    }
}

/// Rejects that are shown without being asked for.
const FIRST_REJECTS: usize = 5;

/// Counts `inputs` by the rules of `job`. A job with `[output]` keeps a ledger there: what is new or changed is read, and the
/// published reports follow.
///
/// A run without a ledger that must not be published has an outcome whose [`report`](Outcome::report) is an error; its tallies and
/// rejects explain it. It may be called on any thread, of an asynchronous runtime too.
///
/// # Errors
/// The run was stopped, or a limit was reached. With a ledger nothing is published after an error before the commit to it; after
/// it, the next run continues where this one ended. Storage: another run won. Attention: a person must look first.
pub fn run(job: &Job, inputs: Inputs<'_>, settings: &Settings) -> Result<Outcome> {
    run_with(job, inputs, settings, RunOptions::default())
}

/// [`run`] with what a program brings to it.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    job: &Job,
    inputs: Inputs<'_>,
    settings: &Settings,
    options: RunOptions<'_>,
) -> Result<Outcome> {
    wait::outside_runtime(|| {
        let watch = options.started.unwrap_or_else(Stopwatch::start);
        let job = &*reaching(job, None);
        let job = &*job.with_lookups(&settings.stop)?;
        let store = inputs.store(job, &options)?;
        let files = inputs.files(job, store.as_ref(), &options.asked)?.files;
        let stages = Stages::listed(watch);
        let opened;
        let engine = match options.engine {
            Some(engine) => engine,
            None => {
                opened = EngineChoice::opened(None, &job.engine)?;
                &*opened
            }
        };
        match store {
            None => once::run(job, &files, engine, settings, options.rejects, stages),
            Some(store) => {
                source::are_no_pipes(&files, source::READ_AGAIN)?;
                let context = incremental::RunContext { store: &store, engine, settings };
                incremental::run(job, context, &files, options, stages)
            }
        }
    })
}

impl<'i> Inputs<'i> {
    /// Where the ledger of `job` is kept; none: it keeps none, or none of these inputs.
    pub(crate) fn store(self, job: &Job, options: &RunOptions<'_>) -> Result<Option<Store>> {
        match (self, &job.output, options.store) {
            (Inputs::Paths(_), ..) | (_, None, _) => Ok(None),
            (_, Some(_), Some(store)) => Ok(Some(store.clone())),
            (_, Some(output), None) => store_of(job, output).map(Some),
        }
    }

    /// The files that are read, which a ledger in `store` may know.
    pub(crate) fn files(self, job: &Job, store: Option<&Store>, asked: &RunRequest) -> Result<RunInputs<'i>> {
        let inputs = match self {
            Inputs::Files(files) => RunInputs { files: files.into(), unlisted: None },
            Inputs::Listing(Listing { files, unlisted, .. }) => {
                RunInputs { files: files.into(), unlisted: unlisted.clone() }
            }
            Inputs::Paths(paths) => {
                let listing = source::list(paths, Path::new(""), &job.source.endings(), &job.stores())?;
                RunInputs { files: listing.files.into(), unlisted: None }
            }
            Inputs::Listed => {
                let Listing { files, unlisted, .. } = list_inputs(job, store, asked.lists_old_folders())?;
                RunInputs { files: files.into(), unlisted }
            }
        };
        Ok(match store {
            Some(_) => RunInputs { files: job.source.identified(inputs.files), ..inputs },
            None => inputs,
        })
    }
}

/// The inputs of a run.
pub(crate) struct RunInputs<'i> {
    pub(crate) files: Cow<'i, [InputFile]>,
    /// The folders that were not listed; none: all were.
    pub(crate) unlisted: Option<Unlisted>,
}

/// Lists the files that `job` names, for a run that keeps a ledger in `store`. Unless `lists_old_folders`, folders that are too old for the job's
/// `look_back` are left out, and the files that the ledger knows in them count as unchanged.
///
/// # Errors
/// Those of [`source::list`]; with a ledger those of [`source::list_present`], as known files may be gone. Also: the ledger cannot be read.
pub fn list_inputs(job: &Job, store: Option<&Store>, lists_old_folders: bool) -> Result<Listing> {
    let job = &*reaching(job, None);
    let (path, root, endings) = (&job.source.path, &job.source.root, &job.source.endings());
    let stores = &job.stores();
    let remembering = match store {
        Some(store) => Ledger::is_there(store)?.then_some(store),
        None => None,
    };
    let Some(store) = remembering else { return source::list(path, root, endings, stores) };
    let days = job.source.look_back_days.filter(|_| !lists_old_folders);
    let look_back = match (days, days.map(|_| Ledger::open(store)).transpose()?.flatten()) {
        (Some(days), Some(ledger)) => {
            let seen = ledger.rows().map(FileRow::seen).collect::<Result<Vec<_>>>()?;
            let is_there = |seen: &Seen| matches!(seen.state, FileState::Counted | FileState::Refused);
            let known = seen.into_iter().filter(is_there).map(|seen| (seen.identity, seen.version)).collect();
            LookBack::new(days, clock::unix_us().div_euclid(DAY_US), known)
        }
        _ => None,
    };
    source::list_since(path, root, endings, stores, look_back.as_ref())
}

/// The store of the tables that `job` keeps in `output`.
///
/// # Errors
/// Storage: there cannot be a folder, as a file is there. Usage: an object store cannot be opened.
pub fn store_of(job: &Job, output: &Output) -> Result<Store> {
    if let Some(url) = output.url()? {
        return Ok(Store::new(job.stores().folder(&url)?));
    }
    let there = output.path.ancestors().find(|path| path.symlink_metadata().is_ok());
    match there.filter(|path| !path.is_dir()) {
        Some(file) => {
            let (output, file) = (escape::path(&output.path), escape::path(file));
            let message = format!("{output} cannot be the output folder: {file} is not a folder");
            Err(Error::new(Kind::Storage, message)
                .with_code(Code::NotAFile)
                .with_help("name another folder, or move the file away"))
        }
        None => Ok(Store::local(&output.path)),
    }
}
