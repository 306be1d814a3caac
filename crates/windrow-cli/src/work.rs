//! Work: the job that a command is about, from a job file or from flags, and the files that it leads to.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use windrow::engine::choice::EngineChoice;
use windrow::job::Fault;
use windrow::sniff::Answerable;
use windrow::source::{self, Listing, Unlisted};
use windrow::text::escape;
use windrow::text::number::counted;
use windrow::text::percent::path_of_file;
use windrow::text::shell::STDIN;
use windrow::{Error, GivenJob, Inputs, Job, Outcome, Result, RunOptions, Settings, Stop, run_with};

use crate::job_flags::{JobFlags, in_flags};
use crate::messages::Messages;
use crate::output_paths::{self, OutputPath};
use crate::progress;
use crate::remedy;

/// What a job and its files are opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To count the files.
    Count,
    /// To count what is new in them: folders that are too old for the job's `look_back` are not listed.
    Update,
    /// To look into them.
    Check,
}

/// A job, and its files.
pub(crate) struct Work {
    /// The job; it keeps no ledger where its rules are applied to other files.
    pub(crate) job: Job,
    /// Its files, and what was skipped.
    pub(crate) listing: Listing,
    /// The job file, if there is one.
    pub(crate) job_file: Option<PathBuf>,
    /// The paths that were listed.
    paths: Vec<PathBuf>,
    /// The folder that they start from.
    root: PathBuf,
}

impl Work {
    /// The work that `JOB.toml`, `JOB.toml PATH...` or `PATH...` with the flags of `job_flags` means.
    /// Nothing of the files is read before `outputs`, which will be written, are checked.
    pub(crate) fn open(
        arguments: &[PathBuf],
        (job_flags, choice): (&JobFlags, Option<EngineChoice>),
        outputs: &[OutputPath],
        purpose: Purpose,
        messages: &Messages,
    ) -> Result<Work> {
        let local = |argument: &PathBuf| match argument.to_str().map(path_of_file).transpose()?.flatten() {
            Some(path) => Ok(PathBuf::from(path)),
            None => Ok(argument.clone()),
        };
        let arguments: Vec<PathBuf> = arguments.iter().map(local).collect::<Result<_>>()?;
        match arguments.as_slice() {
            [job, paths @ ..] if is_job_file(job) => {
                Work::of_job_file(job, paths, (job_flags, choice), (outputs, purpose), messages)
            }
            paths => Work::of_flags(paths, (job_flags, choice), (outputs, purpose), messages),
        }
    }

    fn of_job_file(
        job_file: &Path,
        paths: &[PathBuf],
        (job_flags, choice): (&JobFlags, Option<EngineChoice>),
        (outputs, purpose): (&[OutputPath], Purpose),
        messages: &Messages,
    ) -> Result<Work> {
        if let Some(other) = paths.iter().find(|path| is_job_file(path)) {
            return Err(Error::usage(format!(
                "{} and {} are two job files",
                escape::path(job_file),
                escape::path(other)
            ))
            .with_help("run them one after the other"));
        }
        job_flags.leaves(job_file)?;
        let job = Job::read(job_file)?;
        let given =
            GivenJob::of_job(&job, (!paths.is_empty()).then_some(paths), choice, purpose != Purpose::Update)?;
        let (paths, root) = match paths {
            [] => (job.source.path.iter().map(PathBuf::from).collect(), job.source.root.clone()),
            paths => (paths.to_vec(), PathBuf::new()),
        };
        Work::of_given(given, Some(job_file), (paths, root), (outputs, purpose), messages)
            .map_err(|fault| fault.error)
    }

    fn of_flags(
        paths: &[PathBuf],
        (job_flags, choice): (&JobFlags, Option<EngineChoice>),
        (outputs, purpose): (&[OutputPath], Purpose),
        messages: &Messages,
    ) -> Result<Work> {
        if let Some(job) = paths.iter().find(|path| is_job_file(path)) {
            return Err(Error::usage(format!(
                "the job file {} is named after other files",
                escape::path(job)
            ))
            .with_help("name it first, and then the files to apply it to"));
        }
        let written: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let asked = job_flags.said(&written)?;
        let given = GivenJob::of_question(asked, paths, choice).map_err(in_flags)?;
        let of_paths = (paths.to_vec(), PathBuf::new());
        let work = Work::of_given(given, None, of_paths, (outputs, purpose), messages).map_err(in_flags)?;
        job_flags.note_on_every().into_iter().for_each(|line| messages.note(line));
        Ok(work)
    }

    /// The same, once the inputs are listed.
    fn of_given(
        given: GivenJob,
        job_file: Option<&Path>,
        (paths, root): (Vec<PathBuf>, PathBuf),
        (outputs, purpose): (&[OutputPath], Purpose),
        messages: &Messages,
    ) -> Result<Work, Fault> {
        tell(&given.listing, messages);
        let (source, files) = (&given.job.source, &*given.listing.files);
        let reads = output_paths::ReadPaths { paths: &paths, source, root: &root, files, job: job_file };
        output_paths::are_no_inputs(outputs, reads)?;
        if purpose != Purpose::Check {
            given.fetch();
        }
        let (Answerable { job, chosen }, listing) = given.complete()?;
        chosen.iter().for_each(|line| messages.note(&remedy::words(line, job_file)));
        let job = job.with_lookups(&Stop::default())?.into_owned();
        Ok(Work { job, listing, job_file: job_file.map(Path::to_owned), paths, root })
    }

    /// What it reads.
    pub(crate) fn inputs(&self) -> output_paths::ReadPaths<'_> {
        output_paths::ReadPaths {
            paths: &self.paths,
            source: &self.job.source,
            root: &self.root,
            files: &self.listing.files,
            job: self.job_file.as_deref(),
        }
    }

    /// Runs the job over its files, with a progress bar if `draw`.
    pub(crate) fn run(&self, settings: &Settings, options: RunOptions<'_>, draw: bool) -> Result<Outcome> {
        progress::shown(draw, &settings.progress, || {
            run_with(&self.job, Inputs::Listing(&self.listing), settings, options)
        })
    }
}

/// The job in `job_file`, without looking for its inputs.
///
/// # Errors
/// Usage: it is not a job file, or it is wrong.
pub(crate) fn job_alone(job_file: &Path) -> Result<Job> {
    if !is_job_file(job_file) {
        let error = Error::usage(format!("{} is not a job file", escape::path(job_file)));
        return Err(error.with_help("name a job file that has [output]: its name ends in .toml"));
    }
    Job::read(job_file)
}

/// The job file among the arguments of a command.
pub(crate) fn job_file(arguments: &[PathBuf]) -> Option<&Path> {
    arguments.first().map(PathBuf::as_path).filter(|path| is_job_file(path))
}

pub(crate) fn is_job_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// Reports files that were skipped, if they may hold rows or were found twice; other skipped files only with --verbose.
fn tell(listing: &Listing, messages: &Messages) {
    if listing.files.iter().any(|file| file.name == STDIN) && std::io::stdin().is_terminal() {
        messages.note("reading what is typed here, up to Ctrl-D");
    }
    for skipped in &listing.skipped {
        match &skipped.rule {
            rule if rule.may_hide_rows() => messages.warn(&format!("skipped {skipped}")),
            source::Rule::SameAs(_) | source::Rule::Lookup => messages.note(&format!("skipped {skipped}")),
            _ => messages.detail(&format!("skipped {skipped}")),
        }
    }
    if let Some(unlisted) = &listing.unlisted {
        messages.detail(&not_listed(unlisted));
    }
}

/// A sentence such as `3 folders of days before 2024-01-03 are not listed; 12 known files in them count as unchanged`.
pub(crate) fn not_listed(unlisted: &Unlisted) -> String {
    let (folders, before) = (unlisted.folders.len() as u64, &unlisted.before);
    if folders == 0 {
        return format!("all folders are listed: no folder is of a day before {before}");
    }
    let is = if folders == 1 { "is" } else { "are" };
    let counts = if unlisted.files() == 1 { "counts" } else { "count" };
    let (folders, files) = (counted(folders, "folder"), counted(unlisted.files(), "known file"));
    format!("{folders} of days before {before} {is} not listed; {files} in them {counts} as unchanged")
}
