//! The Spark engine: the same job on a user's Apache Spark, through Spark Connect.
//!
//! Spark reads lines. One query over all files (`asking`) returns the counts of each file and where its rows went (`plan::count`).
//! Panes are counted next to the data, and only the counts travel. The query also returns where the lines are that windrow has to
//! read itself (`odd`): rejects, and lines that SQL cannot judge, for example because a quoted value holds a line end. windrow reads
//! them in its own copy of the file (`local_rescan`), with the scanner of the embedded engine.
//!
//! Of JSON Spark takes the lines that surely are objects (`objects`, `plan::gate`), soonest those written as the first lines are
//! (`template`), and windrow reads the others.
//!
//! Spark reads the rows of a Parquet file if it reads them as windrow does (`table`). That takes another query, whose answer has the
//! same form. windrow reads the rows itself that Spark is not sure of (`rows`).
//!
//! If the lines that Spark has read do not add up to the size of the file, the file is refused rather than counted differently.

mod answer;
mod asking;
mod client;
mod copy;
mod counted;
mod deliver;
mod files;
mod folders;
mod layout;
mod local_rescan;
mod objects;
mod odd;
mod packed;
mod place;
mod plain;
mod plan;
mod rows;
mod table;
mod template;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::{Engine, FingerprintWish, Receiver, path_columns};
use crate::error::Result;
use crate::event::TimeReader;
use crate::job::{Job, JobEngine};
use crate::settings::Settings;
use crate::source::{InputFile, fetch_ahead};
use crate::storage::{Cluster, Object};

use asking::{Asking, asked, asked_objects, tables};
use client::{Address, Session};
use deliver::{Looked, SparkDelivery};
use files::SparkFiles;
use layout::SparkInput;
use plan::LineCheck;

/// Counts files on a Spark cluster.
#[derive(Clone, Debug)]
pub struct Spark {
    address: Address,
    conf: BTreeMap<String, String>,
}

/// Maximum number of files in each query of a check. Spark starts a job to list more than 32 files.
const PROBED_MAX: usize = 16;

/// The fewest files that are worth a thread.
const TOGETHER_MIN: usize = 64;

/// Settings of a session that the job may override. They change how fast a run is, not its answer.
const USUAL: [(&str, &str); 3] = [
    // What a file counts for beside its size when small files are put into one task. A task costs Spark as much as some dozens of files.
    ("spark.sql.files.openCostInBytes", "262144"),
    // Spark gives up a query after 100 rounds of analysis. A job with 60 expressions, each made of the one before it, needs more.
    ("spark.sql.analyzer.maxIterations", "1000"),
    // To look at very many paths, Spark starts a task for each, thousands at once, and does so again for each query.
    ("spark.sql.sources.parallelPartitionDiscovery.parallelism", "64"),
];

/// Settings of every session, whatever the cluster's defaults and the job say, because the answer depends on them.
const SETTLED: [(&str, &str); 15] = [
    // A file may have columns whose names differ only in case.
    ("spark.sql.caseSensitive", "true"),
    ("spark.sql.session.timeZone", "UTC"),
    ("spark.sql.ansi.enabled", "true"),
    ("spark.sql.ansi.enforceReservedKeywords", "false"),
    ("spark.sql.timestampType", "TIMESTAMP_LTZ"),
    ("spark.sql.execution.arrow.useLargeVarTypes", "false"),
    ("spark.sql.files.ignoreMissingFiles", "false"),
    ("spark.sql.files.ignoreCorruptFiles", "false"),
    ("spark.sql.files.metadataCache.enabled", "false"),
    // Otherwise backslashes in the text of a query would not escape anything.
    ("spark.sql.parser.escapedStringLiterals", "false"),
    // Only data sources of the first version say which file a line is from.
    ("spark.sql.sources.useV1SourceList", "avro,csv,json,kafka,orc,parquet,text"),
    ("spark.sql.analyzer.singlePassResolver.enabled", "false"),
    ("spark.sql.lateralColumnAlias.enableImplicitResolution", "true"),
    // A damaged page is an error.
    ("parquet.page.verify-checksum.enabled", "true"),
    // Hadoop drops lines that are longer than this.
    ("mapreduce.input.linerecordreader.line.maxlength", "2147483647"),
];

impl Spark {
    /// The Spark whose Connect server is at `address` (`sc://host:port`). Files that the address names are relative to `folder`. The
    /// Spark settings of `of_job` hold for each session.
    ///
    /// # Errors
    /// Usage: the address is wrong, or a setting names a variable that is not set.
    pub fn new(address: &str, folder: &Path, of_job: &JobEngine) -> Result<Self> {
        Ok(Spark { address: Address::parse(address, folder)?, conf: of_job.conf()? })
    }

    /// The files that only the cluster sees.
    pub(super) fn files(self) -> Cluster {
        SparkFiles::of(self)
    }

    /// The settings of each session.
    fn settled(&self) -> BTreeMap<String, String> {
        let mut conf: BTreeMap<_, _> = USUAL.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        conf.extend(self.conf.clone());
        conf.extend(SETTLED.map(|(name, value)| (name.to_owned(), value.to_owned())));
        conf
    }

    fn session(&self, tag: &str, settings: &Settings) -> Result<Session> {
        let mut session = Session::open(&self.address, &self.settled(), tag, settings)?;
        session.has_wishes(!self.conf.is_empty());
        Ok(session)
    }
}

/// A note on how many Parquet files windrow reads itself, with the reason for the first one. Empty if there are no such files.
fn read_here(inputs: &[Looked<'_>]) -> String {
    let parquet = || inputs.iter().flatten().filter(|input| input.table.is_some());
    let why = parquet().find_map(|input| Some((&input.file.name, input.table.as_ref()?.as_ref().err()?)));
    let here = parquet().filter(|input| input.table().is_none()).count();
    match why {
        None => String::new(),
        Some((name, why)) => format!(
            "; windrow reads {here} of {} Parquet files itself, not Spark ({name}: {why})",
            parquet().count()
        ),
    }
}

/// The inputs after a first look.
///
/// # Errors
/// The run was stopped.
fn looked<'f>(
    job: &Job,
    files: &'f [InputFile],
    time: &TimeReader,
    settings: &Settings,
) -> Result<Vec<Looked<'f>>> {
    let some = |range: Range<usize>| {
        let looked = range.map(|at| {
            settings.stop.check()?;
            fetch_ahead(files, at, settings.threads);
            Ok(SparkInput::open(job, &files[at], time))
        });
        looked.collect::<Result<Vec<_>>>()
    };
    // Objects are fetched ahead in their order.
    if files.iter().any(|file| file.object.is_some()) {
        return some(0..files.len());
    }
    let each = files.len().div_ceil(settings.threads.get()).max(TOGETHER_MIN);
    std::thread::scope(|threads| {
        let parts = (0..files.len()).step_by(each).map(|at| at..(at + each).min(files.len()));
        let parts: Vec<_> = parts.map(|part| threads.spawn(|| some(part))).collect();
        let mut inputs = Vec::with_capacity(files.len());
        for part in parts {
            inputs.extend(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(inputs)
    })
}

impl Engine for Spark {
    fn name(&self) -> &'static str {
        "spark"
    }

    fn notes(&self, job: &Job) -> Vec<String> {
        plan::notes(job)
    }

    fn probe(&self, job: &Job, files: &[InputFile], settings: &Settings) -> Result<Option<String>> {
        plan::check(job)?;
        let session = self.session(&format!("windrow check {}", job.name), settings)?;
        let mut inputs = Vec::new();
        for (at, file) in files.iter().enumerate() {
            settings.stop.check()?;
            fetch_ahead(files, at, settings.threads);
            let of_file = path_columns::job_of(job, file);
            let time = of_file.source.time_reader()?;
            inputs.push(Ok(SparkInput::open(&of_file, file, &time).map_err(|refusal| refusal.error)?));
        }
        let ((plain, full), tables) = (asked(job, &inputs), tables(&inputs));
        let mut of_lines = vec![(plain, LineCheck::Plain), (full, LineCheck::Full)];
        of_lines.extend(asked_objects(job, &inputs));
        of_lines.retain(|(files, _)| !files.is_empty());
        let has_query = !of_lines.is_empty() || !tables.is_empty();
        let accepts = if has_query { ", which accepts the query of this job" } else { "" };
        if !tables.is_empty() {
            let some = &tables[..tables.len().min(PROBED_MAX)];
            session.analyze(plan::count_tables(job, some)?)?;
        }
        for (files, way) in of_lines {
            session.analyze(plan::count(
                job,
                &files[..files.len().min(PROBED_MAX)],
                way,
                job.output.is_some(),
            )?)?;
        }
        let accepts = format!("{accepts}{}", read_here(&inputs));
        Ok(Some(format!("Spark {} at {}{accepts}", session.version(), self.address)))
    }

    fn count(
        &self,
        job: &Job,
        files: &[InputFile],
        settings: &Settings,
        receiver: &mut dyn Receiver,
    ) -> Result<()> {
        plan::check(job)?;
        let time = job.source.time_reader()?;
        let inputs = looked(job, files, &time, settings)?;
        let is_wanted = |file| receiver.fingerprint_wish(file) == FingerprintWish::IfFree;
        let hashed = files.iter().any(is_wanted);
        let has_work = inputs.iter().flatten().any(|input| !input.is_empty());
        let mut session =
            has_work.then(|| self.session(&format!("windrow {}", job.name), settings)).transpose()?;
        let counted = match &mut session {
            Some(session) => Asking { job, inputs: &inputs, session, hashed, settings }.counted()?,
            None => Default::default(),
        };
        let objects: Vec<&Object> =
            inputs.iter().flatten().filter_map(|input| input.file.object.as_ref()).collect();
        Object::look_again(&objects)?;
        SparkDelivery { job, files, inputs: &inputs, counted, time, settings }.deliver(receiver)
    }
}

#[cfg(test)]
mod tests;
