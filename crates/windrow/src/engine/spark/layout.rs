//! Layouts: what the header of a file says, and what windrow knows of a file before Spark reads it.

use windrow_scan::csv::LineEnd;

use crate::engine::Refusal;
use crate::engine::file::OpenFile;
use crate::error::{Error, Result};
use crate::event::TimeReader;
use crate::fingerprint::{EndHashes, Fingerprint};
use crate::format::RowLayout;
use crate::format::csv::BOM;
use crate::format::csv::CsvHeader;
use crate::format::json::Objects;
use crate::job::Job;
use crate::settings::Stop;
use crate::source::{InputFile, ends_of, fingerprint_of, head_of};
use crate::storage::Opened;

use super::packed::GzipText;
use super::plain::{PlainTime, SAMPLE_BYTES, clock_of};
use super::table::SparkTable;
use super::template::LineTemplates;
use super::{objects, place, plan};

/// The header of a file, and where in it the columns of the job are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileLayout {
    header: String,
    /// What separates its fields.
    pub(super) delimiter: u8,
    /// How many columns there are.
    pub(super) columns: usize,
    /// The column that has the time.
    pub(super) time: usize,
    /// The columns that have the keys.
    pub(super) keys: Vec<usize>,
    /// The columns that are measured.
    pub(super) measured: Vec<usize>,
    /// The columns that the rules for records need. If there are such rules, `keys` and `measured` are empty.
    pub(super) record: Vec<usize>,
    /// How times are written, if lines are counted in the fast way.
    pub(super) clock: PlainTime,
    /// The paths to what the job wants of an object. Empty if the file is not JSON.
    pub(super) paths: Vec<String>,
}

impl FileLayout {
    /// The header's line.
    pub(super) fn header_text(&self) -> &str {
        &self.header
    }

    /// The layout of an input.
    pub(super) fn of(job: &Job, input: &SparkInput<'_>) -> Self {
        let (header, clock) = (&input.header, input.clock);
        if let Some(objects) = &input.objects {
            let paths = objects.names.clone();
            return FileLayout { clock: clock.unwrap_or_default(), paths, ..FileLayout::default() };
        }
        FileLayout {
            paths: Vec::new(),
            clock: clock.unwrap_or_default(),
            header: String::from_utf8_lossy(&header.line).into_owned(),
            delimiter: header.dialect.delimiter(),
            columns: header.names.len(),
            time: column_of_time(job, header).unwrap_or_default(),
            keys: header.keys.clone(),
            measured: header.measured.clone(),
            record: header.record.clone().unwrap_or_default(),
        }
    }
}

/// The column of the file that holds the time. `None` if an expression computes the time.
fn column_of_time(job: &Job, header: &CsvHeader) -> Option<usize> {
    match (&job.source.records.rules, &header.record) {
        (Some(rules), Some(record)) => record.get(rules.column_of_time()?).copied(),
        _ => Some(header.time),
    }
}

/// An input, as windrow knows it before Spark reads it.
#[derive(Debug)]
pub(super) struct SparkInput<'a> {
    /// The file as it was listed.
    pub(super) file: &'a InputFile,
    /// Its header.
    pub(super) header: CsvHeader,
    /// Its size in bytes when it was opened, packed if it is packed. For a growing file, only whole lines count.
    pub(super) size: u64,
    /// Its version, and when it was opened.
    pub(super) opened: Opened,
    /// Its address for Spark.
    pub(super) address: String,
    /// Its name in Spark's answers.
    pub(super) name: String,
    /// Bytes of its byte order mark, which Spark skips.
    pub(super) mark: u64,
    /// Whether its last line has a line end.
    pub(super) ends_whole: bool,
    /// Whether windrow reads the whole file, because Spark cannot tell what its lines or rows are.
    pub(super) read_through: bool,
    /// Whether it is packed or not CSV, so that an empty header does not mean an empty file.
    is_stream: bool,
    /// How its times are written, if its first lines are plain.
    pub(super) clock: Option<PlainTime>,
    /// Whether any of its first lines has all fields quoted.
    pub(super) has_quotes: bool,
    /// Whether it is only ever appended to.
    growing: bool,
    /// How the objects of a file of JSON are written, if Spark reads it: one per line.
    pub(super) objects: Option<Objects>,
    /// The templates of its first lines.
    pub(super) templates: LineTemplates,
    /// What is known of its content, if gzip has packed it and Spark unpacks it.
    pub(super) packed: Option<GzipText>,
    /// The table in a Parquet file, or why Spark would read it differently from windrow. `None` for other files.
    pub(super) table: Option<Result<SparkTable, String>>,
}

impl<'a> SparkInput<'a> {
    /// Looks at a file before Spark does: its header, its size, how it ends.
    pub(super) fn open(job: &Job, file: &'a InputFile, time: &TimeReader) -> Result<Self, Box<Refusal>> {
        // Spark reads whole files, even if a part was counted before.
        let whole = InputFile { counted: None, ..file.clone() };
        let open = OpenFile::open(0, &whole, job, time, &Stop::default())?;
        let refused = |error: Error| refusal(error, file, &open);
        let (header, is_csv) = match &open.header.written {
            RowLayout::Csv(header) => ((**header).clone(), true),
            RowLayout::Arrow(_) | RowLayout::Json(_) | RowLayout::Parquet(_) | RowLayout::Text(_) => {
                (CsvHeader::default(), false)
            }
        };
        let packed = GzipText::of(job, &open).map_err(refused)?;
        let is_readable = !open.is_stream() || packed.is_some();
        let place = place::of_file(job, file, packed.is_some());
        if let RowLayout::Json(objects) = &open.header.written
            && is_readable
            && objects::is_read(job, &open, objects)
            // Spark does not find or does not take every name.
            && let Ok(place) = place
        {
            let objects = objects.clone();
            let input = SparkInput::of_objects(job, file, open, objects, place)?;
            return Ok(input.packed(packed));
        }
        if !is_readable || !is_csv || packed.is_some() && place.is_err() {
            // Spark unpacks a file only if the file's name says so.
            return Ok(SparkInput::not_csv(job, file, open));
        }
        let (address, name) = place.map_err(refused)?;
        let (mark, last) = ends(&open).map_err(refused)?;
        let line_end = header.dialect.line_end();
        let time_at = column_of_time(job, &header).filter(|_| {
            !header.names.is_empty() && job.source.in_path.is_empty() && job.source.time_in_path.is_none()
        });
        let (clock, has_quotes) = match time_at {
            None => (None, false),
            Some(time_at) => clock(job, &open, &header, time_at).map_err(refused)?,
        };
        let name_is_a_time = time_at
            .and_then(|time_at| header.names.get(time_at))
            .is_some_and(|name| time.read(name.as_bytes()).is_ok());
        let read_through = !plan::is_in_sql(&job.source.time.format)
            // Only windrow reads times on the clock of a zone.
            || plan::is_on_a_clock(&job.source.time) && clock.is_some_and(|clock| clock.is_local)
            || !header.dialect.delimiter().is_ascii()
            || line_end == LineEnd::Cr
            // Spark reads all bytes as UTF-8.
            || !header.dialect.is_utf8()
            // On Spark a time is in one column.
            || job.source.time.beside.is_some()
            // Skipped lines may look like anything.
            || job.source.csv.skip_lines > 0
            // The query for Spark expects a header in each file.
            || !job.source.csv.columns.is_empty()
            // Spark recognises a repeated header only if it is one line and cannot be an event.
            || header.line.contains(&b'\n')
            || name_is_a_time
            // The CR at the end of the last line is part of its last value.
            || last == Some(b'\r')
            // One byte order mark before a repeated header is skipped, and this header begins with one of its own.
            || header.line.starts_with(BOM)
            // Lines that are appended while Spark reads must not be counted yet.
            || job.source.growing
            // Values from the path are not in the lines.
            || !job.source.in_path.is_empty()
            || job.source.time_in_path.is_some();
        let input = SparkInput {
            mark,
            ends_whole: last == Some(line_end.byte()),
            read_through,
            is_stream: packed.is_some(),
            clock,
            has_quotes,
            growing: job.source.growing,
            header,
            ..SparkInput::stream(file, open, (address, name))
        };
        Ok(input.packed(packed))
    }

    /// The input, which is packed if `packed` says how. If windrow reads lines of it, it reads all of them.
    fn packed(self, packed: Option<GzipText>) -> Self {
        let Some(gzip) = packed else { return self };
        let read_through = self.read_through || self.clock.is_none();
        SparkInput { packed, size: gzip.bytes, ends_whole: true, read_through, ..self }
    }

    /// A file with an object of JSON per line.
    fn of_objects(
        job: &Job,
        file: &'a InputFile,
        open: OpenFile,
        objects: Objects,
        place: (String, String),
    ) -> Result<Self, Box<Refusal>> {
        let looked = || {
            let (mark, last) = ends(&open)?;
            let (sample, at_eof) = sample(&open)?;
            let templates = LineTemplates::of(&objects.paths, &sample, at_eof);
            Ok((mark, last, objects::clock(job, &objects, &sample, at_eof), templates))
        };
        let (mark, last, clock, templates) = looked().map_err(|error| refusal(error, file, &open))?;
        Ok(SparkInput {
            mark,
            ends_whole: last == Some(b'\n'),
            read_through: plan::is_on_a_clock(&job.source.time) && clock.is_some_and(|clock| clock.is_local),
            clock,
            objects: Some(objects),
            templates,
            ..SparkInput::stream(file, open, place)
        })
    }

    /// A file that is packed or not CSV. windrow reads it itself, unless it is Parquet that Spark reads as windrow does.
    fn not_csv(job: &Job, file: &'a InputFile, open: OpenFile) -> Self {
        let table = match &open.header.written {
            RowLayout::Parquet(table) => {
                let address = place::of_file(job, file, false).map_err(|error| error.to_string());
                Some(address.and_then(|address| Ok((address, SparkTable::of(job, table)?))))
            }
            _ => None,
        };
        let place = match &table {
            Some(Ok((place, _))) => place.clone(),
            _ => Default::default(),
        };
        let table = table.map(|table| table.map(|(_, table)| table));
        let read_through = !matches!(&table, Some(Ok(table)) if table.rows > 0);
        SparkInput { read_through, table, ..SparkInput::stream(file, open, place) }
    }

    /// A file that is not lines of CSV, with its address and name for Spark. windrow reads it.
    fn stream(file: &'a InputFile, open: OpenFile, (address, name): (String, String)) -> Self {
        SparkInput {
            file,
            header: CsvHeader::default(),
            size: open.size,
            opened: open.opened,
            address,
            name,
            mark: 0,
            ends_whole: false,
            read_through: true,
            is_stream: true,
            clock: None,
            has_quotes: false,
            growing: false,
            objects: None,
            templates: LineTemplates::default(),
            packed: None,
            table: None,
        }
    }

    /// The table in the file, if Spark reads it.
    pub(super) fn table(&self) -> Option<&SparkTable> {
        self.table.as_ref()?.as_ref().ok()
    }

    /// Whether there is nothing for Spark to read: no header, so no rows.
    pub(super) fn is_empty(&self) -> bool {
        self.header.names.is_empty() && !self.is_stream
    }

    /// The bytes that Spark's lines of the file have to add up to, each with an LF, and without the byte order mark, if its content has
    /// `bytes` bytes.
    pub(super) fn bytes_of_lines(&self, bytes: u64) -> u64 {
        bytes - self.mark + u64::from(!self.ends_whole)
    }

    /// The fingerprint of the `bytes` bytes that count, which windrow reads itself.
    ///
    /// # Errors
    /// Storage: they cannot be read, or the file is not what it was when it was opened.
    pub(super) fn fingerprint(&self, bytes: u64, stop: &Stop) -> Result<Fingerprint> {
        fingerprint_of(self.file, bytes, &self.opened.version, self.growing, stop)
            .map_err(|error| error.within(&self.file.name))
    }

    /// The hashes of both ends of the `bytes` bytes that count; of a packed file, whose end would cost all of it, of the first one.
    ///
    /// # Errors
    /// As [`SparkInput::fingerprint`].
    pub(super) fn ends(&self, bytes: u64, stop: &Stop) -> Result<EndHashes> {
        let within = |error: Error| error.within(&self.file.name);
        if self.packed.is_some() {
            let head = head_of(self.file, bytes, &self.opened.version, stop).map_err(within)?;
            return Ok(EndHashes { head: Some(head), last: None });
        }
        let [head, last] =
            ends_of(self.file, bytes, &self.opened.version, self.growing, stop).map_err(within)?;
        Ok(EndHashes { head: Some(head), last: Some(last) })
    }

    /// Fails if the file has changed since it was opened. A growing file may have grown.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        self.opened.version.ensure_unchanged(&self.file.version_now()?, self.growing)
    }
}

fn refusal(error: Error, file: &InputFile, open: &OpenFile) -> Box<Refusal> {
    Box::new(Refusal { error: error.within(&file.name), tally: None, opened: Some(open.opened.clone()) })
}

/// The first bytes of a file after its header, and whether these are all.
fn sample(open: &OpenFile) -> Result<(Vec<u8>, bool)> {
    let all = match open.is_stream() {
        true => u64::MAX,
        false => open.size.saturating_sub(open.header.body_start),
    };
    let mut sample = vec![0; all.min(SAMPLE_BYTES) as usize];
    let read = open.read_at(&mut sample, open.header.body_start)?;
    let at_eof = read < sample.len() || all <= SAMPLE_BYTES;
    sample.truncate(read);
    Ok((sample, at_eof))
}

/// How the times of a file are written, if its first lines are plain, and whether some of these have all fields quoted.
fn clock(
    job: &Job,
    open: &OpenFile,
    header: &CsvHeader,
    time_at: usize,
) -> Result<(Option<PlainTime>, bool)> {
    let (sample, at_eof) = sample(open)?;
    Ok(clock_of(job, header, time_at, &sample, at_eof))
}

/// The length of the byte order mark in bytes, and the last byte of the file that counts. A packed file is read by Spark if it has no mark and
/// ends with a line end.
fn ends(file: &OpenFile) -> Result<(u64, Option<u8>)> {
    if file.is_stream() {
        return Ok((0, Some(b'\n')));
    }
    let read = |from: u64, len: u64| {
        let mut bytes = vec![0; len as usize];
        file.read_exact_at(&mut bytes, from).map(|()| bytes)
    };
    let mark = if read(0, file.size.min(BOM.len() as u64))? == BOM { BOM.len() as u64 } else { 0 };
    let last = read(file.size.saturating_sub(1), file.size.min(1))?.first().copied();
    Ok((mark, last))
}
