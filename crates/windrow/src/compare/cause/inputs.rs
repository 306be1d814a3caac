//! Inputs: every row of a job's files, read for evidence.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::sync::atomic::Ordering::Relaxed;

use windrow_scan::csv::record::RecordLine;
use windrow_scan::csv::{OtherLine, RECORD_BYTES_MAX, RecordRow, RecordScanner, RecordVisitor};

use super::counting::{CauseCounter, ReadEvent, clock_reader, kind_reader};
use super::evidence::{Evidence, EvidenceFilter};
use crate::codec::{Expansion, Forward};
use crate::error::{Code, Error, Result};
use crate::event::{LocalTimes, ReadTime, TimeReader};
use crate::format::InputFormat;
use crate::format::csv::{Sample, is_header};
use crate::job::{Job, ReportSpec, no_records};
use crate::reject::Reason;
use crate::settings::{Progress, Settings};
use crate::source::InputFile;
use crate::text::escape::quoted;

const CHUNK_BYTES: usize = 4 * RECORD_BYTES_MAX;

impl Evidence {
    /// Reads `files` by the rules of `job` for the windows of `report`. Files in `refused` do not count. `behind` says
    /// whose first lines are kept.
    ///
    /// # Errors
    /// Storage: a file cannot be read. Data: the form of a file has changed since it was counted.
    pub fn read(
        job: &Job,
        report: &ReportSpec,
        files: &[InputFile],
        refused: &BTreeSet<String>,
        behind: &EvidenceFilter<'_>,
        settings: &Settings,
    ) -> Result<Self> {
        no_records(job, "the search for causes")?;
        let time = &job.source.time;
        let mut reader = InputReader {
            time: TimeReader::new(time)?,
            kind: [kind_reader(job, LocalTimes::Earlier)?, kind_reader(job, LocalTimes::Later)?],
            readings: clock_reader(job)?,
            zone_is_utc: time.zone.name() == "UTC",
            key_columns: vec![],
            time_column: 0,
            header: Vec::new(),
            delimiter: b',',
            line_end: b'\n',
            line: 1,
            at: 0,
            counting: CauseCounter::new(job, report, behind),
        };
        watch(files, &settings.progress);
        for file in files {
            settings.stop.check()?;
            let accepted = !refused.contains(&file.name);
            reader.counting.begin(file, accepted);
            match reader.read(job, file, settings) {
                Err(error) if accepted => return Err(error),
                _ => {}
            }
            reader.counting.end();
        }
        Ok(reader.counting.found())
    }
}

/// The content of a file; the progress counts its bytes as they are read.
pub(super) struct WatchedFile<'p> {
    content: Forward,
    settings: &'p Settings,
}

impl<'p> WatchedFile<'p> {
    pub(super) fn open(file: &InputFile, settings: &'p Settings) -> Result<Self> {
        let bytes = file.open(&settings.stop)?;
        Ok(WatchedFile { content: bytes.forward(Expansion::ANY, 0)?, settings })
    }
}

/// Tells the progress that `files` are read again.
pub(super) fn watch(files: &[InputFile], progress: &Progress) {
    let bytes = files.iter().map(|file| file.version.size_bytes).sum();
    progress.bytes_total.fetch_add(bytes, Relaxed);
}

impl Read for WatchedFile<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let packed = self.content.packed_bytes_read();
        let len = self.content.read(into, &self.settings.stop).map_err(std::io::Error::other)?;
        let progress = &self.settings.progress;
        progress.bytes_done.fetch_add(self.content.packed_bytes_read() - packed, Relaxed);
        progress.rows_done.fetch_add(memchr::memchr_iter(b'\n', &into[..len]).count() as u64, Relaxed);
        Ok(len)
    }
}

/// Reads rows, file after file.
struct InputReader<'r> {
    time: TimeReader,
    /// Readers that accept every local time: one takes the earlier instant, one the later.
    kind: [TimeReader; 2],
    /// What the clock showed, as if it were UTC.
    readings: TimeReader,
    zone_is_utc: bool,
    time_column: usize,
    key_columns: Vec<usize>,
    header: Vec<u8>,
    delimiter: u8,
    line_end: u8,
    /// The number of the line with the byte `at` of the scanned bytes.
    line: u64,
    at: usize,
    counting: CauseCounter<'r>,
}

impl InputReader<'_> {
    fn read(&mut self, job: &Job, file: &InputFile, settings: &Settings) -> Result<()> {
        let csv = &job.source.csv;
        let sample = Sample::of(file, job.source.format, csv, 0)?;
        if sample.format != InputFormat::Csv {
            let format = sample.format.name();
            return Err(Error::not_built(format!(
                "{} is {format}: reasons are looked for in CSV alone",
                file.name
            )));
        }
        if sample.header.is_empty() {
            return Ok(());
        }
        let place = |name: &String| {
            sample.position(name).ok_or_else(|| {
                Error::data(format!("{}: no column {name}", file.name, name = quoted(name)))
                    .with_code(Code::MissingColumn)
            })
        };
        if job.source.time.beside.is_some() {
            return Err(Error::not_built("reasons are looked for where the time is one column"));
        }
        self.time_column = place(&job.source.time.column)?;
        self.key_columns = job.source.keys.iter().map(place).collect::<Result<_>>()?;
        let head = &sample.head;
        (self.header, self.delimiter) = (head.line.clone(), head.dialect.delimiter());
        self.counting.encoding = csv.encoding;
        (self.line, self.at, self.line_end) = (head.line_ends + 1, 0, head.dialect.line_end().byte());
        let cannot = |error| Error::io(format!("cannot read {}", file.name), &error);
        let mut open = WatchedFile::open(file, settings)?;
        std::io::copy(&mut (&mut open).take(head.end), &mut std::io::sink()).map_err(cannot)?;
        let mut scanner = RecordScanner::new(head.dialect, sample.header.len());
        let mut bytes = Vec::new();
        loop {
            settings.stop.check()?;
            let wanted = CHUNK_BYTES.saturating_sub(bytes.len()) as u64;
            let got = (&mut open).take(wanted).read_to_end(&mut bytes).map_err(cannot)? as u64;
            let at_eof = got < wanted;
            let mut rows = InputRows { reader: self, bytes: &bytes };
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

    fn event(&mut self, time: &[u8], reading: ReadTime, tuple: u32, content: &[u8]) {
        let reading_us = match reading.local && !self.zone_is_utc {
            true => self.readings.read(time).map_or(reading.us, |reading| reading.us),
            false => reading.us,
        };
        let is_broken = content.contains(&b'\n');
        let event = ReadEvent { us: reading.us, reading_us, local: reading.local, tuple, is_broken };
        self.counting.event(event, content, self.line);
    }

    /// A row that is not an event: counted separately if lenient rules find a time and keys in it.
    fn reject(&mut self, reason: Reason, time: &[u8], tuple: u32, text: &[u8]) {
        let kind = &self.kind[usize::from(reason == Reason::LocalGap)];
        let day = || kind.read(&[time.trim_ascii(), b" 00:00"].concat());
        let Ok(reading) = kind.read(time).or_else(|_| day()) else { return };
        self.counting.reject(reason, reading.us, tuple, text, self.line);
    }
}

/// The rows of one stretch of a file.
struct InputRows<'a, 'r> {
    reader: &'a mut InputReader<'r>,
    bytes: &'a [u8],
}

impl RecordVisitor for InputRows<'_, '_> {
    fn row(&mut self, row: RecordRow<'_>) {
        let reader = &mut *self.reader;
        reader.pass(self.bytes, row.start());
        let content = row.content();
        if is_header(&reader.header, content) {
            return;
        }
        let time = row.value(reader.time_column);
        let columns = std::mem::take(&mut reader.key_columns);
        let tuple = reader.counting.tuple(columns.iter().map(|column| Some(row.value(*column))));
        reader.key_columns = columns;
        match reader.time.read_next(&time) {
            Ok(reading) => {
                reader.event(&time, reading, tuple, content);
            }
            Err(reason) => reader.reject(reason, &time, tuple, content),
        }
    }

    fn line(&mut self, line: OtherLine<'_>) {
        let RecordLine::Malformed { fault, .. } = line.what else { return };
        let reader = &mut *self.reader;
        reader.pass(self.bytes, line.start);
        // As Spark reads it: cut where it is too long, filled up where it is too short.
        let fields: Vec<&[u8]> = line.content.split(|byte| *byte == reader.delimiter).collect();
        let field = |column: usize| fields.get(column).map(|field| field.trim_ascii()).map(unquoted);
        let Some(time) = field(reader.time_column) else { return };
        let columns = std::mem::take(&mut reader.key_columns);
        let tuple = reader.counting.tuple(columns.iter().map(|column| field(*column).map(Cow::Borrowed)));
        reader.key_columns = columns;
        reader.reject(Reason::from(fault), time, tuple, line.content);
    }
}

fn unquoted(field: &[u8]) -> &[u8] {
    field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field)
}
