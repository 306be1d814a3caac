//! Work: the job that a command is about, from a job file or from flags, and the files that it leads to.

use std::collections::HashMap;
use std::fs;
use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};

use windrow::event::{TimeFormat, TimeReader};
use windrow::format::csv::{CsvRules, DELIMITERS, LineEnd, Sample, mismatch};
use windrow::format::{Format, endings};
use windrow::job::Source;
use windrow::ledger::Ledger;
use windrow::sniff::{self, Wanted};
use windrow::source::{self, Listing};
use windrow::store_of;
use windrow::text::escape;
use windrow::text::percent::path_of_file;
use windrow::{Error, Inputs, Job, Kind, Outcome, Result, RunOptions, Settings, run_with};

use crate::job_flags::JobFlags;
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
}

impl Work {
    /// The work that `JOB.toml`, `JOB.toml PATH...` or `PATH...` with the flags of `job_flags` means.
    /// Nothing of the files is read before `outputs`, which will be written, are checked.
    pub(crate) fn open(
        arguments: &[PathBuf],
        job_flags: &JobFlags,
        outputs: &[OutputPath],
        messages: &Messages,
    ) -> Result<Work> {
        let local = |argument: &PathBuf| match argument.to_str().map(path_of_file).transpose()?.flatten() {
            Some(path) => Ok(PathBuf::from(path)),
            None => Ok(argument.clone()),
        };
        let arguments: Vec<PathBuf> = arguments.iter().map(local).collect::<Result<_>>()?;
        match arguments.as_slice() {
            [job, paths @ ..] if is_job_file(job) => {
                Work::of_job_file(job, paths, job_flags, outputs, messages)
            }
            paths => Work::of_flags(paths, job_flags, outputs, messages),
        }
    }

    fn of_job_file(
        job_file: &Path,
        paths: &[PathBuf],
        job_flags: &JobFlags,
        outputs: &[OutputPath],
        messages: &Messages,
    ) -> Result<Work> {
        if let Some(other) = paths.iter().find(|path| is_job_file(path)) {
            return Err(Error::usage(format!(
                "{} and {} are two job files",
                escape::path(job_file),
                escape::path(other)
            ))
            .help("run them one after the other"));
        }
        job_flags.leaves(job_file)?;
        let mut job = read_job(job_file)?;
        job.output = job.output.filter(|_| paths.is_empty());
        let (paths, root) = match paths {
            [] => (job.source.path.iter().map(PathBuf::from).collect(), job.source.root.clone()),
            paths => (paths.to_vec(), PathBuf::new()),
        };
        // Files that a ledger remembers may all be gone: then it is not the listing that says so.
        let remembers = match &job.output {
            Some(output) => Ledger::is_there(&store_of(output)?)?,
            None => false,
        };
        let mut listing = listed(&paths, &root, &job.source, remembers, messages)?;
        name_from_here(&mut listing);
        output_paths::are_no_inputs(
            outputs,
            output_paths::Inputs {
                paths: &paths,
                source: &job.source,
                root: &root,
                files: &listing.files,
                job: Some(job_file),
            },
        )?;
        Ok(Work { job, listing, job_file: Some(job_file.to_owned()) })
    }

    fn of_flags(
        paths: &[PathBuf],
        job_flags: &JobFlags,
        outputs: &[OutputPath],
        messages: &Messages,
    ) -> Result<Work> {
        if let Some(job) = paths.iter().find(|path| is_job_file(path)) {
            return Err(Error::usage(format!(
                "the job file {} is named after other files",
                escape::path(job)
            ))
            .help("name it first, and then the files to apply it to"));
        }
        let written: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let draft = job_flags.draft(&written)?;
        let root = Path::new("");
        let remembers = match &draft.output {
            Some(output) => Ledger::is_there(&store_of(output)?)?,
            None => false,
        };
        let listing = listed(paths, root, &draft.source, remembers, messages)?;
        output_paths::are_no_inputs(
            outputs,
            output_paths::Inputs { paths, source: &draft.source, root, files: &listing.files, job: None },
        )?;
        let csv = &draft.source.csv;
        let has_columns =
            |header: &[String]| has(header, job_flags.time.as_deref(), &job_flags.keys_in(header));
        let sample = Sample::of_first(&listing.files, draft.source.format, csv, &has_columns)?;
        let keys = job_flags.keys_in(&sample.header);
        let rules = match job_flags.names_time_format() {
            true => draft.source.time.clone(),
            false => sniff::rules_of(&sample, &draft.source.time),
        };
        let wanted = Wanted {
            time: job_flags.time.as_deref(),
            rules: &rules,
            keys: &keys,
            values_named: job_flags.names_values(),
        };
        if (sample.rows.is_empty() || sample.header.iter().any(String::is_empty))
            && let Some(file) = listing.files.iter().find(|file| file.name == sample.file)
            && sample.has_header()
            && let Some(error) = mismatch(file, csv, &TimeReader::new(&draft.source.time)?)
        {
            return Err(error);
        }
        let chosen = sniff::choose(&sample, &wanted)?;
        let said = chosen.said.iter().map(|line| remedy::words(line, None));
        let said = said.filter(|line| !job_flags.no_key || line.starts_with("time column"));
        let on_every = job_flags.note_on_every().map(str::to_owned);
        let seen = seen(&sample, csv).into_iter().chain(seen_times(&sample, &rules.format, job_flags));
        seen.chain(said).chain(on_every).for_each(|line| messages.note(&line));
        let keys = if job_flags.no_key { &[] } else { chosen.keys.as_slice() };
        let as_seen = job_flags.written(&sample, rules.format.written().to_owned());
        let job = job_flags.job(&written, &chosen.time, keys, as_seen)?;
        Ok(Work { job, listing, job_file: None })
    }

    /// Runs the job over its files, with a progress bar if `draw`.
    pub(crate) fn run(&self, settings: &Settings, options: RunOptions<'_>, draw: bool) -> Result<Outcome> {
        progress::shown(draw, &settings.progress, || {
            run_with(&self.job, Inputs::Files(&self.listing.files), settings, options)
        })
    }

    /// The sample of the first file that has the columns of the job, or else of any.
    ///
    /// # Errors
    /// As [`Sample::of_first`].
    pub(crate) fn sample(&self) -> Result<Sample> {
        let source = &self.job.source;
        let has_columns = |header: &[String]| has(header, Some(&source.time.column), &source.keys);
        Sample::of_first(&self.listing.files, source.format, &source.csv, &has_columns)
    }
}

/// Whether a header has these columns.
fn has(header: &[String], time: Option<&str>, keys: &[String]) -> bool {
    let mut columns = time.into_iter().chain(keys.iter().map(String::as_str));
    columns.all(|column| header.iter().any(|name| name == column))
}

/// What was seen of how the rows of the sample are written, where it is not the usual.
fn seen(sample: &Sample, rules: &CsvRules) -> Vec<String> {
    let Sample { file, head, format, written, .. } = sample;
    let mut seen = Vec::new();
    if *format == Format::Text && rules.pattern.is_some() {
        return seen;
    }
    if *format != Format::Csv {
        seen.push(format!("format: {written} (in {file}; --input-format names another)"));
        return seen;
    }
    let delimiter = head.dialect.delimiter();
    if rules.delimiter.is_none() && delimiter != b',' {
        let name = DELIMITERS.iter().find(|(_, byte)| *byte == delimiter).map_or("", |(name, _)| name);
        seen.push(format!("delimiter: {name} (in the header of {file}; --delimiter names another)"));
    }
    if rules.line_end.is_none() && head.dialect.line_end() == LineEnd::Cr {
        seen.push(format!("line ends: CR alone ({file} has no LF)"));
    }
    seen
}

/// What was seen of how the times of a text log are written, where it is not the usual.
fn seen_times(sample: &Sample, format: &TimeFormat, job_flags: &JobFlags) -> Option<String> {
    let usual = sample.pattern.as_ref()?.time_formats().into_iter().next()?;
    let (file, format) =
        (&sample.file, (*format != usual && !job_flags.names_time_format()).then_some(format)?);
    Some(format!("time format: {} (in {file}; --time-format names another)", format.written()))
}

/// The job in `job_file`, without looking for its inputs.
///
/// # Errors
/// Usage: it is not a job file, or it is wrong.
pub(crate) fn job_alone(job_file: &Path) -> Result<Job> {
    if !is_job_file(job_file) {
        let error = Error::usage(format!("{} is not a job file", escape::path(job_file)));
        return Err(error.help("name a job file that has [output]: its name ends in .toml"));
    }
    read_job(job_file)
}

fn read_job(job_file: &Path) -> Result<Job> {
    // Listing it finds out that it is a file, and knows the nearest name if it is none.
    source::list(&[job_file], Path::new(""), &endings(None))?;
    let text = fs::read_to_string(job_file).map_err(|error| {
        Error::io(format!("cannot read {}", escape::path(job_file)), &error).with_kind(Kind::Usage)
    })?;
    Job::from_toml(&text, job_file)
}

/// The job file among the arguments of a command.
pub(crate) fn job_file(arguments: &[PathBuf]) -> Option<&Path> {
    arguments.first().map(PathBuf::as_path).filter(|path| is_job_file(path))
}

pub(crate) fn is_job_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// Gives files names by which they can be opened from where the command was given.
fn name_from_here(listing: &mut Listing) {
    let here = Path::new(".").canonicalize().unwrap_or_default();
    let mut folders: HashMap<PathBuf, PathBuf> = HashMap::new();
    for file in &mut listing.files {
        let (Some(folder), Some(name)) = (file.path.parent(), file.path.file_name()) else { continue };
        if !folder.components().any(|part| part == Component::ParentDir) {
            file.name = escape::path(&file.path);
            continue;
        }
        // `app/../logs` is `logs`, unless `app` is a link: the system knows.
        let shown = folders.entry(folder.to_owned()).or_insert_with(|| {
            let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            real.strip_prefix(&here).map_or(real.clone(), Path::to_owned)
        });
        file.name = escape::path(shown.join(name));
    }
}

/// Lists, and says what may hide rows or was found twice; the other skipped files only when asked to say more.
fn listed(
    paths: &[PathBuf],
    root: &Path,
    of: &Source,
    may_be_none: bool,
    messages: &Messages,
) -> Result<Listing> {
    let list = if may_be_none { source::list_present } else { source::list };
    let listing = list(paths, root, &of.endings())?;
    if listing.files.iter().any(|file| file.name == "-") && std::io::stdin().is_terminal() {
        messages.note("reading what is typed here, up to Ctrl-D");
    }
    for skipped in &listing.skipped {
        match &skipped.rule {
            rule if rule.may_hide_rows() => messages.warn(&format!("skipped {skipped}")),
            source::Rule::SameAs(_) => messages.note(&format!("skipped {skipped}")),
            _ => messages.detail(&format!("skipped {skipped}")),
        }
    }
    Ok(listing)
}
