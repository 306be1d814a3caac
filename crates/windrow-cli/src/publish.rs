//! Publishing: which format goes where, and writing it there.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use windrow::Stop;
use windrow::job::ReportSpec;
use windrow::publish::file::{FileOut, Stoppable};
use windrow::publish::{self, AnswerOrigin, Format, Out, Screen};
use windrow::storage::Stores;
use windrow::summary::Summary;
use windrow::text::escape;
use windrow::{Error, Job, ReportData, Result, View};

use crate::choice::{Choice, one_of};
use crate::parts;
use crate::stdout::Stdout;
use crate::table_output::screen;
use crate::temporary;
use crate::terminal;

/// The flags for where the answer goes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Answer")]
pub(crate) struct PublishArgs {
    /// Format of the answer [default: by the ending of --output; a table on a terminal, else csv]
    #[arg(long, value_parser = one_of(formats()), value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write: .csv, .json, .ndjson, .parquet, .html, .svg, .png or .txt; - is stdout [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Which rows to write [default: windows]
    #[arg(long, value_enum, value_name = "ROWS")]
    view: Option<ViewName>,
    /// Show the whole table: all rows and columns, and their full text
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewName {
    /// The windows
    Windows,
    /// The busiest windows that --top or `top` asks for
    Top,
    /// The windows that stand out, for --peaks or `peaks`
    Peaks,
}

/// The values of --format.
pub(crate) fn formats() -> impl Iterator<Item = Choice<Format>> {
    Format::ALL.into_iter().map(|format| (format.name(), format, described(format)))
}

fn described(format: Format) -> &'static str {
    match format {
        Format::Table => "Columns for people; of an answer also a chart and the busiest windows",
        Format::Csv => "A header and a line per row",
        Format::Json => "An array of objects",
        Format::Ndjson => "An object per line",
        Format::Parquet => "Apache Parquet",
        Format::Html => "One page with pictures, all numbers and where they come from",
        Format::Svg => "The pictures: events over time, and by hour of the week",
        Format::Png => "The same as pixels",
        _ => "",
    }
}

impl PublishArgs {
    /// Whether the flags say how the answer is written.
    pub(crate) fn is_formatted(&self) -> bool {
        self.format.is_some() || self.all
    }

    /// Whether a flag says which rows are written.
    pub(crate) fn has_view(&self) -> bool {
        self.view.is_some()
    }

    /// Refuses rows that a report of `job` does not have, or that `format` cannot show apart.
    pub(crate) fn check_view(&self, format: Format, job: &Job) -> Result<()> {
        let (flag, missing): (&str, fn(&ReportSpec) -> bool) = match self.view {
            None | Some(ViewName::Windows) => return Ok(()),
            Some(ViewName::Top) => ("top", |spec| spec.top.is_none()),
            Some(ViewName::Peaks) => ("peaks", |spec| spec.peaks.is_none()),
        };
        if matches!(format, Format::Html | Format::Svg | Format::Png) {
            return Err(Error::usage(format!("--view {flag}: {format} shows whole reports"))
                .with_help("choose table, csv, json, ndjson or parquet, or leave --view out"));
        }
        let Some(spec) = job.reports.iter().find(|spec| missing(spec)) else { return Ok(()) };
        let report = escape::for_people(&spec.name);
        Err(Error::usage(format!("--view {flag}: the report {report} does not ask for {flag}")).with_help(
            format!(
                "add --{flag} 10, or `{flag}` to the job file; of several reports choose one with --report"
            ),
        ))
    }

    /// Writes `reports` to `out`.
    fn write(
        &self,
        format: Format,
        reports: &[ReportData],
        run: (&Summary, &AnswerOrigin),
        screen: &Screen,
        out: &mut Out<'_>,
    ) -> Result<()> {
        let view = match self.view {
            Some(ViewName::Top) => View::Top,
            Some(ViewName::Peaks) => View::Peaks,
            Some(ViewName::Windows) if format == Format::Table => View::Observed,
            _ => return publish::write(format, reports, Some(run), screen, out),
        };
        publish::write_rows(format, reports, view, screen, out)
    }

    /// The format; an error when what is asked for cannot be.
    pub(crate) fn format(&self) -> Result<Format> {
        chosen(self.format, self.output.as_deref())
    }

    /// Writes `reports`.
    pub(crate) fn publish(
        &self,
        format: Format,
        reports: &[ReportData],
        summary: &Summary,
        origin: &AnswerOrigin,
        (stop, stores): (&Stop, &Stores),
    ) -> Result<()> {
        let screen = screen(self.all, self.output.is_none());
        match &self.output {
            Some(path) if parts::is_pattern(path) => {
                let mut whole = Vec::new();
                for (report, of) in reports.iter().zip(&summary.reports) {
                    let path = parts::file_of(path, &of.report);
                    let mut summary = summary.clone();
                    summary.reports.retain(|own| own.report == of.report);
                    let mut out = Stoppable { out: temporary::create(&path, stores)?, stop };
                    let one = std::slice::from_ref(report);
                    let written = self.write(format, one, (&summary, origin), &screen, &mut out);
                    stop.check()?;
                    written.map_err(|error| error.within(escape::path(&path)))?;
                    whole.push(out.out);
                }
                whole.into_iter().try_for_each(FileOut::finish)
            }
            Some(path) => {
                let mut out = Stoppable { out: temporary::create(path, stores)?, stop };
                let written = self.write(format, reports, (summary, origin), &screen, &mut out);
                stop.check()?;
                written.map_err(|error| error.within(escape::path(path)))?;
                out.out.finish()
            }
            None => {
                let mut out = Stoppable { out: Stdout::open()?, stop };
                let written = self.write(format, reports, (summary, origin), &screen, &mut out);
                out.out.finish(stop.check().and(written))
            }
        }
    }
}

/// The format that is asked for, or else the one that suits where it goes.
///
/// # Errors
/// Usage: the name of the file says another one, or none; Parquet would go to a terminal.
pub(crate) fn chosen(asked: Option<Format>, output: Option<&Path>) -> Result<Format> {
    let Some(path) = output else {
        let format = asked.unwrap_or(if terminal::is_stdout() { Format::Table } else { Format::Csv });
        return match format {
            format if !format.is_text() && terminal::is_stdout() => {
                Err(Error::usage(format!("{format} is not for a terminal"))
                    .with_help(format!("name a file: --output windows.{format}")))
            }
            format => Ok(format),
        };
    };
    match (asked, Format::of_path(path)) {
        (Some(asked), Ok(named)) if asked != named => {
            Err(Error::usage(format!("--format {asked}, but {} is {named} by its name", escape::path(path)))
                .with_help("leave --format out, or change the name"))
        }
        (Some(asked), _) => Ok(asked),
        (None, named) => named,
    }
}
