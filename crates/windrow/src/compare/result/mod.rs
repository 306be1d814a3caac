//! Results: tables of windows in files, written by any program, read row by row.

mod arrow;
mod csv;
mod json;
mod parquet;
mod part;
mod report;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::delta::{DeltaTable, Foreign};
use crate::error::{Code, Error, Result};
use crate::storage::ObjectUrl;
use crate::storage::{FileVersion, Stamp};
use crate::text::escape;
use part::ResultPart;
use report::OfReport;

/// One value of a row, as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultField {
    /// No value.
    Null,
    /// Text; in CSV, every value that is not empty.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Another number.
    Real(f64),
    /// An instant in microseconds UTC.
    Instant(i64),
    /// What a clock shows, in microseconds since it showed 1970-01-01T00:00: a time without a zone.
    Reading(i64),
    /// Any other value.
    Other,
}

/// A row as it is delivered: the names of its columns, its fields, and its place for people.
pub type EachRow<'e> = dyn FnMut(&[String], &[ResultField], &dyn Fn() -> String) -> Result<Go> + 'e;

/// Fields of the wanted columns of a row, and its place for people.
pub type EachFields<'e> = dyn FnMut(&[ResultField], &dyn Fn() -> String) -> Result<()> + 'e;

/// Whether more rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// More rows are wanted.
    On,
    /// No more rows are wanted.
    Stop,
}

/// The columns of a result and its first rows.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The names of its columns; numbers from 1 where it has none.
    pub names: Vec<String>,
    /// The first rows, a field per name.
    pub rows: Vec<Vec<ResultField>>,
    /// Whether columns have no names but their numbers.
    pub without_header: bool,
}

impl Head {
    /// The first values of the column at `at` that are not null.
    pub fn values(&self, at: usize) -> impl Iterator<Item = &ResultField> {
        self.rows.iter().filter_map(move |row| row.get(at)).filter(|field| **field != ResultField::Null)
    }
}

/// The number of first rows by which columns are chosen.
const HEAD_ROWS: usize = 200;

#[derive(Clone, Debug)]
enum ResultKind {
    Csv,
    Json,
    Parquet,
    /// A Delta table that another program may have written.
    Delta(Box<Foreign>),
    /// A table that windrow has published.
    Published(Box<DeltaTable>),
}

/// A result in a file, in a folder of part files, or in a Delta table.
#[derive(Clone, Debug)]
pub struct ResultFiles {
    name: String,
    kind: ResultKind,
    parts: Vec<ResultPart>,
    /// The report to read from a file of several.
    report: Option<String>,
    modified_us: Option<i64>,
    warning: Option<String>,
    /// Whether its writer marked it as finished.
    is_finished: bool,
}

impl ResultFiles {
    /// Finds the result at `path`. `report` is the one to read from a JSON file of several.
    ///
    /// # Errors
    /// Usage: there is nothing, or it is not a result. Attention: a Delta table is damaged or too new.
    pub fn find(path: &Path, report: Option<&str>) -> Result<Self> {
        let cannot = |error| Error::io(format!("cannot read {}", escape::path(path)), &error);
        if let Some(url) = path.to_str().map_or(Ok(None), ObjectUrl::parse)? {
            let message = format!("{}: results are compared on this machine only", url.shown(&url.key));
            return Err(Error::not_built(message).with_help("copy it to this machine and name the copy"));
        }
        let metadata = fs::metadata(path).map_err(cannot)?;
        let mut found = ResultFiles {
            name: escape::path(path),
            kind: ResultKind::Csv,
            parts: vec![ResultPart { path: path.to_owned(), ..ResultPart::default() }],
            report: report.map(str::to_owned),
            modified_us: modified_us(path),
            warning: None,
            is_finished: path.join("_SUCCESS").exists(),
        };
        if metadata.is_file() {
            found.kind = kind_of(path)?;
            return Ok(found);
        }
        if path.join("_delta_log").is_dir() {
            let mut table = Foreign::open(path)?;
            let files = std::mem::take(&mut table.files).into_iter();
            found.parts = files.map(|file| ResultPart::of_table(path, file)).collect::<Result<_>>()?;
            found.modified_us = found.parts.iter().filter_map(|part| modified_us(&part.path)).max();
            found.kind = ResultKind::Delta(Box::new(table));
            return Ok(found);
        }
        let mut files = Vec::new();
        part_files(path, &mut files).map_err(cannot)?;
        files.sort();
        if files.is_empty() && found.is_finished {
            found.parts.clear();
            return Ok(found);
        }
        let Some(first) = files.first() else {
            return Err(Error::usage(format!("{} has no part files", escape::path(path)))
                .with_code(Code::NotFound)
                .with_help("name a file, a folder of CSV, JSON or Parquet files, or a Delta table"));
        };
        found.kind = kind_of(first)?;
        for file in &files {
            if std::mem::discriminant(&kind_of(file)?) != std::mem::discriminant(&found.kind) {
                let message = format!(
                    "{} has files of several formats: {}, {}",
                    escape::path(path),
                    escape::path(first),
                    escape::path(file)
                );
                return Err(Error::usage(message)
                    .with_code(Code::UnreadableResult)
                    .with_help("name the files of one"));
            }
        }
        found.modified_us = files.iter().filter_map(|file| modified_us(file)).max();
        let is_of_spark =
            |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-"));
        if files.iter().any(is_of_spark) && !found.is_finished {
            found.warning =
                Some(format!("{} has no _SUCCESS: was it written to its end?", escape::path(path)));
        }
        found.parts = files.into_iter().map(|file| ResultPart::below(path, file)).collect();
        Ok(found)
    }

    /// The rows of an open Delta table.
    pub fn of_table(table: DeltaTable) -> Self {
        ResultFiles {
            name: table.place(),
            kind: ResultKind::Published(Box::new(table)),
            parts: vec![],
            report: None,
            modified_us: None,
            warning: None,
            is_finished: true,
        }
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is in CSV.
    pub fn is_csv(&self) -> bool {
        matches!(self.kind, ResultKind::Csv)
    }

    /// The time it was written, in microseconds UTC, if known.
    pub fn modified_us(&self) -> Option<i64> {
        self.modified_us
    }

    /// A warning for the user, if there is one.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Whether it was written to its end, though it has no rows and no names of columns.
    pub fn is_whole(&self) -> bool {
        // JSON without rows still has brackets.
        let has_brackets =
            |part: &ResultPart| fs::metadata(&part.path).is_ok_and(|metadata| metadata.len() > 0);
        self.is_finished || matches!(self.kind, ResultKind::Json) && self.parts.iter().all(has_brackets)
    }

    /// Its columns and its first rows.
    ///
    /// # Errors
    /// Those of [`ResultFiles::rows`].
    pub fn head(&self) -> Result<Head> {
        let mut head = Head::default();
        // The places of names in the head, and the places of the fields of a row: for each name, the first one.
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut places: Vec<usize> = Vec::new();
        let mut last: Vec<String> = Vec::new();
        self.each(&mut |names, fields, _| {
            if last != names {
                last = names.to_vec();
                places = names.iter().map(|name| place_of(name, &mut known, &mut head.names)).collect();
            }
            let mut row = vec![ResultField::Null; head.names.len()];
            for (place, field) in places.iter().zip(fields).rev() {
                row[*place].clone_from(field);
            }
            head.rows.push(row);
            Ok(if head.rows.len() < HEAD_ROWS { Go::On } else { Go::Stop })
        })?;
        if head.rows.is_empty() {
            head.names = self.names_without_rows()?;
        }
        head.rows.iter_mut().for_each(|row| row.resize(head.names.len(), ResultField::Null));
        head.without_header = !head.names.is_empty()
            && head.names.iter().enumerate().all(|(at, name)| *name == (at + 1).to_string());
        Ok(head)
    }

    /// Calls `each` with the fields of the `wanted` columns of every row.
    ///
    /// # Errors
    /// Data: a row is invalid, or a file lacks a column. Those of reading.
    pub fn rows(&self, wanted: &[String], each: &mut EachFields<'_>) -> Result<()> {
        let mut known: Vec<String> = Vec::new();
        let mut places: Vec<Option<usize>> = Vec::new();
        let mut row = Vec::new();
        let may_lack = matches!(self.kind, ResultKind::Json | ResultKind::Delta(_));
        self.each(&mut |names, fields, place| {
            if known != names || places.len() != wanted.len() {
                known = names.to_vec();
                let first: HashMap<&String, usize> =
                    names.iter().enumerate().rev().map(|(at, name)| (name, at)).collect();
                places = wanted.iter().map(|name| first.get(name).copied()).collect();
                if let Some(at) = places.iter().position(Option::is_none).filter(|_| !may_lack) {
                    return Err(Error::data(format!("{}: no column {:?}", place(), wanted[at]))
                        .with_code(Code::MissingColumn)
                        .with_help("all files of a result have the same columns"));
                }
            }
            row.clear();
            row.extend(places.iter().map(|at| at.map_or(ResultField::Null, |at| fields[at].clone())));
            each(&row, place)?;
            Ok(Go::On)
        })
    }

    fn each(&self, each: &mut EachRow<'_>) -> Result<()> {
        let of_report = OfReport::new(&self.name, self.report.as_deref());
        let read = self.each_of_all(&mut |names, fields, place| of_report.row(names, fields, place, each))?;
        if read == Go::On { of_report.check() } else { Ok(()) }
    }

    fn each_of_all(&self, each: &mut EachRow<'_>) -> Result<Go> {
        let no_others = HashMap::new();
        if let ResultKind::Published(table) = &self.kind {
            for file in table.files() {
                for batch in table.read(file, None, None)? {
                    let rows =
                        arrow::ResultBatch { rows: &batch?, before: 0, names: &no_others, instants: &[] };
                    if rows.each(&self.name, &|_| true, each)? == Go::Stop {
                        return Ok(Go::Stop);
                    }
                }
            }
            return Ok(Go::On);
        }
        for part in &self.parts {
            let go = part.rows(each, |each| match &self.kind {
                ResultKind::Csv => csv::read(&part.path, each),
                ResultKind::Json => json::read(&part.path, self.report.as_deref(), each),
                ResultKind::Delta(table) => {
                    parquet::read(part, table.columns.is_mapped().then_some(&table.columns), each)
                }
                ResultKind::Parquet | ResultKind::Published(_) => parquet::read(part, None, each),
            })?;
            if go == Go::Stop {
                return Ok(Go::Stop);
            }
        }
        Ok(Go::On)
    }

    fn names_without_rows(&self) -> Result<Vec<String>> {
        match (&self.kind, self.parts.first()) {
            (ResultKind::Csv, Some(part)) => csv::names(&part.path),
            (ResultKind::Parquet, Some(part)) => parquet::names(&part.path),
            (ResultKind::Delta(table), _) => Ok(table.columns.paths()),
            (ResultKind::Published(table), _) => {
                Ok(table.schema().fields().iter().map(|field| field.name().clone()).collect())
            }
            _ => Ok(vec![]),
        }
    }
}

/// The place of a name among those that are `known`, in their order; a new one is the last.
fn place_of(name: &str, known: &mut HashMap<String, usize>, names: &mut Vec<String>) -> usize {
    *known.entry(name.to_owned()).or_insert_with(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

fn modified_us(path: &Path) -> Option<i64> {
    match FileVersion::of(&fs::metadata(path).ok()?).stamp {
        Stamp::Mtime { us } => Some(us),
        Stamp::Etag(_) => None,
    }
}

/// The files that a job has written below `folder`: no markers, no checksums.
fn part_files(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(['_', '.']) || name.ends_with(".crc") {
            continue;
        }
        match entry.path() {
            path if path.is_dir() => part_files(&path, files)?,
            path => files.push(path),
        }
    }
    Ok(())
}

fn kind_of(path: &Path) -> Result<ResultKind> {
    let mut head = [0; 4];
    let mut file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let got = file.read(&mut head).map_err(|error| cannot_read(path, &error))?;
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match (&head[..got], ending.as_deref()) {
        (b"PAR1", _) => Ok(ResultKind::Parquet),
        ([0x1f, 0x8b, ..], _) => Err(Error::usage(format!("{} is compressed", escape::path(path)))
            .with_code(Code::UnreadableFormat)
            .with_help(format!("unpack it first: gunzip -k {}", escape::path(path)))),
        ([0x28, 0xb5, 0x2f, 0xfd], _) => Err(Error::usage(format!("{} is compressed", escape::path(path)))
            .with_code(Code::UnreadableFormat)
            .with_help(format!("unpack it first: zstd -d {}", escape::path(path)))),
        (_, Some("json" | "ndjson" | "jsonl")) => Ok(ResultKind::Json),
        (_, Some("parquet")) => {
            Err(Error::data(format!("{} does not begin as Parquet does", escape::path(path)))
                .with_code(Code::UnreadableFormat)
                .with_help("was it written to its end?"))
        }
        (_, Some("html" | "htm" | "txt" | "toml" | "xlsx")) => Err(Error::usage(format!(
            "{} is not a result that can be read back",
            escape::path(path)
        ))
        .with_code(Code::UnreadableFormat)
        .with_help(
            "name a .csv, .json, .ndjson or .parquet file, a folder of them, a Delta table, or JOB.toml",
        )),
        _ => Ok(ResultKind::Csv),
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Error {
    Error::io(format!("cannot read {}", escape::path(path)), error)
}
