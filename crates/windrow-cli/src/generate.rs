//! `windrow generate`: event logs of any size, any dirt, same seed = same bytes.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use windrow::storage::Stores;
use windrow::{Error, Result, Stop};
use windrow_generate::{
    COMPRESSIONS, Key, LineEnding, Order, Packing, Recipe, RowFormat, TimeLayout, WrittenForm, packer, write,
    write_log, written,
};

use crate::choice::one_of;
use crate::messages::Messages;
use crate::stdout::Stdout;
use crate::{signals, temporary};

const EXAMPLES: &str = "\
Examples:
  100,000 times Open or Close, to the terminal; 50 million (1.5 GB), to a file:
    windrow generate
    windrow generate --events 50M -o events.csv
  Two keys, one of them weighted; a log with dirt, of which some comes late:
    windrow generate --key action=Open:3,Close:1 --key country=DE,FR --span 4w
    windrow generate --dirt 0.1% --order late --late-share 5% --late-by 2h
  Twelve columns in 24 files:
    windrow generate --extra-columns 10 --files 24 -o logs/
  The log of a web server:
    windrow generate --format combined --key status=200:9,404:1 -o access.log
  Compressed:
    windrow generate --events 50M -o events.csv.gz";

/// Write an event log for trials and tests: the same options give the same bytes on every machine
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GenerateArgs {
    /// Number of lines after the header: 100000, 100k, 50M
    #[arg(long, value_name = "N", default_value = "100k", value_parser = written::count)]
    events: u64,
    /// Seed of the random numbers: another seed gives another log of the same kind
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The first instant: 2016-07-26 or 2016-07-26T00:00:00Z
    #[arg(long, value_name = "INSTANT", default_value = "2016-07-26", value_parser = written::instant_us)]
    start: i64,
    /// The time that the log spans: 90s, 10m, 6h, 3d, 52w
    #[arg(long, value_name = "DURATION", default_value = "3d", value_parser = written::duration_us)]
    span: i64,
    /// A column to count by and its values, with weights if wanted (action=Open:3,Close:1), or how many made-up
    /// values (action=1000); may be repeated
    #[arg(long = "key", value_name = "COL=VALUES", default_value = "action=Open,Close")]
    keys: Vec<Key>,
    /// Number of additional columns: users, paths, quoted texts with commas and line ends
    #[arg(long, value_name = "N", default_value_t = 0)]
    extra_columns: usize,
    /// Format of times [default: iso; for a combined log common-log]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(TimeLayout::ALL))]
    time_format: Option<TimeLayout>,
    /// Order of the lines by time
    #[arg(long, value_parser = one_of(Order::ALL), default_value = "sorted")]
    order: Order,
    /// With --order late: the share of lines that come late [default: 5%]
    #[arg(long, value_name = "SHARE", value_parser = written::share_ppm)]
    late_share: Option<u32>,
    /// With --order late: the maximum delay [default: 2h]
    #[arg(long, value_name = "DURATION", value_parser = written::duration_us)]
    late_by: Option<i64>,
    /// The share of lines that are not events: bad times, wrong numbers of fields, stray quotes, blank lines, ...
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = written::share_ppm)]
    dirt: u32,
    /// Format of the rows [default: as --output ends, else csv]
    #[arg(long, value_parser = one_of(RowFormat::ALL))]
    format: Option<RowFormat>,
    /// What ends a line
    #[arg(long, value_parser = one_of(LineEnding::ALL), default_value = "lf")]
    line_end: LineEnding,
    /// Split into this many files, each whole by itself; --output then names a folder
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    files: u64,
    /// Compression of the log [default: as --output ends, else none]
    #[arg(long, value_parser = one_of(COMPRESSIONS))]
    codec: Option<Packing>,
    /// The file to write, or with --files the folder [default: standard output, also written -]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

impl GenerateArgs {
    /// Where the answer goes.
    pub(crate) fn output_mut(&mut self) -> &mut Option<PathBuf> {
        &mut self.output
    }
}

/// Writes the log. A reader of standard output that has enough ends it quietly; a signal leaves no half-written file.
pub(crate) fn run(args: &GenerateArgs, messages: &Messages) -> Result<()> {
    let file = args.output.as_deref().filter(|_| args.files == 1);
    let form = WrittenForm::of(args.format, args.codec, file)?;
    let recipe = args.recipe(form.format);
    match &args.output {
        Some(path) => {
            let stop = Stop::default();
            signals::watch(&stop, *messages)?;
            let begin = |path: &Path| temporary::create(path, &Stores::default());
            write_log(&recipe, (args.files, form.codec), path, &stop, begin)
        }
        None if args.files > 1 => Err(Error::usage("several files cannot go to standard output")
            .with_help("name a folder: windrow generate --files 24 --output logs/")),
        None => {
            let mut out = Stdout::open()?;
            let written = packer(form.codec, &mut out).and_then(|mut packer| {
                write(&recipe, &mut packer)?;
                packer.finish().and_then(Write::flush).map_err(|error| Error::output("cannot write", &error))
            });
            out.finish(written)
        }
    }
}

impl GenerateArgs {
    fn recipe(&self, format: RowFormat) -> Recipe {
        Recipe {
            seed: self.seed,
            events: self.events,
            start_us: self.start,
            span_us: self.span,
            time_layout: self.time_format.unwrap_or(format.usual_times()),
            order: self.order.with_late(self.late_share, self.late_by),
            keys: self.keys.clone(),
            extra_columns: self.extra_columns,
            dirt_ppm: self.dirt,
            format,
            line_end: self.line_end,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    #[test]
    fn without_flags_it_is_the_usual_recipe() {
        let flags = GenerateArgs::augment_args(clap::Command::new("generate")).get_matches_from(["generate"]);
        let args = GenerateArgs::from_arg_matches(&flags).unwrap();
        assert_eq!(args.recipe(RowFormat::Csv), Recipe::default());
    }
}
