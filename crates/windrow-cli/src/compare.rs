//! `windrow compare`: two answers, equal or not, and why.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use windrow::CleanCounts;
use windrow::Kept;
use windrow::ResultFiles;
use windrow::RoleMap;
use windrow::Zone;
use windrow::delta::DeltaTable;
use windrow::engine::choice::EngineChoice;
use windrow::job::ReportSpec;
use windrow::publish::delta::PublishedTable;
use windrow::source::are_no_pipes;
use windrow::text::escape;
use windrow::text::number::counted;
use windrow::{CompareOptions, Comparison, JobAnswer, JobSide, Side};
use windrow::{Error, Result, RunOptions, Settings};

use crate::job_flags::JobFlags;
use crate::messages::Messages;
use crate::progress;
use crate::remedy;
use crate::settings::SettingsArgs;
use crate::table_output::{print, print_json};
use crate::work::{Purpose, Work};

const EXAMPLES: &str = "\
Examples:
  windrow compare old/windows job.toml
  windrow compare old.parquet job.toml --report ten_minutes --zone Europe/Berlin
  windrow compare old.csv new.csv --map window.start=ts,Open=opened,Close=closed
  windrow compare yesterday.json today.json --format json
  windrow compare job.toml@embedded job.toml@sc://spark:15002

Exit codes: 0 equal, 3 not equal, 2 it is not clear what to compare.";

/// Compare two results, or a result with the output of an existing job
///
/// A window that one side lacks counts as a window without events. Means are compared if both sides have them.
/// If one side is a job, its inputs are read again to find the rule that explains the differences.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// JOB.toml, JOB.toml@ENGINE, a result (.csv, .json, .ndjson, .parquet), a folder of part files, or a Delta table
    a: PathBuf,
    /// What to compare it with, in the same forms
    b: PathBuf,
    /// What the columns mean: window.start=COLUMN, window.end=, mean=, VALUE=; or KEY= and count= [default: found by their usual names]
    #[arg(long, value_name = "NAME=COLUMN,...")]
    map: Vec<String>,
    /// Zone of times without an offset in results [default: that of the job's report, else UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// The report to compare, if there are several
    #[arg(long, value_name = "NAME")]
    report: Option<String>,
    /// How many differing windows to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Format of the outcome on stdout
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: OutcomeFormat,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutcomeFormat {
    /// Text
    Text,
    /// One JSON object
    Json,
}

/// Runs it.
pub(crate) fn run(args: &CompareArgs, messages: &Messages) -> Result<()> {
    let settings = args.settings.settings(messages)?;
    let options = CompareOptions {
        map: RoleMap::parse(&args.map).map_err(|error| error.within("--map"))?,
        zone: args.zone.as_deref().map(Zone::parse).transpose()?,
        limit: args.limit,
        held: windrow::ROWS_HELD,
    };
    let mut opened = Vec::new();
    for path in [&args.a, &args.b] {
        opened.push(args.open(path, &settings, messages)?);
    }
    let mut sides = opened.iter().map(OpenedSide::side);
    let (Some(a), Some(b)) = (sides.next(), sides.next()) else {
        return Err(Error::bug("two sides are one"));
    };
    let (a, b) = (a?, b?);
    // To find causes the inputs are read again, perhaps several times.
    settings.progress.restart();
    let draw = messages.may_draw() && !args.settings.no_progress;
    let comparison =
        progress::shown(draw, &settings.progress, || windrow::compare([a, b], &options, &settings))?;
    for note in &comparison.notes {
        match note.strip_prefix("warning: ") {
            Some(warning) => messages.warn(warning),
            None => messages.note(note),
        }
    }
    args.publish(&comparison)?;
    if comparison.equal {
        return Ok(());
    }
    let [a, b] = &comparison.names;
    Err(Error::data(format!("{a} and {b} are not equal: {}", comparison.extent())).with_help(match comparison.causes.as_slice() {
        [] => "what is behind them: --limit shows more windows; with JOB.toml as one side, the lines of the inputs too",
        _ => "the causes stand above, on stdout",
    }))
}

/// A side, with what it borrows from.
enum OpenedSide {
    Result(ResultFiles),
    Job(Box<OpenedJob>),
}

struct OpenedJob {
    name: String,
    work: Work,
    report: usize,
    counts: Option<Arc<CleanCounts>>,
    published: Option<DeltaTable>,
    refused: BTreeSet<String>,
}

impl CompareArgs {
    fn open(&self, operand: &Path, settings: &Settings, messages: &Messages) -> Result<OpenedSide> {
        let (path, choice) = with_engine(operand)?;
        if path.extension().is_none_or(|ending| ending != "toml") {
            return Ok(OpenedSide::Result(ResultFiles::find(&path, self.report.as_deref())?));
        }
        let mut work = Work::open(
            std::slice::from_ref(&path),
            (&JobFlags::default(), choice.clone()),
            &[],
            Purpose::Count,
            messages,
        )?;
        are_no_pipes(&work.listing.files, "compare reads its inputs more than once")?;
        let report = self.report_of(&work.job.reports, &path)?;
        if work.job.output.is_some() && choice.is_none() {
            let Kept { store, ledger } =
                Kept::open(&work.job).map_err(|error| remedy::worded(error, Some(&path)))?;
            let spec = &work.job.reports[report];
            let published = PublishedTable::open(&store, spec, &work.job.source.keys)?;
            let shows_it = |published: &PublishedTable| published.ledger_version(ledger.id()).is_some();
            let Some(published) = published.filter(shows_it) else {
                return Err(Error::usage(format!("{}: nothing is published yet", escape::path(&path)))
                    .with_help(format!("run it first: windrow run {}", escape::path(&path))));
            };
            let counted: BTreeSet<_> =
                ledger.rows().filter(|row| row.contribution.is_some()).map(|row| row.file.clone()).collect();
            let files = work.listing.files.iter().filter(|file| !counted.contains(&file.identity));
            let refused = files.map(|file| file.name.clone()).collect();
            let published = Some(published.table().clone());
            let name = escape::path(path);
            return Ok(OpenedSide::Job(Box::new(OpenedJob {
                name,
                work,
                report,
                counts: None,
                published,
                refused,
            })));
        }
        work.job.output = None;
        // Other reports would only make panes narrower.
        work.job.reports = vec![work.job.reports.swap_remove(report)];
        let (name, engine) = match choice {
            Some(choice) => (format!("{}@{choice}", escape::path(&path)), choice.open(&work.job.engine)?),
            None => (escape::path(path), self.settings.engine(&work.job)?),
        };
        let draw = messages.may_draw() && !self.settings.no_progress;
        let options = RunOptions { engine: Some(&*engine), ..RunOptions::default() };
        let outcome = work.run(settings, options, draw)?;
        for refused in outcome.refused() {
            messages.warn(&format!("refused {}: {}", refused.file, refused.reason));
        }
        if let Some(failure) = outcome.failure() {
            return Err(remedy::worded(failure.clone(), work.job_file.as_deref()));
        }
        let refused = outcome.refused().map(|refused| refused.file.to_owned()).collect();
        Ok(OpenedSide::Job(Box::new(OpenedJob {
            name,
            work,
            report: 0,
            counts: Some(outcome.counts()?),
            published: None,
            refused,
        })))
    }

    fn report_of(&self, reports: &[ReportSpec], path: &Path) -> Result<usize> {
        let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
        match &self.report {
            None if reports.len() == 1 => Ok(0),
            None => Err(Error::usage(format!("{} has several reports", escape::path(path)))
                .with_help(format!("choose one: --report {}", names.join(" | ")))),
            Some(name) => names.iter().position(|own| own == name).ok_or_else(|| {
                Error::usage(format!("--report {name}: {} has no such report", escape::path(path)))
                    .with_help(format!("name one of {}", names.join(", ")))
            }),
        }
    }

    fn publish(&self, comparison: &Comparison) -> Result<()> {
        match self.format {
            OutcomeFormat::Text => match comparison.windows_left_out() {
                0 => print(&comparison.to_string()),
                more => print(&format!("{comparison}… {} more: --limit\n", counted(more, "window"))),
            },
            OutcomeFormat::Json => print_json(comparison),
        }
    }
}

/// `JOB.toml@ENGINE` as a job file and the engine that counts it; a job with a ledger is then counted anew. Any other
/// operand, and a file that has such a name, is itself.
fn with_engine(operand: &Path) -> Result<(PathBuf, Option<EngineChoice>)> {
    let text = operand.to_string_lossy();
    let Some((job, engine)) = text.rsplit_once(".toml@").filter(|_| !operand.exists()) else {
        return Ok((operand.to_owned(), None));
    };
    let job = PathBuf::from(format!("{job}.toml"));
    let choice = EngineChoice::parse(engine).map_err(|error| error.within(escape::path(&job)))?;
    Ok((job, Some(choice)))
}

impl OpenedSide {
    fn side(&self) -> Result<Side<'_>> {
        let job = match self {
            OpenedSide::Result(result) => return Ok(Side::Result(result.clone())),
            OpenedSide::Job(job) => job,
        };
        let answer = match (&job.counts, &job.published) {
            (Some(counts), _) => JobAnswer::Counted(counts.clone()),
            (None, Some(table)) => JobAnswer::Published(table),
            (None, None) => return Err(Error::bug("a job without an answer")),
        };
        Ok(Side::Job(JobSide {
            name: job.name.clone(),
            job: &job.work.job,
            report: &job.work.job.reports[job.report],
            answer,
            files: &job.work.listing.files,
            refused: job.refused.clone(),
        }))
    }
}
