//! The job, as Python sees it.

use std::io::Write;
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use windrow::job::JobFile;
use windrow::publish::file::FileOut;
use windrow::text::escape;
use windrow::{Error, Job as WindrowJob, Result, Settings};

use crate::attend::attended;
use crate::error::{raised, raised_with};
use crate::keyword;
use crate::outcome::given;
use crate::work::{GivenInput, GivenInputs, in_keywords};

/// Everything that changes an answer.
#[pyclass(frozen, module = "windrow._native", name = "Job")]
pub(crate) struct PyJob {
    pub(crate) job: WindrowJob,
    file: Option<PathBuf>,
}

/// A name of a job file in the working folder: paths in it stay as they are.
const HERE: &str = "job.toml";

impl PyJob {
    pub(crate) fn of(job: WindrowJob, file: Option<PathBuf>) -> Self {
        PyJob { job, file }
    }

    /// The job file that it was read from.
    pub(crate) fn at(&self) -> Option<PathBuf> {
        self.file.clone()
    }

    /// Whether its words are those of a job file.
    pub(crate) fn is_of_file(&self) -> bool {
        self.file.is_some()
    }
}

#[pymethods]
impl PyJob {
    /// The job that a question over inputs is, with what the inputs show.
    #[classmethod]
    fn ask(
        _class: &Bound<'_, PyType>,
        py: Python<'_>,
        inputs: Vec<GivenInput>,
        question: &Bound<'_, PyDict>,
    ) -> PyResult<PyJob> {
        let given: GivenInputs = given(None, inputs, question, None)?;
        let work = attended(py, (&Settings::default(), false), None, move || given.open(false))?;
        Ok(PyJob::of(work.job, None))
    }

    /// The job of a job file.
    #[classmethod]
    fn read(_class: &Bound<'_, PyType>, py: Python<'_>, path: PathBuf) -> PyResult<PyJob> {
        let read = py.detach(|| WindrowJob::read(&path)).map_err(|error| raised_with(py, &error, true, None));
        Ok(PyJob::of(read?, Some(path)))
    }

    /// The job that a text says, which is the text of a job file; paths in it start from the folder of `path`.
    #[classmethod]
    #[pyo3(signature = (text, path=None))]
    fn parse(
        _class: &Bound<'_, PyType>,
        py: Python<'_>,
        text: &str,
        path: Option<PathBuf>,
    ) -> PyResult<PyJob> {
        let read = WindrowJob::from_toml(text, path.as_deref().unwrap_or(Path::new(HERE)));
        let job = read.map_err(|error| raised_with(py, &error, true, None))?;
        Ok(PyJob::of(job, path))
    }

    /// The job's name.
    #[getter]
    fn name(&self) -> &str {
        &self.job.name
    }

    /// The names of its reports.
    #[getter]
    fn reports(&self) -> Vec<String> {
        self.job.reports.iter().map(|report| report.name.clone()).collect()
    }

    /// The columns that counts are grouped by.
    #[getter]
    fn keys(&self) -> Vec<String> {
        self.job.source.keys.clone()
    }

    /// Where it was read from or saved to; None: nowhere.
    #[getter]
    fn path(&self) -> Option<PathBuf> {
        self.at()
    }

    /// Where its ledger and its published tables are; None: it keeps none.
    #[getter]
    fn output(&self) -> Option<PathBuf> {
        self.job.output.as_ref().map(|output| output.path.clone())
    }

    /// The text of a job file that says the same, with every choice in it.
    #[pyo3(signature = (path=None))]
    fn to_toml(&self, path: Option<PathBuf>) -> String {
        self.job.to_toml(path.as_deref().unwrap_or(Path::new(HERE)))
    }

    /// Writes the job to a file.
    #[pyo3(signature = (path, force=false))]
    fn save(&self, py: Python<'_>, path: PathBuf, force: bool) -> PyResult<PyJob> {
        let saved = py.detach(|| save(&self.job, &path, force)).and_then(|()| WindrowJob::read(&path));
        Ok(PyJob::of(saved.map_err(|error| raised(py, &error, self.is_of_file()))?, Some(path)))
    }

    /// The same job with some of what it says changed; what is of a report changes in the one that is named.
    #[pyo3(signature = (changes, report=None))]
    fn changed(&self, py: Python<'_>, changes: &Bound<'_, PyDict>, report: Option<&str>) -> PyResult<PyJob> {
        let at = match report {
            None => 0,
            Some(name) => {
                self.job.report(name).map_err(|error| raised(py, &error, self.is_of_file()))?;
                self.job.reports.iter().position(|report| report.name == name).unwrap_or_default()
            }
        };
        let read = JobFile::from_toml(&self.job.to_toml(Path::new(HERE)), Path::new(HERE));
        let mut file = read.map_err(|error| raised(py, &error, self.is_of_file()))?;
        keyword::change(&mut file, at, changes)?;
        let checked = file.check(Path::new("")).map_err(|fault| raised(py, &in_keywords(fault), false))?;
        Ok(PyJob::of(checked, None))
    }

    /// Whether both say the same.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyJob>().is_ok_and(|other| other.get().to_toml(None) == self.to_toml(None))
    }
}

fn save(job: &WindrowJob, path: &Path, force: bool) -> Result<()> {
    if path.extension().is_none_or(|ending| ending != "toml") {
        let error = Error::usage(format!("{}: the name of a job file ends in .toml", escape::path(path)));
        return Err(error.with_help(format!("{}.toml", escape::path(path))));
    }
    let text = job.to_toml(path);
    match std::fs::read(path) {
        Ok(there) if there == text.as_bytes() => return Ok(()),
        Ok(_) if !force => {
            return Err(Error::usage(format!("{} exists and says something else", escape::path(path)))
                .with_help("name another file, or add force=True to replace it"));
        }
        _ => {}
    }
    let mut file = FileOut::create(path, &job.stores())?;
    file.write_all(text.as_bytes())
        .map_err(|error| Error::output(format!("cannot write {}", escape::path(path)), &error))?;
    file.finish()
}
