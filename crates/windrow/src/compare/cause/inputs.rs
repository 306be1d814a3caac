//! Inputs: every row of a job's files, read for evidence.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use hashbrown::{HashMap, HashSet};
use windrow_csv::record::What;
use windrow_csv::{Line, RECORD_BYTES_MAX, Row, Scanner, Visit};

use super::evidence::{Behind, Evidence, FileEvidence, Place, RawCells, number as number_of};
use crate::counts::FastHash;
use crate::error::{Error, Result};
use crate::event::{Cleaning, LocalTimes, TimeReader, TimeRules, YEAR_1_US, YEAR_9998_US};
use crate::increment::Stamp;
use crate::job::{Encoding, Job, ReportSpec};
use crate::reject::Reason;
use crate::settings::Settings;
use crate::source::{InputFile, Sample, is_header};
use crate::text::escape::quoted;
use crate::window::{Window, Windows, Zone};

/// Lines that are kept behind a window.
const LINES_MAX: usize = 5;

const CHUNK_BYTES: usize = 4 * RECORD_BYTES_MAX;

/// Offsets of clocks since 1970 are multiples of this, but for a few.
const GRAIN_US: i64 = 900_000_000;

impl Evidence {
    /// Reads `files` by the rules of `job` for the windows of `report`. Files in `refused` do not count. `behind` says
    /// whose first lines are kept.
    ///
    /// # Errors
    /// Storage: a file cannot be read. Data: a file has another form than when it was counted.
    pub fn read(
        job: &Job,
        report: &ReportSpec,
        files: &[InputFile],
        refused: &BTreeSet<String>,
        behind: &Behind<'_>,
        settings: &Settings,
    ) -> Result<Self> {
        let windows = Windows::of(report);
        let starts_us =
            report.from_us.map_or(i64::MIN, |from| windows.floor(from))..report.to_us.unwrap_or(i64::MAX);
        let time = &job.source.time;
        let unbounded = TimeRules { earliest_us: YEAR_1_US, latest_us: YEAR_9998_US, ..time.clone() };
        let kind = |local| TimeReader::new(&TimeRules { local, ..unbounded.clone() });
        let readings = TimeReader::new(&TimeRules { zone: Zone::utc(), ..unbounded.clone() })?;
        let width_us = job.pane_widths().even_us;
        let mut reader = Reader {
            time: TimeReader::new(time)?,
            kind: [kind(LocalTimes::Earlier)?, kind(LocalTimes::Later)?],
            readings,
            zone_is_utc: time.zone.name() == "UTC",
            key_columns: vec![],
            time_column: 0,
            header: Vec::new(),
            encoding: Encoding::default(),
            delimiter: b',',
            line_end: b'\n',
            window: Window { start_us: 0, end_us: 0 },
            overlaps: windows.steps_per_window() > 1,
            steps: windows.steps_per_window(),
            starts_us,
            windows,
            grain_us: greatest_common(width_us, GRAIN_US),
            behind,
            cleaning: &job.cleaning,
            behind_numbers: vec![],
            numbers: HashMap::default(),
            key: vec![],
            starts: vec![],
            known: HashSet::default(),
            line: 1,
            at: 0,
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
        };
        for file in files {
            settings.stop.check()?;
            let modified_us = match file.stamp {
                Stamp::Mtime { us } => Some(us),
                Stamp::Etag(_) => None,
            };
            let accepted = !refused.contains(&file.name);
            reader.file =
                FileEvidence { name: file.name.clone(), modified_us, accepted, cells: RawCells::default() };
            match reader.read(job, file, settings) {
                Err(error) if accepted => return Err(error),
                _ => {}
            }
            let read = std::mem::take(&mut reader.file);
            if accepted {
                for (cell, n) in &read.cells {
                    *reader.found.cells.entry(*cell).or_default() += n;
                }
            }
            reader.found.files.push(read);
        }
        Ok(reader.found)
    }
}

fn greatest_common(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { greatest_common(b, a % b) }
}

/// Reads rows, file after file.
struct Reader<'r> {
    time: TimeReader,
    /// Readers that refuse no local time: the earlier one, the later one.
    kind: [TimeReader; 2],
    /// What the clock showed, as if it were UTC.
    readings: TimeReader,
    zone_is_utc: bool,
    time_column: usize,
    key_columns: Vec<usize>,
    header: Vec<u8>,
    encoding: Encoding,
    delimiter: u8,
    line_end: u8,
    windows: Windows,
    overlaps: bool,
    steps: u32,
    starts_us: std::ops::Range<i64>,
    /// The window of the last event.
    window: Window,
    grain_us: i64,
    behind: &'r Behind<'r>,
    cleaning: &'r [Cleaning],
    /// The numbers of the values that tuples are.
    behind_numbers: Vec<Option<u32>>,
    /// The tuples that were met, by their bytes.
    numbers: HashMap<Vec<u8>, u32, FastHash>,
    /// The bytes of the tuple that is looked for.
    key: Vec<u8>,
    /// The windows of the row.
    starts: Vec<i64>,
    known: HashSet<i64, FastHash>,
    /// The line of the byte `at` of what is scanned.
    line: u64,
    at: usize,
    file: FileEvidence,
    found: Evidence,
}

impl Reader<'_> {
    fn read(&mut self, job: &Job, file: &InputFile, settings: &Settings) -> Result<()> {
        let csv = &job.source.csv;
        let sample = Sample::of(file, csv, 0)?;
        if sample.header.is_empty() {
            return Ok(());
        }
        let place = |name: &String| {
            sample
                .position(name)
                .ok_or_else(|| Error::data(format!("{}: no column {name}", file.name, name = quoted(name))))
        };
        self.time_column = place(&job.source.time.column)?;
        self.key_columns = job.source.keys.iter().map(place).collect::<Result<_>>()?;
        let head = &sample.head;
        (self.header, self.encoding, self.delimiter) =
            (head.line.clone(), csv.encoding, head.dialect.delimiter());
        (self.line, self.at, self.line_end) = (head.line_ends + 1, 0, head.dialect.line_end().byte());
        let cannot = |error| Error::io(format!("cannot read {}", file.name), &error);
        let mut open = File::open(&file.path).map_err(cannot)?;
        open.seek(SeekFrom::Start(head.end)).map_err(cannot)?;
        let mut scanner = Scanner::new(head.dialect, sample.header.len());
        let mut bytes = Vec::new();
        loop {
            settings.stop.check()?;
            let wanted = CHUNK_BYTES.saturating_sub(bytes.len()) as u64;
            let got = (&mut open).take(wanted).read_to_end(&mut bytes).map_err(cannot)? as u64;
            let at_eof = got < wanted;
            let mut rows = Rows { reader: self, bytes: &bytes };
            let scanned = scanner.scan(&bytes, bytes.len(), at_eof, &mut rows);
            self.pass(&bytes, scanned.bytes);
            self.at = 0;
            bytes.drain(..scanned.bytes);
            if at_eof {
                return Ok(());
            }
        }
    }

    /// Counts the lines up to `to`.
    fn pass(&mut self, bytes: &[u8], to: usize) {
        self.line += memchr::memchr_iter(self.line_end, &bytes[self.at..to]).count() as u64;
        self.at = to;
    }

    /// The number of a raw key tuple.
    fn tuple<'v>(&mut self, values: impl Iterator<Item = Option<Cow<'v, [u8]>>>) -> u32 {
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
        self.behind_numbers.push(number_of(&values, self.cleaning, self.behind.values));
        self.found.tuples.push(values);
        self.numbers.insert(self.key.clone(), number);
        number
    }

    /// Finds the windows that hold an instant.
    fn find_windows(&mut self, us: i64) {
        self.starts.clear();
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

    fn event(&mut self, time: &[u8], us: i64, local: bool, tuple: u32, is_broken: bool, text: &[u8]) {
        self.find_windows(us);
        for at in 0..self.starts.len() {
            let start_us = self.starts[at];
            *self.file.cells.entry((start_us, tuple)).or_default() += 1;
            self.keep_line(start_us, tuple, None, text);
        }
        if !self.file.accepted {
            return;
        }
        for start_us in &self.starts {
            if is_broken {
                *self.found.broken.entry((*start_us, tuple)).or_default() += 1;
            }
            if *start_us == us {
                *self.found.at_start.entry((*start_us, tuple)).or_default() += 1;
                let ending = (0..self.steps).fold(us, |start, _| self.windows.previous(start));
                if self.starts_us.contains(&ending) {
                    *self.found.at_end.entry((ending, tuple)).or_default() += 1;
                }
            }
        }
        let reading_us = match local && !self.zone_is_utc {
            true => self.readings.read(time).map_or(us, |reading| reading.us),
            false => us,
        };
        let grain = reading_us.div_euclid(self.grain_us) * self.grain_us;
        *self.found.fine.entry((local, grain, tuple)).or_default() += 1;
    }

    /// A row that is no event: counted apart if it has a time and keys when it is read kindly.
    fn reject(&mut self, reason: Reason, time: &[u8], tuple: u32, text: &[u8]) {
        let kind = &self.kind[usize::from(reason == Reason::LocalGap)];
        let day = || kind.read(&[time.trim_ascii(), b" 00:00"].concat());
        let Ok(reading) = kind.read(time).or_else(|_| day()) else { return };
        self.find_windows(reading.us);
        for at in 0..self.starts.len() {
            let start_us = self.starts[at];
            if self.file.accepted {
                *self.found.rejects.entry(reason).or_default().entry((start_us, tuple)).or_default() += 1;
            }
            self.keep_line(start_us, tuple, Some(reason), text);
        }
    }

    fn keep_line(&mut self, start_us: i64, tuple: u32, reject: Option<Reason>, text: &[u8]) {
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
        lines.push(Place { place: format!("{}:{}", self.file.name, self.line), reject, text });
    }
}

/// The rows of one stretch of a file.
struct Rows<'a, 'r> {
    reader: &'a mut Reader<'r>,
    bytes: &'a [u8],
}

impl Visit for Rows<'_, '_> {
    fn row(&mut self, row: Row<'_>) {
        let reader = &mut *self.reader;
        reader.pass(self.bytes, row.start());
        let content = row.content();
        if is_header(&reader.header, content) {
            return;
        }
        let time = row.value(reader.time_column);
        let columns = std::mem::take(&mut reader.key_columns);
        let tuple = reader.tuple(columns.iter().map(|column| Some(row.value(*column))));
        reader.key_columns = columns;
        match reader.time.read_next(&time) {
            Ok(reading) => {
                reader.event(&time, reading.us, reading.local, tuple, content.contains(&b'\n'), content);
            }
            Err(reason) => reader.reject(reason, &time, tuple, content),
        }
    }

    fn line(&mut self, line: Line<'_>) {
        let What::Malformed { fault, .. } = line.what else { return };
        let reader = &mut *self.reader;
        reader.pass(self.bytes, line.start);
        // As Spark reads it: cut where it is too long, filled up where it is too short.
        let fields: Vec<&[u8]> = line.content.split(|byte| *byte == reader.delimiter).collect();
        let field = |column: usize| fields.get(column).map(|field| field.trim_ascii()).map(unquoted);
        let Some(time) = field(reader.time_column) else { return };
        let columns = std::mem::take(&mut reader.key_columns);
        let tuple = reader.tuple(columns.iter().map(|column| field(*column).map(Cow::Borrowed)));
        reader.key_columns = columns;
        reader.reject(Reason::from(fault), time, tuple, line.content);
    }
}

/// The values that a tuple's bytes say: their lengths and they themselves.
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

fn unquoted(field: &[u8]) -> &[u8] {
    field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field)
}
