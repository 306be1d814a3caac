//! `windrow generate`: event logs of any size, any dirt, same seed = same bytes.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use windrow::Stop;
use windrow::publish::file::{FileOut, object_name};
use windrow::storage::Stores;
use windrow::text::escape;
use windrow::{Compression, Packer};
use windrow::{Error, Result};
use windrow_generate::{Key, LineEnding, Order, Recipe, RowFormat, TimeLayout, write, write_files, written};

use crate::choice::{Choice, one_of};
use crate::messages::Messages;
use crate::publish::Stoppable;
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
    #[arg(long, value_name = "FORMAT", value_parser = one_of(TIMES))]
    time_format: Option<TimeLayout>,
    /// Order of the lines by time
    #[arg(long, value_enum, default_value_t = LineOrder::Sorted)]
    order: LineOrder,
    /// With --order late: the share of lines that come late
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = written::share_ppm)]
    late_share: u32,
    /// With --order late: the maximum delay
    #[arg(long, value_name = "DURATION", default_value = "2h", value_parser = written::duration_us)]
    late_by: i64,
    /// The share of lines that are not events: bad times, wrong numbers of fields, stray quotes, blank lines, ...
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = written::share_ppm)]
    dirt: u32,
    /// Format of the rows [default: as --output ends, else csv]
    #[arg(long, value_parser = one_of(FORMATS))]
    format: Option<RowFormat>,
    /// What ends a line
    #[arg(long, value_parser = one_of(LINE_ENDS), default_value = "lf")]
    line_end: LineEnding,
    /// Split into this many files, each whole by itself; --output then names a folder
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    files: u64,
    /// Compression of the log [default: as --output ends, else none]
    #[arg(long, value_parser = one_of(CODECS))]
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LineOrder {
    /// Earliest first, busier by day than by night
    Sorted,
    /// Each anywhere in the span
    Shuffled,
    /// As sorted, but some come late
    Late,
}

const TIMES: [Choice<TimeLayout>; 9] = [
    ("iso", TimeLayout::Iso, "2016-07-28T04:19:28.123Z"),
    ("iso-seconds", TimeLayout::IsoSeconds, "2016-07-28T04:19:28Z"),
    ("offset", TimeLayout::Offset, "2016-07-28T06:19:28.123+02:00, another offset from line to line"),
    ("local", TimeLayout::Local, "2016-07-28T04:19:28.123, without an offset"),
    ("common-log", TimeLayout::CommonLog, "28/Jul/2016:04:19:28 +0000"),
    ("epoch_s", TimeLayout::EpochS, "Seconds since 1970"),
    ("epoch_ms", TimeLayout::EpochMs, "Milliseconds since 1970"),
    ("epoch_us", TimeLayout::EpochUs, "Microseconds since 1970"),
    ("epoch_ns", TimeLayout::EpochNs, "Nanoseconds since 1970"),
];

const FORMATS: [Choice<RowFormat>; 4] = [
    ("csv", RowFormat::Csv, "Fields between commas, after a header"),
    ("json", RowFormat::Json, "An object of JSON per line"),
    ("parquet", RowFormat::Parquet, "A Parquet file, compressed by Zstandard"),
    (
        "combined",
        RowFormat::Combined,
        "A line of a web server's log; keys that it has no column for stand in the query of the path",
    ),
];

const LINE_ENDS: [Choice<LineEnding>; 2] =
    [("lf", LineEnding::Lf, "A line feed"), ("crlf", LineEnding::Crlf, "Carriage return and line feed")];

/// How a log is compressed; none: it is not.
type Packing = Option<Compression>;

const CODECS: [Choice<Packing>; 5] = [
    ("none", None, "Plain text"),
    ("gzip", Some(Compression::Gzip), "gzip; files of a folder end in .csv.gz, .ndjson.gz or .log.gz"),
    ("zstd", Some(Compression::Zstd), "Zstandard; .zst"),
    ("bzip2", Some(Compression::Bzip2), "bzip2; .bz2"),
    ("xz", Some(Compression::Xz), "xz; .xz"),
];

/// How the log is written.
#[derive(Clone, Copy)]
struct WrittenForm {
    format: RowFormat,
    codec: Packing,
}

impl WrittenForm {
    /// What the flags say, or else the ending of the output; they may not contradict each other.
    fn of(args: &GenerateArgs) -> Result<WrittenForm> {
        let name = args.output.as_ref().filter(|_| args.files == 1).map(|path| path.to_string_lossy());
        let name = name.as_deref().unwrap_or_default();
        let without = Compression::without_ending(name);
        let format = Path::new(without).extension().and_then(|ending| ending.to_str());
        let format = format.and_then(|ending| match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(RowFormat::Csv),
            "json" | "ndjson" | "jsonl" => Some(RowFormat::Json),
            "parquet" => Some(RowFormat::Parquet),
            _ => None,
        });
        let codec = Compression::ALL.into_iter().find(|(_, ending)| {
            without.len() < name.len() && name[without.len()..].eq_ignore_ascii_case(ending)
        });
        let codec = codec.map(|(codec, _)| codec);
        let contradicts = |flag: &str| {
            Error::usage(format!("{flag} contradicts the ending of {}", escape::for_people(name)))
                .with_help(format!("leave out {flag}, or give the file another ending"))
        };
        if args.format.is_some() && format.is_some() && args.format != format {
            return Err(contradicts("--format"));
        }
        if args.codec.is_some_and(|said| codec.is_some() && said != codec) {
            return Err(contradicts("--codec"));
        }
        Ok(WrittenForm {
            format: args.format.or(format).unwrap_or(RowFormat::Csv),
            codec: args.codec.unwrap_or(codec),
        })
    }
}

/// Writes the log. A reader of standard output that has enough ends it quietly; a signal leaves no half-written file.
pub(crate) fn run(args: &GenerateArgs, messages: &Messages) -> Result<()> {
    let form = WrittenForm::of(args)?;
    let recipe = args.recipe(form.format);
    if form.format == RowFormat::Parquet && form.codec.is_some() {
        return Err(Error::usage("Parquet compresses its own pages").with_help(match args.codec {
            Some(_) => "leave out --codec",
            None => "name the file events.parquet",
        }));
    }
    let stop = Stop::default();
    if let Some(path) = &args.output {
        let object = object_name(path).map_err(|error| error.within("--output"))?;
        if object.is_some() && args.files > 1 {
            return Err(Error::usage("--files writes into a folder of this machine")
                .with_help("write them there, and copy the folder to the store"));
        }
        signals::watch(&stop, *messages)?;
    }
    match &args.output {
        Some(folder) if args.files > 1 => write_folder(&recipe, (args.files, form), folder, &stop),
        Some(path) => {
            let mut file = create(path, form.codec, &stop)?;
            let written = write(&recipe, &mut file);
            stop.check()?;
            let finished = written.and_then(|_| finish(file));
            stop.check()?;
            finished.map_err(|error| error.within(escape::path(path)))
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

/// `events-01.csv`, `events-02.csv`, ...: as many digits as the last one needs.
fn write_folder(
    recipe: &Recipe,
    (files, form): (u64, WrittenForm),
    folder: &Path,
    stop: &Stop,
) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Error::output(format!("cannot make the folder {}", escape::path(folder)), &error))?;
    let digits = files.to_string().len();
    let ending = form.codec.map_or("", Compression::ending);
    let rows = match form.format {
        RowFormat::Csv => "csv",
        RowFormat::Json => "ndjson",
        RowFormat::Parquet => "parquet",
        RowFormat::Combined => "log",
    };
    let open =
        |i| create(&folder.join(format!("events-{:0digits$}.{rows}{ending}", i + 1)), form.codec, stop);
    let written = write_files(recipe, files, open, finish);
    stop.check().map_err(|error| {
        Error::new(error.kind(), format!("stopped: the files in {} are not all", escape::path(folder)))
    })?;
    written.map(drop).map_err(|error| error.within(escape::path(folder)))
}

/// A file that is written, packed.
type PackedOut<'s> = Packer<Stoppable<'s, FileOut>>;

fn create<'s>(path: &Path, codec: Packing, stop: &'s Stop) -> Result<PackedOut<'s>> {
    packer(codec, Stoppable { out: temporary::create(path, &Stores::default())?, stop })
}

fn finish(file: PackedOut<'_>) -> Result<()> {
    file.finish().map_err(|error| Error::output("cannot write", &error))?.out.finish()
}

fn packer<W: Write>(codec: Packing, out: W) -> Result<Packer<W>> {
    Packer::new(codec, out).map_err(|error| Error::output("cannot write", &error))
}

impl GenerateArgs {
    fn recipe(&self, format: RowFormat) -> Recipe {
        Recipe {
            seed: self.seed,
            events: self.events,
            start_us: self.start,
            span_us: self.span,
            time_layout: self.time_format.unwrap_or(match format {
                RowFormat::Combined => TimeLayout::CommonLog,
                _ => TimeLayout::Iso,
            }),
            order: match self.order {
                LineOrder::Sorted => Order::Sorted,
                LineOrder::Shuffled => Order::Shuffled,
                LineOrder::Late => Order::Late { share_ppm: self.late_share, by_us: self.late_by },
            },
            keys: self.keys.clone(),
            extra_columns: self.extra_columns,
            dirt_ppm: self.dirt,
            format,
            line_end: self.line_end,
        }
    }
}
