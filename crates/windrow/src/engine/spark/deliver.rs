//! Delivery: Spark's counts, and the lines and rows that windrow reads, file by file in order.

use std::collections::HashMap;

use crate::counts::{Counts, Partial};
use crate::engine::embedded::Embedded;
use crate::engine::file::is_of_file;
use crate::engine::{Contribution, Engine, FingerprintWish, Receiver, Refusal, union};
use crate::error::{Error, Kind, Result};
use crate::event::TimeReader;
use crate::fingerprint::EndHashes;
use crate::job::Job;
use crate::reject::Reject;
use crate::settings::Settings;
use crate::source::{EXPECTED, InputFile};
use crate::storage::{ExpectedBytes, Object};
use crate::tally::Tally;

use super::counted::{FileCount, lines_do_not_add_up};
use super::layout::SparkInput;
use super::local_rescan::{LineRescan, RescannedLines};
use super::rows;

/// An input after a first look, or why it is refused.
pub(super) type Looked<'a> = Result<SparkInput<'a>, Box<Refusal>>;

/// How many rejects are delivered together.
pub(super) const REJECTS_TOGETHER: usize = 1024;

/// Hands the results of files on to a receiver.
pub(super) struct SparkDelivery<'a> {
    pub(super) job: &'a Job,
    pub(super) files: &'a [InputFile],
    pub(super) inputs: &'a [Looked<'a>],
    /// Spark's counts, by file number.
    pub(super) counted: HashMap<usize, FileCount>,
    pub(super) time: TimeReader,
    pub(super) settings: &'a Settings,
}

impl<'a> SparkDelivery<'a> {
    /// Hands all files on.
    pub(super) fn deliver(&mut self, receiver: &mut dyn Receiver) -> Result<()> {
        let mut at = 0;
        while at < self.inputs.len() {
            self.settings.stop.check()?;
            let through = self.inputs[at..].iter().enumerate();
            let through =
                through.take_while(|(after, input)| self.is_read_through(at + after, input)).count();
            if through > 0 {
                Embedded.count(self.job, &self.files[at..at + through], self.settings, receiver)?;
                at += through;
                continue;
            }
            self.expect_odd(at);
            let file = &self.files[at];
            let end = match &self.inputs[at] {
                Ok(input) => {
                    let counted = self.counted.remove(&at);
                    self.one(input, counted, receiver)?
                }
                Err(refusal) => Err((**refusal).clone()),
            };
            match end {
                Ok(contribution) => receiver.contribution(file, contribution)?,
                Err(refusal) => receiver.refused(file, refusal)?,
            }
            at += 1;
        }
        Ok(())
    }

    /// Says which files come next of which windrow reads lines or rows, if file number `at` is one of them.
    fn expect_odd(&self, at: usize) {
        let is_odd = |at: &usize| self.counted.get(at).is_some_and(|counted| !counted.odd.is_empty());
        if self.files[at].object.is_some() && is_odd(&at) {
            let objects =
                (at..self.files.len()).filter(is_odd).filter_map(|at| self.files[at].object.as_ref());
            Object::expect(objects.take(EXPECTED), ExpectedBytes::All);
        }
    }

    /// Whether windrow reads the whole file, because that was clear from the start or because Spark's count leaves too much open.
    fn is_read_through(&self, at: usize, input: &Looked<'_>) -> bool {
        let is_left = |input| self.counted.get(&at).is_some_and(|counted| counted.is_left(input));
        matches!(input, Ok(input) if !input.is_empty() && (input.read_through || is_left(input)))
    }

    /// The contribution of a file, or why it is refused. Its rejects are delivered to `receiver`.
    fn one(
        &self,
        input: &SparkInput<'_>,
        counted: Option<FileCount>,
        receiver: &mut dyn Receiver,
    ) -> Result<Result<Contribution, Refusal>> {
        let name = &input.file.name;
        let refused = |error| Refusal { error, tally: None, opened: Some(input.opened.clone()) };
        let contribution = match self.contribution(input, counted, receiver) {
            Err(error) if error.kind() == Kind::Storage => return Ok(Err(refused(error))),
            // The data of a Parquet file may be damaged.
            Err(error) if input.table().is_some() && is_of_file(&error) => return Ok(Err(refused(error))),
            contribution => contribution?,
        };
        if let Err(error) = input.check_unchanged() {
            return Ok(Err(refused(error.within(name))));
        }
        contribution.check(name)?;
        if Refusal::is_due(self.job, &contribution) {
            return Ok(Err(Refusal::for_rejects(name, &contribution.tally, input.opened.clone())));
        }
        Ok(Ok(contribution))
    }

    /// The contribution of a file, from Spark's count and from the lines or rows that windrow reads.
    fn contribution(
        &self,
        input: &SparkInput<'_>,
        counted: Option<FileCount>,
        receiver: &mut dyn Receiver,
    ) -> Result<Contribution> {
        let lines = counted.as_ref().and_then(|counted| match input.table() {
            Some(_) => counted.hash,
            None => counted.lines(input.content_bytes(counted).ok()?),
        });
        let Partial { counts, tally, span_us, .. } = match counted {
            Some(counted) if input.table().is_some() => self.rows_added_up(input, counted, receiver)?,
            Some(counted) => self.added_up(input, counted, receiver)?,
            None if input.is_empty() => Partial {
                counts: FileCount::nothing(self.job).counts,
                tally: input.header.tally.clone(),
                span_us: None,
                kept: None,
            },
            None => return Err(lines_do_not_add_up(input, 0)),
        };
        let (stop, content) = (&self.settings.stop, tally.bytes_total);
        let (fingerprint, ends) = match receiver.fingerprint_wish(input.file) {
            FingerprintWish::Needed => (Some(input.fingerprint(content, stop)?), input.ends(content, stop)?),
            FingerprintWish::IfFree => (None, input.ends(content, stop)?),
            FingerprintWish::No | FingerprintWish::IfRead => (None, EndHashes::default()),
        };
        let (opened, proof, proven) = (input.opened.clone(), None, None);
        let events = Vec::new();
        Ok(Contribution { counts, tally, span_us, fingerprint, lines, opened, proof, ends, proven, events })
    }

    /// Spark's count of a Parquet file, plus the rows that windrow reads.
    fn rows_added_up(
        &self,
        input: &SparkInput<'_>,
        counted: FileCount,
        receiver: &mut dyn Receiver,
    ) -> Result<Partial> {
        let mut tally = counted.whole_tally(input)?;
        let numbers = counted.odd_rows();
        let (mut counts, mut span_us) = (counted.counts, counted.span_us);
        if numbers.len() as u64 != counted.unsure {
            return Err(differs(input, "rows"));
        }
        if !numbers.is_empty() {
            let wanted = receiver.rejects_wanted();
            let mut each = |rejects: Vec<Reject>| match rejects.is_empty() {
                true => Ok(()),
                false => receiver.rejects(input.file, rejects),
            };
            let stop = &self.settings.stop;
            let added = rows::count(self.job, input, &self.time, stop, &numbers, (wanted, &mut each))?;
            tally.add(&added.tally);
            counts.merge(added.counts);
            span_us = union(span_us, added.span_us);
        }
        Ok(Partial { counts, tally, span_us, kept: None })
    }

    /// Spark's count of a file of lines, corrected by the lines that windrow reads.
    fn added_up(
        &self,
        input: &SparkInput<'_>,
        counted: FileCount,
        receiver: &mut dyn Receiver,
    ) -> Result<Partial> {
        let mut tally = counted.whole_tally(input)?;
        let (mut counts, mut span_us) = (counted.counts.clone(), counted.span_us);
        let mut counted_here = None;
        let same = |is_so: bool| if is_so { Ok(()) } else { Err(differs(input, "lines")) };
        if !counted.odd.is_empty() {
            let read = self.read(input, &counted, receiver)?;
            same(read.unsure == counted.unsure && tally.take_away(&read.taken_rejects))?;
            if read.rejected.is_some_and(|rejected| rejected != tally.rejected) {
                return Err(differs(input, "rejects"));
            }
            if let Some(added) = &read.added {
                tally.add(&added.tally);
            }
            if let Some(taken) = read.taken {
                same(tally.take_away(&taken.tally))?;
                if !self.job.source.measured.is_empty() {
                    counted_here = self.alone(input)?.0;
                }
                counts = counts.without(&taken.counts).ok_or_else(|| differs(input, "lines"))?;
                span_us = match (span_us, taken.span_us) {
                    (Some((first, last)), Some((from, to))) if from == first || to == last => {
                        self.alone(input)?.0.and_then(|(_, span_us)| span_us)
                    }
                    _ => span_us,
                };
            }
            if let Some(added) = read.added {
                counts.merge(added.counts);
                span_us = union(span_us, added.span_us);
            }
        }
        if let Some((counts_here, _)) = counted_here {
            counts = counts_here;
        }
        if input.objects.is_none() {
            // Spark counts the header itself as a repeated header.
            same(tally.take_away(&Tally { repeated_header: 1, read: 1, ..Tally::default() }))?;
        }
        Ok(Partial { counts, tally, span_us, kept: None })
    }

    /// Reads the lines of a file that are left to windrow, and delivers the rejects among them.
    fn read(
        &self,
        input: &SparkInput<'_>,
        counted: &FileCount,
        receiver: &mut dyn Receiver,
    ) -> Result<RescannedLines> {
        let wanted = receiver.rejects_wanted();
        let mut held: Vec<Reject> = Vec::new();
        let content = input.content_bytes(counted)?;
        let reading = LineRescan::new(self.job, input, content, &self.time, &self.settings.stop)?;
        let read = reading.all(counted, wanted, &mut |reject| {
            held.push(reject);
            match held.len() < REJECTS_TOGETHER {
                true => Ok(()),
                false => {
                    self.settings.stop.check()?;
                    receiver.rejects(input.file, std::mem::take(&mut held))
                }
            }
        });
        if !held.is_empty() {
            receiver.rejects(input.file, held)?;
        }
        // If the file has changed, Spark and windrow may disagree about it. That is not a bug.
        read.map_err(|error| match input.check_unchanged() {
            Err(changed) if error.kind() == Kind::Bug => changed.within(&input.file.name),
            _ => error.within(&input.file.name),
        })
    }

    /// Counts the file by the embedded engine alone. This is needed if Spark has counted a line within a quoted value as an event,
    /// because minimum and maximum values and times cannot be subtracted. Such lines are rare.
    fn alone(&self, input: &SparkInput<'_>) -> Result<Alone> {
        let mut alone = Alone(None);
        Embedded.count(self.job, std::slice::from_ref(input.file), self.settings, &mut alone)?;
        Ok(alone)
    }
}

/// A receiver that keeps only the counts of a file, and the times of its first and last event.
struct Alone(Option<(Counts, Option<(i64, i64)>)>);

impl Receiver for Alone {
    fn rejects_wanted(&self) -> usize {
        0
    }

    fn fingerprint_wish(&self, _: &InputFile) -> FingerprintWish {
        FingerprintWish::No
    }

    fn rejects(&mut self, _: &InputFile, _: Vec<Reject>) -> Result<()> {
        Ok(())
    }

    fn contribution(&mut self, _: &InputFile, contribution: Contribution) -> Result<()> {
        self.0 = Some((contribution.counts, contribution.span_us));
        Ok(())
    }

    /// Does nothing: a file with too many rejects is refused later, by its tally.
    fn refused(&mut self, _: &InputFile, _: Refusal) -> Result<()> {
        Ok(())
    }
}

/// The error if Spark and windrow disagree about a file. The file was changed in between, or there is a bug.
fn differs(input: &SparkInput<'_>, what: &str) -> Error {
    match input.check_unchanged() {
        Err(error) => error.within(&input.file.name),
        Ok(()) => {
            Error::bug(format!("{}: Spark has counted other {what} than windrow has read", input.file.name))
        }
    }
}
