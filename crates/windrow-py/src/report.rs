//! A report: the answer to one question, as Python sees it.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use windrow::publish::file::FileOut;
use windrow::publish::{self, AnswerOrigin, Format, Screen};
use windrow::storage::{StoreAccess, Stores};
use windrow::text::escape;
use windrow::{Outcome, ReportData, Result, View};

use crate::error::raised;
use crate::table::PyTable;

/// The answer to one question.
#[pyclass(frozen, module = "windrow._native")]
pub(crate) struct Report {
    pub(crate) data: ReportData,
    pub(crate) outcome: Arc<Outcome>,
    /// How to reach the stores that the report may be written to.
    pub(crate) access: StoreAccess,
    /// Whether the job is in a file.
    pub(crate) of_file: bool,
}

impl Report {
    fn windows_table(&self) -> Result<PyTable> {
        let spec = self.data.spec();
        let table = publish::table::Table::of_report(&self.data, View::Grid, &spec.zone)?;
        Ok(PyTable::of(table, &spec.zone)?.reached_by(&self.access))
    }

    fn table_of(&self, batch: RecordBatch) -> PyTable {
        PyTable::of_batch(batch, &self.data.spec().zone).reached_by(&self.access)
    }
}

#[pymethods]
impl Report {
    /// The name of the report.
    #[getter]
    fn name(&self) -> &str {
        &self.data.spec().name
    }

    /// The zone of its times.
    #[getter]
    fn zone(&self) -> &str {
        self.data.spec().zone.name()
    }

    /// A row per window, or per window and key.
    fn windows(&self, py: Python<'_>) -> PyResult<PyTable> {
        py.detach(|| self.windows_table()).map_err(|error| raised(py, &error, self.of_file))
    }

    /// The busiest windows that the job asks for.
    fn top(&self, py: Python<'_>) -> PyResult<PyTable> {
        self.data
            .top_batch()
            .map(|batch| self.table_of(batch))
            .map_err(|error| raised(py, &error, self.of_file))
    }

    /// The windows that stand out, if the job asks for them.
    fn peaks(&self, py: Python<'_>) -> PyResult<PyTable> {
        self.data
            .peaks_batch()
            .map(|batch| self.table_of(batch))
            .map_err(|error| raised(py, &error, self.of_file))
    }

    /// What a person should look at.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.data.warnings().to_vec()
    }

    /// Writes the windows to a file, in the format that its name ends in.
    #[pyo3(signature = (path, format=None))]
    fn write(&self, py: Python<'_>, path: PathBuf, format: Option<&str>) -> PyResult<()> {
        let done = py.detach(|| {
            let stores = Stores::new(&self.access);
            save(&self.outcome, std::slice::from_ref(&self.data), &path, format, &stores)
        });
        done.map_err(|error| raised(py, &error, self.of_file))
    }

    /// The report as text for a terminal of this size.
    #[pyo3(signature = (width=80, height=None))]
    fn to_text(&self, py: Python<'_>, width: u16, height: Option<u16>) -> PyResult<String> {
        py.detach(|| shown(std::slice::from_ref(&self.data), width, height))
            .map_err(|error| raised(py, &error, self.of_file))
    }

    /// The report as a part of a page.
    fn to_html(&self, py: Python<'_>) -> PyResult<String> {
        let summary = self.outcome.summary();
        let made = py.detach(|| publish::report_fragment(&self.data, &summary));
        made.map_err(|error| raised(py, &error, self.of_file))
    }

    /// The chart of the counts over time as SVG, a series per value.
    #[pyo3(signature = (width=800, height=300))]
    fn to_svg(&self, py: Python<'_>, width: u32, height: u32) -> String {
        py.detach(|| publish::chart_svg(&self.data, width, height))
    }

    /// The same as PNG.
    #[pyo3(signature = (width=800, height=300))]
    fn to_png(&self, py: Python<'_>, width: u32, height: u32) -> PyResult<Cow<'static, [u8]>> {
        let drawn = py.detach(|| publish::chart_png(&self.data, width, height));
        drawn.map(Cow::Owned).map_err(|error| raised(py, &error, self.of_file))
    }
}

/// Writes `reports` of a run to a file.
pub(crate) fn save(
    outcome: &Outcome,
    reports: &[ReportData],
    path: &PathBuf,
    format: Option<&str>,
    stores: &Stores,
) -> Result<()> {
    let format = format.map_or_else(|| Format::of_path(path), Format::named)?;
    let mut out = FileOut::create(path, stores)?;
    let screen = Screen { width: 80, height: None, colour: false, rest: None };
    let mut summary = outcome.summary();
    summary.reports.retain(|of| reports.iter().any(|report| report.spec().name == of.report));
    let inputs = outcome.files.iter().map(|file| file.name.clone()).collect();
    let rows = outcome.files.iter().map(|file| file.tally.read).collect();
    let origin = AnswerOrigin { command: None, inputs, rows };
    publish::write(format, reports, Some((&summary, &origin)), &screen, &mut out)
        .map_err(|error| error.within(escape::path(path)))?;
    out.finish()
}

/// Reports as text for a terminal.
pub(crate) fn shown(reports: &[ReportData], width: u16, height: Option<u16>) -> Result<String> {
    let mut text = Vec::new();
    let screen = Screen { width, height, colour: false, rest: None };
    publish::write(Format::Table, reports, None, &screen, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
