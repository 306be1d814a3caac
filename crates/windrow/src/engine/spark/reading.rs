//! Reading lines that Spark hands over: with the scanner and the counter of the embedded engine, so that what a record is
//! and why a row is a reject has one definition.

use windrow_csv::{RECORD_BYTES_MAX, Scanner};

use crate::engine::events::{EventCounter, Partial};
use crate::engine::{Contribution, FingerprintWish};
use crate::error::Result;
use crate::event::TimeReader;
use crate::fingerprint::{Blocks, Fold};
use crate::increment::Ends;
use crate::job::Job;
use crate::reject::{Reason, Reject};
use crate::source::BOM;

use super::counted::{Lines, lines_do_not_add_up};
use super::layout::Input;

/// Bytes that are scanned together: more than any record has.
const SCANNED_BYTES: usize = 2 * RECORD_BYTES_MAX;

/// Scans lines that follow on each other.
struct Scan<'a> {
    scanner: Scanner,
    counter: EventCounter<'a>,
    /// Bytes that are not scanned yet; they stand in the file at `counter.base`.
    held: Vec<u8>,
    /// The lines of the file before them.
    lines_before: u64,
}

impl<'a> Scan<'a> {
    fn new(job: &Job, input: &'a Input<'a>, time: &TimeReader) -> Self {
        let scanner = Scanner::new(input.header.dialect, input.header.names.len());
        let counter = EventCounter::new(job, &input.header, time.clone(), 1);
        Scan { scanner, counter, held: Vec::new(), lines_before: 0 }
    }

    /// What is scanned next stands at `byte` of the file, after so many lines.
    fn begin(&mut self, byte: u64, lines_before: u64) {
        self.counter.base = byte;
        self.lines_before = lines_before;
    }

    /// Takes over bytes; returns the rejects that were found, with the lines they begin on.
    fn push(&mut self, bytes: &[u8]) -> Vec<Reject> {
        self.held.extend_from_slice(bytes);
        if self.held.len() < SCANNED_BYTES { Vec::new() } else { self.scan(false) }
    }

    fn scan(&mut self, at_eof: bool) -> Vec<Reject> {
        self.counter.rejects_wanted = usize::MAX;
        let scanned = self.scanner.scan(&self.held, usize::MAX, at_eof, &mut self.counter);
        let rejects = self.counter.take_rejects(self.lines_before + 1, &self.held);
        self.counter.tally.read += scanned.lines;
        self.counter.tally.bytes_read += scanned.bytes as u64;
        self.counter.base += scanned.bytes as u64;
        self.lines_before += scanned.line_ends;
        self.held.drain(..scanned.bytes);
        rejects
    }
}

/// Judges the rejects of one file, each by itself.
pub(super) struct Rejects<'a> {
    input: &'a Input<'a>,
    scan: Scan<'a>,
}

impl<'a> Rejects<'a> {
    pub(super) fn new(job: &Job, input: &'a Input<'a>, time: &TimeReader) -> Self {
        Rejects { input, scan: Scan::new(job, input, time) }
    }

    /// The reject on line `number`, which begins `byte` bytes into the lines of the file. None if the line is no reject, or
    /// one for another reason than Spark's, `reason`.
    pub(super) fn take(&mut self, number: u64, byte: u64, line: &[u8], reason: Reason) -> Option<Reject> {
        self.scan.begin(self.input.mark + byte, number - 1);
        self.scan.held.clear();
        self.scan.held.extend_from_slice(line);
        self.scan.held.push(b'\n');
        let mut rejects = self.scan.scan(true);
        rejects.pop().filter(|reject| rejects.is_empty() && reject.reason == reason)
    }

    /// How many rejects of each reason were taken.
    pub(super) fn found(&self) -> &[u64; Reason::ALL.len()] {
        &self.scan.counter.tally.rejected
    }
}

/// Counts the unsure lines of one file. Those that follow on each other are read together: no record goes beyond them.
pub(super) struct Unsure<'a> {
    input: &'a Input<'a>,
    scan: Scan<'a>,
    /// The number of the next line of the stretch; none: no stretch has begun.
    next: Option<u64>,
    taken: Lines,
}

impl<'a> Unsure<'a> {
    pub(super) fn new(job: &Job, input: &'a Input<'a>, time: &TimeReader) -> Self {
        Unsure { input, scan: Scan::new(job, input, time), next: None, taken: Lines::default() }
    }

    /// A piece of line `number`, which begins `byte` bytes into the lines of the file. Returns rejects that were found.
    pub(super) fn take(&mut self, number: u64, byte: u64, piece: &[u8], ends: bool) -> Vec<Reject> {
        let mut rejects = Vec::new();
        if self.next != Some(number) {
            rejects = self.end();
            self.scan.begin(self.input.mark + byte, number - 1);
        }
        rejects.extend(self.scan.push(piece));
        self.taken.bytes += piece.len() as u64;
        self.next = Some(number);
        if ends {
            rejects.extend(self.scan.push(b"\n"));
            self.taken = Lines { n: self.taken.n + 1, bytes: self.taken.bytes + 1 };
            self.next = Some(number + 1);
        }
        rejects
    }

    /// The stretch is at its end. Returns its last rejects.
    pub(super) fn end(&mut self) -> Vec<Reject> {
        match self.next.take() {
            Some(_) => self.scan.scan(true),
            None => Vec::new(),
        }
    }

    /// What the lines add, and how many they were.
    pub(super) fn finish(self) -> (Partial, Lines) {
        (self.scan.counter.finish(), self.taken)
    }
}

/// Counts one file of which all lines come.
pub(super) struct Through<'a> {
    input: &'a Input<'a>,
    scan: Scan<'a>,
    /// Where what came so far ends in the file.
    end: u64,
    /// Whether the line that came last ended: its line end follows, unless it is the last of a file without.
    owes_line_end: bool,
    blocks: Option<Blocks>,
}

impl<'a> Through<'a> {
    pub(super) fn new(job: &Job, input: &'a Input<'a>, time: &TimeReader, wish: FingerprintWish) -> Self {
        let mut scan = Scan::new(job, input, time);
        scan.begin(input.header.body_start, input.header.line_ends);
        let mut blocks = (wish != FingerprintWish::No).then(|| Blocks::new(0..input.size));
        if let Some(blocks) = &mut blocks {
            blocks.read(0, &BOM[..input.mark as usize]);
        }
        Through { input, scan, end: input.mark, owes_line_end: false, blocks }
    }

    fn line_end(&self) -> u8 {
        self.input.header.dialect.line_end().byte()
    }

    /// A piece of a line, and whether the line ends with it. Returns the rejects that were found.
    pub(super) fn take(&mut self, piece: &[u8], ends: bool) -> Vec<Reject> {
        let mut rejects = Vec::new();
        if std::mem::replace(&mut self.owes_line_end, ends) {
            rejects = self.push(&[self.line_end()]);
        }
        rejects.extend(self.push(piece));
        rejects
    }

    /// Takes over bytes of the file; those of its header are known, and those that were appended since are not counted.
    fn push(&mut self, bytes: &[u8]) -> Vec<Reject> {
        let start = self.end;
        self.end += bytes.len() as u64;
        let within = |place: u64| (place.clamp(start, self.end) - start) as usize;
        let (from, to) = (within(self.input.header.body_start), within(self.input.size));
        if let Some(blocks) = &mut self.blocks {
            blocks.read(start, &bytes[..to]);
        }
        self.scan.push(&bytes[from.min(to)..to])
    }

    /// All lines came: the last rejects, and what the file adds.
    ///
    /// # Errors
    /// Storage: the lines are not those of the file that was opened.
    pub(super) fn finish(mut self) -> Result<(Vec<Reject>, Contribution)> {
        let mut rejects = match self.owes_line_end && self.input.ends_whole {
            true => self.push(&[self.line_end()]),
            false => Vec::new(),
        };
        let is_whole = match self.input.is_growing() {
            true => self.end >= self.input.size,
            false => self.end == self.input.size,
        };
        if !is_whole {
            return Err(lines_do_not_add_up(self.input, self.end));
        }
        rejects.extend(self.scan.scan(true));
        let Partial { counts, mut tally, span_us } = self.scan.counter.finish();
        tally.add(&self.input.header.tally);
        let fold = self.blocks.map(|blocks| {
            let mut fold = Fold::default();
            blocks.finish().into_iter().for_each(|hash| fold.add(hash));
            fold
        });
        let fingerprint = fold.map(|fold| fold.finish(self.input.size));
        let ends = Ends { head: fold.and_then(|fold| fold.first()), last: None };
        let opened = self.input.opened.clone();
        Ok((
            rejects,
            Contribution { counts, tally, span_us, fingerprint, opened, proof: None, ends, proven: None },
        ))
    }
}
