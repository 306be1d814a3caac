//! Quotes: where strings begin and end in a stretch of lines, and other facts that are needed to read lines that look like
//! earlier ones.
//!
//! A template says how many quotes come before a value, so each value is found directly, not from the one before it. Whether
//! a quote is escaped depends only on the backslashes right before it: a line that is not an object does not affect others.

use super::find::escapes;
use super::text::escape;
use crate::block::{BLOCK_BYTES, Block};

/// Where the strings of a stretch begin and end.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotes {
    /// Places of quotes that are not escaped.
    pub(super) places: Vec<u32>,
    /// Places of control characters, line ends among them.
    pub(super) controls: Vec<u32>,
    /// Places of backslashes that begin no escape, and of text that is not UTF-8.
    pub(super) wrong: Vec<u32>,
    /// The end of the last whole line in the stretch.
    pub(super) end: usize,
    /// The first of each after the lines that were taken.
    pub(super) next: TakenQuotes,
    /// Bytes of the stretch.
    bytes: usize,
}

/// How many of each are in the lines that were taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TakenQuotes {
    pub(super) place: usize,
    pub(super) control: usize,
    pub(super) wrong: usize,
}

/// Bytes of a stretch: few enough that the bytes and the places found in them stay in the cache; fewer at first.
const STRETCH_BYTES_MIN: usize = 2 << 10;
const STRETCH_BYTES_MAX: usize = 16 << 10;

impl Quotes {
    /// Nothing is known of the bytes that are scanned next.
    pub(super) fn forget(&mut self) {
        self.end = 0;
    }

    /// Makes the next stretch short: it may not be worth its cost.
    pub(super) fn begin_short(&mut self) {
        self.bytes = STRETCH_BYTES_MIN;
    }

    /// Skips everything before `at`.
    pub(super) fn skip_to(&mut self, at: usize) {
        let TakenQuotes { place, control, wrong } = &mut self.next;
        let of = [(&self.places, place), (&self.controls, control), (&self.wrong, wrong)];
        for (places, next) in of {
            while places.get(*next).is_some_and(|place| (*place as usize) < at) {
                *next += 1;
            }
        }
    }

    /// Begins a stretch at `at`, where a line begins, for lines that begin before `limit`. False if it has no whole line.
    ///
    /// # Safety
    /// The machine has the instruction set of `B`.
    #[inline(always)]
    pub(super) unsafe fn fill<B: Block>(&mut self, bytes: &[u8], at: usize, limit: usize) -> bool {
        for places in [&mut self.places, &mut self.controls, &mut self.wrong] {
            places.clear();
        }
        self.next = TakenQuotes::default();
        self.bytes = (self.bytes * 2).clamp(STRETCH_BYTES_MIN, STRETCH_BYTES_MAX);
        let end = bytes.len().min(at + self.bytes).min(limit.saturating_add(STRETCH_BYTES_MIN));
        // SAFETY: the caller vouches for the instruction set.
        let has_high = unsafe { self.find::<B>(bytes, at, end) };
        let line_end = self.controls.iter().rfind(|place| bytes[**place as usize] == b'\n');
        self.end = line_end.map_or(at, |place| *place as usize + 1);
        if has_high {
            self.find_invalid_utf8(&bytes[..self.end], at);
        }
        self.end > at
    }

    /// Searches the whole blocks from `at` to `end`, and returns whether there is a byte above 0x7F.
    ///
    /// # Safety
    /// The machine has the instruction set of `B`.
    #[inline(always)]
    unsafe fn find<B: Block>(&mut self, bytes: &[u8], at: usize, end: usize) -> bool {
        let (mut carry, mut all_high, mut checked) = (0, 0, at);
        let (blocks, _) = bytes[at..end].as_chunks::<BLOCK_BYTES>();
        // There is room for a quote at each byte, so that none is asked for by block.
        self.places.reserve((blocks.len() + 1) * BLOCK_BYTES);
        let (places, mut found) = (self.places.as_mut_ptr(), 0);
        for (number, block) in blocks.iter().enumerate() {
            let base = at + number * BLOCK_BYTES;
            // SAFETY: the block has 64 bytes; the caller vouches for the instruction set.
            let block = unsafe { B::load(block.as_ptr()) };
            // SAFETY: the caller vouches for the instruction set.
            let equal = |byte| unsafe { block.equal(byte) };
            // SAFETY: as above.
            let (high, below_space) = unsafe { (block.below(0), block.below(b' ' as i8)) };
            all_high |= high;
            let (mut quotes, backslashes) = (equal(b'"'), equal(b'\\'));
            if backslashes | carry != 0 {
                let (_, escaped) = escapes(backslashes, &mut carry);
                let simple = quotes | backslashes | equal(b'/') | equal(b'n') | equal(b't') | equal(b'r');
                let mut others = escaped & !(simple | equal(b'b') | equal(b'f'));
                quotes &= !escaped;
                while others != 0 {
                    let place = base + others.trailing_zeros() as usize - 1;
                    others &= others - 1;
                    // The second half of a surrogate pair belongs to the first.
                    if place >= checked {
                        match escape(bytes, place) {
                            Ok((_, behind)) => checked = behind,
                            Err(_) => self.wrong.push(place as u32),
                        }
                    }
                }
            }
            // SAFETY: before this block at most 64 places were written for each block, and there is room for 64 more; the caller
            // vouches for the instruction set.
            unsafe { B::write_places(places.add(found), base as u32, quotes) };
            found += quotes.count_ones() as usize;
            let mut controls = below_space & !high;
            while controls != 0 {
                self.controls.push(base as u32 + controls.trailing_zeros());
                controls &= controls - 1;
            }
        }
        // SAFETY: so many were written, one after the other.
        unsafe { self.places.set_len(found) };
        all_high != 0
    }

    #[inline(never)]
    fn find_invalid_utf8(&mut self, bytes: &[u8], at: usize) {
        let mut from = at;
        while let Err(error) = std::str::from_utf8(&bytes[from..]) {
            let wrong = from + error.valid_up_to();
            self.wrong.push(wrong as u32);
            from = wrong + 1;
        }
        self.wrong.sort_unstable();
    }
}
