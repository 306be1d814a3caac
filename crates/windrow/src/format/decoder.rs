//! The decoder: from bytes of a file to events, whatever its format. The choice is made once per piece of a file, not per row.

use windrow_scan::Scanned;

use super::{RowLayout, arrow, csv, json, parquet, text};
use crate::codec::Encoding;
use crate::counts::{EventCounter, Partial};
use crate::error::{Error, Result};
use crate::record::Batch;
use crate::reject::Reject;

/// Counts the rows of one file.
pub(crate) enum Decoder<'a> {
    Csv(Box<csv::CsvDecoder<'a>>),
    Json(Box<json::JsonDecoder<'a>>),
    Parquet(Box<parquet::ParquetDecoder<'a>>),
    Arrow(Box<arrow::ArrowDecoder<'a>>),
    Text(Box<text::TextDecoder<'a>>),
}

impl<'a> Decoder<'a> {
    /// Counts rows of a file that is written as `written` says with `events`. For jobs with rules for records `batch` collects them first.
    pub(crate) fn new(
        written: &'a RowLayout,
        encoding: Encoding,
        events: EventCounter,
        batch: Option<Batch>,
    ) -> Self {
        match written {
            RowLayout::Csv(header) => {
                Decoder::Csv(Box::new(csv::CsvDecoder::new(header, encoding, events, batch)))
            }
            RowLayout::Json(written) => {
                Decoder::Json(Box::new(json::JsonDecoder::new(written, events, batch)))
            }
            RowLayout::Parquet(table) => {
                Decoder::Parquet(Box::new(parquet::ParquetDecoder::new(table, events, batch)))
            }
            RowLayout::Arrow(table) => {
                Decoder::Arrow(Box::new(arrow::ArrowDecoder::new(table, events, batch)))
            }
            RowLayout::Text(layout) => Decoder::Text(Box::new(text::TextDecoder::new(layout, events, batch))),
        }
    }

    /// Whether the last bytes ended within a line that was given up. The rest of the line has to be decoded too.
    pub(crate) fn is_in_line(&self) -> bool {
        match self {
            Decoder::Csv(decoder) => decoder.is_in_line(),
            Decoder::Json(decoder) => decoder.is_in_line(),
            Decoder::Parquet(_) | Decoder::Arrow(_) => false,
            Decoder::Text(decoder) => decoder.is_in_line(),
        }
    }

    /// Counts the rows in `bytes` that begin before `limit`. The bytes are at `at` in the file, and its last ones with `at_eof`.
    /// Bytes that are not consumed have to be passed again, with more bytes after them.
    ///
    /// # Errors
    /// Data: from some place on, rows cannot be told apart.
    pub(crate) fn decode(&mut self, bytes: &[u8], at: u64, limit: usize, at_eof: bool) -> Result<Scanned> {
        match self {
            Decoder::Csv(decoder) => Ok(decoder.decode(bytes, at, limit, at_eof)),
            Decoder::Json(decoder) => decoder.decode(bytes, at, limit, at_eof),
            Decoder::Text(decoder) => Ok(decoder.decode(bytes, at, limit, at_eof)),
            Decoder::Parquet(_) | Decoder::Arrow(_) => {
                Err(Error::bug("a table is read as a stretch of bytes"))
            }
        }
    }

    /// Counts the rows of piece number `piece` of a file that has [`pieces`](super::Header::pieces). Calls `each` after each batch of
    /// rows, with their number.
    ///
    /// # Errors
    /// The file cannot be read or is damaged; the errors of `each`.
    pub(crate) fn count_piece(
        &mut self,
        piece: u64,
        each: &mut dyn FnMut(&mut EventCounter, u64) -> Result<()>,
    ) -> Result<()> {
        match self {
            Decoder::Parquet(decoder) => decoder.count(piece as usize, each),
            Decoder::Arrow(decoder) => decoder.count(piece, each),
            Decoder::Csv(_) | Decoder::Json(_) | Decoder::Text(_) => {
                Err(Error::bug("lines are read as a piece of a table"))
            }
        }
    }

    /// Gives up a line whose rest was passed over.
    ///
    /// # Errors
    /// Those of [`decode`](Self::decode).
    #[cfg(feature = "spark")]
    pub(crate) fn end_line(&mut self) -> Result<()> {
        match self {
            Decoder::Csv(decoder) => decoder.end_line(),
            // Nothing begins before the limit 0, so the line end alone is taken.
            _ => _ = self.decode(b"\n", 0, 0, true)?,
        }
        Ok(())
    }

    /// Where the first row in `bytes`, which begin somewhere in a file, probably begins.
    pub(crate) fn guess(&self, bytes: &[u8], at_eof: bool) -> Option<usize> {
        match self {
            Decoder::Csv(decoder) => decoder.guess(bytes, at_eof),
            Decoder::Json(_) => json::guess(bytes),
            Decoder::Parquet(_) | Decoder::Arrow(_) => None,
            Decoder::Text(_) => text::guess(bytes),
        }
    }

    /// The rejects of the last bytes, with their line numbers. `lines_before` lines come before `bytes`.
    pub(crate) fn take_rejects(&mut self, lines_before: u64, bytes: &[u8]) -> Vec<Reject> {
        match self {
            Decoder::Csv(decoder) => decoder.take_rejects(lines_before, bytes),
            Decoder::Json(decoder) => decoder.take_rejects(lines_before, bytes),
            Decoder::Text(decoder) => decoder.take_rejects(lines_before, bytes),
            // Their rows have no line numbers.
            Decoder::Parquet(_) | Decoder::Arrow(_) => self.events().take_rejects(0, b'\n', 0, &[]),
        }
    }

    /// The counter of the rows.
    pub(crate) fn events(&mut self) -> &mut EventCounter {
        match self {
            Decoder::Csv(decoder) => decoder.events(),
            Decoder::Json(decoder) => decoder.events(),
            Decoder::Parquet(decoder) => decoder.events(),
            Decoder::Arrow(decoder) => decoder.events(),
            Decoder::Text(decoder) => decoder.events(),
        }
    }

    /// The counts.
    pub(crate) fn finish(self) -> Partial {
        match self {
            Decoder::Csv(decoder) => decoder.finish(),
            Decoder::Json(decoder) => decoder.finish(),
            Decoder::Parquet(decoder) => decoder.finish(),
            Decoder::Arrow(decoder) => decoder.finish(),
            Decoder::Text(decoder) => decoder.finish(),
        }
    }
}
