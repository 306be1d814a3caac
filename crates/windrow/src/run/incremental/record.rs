//! The record of a run: its name, how long its stages took, and the row that is kept of it.

use std::collections::BTreeMap;

use crate::clock::{self, Stopwatch};
use crate::delta::Store;
use crate::error::{Error, Result};
use crate::increment::Became;
use crate::ledger::{self, Instant, Kept, RunRow};

use super::Done;

/// A name that no other run has, and that sorts by time.
pub(super) fn new_run() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{:012x}{}", clock::unix_ms(), &random[..8])
}

/// How long the stages of a run took.
#[derive(Clone, Debug)]
pub struct Stages {
    started: Instant,
    watch: Stopwatch,
    done_s: f64,
    stages: Vec<(&'static str, f64)>,
}

impl Stages {
    /// The first stage begins. `listing` was started when the files began to be listed, if that is a stage of the run.
    pub(super) fn start(listing: Option<Stopwatch>) -> Self {
        let watch = listing.unwrap_or_else(Stopwatch::start);
        let listed_us = i64::try_from(watch.elapsed().as_micros()).unwrap_or_default();
        let started = Instant(clock::unix_us().saturating_sub(listed_us));
        let mut stages = Stages { started, watch, done_s: 0.0, stages: Vec::new() };
        if listing.is_some() {
            stages.end("list");
        }
        stages
    }

    /// A stage ends and the next one begins.
    pub(super) fn end(&mut self, stage: &'static str) {
        let now_s = self.watch.elapsed().as_secs_f64();
        self.stages.push((stage, now_s - self.done_s));
        self.done_s = now_s;
    }

    /// The stages with their seconds, in order.
    pub fn seconds(&self) -> &[(&'static str, f64)] {
        &self.stages
    }

    /// How long the run took, from the start of its first stage to the end of its last: their sum, as each begins where the one
    /// before has ended.
    pub fn elapsed_s(&self) -> f64 {
        self.done_s
    }

    /// The stage that took longest.
    pub fn bottleneck(&self) -> &'static str {
        self.stages.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |(stage, _)| stage)
    }
}

/// The words for what files became, and how many became it.
pub(super) fn became(done: &Done) -> BTreeMap<&'static str, u64> {
    let mut files = BTreeMap::new();
    for settled in &done.settled {
        let word = match settled.became {
            Became::New => "new",
            Became::Grown => "grown",
            Became::Changed => "changed",
            Became::MovedFrom(_) | Became::GrownFrom(_) => "moved",
            Became::MovedTo(_) => continue,
            Became::Equal => "equal",
            Became::Same => "same",
            Became::DuplicateOf(_) => "duplicate",
            Became::Refused(_) => "refused",
            Became::Kept => "gone, kept",
            Became::Gone => "gone",
            Became::Unread { .. } => "not read",
        };
        *files.entry(word).or_default() += 1;
    }
    files
}

/// Keeps a row of the run.
pub(super) fn keep(store: &Store, done: &Done, before: Option<u64>) -> Result<()> {
    let json = |value: serde_json::Result<String>| {
        value.map_err(|error| Error::bug(format!("a run as JSON: {error}")))
    };
    let is_new = before != Some(done.ledger_version) || done.windows_changed() > 0;
    let outcome = match done.refused().next() {
        Some(_) => "refused",
        None if is_new => "changed",
        None => "nothing new",
    };
    let stages: BTreeMap<&str, f64> =
        done.stages.seconds().iter().map(|(stage, s)| (*stage, (s * 1e6).round() / 1e6)).collect();
    let row = RunRow {
        run: done.run.clone(),
        started: done.stages.started,
        ended: Instant(clock::unix_us()),
        outcome: outcome.to_owned(),
        ledger_before: before.map(|version| version as i64),
        ledger_version: Some(done.ledger_version as i64),
        files_listed: done.plan.files.iter().filter(|file| file.listed.is_some()).count() as i64,
        files_read: done.plan.reads().count() as i64,
        files: json(serde_json::to_string(&became(done)))?,
        rows: done.read().read as i64,
        bytes_read: done.bytes_read as i64,
        windows_changed: done.windows_changed() as i64,
        stages: json(serde_json::to_string(&stages))?,
        bottleneck: done.stages.bottleneck().to_owned(),
        engine: done.engine.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    ledger::keep_rows(store, Kept::Runs, &done.run, &[row])
}
