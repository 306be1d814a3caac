//! Work: the job that a command is about, from a job file or from flags, and the files that it leads to.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use windrow::job::Output;
use windrow::ledger::Ledger;
use windrow::source::sniff::{self, Wanted};
use windrow::source::{self, Listing, Sample};
use windrow::text::escape;
use windrow::{Error, Job, Kind, Result};

use crate::command_line::{corrected, corrected_job};
use crate::kept;
use crate::places::{self, Inputs, Place};
use crate::question::Question;
use crate::voice::Voice;

/// A job, and its files.
pub(crate) struct Work {
    /// The job.
    pub(crate) job: Job,
    /// Its files, and what was skipped.
    pub(crate) listing: Listing,
    /// The job file, if there is one.
    pub(crate) job_file: Option<PathBuf>,
    /// Where the job keeps its ledger; none: nothing is kept, as when its rules are applied to other files.
    pub(crate) output: Option<Output>,
}

impl Work {
    /// The work that `JOB.toml`, `JOB.toml PATH...` or `PATH...` with the flags of `question` means.
    /// Nothing of the files is read before `places`, which will be written, are checked.
    pub(crate) fn open(
        arguments: &[PathBuf],
        question: &Question,
        places: &[Place],
        voice: &Voice,
    ) -> Result<Work> {
        match arguments {
            [job, paths @ ..] if is_job_file(job) => Work::of_job_file(job, paths, question, places, voice),
            paths => Work::of_flags(paths, question, places, voice),
        }
    }

    fn of_job_file(
        job_file: &Path,
        paths: &[PathBuf],
        question: &Question,
        places: &[Place],
        voice: &Voice,
    ) -> Result<Work> {
        if let Some(other) = paths.iter().find(|path| is_job_file(path)) {
            return Err(Error::usage(format!(
                "{} and {} are two job files",
                escape::path(job_file),
                escape::path(other)
            ))
            .help("run them one after the other"));
        }
        let given = question.given();
        if !given.is_empty() {
            let shown = escape::path(job_file);
            return Err(Error::usage(format!("{} would change the answer of {shown}", given.join(", ")))
                .help(format!("edit {shown}; to ask something else, leave it out and name the files")));
        }
        let job = read_job(job_file)?;
        let output = job.output.clone().filter(|_| paths.is_empty());
        let (paths, root) = match paths {
            [] => (job.source.path.iter().map(PathBuf::from).collect(), job.source.root.clone()),
            paths => (paths.to_vec(), PathBuf::new()),
        };
        // Files that a ledger remembers may all be gone: then it is not the listing that says so.
        let remembers = match &output {
            Some(output) => Ledger::open(&kept::store(output))?.is_some(),
            None => false,
        };
        let listing = listed(&paths, &root, remembers, voice)?;
        places::are_no_inputs(
            places,
            Inputs { paths: &paths, root: &root, files: &listing.files, job: Some(job_file) },
        )?;
        Ok(Work { job, listing, job_file: Some(job_file.to_owned()), output })
    }

    fn of_flags(paths: &[PathBuf], question: &Question, places: &[Place], voice: &Voice) -> Result<Work> {
        if let Some(job) = paths.iter().find(|path| is_job_file(path)) {
            return Err(Error::usage(format!(
                "the job file {} is named after other files",
                escape::path(job)
            ))
            .help("name it first, and then the files to apply it to"));
        }
        let written: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let draft = question.draft(&written)?;
        let root = Path::new("");
        let listing = listed(paths, root, false, voice)?;
        places::are_no_inputs(places, Inputs { paths, root, files: &listing.files, job: None })?;
        let sample = Sample::of_first(&listing.files, &draft.source.dialect)?;
        let wanted = Wanted {
            time: question.time.as_deref(),
            rules: &draft.source.time,
            keys: &question.keys,
            values_named: question.names_values(),
        };
        let given: Vec<OsString> = std::env::args_os().collect();
        let chosen =
            sniff::choose(&sample, &draft.source.dialect, &wanted, &|changes| corrected(&given, changes))?;
        for line in chosen.said.iter().map(String::as_str).chain(question.note_on_every()) {
            voice.note(line);
        }
        let job = question.job(&written, &chosen.time, &chosen.keys)?;
        Ok(Work { job, listing, job_file: None, output: None })
    }

    /// The command, or the lines of the job file, with these flags and values changed.
    pub(crate) fn corrected(&self, changes: &[(&str, &str)]) -> String {
        match &self.job_file {
            Some(job) => corrected_job(&job.to_string_lossy(), changes),
            None => {
                let given: Vec<OsString> = std::env::args_os().collect();
                corrected(&given, changes)
            }
        }
    }
}

/// The job in `job_file`, whose inputs nobody looks for.
///
/// # Errors
/// Usage: it is no job file, or not right.
pub(crate) fn job_alone(job_file: &Path) -> Result<Job> {
    if !is_job_file(job_file) {
        let error = Error::usage(format!("{} is no job file", escape::path(job_file)));
        return Err(error.help("name a job file that has [output]: its name ends in .toml"));
    }
    read_job(job_file)
}

fn read_job(job_file: &Path) -> Result<Job> {
    // Listing it finds out that it is a file, and knows the nearest name if it is none.
    source::list(&[job_file], Path::new(""))?;
    let text = fs::read_to_string(job_file).map_err(|error| {
        Error::io(format!("cannot read {}", escape::path(job_file)), &error).with_kind(Kind::Usage)
    })?;
    Job::from_toml(&text, job_file)
}

fn is_job_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// Lists, and says what may hide rows or was found twice; the other skipped files only when asked to say more.
fn listed(paths: &[PathBuf], root: &Path, may_be_none: bool, voice: &Voice) -> Result<Listing> {
    let listing = if may_be_none { source::list_present(paths, root) } else { source::list(paths, root) }?;
    for skipped in &listing.skipped {
        match &skipped.rule {
            rule if rule.may_hide_rows() => voice.warn(&format!("skipped {skipped}")),
            source::Rule::SameAs(_) => voice.note(&format!("skipped {skipped}")),
            _ => tracing::debug!("skipped {skipped}"),
        }
    }
    Ok(listing)
}
