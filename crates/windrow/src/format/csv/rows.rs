//! From records to events: a row's time and keys, or why it is a reject.

use std::borrow::Cow;

use windrow_scan::csv::record::RecordLine;
use windrow_scan::csv::{OtherLine, RecordFault, RecordRow, RecordVisitor};

use super::head::is_header;
use super::header::CsvHeader;
use crate::codec::Encoding;
use crate::counts::{EventCounter, KeyId, Keys};
use crate::event::ReadTime;
use crate::event::joined;
use crate::format::ABSENT;
use crate::reject::{Place, RAW_BYTES_MAX, Reason, Reject};

/// Hands the rows that a scan visits to a counter.
pub(super) struct CsvRows<'a> {
    pub(super) events: EventCounter,
    /// Where the bytes given to the scan begin in the file.
    pub(super) base: u64,
    header: &'a CsvHeader,
    pub(super) encoding: Encoding,
    /// The column of the time.
    time_column: usize,
    /// The column of the key, when there is one.
    only_key: Option<usize>,
}

impl<'a> CsvRows<'a> {
    pub(super) fn new(header: &'a CsvHeader, encoding: Encoding, events: EventCounter) -> Self {
        CsvRows {
            events,
            base: 0,
            header,
            encoding,
            time_column: header.time,
            only_key: match header.keys[..] {
                [column] if column != ABSENT => Some(column),
                _ => None,
            },
        }
    }

    /// The time of a row, where it stands in one column.
    #[inline(always)]
    fn time(&mut self, row: &RecordRow<'_>) -> Result<ReadTime, Reason> {
        match row.value_in_place(self.time_column) {
            Some((following, len)) => self.events.time.read_next(&following[..len]),
            None => self.events.time.read(&row.value(self.time_column)),
        }
    }

    #[inline(always)]
    fn event(&mut self, row: &RecordRow<'_>, reading: ReadTime) {
        let only_key = self.only_key.and_then(|column| row.value_in_place(column));
        self.events.event(reading, |keys| match only_key {
            Some((following, len)) => keys.id_of_one(following, len),
            None => key(self.header, keys, row),
        });
    }

    /// An event whose measured values are read first: one that does not read makes it a reject.
    #[inline(always)]
    fn measured_event(&mut self, row: &RecordRow<'_>, reading: ReadTime) {
        for (at, column) in self.header.measured.iter().enumerate() {
            let read = match row.value_in_place(*column) {
                Some((following, len)) if self.encoding.is_utf8() => self.events.measure(at, following, len),
                _ => self.measure_decoded(at, &row.value(*column)),
            };
            if let Err(reason) = read {
                return self.without_number(row, *column, reason);
            }
        }
        let only_key = self.only_key.and_then(|column| row.value_in_place(column));
        self.events.measured_event(reading, |keys| match only_key {
            Some((following, len)) => keys.id_of_one(following, len),
            None => key(self.header, keys, row),
        });
    }

    /// Takes a measured value that does not stand in the file as it is.
    #[inline(never)]
    fn measure_decoded(&mut self, at: usize, value: &[u8]) -> Result<(), Reason> {
        let value = self.encoding.decode(value);
        self.events.measure(at, &value, value.len())
    }

    #[cold]
    fn without_number(&mut self, row: &RecordRow<'_>, column: usize, reason: Reason) {
        self.reject(row.start(), row.content(), reason, Some(column), Some(&row.value(column)));
    }

    /// An event with measured values or without.
    fn any_event(&mut self, row: &RecordRow<'_>, reading: ReadTime) {
        match self.header.measured.is_empty() {
            true => self.event(row, reading),
            false => self.measured_event(row, reading),
        }
    }

    /// A row whose time does not read: the header again, or a reject.
    #[cold]
    fn without_time(&mut self, row: &RecordRow<'_>, reason: Reason) {
        let content = row.content();
        if is_header(&self.header.line, content) {
            self.events.tally.repeated_header += 1;
            return;
        }
        if self.events.time.in_path().is_some() {
            let reading = self.events.time_in_path(self.base + row.start() as u64, content);
            return reading.into_iter().for_each(|reading| self.any_event(row, reading));
        }
        let value = match self.header.beside {
            None => row.value(self.header.time),
            Some(beside) => Cow::Owned(joined(&row.value(self.header.time), &row.value(beside))),
        };
        let mut reason = reason;
        if !self.encoding.is_utf8() && !value.is_ascii() {
            match self.events.time.read(&self.encoding.decode(&value)) {
                Ok(reading) => return self.any_event(row, reading),
                Err(other) => reason = other,
            }
        }
        self.reject(row.start(), content, reason, Some(self.header.time), Some(&value));
    }

    /// A reject; its line is still unknown.
    pub(super) fn reject(
        &mut self,
        start: usize,
        content: &[u8],
        reason: Reason,
        column: Option<usize>,
        value: Option<&[u8]>,
    ) {
        let encoding = self.encoding;
        self.events.reject(reason, || Reject {
            place: Place::Line { line: 0, byte: self.base + start as u64 },
            column: column.and_then(|column| self.header.names.get(column).cloned()),
            reason,
            value: value.map(|value| cut(encoding, value)),
            raw: cut(encoding, content),
        });
    }
}

/// What is kept of the text of a reject.
pub(super) fn cut(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    encoding.decode(&bytes[..bytes.len().min(RAW_BYTES_MAX)]).into_owned()
}

/// The same for rows whose time stands in two columns, of which this is the second.
pub(super) struct CsvRowsOfTwo<'a, 'b>(pub(super) &'b mut CsvRows<'a>, pub(super) usize);

impl RecordVisitor for CsvRowsOfTwo<'_, '_> {
    fn row(&mut self, row: RecordRow<'_>) {
        let CsvRowsOfTwo(rows, beside) = self;
        match rows.events.time.read(&joined(&row.value(rows.time_column), &row.value(*beside))) {
            Ok(reading) => rows.any_event(&row, reading),
            Err(reason) => rows.without_time(&row, reason),
        }
    }

    fn line(&mut self, line: OtherLine<'_>) {
        self.0.line(line);
    }
}

/// The same for rows of which something is measured.
pub(super) struct MeasuredRows<'a, 'b>(pub(super) &'b mut CsvRows<'a>);

impl RecordVisitor for MeasuredRows<'_, '_> {
    #[inline(always)]
    fn row(&mut self, row: RecordRow<'_>) {
        match self.0.time(&row) {
            Ok(reading) => self.0.measured_event(&row, reading),
            Err(reason) => self.0.without_time(&row, reason),
        }
    }

    fn line(&mut self, line: OtherLine<'_>) {
        self.0.line(line);
    }
}

/// The same for rows in an encoding in which some bytes are not text.
pub(super) struct CheckedRows<'a, 'b> {
    pub(super) rows: &'b mut CsvRows<'a>,
    /// The column of the time of day, where that is one of its own.
    pub(super) beside: Option<usize>,
    pub(super) encoding: Encoding,
}

impl RecordVisitor for CheckedRows<'_, '_> {
    fn row(&mut self, row: RecordRow<'_>) {
        let CheckedRows { rows, beside, encoding } = self;
        match (encoding.is_sound(row.content()), *beside) {
            (false, _) => {
                let column = (0..rows.header.names.len()).find(|at| !encoding.is_sound(&row.value(*at)));
                rows.reject(row.start(), row.content(), Reason::InvalidUtf8, column, None);
            }
            (true, Some(beside)) => CsvRowsOfTwo(rows, beside).row(row),
            (true, None) => MeasuredRows(rows).row(row),
        }
    }

    fn line(&mut self, line: OtherLine<'_>) {
        self.rows.line(line);
    }
}

/// The key of a row, however many columns it has.
#[inline(never)]
fn key(header: &CsvHeader, keys: &mut Keys, row: &RecordRow<'_>) -> KeyId {
    let value = |column: &usize| if *column == ABSENT { Cow::Borrowed(&b""[..]) } else { row.value(*column) };
    let values: Vec<_> = header.keys.iter().map(value).collect();
    keys.id_of(values.iter().map(|value| &**value))
}

impl RecordVisitor for CsvRows<'_> {
    #[inline(always)]
    fn row(&mut self, row: RecordRow<'_>) {
        match self.time(&row) {
            Ok(reading) => self.event(&row, reading),
            Err(reason) => self.without_time(&row, reason),
        }
    }

    fn line(&mut self, line: OtherLine<'_>) {
        match line.what {
            RecordLine::Record | RecordLine::Blank => self.events.tally.blank += 1,
            RecordLine::Comment => self.events.tally.comment += 1,
            // A quote after a byte order mark does not stand at the start of a field.
            RecordLine::Malformed { .. } if is_header(&self.header.line, line.content) => {
                self.events.tally.repeated_header += 1
            }
            RecordLine::Malformed { fault, field } => {
                self.reject(line.start, line.content, Reason::from(fault), field, None);
            }
        }
    }
}

impl From<RecordFault> for Reason {
    fn from(fault: RecordFault) -> Self {
        match fault {
            RecordFault::TooFewFields => Reason::TooFewFields,
            RecordFault::TooManyFields => Reason::TooManyFields,
            RecordFault::StrayQuote => Reason::StrayQuote,
            RecordFault::TextAfterQuote => Reason::TextAfterQuote,
            RecordFault::UnclosedQuote => Reason::UnclosedQuote,
            RecordFault::TooLong => Reason::TooLong,
            RecordFault::Nul => Reason::Nul,
            RecordFault::InvalidUtf8 => Reason::InvalidUtf8,
        }
    }
}
