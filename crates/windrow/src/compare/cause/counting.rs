//! Counts events as evidence, for either reader.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::cleaning_rule::{CleaningRule, of_job};
use super::evidence::{Evidence, EvidenceFilter, EvidenceLine, FileEvidence, RawCells, number as number_of};
use crate::calendar::{DAY_US, Length, YEAR_1_US, YEAR_9998_US, Zone};
use crate::codec::Encoding;
use crate::counts::FastHash;
use crate::error::Result;
use crate::event::{LocalTimes, TimeReader, TimeRules};
use crate::job::{Job, ReportSpec};
use crate::pane::gcd;
use crate::reject::Reason;
use crate::source::InputFile;
use crate::storage::Stamp;
use crate::window::{FIRST_BOUNDARY_US, LAST_BOUNDARY_US, Window, Windows};

/// The most lines to keep for a window.
const LINES_MAX: usize = 5;

/// Nearly all offsets from UTC since 1970 are multiples of this.
const GRAIN_US: i64 = 900_000_000;

/// An event: its instant, what its clock showed as if it were UTC, and its keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadEvent {
    pub(super) us: i64,
    pub(super) reading_us: i64,
    /// Whether its time had no offset.
    pub(super) local: bool,
    pub(super) tuple: u32,
    /// Whether its record has a line break.
    pub(super) is_broken: bool,
}

/// Counts rows, file after file.
pub(super) struct CauseCounter<'r> {
    pub(super) encoding: Encoding,
    windows: Windows,
    overlaps: bool,
    steps: u32,
    starts_us: std::ops::Range<i64>,
    /// The window of the last event.
    window: Window,
    grain_us: i64,
    behind: &'r EvidenceFilter<'r>,
    cleaning: Vec<CleaningRule>,
    /// The numbers of the labels of tuples.
    behind_numbers: Vec<Option<u32>>,
    /// The numbers of the tuples found so far, by their bytes.
    numbers: HashMap<Vec<u8>, u32, FastHash>,
    /// The bytes of the tuple that is looked for.
    key: Vec<u8>,
    /// The windows of the row.
    starts: Vec<i64>,
    known: HashSet<i64, FastHash>,
    file: FileEvidence,
    found: Evidence,
}

/// Rules without the job's bounds of time.
pub(super) fn unbounded(job: &Job) -> TimeRules {
    TimeRules { earliest_us: YEAR_1_US, latest_us: YEAR_9998_US, ..job.source.time.clone() }
}

/// A reader that refuses no local time.
pub(super) fn kind_reader(job: &Job, local: LocalTimes) -> Result<TimeReader> {
    TimeReader::new(&TimeRules { local, ..unbounded(job) })
}

/// A reader of what clocks showed, as if it were UTC.
pub(super) fn clock_reader(job: &Job) -> Result<TimeReader> {
    TimeReader::new(&TimeRules { zone: Zone::utc(), ..unbounded(job) })
}

impl<'r> CauseCounter<'r> {
    pub(super) fn new(job: &Job, report: &ReportSpec, behind: &'r EvidenceFilter<'r>) -> Self {
        let windows = report.windows();
        let starts_us =
            report.from_us.map_or(i64::MIN, |from| windows.floor(from))..report.to_us.unwrap_or(i64::MAX);
        CauseCounter {
            encoding: Encoding::default(),
            window: Window { start_us: 0, end_us: 0 },
            overlaps: windows.steps_per_window() > 1,
            steps: windows.steps_per_window(),
            starts_us,
            windows,
            grain_us: gcd(job.pane_widths().even_us, GRAIN_US),
            behind,
            cleaning: of_job(&job.cleaning),
            behind_numbers: vec![],
            numbers: HashMap::default(),
            key: vec![],
            starts: vec![],
            known: HashSet::default(),
            file: FileEvidence::default(),
            found: Evidence {
                files: vec![],
                lines: BTreeMap::new(),
                tuples: vec![],
                cells: RawCells::default(),
                at_start: RawCells::default(),
                at_end: RawCells::default(),
                broken: RawCells::default(),
                rejects: BTreeMap::new(),
                fine: HashMap::default(),
                every: report.every,
                size: report.size,
            },
        }
    }

    /// Begins a file.
    pub(super) fn begin(&mut self, file: &InputFile, accepted: bool) {
        let modified_us = match file.version.stamp {
            Stamp::Mtime { us } => Some(us),
            Stamp::Etag(_) => None,
        };
        self.file =
            FileEvidence { name: file.name.clone(), modified_us, accepted, ..FileEvidence::default() };
    }

    /// Ends it.
    pub(super) fn end(&mut self) {
        let read = std::mem::take(&mut self.file);
        if read.accepted {
            for (cell, n) in &read.cells {
                *self.found.cells.entry(*cell).or_default() += n;
            }
        }
        self.found.files.push(read);
    }

    pub(super) fn found(self) -> Evidence {
        self.found
    }

    /// The number of a raw key tuple.
    pub(super) fn tuple<'v>(&mut self, values: impl Iterator<Item = Option<Cow<'v, [u8]>>>) -> u32 {
        self.key.clear();
        for value in values {
            let len = value.as_ref().map_or(u32::MAX, |value| value.len() as u32);
            self.key.extend(len.to_le_bytes());
            self.key.extend(value.as_deref().unwrap_or_default());
        }
        if let Some(number) = self.numbers.get(&self.key) {
            return *number;
        }
        let number = self.found.tuples.len() as u32;
        let values = values_of(&self.key, self.encoding);
        self.behind_numbers.push(number_of(&values, &self.cleaning, self.behind.values));
        self.found.tuples.push(values);
        self.numbers.insert(self.key.clone(), number);
        number
    }

    /// Finds the windows that hold an instant.
    fn find_windows(&mut self, us: i64) {
        self.starts.clear();
        if !is_near(us) {
            return self.find_far_windows(us);
        }
        if self.overlaps {
            let windows = self.windows.each_window_of(us).map(|window| window.start_us);
            self.starts.extend(windows.filter(|start_us| self.starts_us.contains(start_us)));
            return;
        }
        if !(self.window.start_us..self.window.end_us).contains(&us) {
            let start_us = self.windows.floor(us);
            self.window = self.windows.window_starting(start_us);
        }
        let start_us = self.window.start_us;
        self.starts.extend(Some(start_us).filter(|start_us| self.starts_us.contains(start_us)));
    }

    /// Windows of years that windrow does not count, but others do: those of a fixed length.
    fn find_far_windows(&mut self, us: i64) {
        let step_us = match self.found.every.length() {
            Length::Fixed(us) => us,
            Length::Days(days) => days * DAY_US,
            Length::Months(_) => return,
        };
        let last_us = us - us.rem_euclid(step_us);
        let starts = (0..i64::from(self.steps)).map(|step| last_us.saturating_sub(step * step_us));
        self.starts.extend(starts.filter(|start_us| self.starts_us.contains(start_us)));
    }

    pub(super) fn event(&mut self, event: ReadEvent, text: &[u8], line: u64) {
        let ReadEvent { us, tuple, .. } = event;
        self.find_windows(us);
        for at in 0..self.starts.len() {
            let start_us = self.starts[at];
            *self.file.cells.entry((start_us, tuple)).or_default() += 1;
            self.keep_line(start_us, tuple, None, text, line);
        }
        if !self.file.accepted {
            return;
        }
        for start_us in &self.starts {
            if event.is_broken {
                *self.found.broken.entry((*start_us, tuple)).or_default() += 1;
            }
            if *start_us == us && is_near(us) {
                *self.found.at_start.entry((*start_us, tuple)).or_default() += 1;
                let ending = (0..self.steps).fold(us, |start, _| self.windows.previous(start));
                if self.starts_us.contains(&ending) {
                    *self.found.at_end.entry((ending, tuple)).or_default() += 1;
                }
            }
        }
        // Windows of far years follow UTC only.
        if !is_near(us) {
            return;
        }
        let grain = event.reading_us.div_euclid(self.grain_us) * self.grain_us;
        *self.found.fine.entry((event.local, grain, tuple)).or_default() += 1;
    }

    /// A row without a time.
    pub(super) fn without_time(&mut self, tuple: u32) {
        *self.file.without_time.entry(tuple).or_default() += 1;
    }

    /// A row that is not an event, at the instant that a lenient reading gives it.
    pub(super) fn reject(&mut self, reason: Reason, us: i64, tuple: u32, text: &[u8], line: u64) {
        self.find_windows(us);
        for at in 0..self.starts.len() {
            let start_us = self.starts[at];
            if self.file.accepted {
                *self.found.rejects.entry(reason).or_default().entry((start_us, tuple)).or_default() += 1;
            }
            self.keep_line(start_us, tuple, Some(reason), text, line);
        }
    }

    fn keep_line(&mut self, start_us: i64, tuple: u32, reject: Option<Reason>, text: &[u8], line: u64) {
        let Some(values) = self.behind.shown.get(&start_us) else { return };
        let number = self.behind_numbers[tuple as usize];
        let is_behind = reject.is_some() || number.is_some_and(|number| values.contains(&number));
        if !is_behind || self.known.contains(&start_us) {
            return;
        }
        let lines = self.found.lines.entry(start_us).or_default();
        // A reject is worth more than an event that counts on both sides.
        if lines.len() >= LINES_MAX && reject.is_none() {
            return;
        }
        if lines.len() >= LINES_MAX {
            match lines.iter().rposition(|line| line.reject.is_none()) {
                Some(event) => drop(lines.remove(event)),
                None => {
                    self.known.insert(start_us);
                    return;
                }
            }
        }
        let text = self.encoding.text(&text[..text.len().min(200)]);
        lines.push(EvidenceLine { place: format!("{}:{line}", self.file.name), reject, text });
    }
}

/// Whether an instant is in a year that windrow counts.
fn is_near(us: i64) -> bool {
    (FIRST_BOUNDARY_US..LAST_BOUNDARY_US).contains(&us)
}

/// The values of a tuple, from its bytes: the length of each value, then the value.
fn values_of(mut key: &[u8], encoding: Encoding) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((len, rest)) = key.split_first_chunk() {
        let len = u32::from_le_bytes(*len);
        let (value, next) = match len {
            u32::MAX => (None, rest),
            len => {
                let (value, next) = rest.split_at(rest.len().min(len as usize));
                (Some(encoding.text(value)), next)
            }
        };
        values.push(value);
        key = next;
    }
    values
}
