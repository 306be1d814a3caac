//! The decoder: from bytes of a file to events, by the fast path where rows look alike, else by the scanner.

use windrow_scan::csv::{RecordScanner, Scanned, guess_start};

use super::fast_path::CsvFastPath;
use super::header::CsvHeader;
use super::records::CsvRecords;
use super::rows::{CheckedRows, CsvRows, CsvRowsOfTwo, MeasuredRows};
use crate::codec::Encoding;
use crate::counts::{EventCounter, Partial};
use crate::record::Batch;
use crate::reject::Reject;

/// Counts the rows of one file.
pub(crate) struct CsvDecoder<'a> {
    header: &'a CsvHeader,
    encoding: Encoding,
    /// Whether each row is checked to be text in the encoding.
    is_checked: bool,
    scanner: RecordScanner,
    /// For files whose rows often look alike.
    fast_path: Option<CsvFastPath>,
    rows: CsvRows<'a>,
    /// For jobs that make something of records.
    batch: Option<Batch>,
}

impl<'a> CsvDecoder<'a> {
    /// Counts rows of a file with this `header` by `events`.
    pub(crate) fn new(
        header: &'a CsvHeader,
        encoding: Encoding,
        events: EventCounter,
        batch: Option<Batch>,
    ) -> Self {
        let fast_path = CsvFastPath::new(header).filter(|_| batch.is_none() && !events.keeps_events());
        CsvDecoder { fast_path, ..CsvDecoder::of_lines(header, encoding, events, batch) }
    }

    /// As [`CsvDecoder::new`], for single lines: the fast path is for many.
    pub(crate) fn of_lines(
        header: &'a CsvHeader,
        encoding: Encoding,
        events: EventCounter,
        batch: Option<Batch>,
    ) -> Self {
        CsvDecoder {
            header,
            encoding,
            is_checked: encoding.is_checked(),
            scanner: RecordScanner::new(header.dialect, header.names.len()),
            fast_path: None,
            rows: CsvRows::new(header, encoding, events),
            batch,
        }
    }

    /// Whether the last bytes ended within a line that is given up, whose rest belongs to what was decoded.
    pub(crate) fn is_in_line(&self) -> bool {
        self.scanner.is_in_line()
    }

    /// Counts the rows in `bytes`, which stand in the file at `at`, that begin before `limit`; with `at_eof` nothing follows.
    /// What is not taken has to be given again, with more behind it.
    pub(crate) fn decode(&mut self, bytes: &[u8], at: u64, limit: usize, at_eof: bool) -> Scanned {
        self.rows.base = at;
        if let Some(batch) = &mut self.batch {
            let mut rows = CsvRecords {
                offers_rows: self.encoding.is_utf8() && self.rows.events.needs_only_texts(),
                rows: &mut self.rows,
                batch,
                header: self.header,
                bytes,
                is_checked: self.is_checked,
            };
            let scanned = self.scanner.scan(bytes, limit, at_eof, &mut rows);
            rows.count();
            self.rows.events.tally.read += scanned.lines;
            return scanned;
        }
        let scanned = match (&mut self.fast_path, self.header.beside) {
            (_, beside) if self.is_checked => {
                let rows = &mut CheckedRows { rows: &mut self.rows, beside, encoding: self.encoding };
                self.scanner.scan(bytes, limit, at_eof, rows)
            }
            (_, Some(beside)) => {
                self.scanner.scan(bytes, limit, at_eof, &mut CsvRowsOfTwo(&mut self.rows, beside))
            }
            (Some(path), None) => path.scan(&mut self.scanner, bytes, limit, at_eof, &mut self.rows),
            (None, None) if !self.header.measured.is_empty() => {
                self.scanner.scan(bytes, limit, at_eof, &mut MeasuredRows(&mut self.rows))
            }
            (None, None) => self.scanner.scan(bytes, limit, at_eof, &mut self.rows),
        };
        self.rows.events.tally.read += scanned.lines;
        scanned
    }

    /// Gives the line up whose rest was passed over elsewhere.
    #[cfg(feature = "spark")]
    pub(crate) fn end_line(&mut self) {
        self.scanner.scan(b"\n", 0, true, &mut self.rows);
    }

    /// Where the first row in `bytes`, which begin somewhere in a file, probably begins.
    pub(crate) fn guess(&self, bytes: &[u8], at_eof: bool) -> Option<usize> {
        guess_start(&self.header.dialect, self.header.names.len(), bytes, at_eof)
    }

    /// The rejects of the last bytes, with the lines they begin on; `lines_before` are before `bytes`.
    pub(crate) fn take_rejects(&mut self, lines_before: u64, bytes: &[u8]) -> Vec<Reject> {
        let line_end = self.header.dialect.line_end().byte();
        self.rows.events.take_rejects(self.rows.base, line_end, lines_before, bytes)
    }

    /// What counts the rows.
    pub(crate) fn events(&mut self) -> &mut EventCounter {
        &mut self.rows.events
    }

    /// What was counted. Distinct values are decoded, not rows.
    pub(crate) fn finish(self) -> Partial {
        let encoding = self.encoding;
        let partial = self.rows.events.finish();
        // Texts of a batch are decoded before they are counted.
        match encoding.is_utf8() || self.batch.is_some() {
            true => partial,
            false => {
                let counts = partial.counts.with_values(|value| encoding.decode(value));
                let kept = partial.kept.map(|kept| kept.with_keys(|key| encoding.decode(key)));
                Partial { counts, kept, ..partial }
            }
        }
    }
}
