//! What is kept: the output of a job, its rejects, and the counts of files that are gone or duplicates.

use std::path::{Path, PathBuf};

use super::check::{missing, word_or};
use super::file::{EventsFile, OutputFile, RejectsFile, SourceFile};
use super::keyword::not_among;
use super::span::{At, Fault};
use crate::calendar::{Length, Step, Unit};
use crate::error::{Error, Result};
use crate::format::InputFormat;
use crate::storage::ObjectUrl;
use crate::text::escape::for_people;

/// Where the ledger and the published tables are. It does not change the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// The folder of the tables: of this machine, or the address of one in an object store.
    pub path: PathBuf,
    /// How the cleaned events themselves are published; none: they are not.
    pub events: Option<EventsOutput>,
}

/// How to publish the cleaned events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventsOutput {
    /// Which stretch of time a folder covers.
    pub by: EventsBy,
    /// How long after the end of a folder's hour or day, by the newest event, its data files are merged; `None` for never.
    pub compact_after: Option<Step>,
    /// The keys whose values get folders of their own.
    pub partition_by: Vec<String>,
}

/// What a folder of published events is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventsBy {
    /// An hour of a date, both of UTC.
    #[default]
    Hour,
    /// A date of UTC.
    Day,
}

impl Output {
    /// Whether the folder is in an object store.
    pub fn is_remote(&self) -> bool {
        matches!(self.url(), Ok(Some(_)))
    }

    /// The address of the folder, where it is in an object store.
    ///
    /// # Errors
    /// Usage: the address cannot be read as one.
    pub(crate) fn url(&self) -> Result<Option<ObjectUrl>> {
        self.path.to_str().map_or(Ok(None), ObjectUrl::parse)
    }
}

/// What is kept of rejects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejects {
    /// How much of their text.
    pub raw: RawText,
    /// For how many days; none: for ever.
    pub keep_days: Option<u32>,
}

/// How much of a reject's text is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawText {
    /// All of it.
    #[default]
    Full,
    /// Nothing: place and reason remain.
    None,
}

/// What to do with a file that has the same content as another one that still exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// One of them counts.
    #[default]
    Refuse,
    /// Each of them counts.
    Count,
}

/// What to do with the counts of a file that is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnGone {
    /// They stay: logs expire, history does not.
    #[default]
    Keep,
    /// They leave with the file.
    Subtract,
}

impl OutputFile {
    pub(super) fn check(&self, folder: &Path, keys: &[String]) -> Result<Output, Fault> {
        let path = self.path.as_deref().ok_or_else(|| missing("path", "path = \"out\""));
        let path = path.at(&["output", "path"])?;
        let events = self.events.as_ref().map(|events| events.check(keys)).transpose()?;
        let error = match path.split_once("://") {
            _ if path.is_empty() => Error::invalid("the path is empty").with_help("write `path = \"out\"`"),
            // Without the dot of `path = "."`.
            None => return Ok(Output { path: folder.join(path).components().collect(), events }),
            Some(_) => match ObjectUrl::parse(path) {
                Ok(Some(url)) if url.is_web() => Error::invalid("a web server keeps no tables")
                    .with_help("name a folder of this machine, or one in s3://, gs:// or az://"),
                Ok(Some(url)) if url.is_of_cluster() => Error::invalid("nothing is written through Spark")
                    .with_help("name a folder of this machine, or one in s3://, gs:// or az://"),
                Ok(_) => return Ok(Output { path: path.trim_end_matches('/').into(), events }),
                Err(error) => error,
            },
        };
        Err(error).at(&["output", "path"])
    }
}

impl EventsFile {
    fn check(&self, keys: &[String]) -> Result<EventsOutput, Fault> {
        let by = word_or(self.by.as_deref(), EventsBy::default()).at(&["output", "events", "by"])?;
        let compact_after = match self.compact_after.as_deref() {
            None => Some(COMPACT_AFTER),
            Some(NEVER) => None,
            Some(text) => Some(compact_after(text).at(&["output", "events", "compact_after"])?),
        };
        let mut partition_by: Vec<String> = Vec::new();
        for name in &self.partition_by {
            let error = match keys.contains(name) {
                false if keys.is_empty() => Error::invalid("the job has no keys to partition events by")
                    .with_help("add it to source.keys, or leave this out"),
                false => not_among(name, "key", &keys.iter().map(String::as_str).collect::<Vec<_>>()),
                true if partition_by.contains(name) => {
                    Error::invalid(format!("`{}` is there twice", for_people(name)))
                        .with_help("name each key once")
                }
                true => {
                    partition_by.push(name.clone());
                    continue;
                }
            };
            return Err(error).at(&["output", "events", "partition_by"]);
        }
        Ok(EventsOutput { by, compact_after, partition_by })
    }
}

impl RejectsFile {
    pub(super) fn check(&self) -> Result<Rejects, Fault> {
        let raw = word_or(self.raw.as_deref(), RawText::default()).at(&["rejects", "raw"])?;
        let keep_days = self
            .keep
            .as_deref()
            .map(|text| days(text, "leave it out to keep rejects for ever"))
            .transpose()
            .at(&["rejects", "keep"])?;
        Ok(Rejects { raw, keep_days })
    }
}

/// How long after their end hours and days are closed, unless a job says.
const COMPACT_AFTER: Step = Step { n: 1, unit: Unit::Hour };

/// The word in a job that keeps hours and days from being closed.
pub(super) const NEVER: &str = "never";

/// A length of time that does not depend on the calendar: `1h`, `2d`.
fn compact_after(text: &str) -> Result<Step> {
    let step = text.parse::<Step>().ok().filter(|step| !matches!(step.length(), Length::Months(_)));
    step.ok_or_else(|| {
        Error::invalid(format!("`{}` is not a length of time", for_people(text)))
            .with_help("write it as `1h` or `2d`, or `never`")
    })
}

/// The number of days in `look_back`; none: it is not set.
pub(super) fn look_back(written: &SourceFile, format: Option<InputFormat>) -> Result<Option<u32>, Fault> {
    let Some(text) = written.look_back.as_deref() else { return Ok(None) };
    let checked = match format {
        Some(InputFormat::Delta) => {
            Err(Error::invalid("the log of a Delta table names its files: no folder of it is listed")
                .with_help("leave look_back out"))
        }
        _ => days(text, "leave it out to list all folders"),
    };
    checked.map(Some).at(&["source", "look_back"])
}

/// A whole number of days, written as `30d` or `2w`. `without` is the part of the help that says how to go without a limit.
fn days(text: &str, without: &str) -> Result<u32> {
    let days = match text.parse::<Step>().map(Step::length) {
        Ok(Length::Days(days)) => u32::try_from(days).ok(),
        _ => None,
    };
    days.ok_or_else(|| {
        Error::invalid(format!("`{}` is not a number of days", for_people(text)))
            .with_help(format!("write it as `30d` or `4w`, or {without}"))
    })
}
