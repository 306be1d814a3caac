//! Reading lines that Spark hands over: with the scanner and the counter of the embedded engine, so that what a record is
//! and why a row is a reject has one definition.

use windrow_csv::{RECORD_BYTES_MAX, Scanner};

use crate::engine::events::{EventCounter, Partial};
use crate::engine::header::BOM;
use crate::engine::{Contribution, FingerprintWish};
use crate::error::{Error, Kind, Result};
use crate::event::TimeReader;
use crate::fingerprint::{Blocks, Fold};
use crate::job::Job;
use crate::reject::{Reason, Reject};

use super::layout::Input;

/// Judges the rejects of one file, each by itself.
pub(super) struct Rejects<'a> {
    input: &'a Input<'a>,
    scanner: Scanner,
    counter: EventCounter<'a>,
    line: Vec<u8>,
}

impl<'a> Rejects<'a> {
    pub(super) fn new(job: &Job, input: &'a Input<'a>, time: &TimeReader) -> Self {
        let (scanner, counter) = scan_of(job, input, time);
        Rejects { input, scanner, counter, line: Vec::new() }
    }

    /// The reject on line `number`, which begins `byte` bytes into the lines of the file.
    pub(super) fn take(&mut self, number: u64, byte: u64, line: &[u8]) -> Result<Reject> {
        self.line.clear();
        self.line.extend_from_slice(line);
        self.line.push(b'\n');
        self.counter.base = self.input.mark + byte;
        self.counter.rejects_wanted = 1;
        self.scanner.scan(&self.line, usize::MAX, true, &mut self.counter);
        let mut rejects = self.counter.take_rejects(number, &self.line);
        match (rejects.pop(), rejects.is_empty()) {
            (Some(reject), true) => Ok(reject),
            _ => Err(Error::bug(format!(
                "{}: line {number} is a reject to Spark, and none to windrow",
                self.input.file.name
            ))),
        }
    }

    /// How many rejects of each reason were taken.
    pub(super) fn found(&self) -> &[u64; Reason::ALL.len()] {
        &self.counter.tally.rejected
    }
}

/// Counts one file of which all lines come.
pub(super) struct Through<'a> {
    input: &'a Input<'a>,
    scanner: Scanner,
    counter: EventCounter<'a>,
    /// Bytes that are not scanned yet; they stand in the file at `counter.base`.
    held: Vec<u8>,
    /// Where what came so far ends in the file.
    end: u64,
    /// Whether the line that came last ended: its LF follows, unless it is the last of a file without.
    owes_line_end: bool,
    line_ends: u64,
    blocks: Option<Blocks>,
}

/// Bytes that are scanned together: more than any record has.
const SCANNED_BYTES: usize = 2 * RECORD_BYTES_MAX;

impl<'a> Through<'a> {
    pub(super) fn new(job: &Job, input: &'a Input<'a>, time: &TimeReader, wish: FingerprintWish) -> Self {
        let (scanner, mut counter) = scan_of(job, input, time);
        counter.base = input.header.body_start;
        let mut blocks = (wish != FingerprintWish::No).then(|| Blocks::new(0..input.size));
        if let Some(blocks) = &mut blocks {
            blocks.read(0, &BOM[..input.mark as usize]);
        }
        let line_ends = input.header.line_ends;
        Through {
            input,
            scanner,
            counter,
            held: Vec::new(),
            end: input.mark,
            owes_line_end: false,
            line_ends,
            blocks,
        }
    }

    /// A piece of a line, and whether the line ends with it. Returns the rejects that were found.
    pub(super) fn take(&mut self, piece: &[u8], ends: bool) -> Vec<Reject> {
        if std::mem::take(&mut self.owes_line_end) {
            self.push(b"\n");
        }
        self.push(piece);
        self.owes_line_end = ends;
        if self.held.len() < SCANNED_BYTES { Vec::new() } else { self.scan(false) }
    }

    /// Takes over bytes of the file; those of its header are known, and those that were appended since are not counted.
    fn push(&mut self, bytes: &[u8]) {
        let start = self.end;
        self.end += bytes.len() as u64;
        let within = |from: u64| (from.clamp(start, self.end) - start) as usize;
        let to = within(self.input.size);
        if let Some(blocks) = &mut self.blocks {
            blocks.read(start, &bytes[..to]);
        }
        let from = within(self.input.header.body_start);
        self.held.extend_from_slice(&bytes[from.min(to)..to]);
    }

    fn scan(&mut self, at_eof: bool) -> Vec<Reject> {
        self.counter.rejects_wanted = usize::MAX;
        let scanned = self.scanner.scan(&self.held, usize::MAX, at_eof, &mut self.counter);
        let rejects = self.counter.take_rejects(self.line_ends + 1, &self.held);
        self.counter.tally.read += scanned.lines;
        self.counter.tally.bytes_read += scanned.bytes as u64;
        self.counter.base += scanned.bytes as u64;
        self.line_ends += scanned.line_ends;
        self.held.drain(..scanned.bytes);
        rejects
    }

    /// All lines came: the last rejects, and what the file adds.
    ///
    /// # Errors
    /// Storage: the lines are not those of the file that was opened.
    pub(super) fn finish(mut self) -> Result<(Vec<Reject>, Contribution)> {
        if self.owes_line_end && self.input.ends_whole {
            self.push(b"\n");
        }
        let is_whole = match self.input.is_growing() {
            true => self.end >= self.input.size,
            false => self.end == self.input.size,
        };
        if !is_whole {
            return Err(lines_do_not_add_up(self.input, self.end));
        }
        let rejects = self.scan(true);
        let Partial { counts, mut tally, span_us } = self.counter.finish();
        tally.add(&self.input.header.tally);
        let fingerprint = self.blocks.map(|blocks| {
            let mut fold = Fold::default();
            blocks.finish().into_iter().for_each(|hash| fold.add(hash));
            fold.finish(self.input.size)
        });
        let opened = self.input.opened.clone();
        Ok((rejects, Contribution { counts, tally, span_us, fingerprint, opened, proof: None, proven: None }))
    }
}

fn scan_of<'a>(job: &Job, input: &'a Input<'a>, time: &TimeReader) -> (Scanner, EventCounter<'a>) {
    let scanner = Scanner::new(job.source.dialect, input.header.names.len());
    (scanner, EventCounter::new(job, &input.header, time.clone(), 1))
}

/// Spark's lines of a file have another number of bytes than the file.
pub(super) fn lines_do_not_add_up(input: &Input<'_>, bytes: u64) -> Error {
    let (has, name) = (input.size, &input.file.name);
    Error::new(Kind::Storage, format!("{name}: Spark has read {bytes} of its {has} bytes"))
        .help("run again when nothing writes to the file; every machine of the cluster must see the same file under this path")
}
