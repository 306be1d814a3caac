//! What a job would do, and what is behind its ledger: checks and plans, where a number comes from, the tables, and copies of all of it.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;
use windrow::{Error, Inputs, Job, Result, RunOptions, Settings, Stop};
use windrow::{Kept, Starts, TableName, WantedTable, WantedWindow};

use crate::attend::attended;
use crate::job::PyJob;
use crate::log;
use crate::outcome::{asked, given};
use crate::table::PyTable;
use crate::work::{GivenInput, PyWork};

fn json(object: &impl Serialize) -> Result<String> {
    serde_json::to_string(object).map_err(|error| Error::bug(format!("as JSON: {error}")))
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
        job.required_output()?;
        let asked = asked(&job, again.as_deref(), accept_gone, list_all)?;
        let options = RunOptions { asked, ..RunOptions::default() };
        let forecast = windrow::plan(&job, Inputs::Listed, &options)?;
        Ok((json(&forecast)?, PyTable::of(forecast.table(&job)?, job.clock())?.reached_by(&job.storage)))
    })
}

/// Whether a job would run: a list of its inputs, what else was found, and the summary of a sample as JSON.
#[pyfunction]
pub(crate) fn check(
    py: Python<'_>,
    job: Option<PyRef<'_, PyJob>>,
    inputs: Vec<GivenInput>,
    question: &Bound<'_, PyDict>,
    engine: Option<String>,
) -> PyResult<(String, Vec<String>, Option<String>)> {
    let settings = Settings::default();
    let of_file = job.as_ref().is_some_and(|job| job.is_of_file());
    let given = given(job.as_deref(), inputs, question, engine)?;
    attended(py, (&settings.clone(), of_file), None, move || {
        let PyWork { job, listing, engine } = given.open(false)?;
        let options = RunOptions { engine: Some(&*engine), ..RunOptions::default() };
        let checked = windrow::check(&job, Inputs::Listing(&listing), &settings, options);
        let found = checked.as_ref().unwrap_or_else(|failure| &failure.found);
        let mut notes = found.notes();
        if let Some(sample) = &found.sample {
            let rejects = sample.outcome.rejects().iter();
            notes.extend(rejects.map(|(file, reject)| format!("rejected {}", reject.shown(file))));
            notes.push(sample.to_string());
        }
        notes.push(found.verdict().to_owned());
        let summary = found.sample.as_ref().map(|sample| json(&sample.outcome.summary())).transpose()?;
        checked?;
        notes.iter().cloned().for_each(log::note);
        Ok((listing.to_string(), notes, summary))
    })
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
        let kept = Kept::open(&job)?;
        let (value, report, since) = (value.as_deref(), report.as_deref(), since.as_deref());
        let traced = windrow::why(&job, &kept, WantedWindow { window: &window, value, report, since })?;
        traced.warnings.iter().cloned().for_each(log::warn);
        match &traced.damage {
            Some(damage) => Err(damage.clone()),
            None => json(&traced),
        }
    })
}

/// A table behind a job, by its name.
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
        let kept = Kept::open(&job)?;
        let wanted = WantedTable {
            report: report.as_deref(),
            starts: Starts { from: from.as_deref(), to: to.as_deref() },
            file: file.as_deref(),
            is_wide: false,
        };
        let shown = windrow::show(&job, &kept, TableName::named(&table)?, wanted)?;
        shown.warnings.iter().cloned().for_each(log::warn);
        Ok(PyTable::of(shown.into_table()?, job.clock())?.reached_by(&job.storage))
    })
}

/// Copies what a job keeps to a folder or a store.
#[pyfunction]
pub(crate) fn backup(py: Python<'_>, job: PyRef<'_, PyJob>, to: String) -> PyResult<()> {
    copied(py, &job, move |job, stop| windrow::backup::back_up_to(job, &to, stop))
}

/// Copies a backup to the output folder of a job.
#[pyfunction]
pub(crate) fn restore(py: Python<'_>, job: PyRef<'_, PyJob>, backup: String) -> PyResult<()> {
    copied(py, &job, move |job, stop| windrow::backup::restore_from(job, &backup, stop))
}

fn copied(
    py: Python<'_>,
    job: &PyJob,
    copy: impl FnOnce(&Job, &Stop) -> Result<String> + Send + 'static,
) -> PyResult<()> {
    let (settings, job, of_file) = (Settings::default(), job.job.clone(), job.is_of_file());
    attended(py, (&settings.clone(), of_file), None, move || copy(&job, &settings.stop).map(log::note))
}
