//! The summary of an outcome, which is the same data with and without a ledger.

use super::Outcome;
use super::stages::new_run;
use crate::error::Error;
use crate::increment::{Became, Read};
use crate::job::Job;
use crate::report::ReportData;
use crate::report::summary::{Ending, Failure, PublishedSummary, RefusedFile, Rows, Summary};
use crate::tally::Tally;

impl Summary {
    /// The summary of a run of `job` that ended with `error` and has no outcome.
    pub fn failed(job: &Job, error: &Error) -> Self {
        Summary {
            run: new_run(),
            outcome: Ending::Failed,
            error: Some(Failure::of(error)),
            ..Summary::new(&job.name, &Tally::default(), None, &[])
        }
    }
}

impl Outcome {
    /// The run in numbers: where every row went, what happened to each file, and each report that may be published.
    /// With a ledger it says what was published, without reading the reports.
    pub fn summary(&self) -> Summary {
        self.summary_with(if self.keeps() { &[] } else { self.reports().unwrap_or_default() })
    }

    /// The same with these reports.
    pub(super) fn summary_with(&self, reports: &[ReportData]) -> Summary {
        let refused = self.refused().map(|refused| RefusedFile {
            file: refused.file.to_owned(),
            code: refused.code.name(),
            message: refused.reason.into_owned(),
            help: refused.help.map(ToString::to_string),
            is_new: refused.is_new,
        });
        let published = self.published.iter().map(|report| PublishedSummary {
            report: report.name.clone(),
            first: report.is_first,
            repaired: report.is_repaired,
            windows_changed: report.replaced.windows,
            rows_changed: report.replaced.rows,
        });
        let error = self.error();
        let of_job = Summary::new(&self.job.name, &self.tally, self.span_us, reports);
        Summary {
            run: self.run.clone(),
            engine: self.engine.to_owned(),
            outcome: self.ending(),
            error: error.as_ref().map(Failure::of),
            rows: Rows { refused: self.refused_tally.read, ..of_job.rows },
            bytes_read: self.bytes_read,
            files: self.files_by_outcome(),
            files_read: self.files_read(),
            files_refused: refused.collect(),
            published: published.collect(),
            windows_changed: self.windows_changed(),
            ledger_before: self.ledger_before,
            ledger_version: self.ledger_version,
            stages_s: self.stages.seconds().iter().copied().collect(),
            elapsed_s: if self.keeps() { self.stages.elapsed_s() } else { self.stages.elapsed_now_s() },
            ..of_job
        }
    }

    /// What the run came to.
    pub(super) fn ending(&self) -> Ending {
        let is_new = self.ledger_before != self.ledger_version || self.windows_changed() > 0;
        match (&self.failure, self.refused().next(), self.keeps()) {
            (Some(_), ..) => Ending::Failed,
            (None, Some(_), _) => Ending::Refused,
            (None, None, false) => Ending::Done,
            (None, None, true) if is_new => Ending::Changed,
            (None, None, true) => Ending::NothingNew,
        }
    }

    /// How many files were read and count.
    fn files_read(&self) -> u64 {
        let of_ledger = self.plan.files.iter().zip(&self.reconciled).filter(|(file, reconciled)| {
            // Rows are taken away as they are committed: what a file became tells whether it counts.
            let counts = match reconciled.became {
                Became::New
                | Became::Grown
                | Became::Changed
                | Became::Equal
                | Became::Rejoined
                | Became::Same => true,
                Became::MovedFrom(_) | Became::GrownFrom(_) | Became::MovedTo(_) => true,
                Became::DuplicateOf(_) | Became::Refused(_) | Became::Unread { .. } => false,
                Became::Kept | Became::Gone => false,
            };
            file.read != Read::Skip && counts && reconciled.refused.is_none()
        });
        let accepted = self.files.iter().filter(|file| file.refused.is_none());
        (accepted.count() + of_ledger.count()) as u64
    }
}
