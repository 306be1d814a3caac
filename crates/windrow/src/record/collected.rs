//! Collected rows: what a small table has, as texts, each row with its place.

use crate::reject::Place;

/// Rows that are kept as they are, instead of being counted.
#[derive(Debug)]
pub(crate) struct Collected {
    columns: usize,
    /// Texts that are kept, at most, in bytes.
    bytes_max: u64,
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<usize>,
    places: Vec<Place>,
    is_past_limit: bool,
}

/// What is kept of each text beside its bytes, about.
const BYTES_OF_TEXT: u64 = 8;

impl Collected {
    /// No rows, of so many columns.
    pub(crate) fn new(columns: usize, bytes_max: u64) -> Self {
        let (bytes, ends, places) = (Vec::new(), Vec::new(), Vec::new());
        Collected { columns, bytes_max, bytes, ends, places, is_past_limit: false }
    }

    /// Adds a row.
    pub(super) fn add<'t>(&mut self, texts: impl Iterator<Item = &'t [u8]>, place: Place) {
        if self.is_past_limit {
            return;
        }
        for text in texts {
            self.bytes.extend_from_slice(text);
            self.ends.push(self.bytes.len());
        }
        self.places.push(place);
        self.is_past_limit = self.size() > self.bytes_max;
    }

    /// The bytes that it takes, about.
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64 + BYTES_OF_TEXT * self.ends.len() as u64
    }

    /// Whether there are more rows than may be kept.
    pub(crate) fn is_past_limit(&self) -> bool {
        self.is_past_limit
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.places.len()
    }

    /// The text of a row in a column.
    pub(crate) fn text(&self, row: usize, column: usize) -> &[u8] {
        let at = row * self.columns + column;
        &self.bytes[at.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[at]]
    }

    /// Where a row stands in its file.
    pub(crate) fn place(&self, row: usize) -> Place {
        self.places[row]
    }

    /// Says on which lines the rows from number `first` on begin, which stand in `bytes`, the bytes of the file from `base` on; so many
    /// lines are before these.
    pub(crate) fn find_lines(
        &mut self,
        first: usize,
        bytes: &[u8],
        base: u64,
        lines_before: u64,
        line_end: u8,
    ) {
        let (mut at, mut lines) = (0, lines_before);
        for place in self.places.iter_mut().skip(first) {
            let Place::Line { byte, .. } = *place else { continue };
            let start = (byte - base) as usize;
            lines += memchr::memchr_iter(line_end, &bytes[at..start]).count() as u64;
            at = start;
            *place = Place::Line { line: lines + 1, byte };
        }
    }
}
