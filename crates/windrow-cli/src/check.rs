//! `windrow check`: is the job right, is its source readable, and does a sample run through to a report? Nothing is published.

use std::path::PathBuf;

use clap::Args;
use windrow::{Inputs, Result, RunOptions, Stopwatch};

use crate::job_flags::JobFlags;
use crate::messages::Messages;
use crate::run::{say, show_rejects};
use crate::settings::SettingsArgs;
use crate::table_output::print;
use crate::work::{Purpose, Work};

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

/// Runs it.
pub(crate) fn run(args: &CheckArgs, messages: &Messages) -> Result<()> {
    let watch = Stopwatch::start();
    let settings = args.settings.settings(messages)?;
    let choice = args.settings.choice()?;
    let work = Work::open(&args.arguments, (&args.job_flags, choice), &[], Purpose::Check, messages)?;
    print(&work.listing.to_string())?;
    let engine = args.settings.engine(&work.job)?;
    let options = RunOptions { engine: Some(&*engine), started: Some(watch), ..RunOptions::default() };
    let checked = windrow::check(&work.job, Inputs::Listing(&work.listing), &settings, options);
    let (found, ending) = match checked {
        Ok(found) => (found, Ok(())),
        Err(failure) => (failure.found, Err(failure.error)),
    };
    found.notes().iter().for_each(|note| messages.note(note));
    if let Some(sample) = &found.sample {
        show_rejects(&sample.outcome, None, "windrow run with --rejects rejects.csv", messages);
    }
    ending?;
    if let Some(sample) = &found.sample {
        messages.note(&sample.to_string());
        say(&sample.outcome.summary(), &work, messages);
    }
    messages.note(found.verdict());
    Ok(())
}
