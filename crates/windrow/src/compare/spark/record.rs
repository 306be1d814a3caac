//! Records as univocity's CSV parser reads them with the settings that Spark gives it: the reader behind `spark.read.csv`.
//!
//! The parser keeps two bytes, the one read last (`ch`) and the one before it (`prev`), and so does this one. A quote out
//! of place ends the quoting: the value is then the text up to the next delimiter, with its quotes. Its oddities are kept on
//! purpose: an old job has counted what the parser returned.

use super::rows::SparkLayout;

const QUOTE: u8 = b'"';
/// In `prev`: nothing, or what was read is settled. A NUL in the text is taken for it.
const NONE: u8 = 0;
/// Quotes out of place inside of each other; beyond, a value ends.
const DEPTH_MAX: u32 = 100;

/// The bytes have ended.
struct End;

type RecordResult<T = ()> = Result<T, End>;

/// Which bytes separate records where they are not cut before: those that the file shows first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::compare) enum RecordSeparator {
    /// LF alone; lines that are cut before have none.
    #[default]
    Lf,
    /// CR alone.
    Cr,
    /// CR and LF.
    CrLf,
}

impl RecordSeparator {
    /// The line end of a file that begins with `bytes`.
    pub(in crate::compare) fn of(bytes: &[u8]) -> Self {
        match memchr::memchr2(b'\n', b'\r', bytes).map(|at| (bytes[at], bytes.get(at + 1))) {
            Some((b'\r', Some(b'\n'))) => RecordSeparator::CrLf,
            Some((b'\r', _)) => RecordSeparator::Cr,
            _ => RecordSeparator::Lf,
        }
    }
}

/// Reads one record after the other.
#[derive(Clone, Debug)]
pub(in crate::compare) struct SparkRecords {
    delimiter: u8,
    escape: u8,
    /// The byte that makes an escape text; `NONE` if the quote is the escape.
    escape_of_escape: u8,
    line_end: RecordSeparator,
    /// By column: the place of its values, if they are kept.
    places: Vec<Option<usize>>,
    /// Whether the parser knows which columns are wanted: it skips the others by special rules.
    is_pruned: bool,
    /// The values of the record, one per wanted column; empty: null.
    pub(in crate::compare) values: Vec<Vec<u8>>,
    /// Fields of the record.
    pub(in crate::compare) fields: usize,
    at: usize,
    ch: u8,
    prev: u8,
    has_stray_quote: bool,
    depth: u32,
    value: Vec<u8>,
}

impl SparkRecords {
    /// For records of this layout.
    pub(in crate::compare) fn new(layout: &SparkLayout<'_>, line_end: RecordSeparator) -> Self {
        let SparkLayout { reader, delimiter, wanted, columns, .. } = *layout;
        let mut places = vec![None; wanted.iter().max().map_or(0, |last| last + 1)];
        wanted.iter().enumerate().rev().for_each(|(place, column)| places[*column] = Some(place));
        SparkRecords {
            delimiter,
            escape: reader.escape(),
            escape_of_escape: if reader.quote_escapes { NONE } else { b'\\' },
            line_end,
            places,
            is_pruned: reader.is_pruned(wanted.len(), columns),
            values: vec![Vec::new(); wanted.len()],
            fields: 0,
            at: 0,
            ch: NONE,
            prev: NONE,
            has_stray_quote: false,
            depth: 0,
            value: Vec::new(),
        }
    }

    /// Reads the record that begins at `at`, and returns where the next one begins; `None` if there is no record. The end of
    /// `bytes` is the end of the file.
    pub(in crate::compare) fn read(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        self.at = at;
        loop {
            let start = self.at;
            self.fields = 0;
            self.values.iter_mut().for_each(Vec::clear);
            self.value.clear();
            (self.ch, self.prev, self.has_stray_quote, self.depth) = (NONE, NONE, false, 0);
            match self.record(bytes) {
                // Lines without a byte are not records.
                Ok(()) if self.fields == 0 => {}
                Ok(()) => return Some(self.at),
                Err(End) if self.at == start => return None,
                Err(End) => {
                    let is_value = self.is_value_at_end();
                    if is_value || !self.value.is_empty() {
                        self.take_value();
                    } else {
                        self.take_null();
                    }
                    return Some(self.at);
                }
            }
        }
    }

    fn record(&mut self, bytes: &[u8]) -> RecordResult {
        self.ch = self.next(bytes)?;
        while self.ch != b'\n' {
            if self.ch == self.delimiter {
                self.take_null();
            } else {
                (self.has_stray_quote, self.prev) = (false, NONE);
                if self.ch == QUOTE {
                    if self.quoted_at_once(bytes) {
                        match self.next(bytes) {
                            Ok(ch) => self.ch = ch,
                            Err(End) => return Ok(()),
                        }
                        if self.ch == self.delimiter {
                            match self.next(bytes) {
                                Ok(ch) => self.ch = ch,
                                Err(End) => {
                                    self.take_null();
                                    return Ok(());
                                }
                            }
                            if self.ch == b'\n' {
                                self.take_null();
                            }
                        }
                        continue;
                    }
                    self.quoted(bytes)?;
                } else {
                    self.until_delimiter(bytes)?;
                }
                self.take_value();
            }
            if self.ch != b'\n' {
                self.ch = self.next(bytes)?;
                if self.ch == b'\n' {
                    self.take_null();
                }
            }
        }
        Ok(())
    }

    fn next(&mut self, bytes: &[u8]) -> RecordResult<u8> {
        let byte = *bytes.get(self.at).ok_or(End)?;
        self.at += 1;
        match (byte, self.line_end) {
            (b'\r', RecordSeparator::Cr) => Ok(b'\n'),
            (b'\r', RecordSeparator::CrLf) if bytes.get(self.at) == Some(&b'\n') => {
                self.at += 1;
                Ok(b'\n')
            }
            _ => Ok(byte),
        }
    }

    /// The place among the wanted columns of the field that is read.
    fn place(&self) -> Option<usize> {
        self.places.get(self.fields).copied().flatten()
    }

    fn take_value(&mut self) {
        if let Some(place) = self.place() {
            std::mem::swap(&mut self.values[place], &mut self.value);
        }
        self.value.clear();
        self.fields += 1;
    }

    fn take_null(&mut self) {
        self.fields += 1;
    }

    fn push(&mut self, byte: u8) {
        if self.place().is_some() {
            self.value.push(byte);
        }
    }

    /// Takes all up to one of `stops`, which is then `ch`.
    fn until(&mut self, bytes: &[u8], stops: [u8; 3]) -> RecordResult {
        let mut ch = self.ch;
        while !stops.contains(&ch) {
            self.push(ch);
            ch = self.next(bytes)?;
        }
        self.ch = ch;
        Ok(())
    }

    fn until_delimiter(&mut self, bytes: &[u8]) -> RecordResult {
        self.until(bytes, [self.delimiter, b'\n', b'\n'])
    }

    /// A quoted value without anything special in it, and a delimiter or LF behind it, is taken at once. So is what the parser
    /// takes for one in a column that is not wanted.
    fn quoted_at_once(&mut self, bytes: &[u8]) -> bool {
        let is_wanted = !self.is_pruned || self.place().is_some();
        let mut end = self.at;
        loop {
            let Some(byte) = bytes.get(end) else { return false };
            let next = bytes.get(end + 1).copied();
            let is_line_end = match self.line_end {
                RecordSeparator::Lf => *byte == b'\n',
                RecordSeparator::Cr => *byte == b'\r',
                RecordSeparator::CrLf => *byte == b'\r' && next == Some(b'\n'),
            };
            if *byte == QUOTE {
                let is_escaped = bytes[end - 1] == self.escape;
                if is_escaped && is_wanted {
                    return false;
                }
                if !is_escaped {
                    if next.is_some_and(|next| next == self.delimiter || next == b'\n') {
                        break;
                    }
                    return false;
                }
            } else if *byte == self.escape && is_wanted {
                if next.is_some_and(|next| next == QUOTE || next == self.escape_of_escape) {
                    return false;
                }
            } else if is_line_end {
                return false;
            }
            end += 1;
        }
        if let Some(place) = self.place() {
            self.values[place].extend_from_slice(&bytes[self.at..end]);
        }
        self.fields += 1;
        self.at = end + 1;
        true
    }

    fn quoted(&mut self, bytes: &[u8]) -> RecordResult {
        if self.prev != NONE {
            if self.place().is_some() {
                self.value.insert(0, QUOTE);
            }
            self.ch = self.next(bytes)?;
            return self.until_delimiter(bytes);
        }
        self.ch = self.next(bytes)?;
        loop {
            let is_end = self.ch == self.delimiter || self.ch == b'\n';
            if self.prev == QUOTE && (is_end || self.ch <= b' ') {
                break;
            }
            if self.ch != QUOTE && self.ch != self.escape {
                if self.prev == QUOTE {
                    self.has_stray_quote = true;
                    self.push(QUOTE);
                    return self.go_on(bytes);
                }
                if self.prev == self.escape {
                    self.push(self.escape);
                }
                self.until(bytes, [QUOTE, self.escape, self.escape_of_escape])?;
                self.prev = self.ch;
                self.ch = self.next(bytes)?;
            } else {
                self.escaped(bytes)?;
                self.prev = self.ch;
                self.ch = self.next(bytes)?;
                if self.has_stray_quote && (self.ch == self.delimiter || self.ch == b'\n') {
                    return Ok(());
                }
            }
        }
        self.after_quoted(bytes)
    }

    /// White space behind a quoted value is left out, unless more than that stands there.
    fn after_quoted(&mut self, bytes: &[u8]) -> RecordResult {
        let mut white = Vec::new();
        while self.ch != b'\n' && self.ch <= b' ' && (self.ch != self.delimiter || !white.is_empty()) {
            white.push(self.ch);
            self.ch = self.next(bytes)?;
        }
        if white.is_empty() || self.ch == b'\n' || self.ch == self.delimiter {
            return Ok(());
        }
        self.push(QUOTE);
        white.into_iter().for_each(|byte| self.push(byte));
        self.go_on(bytes)
    }

    /// Continues after a quote that did not close the value.
    fn go_on(&mut self, bytes: &[u8]) -> RecordResult {
        self.push(self.ch);
        self.prev = self.ch;
        self.deeper(|records| records.quoted(bytes))
    }

    /// A quote or an escape in a value that began with a quote.
    fn escaped(&mut self, bytes: &[u8]) -> RecordResult {
        if self.ch == self.escape && self.prev == self.escape_of_escape && self.escape_of_escape != NONE {
            self.push(self.escape);
            self.ch = NONE;
        } else if self.prev == self.escape {
            if self.ch == QUOTE {
                self.push(QUOTE);
                self.ch = NONE;
            } else {
                self.push(self.prev);
            }
        } else if self.prev == QUOTE {
            self.push(QUOTE);
            if self.ch != QUOTE {
                self.prev = self.ch;
                self.deeper(|records| records.unquoted(bytes))?;
            }
        }
        Ok(())
    }

    /// The rest of a value whose quotes are out of place.
    fn unquoted(&mut self, bytes: &[u8]) -> RecordResult {
        while self.ch != self.delimiter && self.ch != b'\n' {
            if self.ch == QUOTE || self.ch == self.escape {
                self.escaped(bytes)?;
            } else if self.prev == QUOTE {
                self.push(QUOTE);
                self.prev = self.ch;
                continue;
            } else {
                self.push(self.ch);
            }
            self.prev = self.ch;
            self.ch = self.next(bytes)?;
        }
        Ok(())
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> RecordResult) -> RecordResult {
        if self.depth == DEPTH_MAX {
            return Err(End);
        }
        self.depth += 1;
        let done = read(self);
        self.depth -= 1;
        done
    }

    /// At the end of the bytes: whether a value ends there, even an empty one.
    fn is_value_at_end(&mut self) -> bool {
        if self.ch == QUOTE {
            if self.prev == QUOTE {
                return true;
            }
            if !self.has_stray_quote {
                self.push(QUOTE);
            }
        }
        self.prev != NONE && self.ch != self.delimiter && self.ch != b'\n'
    }
}
