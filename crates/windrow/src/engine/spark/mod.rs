//! The Spark engine: the same job on a user's Apache Spark, through Spark Connect.
//!
//! Spark reads lines, and one aggregation tells what each file adds and where its rows went (`plan::count`): panes are
//! counted next to the data, and only they travel. What windrow has to see itself is fetched then, in the order of the
//! files (`plan::lines`): the rejects, and the lines of which SQL cannot tell what they are, as where a quoted value holds a
//! line end (`plan::assembly`). Those are read by the scanner of the embedded engine.
//!
//! A file whose lines do not add up to the bytes it has is refused, never counted differently.

mod client;
mod counted;
mod handing;
mod layout;
mod place;
mod plan;
mod reading;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::Ordering;

use super::{Engine, Receiver};
use crate::error::Result;
use crate::event::TimeReader;
use crate::job::{Job, JobEngine};
use crate::settings::Settings;
use crate::source::InputFile;

use client::{Address, Session, Watched};
use counted::{Counted, Counting};
use handing::{Handing, Looked};
use layout::{Input, by_layout};

/// Counts CSV files on a Spark cluster.
#[derive(Clone, Debug)]
pub struct Spark {
    address: Address,
    conf: BTreeMap<String, String>,
}

/// Layouts, and files of each, that Spark is asked about by a check. With more files than 32 Spark lists them by a job.
const PROBED_MAX: usize = 16;

/// What a session is set to unless the job says otherwise: how a run is done.
const USUAL: [(&str, &str); 1] = [
    // Spark looks at very many paths by a task for each, thousands at once, and for each query anew.
    ("spark.sql.sources.parallelPartitionDiscovery.parallelism", "64"),
];

/// What a session is set to, whatever the cluster's defaults and the job's wishes are: an answer hangs on it.
const SETTLED: [(&str, &str); 13] = [
    ("spark.sql.session.timeZone", "UTC"),
    ("spark.sql.ansi.enabled", "true"),
    ("spark.sql.ansi.enforceReservedKeywords", "false"),
    ("spark.sql.timestampType", "TIMESTAMP_LTZ"),
    ("spark.sql.execution.arrow.useLargeVarTypes", "false"),
    ("spark.sql.files.ignoreMissingFiles", "false"),
    ("spark.sql.files.ignoreCorruptFiles", "false"),
    ("spark.sql.files.metadataCache.enabled", "false"),
    // Backslashes in the text of a query would stand for themselves.
    ("spark.sql.parser.escapedStringLiterals", "false"),
    // Only sources of the first version say which file a line is from.
    ("spark.sql.sources.useV1SourceList", "avro,csv,json,kafka,orc,parquet,text"),
    ("spark.sql.analyzer.singlePassResolver.enabled", "false"),
    ("spark.sql.lateralColumnAlias.enableImplicitResolution", "true"),
    // Hadoop leaves out lines that are longer.
    ("mapreduce.input.linerecordreader.line.maxlength", "2147483647"),
];

impl Spark {
    /// The Spark whose Connect server is at `address` (`sc://host:port`), which names files from `folder` on; what `of_job`
    /// says of Spark holds for each session.
    ///
    /// # Errors
    /// Usage: the address is wrong, or a setting names a variable that is not set.
    pub fn new(address: &str, folder: &Path, of_job: &JobEngine) -> Result<Self> {
        Ok(Spark { address: Address::parse(address, folder)?, conf: of_job.conf()? })
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

    /// Counts the files of each layout.
    fn counted(
        &self,
        job: &Job,
        inputs: &[Looked<'_>],
        session: &mut Session,
        settings: &Settings,
    ) -> Result<HashMap<usize, Counted>> {
        let read = |input: &&Input<'_>| !input.is_empty() && !input.read_through;
        let mut counted = HashMap::new();
        let mut bytes_before = 0;
        for (layout, numbers) in by_layout(inputs) {
            let of_layout = || numbers.iter().filter_map(|at| inputs[*at].as_ref().ok()).filter(read);
            let paths: Vec<String> = of_layout().map(|input| input.address.clone()).collect();
            if paths.is_empty() {
                continue;
            }
            let bytes: u64 = of_layout().map(|input| input.size).sum();
            let progress = &settings.progress.bytes_done;
            let mut watch = |watched: &Watched| {
                progress.store(bytes_before + watched.input_bytes.min(bytes), Ordering::Relaxed);
            };
            let names =
                || numbers.iter().filter_map(|at| Some((inputs[*at].as_ref().ok()?.name.as_str(), *at)));
            let mut counting = Counting::new(job, names().collect());
            let plain = plan::count(job, &layout, &paths, false);
            session.query(plain, &mut watch, &mut |batch| counting.take(&batch))?;
            let (mut sure, unsure): (HashMap<_, _>, HashMap<_, _>) =
                counting.files.into_iter().partition(|(_, counted)| counted.unsure.n == 0);
            // What is mostly unsure is better read through than sorted first; it is counted when its lines come.
            let some: Vec<usize> =
                unsure.iter().filter(|(_, counted)| !counted.is_mostly_unsure()).map(|(at, _)| *at).collect();
            if !some.is_empty() {
                let address = |at: &usize| Some(inputs[*at].as_ref().ok()?.address.clone());
                let paths: Vec<String> = some.iter().filter_map(address).collect();
                let mut counting = Counting::new(job, names().collect());
                let assembled = plan::count(job, &layout, &paths, true);
                session.query(assembled, &mut |_| {}, &mut |batch| counting.take(&batch))?;
                sure.extend(counting.files);
            }
            bytes_before += bytes;
            progress.store(bytes_before, Ordering::Relaxed);
            // Only now: what a first count takes for events may be lines within one value.
            sure.values().try_for_each(|counted| counted.counts.check_limit())?;
            counted.extend(sure);
        }
        let rows: u64 = counted.values().map(|counted: &Counted| counted.tally.read).sum();
        settings.progress.rows_done.store(rows, Ordering::Relaxed);
        Ok(counted)
    }
}

impl Engine for Spark {
    fn name(&self) -> &'static str {
        "spark"
    }

    fn notes(&self, job: &Job) -> Vec<String> {
        plan::notes(job)
    }

    fn probe(&self, job: &Job, files: &[InputFile], settings: &Settings) -> Result<Option<String>> {
        let time = TimeReader::new(&job.source.time)?;
        let session = self.session(&format!("windrow check {}", job.name), settings)?;
        let mut inputs = Vec::new();
        for file in files {
            settings.stop.check()?;
            inputs.push(Ok(Input::open(job, file, &time).map_err(|refusal| refusal.error)?));
        }
        let layouts = by_layout(&inputs);
        let accepts = if layouts.is_empty() { "" } else { ", which accepts the query of this job" };
        for (layout, numbers) in layouts.into_iter().take(PROBED_MAX) {
            let some = numbers.iter().filter_map(|at| inputs[*at].as_ref().ok()).take(PROBED_MAX);
            let paths: Vec<String> = some.map(|input| input.address.clone()).collect();
            session.analyze(plan::count(job, &layout, &paths, false))?;
        }
        Ok(Some(format!("Spark {} at {}{accepts}", session.version(), self.address)))
    }

    fn count(
        &self,
        job: &Job,
        files: &[InputFile],
        settings: &Settings,
        receiver: &mut dyn Receiver,
    ) -> Result<()> {
        let time = TimeReader::new(&job.source.time)?;
        let mut inputs = Vec::with_capacity(files.len());
        for file in files {
            settings.stop.check()?;
            inputs.push(Input::open(job, file, &time));
        }
        let has_work = inputs.iter().flatten().any(|input| !input.is_empty());
        let mut session =
            has_work.then(|| self.session(&format!("windrow {}", job.name), settings)).transpose()?;
        let counted = match &mut session {
            Some(session) => self.counted(job, &inputs, session, settings)?,
            None => HashMap::new(),
        };
        Handing::new(job, files, &inputs, counted, time, &settings.stop, receiver).hand_on(session.as_mut())
    }
}

#[cfg(test)]
mod tests;
