//! The engine's contract: from a job and files to contributions and rejects, delivered file by file.

pub mod choice;
pub mod embedded;
mod file;
mod path_columns;
#[cfg(feature = "spark")]
pub mod spark;
mod tail;

pub(crate) use path_columns::count;

use std::sync::Arc;

use crate::counts::{Counts, EventCounter, KeptEvents, KeptPart, KeptRules};
use crate::delta::DataFile;
use crate::error::{Code, Error, Help, Result, Setting};
use crate::event::TimeReader;
use crate::fingerprint::{EndHashes, Fingerprint, Proof};
use crate::job::Job;
use crate::reject::Reject;
use crate::settings::Settings;
use crate::source::InputFile;
use crate::storage::Opened;
use crate::tally::Tally;
use crate::text::number::grouped;

/// What one input file adds.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// Counts per pane and raw key.
    pub counts: Counts,
    /// Where its rows and bytes went.
    pub tally: Tally,
    /// The times of the first and the last event, in microseconds UTC.
    pub span_us: Option<(i64, i64)>,
    /// The fingerprint of its bytes, see [`FingerprintWish`].
    pub fingerprint: Option<Fingerprint>,
    /// The hash of its lines, as in `fingerprint::lines`, from an engine that does not see its bytes.
    pub lines: Option<u128>,
    /// Its version, and when it was opened.
    pub opened: Opened,
    /// The proof by which a later run recognises the counted part. For growing files only.
    pub proof: Option<Proof>,
    /// The hashes by which a later run recognises the file if it was renamed and has grown: of the first bytes if there is a
    /// fingerprint, else of both ends.
    pub ends: EndHashes,
    /// The proof that held, if only the bytes appended since then were counted. Tally and counts then cover that part only.
    pub proven: Option<Proof>,
    /// The data files with the events themselves, if events are published.
    pub events: Vec<DataFile>,
}

impl Contribution {
    /// Law 1: every row and byte of the file `name` is accounted for, and every event is in the counts.
    ///
    /// # Errors
    /// Bug: they do not add up. Limit: there are more counts than the job allows.
    fn check(&self, name: &str) -> Result<()> {
        let Contribution { tally, counts, .. } = self;
        let events = counts.events();
        if !tally.adds_up() || events != tally.counted {
            return Err(Error::bug(format!(
                "{name}: the rows or bytes do not add up: {events} events in the counts, {tally:?}"
            )));
        }
        counts.check_limit()
    }

    /// The same for the data files `events`, if events are published.
    fn check_events(&self, name: &str, events: &[DataFile], are_wanted: bool) -> Result<()> {
        let rows: u64 = events.iter().filter_map(DataFile::rows).sum();
        match !are_wanted || rows == self.tally.counted {
            true => Ok(()),
            false => Err(Error::bug(format!(
                "{name}: {rows} events are written of {} counted ones",
                self.tally.counted
            ))),
        }
    }

    /// Fails if something that `wish` needs is missing.
    pub(crate) fn check_wish(&self, wish: FingerprintWish) -> Result<()> {
        match (wish, self.fingerprint) {
            (FingerprintWish::Needed, None) => Err(Error::bug("an engine has left out a fingerprint")),
            _ => Ok(()),
        }
    }
}

/// Why a file is refused whole, and its tally if it was read to the end.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is wrong with the file. The message names the file.
    pub error: Error,
    /// The tally of its rows. None of them counts.
    pub tally: Option<Tally>,
    /// Its version and when it was opened, if it was.
    pub opened: Option<Opened>,
}

impl Refusal {
    /// Whether a file has more rejects than the job allows. For a file of which only the tail was counted, this is decided where
    /// the rest is known.
    fn is_due(job: &Job, contribution: &Contribution) -> bool {
        let tally = &contribution.tally;
        contribution.proven.is_none() && job.limits.rejects.is_passed(tally.rejected_total(), tally.read)
    }

    /// The refusal of the file `name` for too many rejects.
    fn for_rejects(name: &str, tally: &Tally, opened: Opened) -> Self {
        let (rejected, read) = (grouped(tally.rejected_total()), grouped(tally.read));
        let error =
            Error::data(format!("{name}: {rejected} of {read} rows are rejects, more than the limit allows"))
                .with_code(Code::TooManyRejects)
                .with_help(
                    Help::from("look at them with ")
                        .set(Setting::Rejects, "rejects.csv")
                        .and("; then correct the file or raise the limit"),
                );
        Refusal { error, tally: Some(tally.clone()), opened: Some(opened) }
    }
}

/// The span that holds both spans.
pub(crate) fn union(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (a, b) {
        (Some((first, last)), Some((other_first, other_last))) => {
            Some((first.min(other_first), last.max(other_last)))
        }
        (one, other) => one.or(other),
    }
}

/// Maximum number of cells in dense tables of counts, over all threads. A cell has 4 bytes.
const DENSE_CELLS_MAX: usize = 128 << 20;

/// The error where the engine of this name cannot write the events that a job publishes.
pub(crate) fn events_not_built(engine: &str) -> Error {
    Error::usage(format!("[output.events] is not built for the engine {engine}"))
        .with_code(Code::NotBuilt)
        .with_help("leave it out, and publish the events by a second job, which counts on this machine; or count this job there too")
}

/// A counter for the events of one file by the rules of `job`, in one of `threads` threads. It keeps events by the rules `kept`.
fn events(job: &Job, time: TimeReader, threads: usize, kept: Option<KeptRules>) -> EventCounter {
    let counts = Counts::new(job.source.keys.len(), &job.limits, DENSE_CELLS_MAX / threads)
        .measuring(&job.source.measured);
    let kept = kept.map(|rules| KeptEvents::new(KeptRules { bytes_max: rules.bytes_max / threads, ..rules }));
    EventCounter::new(counts, time, job.pane_widths()).keeping(kept)
}

/// Turns inputs into contributions and rejects.
pub trait Engine: Send + Sync {
    /// Its name, which the ledger stores with the files that it has read.
    fn name(&self) -> &'static str;

    /// Notes on what it does in a slow way for `job`, and in which way. Empty by default.
    fn notes(&self, job: &Job) -> Vec<String> {
        let _ = job;
        Vec::new()
    }

    /// Checks whether it could count `files`, without counting them. Returns what engine it is and where. `None` for an engine that
    /// is always available.
    ///
    /// # Errors
    /// The engine cannot be reached, or could not count the files.
    fn probe(&self, job: &Job, files: &[InputFile], settings: &Settings) -> Result<Option<String>> {
        let _ = (job, files, settings);
        Ok(None)
    }

    /// Reads `files` under the rules of `job`, and hands the result of each file to `receiver`, in the given order.
    fn count(
        &self,
        job: &Job,
        files: &[InputFile],
        settings: &Settings,
        receiver: &mut dyn Receiver,
    ) -> Result<()>;
}

/// How much the fingerprint of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FingerprintWish {
    /// It is not wanted.
    No,
    /// It is wanted if the engine itself reads the bytes. Otherwise neither it nor the hash of the lines is wanted.
    IfRead,
    /// It is wanted if the engine sees the bytes anyway; else the hash of the lines is, if the engine sees these.
    IfFree,
    /// It is required. A contribution without it is a bug of the engine.
    Needed,
}

/// Writes the events of files, to be published. The data files that a contribution lists are valid once the contribution counts.
#[doc(hidden)]
pub trait EventSink: Send + Sync {
    /// What to keep of each event.
    fn rules(&self) -> KeptRules;

    /// Writes the events of `file`, which were kept in `parts`. Returns the data files.
    ///
    /// # Errors
    /// Storage, or a full disk.
    fn write(&self, file: &InputFile, parts: &[KeptPart]) -> Result<Vec<DataFile>>;
}

/// Receives the results of an engine. For each file there are first its rejects, in the order of the file and in any number of
/// calls, then either its contribution or the reason why the whole file is refused.
pub trait Receiver: Send {
    /// At least how many of a file's first rejects are wanted with their text. The tally counts all.
    fn rejects_wanted(&self) -> usize;
    /// How much the fingerprint of a file is wanted.
    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish;
    /// The sink for the events themselves. `None` if they are not wanted. Only an engine that reads rows one by one asks for it.
    #[doc(hidden)]
    fn events(&self) -> Option<Arc<dyn EventSink>> {
        None
    }
    /// Takes some rejects of a file.
    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()>;
    /// The file was read to its end.
    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()>;
    /// The file is refused: no part of it counts.
    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()>;
}
