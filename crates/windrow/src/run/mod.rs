//! A run: what is read, counted and accounted for, as one sentence.

pub mod incremental;
mod nothing;

use std::sync::atomic::Ordering;

use hashbrown::{HashMap, HashSet};

use crate::counts::Counts;
use crate::engine::{Contribution, Engine, FingerprintWish, Receiver, Refusal, union};
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::job::{Duplicates, Job};
use crate::reject::Reject;
use crate::settings::Settings;
use crate::source::InputFile;
use crate::tally::Tally;

use nothing::{counted_nothing, has_counted_nothing, has_no_readable_time, no_readable_time};

/// Takes all rejects of a run, in the order of files and places.
pub trait RejectSink: Send {
    /// Some rejects of the file `name`.
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()>;
}

/// What a run has counted, and what became of every file.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Counts per pane and raw key, over all accepted files.
    pub counts: Counts,
    /// Rows and bytes, over all accepted files.
    pub tally: Tally,
    /// The times of the first and the last event, in microseconds UTC.
    pub span_us: Option<(i64, i64)>,
    /// Every input, in order.
    pub files: Vec<FileOutcome>,
    /// The first few rejects, with the names of their files.
    pub first_rejects: Vec<(String, Reject)>,
    /// Why nothing of this may be published, if so: a file was refused and the job is strict, no file was accepted, or
    /// every row of every file is a reject.
    pub failure: Option<Error>,
}

/// What became of one input.
#[derive(Clone, Debug)]
pub struct FileOutcome {
    /// The file's name.
    pub name: String,
    /// Where its rows and bytes went; nothing is known of a file that could not be read to its end.
    pub tally: Tally,
    /// Why it is refused, if it is: then no part of it counts.
    pub refused: Option<Error>,
}

impl Outcome {
    /// The files that are refused.
    pub fn refused(&self) -> impl Iterator<Item = (&FileOutcome, &Error)> {
        self.files.iter().filter_map(|file| Some((file, file.refused.as_ref()?)))
    }

    /// The error that the run ends with after publishing: some files were refused. None when all were accepted.
    pub fn partly_refused(&self) -> Option<Error> {
        let refused: Vec<_> = self.refused().collect();
        let (_, first) = refused.first()?;
        let only = match refused.len() {
            1 => (*first).clone(),
            n => Error::data(format!("{n} of {} files are refused; the first: {first}", self.files.len()))
                .help(first.next().unwrap_or("see the list above")),
        };
        Some(only)
    }
}

/// Rejects that are shown without being asked for.
const FIRST_REJECTS: usize = 5;

/// Counts `files` by the rules of `job`. All rejects go to `rejects` when it is given.
///
/// A run that was done and must not be published has a [`failure`](Outcome::failure) in its outcome, beside the rejects
/// and tallies that explain it. A refused file beside accepted ones is none: see [`Outcome::partly_refused`].
///
/// # Errors
/// The run was stopped, or a limit was reached.
pub fn run(
    job: &Job,
    files: &[InputFile],
    engine: &dyn Engine,
    settings: &Settings,
    rejects: Option<&mut dyn RejectSink>,
) -> Result<Outcome> {
    let bytes: u64 = files.iter().map(|file| file.version.size_bytes).sum();
    settings.progress.bytes_total.store(bytes, Ordering::Relaxed);
    let mut harvest = Harvest { outcome: Outcome::new(job), rejects, twins: Twins::among(job, files) };
    engine.count(job, files, settings, &mut harvest)?;
    let mut outcome = harvest.outcome;
    let events = outcome.counts.events();
    if events != outcome.tally.counted {
        return Err(Error::bug(format!("{events} events in the counts, but {:?}", outcome.tally)));
    }
    outcome.failure = outcome.find_failure(job, files);
    Ok(outcome)
}

impl Outcome {
    fn new(job: &Job) -> Self {
        Outcome {
            counts: Counts::new(job.source.keys.len(), &job.limits, 0),
            tally: Tally::default(),
            span_us: None,
            files: Vec::new(),
            first_rejects: Vec::new(),
            failure: None,
        }
    }

    /// What keeps the whole run from being published.
    fn find_failure(&self, job: &Job, files: &[InputFile]) -> Option<Error> {
        // Rejects past the limit are how a wrong time format shows; it is the format that has to be corrected.
        if self.has_no_readable_time() {
            return Some(no_readable_time(job, &self.first_rejects));
        }
        if self.has_counted_nothing()
            && let Some(error) = counted_nothing(job, files, &self.whole_tally(), &self.first_rejects)
        {
            return Some(error);
        }
        let refused = self.refused().count();
        let is_refused = refused > 0 && (job.limits.strict || refused == self.files.len());
        if is_refused { self.partly_refused() } else { None }
    }

    /// Whether times were read, in files that are accepted or refused, and none of them reads in the declared format.
    pub fn has_no_readable_time(&self) -> bool {
        has_no_readable_time(&self.whole_tally())
    }

    /// Whether lines were read, in files that are accepted or refused, and each is a reject or left out by a rule.
    pub fn has_counted_nothing(&self) -> bool {
        has_counted_nothing(&self.whole_tally())
    }

    /// The rows of all files, accepted or refused.
    fn whole_tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.files.iter().for_each(|file| tally.add(&file.tally));
        tally
    }
}

/// Adds up what the engine hands on.
struct Harvest<'a> {
    outcome: Outcome,
    rejects: Option<&'a mut dyn RejectSink>,
    twins: Twins,
}

/// Finds files with the content of one that counts already, where only one of them may count.
#[derive(Default)]
struct Twins {
    /// The sizes that several files have: others have no twin, and are not hashed.
    sizes: HashSet<u64>,
    names: HashMap<Fingerprint, String>,
}

impl Twins {
    fn among(job: &Job, files: &[InputFile]) -> Self {
        let mut twins = Twins::default();
        if job.source.duplicates == Duplicates::Refuse {
            let mut met = HashSet::new();
            twins.sizes =
                files.iter().map(|file| file.version.size_bytes).filter(|size| !met.insert(*size)).collect();
        }
        twins
    }

    /// The file that counts and has the content of this one. A file without rows has no twin.
    fn find(&mut self, file: &InputFile, contribution: &Contribution) -> Option<Error> {
        let has_rows = contribution.tally.read > contribution.tally.ignored();
        let fingerprint = contribution.fingerprint.filter(|_| has_rows)?;
        let twin = self.names.entry(fingerprint).or_insert_with(|| file.name.clone());
        (*twin != file.name).then(|| {
            Error::data(format!("{}: its content is that of {twin}, which counts", file.name))
                .help("leave one of them out, or count both:")
                .set("source.duplicates", "\"count\"")
        })
    }
}

impl Receiver for Harvest<'_> {
    fn rejects_wanted(&self) -> usize {
        if self.rejects.is_some() { usize::MAX } else { FIRST_REJECTS }
    }

    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish {
        match self.twins.sizes.contains(&file.version.size_bytes) {
            true => FingerprintWish::Needed,
            false => FingerprintWish::No,
        }
    }

    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        let room = FIRST_REJECTS - self.outcome.first_rejects.len().min(FIRST_REJECTS);
        self.outcome
            .first_rejects
            .extend(rejects.iter().take(room).map(|reject| (file.name.clone(), reject.clone())));
        match &mut self.rejects {
            Some(sink) => sink.write(&file.name, &rejects),
            None => Ok(()),
        }
    }

    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()> {
        contribution.check_wish(self.fingerprint_wish(file))?;
        if let Some(error) = self.twins.find(file, &contribution) {
            let (tally, opened) = (Some(contribution.tally), Some(contribution.opened));
            return self.refused(file, Refusal { error, tally, opened });
        }
        let Contribution { counts, tally, span_us, .. } = contribution;
        self.outcome.counts.merge(counts);
        self.outcome.counts.check_limit()?;
        self.outcome.tally.add(&tally);
        self.outcome.span_us = union(self.outcome.span_us, span_us);
        self.outcome.files.push(FileOutcome { name: file.name.clone(), tally, refused: None });
        Ok(())
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        tracing::warn!(file = file.name, reason = %refusal.error, "refused");
        self.outcome.files.push(FileOutcome {
            name: file.name.clone(),
            tally: refusal.tally.unwrap_or_default(),
            refused: Some(refusal.error),
        });
        Ok(())
    }
}
