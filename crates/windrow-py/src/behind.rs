//! The functions for jobs that keep a ledger: what a run would do, where a number comes from, and the tables of the ledger.

use pyo3::prelude::*;
use serde::Serialize;
use windrow::delta::Store;
use windrow::error::Code;
use windrow::inspect::{self, Since, Starts};
use windrow::job::ReportSpec;
use windrow::ledger::Ledger;
use windrow::text::escape;
use windrow::{Error, Inputs, Job as WindrowJob, Result, RunOptions, Settings, store_of};

use crate::attend::attended;
use crate::job::PyJob;
use crate::log;
use crate::outcome::asked;
use crate::table::PyTable;

/// The ledger of a job.
///
/// # Errors
/// Usage: the job keeps none, or has not run yet. Person: it is the ledger of another job.
pub(crate) fn ledger(job: &WindrowJob) -> Result<(Store, Ledger)> {
    let output = job.output.as_ref().ok_or_else(|| {
        Error::usage(format!("the job {} keeps nothing: it has no [output]", job.name))
            .with_code(Code::NoLedger)
            .with_help("add keep=\"FOLDER\", or [output] in a job file, and run it once")
    })?;
    let store = store_of(job, output)?;
    match Ledger::open(&store)? {
        Some(ledger) => ledger.check_owner(job).map(|()| (store, ledger)),
        None => Err(Error::usage(format!("{} has no ledger yet", escape::path(&output.path)))
            .with_code(Code::NoLedger)
            .with_help("run the job once: windrow.run(job)")),
    }
}

fn json(object: &impl Serialize) -> Result<String> {
    serde_json::to_string(object).map_err(|error| Error::bug(format!("as JSON: {error}")))
}

fn named<'j>(job: &'j WindrowJob, report: Option<&str>) -> Result<&'j ReportSpec> {
    match report {
        Some(name) => job.report(name),
        None => job.reports.first().ok_or_else(|| Error::bug("a job without reports")),
    }
}

/// What a run would do, as JSON, and its files as a table.
#[pyfunction]
pub(crate) fn plan(
    py: Python<'_>,
    job: PyRef<'_, PyJob>,
    again: Option<String>,
    accept_gone: bool,
    list_all: bool,
) -> PyResult<(String, PyTable)> {
    let (job, of_file) = (job.job.clone(), job.is_of_file());
    attended(py, (&Settings::default(), of_file), None, move || {
        ledgered(&job)?;
        let asked = asked(&job, again.as_deref(), accept_gone, list_all)?;
        let options = RunOptions { asked, ..RunOptions::default() };
        let forecast = windrow::plan(&job, Inputs::Listed, &options)?;
        Ok((json(&forecast)?, PyTable::of(forecast.table(&job)?, job.clock())?.reached_by(&job.storage)))
    })
}

fn ledgered(job: &WindrowJob) -> Result<()> {
    if job.output.is_some() { Ok(()) } else { ledger(job).map(drop) }
}

/// What is behind the window that holds a time, as JSON.
#[pyfunction]
pub(crate) fn why(
    py: Python<'_>,
    job: PyRef<'_, PyJob>,
    window: String,
    value: Option<String>,
    report: Option<String>,
    since: Option<String>,
) -> PyResult<String> {
    let (job, of_file) = (job.job.clone(), job.is_of_file());
    attended(py, (&Settings::default(), of_file), None, move || {
        let (store, ledger) = ledger(&job)?;
        let spec = named(&job, report.as_deref())?;
        let at = (spec.instant(&window)?, value.as_deref());
        let since = since.as_deref().map(|text| Since::read(text, spec, &store)).transpose()?;
        let traced = inspect::why(&job, spec, &store, &ledger, at, since.as_ref())?;
        if let Some(stale) = &traced.stale {
            log::warn(format!("report {}: {stale}: run the job to bring it up to date", traced.report));
        }
        match &traced.damage {
            Some(damage) => Err(damage.clone()),
            None => json(&traced),
        }
    })
}

/// A table behind a job: `windows`, `rejects`, `files`, `runs` or `changes`.
#[pyfunction]
pub(crate) fn show(
    py: Python<'_>,
    job: PyRef<'_, PyJob>,
    table: String,
    report: Option<String>,
    from: Option<String>,
    to: Option<String>,
    file: Option<String>,
) -> PyResult<PyTable> {
    let (job, of_file) = (job.job.clone(), job.is_of_file());
    attended(py, (&Settings::default(), of_file), None, move || {
        let (store, ledger) = ledger(&job)?;
        let reports: Vec<&ReportSpec> = match &report {
            Some(name) => vec![job.report(name)?],
            None => job.reports.iter().collect(),
        };
        let starts = Starts { from: from.as_deref(), to: to.as_deref() };
        let made = match table.as_str() {
            "windows" => inspect::windows(&job, &store, &reports, starts)?,
            "rejects" => inspect::rejects(&job, &store, &ledger, file.as_deref())?,
            "files" => inspect::files(&job, &ledger)?,
            "runs" => {
                inspect::runs_lost(&store, &ledger)?.into_iter().for_each(log::warn);
                inspect::runs(&job, &store)?
            }
            "changes" => {
                inspect::changes_untold(&job, &store, &reports)?.into_iter().for_each(log::warn);
                inspect::changes(&job, &store, &reports, starts)?
            }
            other => {
                return Err(Error::usage(format!("no table is named {}", escape::quoted(other)))
                    .with_help("write windows, rejects, files, runs or changes"));
            }
        };
        Ok(PyTable::of(made, job.clock())?.reached_by(&job.storage))
    })
}
