//! A run without a ledger: all inputs are read, counted and accounted for.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::counts::Counts;
use crate::engine::{self, Contribution, Engine, FingerprintWish, Receiver, Refusal, union};
use crate::error::{Error, Location, Result};
use crate::job::Job;
use crate::reject::{Reject, RejectSink};
use crate::settings::Settings;
use crate::source::InputFile;

use super::duplicates::DuplicateCheck;
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

impl Receiver for Collector<'_, '_> {
    fn rejects_wanted(&self) -> usize {
        if self.rejects.is_some() { usize::MAX } else { FIRST_REJECTS }
    }

    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish {
        self.duplicates.wish(file)
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
