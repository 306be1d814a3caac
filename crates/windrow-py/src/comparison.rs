//! Comparing: two answers, each a job, the outcome of a run, or a file or table that was written.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use windrow::ResultFiles;
use windrow::RoleMap;
use windrow::Zone;
use windrow::source::InputFile;
use windrow::{CleanCounts, Error, Inputs, Job as WindrowJob, Result, RunOptions, Settings, run_with};
use windrow::{CompareOptions, JobAnswer, JobSide, ROWS_HELD, Side};

use crate::attend::attended;
use crate::job::PyJob;
use crate::log;
use crate::work::{GivenInputs, PyWork};

/// A side, as Python gives it.
#[derive(FromPyObject)]
pub(crate) enum Operand<'py> {
    Job(PyRef<'py, PyJob>),
    Path(PathBuf),
}

/// A side that can be opened on another thread.
enum Closed {
    Job(Box<WindrowJob>, Option<PathBuf>),
    Path(PathBuf),
}

/// A side with the data that it borrows.
enum GivenSide {
    Result(ResultFiles),
    Job(Box<CountedSide>),
}

struct CountedSide {
    name: String,
    job: WindrowJob,
    files: Vec<InputFile>,
    counts: Arc<CleanCounts>,
    refused: BTreeSet<String>,
}

/// Compares two answers: whether they are equal, the outcome as text and as JSON.
#[pyfunction]
#[pyo3(signature = (a, b, map, zone, report, limit, engine, progress))]
#[expect(clippy::too_many_arguments, reason = "each is a keyword of Python")]
pub(crate) fn compare(
    py: Python<'_>,
    a: Operand<'_>,
    b: Operand<'_>,
    map: Vec<String>,
    zone: Option<String>,
    report: Option<String>,
    limit: usize,
    engine: Option<String>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(bool, String, String)> {
    let settings = Settings::default();
    let closed = [a, b].map(|side| match side {
        Operand::Job(job) => Closed::Job(Box::new(job.job.clone()), job.at()),
        Operand::Path(path) => Closed::Path(path),
    });
    attended(py, (&settings.clone(), true), progress.as_ref(), move || {
        let options = CompareOptions {
            map: RoleMap::parse(&map).map_err(|error| error.within("map"))?,
            zone: zone.as_deref().map(Zone::parse).transpose()?,
            limit,
            held: ROWS_HELD,
        };
        let opened = closed.map(|side| side.open(report.as_deref(), engine.as_deref(), &settings));
        let [a, b] = opened;
        let (a, b) = (a?, b?);
        settings.progress.restart();
        let comparison = windrow::compare([a.side(), b.side()], &options, &settings)?;
        for note in &comparison.notes {
            match note.strip_prefix("warning: ") {
                Some(warning) => log::warn(warning.to_owned()),
                None => log::note(note.clone()),
            }
        }
        let json = serde_json::to_string(&comparison);
        let json = json.map_err(|error| Error::bug(format!("the comparison as JSON: {error}")))?;
        Ok((comparison.equal, comparison.to_string(), json))
    })
}

impl Closed {
    fn open(self, report: Option<&str>, engine: Option<&str>, settings: &Settings) -> Result<GivenSide> {
        let (job, path) = match self {
            Closed::Path(path) if path.extension().is_some_and(|ending| ending == "toml") => {
                (WindrowJob::read(&path)?, Some(path))
            }
            Closed::Path(path) => return Ok(GivenSide::Result(ResultFiles::find(&path, report)?)),
            Closed::Job(job, path) => (*job, path),
        };
        let name = path.map_or_else(|| job.name.clone(), windrow::text::escape::path);
        let of_one = job_of_one_report(job, report, &name)?;
        let given = GivenInputs {
            job: Some(of_one),
            question: windrow::sniff::Question::default(),
            inputs: Vec::new(),
            engine: engine.map(str::to_owned),
            lists_old_folders: true,
        };
        let PyWork { job, listing, engine } = given.open(true)?;
        let options = RunOptions { engine: Some(&*engine), ..RunOptions::default() };
        let outcome = run_with(&job, Inputs::Listing(&listing), settings, options)?;
        for refused in outcome.refused() {
            log::warn(format!("refused {}: {}", refused.file, refused.reason));
        }
        let refused = outcome.refused().map(|refused| refused.file.to_owned()).collect();
        let counts = outcome.counts()?;
        Ok(GivenSide::Job(Box::new(CountedSide { name, job, files: listing.files, counts, refused })))
    }
}

/// The job with one report. It is counted anew, whatever a ledger has; further reports would only make the panes narrower.
fn job_of_one_report(mut job: WindrowJob, report: Option<&str>, name: &str) -> Result<WindrowJob> {
    job.output = None;
    if let Some(report) = report {
        job.report(report)?;
        job.reports.retain(|of| of.name == report);
    }
    if job.reports.len() > 1 {
        let names: Vec<&str> = job.reports.iter().map(|report| report.name.as_str()).collect();
        let names = names.join(", ");
        return Err(Error::usage(format!("{name} has several reports"))
            .with_help(format!("choose one: report= {names}")));
    }
    Ok(job)
}

impl GivenSide {
    fn side(&self) -> Side<'_> {
        match self {
            GivenSide::Result(result) => Side::Result(result.clone()),
            GivenSide::Job(counted) => Side::Job(JobSide {
                name: counted.name.clone(),
                job: &counted.job,
                report: &counted.job.reports[0],
                answer: JobAnswer::Counted(counted.counts.clone()),
                files: &counted.files,
                refused: counted.refused.clone(),
            }),
        }
    }
}
