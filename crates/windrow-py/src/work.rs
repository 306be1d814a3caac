//! Work: a job and the files it leads to. Opened on the thread that counts, as inputs are listed and looked into.

use std::path::{Path, PathBuf};

use windrow::engine::Engine;
use windrow::engine::choice::EngineChoice;
use windrow::job::Fault;
use windrow::ledger::Ledger;
use windrow::source::{self, InputFile, Listing, Rule};
use windrow::{Error, Job, Result, sniff, store_of};

use crate::error::worded;
use crate::{keyword, log};

/// What is given to count, before it is looked at.
pub(crate) struct Given {
    /// The job; none: what is asked decides.
    pub(crate) job: Option<Job>,
    /// What is asked without a job.
    pub(crate) question: sniff::Question,
    /// The files, in place of those of the job if there are any.
    pub(crate) inputs: Vec<Input>,
    /// What counts; none: what the job says.
    pub(crate) engine: Option<String>,
}

/// A path, and how it is called where it is not itself what was given.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    pub(crate) name: Option<String>,
}

/// A job and its files.
pub(crate) struct Work {
    pub(crate) job: Job,
    pub(crate) files: Vec<InputFile>,
    pub(crate) engine: Box<dyn Engine>,
}

impl Given {
    /// Lists the files, and looks into them where the job is not whole.
    pub(crate) fn open(self) -> Result<Work> {
        let choice = match &self.engine {
            Some(engine) => Some(EngineChoice::parse(engine).map_err(|error| error.within("engine"))?),
            None => None,
        };
        let (job, files) = match self.job {
            Some(job) => of_job(job, &self.inputs)?,
            None => of_question(self.question, &self.inputs)?,
        };
        let choice = match choice {
            Some(choice) => choice,
            None => EngineChoice::of_job(&job.engine)?.unwrap_or_default(),
        };
        Ok(Work { engine: choice.open(&job.engine)?, job, files })
    }
}

fn of_job(mut job: Job, inputs: &[Input]) -> Result<(Job, Vec<InputFile>)> {
    let (paths, root): (Vec<PathBuf>, _) = match inputs {
        [] => (job.source.path.iter().map(PathBuf::from).collect(), job.source.root.clone()),
        inputs => (inputs.iter().map(|input| input.path.clone()).collect(), PathBuf::new()),
    };
    job.output = job.output.filter(|_| inputs.is_empty());
    let mut listing = listed(&paths, &root, &job)?;
    listing.name_from_here();
    Ok((job, called(listing, inputs)))
}

fn of_question(mut question: sniff::Question, inputs: &[Input]) -> Result<(Job, Vec<InputFile>)> {
    let paths: Vec<PathBuf> = inputs.iter().map(|input| input.path.clone()).collect();
    question.said.source.path = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let draft = question.draft().map_err(in_keywords)?;
    let files = called(listed(&paths, Path::new(""), &draft)?, inputs);
    let answerable = question.answerable(&draft, &files).map_err(in_keywords)?;
    for line in &answerable.chosen {
        log::note(worded(line, false));
    }
    Ok((answerable.job, files))
}

/// What is wrong with a job, in the words of the keywords.
pub(crate) fn in_keywords(fault: Fault) -> Error {
    match keyword::of_keys(&fault.keys) {
        Some(keyword) => fault.error.within(keyword),
        None => fault.error,
    }
}

fn listed(paths: &[PathBuf], root: &Path, job: &Job) -> Result<Listing> {
    // Files that a ledger remembers may all be gone: then it is not the listing that says so.
    let remembers = match &job.output {
        Some(output) => Ledger::is_there(&store_of(output)?)?,
        None => false,
    };
    let list = if remembers { source::list_present } else { source::list };
    let listing = list(paths, root, &job.source.endings())?;
    for skipped in &listing.skipped {
        match &skipped.rule {
            rule if rule.may_hide_rows() => log::warn(format!("skipped {skipped}")),
            Rule::SameAs(_) => log::note(format!("skipped {skipped}")),
            _ => {}
        }
    }
    Ok(listing)
}

/// The files, those that stand for something else by its name.
fn called(listing: Listing, inputs: &[Input]) -> Vec<InputFile> {
    let mut files = listing.files;
    for file in &mut files {
        let input = inputs.iter().find(|input| input.name.is_some() && input.path == file.path);
        if let Some(name) = input.and_then(|input| input.name.clone()) {
            file.name = name;
        }
    }
    files
}
