//! The outcome of a run, and what is made of it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use windrow::text::number::grouped;
use windrow::{
    Again, Error, Inputs, Job as WindrowJob, Result, RunOptions, RunRequest, Settings, Stopwatch, run_with,
};
use windrow::{Kept, TableName, WantedTable};

use crate::attend::attended;
use crate::error::{raised, raised_with};
use crate::job::PyJob;
use crate::rejects::FirstRejects;
use crate::report::{Report, save, shown};
use crate::table::PyTable;
use crate::work::{GivenInput, GivenInputs, PyWork};
use crate::{keyword, log};

/// What a run did.
#[pyclass(frozen, module = "windrow._native", name = "Outcome")]
pub(crate) struct PyOutcome {
    outcome: Arc<windrow::Outcome>,
    job: WindrowJob,
    rejects: Py<PyTable>,
    files: Py<PyTable>,
    /// Whether the job is in a file.
    of_file: bool,
}

#[pymethods]
impl PyOutcome {
    /// The job that was run, with every choice in it.
    #[getter]
    fn job(&self) -> PyJob {
        PyJob::of(self.job.clone(), None)
    }

    /// The run in numbers, as JSON.
    fn summary_json(&self, py: Python<'_>) -> PyResult<String> {
        let text = py.detach(|| serde_json::to_string(&self.outcome.summary()));
        text.map_err(|error| raised(py, &Error::bug(format!("the summary as JSON: {error}")), self.of_file))
    }

    /// The run in a few lines.
    fn summary_text(&self, py: Python<'_>) -> String {
        py.detach(|| self.outcome.summary().to_string())
    }

    /// The run in a few lines of a page.
    fn summary_html(&self, py: Python<'_>) -> String {
        py.detach(|| windrow::publish::summary_fragment(&self.outcome.summary()))
    }

    /// The reports, in the order of the job.
    fn reports(&self, py: Python<'_>) -> PyResult<Vec<Report>> {
        let outcome = &self.outcome;
        let reports = py
            .detach(|| outcome.reports().map(<[_]>::to_vec))
            .map_err(|error| raised(py, &error, self.of_file))?;
        Ok(reports
            .into_iter()
            .map(|data| {
                let (outcome, access) = (outcome.clone(), self.job.storage.clone());
                Report { data, outcome, access, of_file: self.of_file }
            })
            .collect())
    }

    /// The first rejects.
    #[getter]
    fn rejects(&self, py: Python<'_>) -> Py<PyTable> {
        self.rejects.clone_ref(py)
    }

    /// The files.
    #[getter]
    fn files(&self, py: Python<'_>) -> Py<PyTable> {
        self.files.clone_ref(py)
    }

    /// Writes all reports to a file, in the format that its name ends in.
    #[pyo3(signature = (path, format=None))]
    fn write(&self, py: Python<'_>, path: PathBuf, format: Option<&str>) -> PyResult<()> {
        let stores = self.job.stores();
        let done = py.detach(|| save(&self.outcome, self.outcome.reports()?, &path, format, &stores));
        done.map_err(|error| raised(py, &error, self.of_file))
    }

    /// All reports as text for a terminal of this size.
    #[pyo3(signature = (width=80, height=None))]
    fn to_text(&self, py: Python<'_>, width: u16, height: Option<u16>) -> PyResult<String> {
        py.detach(|| shown(self.outcome.reports()?, width, height))
            .map_err(|error| raised(py, &error, self.of_file))
    }

    /// All of it as a part of a page.
    fn to_html(&self, py: Python<'_>) -> PyResult<String> {
        let made = py.detach(|| {
            let summary = self.outcome.summary();
            windrow::publish::outcome_fragment(self.outcome.reports()?, &summary)
        });
        made.map_err(|error| raised(py, &error, self.of_file))
    }
}

/// What is asked of one run.
#[derive(FromPyObject)]
pub(crate) struct RunArguments {
    #[pyo3(item)]
    threads: Option<NonZeroUsize>,
    #[pyo3(item)]
    engine: Option<String>,
    #[pyo3(item)]
    again: Option<String>,
    #[pyo3(item)]
    accept_gone: bool,
    #[pyo3(item)]
    list_all: bool,
    #[pyo3(item)]
    rejects: usize,
}

impl RunArguments {
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        if let Some(threads) = self.threads {
            settings.threads = threads;
        }
        settings
    }
}

/// What is to be counted, as Python gives it: a job, or what is asked, and inputs.
pub(crate) fn given(
    job: Option<&PyJob>,
    inputs: Vec<GivenInput>,
    question: &Bound<'_, PyDict>,
    engine: Option<String>,
) -> PyResult<GivenInputs> {
    Ok(GivenInputs {
        job: job.map(|job| job.job.clone()),
        question: keyword::question(question)?,
        inputs,
        engine,
        lists_old_folders: true,
    })
}

/// What is asked of a run beside the job.
pub(crate) fn asked(
    job: &WindrowJob,
    again: Option<&str>,
    gone_accepted: bool,
    lists_all: bool,
) -> Result<RunRequest> {
    let again =
        again.map(|text| Again::read(text, job)).transpose().map_err(|error| error.within("again"))?;
    Ok(RunRequest { again, gone_accepted, lists_all })
}

/// Counts.
#[pyfunction]
pub(crate) fn run(
    py: Python<'_>,
    job: Option<PyRef<'_, PyJob>>,
    inputs: Vec<GivenInput>,
    question: &Bound<'_, PyDict>,
    how: RunArguments,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(PyOutcome, Option<Py<PyAny>>)> {
    let settings = how.settings();
    let of_file = job.as_ref().is_some_and(|job| job.is_of_file());
    let mut given = given(job.as_deref(), inputs, question, how.engine.clone())?;
    given.lists_old_folders = how.list_all || how.again.is_some();
    let done = attended(py, (&settings.clone(), of_file), progress.as_ref(), move || {
        let watch = Stopwatch::start();
        let PyWork { job, listing, engine } = given.open(true)?;
        let mut rejects = FirstRejects::new(how.rejects);
        let asked = asked(&job, how.again.as_deref(), how.accept_gone, how.list_all)?;
        if asked != RunRequest::default() && job.output.is_none() {
            return Err(Error::usage(
                "again, accept_gone and list_all are for a job with a ledger, and this one keeps none",
            )
            .with_help("leave them out, or keep a ledger: keep=\"FOLDER\", or [output] in a job file"));
        }
        let options = RunOptions {
            engine: Some(&*engine),
            asked,
            rejects: Some(&mut rejects),
            started: Some(watch),
            ..RunOptions::default()
        };
        let outcome = run_with(&job, Inputs::Listing(&listing), &settings, options)?;
        if outcome.failure().is_none() {
            outcome.reports()?;
        }
        let files = files_of(&job, &outcome)?;
        let rejects = PyTable::of_batch(rejects.batch()?, &windrow::Zone::utc()).reached_by(&job.storage);
        Ok((job, outcome, rejects, files))
    })?;
    let (job, outcome, rejects, files) = done;
    let without = outcome.tally.without_offset;
    if without > 0 {
        log::note(format!("times without an offset: {}, read in {}", grouped(without), job.source.time.zone));
    }
    for line in outcome.reports().unwrap_or_default().iter().flat_map(|report| report.warnings()) {
        log::warn(line.clone());
    }
    log::tell(py)?;
    let ending = outcome.error().map(|error| match outcome.failure() {
        Some(_) => error,
        None => error.within("the answer is without the refused files"),
    });
    let summary = outcome.summary();
    let ending =
        ending.map(|error| raised_with(py, &error, of_file, Some(&summary)).into_value(py).into_any());
    let (rejects, files) = (Py::new(py, rejects)?, Py::new(py, files)?);
    Ok((PyOutcome { outcome: Arc::new(outcome), job, rejects, files, of_file }, ending))
}

/// A row per file: what happened to it, and where its rows went.
fn files_of(job: &WindrowJob, outcome: &windrow::Outcome) -> Result<PyTable> {
    let files = match outcome.ledger_version {
        None => PyTable::of_batch(outcome.files_batch()?, job.clock()),
        Some(_) => {
            let kept = Kept::open(job)?;
            let files = windrow::show(job, &kept, TableName::Files, WantedTable::default())?;
            PyTable::of(files.into_table()?, job.clock())?
        }
    };
    Ok(files.reached_by(&job.storage))
}

/// The hash of the answer.
#[pyfunction]
pub(crate) fn digest(
    py: Python<'_>,
    job: Option<PyRef<'_, PyJob>>,
    inputs: Vec<GivenInput>,
    question: &Bound<'_, PyDict>,
    how: RunArguments,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let settings = how.settings();
    let of_file = job.as_ref().is_some_and(|job| job.is_of_file());
    let given = given(job.as_deref(), inputs, question, how.engine.clone())?;
    attended(py, (&settings.clone(), of_file), progress.as_ref(), move || {
        let is_kept = given.inputs.is_empty() && given.job.as_ref().is_some_and(|job| job.output.is_some());
        if let Some(job) = given.job.as_ref().filter(|_| is_kept) {
            return windrow::digest(job, Inputs::Listed, &settings, RunOptions::default());
        }
        let PyWork { job, listing, engine } = given.open(true)?;
        let options = RunOptions { engine: Some(&*engine), ..RunOptions::default() };
        windrow::digest(&job, Inputs::Listing(&listing), &settings, options)
    })
}
