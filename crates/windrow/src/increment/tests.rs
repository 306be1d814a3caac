//! One decision per test, over a ledger in memory; the model walks them all.

use std::collections::BTreeMap;

use super::*;
use crate::fingerprint::{EndHashes, PROOF_BYTES, Proof};
use crate::storage::{FileVersion, Listed, Opened, Stamp};
use crate::tally::Tally;

mod decisions;
mod doubts;
mod growing;
mod model;
mod stops;

const SECOND_US: i64 = 1_000_000;

fn rules() -> Rules {
    Rules {
        growing: false,
        duplicates: Duplicates::Refuse,
        on_gone: OnGone::Keep,
        rejects: RejectLimit::Rows(1),
        refusal: "1".into(),
        gone_accepted: false,
        tables: Vec::new(),
    }
}

/// Not a whole second, so that 50 ms are racy.
fn mtime(seconds: i64) -> Stamp {
    Stamp::Mtime { us: seconds * SECOND_US + 1 }
}

/// Content is told by one number; it is `size` bytes long, of which each is a row.
#[derive(Clone, Debug)]
struct File {
    name: &'static str,
    content: u128,
    size: u64,
    stamp: Stamp,
    rejected: u64,
    /// Whether the engine hashes its bytes.
    is_hashed: bool,
    /// Whether the engine hashes its lines.
    has_lines: bool,
}

/// What the lines of a content hash to.
fn lines(content: u128) -> u128 {
    content.wrapping_add(1_000)
}

fn file(name: &'static str, content: u128) -> File {
    File {
        name,
        content,
        size: 8,
        stamp: mtime(content as i64),
        rejected: 0,
        is_hashed: true,
        has_lines: false,
    }
}

impl File {
    fn listed(&self) -> Listed {
        Listed {
            identity: self.name.into(),
            version: FileVersion { size_bytes: self.size, stamp: self.stamp.clone() },
        }
    }

    fn reading(&self, run: usize) -> Reading {
        let mut tally = Tally { read: self.size, counted: self.size - self.rejected, ..Tally::default() };
        tally.rejected[0] = self.rejected;
        let opened = Opened {
            version: FileVersion { size_bytes: self.size, stamp: self.stamp.clone() },
            at_us: 1_000_000 * SECOND_US,
        };
        Reading::Counted(Box::new(CountedContent {
            opened,
            fingerprint: self.is_hashed.then_some(self.content),
            lines: self.has_lines.then_some(lines(self.content)),
            proof: Some(Proof { head: self.content, last: self.content, ..Proof::default() }),
            ends: EndHashes { head: Some(self.content), last: None },
            begins_with: Vec::new(),
            proven: None,
            counted_bytes: self.size,
            tally,
            span_us: None,
            contribution: ContributionId(format!("{run}/{}", self.name)),
        }))
    }
}

/// A ledger, and the runs that made it.
struct ModelLedger {
    rows: Vec<Seen>,
    rules: Rules,
    runs: usize,
}

impl ModelLedger {
    fn new(rules: Rules) -> Self {
        ModelLedger { rows: Vec::new(), rules, runs: 0 }
    }

    /// A ledger after a run over `files`.
    fn of(files: &[File]) -> Self {
        let mut ledger = ModelLedger::new(rules());
        ledger.run(files);
        ledger
    }

    fn plan(&self, files: &[File]) -> crate::Result<Plan> {
        plan(&files.iter().map(File::listed).collect::<Vec<_>>(), &self.rows, &self.rules)
    }

    fn reconcile(
        &mut self,
        plan: &Plan,
        readings: &BTreeMap<Arc<str>, Reading>,
    ) -> crate::Result<Vec<Reconciled>> {
        let reconciled = reconcile(plan, readings)?;
        self.rows = reconciled.iter().filter_map(|reconciled| reconciled.row.as_deref().cloned()).collect();
        Ok(reconciled)
    }

    /// Per file, in words: why it was read or not, what it became, what counts for it.
    fn try_run(&mut self, files: &[File]) -> crate::Result<Vec<String>> {
        self.runs += 1;
        let plan = self.plan(files)?;
        let read = |file: &File| plan.reads().any(|planned| &*planned.identity == file.name);
        let readings = files.iter().filter(|file| read(file));
        let mut readings = readings.map(|file| (file.name.into(), file.reading(self.runs))).collect();
        hash(&plan, &mut readings, &|name| {
            files.iter().find(|file| file.name == name).map(|file| file.content)
        });
        let reconciled = self.reconcile(&plan, &readings)?;
        Ok(said(&plan, &reconciled))
    }

    #[track_caller]
    fn run(&mut self, files: &[File]) -> Vec<String> {
        self.try_run(files).unwrap()
    }

    fn row(&self, name: &str) -> &Seen {
        self.rows.iter().find(|row| &*row.identity == name).unwrap()
    }
}

/// Hashes what has to be; `content` is none where that cannot be done.
fn hash(plan: &Plan, readings: &mut BTreeMap<Arc<str>, Reading>, content: &dyn Fn(&str) -> Option<u128>) {
    for wanted in unhashed(plan, readings).unwrap() {
        let Some(fingerprint) = content(&wanted.identity) else { continue };
        match readings.get_mut(&wanted.identity) {
            Some(Reading::Counted(content)) => {
                (content.fingerprint, content.lines) = (Some(fingerprint), Some(lines(fingerprint)));
            }
            _ => {
                let hashed = Reading::Hashed { fingerprint, lines: lines(fingerprint) };
                readings.insert(wanted.identity, hashed);
            }
        }
    }
}

fn said(plan: &Plan, reconciled: &[Reconciled]) -> Vec<String> {
    let said = plan.files.iter().zip(reconciled).map(|(planned, reconciled)| {
        let counts = reconciled.row.as_ref().and_then(|row| row.contribution.clone());
        let counts = counts.map_or("-".to_owned(), |id| id.0);
        format!("{}: {} > {}; {counts}", planned.identity, planned.cause, reconciled.became)
    });
    said.collect()
}
