//! The index by blocks of 64 bytes, a bit per byte (Langdale and Lemire 2019, "Parsing gigabytes of JSON per second").
//!
//! A backslash begins an escape unless it is escaped itself; an escaped quote does not count. Whether a byte is in a string
//! is the parity of the quotes before it.

use super::TokenIndex;
use crate::block::{Block, append};

/// State that is carried from one block to the next.
#[derive(Default)]
struct StringCarry {
    /// All ones in a string.
    inside: u64,
    /// Bit 0: the byte before began an escape.
    escape: u64,
    /// Bit 0: the byte before was part of a number or a word.
    word: u64,
}

/// Fills the index; true when there is a byte above 0x7F.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
pub(super) unsafe fn fill<B: Block>(index: &mut TokenIndex, bytes: &[u8], start: usize) -> bool {
    let (mut carry, mut high) = (StringCarry::default(), 0);
    let (blocks, tail) = bytes[start..].as_chunks::<64>();
    for (at, block) in blocks.iter().enumerate() {
        // SAFETY: the block has 64 bytes; the caller vouches for the instruction set.
        if unsafe { one::<B>(index, &mut carry, &mut high, block, start + at * 64) } {
            return high != 0;
        }
    }
    if !tail.is_empty() {
        // Nothing is found in white space.
        let mut block = [b' '; 64];
        block[..tail.len()].copy_from_slice(tail);
        // SAFETY: as above.
        unsafe { one::<B>(index, &mut carry, &mut high, &block, bytes.len() - tail.len()) };
    }
    high != 0
}

/// Takes one block; true when the index stops in it.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
unsafe fn one<B: Block>(
    index: &mut TokenIndex,
    carry: &mut StringCarry,
    high: &mut u64,
    bytes: &[u8; 64],
    base: usize,
) -> bool {
    // SAFETY: `bytes` has 64 bytes; the caller vouches for the instruction set.
    let block = unsafe { B::load(bytes.as_ptr()) };
    // SAFETY: the caller vouches for the instruction set.
    let equal = |byte| unsafe { block.equal(byte) };
    // SAFETY: as above.
    let (above, below_space) = unsafe { (block.below(0), block.below(b' ' as i8)) };
    let (backslashes, newlines) = (equal(b'\\'), equal(b'\n'));
    let controls = below_space & !above;
    *high |= above;

    let (escapes, escaped) =
        if backslashes | carry.escape == 0 { (0, 0) } else { escapes(backslashes, &mut carry.escape) };
    let quotes = equal(b'"') & !escaped;
    // SAFETY: as above. A quote that opens a string is inside, one that closes it is not.
    let inside = unsafe { B::prefix_xor(quotes) } ^ carry.inside;
    carry.inside = ((inside as i64) >> 63) as u64;

    // SAFETY: as above.
    let brackets = unsafe { block.equal_with_bit_5(b'{') | block.equal_with_bit_5(b'}') };
    let marks = (brackets | equal(b',') | equal(b':')) & !inside;
    let mut white = equal(b' ') | newlines;
    if controls & !newlines != 0 {
        white |= equal(b'\t') | equal(b'\r');
    }
    let words = !(inside | quotes | marks | white);
    let begins = words & !(words << 1 | carry.word);
    carry.word = words >> 63;

    let mut tokens = marks | quotes | begins | newlines & !inside;
    let mut escapes = escapes;
    let wrong = controls & (inside | !white) | backslashes & !inside;
    let stops = wrong != 0;
    if stops {
        let first = wrong.trailing_zeros();
        index.stop = Some(base + first as usize);
        tokens &= (1 << first) - 1;
        escapes &= (1 << first) - 1;
    }
    // SAFETY: the caller vouches for the instruction set.
    unsafe {
        append::<B>(&mut index.tokens, base, tokens);
        if escapes != 0 {
            append::<B>(&mut index.escapes, base, escapes);
        }
    }
    stops
}

/// The backslashes that begin an escape, and the bytes that follow one; `carry` is passed to the next block.
///
/// Taking the first backslash of each run away from the odd places, and borrowing, leaves a bit at every second place of the run.
#[inline(always)]
pub(in super::super) fn escapes(backslashes: u64, carry: &mut u64) -> (u64, u64) {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    let begins = backslashes & !*carry;
    let every_second = ((begins << 1 | ODD).wrapping_sub(begins)) ^ ODD;
    let escaped = every_second ^ (backslashes | *carry);
    let escapes = every_second & backslashes;
    *carry = escapes >> 63;
    (escapes, escaped)
}
