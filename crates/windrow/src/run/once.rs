//! A run without a ledger: all inputs are read, counted and accounted for.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hashbrown::{HashMap, HashSet};

use crate::counts::Counts;
use crate::engine::{self, Contribution, Engine, FingerprintWish, Receiver, Refusal, union};
use crate::error::{Code, Error, Location, Result, Setting};
use crate::fingerprint::Fingerprint;
use crate::job::{Duplicates, Job, PathValues};
use crate::reject::{Reject, RejectSink};
use crate::settings::{Settings, Stop};
use crate::source::{InputFile, fingerprint_of};
use crate::storage::{MemoryTable, Opened};

use super::nothing::{counted_nothing, no_readable_time};
use super::outcome::ReportSource;
use super::stages::{Stages, new_run};
use super::{FIRST_REJECTS, FileOutcome, Outcome};

/// Counts `files` by the rules of `job`. All rejects go to `rejects` when it is given.
///
/// A run that was done and must not be published has a [`failure`](Outcome::failure) in its outcome, beside the rejects
/// and tallies that explain it. A refused file beside accepted ones is none: see [`Outcome::partly_refused`].
///
/// # Errors
/// The run was stopped, or a limit was reached.
pub(super) fn run(
    job: &Job,
    files: &[InputFile],
    engine: &dyn Engine,
    settings: &Settings,
    rejects: Option<&mut dyn RejectSink>,
    stages: Stages,
) -> Result<Outcome> {
    let bytes: u64 = files.iter().map(|file| file.version.size_bytes).sum();
    settings.progress.bytes_total.store(bytes, Ordering::Relaxed);
    let outcome = Outcome::new(job, new_run(), engine.name(), stages);
    let counts = Counts::new(job.source.keys.len(), &job.limits, 0).measuring(&job.source.measured);
    let mut collector = Collector {
        job,
        outcome,
        counts,
        rejects,
        duplicates: DuplicateCheck::among(job, files, &settings.stop),
    };
    engine::count(engine, job, files, settings, &mut collector)?;
    let Collector { mut outcome, counts, .. } = collector;
    let events = counts.events();
    if events != outcome.tally.counted {
        return Err(Error::bug(format!("{events} events in the counts, but {:?}", outcome.tally)));
    }
    outcome.answer = ReportSource::Counted(Arc::new(counts));
    outcome.failure = find_failure(&outcome, job, files);
    outcome.stages.end("count");
    Ok(outcome)
}

/// What keeps the whole run from being published.
fn find_failure(outcome: &Outcome, job: &Job, files: &[InputFile]) -> Option<Error> {
    // Rejects past the limit are how a wrong time format shows; it is the format that has to be corrected.
    if outcome.has_no_readable_time() {
        return Some(no_readable_time(job, files, &outcome.first_rejects));
    }
    if outcome.has_counted_nothing()
        && let Some(error) = counted_nothing(job, files, &outcome.read(), &outcome.first_rejects)
    {
        return Some(error);
    }
    let refused = outcome.refused().count();
    let is_refused = refused > 0 && (job.limits.strict || refused == outcome.files.len());
    if is_refused { outcome.partly_refused() } else { None }
}

/// Adds up what the engine delivers.
struct Collector<'a, 's> {
    job: &'a Job,
    outcome: Outcome,
    counts: Counts,
    rejects: Option<&'a mut (dyn RejectSink + 's)>,
    duplicates: DuplicateCheck,
}

/// Finds files with the content of one that counts already, where only one of them may count.
#[derive(Default)]
struct DuplicateCheck {
    /// Whether there are files that could be twins.
    is_on: bool,
    /// The sizes that several files have. They are hashed while they are read; others only where their content turns out to
    /// have the size of another's, as that of a compressed file may.
    sizes: HashSet<u64>,
    /// The files that count, by the size of their content.
    counted: HashMap<u64, Vec<FileContent>>,
    stop: Stop,
}

/// What is in a file that counts.
struct FileContent {
    file: InputFile,
    /// What its path says: rows that are equal in files of other paths are other events.
    path: PathValues,
    opened: Opened,
    fingerprint: Option<Fingerprint>,
}

impl DuplicateCheck {
    fn among(job: &Job, files: &[InputFile], stop: &Stop) -> Self {
        let mut check = DuplicateCheck { stop: stop.clone(), ..DuplicateCheck::default() };
        if job.source.duplicates == Duplicates::Refuse && files.len() > 1 {
            check.is_on = true;
            let mut met = HashSet::new();
            check.sizes =
                files.iter().map(|file| file.version.size_bytes).filter(|size| !met.insert(*size)).collect();
        }
        check
    }

    /// The file that counts and has the content of this one. A file without rows has no twin.
    ///
    /// # Errors
    /// One of them cannot be read any more, or has changed. The run was stopped.
    fn find(
        &mut self,
        file: &InputFile,
        path: PathValues,
        contribution: &Contribution,
    ) -> Result<Option<Error>> {
        let tally = &contribution.tally;
        if !self.is_on || tally.read == tally.ignored() {
            return Ok(None);
        }
        // Tables are not hashed but compared, which ends at the first row that differs.
        let bytes = file.memory.as_ref().map_or(tally.bytes_total, MemoryTable::rows);
        let stop = &self.stop;
        let (file, opened) = (file.clone(), contribution.opened.clone());
        let mut content = FileContent { file, path, opened, fingerprint: contribution.fingerprint };
        let counted = self.counted.entry(bytes).or_default();
        for other in counted.iter_mut() {
            let is_same = match (&content.file.memory, &other.file.memory) {
                (Some(table), Some(other)) => table.equals(other),
                (None, None) => content.fingerprint(bytes, stop)? == other.fingerprint(bytes, stop)?,
                _ => false,
            };
            if is_same {
                let (name, twin) = (&content.file.name, &other.file.name);
                let error = Error::data(format!("{name}: its content is that of {twin}, which counts"))
                    .with_code(Code::SameContent)
                    .with_help("leave one of them out, or count both:")
                    .set(Setting::Duplicates, "count");
                return Ok(Some(error));
            }
        }
        counted.push(content);
        Ok(None)
    }
}

impl FileContent {
    /// The fingerprint of its `bytes` bytes, which is taken now where it was not while they were counted.
    fn fingerprint(&mut self, bytes: u64, stop: &Stop) -> Result<Fingerprint> {
        if let Some(fingerprint) = self.fingerprint {
            return Ok(fingerprint);
        }
        let fingerprint = fingerprint_of(&self.file, bytes, &self.opened.version, false, stop)
            .map_err(|error| error.within(&self.file.name))?;
        Ok(*self.fingerprint.insert(Fingerprint(self.path.with(fingerprint.0))))
    }
}

impl Receiver for Collector<'_, '_> {
    fn rejects_wanted(&self) -> usize {
        if self.rejects.is_some() { usize::MAX } else { FIRST_REJECTS }
    }

    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish {
        // A pipe can be hashed only while it is read.
        let is_pipe = self.duplicates.is_on && file.pipe.is_some();
        match file.memory.is_none() && (is_pipe || self.duplicates.sizes.contains(&file.version.size_bytes)) {
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
        if let Some(error) = self.duplicates.find(file, self.job.source.path_values(file), &contribution)? {
            let (tally, opened) = (Some(contribution.tally), Some(contribution.opened));
            return self.refused(file, Refusal { error, tally, opened });
        }
        let Contribution { counts, tally, span_us, .. } = contribution;
        self.counts.merge(counts);
        self.counts.check_limit()?;
        self.outcome.tally.add(&tally);
        self.outcome.bytes_read += tally.bytes_read;
        self.outcome.span_us = union(self.outcome.span_us, span_us);
        self.outcome.files.push(FileOutcome { name: file.name.clone(), tally, refused: None });
        Ok(())
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        let error = refusal.error.at(Location::of(&file.name));
        tracing::warn!(file = file.name, code = error.code().name(), reason = %error, "refused");
        let tally = refusal.tally.unwrap_or_default();
        self.outcome.refused_tally.add(&tally);
        self.outcome.bytes_read += tally.bytes_read;
        self.outcome.files.push(FileOutcome { name: file.name.clone(), tally, refused: Some(error) });
        Ok(())
    }
}
