//! The fast path: lines that look like a line before them, but for the texts of the time and of the only key.
//!
//! A log writes its objects with one order of members and one spacing. Where a line has the bytes of a line that the scanner has
//! found to be an object, with another time in a fast layout and a key that was met before in the place of its strings, it is
//! an object too, with the same members: neither text has a quote, a backslash or a control character. The first line that looks otherwise is
//! left to the scanner, which is the definition.

use std::hint::select_unpredictable;

use windrow_scan::Scanned;
use windrow_scan::json::{ObjectRow, ObjectScanner};

use super::decoder::{JsonRows, TIME};
use crate::counts::EventCounter;

/// Takes lines ahead of the scanner.
pub(super) struct JsonFastPath {
    like: Option<LineForm>,
    /// Bytes of the time of the last line.
    time_len: usize,
    /// The two keys met last, compared without a branch: which comes next is unpredictable.
    recent: [KnownMember; 2],
    /// By the number of a key: whether it stands in a string as it is.
    is_plain: Vec<bool>,
    /// Bytes that the scanner takes before it tries again.
    wait: usize,
}

/// What lines look like: the bytes before the time, between time and key, and behind the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineForm {
    before: ShortText,
    between: ShortText,
    behind: Vec<u8>,
}

/// A short text that is compared as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ShortText {
    word: u128,
    mask: u128,
    len: usize,
}

/// A key with what is behind it in the line, up to the next line.
#[derive(Clone, Copy)]
struct KnownMember {
    words: [u128; 2],
    masks: [u128; 2],
    /// The key's number in the low half, the bytes to the next line in the high half; 0: no key.
    id_and_len: u64,
}

/// What no line has: a NUL.
const NO_KEY: KnownMember = KnownMember { words: [0; 2], masks: [0xFF, 0], id_and_len: 0 };

/// Bytes of a line that are looked at.
const LINE_BYTES_MAX: usize = 128;
/// Bytes of a text before the time or before the key, at most.
const TEXT_BYTES_MAX: usize = 16;
/// Bytes of a time, at most.
const TIME_BYTES_MAX: usize = 48;
/// Bytes of a key, and of a key with the rest of its line, at most.
const KEY_BYTES_MAX: usize = 16;
const END_BYTES_MAX: usize = 32;
const _: () = assert!(2 * TEXT_BYTES_MAX + TIME_BYTES_MAX + END_BYTES_MAX <= LINE_BYTES_MAX);

/// Lines that a try must take to be worth what the scanner needs to start again.
const WORTHWHILE_LINES: u64 = 64;
const WAIT_BYTES_MIN: usize = 2 << 10;
const WAIT_BYTES_MAX: usize = 1 << 20;

impl LineForm {
    /// What lines like this one look like; none where time and key are not two strings in this order, or stand far apart.
    pub(super) fn of(row: &ObjectRow<'_>) -> Option<LineForm> {
        let content = row.content();
        let (time, key) = (row.string(TIME)?, row.string(TIME + 1)?);
        let between = content.get(time.end..key.start)?;
        let (before, between) = (ShortText::of(&content[..time.start])?, ShortText::of(between)?);
        Some(LineForm { before, between, behind: content[key.end..].to_vec() })
    }
}

impl ShortText {
    fn of(text: &[u8]) -> Option<ShortText> {
        let mut bytes = [0; TEXT_BYTES_MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        let mask = mask_of(text.len());
        (!text.is_empty()).then(|| ShortText { word: u128::from_le_bytes(bytes), mask, len: text.len() })
    }

    #[inline(always)]
    fn begins(&self, bytes: &[u8; TEXT_BYTES_MAX]) -> bool {
        u128::from_le_bytes(*bytes) & self.mask == self.word
    }
}

/// The mask of the first `len` of 16 bytes; `len` is at most 16.
fn mask_of(len: usize) -> u128 {
    if len == 0 { 0 } else { u128::MAX >> (8 * (16 - len)) }
}

impl JsonFastPath {
    pub(super) fn new() -> Self {
        JsonFastPath { like: None, time_len: 0, recent: [NO_KEY; 2], is_plain: Vec::new(), wait: 1 }
    }

    /// What [`ObjectScanner::scan`] does, with as many lines as possible taken here.
    pub(super) fn scan(
        &mut self,
        scanner: &mut ObjectScanner,
        bytes: &[u8],
        limit: usize,
        at_eof: bool,
        rows: &mut JsonRows<'_>,
    ) -> Scanned {
        let base = rows.base;
        let mut done = Scanned::default();
        // A line that goes on belongs to the chunk it began in, however far it reaches.
        while done.bytes < bytes.len() && (scanner.is_in_line() || done.bytes < limit) {
            if !scanner.is_in_line() {
                let (to, taken) = self.take(bytes, done.bytes, limit, &mut rows.events);
                let worthwhile = taken >= WORTHWHILE_LINES;
                self.wait =
                    if worthwhile { 1 } else { (self.wait * 2).clamp(WAIT_BYTES_MIN, WAIT_BYTES_MAX) };
                done = Scanned { bytes: to, line_ends: done.line_ends + taken, lines: done.lines + taken };
                if to >= limit {
                    break;
                }
            }
            rows.base = base + done.bytes as u64;
            (rows.learns, rows.like) = (true, None);
            let wanted = limit.saturating_sub(done.bytes).min(self.wait);
            let scanned = scanner.scan(&bytes[done.bytes..], wanted, at_eof, rows);
            self.learn(rows.like.take());
            done.bytes += scanned.bytes;
            done.line_ends += scanned.line_ends;
            done.lines += scanned.lines;
            if scanned.bytes == 0 {
                break;
            }
        }
        (rows.base, rows.learns) = (base, false);
        done
    }

    /// Lines look like this from now on.
    fn learn(&mut self, like: Option<LineForm>) {
        if like.is_some() && like != self.like {
            (self.like, self.recent) = (like, [NO_KEY; 2]);
        }
    }

    /// Counts the lines from `at` on that begin before `limit` and look alike: where the next line begins, and how many were
    /// counted.
    #[inline(never)]
    fn take(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        limit: usize,
        counter: &mut EventCounter,
    ) -> (usize, u64) {
        let Some(LineForm { before, between, .. }) = self.like else { return (at, 0) };
        let mut lines = 0;
        let (mut first_us, mut last_us, mut local) = (counter.first_us, counter.last_us, 0);
        while at < limit
            && let Some(line) = bytes.get(at..).and_then(<[u8]>::first_chunk::<LINE_BYTES_MAX>)
            && line.first_chunk().is_some_and(|start| before.begins(start))
        {
            let rest = &line[before.len..];
            let mut time = counter.time.read_fast(&rest[..self.time_len]);
            if time.is_none() || !begins(&between, &rest[self.time_len..]) {
                match memchr::memchr(b'"', &rest[..TIME_BYTES_MAX]) {
                    Some(time_len) if time_len != self.time_len && begins(&between, &rest[time_len..]) => {
                        self.time_len = time_len;
                        time = counter.time.read_fast(&rest[..time_len]);
                    }
                    _ => break,
                }
            }
            let key = rest[self.time_len + between.len..].first_chunk::<END_BYTES_MAX>();
            let (Some(time), Some(key)) = (time, key) else { break };
            let words = two_words(key);
            let [a, b] = &self.recent;
            let known = select_unpredictable(b.is(words), b.id_and_len, 0);
            let mut known = select_unpredictable(a.is(words), a.id_and_len, known);
            if known == 0 {
                known = match self.look_up(key, counter) {
                    Some(key) => key.id_and_len,
                    None => break,
                };
            }
            let slot = counter.slot_at(time.us);
            counter.counter.count(slot, known as u32);
            local += u64::from(time.local);
            first_us = first_us.min(time.us);
            last_us = last_us.max(time.us);
            lines += 1;
            at += before.len + self.time_len + between.len + (known >> 32) as usize;
        }
        (counter.first_us, counter.last_us) = (first_us, last_us);
        counter.tally.counted += lines;
        counter.tally.without_offset += local;
        (at, lines)
    }

    /// The key that `text` begins with, if it was met before and its line ends as others do.
    fn look_up(&mut self, text: &[u8; END_BYTES_MAX], counter: &mut EventCounter) -> Option<KnownMember> {
        let behind = &self.like.as_ref()?.behind;
        let value_len = memchr::memchr(b'"', &text[..=KEY_BYTES_MAX])?;
        let end = text[value_len..].strip_prefix(behind.as_slice())?;
        let line_end = if end.starts_with(b"\r") { 1 } else { 0 };
        if end.get(line_end) != Some(&b'\n') {
            return None;
        }
        let value = &text[..value_len];
        // Keys are compared as words that NULs fill up.
        if value.ends_with(&[0]) {
            return None;
        }
        let keys = counter.counter.keys();
        let id = keys.find_one(text.first_chunk()?, value_len)?;
        for id in self.is_plain.len() as u32..=id {
            let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1F);
            self.is_plain.push(keys.tuple(id).into_iter().flatten().all(is_plain));
        }
        if !self.is_plain[id as usize] {
            return None;
        }
        let len = value_len + behind.len() + line_end + 1;
        let masks = [mask_of(len.min(16)), mask_of(len.saturating_sub(16))];
        let [low, high] = two_words(text);
        let found = KnownMember {
            words: [low & masks[0], high & masks[1]],
            masks,
            id_and_len: u64::from(id) | (len as u64) << 32,
        };
        self.recent = [found, self.recent[0]];
        Some(found)
    }
}

impl KnownMember {
    #[inline(always)]
    fn is(&self, [low, high]: [u128; 2]) -> bool {
        ((low & self.masks[0]) ^ self.words[0]) | ((high & self.masks[1]) ^ self.words[1]) == 0
    }
}

#[inline(always)]
fn begins(text: &ShortText, bytes: &[u8]) -> bool {
    bytes.first_chunk().is_some_and(|bytes| text.begins(bytes))
}

#[inline(always)]
fn two_words(bytes: &[u8; END_BYTES_MAX]) -> [u128; 2] {
    let half = |from: usize| bytes[from..].first_chunk().map_or(0, |half| u128::from_le_bytes(*half));
    [half(0), half(16)]
}
