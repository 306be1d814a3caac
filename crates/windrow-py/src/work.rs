//! Work: a job and its files. It is opened on the thread that counts, because that lists and inspects the inputs.

use std::path::PathBuf;

use pyo3::prelude::*;
use windrow::engine::Engine;
use windrow::engine::choice::EngineChoice;
use windrow::job::Fault;
use windrow::sniff::{Answerable, Question};
use windrow::source::{InputFile, Listing, Rule};
use windrow::storage::MemoryTable;
use windrow::{Error, GivenJob, Job, Result};

use crate::error::worded;
use crate::stream::ArrowStream;
use crate::{keyword, log};

/// The arguments of a run, before anything is opened.
pub(crate) struct GivenInputs {
    /// The job. `None`: the question defines it.
    pub(crate) job: Option<Job>,
    /// The question that defines the job. A given job has its own, and this one is ignored.
    pub(crate) question: Question,
    /// The inputs. If there are any, they replace those of the job.
    pub(crate) inputs: Vec<GivenInput>,
    /// The engine. `None`: that of the job.
    pub(crate) engine: Option<String>,
    /// Whether to list folders that are too old for the job's `look_back`.
    pub(crate) lists_old_folders: bool,
}

/// One input, as Python gives it.
pub(crate) enum GivenInput {
    /// A path, and the name to show if it stands for something else.
    Path(PathBuf, Option<String>),
    /// A table, and its name.
    Table(MemoryTable, String),
}

impl<'py> FromPyObject<'_, 'py> for GivenInput {
    type Error = PyErr;

    fn extract(input: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let (what, name): (Bound<'py, PyAny>, Option<String>) = input.extract()?;
        match what.cast::<ArrowStream>() {
            Ok(batches) => Ok(GivenInput::Table(batches.get().0.clone(), name.unwrap_or_default())),
            Err(_) => Ok(GivenInput::Path(what.extract()?, name)),
        }
    }
}

impl GivenInput {
    /// The paths among `inputs`.
    fn paths(inputs: &[GivenInput]) -> Vec<PathBuf> {
        let path = |input: &GivenInput| match input {
            GivenInput::Path(path, _) => Some(path.clone()),
            GivenInput::Table(..) => None,
        };
        inputs.iter().filter_map(path).collect()
    }

    /// The name to show, if it is not the path.
    fn name(&self) -> Option<&str> {
        match self {
            GivenInput::Path(_, name) => name.as_deref(),
            GivenInput::Table(_, name) => Some(name),
        }
    }
}

/// A job and its files.
pub(crate) struct PyWork {
    pub(crate) job: Job,
    pub(crate) listing: Listing,
    pub(crate) engine: Box<dyn Engine>,
}

impl GivenInputs {
    /// Lists the inputs, and looks into them if the job is incomplete. If they are `counted` next, the first is fetched meanwhile.
    pub(crate) fn open(self, counted: bool) -> Result<PyWork> {
        let choice = match &self.engine {
            Some(engine) => Some(EngineChoice::parse(engine).map_err(|error| error.within("engine"))?),
            None => None,
        };
        let paths = GivenInput::paths(&self.inputs);
        let mut given = match &self.job {
            Some(job) => {
                let paths = (!self.inputs.is_empty()).then_some(&*paths);
                GivenJob::of_job(job, paths, choice.clone(), self.lists_old_folders)?
            }
            None => of_question(self.question, &self.inputs, &paths, choice.clone())?,
        };
        tell(&given.listing);
        called(&mut given.listing.files, &self.inputs);
        if counted {
            given.fetch();
        }
        let (Answerable { job, chosen }, listing) = given.complete().map_err(in_keywords)?;
        chosen.iter().for_each(|line| log::note(worded(line, false)));
        Ok(PyWork { engine: EngineChoice::opened(choice.as_ref(), &job.engine)?, job, listing })
    }
}

fn of_question(
    mut question: Question,
    inputs: &[GivenInput],
    paths: &[PathBuf],
    choice: Option<EngineChoice>,
) -> Result<GivenJob> {
    if let (Some(_), Some(name)) = (&question.said.output, inputs.iter().find_map(GivenInput::name)) {
        return Err(Error::usage(format!("{name} is not a file, and a ledger is kept of files"))
            .with_help("write it to a file first, or leave out keep"));
    }
    let shown = |input: &GivenInput| match input {
        GivenInput::Path(path, _) => path.to_string_lossy().into_owned(),
        GivenInput::Table(_, name) => name.clone(),
    };
    question.said.source.path = inputs.iter().map(shown).collect();
    GivenJob::of_question(question, paths, choice).map_err(in_keywords)
}

/// The error for a fault in a job, with the name of the keyword.
pub(crate) fn in_keywords(fault: Fault) -> Error {
    match keyword::of_keys(&fault.keys) {
        Some(keyword) => fault.error.within(keyword),
        None => fault.error,
    }
}

/// Logs files that were skipped, if they may hold rows or were found twice.
fn tell(listing: &Listing) {
    for skipped in &listing.skipped {
        match &skipped.rule {
            rule if rule.may_hide_rows() => log::warn(format!("skipped {skipped}")),
            Rule::SameAs(_) | Rule::Lookup => log::note(format!("skipped {skipped}")),
            _ => {}
        }
    }
}

/// The files under the names to show, followed by the tables.
fn called(files: &mut Vec<InputFile>, inputs: &[GivenInput]) {
    for input in inputs {
        match input {
            GivenInput::Path(path, Some(name)) => {
                files
                    .iter_mut()
                    .filter(|file| file.path == *path)
                    .for_each(|file| file.name.clone_from(name));
            }
            GivenInput::Path(_, None) => {}
            GivenInput::Table(table, name) => files.push(InputFile::of_table(name, table.clone())),
        }
    }
}
