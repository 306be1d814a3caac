//! `windrow plan`: what a run would read and make again, and why. No event is read, nothing is written.

use std::path::PathBuf;

use clap::Args;
use windrow::Forecast;
use windrow::publish::{Format, Screen, write_table};
use windrow::source::Unlisted;
use windrow::text::number::{counted, grouped, size};
use windrow::{Error, Inputs, Result, RunOptions};

use crate::job_flags::JobFlags;
use crate::ledger_run::AskedArgs;
use crate::messages::Messages;
use crate::table_output::{ExplanationFormat, print, print_json, screen};
use crate::terminal::Terminal;
use crate::work::{Work, not_listed};

/// How many of the folders that are not listed are shown.
const UNLISTED_SHOWN: usize = 5;

const EXAMPLES: &str = "\
Examples:
  windrow plan daily.toml
  windrow plan daily.toml --all
  windrow plan daily.toml --again 2024-01-01..2024-02-01
  windrow plan daily.toml --format json | jq .bytes";

/// Show what a run would read and which windows it would update, and why; no event is read
///
/// Exits with the code that the run would have if someone has to act first.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlanArgs {
    /// The job file, which must have [output]
    #[arg(value_name = "JOB.toml")]
    pub(crate) job: PathBuf,
    /// Format of the plan
    #[arg(long, value_enum, default_value_t)]
    format: ExplanationFormat,
    /// Show the whole table: all files, and their full text
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    asked: AskedArgs,
}

/// Runs it.
pub(crate) fn run(args: &PlanArgs, messages: &Messages) -> Result<()> {
    crate::work::job_alone(&args.job)?.required_output()?;
    let work = Work::open(
        std::slice::from_ref(&args.job),
        (&JobFlags::default(), None),
        &[],
        args.asked.purpose(),
        messages,
    )?;
    let options = RunOptions { asked: args.asked.asked(&work.job)?, ..RunOptions::default() };
    let forecast = windrow::plan(&work.job, Inputs::Listing(&work.listing), &options)?;
    let stop = forecast.stop.clone().map_or(Ok(()), Err);
    if args.format == ExplanationFormat::Json {
        return print_json(&forecast).and(stop);
    }
    let mut text = told(&forecast);
    text.push('\n');
    let mut table = Vec::new();
    let width = u16::try_from(Terminal::columns_of_text()).unwrap_or(u16::MAX);
    let screen = Screen { width, ..screen(args.all, true) };
    write_table(Format::Table, forecast.table(&work.job)?, &screen, &mut table)?;
    text += &String::from_utf8(table).map_err(|error| Error::bug(format!("a table: {error}")))?;
    print(&text).and(stop)
}

/// The plan in a few lines.
fn told(forecast: &Forecast) -> String {
    let mut text = match forecast.ledger_version {
        Some(version) => format!("{}: ledger version {version}\n", forecast.job),
        None => format!("{}: there is no ledger yet\n", forecast.job),
    };
    let files = counted(forecast.files.len() as u64, "file");
    text += &match (forecast.files_to_read, forecast.rows_about, forecast.seconds_about) {
        (0, _, _) => format!("{files}: nothing to read\n"),
        (n, Some(rows), Some(seconds)) => format!(
            "{files}: {} to read, {}, about {}, about {}\n",
            grouped(n),
            size(forecast.bytes),
            counted(rows, "row"),
            seconds_told(seconds)
        ),
        (n, _, _) => format!(
            "{files}: {} to read, {}; no past run tells how many rows that is and how long it takes\n",
            grouped(n),
            size(forecast.bytes)
        ),
    };
    if let Some(unlisted) = &forecast.unlisted {
        text += &not_listed_told(unlisted);
    }
    if forecast.files_refused > 0 && forecast.stop.is_none() {
        let files = counted(forecast.files_refused, "file");
        text += &format!("{files} will be refused, or stay so: the run ends with exit code 3\n");
    }
    if let Some(stop) = &forecast.stop {
        text += &format!(
            "the run will publish nothing and end with exit code {}: {stop}\n",
            stop.kind().exit_code()
        );
    }
    if let Some(why) = &forecast.may_stop {
        text += &format!(
            "the run may end with exit code 5: {why}; not if the files to read are these, renamed\n"
        );
    }
    for report in &forecast.reports {
        let windows = match report.windows {
            "none" => "no window is made again",
            "all" => "all windows are made again",
            _ => "some windows are made again",
        };
        text += &format!("report {}: {windows}: {}\n", report.report, report.why);
    }
    text
}

/// What is printed about folders that are not listed, the newest first.
fn not_listed_told(unlisted: &Unlisted) -> String {
    let mut text = not_listed(unlisted) + "\n";
    for folder in unlisted.folders.iter().rev().take(UNLISTED_SHOWN) {
        text += &format!("  {}: {}\n", folder.folder, counted(folder.files, "known file"));
    }
    if let Some(more @ 1..) = unlisted.folders.len().checked_sub(UNLISTED_SHOWN) {
        text += &format!("  and {} more, which --format json lists\n", grouped(more as u64));
    }
    text
}

/// As exact as it is known.
fn seconds_told(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "a second or less".to_owned(),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{:.0} min", s / 60.0),
    }
}
