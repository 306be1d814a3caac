//! Work: the job that a command is about, from a job file or from flags, and the files that it leads to.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use windrow::engine::choice::{EngineChoice, reaching};
use windrow::ledger::Ledger;
use windrow::sniff;
use windrow::source::{self, Listing, Unlisted};
use windrow::store_of;
use windrow::text::escape;
use windrow::text::number::counted;
use windrow::text::percent::path_of_file;
use windrow::text::shell::STDIN;
use windrow::{Error, Inputs, Job, Outcome, Result, RunOptions, Settings, Stop, list_inputs, run_with};

use crate::job_flags::{JobFlags, in_flags};
use crate::messages::Messages;
use crate::output_paths::{self, OutputPath};
use crate::progress;
use crate::remedy;

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
        lists_old_folders: bool,
        messages: &Messages,
    ) -> Result<Work> {
        let local = |argument: &PathBuf| match argument.to_str().map(path_of_file).transpose()?.flatten() {
            Some(path) => Ok(PathBuf::from(path)),
            None => Ok(argument.clone()),
        };
        let arguments: Vec<PathBuf> = arguments.iter().map(local).collect::<Result<_>>()?;
        match arguments.as_slice() {
            [job, paths @ ..] if is_job_file(job) => {
                Work::of_job_file(job, paths, (job_flags, choice), outputs, (lists_old_folders, messages))
            }
            paths => Work::of_flags(paths, (job_flags, choice), outputs, messages),
        }
    }

    fn of_job_file(
        job_file: &Path,
        paths: &[PathBuf],
        (job_flags, choice): (&JobFlags, Option<EngineChoice>),
        outputs: &[OutputPath],
        (lists_old_folders, messages): (bool, &Messages),
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
        let mut job = Job::read(job_file)?;
        job = reaching(&job, choice.as_ref()).into_owned();
        job.output = job.output.filter(|_| paths.is_empty());
        let (paths, root, listing) = match paths {
            [] => {
                let store = job.output.as_ref().map(|output| store_of(&job, output)).transpose()?;
                let listing = list_inputs(&job, store.as_ref(), lists_old_folders)?;
                (job.source.path.iter().map(PathBuf::from).collect(), job.source.root.clone(), listing)
            }
            paths => {
                let root = PathBuf::new();
                let listing = source::list(paths, &root, &job.source.endings(), &job.stores())?;
                (paths.to_vec(), root, listing)
            }
        };
        let mut listing = told(listing, messages);
        listing.name_from_here();
        output_paths::are_no_inputs(
            outputs,
            output_paths::ReadPaths {
                paths: &paths,
                source: &job.source,
                root: &root,
                files: &listing.files,
                job: Some(job_file),
            },
        )?;
        let job = with_lookups(job)?;
        Ok(Work { job, listing, job_file: Some(job_file.to_owned()), paths, root })
    }

    fn of_flags(
        paths: &[PathBuf],
        (job_flags, choice): (&JobFlags, Option<EngineChoice>),
        outputs: &[OutputPath],
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
        let draft = asked.draft().map_err(in_flags)?;
        let draft = reaching(&draft, choice.as_ref());
        let root = Path::new("");
        let remembers = match &draft.output {
            Some(output) => Ledger::is_there(&store_of(&draft, output)?)?,
            None => false,
        };
        let list = if remembers { source::list_present } else { source::list };
        let listing = told(list(paths, root, &draft.source.endings(), &draft.stores())?, messages);
        output_paths::are_no_inputs(
            outputs,
            output_paths::ReadPaths { paths, source: &draft.source, root, files: &listing.files, job: None },
        )?;
        if draft.output.is_some() {
            source::are_no_pipes(&listing.files, source::READ_AGAIN)?;
        }
        let sniff::Answerable { job, chosen } = asked.answerable(&draft, &listing.files).map_err(in_flags)?;
        let on_every = job_flags.note_on_every().map(str::to_owned);
        let lines = chosen.iter().map(|line| remedy::words(line, None)).chain(on_every);
        lines.for_each(|line| messages.note(&line));
        let job = with_lookups(reaching(&job, choice.as_ref()).into_owned())?;
        Ok(Work { job, listing, job_file: None, paths: paths.to_vec(), root: PathBuf::new() })
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

/// The job with the tables of its look-ups.
fn with_lookups(job: Job) -> Result<Job> {
    Ok(job.with_lookups(&Stop::default())?.into_owned())
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
fn told(listing: Listing, messages: &Messages) -> Listing {
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
    listing
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
