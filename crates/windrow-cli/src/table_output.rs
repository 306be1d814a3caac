//! The flags for how the tables behind a job are written, and writing them.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use windrow::publish::{Format, Out, Screen};
use windrow::storage::Stores;
use windrow::{Error, Result};

use crate::choice::{Choice, one_of};
use crate::output_paths::{self, OutputPath};
use crate::publish::{chosen, formats};
use crate::stdout::Stdout;
use crate::temporary;
use crate::terminal::Terminal;

/// The flags for how a table is written.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How it is shown")]
pub(crate) struct TableArgs {
    /// Format of the table [default: by the ending of --output; a table on a terminal, else csv]
    #[arg(long, value_parser = one_of(of_tables()), value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write: .csv, .json, .ndjson, .parquet or .txt; - is stdout [default: -]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the whole table: all rows and columns, and their full text
    #[arg(long)]
    all: bool,
}

/// The formats of tables: all but pages and pictures, which only reports have.
fn of_tables() -> impl Iterator<Item = Choice<Format>> {
    formats().filter(|(_, format, _)| !matches!(format, Format::Html | Format::Svg | Format::Png))
}

impl TableArgs {
    /// Where the table goes.
    pub(crate) fn output_mut(&mut self) -> &mut Option<PathBuf> {
        &mut self.output
    }

    /// The format; an error when what is asked for cannot be, or cannot be written there.
    pub(crate) fn format(&self) -> Result<Format> {
        if let Some(path) = &self.output {
            output_paths::can_be_written(&[OutputPath { flag: "--output", path }])?;
        }
        let format = chosen(self.format, self.output.as_deref())?;
        if format == Format::Html {
            return Err(Error::usage("a page is made of reports, not of the tables behind them")
                .with_help("let the name end in .csv, .json, .ndjson or .parquet"));
        }
        Ok(format)
    }

    /// The file that is written, if it is one.
    pub(crate) fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Writes where the flags say what `write` makes for a terminal like this. The output file may be an address in `stores`.
    pub(crate) fn write_with(
        &self,
        stores: &Stores,
        write: impl FnOnce(&Screen, &mut Out<'_>) -> Result<()>,
    ) -> Result<()> {
        match &self.output {
            Some(path) => {
                let mut out = temporary::create(path, stores)?;
                write(&screen(self.all, false), &mut out)?;
                out.finish()
            }
            None => {
                let mut out = Stdout::open()?;
                let written = write(&screen(self.all, true), &mut out);
                let flushed = out.flush().map_err(|error| Error::output("cannot write to stdout", &error));
                out.finish(written.and(flushed))
            }
        }
    }
}

/// What a table is laid out for; it is whole if all of it is asked for.
pub(crate) fn screen(all: bool, is_stdout: bool) -> Screen {
    let terminal = if is_stdout { Terminal::of_stdout() } else { Terminal::of_file() };
    let Terminal { width, height, color } = terminal;
    Screen { width, height: (!all).then_some(height), colour: color, rest: Some("--all shows them") }
}

/// Writes text for people, or an object for machines, to stdout.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = Stdout::open()?;
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    out.finish(written.map_err(|error| Error::output("cannot write to stdout", &error)))
}

/// An object for machines.
pub(crate) fn print_json(object: &impl serde::Serialize) -> Result<()> {
    let text =
        serde_json::to_string_pretty(object).map_err(|error| Error::bug(format!("as JSON: {error}")))?;
    print(&(text + "\n"))
}

/// How a command that explains writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplanationFormat {
    /// Text
    #[default]
    Table,
    /// One JSON object
    Json,
}
