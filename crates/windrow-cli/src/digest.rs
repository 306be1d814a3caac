//! `windrow digest`: one hash by which two answers are compared.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use windrow::Stopwatch;
use windrow::publish::digest;
use windrow::text::number::counted;
use windrow::{Answer, Error, Inputs, ReportData, Result, RunOptions};

use crate::job_flags::JobFlags;
use crate::messages::Messages;
use crate::run::{say, show_rejects};
use crate::settings::SettingsArgs;
use crate::stdout::Stdout;
use crate::work::{self, Purpose, Work};

const EXAMPLES: &str = "\
Examples:
  windrow digest daily.toml
  windrow digest daily.toml yesterday.csv today.csv
  windrow digest daily.toml --csv | head";

/// Print the hash of a job's answer: equal answers have equal hashes
///
/// The hash is the SHA-256 of the answer as canonical CSV: for each report a line `# report NAME`, then its counts other than
/// zero, a row per window and values, sorted, times in UTC. For a job with [output] it is computed from the ledger: no
/// event is read.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DigestArgs {
    /// JOB.toml, optionally followed by files to apply it to instead of its own
    #[arg(required = true, value_name = "JOB.toml | PATH")]
    pub(crate) arguments: Vec<PathBuf>,
    /// Print the canonical CSV itself
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    job_flags: JobFlags,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Runs it.
pub(crate) fn run(args: &DigestArgs, messages: &Messages) -> Result<()> {
    let watch = Stopwatch::start();
    let settings = args.settings.settings(messages)?;
    if let [job_file] = args.arguments.as_slice()
        && work::is_job_file(job_file)
    {
        args.job_flags.leaves(job_file)?;
        let job = work::job_alone(job_file)?;
        if job.output.is_some() {
            let answer = Answer::of(&job, Inputs::Listed, &settings, RunOptions::default())?;
            if let Answer::Kept { version, events, files, .. } = &answer {
                let (events, files) = (counted(*events, "event"), counted(*files, "file"));
                messages.note(&format!("from the ledger, version {version}: {events} of {files}"));
            }
            return args.print(answer.reports()?);
        }
    }
    let choice = args.settings.choice()?;
    let work = Work::open(&args.arguments, (&args.job_flags, choice), &[], Purpose::Count, messages)?;
    let engine = args.settings.engine(&work.job)?;
    let draw = messages.may_draw() && !args.settings.no_progress;
    let options = RunOptions { engine: Some(&*engine), started: Some(watch), ..RunOptions::default() };
    let outcome = work.run(&settings, options, draw)?;
    show_rejects(&outcome, None, "windrow run with --rejects rejects.csv", messages);
    let reports = outcome.reports()?;
    say(&outcome.summary(), &work, messages);
    args.print(reports)?;
    let partly = |error: Error| error.within("the hash is of the answer without the refused files");
    outcome.error().map_or(Ok(()), |error| Err(partly(error)))
}

impl DigestArgs {
    fn print(&self, reports: &[ReportData]) -> Result<()> {
        let mut out = Stdout::open()?;
        let written = if self.csv {
            digest::write_canonical(reports, &mut out)
        } else {
            let hash = digest::digest(reports)?;
            writeln!(out, "{hash}").map_err(|error| Error::output("cannot write to stdout", &error))
        };
        let flushed = out.flush().map_err(|error| Error::output("cannot write to stdout", &error));
        out.finish(written.and(flushed))
    }
}
