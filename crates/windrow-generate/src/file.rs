//! Files: how a log is written by the name of its file, and writing it there, or as several files into a folder.

use std::io::Write;
use std::path::Path;

use windrow::publish::file::{FileOut, Stoppable, object_name};
use windrow::text::escape;
use windrow::{Compression, Error, Packer, Result, Stop};

use super::{Recipe, RowFormat, write, write_files};

/// How a log is compressed; none: it is not.
pub type Packing = Option<Compression>;

/// Every way to compress a log: its name, and what it is.
pub const COMPRESSIONS: [(&str, Packing, &str); 5] = [
    ("none", None, "Plain text"),
    ("gzip", Some(Compression::Gzip), "gzip; files of a folder end in .csv.gz, .ndjson.gz or .log.gz"),
    ("zstd", Some(Compression::Zstd), "Zstandard; .zst"),
    ("bzip2", Some(Compression::Bzip2), "bzip2; .bz2"),
    ("xz", Some(Compression::Xz), "xz; .xz"),
];

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenForm {
    /// How a row is written.
    pub format: RowFormat,
    /// How the rows are compressed.
    pub codec: Packing,
}

impl WrittenForm {
    /// The chosen format and codec. What is not chosen follows the ending of `file`, which is `None` for standard output and for several
    /// files.
    ///
    /// # Errors
    /// Usage: what is chosen contradicts the ending, or Parquet would be compressed.
    pub fn of(format: Option<RowFormat>, codec: Option<Packing>, file: Option<&Path>) -> Result<WrittenForm> {
        let name = file.map(|path| path.to_string_lossy()).unwrap_or_default();
        let without = Compression::without_ending(&name);
        let by_ending = |ending: &str| match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(RowFormat::Csv),
            "json" | "ndjson" | "jsonl" => Some(RowFormat::Json),
            "parquet" => Some(RowFormat::Parquet),
            _ => None,
        };
        let named_format = Path::new(without).extension().and_then(|ending| by_ending(ending.to_str()?));
        let ending = name.strip_prefix(without).unwrap_or_default();
        let named_codec = Compression::ALL
            .into_iter()
            .find(|(_, own)| !ending.is_empty() && ending.eq_ignore_ascii_case(own));
        let named_codec = named_codec.map(|(codec, _)| codec);
        let contradicts = |what: &str| {
            Error::usage(format!("the {what} contradicts the ending of {}", escape::for_people(&name)))
                .with_help(format!("leave out the {what}, or give the file another ending"))
        };
        if format.is_some() && named_format.is_some() && format != named_format {
            return Err(contradicts("format"));
        }
        if codec.is_some_and(|said| named_codec.is_some() && said != named_codec) {
            return Err(contradicts("codec"));
        }
        let form = WrittenForm {
            format: format.or(named_format).unwrap_or(RowFormat::Csv),
            codec: codec.unwrap_or(named_codec),
        };
        match form.codec {
            Some(_) if form.format == RowFormat::Parquet => {
                Err(Error::usage("Parquet compresses its own pages").with_help(match codec {
                    Some(_) => "leave out the codec",
                    None => "name the file events.parquet",
                }))
            }
            _ => Ok(form),
        }
    }
}

/// Writes the log to the file `path`, or as several `files` into that folder. Each is begun by `begin`, and there whole or not at all.
///
/// # Errors
/// Usage: the format cannot be written in this form. Output, storage: the error of the system or the store. A stop that was requested.
pub fn write_log(
    recipe: &Recipe,
    (files, codec): (u64, Packing),
    path: &Path,
    stop: &Stop,
    begin: impl Fn(&Path) -> Result<FileOut>,
) -> Result<()> {
    let is_object = object_name(path)?.is_some();
    let create = |path: &Path| packer(codec, Stoppable { out: begin(path)?, stop });
    if files == 1 {
        let mut file = create(path)?;
        let written = write(recipe, &mut file);
        stop.check()?;
        let finished = written.and_then(|_| finish(file));
        stop.check()?;
        return finished.map_err(|error| error.within(escape::path(path)));
    }
    if is_object {
        return Err(Error::usage("several files are written into a folder of this machine")
            .with_help("write them there, and copy the folder to the store"));
    }
    std::fs::create_dir_all(path)
        .map_err(|error| Error::output(format!("cannot make the folder {}", escape::path(path)), &error))?;
    // `events-01.csv`, `events-02.csv`, ...: as many digits as the last one needs.
    let digits = files.to_string().len();
    let ending = codec.map_or("", Compression::ending);
    let rows = match recipe.format {
        RowFormat::Csv => "csv",
        RowFormat::Json => "ndjson",
        RowFormat::Parquet => "parquet",
        RowFormat::Combined => "log",
    };
    let open = |at| create(&path.join(format!("events-{:0digits$}.{rows}{ending}", at + 1)));
    let written = write_files(recipe, files, open, finish);
    stop.check().map_err(|error| {
        Error::new(error.kind(), format!("stopped: the files in {} are not all", escape::path(path)))
    })?;
    written.map(drop).map_err(|error| error.within(escape::path(path)))
}

fn finish(file: Packer<Stoppable<'_, FileOut>>) -> Result<()> {
    file.finish().map_err(|error| Error::output("cannot write", &error))?.out.finish()
}

/// What compresses the bytes for `out`.
///
/// # Errors
/// Output: what the system says.
pub fn packer<W: Write>(codec: Packing, out: W) -> Result<Packer<W>> {
    Packer::new(codec, out).map_err(|error| Error::output("cannot write", &error))
}
