//! `windrow show`: the tables behind a job.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use windrow::delta::Store;
use windrow::inspect::{self, Starts};
use windrow::job::{ReportSpec, TableShape};
use windrow::ledger::Ledger;
use windrow::publish::{self, Format};
use windrow::{Error, Job, ReportData, Result, View};

use crate::ledger_run;
use crate::messages::Messages;
use crate::output_paths::{self, OutputPath, ReadPaths};
use crate::run::ShapeName;
use crate::table_output::SheetArgs;
use crate::work;

const EXAMPLES: &str = "\
Examples:
  windrow show daily.toml windows
  windrow show daily.toml windows --report daily --shape wide --output daily.csv
  windrow show daily.toml rejects --file logs/2024-01-31.csv
  windrow show daily.toml changes --from 2024-01-31 --to 2024-02-01
  windrow show daily.toml runs --format json | jq '.[-1]'";

/// Show the tables behind a job: published windows, rejects, files, runs, changes
///
/// Shows current rows only: rejects of files that have been fixed are not listed. Text shows times in the report's zone with their offset, Parquet has UTC.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowArgs {
    /// The job file, which must have [output]
    #[arg(value_name = "JOB.toml")]
    pub(crate) job: PathBuf,
    /// Which table
    #[arg(value_enum, value_name = "TABLE")]
    table: TableName,
    /// windows, peaks, changes: only of this report
    #[arg(long, value_name = "NAME")]
    report: Option<String>,
    /// windows, changes: start with the window that contains this time
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// windows, changes: only windows that begin before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// rejects: only of this file
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// windows: a column per named value (wide), from the ledger; or the published rows (long)
    #[arg(long, value_enum)]
    shape: Option<ShapeName>,
    #[command(flatten)]
    sheet: SheetArgs,
}

impl ShowArgs {
    /// Where the answer goes.
    pub(crate) fn output_mut(&mut self) -> &mut Option<PathBuf> {
        self.sheet.output_mut()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TableName {
    /// The published windows, by time
    Windows,
    /// The windows that stand out, from the ledger, for the job's `peaks`
    Peaks,
    /// The rows that are not events, by file and line
    Rejects,
    /// The input files, by name
    Files,
    /// What each run did and how long it took, the newest last
    Runs,
    /// Published numbers that changed, and why, the newest last
    Changes,
}

/// Runs it.
pub(crate) fn run(args: &ShowArgs, messages: &Messages) -> Result<()> {
    let job = work::job_alone(&args.job)?;
    args.check_flags()?;
    let (store, ledger) = ledger_run::ledger(&job, &args.job)?;
    let format = args.sheet.format()?;
    args.check_output(&job)?;
    let reports: Vec<&ReportSpec> = match &args.report {
        Some(name) => vec![job.report(name)?],
        None => job.reports.iter().collect(),
    };
    let starts = Starts { from: args.from.as_deref(), to: args.to.as_deref() };
    let table = match args.table {
        TableName::Windows => {
            if args.shape == Some(ShapeName::Wide) {
                return args.wide(&job, &store, &ledger, &reports, format);
            }
            warn_of_stale(&job, &reports, &store, &ledger, messages)?;
            inspect::windows(&job, &store, &reports, starts)?
        }
        TableName::Peaks => return args.peaks(&job, &store, &ledger, &reports, format),
        TableName::Rejects => inspect::rejects(&job, &store, &ledger, args.file.as_deref())?,
        TableName::Files => inspect::files(&job, &ledger)?,
        TableName::Runs => {
            inspect::runs_lost(&store, &ledger)?.iter().for_each(|lost| messages.warn(lost));
            inspect::runs(&job, &store)?
        }
        TableName::Changes => {
            inspect::changes_untold(&job, &store, &reports)?.iter().for_each(|untold| messages.warn(untold));
            inspect::changes(&job, &store, &reports, starts)?
        }
    };
    args.sheet.write(format, table, &job.stores())
}

/// Says where a published table is not what the ledger says.
fn warn_of_stale(
    job: &Job,
    reports: &[&ReportSpec],
    store: &Store,
    ledger: &Ledger,
    messages: &Messages,
) -> Result<()> {
    for spec in reports {
        let standing = inspect::standing(job, spec, store, Some(ledger))?;
        if let Some(stale) = standing.stale(ledger.version()) {
            messages.warn(&format!("report {}: {stale}: run the job to bring it up to date", spec.name));
        }
    }
    Ok(())
}

impl ShowArgs {
    /// Refuses flags that the table does not know.
    fn check_flags(&self) -> Result<()> {
        let of_windows = [TableName::Windows, TableName::Changes];
        let of_reports = [TableName::Windows, TableName::Changes, TableName::Peaks];
        let flags: [(&str, bool, &[TableName]); 5] = [
            ("--report", self.report.is_some(), &of_reports),
            ("--from", self.from.is_some(), &of_windows),
            ("--to", self.to.is_some(), &of_windows),
            ("--file", self.file.is_some(), &[TableName::Rejects]),
            ("--shape", self.shape.is_some(), &[TableName::Windows]),
        ];
        let wrong = flags.into_iter().find(|(_, is_given, of)| *is_given && !of.contains(&self.table));
        let Some((flag, _, of)) = wrong else { return Ok(()) };
        let names: Vec<String> = of.iter().map(|name| format!("{name:?}").to_lowercase()).collect();
        let table = format!("{:?}", self.table).to_lowercase();
        Err(Error::usage(format!("{flag} is not for {table}"))
            .with_help(format!("it is for {}", names.join(" and "))))
    }

    /// Refuses a file that would be an input of the next run.
    fn check_output(&self, job: &Job) -> Result<()> {
        let Some(path) = self.sheet.output() else { return Ok(()) };
        let paths: Vec<PathBuf> = job.source.path.iter().map(PathBuf::from).collect();
        // Inputs that cannot be listed now are known by their paths alone.
        let files =
            windrow::source::list_present(&paths, &job.source.root, &job.source.endings(), &job.stores())
                .map_or(vec![], |listing| listing.files);
        let (source, root) = (&job.source, &job.source.root);
        let inputs = ReadPaths { paths: &paths, source, root, files: &files, job: Some(&self.job) };
        output_paths::are_no_inputs(&[OutputPath { flag: "--output", path }], inputs)
    }

    /// The windows that stand out, of the reports that ask for them.
    fn peaks(
        &self,
        job: &Job,
        store: &Store,
        ledger: &Ledger,
        reports: &[&ReportSpec],
        format: Format,
    ) -> Result<()> {
        let mut asking = job.clone();
        asking.reports =
            reports.iter().filter(|spec| spec.peaks.is_some()).map(|&spec| spec.clone()).collect();
        if asking.reports.is_empty() {
            return Err(Error::usage("no report of this job asks for peaks")
                .with_help("add `peaks = { limit = 10 }` to a report; nothing is read again for it"));
        }
        let reports = ReportData::of_job(&asking, &inspect::counts(job, store, ledger)?)?;
        self.sheet.write_with(&job.stores(), |screen, out| {
            publish::write_rows(format, &reports, View::Peaks, screen, out)
        })
    }

    /// The reports as a run without a ledger prints them, from the ledger.
    fn wide(
        &self,
        job: &Job,
        store: &Store,
        ledger: &Ledger,
        reports: &[&ReportSpec],
        format: Format,
    ) -> Result<()> {
        let within = |spec: &&ReportSpec| -> Result<ReportSpec> {
            let mut spec = (*spec)
                .clone()
                .in_shape(TableShape::Wide)
                .map_err(|fault| Error::from(fault).within("--shape"))?;
            if let Some(from) = &self.from {
                spec.from_us = spec.from_us.max(Some(spec.instant(from)?));
            }
            if let Some(to) = &self.to {
                let to_us = spec.instant(to)?;
                spec.to_us = Some(spec.to_us.map_or(to_us, |of_job| of_job.min(to_us)));
            }
            Ok(spec)
        };
        let specs = reports.iter().map(within).collect::<Result<Vec<_>>>()?;
        // The counts are those of the whole job: what is asked of them does not change them.
        let counts = inspect::counts(job, store, ledger)?;
        let mut job = job.clone();
        job.reports = specs;
        publish::check(format, &job)?;
        let reports = ReportData::of_job(&job, &counts)?;
        self.sheet
            .write_with(&job.stores(), |screen, out| publish::write(format, &reports, None, screen, out))
    }
}
