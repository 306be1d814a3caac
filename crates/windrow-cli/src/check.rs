//! `windrow check`: is the job right, is its source readable, and does a sample run through to a report? Nothing is published.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::TempDir;
use windrow::Stopwatch;
use windrow::engine::embedded::Embedded;
use windrow::error::Code;
use windrow::event::TimeReader;
use windrow::format::InputFormat;
use windrow::format::csv::{Sample, mismatch};
use windrow::format::json::ObjectShape;
use windrow::job::{Output, ReportSpec};
use windrow::ledger::Ledger;
use windrow::publish::file::{FileOut, remove_object};
use windrow::sniff::{self, NamedByUser};
use windrow::source::{InputFile, are_no_pipes};
use windrow::storage::FileVersion;
use windrow::text::escape;
use windrow::text::number::{counted, grouped, size};
use windrow::{Error, Result, RunOptions};
use windrow::{RunRequest, planned_files, store_of};

use crate::job_flags::JobFlags;
use crate::messages::Messages;
use crate::run::{say, show_rejects};
use crate::settings::SettingsArgs;
use crate::work::Work;
use crate::{ledger_run, stdout::Stdout, temporary};

const EXAMPLES: &str = "\
Examples:
  windrow check daily.toml
  windrow check daily.toml new.csv            would this file do?";

/// Check whether a job would run: list its files, read their headers, and process a sample
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// JOB.toml, optionally followed by files to apply it to instead of its own
    #[arg(required = true, value_name = "JOB.toml | PATH")]
    pub(crate) arguments: Vec<PathBuf>,
    #[command(flatten)]
    job_flags: JobFlags,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Files that are listed by name.
const LISTED_MAX: usize = 50;

/// Runs it.
pub(crate) fn run(args: &CheckArgs, messages: &Messages) -> Result<()> {
    let watch = Stopwatch::start();
    let settings = args.settings.settings(messages)?;
    let mut work =
        Work::open(&args.arguments, (&args.job_flags, args.settings.choice()?), &[], true, messages)?;
    are_no_pipes(&work.listing.files, "check would use up rows that the run needs")?;
    let engine = args.settings.engine(&work.job)?;
    let mut out = Stdout::open()?;
    let told = out.write_all(listing(&work).as_bytes()).and_then(|()| out.flush());
    out.finish(told.map_err(|error| Error::output("cannot write to stdout", &error)))?;
    if let Some(output) = work.job.output.clone() {
        check_output(&work, &output, messages)?;
    }
    check_headers(&work)?;
    if let Some(answered) = engine.probe(&work.job, &work.listing.files, &settings)? {
        messages.note(&format!("engine: {answered}; the sample is read here"));
    }
    engine.notes(&work.job).iter().for_each(|note| messages.note(note));
    if work.listing.files.is_empty() {
        messages.note("ok: there is no file to look into; nothing was published");
        return Ok(());
    }

    let sample = work.sample()?;
    let Some(file) = work.listing.files.iter().find(|file| file.name == sample.file).cloned() else {
        return Err(Error::bug("the sample is of no input"));
    };
    let is_cut = sample.bytes < file.version.size_bytes;
    let ending = if sample.shape == Some(ObjectShape::Array) && is_cut { "]" } else { "" };
    // Parquet has no beginning that could be counted by itself: the file is counted whole.
    let copied = match sample.format {
        InputFormat::Parquet => None,
        _ => Some(SampleFile::of(&file, sample.bytes, ending)?),
    };
    work.listing.files = vec![match &copied {
        None => file.clone(),
        Some(copied) => {
            let size_bytes = sample.bytes + ending.len() as u64;
            let version = FileVersion { size_bytes, ..file.version.clone() };
            InputFile { path: copied.path.clone(), object: None, version, ..file.clone() }
        }
    }];
    work.job.output = None;
    let options = RunOptions { engine: Some(&Embedded), started: Some(watch), ..RunOptions::default() };
    let outcome = work.run(&settings, options, false)?;
    show_rejects(&outcome, None, "windrow run with --rejects rejects.csv", messages);
    if let Some(failure) = outcome.failure() {
        // What helps is said of the input, not of the copy of its beginning.
        let source = &work.job.source;
        let is_mismatch = outcome.has_counted_nothing() && !outcome.has_no_readable_time();
        let time = TimeReader::new(&source.time).ok().filter(|_| is_mismatch);
        let of_input = time.and_then(|time| mismatch(&file, &source.csv, &time));
        return Err(of_input.unwrap_or_else(|| failure.clone()));
    }
    outcome.reports()?;
    let summary = outcome.summary();
    let rows = match summary.rows.read {
        1 => "row".to_owned(),
        n => counted(n, "row"),
    };
    messages.note(&format!("sample: the first {rows} of {}", sample.file));
    say(&summary, &work, messages);
    messages.note("ok: nothing was published");
    Ok(())
}

/// The inputs, and what is skipped by which rule.
fn listing(work: &Work) -> String {
    let files = &work.listing.files;
    let bytes: u64 = files.iter().map(|file| file.version.size_bytes).sum();
    let mut text = format!("{}, {}\n", counted(files.len() as u64, "input file"), size(bytes));
    for file in files.iter().take(LISTED_MAX) {
        text += &format!("  {} ({})\n", file.name, size(file.version.size_bytes));
    }
    if files.len() > LISTED_MAX {
        text += &format!("  and {} more\n", grouped((files.len() - LISTED_MAX) as u64));
    }
    for skipped in &work.listing.skipped {
        text += &format!("  skipped: {skipped}\n");
    }
    text
}

/// Whether the output folder can be written, and whether what is kept there agrees with the job.
fn check_output(work: &Work, output: &Output, messages: &Messages) -> Result<()> {
    let shown = escape::path(&output.path);
    let cannot = |error: Error| error.within(format!("the output {shown} cannot be written"));
    if output.is_remote() {
        let stores = work.job.stores();
        let probe = output.path.join(format!(".windrow-check-{}", std::process::id()));
        FileOut::create(&probe, &stores)
            .and_then(FileOut::finish)
            .and_then(|()| remove_object(&probe, &stores))
            .map_err(cannot)?;
    } else {
        let folder = output.path.ancestors().find(|folder| folder.exists());
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A file without a name, which is gone when it is closed.
        tempfile::tempfile_in(folder)
            .map_err(|error| Error::output(format!("the output {shown} cannot be written"), &error))?;
    }
    let store = store_of(&work.job, output)?;
    let Some(ledger) = Ledger::open(&store)? else {
        messages.note(&format!("output: {shown} can be written; there is no ledger yet"));
        return Ok(());
    };
    let plan = planned_files(&work.job, &work.listing.files, Some(&ledger), &RunRequest::default())?;
    messages.note(&format!(
        "output: {shown} can be written; ledger version {} agrees with the job",
        ledger.version()
    ));
    messages.note(&format!("a run would find {}", ledger_run::plan_line(&plan)));
    Ok(())
}

/// Whether every file has a header with the job's columns; all that have not are named.
fn check_headers(work: &Work) -> Result<()> {
    let source = &work.job.source;
    let wanted = NamedByUser {
        time: Some(&source.time.column),
        rules: &source.time,
        keys: &source.keys,
        measures: work.job.reports.iter().flat_map(ReportSpec::measures_asked).collect(),
        values_named: false,
        made: &source.made(),
        named: &source.named_in_expressions(),
    };
    let mut wrong: Vec<Error> = Vec::new();
    for file in &work.listing.files {
        let sample = Sample::of(file, source.format, &source.csv, 0);
        let checked = sample.and_then(|sample| sniff::choose(&sample, &wanted));
        wrong.extend(checked.err());
    }
    match wrong.as_slice() {
        [] => Ok(()),
        [only] => Err(only.clone()),
        [first, ..] => {
            let lines: String = wrong.iter().take(LISTED_MAX).map(|error| format!("\n    {error}")).collect();
            let error = Error::new(first.kind(), format!("{} files would be refused:{lines}", wrong.len()))
                .with_code(Code::FilesRefused)
                .caused_by(first.clone());
            let help = first.help().cloned();
            Err(error.with_help(help.unwrap_or_else(|| "correct them, or leave them out".into())))
        }
    }
}

/// A copy of the beginning of a file, in a folder that only its owner may look into; removed when dropped.
struct SampleFile {
    path: PathBuf,
    _folder: TempDir,
}

impl SampleFile {
    fn of(file: &InputFile, bytes: u64, ending: &str) -> Result<SampleFile> {
        let folder = temporary::private_folder()?;
        let path = folder.path().join("sample.csv");
        let cannot = |error| {
            Error::output(format!("cannot copy a sample of {} to {}", file.name, escape::path(&path)), &error)
        };
        let beginning = file.beginning(bytes).map_err(|error| error.within(&file.name))?;
        let mut out = File::create_new(&path).map_err(cannot)?;
        out.write_all(&beginning).map_err(cannot)?;
        out.write_all(ending.as_bytes()).map_err(cannot)?;
        Ok(SampleFile { path, _folder: folder })
    }
}
