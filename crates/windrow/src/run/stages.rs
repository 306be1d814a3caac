//! The stages of a run: its name, and how long each stage took.

use crate::clock::{self, Stopwatch};
use crate::ledger::Instant;

/// A name that no other run has, and that sorts by time: a UUID of version 7, without hyphens.
pub(super) fn new_run() -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    // Version and variant stand in the same bits of both.
    let mut last = [0; 10];
    last.copy_from_slice(&random[6..]);
    let now_ms = u64::try_from(clock::unix_ms()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(now_ms, &last).into_uuid().simple().to_string()
}

/// How long the stages of a run took.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stages {
    pub(super) started: Instant,
    watch: Stopwatch,
    done_s: f64,
    stages: Vec<(&'static str, f64)>,
}

impl Stages {
    /// The stages of a run that has listed its inputs since `watch` was started.
    pub(super) fn listed(watch: Stopwatch) -> Self {
        let listed_us = i64::try_from(watch.elapsed().as_micros()).unwrap_or_default();
        let started = Instant(clock::unix_us().saturating_sub(listed_us));
        let mut stages = Stages { started, watch, done_s: 0.0, stages: Vec::new() };
        stages.end("list");
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

    /// How long it is since the first stage began.
    pub(super) fn elapsed_now_s(&self) -> f64 {
        self.watch.elapsed().as_secs_f64()
    }

    /// The stage that took longest.
    pub fn bottleneck(&self) -> &'static str {
        self.stages.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |(stage, _)| stage)
    }
}
