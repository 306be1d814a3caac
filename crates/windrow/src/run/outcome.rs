//! The outcome of a run: what was read and counted, the result for each file, and the reports.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::incremental::{PublishedReport, became};
use super::nothing::{has_counted_nothing, has_no_readable_time, what_to_cast};
use super::stages::Stages;
use crate::counts::Counts;
use crate::delta::Store;
use crate::error::{Code, Error, Help, Kind, Result};
use crate::increment::{Became, Plan, Reconciled, Rules};
use crate::job::Job;
use crate::ledger::{Ledger, Sums};
use crate::publish::events::PublishedEvents;
use crate::publish::{self, AnswerOrigin, Format, Out, Screen};
use crate::reject::Reject;
use crate::report::{CleanCounts, ReportData};
use crate::tally::Tally;
use crate::wait;

/// What a run did, with or without a ledger.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The run's name, which no other run has.
    pub run: String,
    /// The engine that read.
    pub engine: &'static str,
    /// Where the rows went that were read of files that are not refused.
    pub tally: Tally,
    /// What the rows were that were read of files that are refused. None of them counts.
    pub refused_tally: Tally,
    /// Bytes that were read of the inputs.
    pub bytes_read: u64,
    /// The times of the first and the last event that count, in microseconds UTC.
    pub span_us: Option<(i64, i64)>,
    /// Without a ledger: every input, in order.
    pub files: Vec<FileOutcome>,
    /// With a ledger: the plan that was followed.
    pub plan: Plan,
    /// With a ledger: what each file became, in the order of the plan.
    pub reconciled: Vec<Reconciled>,
    /// With a ledger: what was published, by report.
    pub published: Vec<PublishedReport>,
    /// With a ledger: what was done to the published events, where the job publishes them.
    pub events: Option<PublishedEvents>,
    /// The version of the ledger that the run began from, if there was one.
    pub ledger_before: Option<u64>,
    /// The version of the ledger that is true now, if the job keeps one.
    pub ledger_version: Option<u64>,
    /// With a ledger: what is damaged of what is kept, though no number rests on it.
    pub damage: Option<Error>,
    /// How long each stage took.
    pub stages: Stages,
    pub(super) first_rejects: Vec<(String, Reject)>,
    pub(super) failure: Option<Error>,
    /// With a ledger: why files were refused or not read by this run, by identity.
    pub(super) refusals: BTreeMap<Arc<str>, Error>,
    pub(super) job: Job,
    pub(super) answer: ReportSource,
    pub(super) reports: OnceLock<Result<Vec<ReportData>>>,
}

/// Where the reports come from.
#[derive(Debug)]
pub(super) enum ReportSource {
    /// Counts per pane and raw key, over all accepted files.
    Counted(Arc<Counts>),
    /// What the ledger adds up to.
    Kept(Box<(Store, Ledger)>),
}

/// The result of a run for one input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileOutcome {
    /// The file's name.
    pub name: String,
    /// Where its rows and bytes went; nothing is known of a file that could not be read to its end.
    pub tally: Tally,
    /// Why it is refused, if it is: then no part of it counts.
    pub refused: Option<Error>,
}

/// A file that exists and does not count, or not with its present content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedInput<'o> {
    /// Its name; with a ledger its identity.
    pub file: &'o str,
    /// Why, without its name.
    pub reason: Cow<'o, str>,
    /// Which thing is wrong with it.
    pub code: Code,
    /// What to do next, where this run found out.
    pub help: Option<&'o Help>,
    /// Whether this run found out; else it was refused before, and is as it was.
    pub is_new: bool,
}

impl Outcome {
    pub(super) fn new(job: &Job, run: String, engine: &'static str, stages: Stages) -> Self {
        let counts = Counts::new(job.source.keys.len(), &job.limits, 0).measuring(&job.source.measured);
        Outcome {
            run,
            engine,
            tally: Tally::default(),
            refused_tally: Tally::default(),
            bytes_read: 0,
            span_us: None,
            files: Vec::new(),
            plan: Plan { files: Vec::new(), rules: Rules::of(job, false) },
            reconciled: Vec::new(),
            published: Vec::new(),
            events: None,
            ledger_before: None,
            ledger_version: None,
            refusals: BTreeMap::new(),
            damage: None,
            stages,
            first_rejects: Vec::new(),
            failure: None,
            job: job.clone(),
            answer: ReportSource::Counted(Arc::new(counts)),
            reports: OnceLock::new(),
        }
    }

    /// The first few rejects, with the names of their files. [`RunOptions::rejects`](super::RunOptions::rejects) takes all.
    pub fn rejects(&self) -> &[(String, Reject)] {
        &self.first_rejects
    }

    /// Why nothing of this may be published, if so: a file was refused and the job is strict, no file was accepted, or
    /// every row of every file is a reject.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// The counts with clean keys, from which every report is made; with a ledger those of all files that count.
    ///
    /// # Errors
    /// The [failure](Outcome::failure), if there is one. Limit: a ledger has more counts than the job allows.
    pub fn counts(&self) -> Result<Arc<CleanCounts>> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        match &self.answer {
            ReportSource::Counted(counts) => {
                CleanCounts::new(counts.clone(), &self.job.cleaning).map(Arc::new)
            }
            ReportSource::Kept(kept) => {
                let (store, ledger) = &**kept;
                wait::outside_runtime(|| counts(&self.job, store, ledger))
            }
        }
    }

    /// The answers to all questions of the job, in its order. They are made once.
    ///
    /// # Errors
    /// As [`Outcome::counts`]. Limit: a report has too many windows.
    pub fn reports(&self) -> Result<&[ReportData]> {
        let reports = self.reports.get_or_init(|| ReportData::of_job(&self.job, &self.counts()?));
        reports.as_deref().map_err(Error::clone)
    }

    /// The answer to the question `name`.
    ///
    /// # Errors
    /// As [`Outcome::reports`]: what must not be published is not handed out. Usage: the job has no such report.
    pub fn report(&self, name: &str) -> Result<ReportData> {
        self.job.report(name)?;
        let report = self.reports()?.iter().find(|report| report.spec().name == name);
        report.cloned().ok_or_else(|| Error::bug(format!("the report {name} was not made")))
    }

    /// Writes all reports to `out` as `format`; a page says that they come from `origin`.
    ///
    /// # Errors
    /// As [`Outcome::reports`], and [`publish::write`].
    pub fn write(
        &self,
        format: Format,
        origin: &AnswerOrigin,
        screen: &Screen,
        out: &mut Out<'_>,
    ) -> Result<()> {
        let reports = self.reports()?;
        publish::write(format, reports, Some((&self.summary_with(reports), origin)), screen, out)
    }

    /// The counts of a run without a ledger, by raw key.
    #[cfg(test)]
    pub(crate) fn raw_counts(&self) -> &Counts {
        match &self.answer {
            ReportSource::Counted(counts) => counts,
            ReportSource::Kept(_) => panic!("a ledger has the counts"),
        }
    }

    /// Whether a ledger is kept.
    pub(super) fn keeps(&self) -> bool {
        matches!(self.answer, ReportSource::Kept(_)) || !self.reconciled.is_empty()
    }

    /// The files that exist and do not count, or not with their present content: this run refused or could not read them, or they were
    /// refused before and have not changed.
    pub fn refused(&self) -> impl Iterator<Item = RefusedInput<'_>> {
        let files = self.files.iter().filter_map(|file| {
            let error = file.refused.as_ref()?;
            let reason = reason_of(&file.name, error);
            Some(RefusedInput {
                file: &file.name,
                reason,
                code: error.code(),
                help: error.help(),
                is_new: true,
            })
        });
        let reconciled = self.reconciled.iter().filter_map(|reconciled| {
            let reason = match &reconciled.became {
                Became::Unread { reason, .. } => reason,
                _ => reconciled.refused.as_deref()?,
            };
            let reason = Cow::Borrowed(reason);
            let (error, is_new) =
                (self.refusals.get(&reconciled.identity), reconciled.became != Became::Same);
            let code = error.map_or_else(|| self.code_of(reconciled), Error::code);
            let help = error.and_then(Error::help);
            Some(RefusedInput { file: &reconciled.identity, reason, code, help, is_new })
        });
        files.chain(reconciled)
    }

    /// Which thing is wrong with a file that was refused for what the ledger knows of it.
    fn code_of(&self, reconciled: &Reconciled) -> Code {
        match reconciled.row.as_deref() {
            Some(row) if row.is_duplicate() => Code::SameContent,
            Some(row) if self.job.limits.rejects.is_passed(row.tally.rejected_total(), row.tally.read) => {
                Code::TooManyRejects
            }
            _ => Code::RefusedBefore,
        }
    }

    /// The error that the run ends with after publishing: some files do not count. With a ledger it is the same as long as they do
    /// not, so that a retry never hides them.
    pub fn partly_refused(&self) -> Option<Error> {
        if !self.keeps() {
            return self.partly_refused_once();
        }
        let RefusedInput { file, reason, .. } = self.refused().next()?;
        let message = match self.refused().count() {
            1 => format!("{file}: {reason}"),
            n => format!("{n} files are refused; the first: {file}: {reason}"),
        };
        let unread =
            |reconciled: &Reconciled| matches!(reconciled.became, Became::Unread { may_pass: true, .. });
        let listed =
            || self.plan.files.iter().zip(&self.reconciled).filter(|(file, _)| file.listed.is_some());
        Some(match listed().all(|(_, reconciled)| unread(reconciled)) {
            true => Error::new(Kind::Storage, message).with_code(Code::FilesRefused).with_help("a retry is safe"),
            false => Error::data(message).with_code(Code::FilesRefused).with_help(
                "correct the file, raise the limit, or move the file away; until then each run ends like this",
            ),
        })
    }

    /// The error that a program ends with: the [failure](Outcome::failure), or that files are refused while others count.
    pub fn error(&self) -> Option<Error> {
        self.failure.clone().or_else(|| {
            let refused = self.partly_refused()?;
            Some(if self.keeps() { refused } else { refused.with_kind(Kind::Data) })
        })
    }

    /// The same for a run without a ledger.
    fn partly_refused_once(&self) -> Option<Error> {
        let first = self.first_refused()?;
        Some(match self.files.iter().filter(|file| file.refused.is_some()).count() {
            1 => first,
            n => Error::data(format!("{n} of {} files are refused; the first: {first}", self.files.len()))
                .with_code(Code::FilesRefused)
                .with_help(first.help().cloned().unwrap_or_else(|| "see the list above".into())),
        })
    }

    /// The error of the first file that was refused, which it names.
    fn first_refused(&self) -> Option<Error> {
        let (name, error) = self.files.iter().find_map(|file| Some((&file.name, file.refused.as_ref()?)))?;
        let is_named = reason_of(name, error) != error.message();
        Some(if is_named { error.clone() } else { error.clone().within(name) })
    }

    /// Where all rows went that were read.
    pub(super) fn read(&self) -> Tally {
        let mut all = self.tally.clone();
        all.add(&self.refused_tally);
        all
    }

    /// What to correct to have fewer rejects, if that is known and the [failure](Outcome::failure) does not say it.
    pub fn advice_on_rejects(&self) -> Option<String> {
        if self.has_counted_nothing() { None } else { what_to_cast(&self.job, &self.tally) }
    }

    /// Whether times were read, in files that are accepted or refused, and none of them reads in the declared format.
    pub fn has_no_readable_time(&self) -> bool {
        has_no_readable_time(&self.read())
    }

    /// Whether lines were read, in files that are accepted or refused, and each is a reject or left out by a rule.
    pub fn has_counted_nothing(&self) -> bool {
        has_counted_nothing(&self.read())
    }

    /// How many files became what. Without a ledger, which remembers files, each is new or refused.
    pub fn files_by_outcome(&self) -> BTreeMap<&'static str, u64> {
        if self.keeps() {
            return became(self);
        }
        let mut files = BTreeMap::new();
        for file in &self.files {
            *files.entry(if file.refused.is_none() { "new" } else { "refused" }).or_default() += 1;
        }
        files
    }

    /// Windows of published reports whose number changed.
    pub fn windows_changed(&self) -> u64 {
        self.published.iter().map(|report| report.replaced.windows).sum()
    }
}

/// What all that counts in `ledger` adds up to.
///
/// # Errors
/// Attention: the counting rules of the job differ from those of the ledger, or the state is damaged. Limit: more counts than
/// `limits.groups`.
pub fn counts(job: &Job, store: &Store, ledger: &Ledger) -> Result<Arc<CleanCounts>> {
    ledger.check_job(job)?;
    let counts = Sums::open(store, ledger)?.all(ledger, job)?;
    CleanCounts::new(counts, &job.cleaning).map(Arc::new)
}

/// What is wrong with the file `name`, which the error says and is not said twice.
pub(super) fn reason_of<'e>(name: &str, error: &'e Error) -> Cow<'e, str> {
    match error.message().strip_prefix(name) {
        Some(rest) if rest.starts_with(": ") => Cow::Borrowed(&rest[2..]),
        Some(rest) if rest.starts_with(' ') => Cow::Owned(format!("it{rest}")),
        _ => Cow::Borrowed(error.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_file_is_named_once() {
        for (message, reason) in [
            ("a.csv: 7 of 10 rows are rejects", "7 of 10 rows are rejects"),
            ("a.csv is gzip", "it is gzip"),
            ("a.csv.bak is older", "a.csv.bak is older"),
            ("cannot read a.csv: no", "cannot read a.csv: no"),
        ] {
            assert_eq!(reason_of("a.csv", &Error::data(message)), reason);
        }
    }
}
