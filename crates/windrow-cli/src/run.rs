//! `windrow run`: counts, and publishes what it counted.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, ValueEnum};
use windrow::job::{Output, TableShape};
use windrow::publish::{self, AnswerOrigin, Format, RejectWriter, file::FileOut};
use windrow::storage::Stores;
use windrow::summary::{self, Failure, Summary};
use windrow::text::number::{counted, grouped, size};
use windrow::text::{escape, shell};
use windrow::{Error, Job, Kind, Outcome, Result, RunOptions, Settings};
use windrow::{FileOutcome, RejectSink, Stopwatch};

use crate::command_line::of_the_answer;
use crate::job_flags::{JobFlags, in_flags};
use crate::ledger_run::{self, KeptArgs};
use crate::messages::Messages;
use crate::output_paths::{self, OutputPath};
use crate::publish::PublishArgs;
use crate::rejects;
use crate::remedy;
use crate::settings::SettingsArgs;
use crate::work::Work;
use crate::{parts, saved, temporary};

const EXAMPLES: &str = "\
Examples:
  windrow run events.csv
  windrow run events.csv --case title --values Open,Close --top Open:10
  windrow run logs/ 'more/*.csv' --time ts --time-format epoch_ms --every 1h
  windrow run logs/ --every 1d --zone Europe/Berlin --save-job daily.toml
  windrow run daily.toml
  windrow run daily.toml new.csv --output new.parquet
  windrow run daily.toml --report daily --format json | jq .
  ssh host cat app.log.gz | windrow run - --every 1h

A job file says what is asked; flags then only say where the answer goes.";

/// Count events per window and publish the answer
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    /// JOB.toml, or files, folders, globs and - (standard input), or JOB.toml followed by files to apply it to
    #[arg(required = true, value_name = "JOB.toml | PATH")]
    pub(crate) arguments: Vec<PathBuf>,
    #[command(flatten)]
    job_flags: JobFlags,
    #[command(flatten)]
    answer: PublishArgs,
    /// Publish only this report of the job file
    #[arg(long, value_name = "NAME", help_heading = "Answer")]
    report: Option<String>,
    /// A column per named value (wide), or a row per window and value (long)
    #[arg(long, value_enum, help_heading = "Answer")]
    shape: Option<ShapeName>,
    /// Write all rejects to this file: .csv or .ndjson
    #[arg(long, value_name = "FILE", help_heading = "Answer")]
    rejects: Option<PathBuf>,
    /// Write the summary to this file, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Answer")]
    summary_json: Option<PathBuf>,
    /// Write the flags as a job file
    #[arg(long, value_name = "JOB.toml", help_heading = "Answer")]
    save_job: Option<PathBuf>,
    /// Let --save-job replace a file with other content
    #[arg(long, requires = "save_job", help_heading = "Answer")]
    force: bool,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShapeName {
    /// A column per named value
    Wide,
    /// A row per window and value
    Long,
}

/// Runs it.
pub(crate) fn run(args: &RunArgs, messages: &Messages) -> Result<()> {
    let watch = Stopwatch::start();
    let settings = args.settings.settings(messages)?;
    let outputs = args.outputs();
    let (format, reject_format, work) =
        args.open(&outputs, messages).inspect_err(|_| output_paths::clear_own(&outputs, &args.arguments))?;
    output_paths::clear(&outputs, &work.job.stores())?;
    messages.detail(&listed(&work, &watch));
    if let Some(output) = work.job.output.clone() {
        return args.run_kept(&work, &output, reject_format, (&settings, watch), messages);
    }
    if let Some(flag) = args.kept.given().first() {
        return Err(Error::usage(format!("{flag} is for a job with a ledger, and this one keeps none"))
            .with_help("leave it out, or keep a ledger: --keep DIR, or [output] in a job file"));
    }
    publish::check(format, &work.job)?;
    if let Some(path) = &args.save_job {
        saved::save(path, &work, args.force, messages)?;
    }
    let outcome = match args.count(&work, reject_format, (&settings, watch), messages) {
        Ok(outcome) => outcome,
        Err(error) => return args.failed(&work, error),
    };
    let counted_s = watch.elapsed().as_secs_f64();
    if let Some(failure) = outcome.failure() {
        args.tell(&outcome, Some(failure.clone()), &work, messages)?;
        return Err(failure.clone());
    }
    let origin = if format == Format::Html { origin(&outcome) } else { AnswerOrigin::default() };
    args.answer.publish(
        format,
        outcome.reports()?,
        &outcome.summary(),
        &origin,
        (&settings.stop, &work.job.stores()),
    )?;
    let ending =
        outcome.error().map(|error| error.within("the answer was published without the refused files"));
    args.tell(&outcome, ending.clone(), &work, messages)?;
    let published_s = watch.elapsed().as_secs_f64() - counted_s;
    messages.detail(&format!("listed and counted in {counted_s:.2} s, published in {published_s:.2} s"));
    ending.map_or(Ok(()), Err)
}

/// The summary with the error that the program ends with, in the words of those who asked.
fn summed_up(outcome: &Outcome, ending: Option<&Error>, work: &Work) -> Summary {
    let job_file = work.job_file.as_deref();
    let mut summary = outcome.summary();
    summary.error = ending.map(|error| Failure::of(&remedy::worded(error.clone(), job_file)));
    for (file, refused) in summary.files_refused.iter_mut().zip(outcome.refused()) {
        file.help = refused.help.map(|help| remedy::words(help, job_file));
    }
    summary
}

/// Where an answer comes from.
fn origin(outcome: &Outcome) -> AnswerOrigin {
    let given = crate::given();
    let inputs = outcome.files.iter().map(|file| file.name.clone()).collect();
    let rows = outcome.files.iter().map(|file| file.tally.read).collect();
    AnswerOrigin { command: Some(of_the_answer(given, &crate::Cli::command())), inputs, rows }
}

/// Says what was done, and in which zone times without an offset were read.
pub(crate) fn say(summary: &Summary, work: &Work, messages: &Messages) {
    if summary.rows.read == summary.rows.ignored && summary.files_refused.is_empty() {
        messages.warn("no input has a row: the answer is empty");
    }
    messages.summary(summary);
    if summary.without_offset > 0 {
        let zone = &work.job.source.time.zone;
        let without = grouped(summary.without_offset);
        messages.note(&format!("times without an offset: {without}, read in {zone}"));
    }
}

/// Shows the first rejects, and where all of them are: in `written_to`, else `seen_by` shows them.
pub(crate) fn show_rejects(outcome: &Outcome, written_to: Option<&Path>, seen_by: &str, messages: &Messages) {
    for (file, reject) in outcome.rejects() {
        messages.note(&format!("rejected {}", reject.shown(file)));
    }
    let advice = outcome.advice_on_rejects();
    advice.iter().for_each(|text| messages.note(&format!("  help: {text}")));
    // A ledger keeps only those of files that count.
    let of_refused =
        if outcome.ledger_version.is_none() { outcome.refused_tally.rejected_total() } else { 0 };
    let all = outcome.tally.rejected_total() + of_refused;
    match written_to {
        Some(path) if all > 0 => {
            messages.note(&format!("all {} rejects: {}", grouped(all), escape::path(path)));
        }
        None if all > outcome.rejects().len() as u64 => {
            messages.note(&format!("to see all {}: {seen_by}", grouped(all)));
        }
        _ => {}
    }
}

impl RunArgs {
    /// Where the answer goes.
    pub(crate) fn output_mut(&mut self) -> &mut Option<PathBuf> {
        &mut self.answer.output
    }

    /// Refuses several reports in one table, and files of reports that are inputs or written for something else.
    fn check_parts(&self, format: Format, work: &Work) -> Result<()> {
        let output = self.answer.output.as_deref();
        parts::check(format, output, &work.job)?;
        let Some(output) = output.filter(|output| parts::is_pattern(output)) else { return Ok(()) };
        let files: Vec<PathBuf> =
            work.job.reports.iter().map(|report| parts::file_of(output, &report.name)).collect();
        let outputs: Vec<OutputPath> =
            files.iter().map(|path| OutputPath { flag: "--output", path }).collect();
        let others = self.outputs().into_iter().filter(|output| output.flag != "--output");
        output_paths::can_be_written(&[&outputs[..], &others.collect::<Vec<_>>()].concat())?;
        output_paths::are_no_inputs(&outputs, work.inputs())
    }

    /// What is asked, before anything is counted.
    fn open(&self, outputs: &[OutputPath], messages: &Messages) -> Result<(Format, Option<Format>, Work)> {
        output_paths::can_be_written(outputs)?;
        self.save_job.as_deref().map(saved::check_name).transpose()?;
        let format = self.answer.format()?;
        let reject_format = self.rejects.as_deref().map(rejects::format_of).transpose()?;
        let choice = self.settings.choice()?;
        let purpose = self.kept.purpose();
        let mut work = Work::open(&self.arguments, (&self.job_flags, choice), outputs, purpose, messages)?;
        if work.job.output.is_none() {
            self.choose_reports(&mut work)?;
            self.answer.check_view(format, &work.job)?;
            self.check_parts(format, &work)?;
        }
        Ok((format, reject_format, work))
    }

    /// Leaves a summary of a run that ended before it had an outcome; one that was stopped leaves nothing.
    fn failed(&self, work: &Work, error: Error) -> Result<()> {
        if let Some(path) = &self.summary_json
            && !matches!(error.kind(), Kind::Interrupted | Kind::Terminated)
        {
            let worded = remedy::worded(error.clone(), work.job_file.as_deref());
            write_json(path, &Summary::failed(&work.job, &worded), &work.job)?;
        }
        Err(error)
    }

    /// A run that keeps a ledger and publishes there.
    fn run_kept(
        &self,
        work: &Work,
        output: &Output,
        format: Option<Format>,
        (settings, watch): (&windrow::Settings, Stopwatch),
        messages: &Messages,
    ) -> Result<()> {
        let job_file = work.job_file.clone().unwrap_or_else(|| output.path.join(saved::KEPT_AS));
        let flags = [
            ("--output", self.answer.output.is_some()),
            ("--format", self.answer.is_formatted()),
            ("--view", self.answer.has_view()),
            ("--report", self.report.is_some()),
            ("--shape", self.shape.is_some()),
            ("--save-job", self.save_job.is_some()),
        ];
        if let Some((flag, _)) = flags.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Error::usage(format!(
                "{flag}: this job publishes to {}",
                escape::path(&output.path)
            ))
            .with_help(format!(
                "leave it out; to see the answer: windrow show {} windows",
                shell::word(&job_file)
            )));
        }
        if work.job_file.is_none() {
            saved::keep(output, work, messages)?;
        }
        let outputs = self.rejects.as_deref().zip(format);
        let stores = work.job.stores();
        let mut writer = outputs.map(|(path, format)| reject_file(path, format, &stores)).transpose()?;
        let sink = writer.as_mut().map(|writer| writer as &mut dyn RejectSink);
        let engine = self.settings.engine(&work.job)?;
        let draw = messages.may_draw() && !self.settings.no_progress;
        let how = ledger_run::RunSettings { job_file: &job_file, engine: &*engine, settings, watch, draw };
        let mut halted = None;
        let mut on_halt = |outcome: &Outcome| halted = Some(summed_up(outcome, outcome.failure(), work));
        let kept = ledger_run::run(&self.kept, work, how, sink, &mut on_halt, messages);
        match writer {
            Some(writer) if settings.stop.check().is_ok() => writer.into_inner().finish()?,
            _ => {}
        }
        let (summary, ending) = match kept {
            Ok(kept) => {
                let ending = kept.ending();
                (summed_up(&kept.done, ending.as_ref().err(), work), ending)
            }
            Err(error) => match halted {
                Some(summary) => (summary, Err(error)),
                None => return self.failed(work, error),
            },
        };
        messages.record(&summary);
        if let Some(path) = &self.summary_json {
            write_json(path, &summary, &work.job)?;
        }
        ending
    }

    fn choose_reports(&self, work: &mut Work) -> Result<()> {
        if let Some(name) = &self.report {
            work.job.report(name).map_err(|error| error.within(format!("--report {name}")))?;
            let reports = &mut work.job.reports;
            reports.retain(|report| report.name == *name);
        }
        let shape = self.shape.map(|shape| match shape {
            ShapeName::Wide => TableShape::Wide,
            ShapeName::Long => TableShape::Long,
        });
        let reports = &mut work.job.reports;
        if let Some(shape) = shape {
            let shaped = reports.drain(..).map(|report| report.in_shape(shape));
            *reports = shaped.collect::<Result<_, _>>().map_err(|fault| match &work.job_file {
                Some(_) => Error::from(fault).within("--shape"),
                None => in_flags(fault),
            })?;
        }
        match (&self.save_job, &work.job_file) {
            (Some(_), Some(job)) => {
                Err(Error::usage(format!("--save-job: {} is the job", escape::path(job)))
                    .with_help("copy it, or leave it out and say what it says with flags"))
            }
            _ => Ok(()),
        }
    }

    fn outputs(&self) -> Vec<OutputPath<'_>> {
        let outputs = [
            ("--output", &self.answer.output),
            ("--rejects", &self.rejects),
            ("--summary-json", &self.summary_json),
            ("--save-job", &self.save_job),
        ];
        outputs
            .into_iter()
            .filter_map(|(flag, path)| Some(OutputPath { flag, path: path.as_deref()? }))
            .collect()
    }

    /// Counts, with a progress bar and with the rejects written as they come, also those of a run that fails.
    fn count(
        &self,
        work: &Work,
        format: Option<Format>,
        (settings, watch): (&Settings, Stopwatch),
        messages: &Messages,
    ) -> Result<Outcome> {
        let outputs = self.rejects.as_deref().zip(format);
        let stores = work.job.stores();
        let mut writer = outputs.map(|(path, format)| reject_file(path, format, &stores)).transpose()?;
        let rejects = writer.as_mut().map(|writer| writer as &mut dyn RejectSink);
        let engine = self.settings.engine(&work.job)?;
        let draw = messages.may_draw() && !self.settings.no_progress;
        let options =
            RunOptions { engine: Some(&*engine), rejects, started: Some(watch), ..RunOptions::default() };
        let outcome = work.run(settings, options, draw);
        // A run that was stopped leaves nothing; one that failed leaves the rejects that it has found.
        let finished = match writer {
            Some(writer) if settings.stop.check().is_ok() => writer.into_inner().finish(),
            _ => Ok(()),
        };
        let outcome = outcome?;
        finished.map(|()| outcome)
    }

    /// Says what was done.
    fn tell(&self, outcome: &Outcome, ending: Option<Error>, work: &Work, messages: &Messages) -> Result<()> {
        let summary = summed_up(outcome, ending.as_ref(), work);
        outcome.files.iter().for_each(|file| messages.detail(&of_file(file)));
        show_rejects(outcome, self.rejects.as_deref(), "--rejects rejects.csv", messages);
        say(&summary, work, messages);
        match &self.summary_json {
            Some(path) => write_json(path, &summary, &work.job),
            None => Ok(()),
        }
    }
}

/// What was listed.
fn listed(work: &Work, watch: &Stopwatch) -> String {
    let files = &work.listing.files;
    let bytes = files.iter().map(|file| file.version.size_bytes).sum();
    let listed_s = watch.elapsed().as_secs_f64();
    format!("inputs: {}, {}; listed in {listed_s:.2} s", counted(files.len() as u64, "file"), size(bytes))
}

/// Where the rows of a file went.
fn of_file(file: &FileOutcome) -> String {
    let refused = if file.refused.is_some() { "; refused" } else { "" };
    format!("{}: {}{refused}", file.name, summary::Rows::of(&file.tally))
}

fn reject_file(path: &Path, format: Format, stores: &Stores) -> Result<RejectWriter<FileOut>> {
    RejectWriter::new(temporary::create(path, stores)?, format, escape::path(path))
}

fn write_json(path: &Path, summary: &impl serde::Serialize, job: &Job) -> Result<()> {
    let text = serde_json::to_string_pretty(summary)
        .map_err(|error| Error::bug(format!("the summary as JSON: {error}")))?;
    let mut file = temporary::create(path, &job.stores())?;
    file.write_all((text + "\n").as_bytes())
        .map_err(|error| Error::output(format!("cannot write {}", escape::path(path)), &error))?;
    file.finish()
}
