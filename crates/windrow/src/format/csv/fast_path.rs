//! The fast path: rows of `time,key`, or of `time,key,number` whose number is measured, that look like the row before them.
//!
//! In most logs that have nothing but these, the times of all rows are of one layout, and the keys are few.
//! Where a stretch of bytes is a time of the last length in a layout that has a fast way, a delimiter, a key met
//! before, a number where one is measured, and a line end, it is a well-formed record: no index has to be made to know where it begins and ends. The
//! first row that looks otherwise is left to the scanner, which is the definition.

use windrow_scan::csv::{RecordScanner, Scanned};

use super::header::CsvHeader;
use super::rows::{CsvRows, MeasuredRows};
use crate::counts::EventCounter;

/// Takes rows ahead of the scanner.
#[derive(Clone, Debug)]
pub(super) struct CsvFastPath {
    delimiter: u8,
    line_end: u8,
    /// Whether a number that is measured follows the key.
    is_measured: bool,
    /// Bytes of the time of the last row.
    time_len: usize,
    /// The two keys met last, compared without a branch: which comes next is unpredictable.
    recent: [KnownKey; 2],
    /// By the number of a key: whether it stands in a file as it is, and ends where a line end comes.
    is_plain: Vec<bool>,
    /// Bytes that the scanner takes before it tries again.
    wait: usize,
}

/// A key and its end, that of the line or a delimiter, as they stand in a file.
#[derive(Clone, Copy, Debug)]
struct KnownKey {
    text: [u64; 2],
    /// Which bytes of `text` matter.
    mask: [u64; 2],
    /// The key's number in the low half, its bytes with its end in the high half; 0: no key.
    id_and_len: u64,
}

/// What no row is: it begins with a NUL.
const NO_KEY: KnownKey = KnownKey { text: [0, 0], mask: [0xFF, 0], id_and_len: 0 };

/// Bytes of a row that are looked at: time, delimiter, key and its end.
const ROW_BYTES_MAX: usize = 64;

/// Bytes of a key with its end, at most.
const KEY_BYTES_MAX: usize = 16;

/// Bytes of a number with the line end, at most.
const NUMBER_BYTES_MAX: usize = 32;

/// Rows that a try must take to be worth what the scanner needs to start again.
const WORTHWHILE_ROWS: u64 = 64;

const WAIT_BYTES_MIN: usize = 2 << 10;
const WAIT_BYTES_MAX: usize = 1 << 20;

impl CsvFastPath {
    /// A path for the rows of files with this header; none where they hold something else.
    pub(super) fn new(header: &CsvHeader) -> Option<Self> {
        let dialect = &header.dialect;
        let is_of_times = |byte: u8| byte.is_ascii_alphanumeric() || b"+-:./ ".contains(&byte);
        let is_narrow = match header.names.len() {
            2 => header.measured.is_empty(),
            3 => header.measured == [2],
            _ => false,
        };
        let is_narrow = is_narrow && header.time == 0 && header.beside.is_none() && header.keys == [1];
        let is_clear = !is_of_times(dialect.delimiter()) && !dialect.comment().is_some_and(is_of_times);
        (is_narrow && is_clear).then(|| CsvFastPath {
            delimiter: dialect.delimiter(),
            line_end: dialect.line_end().byte(),
            is_measured: !header.measured.is_empty(),
            time_len: 0,
            recent: [NO_KEY; 2],
            is_plain: Vec::new(),
            wait: 1,
        })
    }

    /// What [`RecordScanner::scan`] does, with as many rows as possible taken here.
    pub(super) fn scan(
        &mut self,
        scanner: &mut RecordScanner,
        bytes: &[u8],
        limit: usize,
        at_eof: bool,
        rows: &mut CsvRows<'_>,
    ) -> Scanned {
        let base = rows.base;
        let mut done = Scanned::default();
        // A line that goes on belongs to the chunk it began in, however far it reaches.
        while done.bytes < bytes.len() && (scanner.is_in_line() || done.bytes < limit) {
            if !scanner.is_in_line() {
                let (to, taken) = match self.is_measured {
                    true => self.take::<true>(bytes, done.bytes, limit, &mut rows.events),
                    false => self.take::<false>(bytes, done.bytes, limit, &mut rows.events),
                };
                let worthwhile = taken >= WORTHWHILE_ROWS;
                self.wait =
                    if worthwhile { 1 } else { (self.wait * 2).clamp(WAIT_BYTES_MIN, WAIT_BYTES_MAX) };
                done = Scanned { bytes: to, line_ends: done.line_ends + taken, lines: done.lines + taken };
                if to >= limit {
                    break;
                }
            }
            rows.base = base + done.bytes as u64;
            let wanted = limit.saturating_sub(done.bytes).min(self.wait);
            let rest = &bytes[done.bytes..];
            let scanned = match self.is_measured {
                true => scanner.scan(rest, wanted, at_eof, &mut MeasuredRows(rows)),
                false => scanner.scan(rest, wanted, at_eof, rows),
            };
            done.bytes += scanned.bytes;
            done.line_ends += scanned.line_ends;
            done.lines += scanned.lines;
            if scanned.bytes == 0 {
                break;
            }
        }
        rows.base = base;
        done
    }

    /// Counts the rows from `at` on that begin before `limit` and look like the one before: where the next row
    /// begins, and how many were counted.
    #[inline(never)]
    fn take<const MEASURED: bool>(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        limit: usize,
        counter: &mut EventCounter,
    ) -> (usize, u64) {
        let mut rows = 0;
        let (mut first_us, mut last_us, mut local) = (counter.first_us, counter.last_us, 0);
        while at < limit
            && let Some(row) = bytes.get(at..).and_then(<[u8]>::first_chunk::<ROW_BYTES_MAX>)
        {
            let mut time = counter.time.read_fast(&row[..self.time_len]);
            if time.is_none() || row[self.time_len] != self.delimiter {
                match memchr::memchr(self.delimiter, &row[..ROW_BYTES_MAX - 1 - KEY_BYTES_MAX]) {
                    Some(time_len) if time_len != self.time_len => {
                        self.time_len = time_len;
                        time = counter.time.read_fast(&row[..time_len]);
                    }
                    _ => break,
                }
            }
            let (Some(time), Some(key)) = (time, row[self.time_len + 1..].first_chunk()) else { break };
            let words = two_words(key);
            let [a, b] = &self.recent;
            let known = std::hint::select_unpredictable(b.is(words), b.id_and_len, 0);
            let mut known = std::hint::select_unpredictable(a.is(words), a.id_and_len, known);
            if known == 0 {
                known = match self.look_up(key, counter) {
                    Some(key) => key.id_and_len,
                    None => break,
                };
            }
            let after_key = at + self.time_len + 1 + (known >> 32) as usize;
            let next = match MEASURED {
                false => after_key,
                true => match self.number(bytes, after_key, counter) {
                    Some(len) => after_key + len,
                    None => break,
                },
            };
            let slot = counter.slot_at(time.us);
            counter.counter.count(slot, known as u32);
            if MEASURED {
                counter.counter.measure(slot, known as u32);
            }
            local += u64::from(time.local);
            first_us = first_us.min(time.us);
            last_us = last_us.max(time.us);
            rows += 1;
            at = next;
        }
        (counter.first_us, counter.last_us) = (first_us, last_us);
        counter.tally.counted += rows;
        counter.tally.without_offset += local;
        (at, rows)
    }

    /// Takes the number at `at`, which is the last of its row: its bytes with the line end. None where it is not a number that
    /// stands there as it is.
    #[inline(always)]
    fn number(&self, bytes: &[u8], at: usize, counter: &mut EventCounter) -> Option<usize> {
        let text = bytes.get(at..)?.first_chunk::<NUMBER_BYTES_MAX>()?;
        let (word, _) = text.split_first_chunk::<8>()?;
        let mut len = digits(u64::from_le_bytes(*word));
        if text[len] != self.line_end {
            len = memchr::memchr(self.line_end, text)?;
            let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE \r".contains(byte);
            if !text[..len].iter().all(is_of_number) {
                return None;
            }
        }
        counter.measure(0, text, len).ok()?;
        Some(len + 1)
    }

    /// The key that `text` begins with, if it was met before and what ends it follows: a delimiter where a number comes, else
    /// a line end.
    fn look_up(&mut self, text: &[u8; KEY_BYTES_MAX], counter: &mut EventCounter) -> Option<KnownKey> {
        let (end, is_last) = if self.is_measured { (self.delimiter, false) } else { (self.line_end, true) };
        let end = memchr::memchr(end, text)?;
        let value = text[..end].strip_suffix(b"\r").filter(|_| is_last).unwrap_or(&text[..end]);
        // Keys are compared as words that NULs fill up.
        if value.ends_with(&[0]) {
            return None;
        }
        let keys = counter.counter.keys();
        let id = keys.find_one(text, value.len())?;
        for id in self.is_plain.len() as u32..=id {
            let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\n' | b'\r') && *byte != self.delimiter;
            self.is_plain.push(keys.tuple(id).into_iter().flatten().all(is_plain));
        }
        if !self.is_plain[id as usize] {
            return None;
        }
        let mask: u128 = u128::MAX >> (8 * (KEY_BYTES_MAX - end - 1));
        let mask = [mask as u64, (mask >> 64) as u64];
        let [low, high] = two_words(text);
        let found = KnownKey {
            text: [low & mask[0], high & mask[1]],
            mask,
            id_and_len: u64::from(id) | (end as u64 + 1) << 32,
        };
        self.recent = [found, self.recent[0]];
        Some(found)
    }
}

impl KnownKey {
    #[inline(always)]
    fn is(&self, [low, high]: [u64; 2]) -> bool {
        ((low & self.mask[0]) ^ self.text[0]) | ((high & self.mask[1]) ^ self.text[1]) == 0
    }
}

/// How many of eight bytes are digits before the first that is not.
#[inline(always)]
fn digits(word: u64) -> usize {
    let low = word ^ 0x3030_3030_3030_3030;
    let others = (low.wrapping_add(0x0606_0606_0606_0606) | low) & 0xF0F0_F0F0_F0F0_F0F0;
    (others.trailing_zeros() / 8) as usize
}

#[inline(always)]
fn two_words(bytes: &[u8; KEY_BYTES_MAX]) -> [u64; 2] {
    let both = u128::from_le_bytes(*bytes);
    [both as u64, (both >> 64) as u64]
}
