//! From what was written to what is true: everything about a job is checked here, once.

use std::path::Path;

use super::file::{JobFile, LimitsFile, RejectsFile, SourceFile};
use super::keyword::{Word, not_among};
use super::literal::{instant_us, last_instant_us};
use super::records::Records;
use super::span::{At, Fault};
use super::{Duplicates, Job, Limits, MeasuredColumn, OnGone, RejectLimit, Rejects, ReportSpec, Source};
use super::{measures, parquet, text_log};
use crate::calendar::{YEAR_1_US, YEAR_9998_US, Zone};
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::event::{Cleaning, LocalTimes, TimeFormat, TimeReader, TimeRules};
use crate::format::InputFormat;
use crate::format::csv::{CsvRules, LineEnd, byte, delimiter};
use crate::format::json::paths as json_paths;
use crate::format::text::TextPattern;
use crate::storage::ObjectUrl;
use crate::text::escape::for_people;
use crate::text::percent::path_of_file;
use crate::text::suggest::nearest;

/// The version of the job file's format.
const VERSION: i64 = 1;

impl JobFile {
    /// The job that was written, with `folder` as the place that relative paths start from.
    ///
    /// # Errors
    /// Which key is wrong, what is wrong with it and what is allowed.
    pub fn check(&self, folder: &Path) -> Result<Job, Fault> {
        let name = self.name.as_deref().ok_or_else(|| missing("name", "name = \"app-events\"")).at(&[])?;
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(Error::invalid("the name is empty or holds control characters")).at(&["name"]);
        }
        check_version(self.version)?;
        let mut source = source(&self.source, folder)?;
        let cleaning = self.cleaning(&source.keys)?;
        let limits = limits(&self.limits)?;
        if self.reports.is_empty() {
            return Err(missing("a report", "[reports.ten_minutes]` and `every = \"10m\"")).at(&[]);
        }
        let reports = self.reports.iter();
        let reports = reports.map(|(name, report)| report.check(name, &source.keys, &cleaning));
        let reports: Vec<ReportSpec> = reports.collect::<Result<_, _>>()?;
        source.measured =
            MeasuredColumn::all_by(source.numbers, reports.iter().flat_map(ReportSpec::measures_asked));
        source.make_rules()?;
        let output = self.output.as_ref().map(|output| output.check(folder, &source.keys)).transpose()?;
        let rejects = self.rejects.as_ref().map_or_else(|| Ok(Rejects::default()), RejectsFile::check)?;
        let engine = self.engine.as_ref().map(|engine| engine.check(folder)).transpose()?.unwrap_or_default();
        let storage = self.storage.check(folder)?;
        Ok(Job { name: name.to_owned(), source, cleaning, limits, reports, output, rejects, engine, storage })
    }

    /// How each key is cleaned, in the order of `keys`.
    fn cleaning(&self, keys: &[String]) -> Result<Vec<Cleaning>, Fault> {
        if let Some(other) = self.clean.keys().find(|name| !keys.contains(name)) {
            let known: Vec<&str> = keys.iter().map(String::as_str).collect();
            let error = if keys.is_empty() {
                Error::invalid("the job has no keys, so none can be cleaned")
                    .with_help("add it to source.keys, or leave this out")
            } else {
                not_among(other, "key", &known)
            };
            return Err(error).at(&["clean", other]);
        }
        let cleaning = |key: &String| {
            let Some(written) = self.clean.get(key) else { return Ok(Cleaning::default()) };
            let default = Cleaning::default();
            let case = word_or(written.case.as_deref(), default.case).at(&["clean", key, "case"])?;
            Ok(Cleaning { trim: written.trim.unwrap_or(default.trim), case })
        };
        keys.iter().map(cleaning).collect()
    }
}

/// The error for a key that has to be there.
pub(super) fn missing(what: &str, line: &str) -> Error {
    Error::usage(format!("{what} is missing")).with_code(Code::MissingKey).with_help(format!("add `{line}`"))
}

/// The meaning of a word, or `default` when none is written.
pub(super) fn word_or<W: Word>(word: Option<&str>, default: W) -> Result<W> {
    word.map_or(Ok(default), W::of_word)
}

/// The zone of a name; UTC when none is written.
pub(super) fn zone_or_utc(name: Option<&str>) -> Result<Zone> {
    name.map_or_else(|| Ok(Zone::utc()), Zone::parse)
}

fn check_version(version: Option<i64>) -> Result<(), Fault> {
    match version {
        Some(VERSION) => Ok(()),
        None => Err(missing("version", "version = 1")).at(&[]),
        Some(other) => {
            let error =
                Error::usage(format!("{other} is not a version of the job file that this windrow reads"))
                    .with_code(Code::NewerVersion);
            Err(error.with_help("write `version = 1`, or use the windrow the file was written for"))
                .at(&["version"])
        }
    }
}

fn source(written: &SourceFile, folder: &Path) -> Result<Source, Fault> {
    let format = format(written)?;
    let pattern = text_log::pattern(written, format)?;
    let time = time_rules(written, pattern.as_ref())?;
    for column in time.columns() {
        check_keys(&written.keys, column)?;
    }
    let records = Records::written(written)?;
    if format == Some(InputFormat::Json) {
        let of = |name: &String| json_paths(std::slice::from_ref(name));
        let is_made = |name: &String| records.may_make(name);
        for column in time.columns().filter(|column| !is_made(column)) {
            of(column).at(&["source", "time"])?;
        }
        for (at, key) in written.keys.iter().enumerate().filter(|(_, key)| !is_made(key)) {
            of(key).at(&["source", "keys", &at.to_string()])?;
        }
    }
    Ok(Source {
        path: paths(&written.path)?,
        root: written.root.as_deref().map_or_else(|| folder.to_owned(), |root| folder.join(root)),
        format,
        csv: CsvRules {
            columns: columns(written, &records, format)?,
            pattern,
            parquet: parquet::keys(written, format)?,
            ..csv_rules(written)?
        },
        time,
        keys: written.keys.clone(),
        numbers: measures::number_rules(written)?,
        measured: Vec::new(),
        records,
        in_path: Vec::new(),
        time_in_path: None,
        growing: written.growing.unwrap_or_default(),
        duplicates: word_or(written.duplicates.as_deref(), Duplicates::default())
            .at(&["source", "duplicates"])?,
        on_gone: word_or(written.on_gone.as_deref(), OnGone::default()).at(&["source", "on_gone"])?,
        look_back_days: super::output::look_back(written, format)?,
    })
}

/// The paths as this machine has them.
fn paths(written: &[String]) -> Result<Vec<String>, Fault> {
    if written.is_empty() {
        return Err(missing("path", "path = \"data/events-*.csv\"")).at(&["source", "path"]);
    }
    let path = |(at, text): (usize, &String)| {
        let path = match path_of_file(text) {
            _ if text.is_empty() => Err(Error::invalid("the path is empty")),
            Ok(None) => ObjectUrl::parse(text).map(|_| None),
            path => path,
        };
        Ok(path.at(&["source", "path", &at.to_string()])?.unwrap_or_else(|| text.clone()))
    };
    written.iter().enumerate().map(path).collect()
}

/// The names of the columns of files without a header.
fn columns(written: &SourceFile, made: &Records, format: Option<InputFormat>) -> Result<Vec<String>, Fault> {
    let SourceFile { header, columns, time, keys, .. } = written;
    let refused =
        |message: &str, help: &str| Err(Error::invalid(message).with_help(help)).at(&["source", "columns"]);
    match (header.unwrap_or(true), columns.is_empty()) {
        (true, true) => return Ok(Vec::new()),
        (true, false) => return refused("columns are named, and a header too", "add `header = false`"),
        (false, true) => return Err(missing("columns", "columns = [\"time\", \"action\"]")).at(&["source"]),
        (false, false) if format == Some(InputFormat::Json) => {
            return refused("JSON has its names in each object", "leave header and columns out");
        }
        (false, false) if matches!(format, Some(InputFormat::Parquet | InputFormat::Delta)) => {
            return refused("Parquet has names of its own", "leave header and columns out");
        }
        (false, false) if format == Some(InputFormat::Text) => {
            return refused("the pattern names the columns of a text log", "leave header and columns out");
        }
        (false, false) => {}
    }
    let is_in_file = |name: &&String| !made.may_make(name);
    for name in time.iter().chain(keys).filter(is_in_file) {
        match columns.iter().filter(|column| *column == name).count() {
            1 => {}
            0 => {
                return refused(
                    &format!("no column is called {}", for_people(name)),
                    "name the time and each key",
                );
            }
            _ => {
                return refused(
                    &format!("two columns are called {}", for_people(name)),
                    "give each its own name",
                );
            }
        }
    }
    Ok(columns.clone())
}

/// How the rows of CSV files are written, as far as it is said.
fn csv_rules(written: &SourceFile) -> Result<CsvRules, Fault> {
    let mut rules = CsvRules { skip_lines: written.skip_lines.unwrap_or_default(), ..CsvRules::default() };
    if let Some(text) = &written.delimiter {
        rules.delimiter = delimiter(text).at(&["source", "delimiter"])?;
    }
    if let Some(comment) = &written.comment {
        let comment = byte(comment, "start of a comment").at(&["source", "comment"])?;
        rules.comment = Some(comment);
        rules.dialect(LineEnd::Lf).at(&["source", "comment"])?;
    }
    rules.line_end = word_or(written.line_end.as_deref(), None).at(&["source", "line_end"])?;
    if let Some(label) = &written.encoding {
        rules.encoding = Encoding::of_label(label).at(&["source", "encoding"])?;
    }
    Ok(rules)
}

/// The format of the files; what is only for CSV cannot be said of others.
fn format(written: &SourceFile) -> Result<Option<InputFormat>, Fault> {
    let format = word_or(written.format.as_deref(), Some(InputFormat::Csv)).at(&["source", "format"])?;
    let of_csv = [
        ("delimiter", written.delimiter.is_some()),
        ("comment", written.comment.is_some()),
        ("skip_lines", written.skip_lines.is_some()),
        ("line_end", written.line_end.is_some()),
        ("encoding", written.encoding.is_some()),
    ];
    let other = format.filter(|format| *format != InputFormat::Csv);
    match (of_csv.into_iter().find(|(_, is_written)| *is_written), other) {
        (Some((key, _)), Some(other)) => {
            Err(Error::invalid(format!("this is for CSV, and the format is {}", other.name()))
                .with_help("leave it out"))
            .at(&["source", key])
        }
        _ => Ok(format),
    }
}

fn time_rules(written: &SourceFile, pattern: Option<&TextPattern>) -> Result<TimeRules, Fault> {
    let (column, beside) = time_columns(&written.time).at(&["source", "time"])?;
    check_year(written)?;
    let first = written.earliest.as_deref().map_or(Ok(YEAR_1_US), |text| instant_us(text, &Zone::utc()));
    let last = written.latest.as_deref().map_or(Ok(YEAR_9998_US), last_instant_us);
    let rules = TimeRules {
        column,
        beside,
        year: written.year,
        format: match written.time_format.as_deref() {
            None => text_log::time_format(pattern),
            Some(text) => time_format(text).at(&["source", "time_format"])?,
        },
        zone: zone_or_utc(written.zone.as_deref()).at(&["source", "zone"])?,
        local: word_or(written.local_times.as_deref(), LocalTimes::default())
            .at(&["source", "local_times"])?,
        earliest_us: first.at(&["source", "earliest"])?,
        latest_us: last.at(&["source", "latest"])?,
    };
    TimeReader::new(&rules).at(&["source", "time_format"])?;
    if written.encoding.is_some()
        && let TimeFormat::Pattern(pattern) = &rules.format
        && !pattern.is_ascii()
    {
        let error = Error::not_built(
            "a pattern with characters beyond ASCII is not built for files in another encoding",
        );
        return Err(error.with_help("convert the files to UTF-8 first, and leave out encoding"))
            .at(&["source", "time_format"]);
    }
    if rules.earliest_us >= rules.latest_us {
        return Err(Error::invalid("earliest is not before latest")).at(&["source", "earliest"]);
    }
    Ok(rules)
}

/// The column of the time, and the one that is read behind it.
fn time_columns(written: &[String]) -> Result<(String, Option<String>)> {
    let wrong = |what: &str| Err(Error::invalid(what));
    match written {
        [] => Err(missing("time", "time = \"time\"")),
        columns if columns.iter().any(String::is_empty) => wrong("the name of the time column is empty"),
        [one] => Ok((one.clone(), None)),
        [one, other] if one == other => wrong("the time column is named twice"),
        [one, other] => Ok((one.clone(), Some(other.clone()))),
        _ => wrong("a time stands in one column, or in two: the date, and the time of day"),
    }
}

/// A year is of patterns without one.
fn check_year(written: &SourceFile) -> Result<(), Fault> {
    let Some(year) = written.year else { return Ok(()) };
    let is_pattern = written.time_format.as_deref().is_some_and(|format| format.contains('%'));
    let error = match year {
        1..=9998 if is_pattern => return Ok(()),
        1..=9998 => Error::invalid("a year is for times whose time_format is a pattern without one")
            .with_help("add `time_format = \"%b %d %H:%M:%S\"`, or leave it out"),
        _ => Error::invalid(format!("{year} is not a year from 1 to 9998")),
    };
    Err(error).at(&["source", "year"])
}

/// One of the words, or a pattern, which has a `%`.
fn time_format(text: &str) -> Result<TimeFormat> {
    match text {
        pattern if pattern.contains('%') => Ok(TimeFormat::Pattern(pattern.to_owned())),
        word => TimeFormat::of_word(word).map_err(|error| {
            let help = error.help_text().unwrap_or_default().to_owned();
            error.with_help(format!("{help}, or a pattern such as \"%d/%m/%Y %H:%M:%S\""))
        }),
    }
}

fn check_keys(keys: &[String], time: &str) -> Result<(), Fault> {
    for (at, key) in keys.iter().enumerate() {
        let wrong = if key.is_empty() {
            "a key's name is empty".to_owned()
        } else if key == time {
            format!("`{key}` is the time column, and cannot be a key too")
        } else if keys[..at].contains(key) {
            format!("the key `{key}` is named twice")
        } else {
            continue;
        };
        return Err(Error::invalid(wrong)).at(&["source", "keys", &at.to_string()]);
    }
    Ok(())
}

fn limits(written: &LimitsFile) -> Result<Limits, Fault> {
    let default = Limits::default();
    let rejects = written.rejects.as_deref().map_or(Ok(RejectLimit::OF_JOB_FILES), str::parse);
    let limits = Limits {
        rejects: rejects.at(&["limits", "rejects"])?,
        strict: written.strict.unwrap_or(default.strict),
        key_bytes: written.key_bytes.unwrap_or(default.key_bytes),
        lookup_bytes: written.lookup_bytes.unwrap_or(default.lookup_bytes),
        groups: written.groups.unwrap_or(default.groups),
        grid_rows: written.grid_rows.unwrap_or(default.grid_rows),
        expansion: written.expansion.unwrap_or(default.expansion),
        unpacked_bytes: written.unpacked_bytes.unwrap_or(default.unpacked_bytes),
    };
    for (key, most) in [
        ("key_bytes", limits.key_bytes),
        ("lookup_bytes", limits.lookup_bytes),
        ("groups", limits.groups),
        ("grid_rows", limits.grid_rows),
        ("expansion", limits.expansion),
        ("unpacked_bytes", limits.unpacked_bytes),
    ] {
        if most == 0 {
            return Err(Error::invalid("the limit is 0, which allows nothing").with_help("write 1 or more"))
                .at(&["limits", key]);
        }
    }
    Ok(limits)
}

/// The error for a value that no cleaned key can have; `read` is what cleaning makes of it.
pub(super) fn never_occurs(value: &str, read: Option<&str>, key: &str) -> Error {
    let error = Error::invalid(format!("`{}` can never occur: `{key}` is cleaned", for_people(value)));
    match read {
        Some(read) => error.with_help(format!("did you mean `{}`?", for_people(read))),
        None => error.with_help("nothing is left of it after trimming; \"\" names the values that are empty"),
    }
}

/// The value of a list that is nearest to one that is not in it.
pub(super) fn not_named(value: &str, values: &[String]) -> Error {
    let error = Error::invalid(format!("`{}` is not one of the values", for_people(value)));
    match nearest(value, values.iter().map(String::as_str)) {
        Some(nearest) => {
            error.with_help(format!("did you mean `{nearest}`? values are {}", values.join(", ")))
        }
        None => error.with_help(format!("values are {}", values.join(", "))),
    }
}
