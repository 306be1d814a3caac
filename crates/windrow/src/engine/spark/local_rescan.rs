//! Reads the lines that Spark leaves to windrow, with the scanner and the counter of the embedded engine. So there is one definition of
//! what a record is and why a row is a reject.

use std::iter::Peekable;
use std::ops::Range;

use windrow_scan::csv::RECORD_BYTES_MAX;

use crate::counts::Partial;
use crate::engine;
use crate::error::{Error, Result};
use crate::event::TimeReader;
use crate::format::{Decoder, csv, json};
use crate::job::Job;
use crate::record::Batch;
use crate::reject::{Reason, Reject};
use crate::settings::Stop;
use crate::storage::WantedLine;
use crate::tally::Tally;

use super::copy::Copy;
use super::counted::FileCount;
use super::layout::SparkInput;
use super::odd::{OddLine, odd_lines};
use super::plan::LineKind;

/// Bytes that show what most records are that are not too long.
const LONG_LOOK_BYTES: usize = RECORD_BYTES_MAX + (64 << 10);

/// Rejects of Spark that may be inside records, so that as many others are read.
const INNER_REJECTS: usize = 64;

/// Scans single lines.
struct Scan<'a>(Decoder<'a>);

impl<'a> Scan<'a> {
    fn new(job: &Job, input: &'a SparkInput<'a>, time: &TimeReader) -> Self {
        let events = engine::events(job, time.clone(), 1, None);
        let batch = job.source.records.rules.as_ref().map(|rules| Batch::new(rules, &[]));
        let mut decoder = match &input.objects {
            Some(objects) => Decoder::Json(Box::new(json::JsonDecoder::new(objects, events, batch))),
            None => Decoder::Csv(Box::new(csv::CsvDecoder::of_lines(
                &input.header,
                job.source.csv.encoding,
                events,
                batch,
            ))),
        };
        decoder.events().rejects_wanted = usize::MAX;
        Scan(decoder)
    }

    /// Scans the record that begins at `byte`, on line number `line`, or the line if it is malformed. A record may span any number of lines. Returns
    /// where it ends, and the reject if it is one.
    fn next(&mut self, copy: &mut Copy<'_>, byte: u64, line: u64) -> Result<(u64, Option<Reject>)> {
        let (size, mut look) = (copy.size, copy.first_look());
        loop {
            let piece = copy.at(byte, look)?;
            let at_eof = byte + piece.len() as u64 == size;
            let len = self.scan(piece, byte, at_eof)?;
            if len == 0 && !at_eof && look <= 2 * RECORD_BYTES_MAX {
                look = match look < LONG_LOOK_BYTES {
                    true => (16 * look).min(LONG_LOOK_BYTES),
                    false => 16 * look,
                };
                continue;
            }
            let mut rejects = self.0.take_rejects(line, piece);
            self.0.events().rejects_wanted = usize::MAX;
            let mut end = byte + len as u64;
            if self.0.is_in_line() {
                end = copy.end_of_line(end)?;
                // For the scanner, the line ends here.
                self.0.end_line()?;
            }
            return Ok((end, rejects.pop()));
        }
    }

    /// Scans a line as if it were the last one. Returns whether it is a reject.
    fn alone(&mut self, copy: &mut Copy<'_>, bytes: Range<u64>) -> Result<bool> {
        let len = (bytes.end - bytes.start) as usize;
        let piece = &copy.at(bytes.start, len)?[..len];
        self.scan(piece, bytes.start, true)?;
        Ok(!std::mem::take(&mut self.0.events().rejects).is_empty())
    }

    fn scan(&mut self, piece: &[u8], byte: u64, at_eof: bool) -> Result<usize> {
        Ok(self.0.decode(piece, byte, 1, at_eof)?.bytes)
    }
}

/// The result of reading the lines that Spark left to windrow.
pub(super) struct RescannedLines {
    /// What the unsure lines add to the counts.
    pub(super) added: Option<Partial>,
    /// What Spark has counted of lines that are the inside of a record that begins on an earlier line.
    pub(super) taken: Option<Partial>,
    /// Rejects of Spark that are not rejects because they are inside such a record.
    pub(super) taken_rejects: Tally,
    /// The number of rejects by reason, if all rejects that Spark has found were read.
    pub(super) rejected: Option<[u64; Reason::ALL.len()]>,
    /// How many lines were unsure.
    pub(super) unsure: u64,
}

/// Reads the lines of one file that Spark left to windrow, in their order.
pub(super) struct LineRescan<'a> {
    job: &'a Job,
    input: &'a SparkInput<'a>,
    time: &'a TimeReader,
    copy: Copy<'a>,
    /// Rejects that Spark has found and counted.
    rejects: Option<Box<Scan<'a>>>,
    added: Option<Box<Scan<'a>>>,
    taken: Option<Box<Scan<'a>>>,
    taken_rejects: Tally,
    unsure: u64,
}

impl<'a> LineRescan<'a> {
    /// The content of the file has `bytes` bytes.
    pub(super) fn new(
        job: &'a Job,
        input: &'a SparkInput<'a>,
        bytes: u64,
        time: &'a TimeReader,
        stop: &Stop,
    ) -> Result<Self> {
        let copy = Copy::open(input, bytes, stop)?;
        let taken_rejects = Tally::default();
        Ok(LineRescan {
            job,
            input,
            time,
            copy,
            rejects: None,
            added: None,
            taken: None,
            taken_rejects,
            unsure: 0,
        })
    }

    /// Reads the lines. Calls `each` with the rejects in their order, but only with the first `wanted` of those that Spark has found.
    ///
    /// # Errors
    /// Those of `each`; a bug: windrow and Spark disagree about a line; storage: the file cannot be read.
    pub(super) fn all(
        mut self,
        counted: &FileCount,
        wanted: usize,
        each: &mut dyn FnMut(Reject) -> Result<()>,
    ) -> Result<RescannedLines> {
        self.want(counted, wanted)?;
        let (mut left, mut all) = (wanted, true);
        let mut lines = odd_lines(counted)?.peekable();
        while let Some(odd) = lines.next() {
            match odd.what {
                LineKind::Reject(_) if left == 0 => all = false,
                LineKind::Reject(reason) => {
                    left -= 1;
                    each(self.reject(odd, reason)?)?;
                }
                LineKind::Unsure => {
                    if let Some(reject) = self.unsure(odd, &mut lines)? {
                        each(reject)?;
                    }
                }
                _ => return Err(Error::bug("Spark left a line to windrow that it should have counted")),
            }
        }
        let rejected = self.rejects.map_or_else(Default::default, |mut scan| scan.0.events().tally.rejected);
        let partial = |scan: Box<Scan<'a>>| scan.0.finish();
        Ok(RescannedLines {
            added: self.added.map(partial),
            taken: self.taken.map(partial),
            taken_rejects: self.taken_rejects,
            rejected: all.then_some(rejected),
            unsure: self.unsure,
        })
    }

    /// Says which lines are read.
    fn want(&self, counted: &FileCount, wanted: usize) -> Result<()> {
        let mut rejects = 0;
        let is_read = |odd: &OddLine| {
            rejects += usize::from(matches!(odd.what, LineKind::Reject(_)));
            odd.what == LineKind::Unsure || rejects <= wanted.saturating_add(INNER_REJECTS)
        };
        let wanted = |odd: OddLine| WantedLine { line: odd.line, may_go_on: odd.what == LineKind::Unsure };
        self.copy.want(odd_lines(counted)?.filter(is_read).map(wanted))
    }

    /// Reads a line that Spark has found to be a reject.
    fn reject(&mut self, odd: OddLine, reason: Reason) -> Result<Reject> {
        let byte = self.find(odd)?;
        let scan = scan(&mut self.rejects, self.job, self.input, self.time);
        let (_, reject) = scan.next(&mut self.copy, byte, odd.line)?;
        reject
            .filter(|reject| reject.reason == reason)
            .ok_or_else(|| Error::bug(format!("Spark says {} of line {}", reason.name(), odd.line)))
    }

    /// Reads a line that Spark could not classify, and the other lines of its record. Spark has counted those as lines of their own, so that part is
    /// subtracted.
    fn unsure(
        &mut self,
        odd: OddLine,
        after: &mut Peekable<impl Iterator<Item = OddLine>>,
    ) -> Result<Option<Reject>> {
        let byte = self.find(odd)?;
        let added = scan(&mut self.added, self.job, self.input, self.time);
        let (end, reject) = added.next(&mut self.copy, byte, odd.line)?;
        self.unsure += 1;
        let (mut line, mut at) = (odd.line, self.copy.end_of_line(byte)?);
        while at < end {
            let bytes = at..self.copy.end_of_line(at)?;
            (line, at) = (line + 1, bytes.end);
            match after.next_if(|other| other.line == line).map(|other| other.what) {
                Some(LineKind::Reject(reason)) => {
                    self.taken_rejects.rejected[reason as usize] += 1;
                    self.taken_rejects.read += 1;
                }
                Some(_) => self.unsure += 1,
                None => {
                    let taken = scan(&mut self.taken, self.job, self.input, self.time);
                    if taken.alone(&mut self.copy, bytes)? {
                        return Err(Error::bug(format!("Spark says that line {line} is not a reject")));
                    }
                }
            }
        }
        Ok(reject)
    }

    /// Where a line begins in the file.
    fn find(&mut self, odd: OddLine) -> Result<u64> {
        let (line, byte) = odd.first;
        self.copy.find(odd.line, line, self.input.mark + byte)
    }
}

fn scan<'s, 'a>(
    scan: &'s mut Option<Box<Scan<'a>>>,
    job: &Job,
    input: &'a SparkInput<'a>,
    time: &TimeReader,
) -> &'s mut Scan<'a> {
    scan.get_or_insert_with(|| Box::new(Scan::new(job, input, time)))
}
