//! `windrow show`: the tables behind a job.

use std::path::PathBuf;

use clap::Args;
use windrow::{Error, Job, Result};
use windrow::{Starts, TableName, WantedTable};

use crate::choice::{Choice, one_of};
use crate::messages::Messages;
use crate::output_paths::{self, OutputPath, ReadPaths};
use crate::run::ShapeName;
use crate::table_output::TableArgs;
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
    #[arg(value_parser = one_of(tables()), value_name = "TABLE")]
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
    table_args: TableArgs,
}

impl ShowArgs {
    /// Where the answer goes.
    pub(crate) fn output_mut(&mut self) -> &mut Option<PathBuf> {
        self.table_args.output_mut()
    }
}

/// The tables, and how the help explains them.
fn tables() -> impl Iterator<Item = Choice<TableName>> {
    TableName::ALL.into_iter().map(|table| (table.name(), table, described(table)))
}

fn described(table: TableName) -> &'static str {
    match table {
        TableName::Windows => "The published windows, by time",
        TableName::Peaks => "The windows that stand out, from the ledger, for the job's `peaks`",
        TableName::Rejects => "The rows that are not events, by file and line",
        TableName::Files => "The input files, by name",
        TableName::Runs => "What each run did and how long it took, the newest last",
        TableName::Changes => "Published numbers that changed, and why, the newest last",
        _ => "",
    }
}

/// Runs it.
pub(crate) fn run(args: &ShowArgs, messages: &Messages) -> Result<()> {
    let job = work::job_alone(&args.job)?;
    args.check_flags()?;
    let kept = windrow::Kept::open(&job)?;
    let format = args.table_args.format()?;
    args.check_output(&job)?;
    let wanted = WantedTable {
        report: args.report.as_deref(),
        starts: Starts { from: args.from.as_deref(), to: args.to.as_deref() },
        file: args.file.as_deref(),
        is_wide: args.shape == Some(ShapeName::Wide),
    };
    let shown = windrow::show(&job, &kept, args.table, wanted)?;
    shown.warnings.iter().for_each(|warning| messages.warn(warning));
    args.table_args.write_with(&job.stores(), |screen, out| shown.write(format, screen, out))
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
        let names: Vec<&str> = of.iter().map(|table| table.name()).collect();
        Err(Error::usage(format!("{flag} is not for {}", self.table.name()))
            .with_help(format!("it is for {}", names.join(" and "))))
    }

    /// Refuses a file that would be an input of the next run.
    fn check_output(&self, job: &Job) -> Result<()> {
        let Some(path) = self.table_args.output() else { return Ok(()) };
        let paths: Vec<PathBuf> = job.source.path.iter().map(PathBuf::from).collect();
        // Inputs that cannot be listed now are known by their paths alone.
        let files =
            windrow::source::list_present(&paths, &job.source.root, &job.source.endings(), &job.stores())
                .map_or(vec![], |listing| listing.files);
        let (source, root) = (&job.source, &job.source.root);
        let inputs = ReadPaths { paths: &paths, source, root, files: &files, job: Some(&self.job) };
        output_paths::are_no_inputs(&[OutputPath { flag: "--output", path }], inputs)
    }
}
