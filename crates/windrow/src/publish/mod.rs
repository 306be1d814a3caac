//! Publishing: one sink per kind of file. Sinks write what a report says, byte for byte; only the ones for people
//! escape and round.

mod background_writer;
mod csv;
pub mod delta;
pub mod digest;
pub mod events;
pub mod file;
mod html;
mod json;
mod parquet;
mod picture;
mod rejects;
pub mod table;
mod text;

pub use html::{fragment_of, outcome_fragment, report_fragment, summary_fragment, table_fragment};
pub use picture::{chart_png, chart_svg, hours_svg};
pub use rejects::{REJECTS_HEADER, RejectWriter, rejects_batch};

use std::fmt;
use std::io::Write;
use std::path::Path;

use crate::error::{Code, Error, Help, Result, Setting};
use crate::job::Job;
use crate::report::summary::Summary;
use crate::report::{ReportData, View, check_grid};
use crate::text::escape;
use crate::text::escape::quoted;
use crate::text::named;
use table::Table;

/// Where a sink writes.
pub type Out<'o> = dyn Write + Send + 'o;

named! {
    /// The kinds of files that reports are written as.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Format {
        /// Text for a terminal: table, chart, top windows.
        Table = "table",
        /// RFC 4180, lines end with LF. Several reports: one after the other, a blank line between.
        Csv = "csv",
        /// An array of objects. Several reports: an object with an array per report.
        Json = "json",
        /// An object per line. Several reports: the first field, `report`, says which.
        Ndjson = "ndjson",
        /// Apache Parquet, of one report.
        Parquet = "parquet",
        /// One page that needs no other file.
        Html = "html",
        /// The pictures of a page, as SVG.
        Svg = "svg",
        /// The same as pixels, in builds with the feature `png`.
        Png = "png",
    }
}

impl Format {
    /// What the names of its files end in, without the dot.
    pub fn ending(self) -> &'static str {
        if self == Format::Table { "txt" } else { self.name() }
    }

    /// The format of this name.
    ///
    /// # Errors
    /// Usage: there is none.
    pub fn named(name: &str) -> Result<Self> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names = one_of(|format| format.to_string());
            Error::usage(format!("no format is named {name}", name = quoted(name)))
                .with_code(Code::UnknownFormat)
                .with_help(Help::default().name(Setting::Format).and(format!(" {names}")))
        })
    }

    /// The format that the ending of a file's name says.
    ///
    /// # Errors
    /// Usage: the ending says none.
    pub fn of_path(path: &Path) -> Result<Self> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let of_ending = |ending: &str| match ending {
            "jsonl" => Some(Format::Ndjson),
            "htm" => Some(Format::Html),
            _ => Format::ALL.into_iter().find(|format| format.ending() == ending),
        };
        ending.as_deref().and_then(of_ending).ok_or_else(|| {
            Error::usage(format!("the name {} does not say a format", escape::path(path)))
                .with_code(Code::UnknownFormat)
                .with_help(
                    Help::from(format!(
                        "let it end in {}, or add ",
                        one_of(|format| format!(".{}", format.ending()))
                    ))
                    .name(Setting::Format)
                    .and(format!(" {}", one_of(|format| format.to_string()))),
                )
        })
    }

    /// Whether the sink writes text that a terminal can show.
    pub fn is_text(self) -> bool {
        !matches!(self, Format::Parquet | Format::Png)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn one_of(shown: impl Fn(Format) -> String) -> String {
    Format::ALL.map(shown).join(" | ")
}

/// What the terminal is like. The library never looks for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: u16,
    /// Lines; tables are cut so that a report fits. None: tables are shown whole, however wide.
    pub height: Option<u16>,
    /// Whether ANSI colours are understood and wanted.
    pub colour: bool,
    /// How a person gets what has no place, said where something is left out.
    pub rest: Option<&'static str>,
}

/// Where an answer comes from, which a page says. The same answer has the same: no place or setting of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerOrigin {
    /// The command that makes the answer again.
    pub command: Option<String>,
    /// The files that were read, in order.
    pub inputs: Vec<String>,
    /// The rows of each of them; empty where they are not known.
    pub rows: Vec<u64>,
}

/// The error for more than one report in a file that holds one table.
fn one_table(format: Format) -> Error {
    Error::usage(format!("{format} holds one table, and the job has several reports"))
        .with_code(Code::OneTable)
        .with_help("choose one of them")
}

/// Refuses what could not be published as `format`, as far as the job alone tells: before anything is read.
///
/// # Errors
/// Limit: `from` and `to` of a report make its grid too large. Usage: no PNG can be drawn here.
pub fn check(format: Format, job: &Job) -> Result<()> {
    if format == Format::Png {
        return picture::check_png();
    }
    if matches!(format, Format::Table | Format::Svg) {
        return Ok(());
    }
    job.reports.iter().try_for_each(|spec| check_grid(spec, job.source.keys.len(), &job.limits))
}

/// Writes `reports` to `out` as `format`; what is long is written while more is made. A page needs the `run` that they are of.
///
/// # Errors
/// Limit: a grid is too large (nothing is written then). Usage: several reports as CSV or Parquet. What the system says of
/// `out`, as in [`Error::output`].
pub fn write(
    format: Format,
    reports: &[ReportData],
    run: Option<(&Summary, &AnswerOrigin)>,
    screen: &Screen,
    out: &mut Out<'_>,
) -> Result<()> {
    background_writer::write_behind(out, |out| match (format, run) {
        (Format::Table, _) => text::write(reports, screen, out),
        (Format::Html, Some((summary, origin))) => html::write(reports, summary, origin, out),
        (Format::Html, None) => Err(no_page()),
        (Format::Svg, _) => picture::write(reports, out),
        (Format::Png, _) => picture::write_png(reports, out),
        _ => write_data(format, reports, View::Grid, out),
    })
}

/// Writes the rows of `reports` under `view` to `out` as `format`: a table for people, or data.
///
/// # Errors
/// As [`write()`]. Usage: a page or a picture, which are of whole reports.
pub fn write_rows(
    format: Format,
    reports: &[ReportData],
    view: View,
    screen: &Screen,
    out: &mut Out<'_>,
) -> Result<()> {
    background_writer::write_behind(out, |out| match format {
        Format::Table => text::write_rows(reports, view, screen, out),
        _ => write_data(format, reports, view, out),
    })
}

/// Writes `table` to `out` as `format`. Text has times on the clock of their zone with its offset, Parquet has UTC.
///
/// # Errors
/// Usage: HTML, which is for reports. What the system says of `out`, as in [`Error::output`].
pub fn write_table(format: Format, table: Table<'_>, screen: &Screen, out: &mut Out<'_>) -> Result<()> {
    background_writer::write_behind(out, |out| match format {
        Format::Table => text::write_table(table, screen, out),
        _ => write_tables(format, vec![(String::new(), table)], out),
    })
}

impl ReportData {
    /// Writes the rows under `view` to `out` as CSV, JSON, NDJSON or Parquet.
    ///
    /// # Errors
    /// As [`ReportData::batches`], before anything is written. Usage: a table or a page for people, which tell of a whole run: see
    /// [`write()`]. What the system says of `out`, as in [`Error::output`].
    pub fn write(&self, format: Format, view: View, out: &mut Out<'_>) -> Result<()> {
        background_writer::write_behind(out, |out| write_data(format, std::slice::from_ref(self), view, out))
    }
}

/// Writes the rows of `reports` under `view`.
fn write_data(format: Format, reports: &[ReportData], view: View, out: &mut Out<'_>) -> Result<()> {
    let table = |report: &ReportData| {
        let spec = report.spec();
        Ok((spec.name.clone(), Table::of_report(report, view, &spec.zone)?))
    };
    write_tables(format, reports.iter().map(table).collect::<Result<_>>()?, out)
}

/// Writes tables, each with its name.
fn write_tables(format: Format, mut tables: Vec<json::NamedTable<'_>>, out: &mut Out<'_>) -> Result<()> {
    match (format, tables.as_mut_slice()) {
        (Format::Json, tables) => json::write(tables, out),
        (Format::Ndjson, tables) => json::write_lines(tables, out),
        (Format::Csv, [(_, table)]) => csv::write(table, out),
        (Format::Parquet, [(_, table)]) => parquet::write(table, out),
        (Format::Csv | Format::Parquet, _) => Err(one_table(format)),
        (Format::Table | Format::Html | Format::Svg | Format::Png, _) => Err(no_page()),
    }
}

/// The error for a page where there is no run to tell of.
fn no_page() -> Error {
    Error::usage("a page is made of reports, not of the tables behind them")
        .with_code(Code::OneTable)
        .with_help("choose csv, json, ndjson or parquet")
}

/// What the system said while a sink wrote.
fn failed(error: std::io::Error) -> Error {
    Error::output("cannot write the result", &error)
}

#[cfg(test)]
mod tests;
