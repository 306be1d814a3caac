//! Checking: is a job right, are its inputs readable, and does a sample run through to its reports? Nothing is published.

use std::fmt;
use std::path::Path;

use crate::engine::Engine;
use crate::engine::choice::{EngineChoice, reaching};
use crate::engine::embedded::Embedded;
use crate::error::{Code, Error, Result};
use crate::event::TimeReader;
use crate::format::InputFormat;
use crate::format::csv::{Sample, mismatch};
use crate::format::json::ObjectShape;
use crate::increment::Plan;
use crate::job::{Job, Output, ReportSpec};
use crate::ledger::Ledger;
use crate::publish::file::{FileOut, remove_object};
use crate::run::{self, Inputs, Outcome, RunOptions, RunRequest, run_with, store_of};
use crate::settings::Settings;
use crate::sniff::{self, NamedByUser};
use crate::source::{InputFile, are_no_pipes, fetched_to_look};
use crate::text::escape;
use crate::text::number::counted;
use crate::wait;

/// What a check has found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Checked {
    /// The output, if the job has one.
    pub output: Option<CheckedOutput>,
    /// The engine that answered, and where, if it is not always available.
    pub engine: Option<String>,
    /// What the engine does in a slow way.
    pub slow: Vec<String>,
    /// The sample that was counted, if there is an input.
    pub sample: Option<CheckedSample>,
}

/// An output that can be written, and agrees with the job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckedOutput {
    /// Where it is, for people.
    pub shown: String,
    /// The version of the ledger and what a run would read, if there is a ledger.
    pub ledger: Option<(u64, Plan)>,
}

/// The first rows of an input, counted.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedSample {
    /// The name of the input.
    pub file: String,
    /// What came of them.
    pub outcome: Outcome,
}

/// What is wrong, and what was found before.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckFailure {
    /// What is wrong.
    pub error: Error,
    /// What was found before.
    pub found: Checked,
}

impl From<Box<CheckFailure>> for Error {
    fn from(failure: Box<CheckFailure>) -> Self {
        failure.error
    }
}

/// The most errors of files that are shown.
const ERRORS_SHOWN: usize = 50;

/// Checks whether [`run_with`] would do: whether the output can be written and the ledger agrees, whether all inputs have the columns, and
/// whether the engine answers. Then it counts a sample here; `options.rejects` takes its rejects.
///
/// # Errors
/// What a run would end with, and what was found before that.
pub fn check(
    job: &Job,
    inputs: Inputs<'_>,
    settings: &Settings,
    options: RunOptions<'_>,
) -> Result<Checked, Box<CheckFailure>> {
    let mut found = Checked::default();
    match wait::outside_runtime(|| found.check(job, inputs, settings, options)) {
        Ok(()) => Ok(found),
        Err(error) => Err(Box::new(CheckFailure { error, found })),
    }
}

impl Checked {
    fn check(
        &mut self,
        job: &Job,
        inputs: Inputs<'_>,
        settings: &Settings,
        options: RunOptions<'_>,
    ) -> Result<()> {
        let job = &*reaching(job, None);
        let job = &*job.with_lookups(&settings.stop)?;
        let store = inputs.store(job, &options)?;
        let files = &*inputs.files(job, store.as_ref(), &options.asked)?.files;
        are_no_pipes(files, "check would use up rows that the run needs")?;
        let opened;
        let engine: &dyn Engine = match options.engine {
            Some(engine) => engine,
            None => {
                opened = EngineChoice::opened(None, &job.engine)?;
                &*opened
            }
        };
        self.output = job.output.as_ref().map(|output| check_output(job, output, files)).transpose()?;
        check_headers(job, files)?;
        self.engine = engine.probe(job, files, settings)?;
        self.slow = engine.notes(job);
        if files.is_empty() {
            return Ok(());
        }
        let sample = sample_of(job, files)?;
        let file = files.iter().find(|file| file.name == sample.file);
        let file = file.ok_or_else(|| Error::bug("the sample is of no input"))?;
        let beginning = [beginning_of(file, &sample)?];
        let once = Job { output: None, ..job.clone() };
        let options = RunOptions { engine: Some(&Embedded), asked: RunRequest::default(), ..options };
        let outcome = run_with(&once, Inputs::Files(&beginning), settings, options)?;
        let CheckedSample { outcome, .. } = self.sample.insert(CheckedSample { file: sample.file, outcome });
        if let Some(failure) = outcome.failure() {
            // What helps is said of the input, not of its beginning.
            let is_mismatch = outcome.has_counted_nothing() && !outcome.has_no_readable_time();
            let time = TimeReader::new(&job.source.time).ok().filter(|_| is_mismatch);
            let of_input = time.and_then(|time| mismatch(file, &job.source.csv, &time));
            return Err(of_input.unwrap_or_else(|| failure.clone()));
        }
        outcome.reports().map(drop)
    }

    /// What was found, for people, without the sample.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(CheckedOutput { shown, ledger }) = &self.output {
            let can = format!("output: {shown} can be written");
            match ledger {
                None => notes.push(format!("{can}; there is no ledger yet")),
                Some((version, plan)) => {
                    notes.push(format!("{can}; ledger version {version} agrees with the job"));
                    notes.push(format!("a run would find {plan}"));
                }
            }
        }
        notes.extend(
            self.engine.iter().map(|answered| format!("engine: {answered}; the sample is read here")),
        );
        notes.extend(self.slow.iter().cloned());
        notes
    }

    /// That all is well, for people.
    pub fn verdict(&self) -> &'static str {
        match self.sample {
            Some(_) => "ok: nothing was published",
            None => "ok: there are no files to check; nothing was published",
        }
    }
}

impl fmt::Display for CheckedSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = match self.outcome.summary().rows.read {
            1 => "row".to_owned(),
            n => counted(n, "row"),
        };
        write!(f, "sample: the first {rows} of {}", self.file)
    }
}

/// Whether the output folder can be written, and whether what is kept there agrees with the job.
fn check_output(job: &Job, output: &Output, files: &[InputFile]) -> Result<CheckedOutput> {
    let shown = escape::path(&output.path).to_string();
    can_be_written(job, output)
        .map_err(|error| error.within(format!("the output {shown} cannot be written")))?;
    let ledger = match Ledger::open(&store_of(job, output)?)? {
        Some(ledger) => {
            let plan = run::plan(job, files, Some(&ledger), &RunRequest::default())?;
            Some((ledger.version(), plan))
        }
        None => None,
    };
    Ok(CheckedOutput { shown, ledger })
}

fn can_be_written(job: &Job, output: &Output) -> Result<()> {
    let stores = job.stores();
    let there = match output.is_remote() {
        true => Some(&*output.path),
        false => output.path.ancestors().find(|folder| folder.exists()),
    };
    let folder = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = folder.join(format!(".windrow-check-{}", std::process::id()));
    let file = FileOut::create(&probe, &stores)?;
    // An object is seen once it is complete; a file that is not leaves nothing.
    if output.is_remote() {
        file.finish()?;
        remove_object(&probe, &stores)?;
    }
    Ok(())
}

/// Whether every file has a header with the job's columns; all that have not are named.
fn check_headers(job: &Job, files: &[InputFile]) -> Result<()> {
    let source = &job.source;
    let wanted = NamedByUser {
        time: Some(&source.time.column),
        rules: &source.time,
        keys: &source.keys,
        measures: job.reports.iter().flat_map(ReportSpec::measures_asked).collect(),
        values_named: false,
        made: &source.made(),
        named: &source.named_in_expressions(),
    };
    let mut wrong: Vec<Error> = Vec::new();
    for file in fetched_to_look(&files.iter().collect::<Vec<_>>()) {
        let sample = Sample::of(file, source.format, &source.csv, 0);
        let checked = sample.and_then(|sample| sniff::choose(&sample, &wanted));
        wrong.extend(checked.err());
    }
    match wrong.as_slice() {
        [] => Ok(()),
        [only] => Err(only.clone()),
        [first, ..] => {
            let lines: String =
                wrong.iter().take(ERRORS_SHOWN).map(|error| format!("\n    {error}")).collect();
            let error = Error::new(first.kind(), format!("{} files would be refused:{lines}", wrong.len()))
                .with_code(Code::FilesRefused)
                .caused_by(first.clone());
            let help = first.help().cloned();
            Err(error.with_help(help.unwrap_or_else(|| "correct them, or leave them out".into())))
        }
    }
}

/// The sample of the first file that has the columns of the job, or else of any.
fn sample_of(job: &Job, files: &[InputFile]) -> Result<Sample> {
    let source = &job.source;
    let has_columns =
        |header: &[String]| source.time.columns().chain(&source.keys).all(|column| header.contains(column));
    Sample::of_first(files, source.format, &source.csv, &has_columns)
}

/// The part of a file that a sample was taken of, in memory. A file that is not read in order is taken whole.
fn beginning_of(file: &InputFile, sample: &Sample) -> Result<InputFile> {
    if !matches!(sample.format, InputFormat::Csv | InputFormat::Json | InputFormat::Text) {
        return Ok(file.clone());
    }
    let mut bytes = file.beginning(sample.bytes + 1).map_err(|error| error.within(&file.name))?;
    if bytes.len() as u64 > sample.bytes {
        bytes.truncate(sample.bytes as usize);
        if sample.shape == Some(ObjectShape::Array) {
            bytes.push(b']');
        }
    }
    Ok(file.holding(bytes))
}
