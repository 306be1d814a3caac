//! The engine's contract: (job, files) to contributions and rejects, delivered file by file. Nothing else.

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
use crate::fingerprint::{Ends, Fingerprint, Proof};
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
    /// What its bytes are; see [`FingerprintWish`].
    pub fingerprint: Option<Fingerprint>,
    /// What its lines are, from an engine that does not see its bytes: their hash, as `fingerprint::lines` has it.
    pub lines: Option<u128>,
    /// What it was when it was opened.
    pub opened: Opened,
    /// What a later run knows the counted part by; growing files only.
    pub proof: Option<Proof>,
    /// What a later run knows the file by when it was renamed and has grown: the first bytes where there is a fingerprint,
    /// else both ends.
    pub ends: Ends,
    /// The proof that held, when only what was appended since was counted: tally and counts are of that part alone.
    pub proven: Option<Proof>,
    /// The data files with the events themselves, where they are published.
    pub events: Vec<DataFile>,
}

impl Contribution {
    /// Law 1: every row and byte of the file `name` is accounted for, and every event is in the counts.
    ///
    /// # Errors
    /// A bug: they do not add up. A limit: there are more counts than the job allows.
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

    /// The same for the data files `events`, where events are published.
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

    /// An error where what `wish` needs is missing.
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
    /// What is wrong with it, named in the message.
    pub error: Error,
    /// What its rows were; none of them counts.
    pub tally: Option<Tally>,
    /// What it was when it was opened, if it was.
    pub opened: Option<Opened>,
}

impl Refusal {
    /// Whether a file has more rejects than the job allows. Of a file whose tail alone was counted this is decided where
    /// the rest of it is known.
    fn is_due(job: &Job, contribution: &Contribution) -> bool {
        let tally = &contribution.tally;
        contribution.proven.is_none() && job.limits.rejects.is_passed(tally.rejected_total(), tally.read)
    }

    /// The refusal of the file `name` for its rejects.
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

/// Cells of the tables of counts that may be kept dense, over all threads (4 bytes each).
const DENSE_CELLS_MAX: usize = 128 << 20;

/// Counts the events of one file by the rules of `job`, in one of so many `threads`, and keeps them by the rules `kept`.
fn events(job: &Job, time: TimeReader, threads: usize, kept: Option<KeptRules>) -> EventCounter {
    let counts = Counts::new(job.source.keys.len(), &job.limits, DENSE_CELLS_MAX / threads)
        .measuring(&job.source.measured);
    let kept = kept.map(|rules| KeptEvents::new(KeptRules { bytes_max: rules.bytes_max / threads, ..rules }));
    EventCounter::new(counts, time, job.pane_widths()).keeping(kept)
}

/// Turns inputs into contributions and rejects.
pub trait Engine: Send + Sync {
    /// Its name, as the ledger keeps it of what it has read.
    fn name(&self) -> &'static str;

    /// What of `job` it does in a slow way, and which; nothing unless it says so.
    fn notes(&self, job: &Job) -> Vec<String> {
        let _ = job;
        Vec::new()
    }

    /// What it is and where, once it has looked whether it could count `files`, of which it counts none; nothing of an
    /// engine that is always there.
    ///
    /// # Errors
    /// It cannot be reached, or could not count them.
    fn probe(&self, job: &Job, files: &[InputFile], settings: &Settings) -> Result<Option<String>> {
        let _ = (job, files, settings);
        Ok(None)
    }

    /// Reads `files` under the rules of `job` and hands each file on to `receiver`, in the order given.
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
    /// It is not.
    No,
    /// It is, where the engine sees the bytes anyway; else the hash of the lines, where it sees these.
    IfFree,
    /// It is, and nothing else will do: a contribution without it is a bug of the engine.
    Needed,
}

/// Takes the events of files, to be published: what a contribution says of files that it has written counts once that counts.
#[doc(hidden)]
pub trait EventSink: Send + Sync {
    /// What is kept of each event.
    fn rules(&self) -> KeptRules;

    /// Writes the events of `file`, which were kept in `parts`, and says into which data files.
    ///
    /// # Errors
    /// Storage, or a full disk.
    fn write(&self, file: &InputFile, parts: &[KeptPart]) -> Result<Vec<DataFile>>;
}

/// Takes what an engine delivers. For each file first its rejects, in the order of the file and in any number of
/// calls, then either its contribution or the reason why the file is refused whole.
pub trait Receiver: Send {
    /// How many of a file's first rejects are wanted with their text, at least; the tally counts all.
    fn rejects_wanted(&self) -> usize;
    /// How much the fingerprint of a file is wanted.
    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish;
    /// What takes the events themselves; none: they are not wanted. Only an engine that reads rows one by one is asked.
    #[doc(hidden)]
    fn events(&self) -> Option<Arc<dyn EventSink>> {
        None
    }
    /// Some rejects of a file.
    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()>;
    /// The file was read to its end.
    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()>;
    /// The file is refused: no part of it counts.
    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()>;
}
