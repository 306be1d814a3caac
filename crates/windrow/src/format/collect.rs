//! Small tables, read whole: the texts of some columns, row by row, whatever the format. The decoders of inputs read them.

use std::sync::{Arc, Mutex, PoisonError};

use super::csv::{CsvRules, Sample};
use super::{Decoder, Header, NamedColumns};
use crate::codec::{Encoding, Expansion, Forward};
use crate::counts::{CountLimits, Counts, EventCounter};
use crate::error::{Code, Error, Help, Result, Setting};
use crate::event::{TimeFormat, TimeReader, TimeRules};
use crate::pane::PaneWidths;
use crate::record::{Batch, Collected, RecordRules};
use crate::reject::{Place, Reason, Reject};
use crate::settings::Stop;
use crate::source::InputFile;

/// Bytes of one read.
const READ_BYTES: usize = 1 << 20;

/// The rules for small tables: the delimiter is detected in each file.
fn rules(encoding: Encoding) -> CsvRules {
    CsvRules { delimiter: None, encoding, ..CsvRules::default() }
}

/// The columns of a small table in one file, and whether its rows may have others. `encoding` applies to CSV.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn columns_of(file: &InputFile, encoding: Encoding) -> Result<(Vec<String>, bool)> {
    let sample = Sample::of(file, None, &rules(encoding), 0)?;
    let is_open = sample.names_are_of_rows();
    let declared = file.table.iter().flat_map(|table| table.declared.paths());
    let mut columns = sample.header;
    for name in declared {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    Ok((columns, is_open))
}

/// Adds all rows of `file` to `collected`, which has these columns. The encoding applies to CSV.
///
/// # Errors
/// The file cannot be read, or has a row that cannot be read.
pub(crate) fn collect(
    file: &InputFile,
    (columns, encoding): (&[String], Encoding),
    collected: Collected,
    expansion: Expansion,
    stop: &Stop,
) -> Result<Collected> {
    let in_path = in_path(file, columns);
    let named: Vec<String> = in_path.iter().map(|(name, _)| name.clone()).collect();
    let record = Arc::new(RecordRules::of_columns(columns));
    let reader = reader()?;
    let wanted = NamedColumns {
        time: "",
        beside: None,
        keys: &[],
        measured: &[],
        in_path: &named,
        reader: &reader,
        mapped: file.mapped_columns(),
        record: Some(&record),
    };
    let bytes = file.open(stop)?;
    let (mut header, _) = Header::read(&file.name, None, &rules(encoding), wanted, None, &bytes)?;
    header.leave_out_deleted(file)?;
    let first = collected.rows();
    let collected = Arc::new(Mutex::new(collected));
    let counts = Counts::new(0, CountLimits { groups: u64::MAX, key_bytes: u64::MAX }, 0);
    let mut events = EventCounter::new(counts, reader.clone(), PaneWidths::of(&[]));
    events.rejects_wanted = 1;
    let batch = Batch::new(&record, &in_path).into(collected.clone());
    let mut decoder = Decoder::new(&header.written, encoding, events, Some(batch));
    let within = |error: Error| bytes.fault(error).within(&file.name);
    match header.pieces() {
        Some(pieces) => {
            for piece in 0..pieces {
                decoder.count_piece(piece, &mut |_, _| stop.check()).map_err(within)?;
                check(&file.name, decoder.take_rejects(0, &[]))?;
            }
        }
        None => {
            let mut lines = CollectedFile {
                file: &file.name,
                forward: bytes.forward(expansion, 0).map_err(within)?,
                header: &header,
                collected: &collected,
                first,
            };
            lines.read(&mut decoder, stop).map_err(|error| bytes.fault(error))?;
        }
    }
    bytes.ensure_unchanged(false).map_err(|error| error.within(&file.name))?;
    drop(decoder);
    let collected = Arc::try_unwrap(collected).map_err(|_| Error::bug("rows are still collected"))?;
    Ok(collected.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// A file of text that is read from its beginning to its end.
struct CollectedFile<'a> {
    file: &'a str,
    forward: Forward,
    header: &'a Header,
    collected: &'a Mutex<Collected>,
    /// The number of the next row.
    first: usize,
}

impl CollectedFile<'_> {
    fn read(&mut self, decoder: &mut Decoder<'_>, stop: &Stop) -> Result<()> {
        let within = |error: Error| error.within(self.file);
        let line_end = self.header.written.line_end();
        let (mut buffer, mut held) = (vec![0; READ_BYTES], 0);
        let (mut at, mut lines) = (self.header.body_start, self.header.line_ends);
        while self.forward.position() < at {
            let left = (at - self.forward.position()).min(buffer.len() as u64) as usize;
            if self.forward.read(&mut buffer[..left], stop).map_err(within)? == 0 {
                return Err(Error::bug("a table ended within its header"));
            }
        }
        loop {
            if held == buffer.len() {
                buffer.resize(2 * held, 0);
            }
            let read = self.forward.read(&mut buffer[held..], stop).map_err(within)?;
            held += read;
            let bytes = &buffer[..held];
            let scanned = decoder.decode(bytes, at, held, read == 0).map_err(within)?;
            check(self.file, decoder.take_rejects(lines, bytes))?;
            let mut collected = self.collected.lock().unwrap_or_else(PoisonError::into_inner);
            collected.find_lines(self.first, bytes, at, lines, line_end);
            self.first = collected.rows();
            let is_past_limit = collected.is_past_limit();
            drop(collected);
            (at, lines) = (at + scanned.bytes as u64, lines + scanned.line_ends);
            buffer.copy_within(scanned.bytes..held, 0);
            held -= scanned.bytes;
            if is_past_limit || read == 0 && (held == 0 || scanned.bytes == 0) {
                return Ok(());
            }
        }
    }
}

/// An error for a row that cannot be read: all of a small table counts.
fn check(file: &str, rejects: Vec<Reject>) -> Result<()> {
    let Some(reject) = rejects.into_iter().next() else { return Ok(()) };
    let place = match reject.place {
        // Lines are counted from 0 until it is known how many are before them.
        Place::Line { line, .. } => format!("line {}", line + 1),
        Place::Row(row) => format!("row {row}"),
    };
    let error = Error::data(format!("{file}: {place} cannot be read: {}", reject.reason.name()))
        .with_code(Code::UnreadableFormat);
    Err(match reject.reason {
        Reason::InvalidUtf8 => error.with_help(Help::from("declare ").set(Setting::Encoding, "latin1")),
        _ => error.with_help("correct it: all rows of a look-up have to be readable"),
    })
}

/// What the path of a file, or the log of its table, says of these columns.
fn in_path(file: &InputFile, columns: &[String]) -> Vec<(String, String)> {
    let of_path = file.columns();
    let declared = |name: &String| file.table.as_deref().is_some_and(|table| table.declared.has(name));
    let value = |name: &String| match of_path.get(name) {
        Some(value) => Some((name.clone(), value.to_owned())),
        None => declared(name).then(|| (name.clone(), String::new())),
    };
    columns.iter().filter_map(value).collect()
}

/// A reader of times: a table that is read whole needs none, and what decodes it has one.
fn reader() -> Result<TimeReader> {
    TimeReader::new(&TimeRules::of(TimeFormat::Iso))
}
