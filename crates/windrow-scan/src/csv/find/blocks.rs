//! The index by blocks of 64 bytes, a bit per byte.
//!
//! Whether a byte lies between quotes is the parity of the quotes before it, which is a prefix xor over the bits of
//! the quotes (Langdale and Lemire 2019, "Parsing gigabytes of JSON per second"). A quote that opens must follow
//! the end of a field or a quote that closes (then the two are a doubled quote); after a quote that closes must
//! come the end of a field, CR LF, or a quote that opens.

use super::RecordIndex;
use crate::block::{Block, append};
use crate::csv::{Dialect, LineEnd};

/// State that is carried from one block to the next.
#[derive(Clone, Copy, Default)]
struct QuoteCarry {
    /// All ones inside quotes.
    quoted: u64,
    /// Bit 0: the byte before was a quote that closes.
    closed: u64,
    /// Bit 0: the byte before was a CR after a quote that closes.
    closed_cr: u64,
    /// Bit 0: the byte before ended a field or closed it.
    ended: u64,
    /// Bit 0: the byte before was a LF outside quotes.
    line_ended: u64,
    /// Not zero if one of the last [`RECENT_BLOCKS`] blocks had a quote.
    recent: u64,
}

/// How many blocks a quote is remembered.
const RECENT_BLOCKS: u32 = 32;

/// The bits of a block that matter.
struct Bits {
    newlines: u64,
    quoted_newlines: u64,
    delimiters: u64,
    wrong: u64,
}

/// Fills the index.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
pub(super) unsafe fn fill<B: Block>(index: &mut RecordIndex, dialect: &Dialect, bytes: &[u8], start: usize) {
    let mut carry = QuoteCarry { ended: 1, line_ended: 1, ..QuoteCarry::default() };
    let (blocks, tail) = bytes[start..].as_chunks::<64>();
    for (at, block) in blocks.iter().enumerate() {
        // SAFETY: the block has 64 bytes; the caller vouches for the instruction set.
        if unsafe { one::<B>(index, dialect, &mut carry, block, start + at * 64, u64::MAX) } {
            return;
        }
    }
    if !tail.is_empty() {
        let mut block = [b' '; 64];
        block[..tail.len()].copy_from_slice(tail);
        // SAFETY: as above.
        unsafe {
            one::<B>(index, dialect, &mut carry, &block, bytes.len() - tail.len(), (1 << tail.len()) - 1)
        };
    }
}

/// Takes one block, of which only the bytes in `valid` count; true when the index stops in it.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
unsafe fn one<B: Block>(
    index: &mut RecordIndex,
    dialect: &Dialect,
    carry: &mut QuoteCarry,
    bytes: &[u8; 64],
    base: usize,
    valid: u64,
) -> bool {
    let line_end = dialect.line_end.byte();
    // SAFETY: `bytes` has 64 bytes; the caller vouches for the instruction set. NUL and all above 0x7F are below 1.
    let (newlines, delimiters, quotes, odd) = unsafe {
        let block = B::load(bytes.as_ptr());
        (block.equal(line_end), block.equal(dialect.delimiter), block.equal(dialect.quote), block.below(1))
    };
    let (newlines, delimiters) = (newlines & valid, delimiters & valid);
    let mut bits = Bits { newlines, quoted_newlines: 0, delimiters, wrong: 0 };
    let has_quotes = quotes & valid != 0;
    // In a file with a few quotes per line it is hard to predict which blocks have one, so all blocks soon after a quote go this way.
    if has_quotes | (carry.quoted | carry.closed | carry.closed_cr | carry.recent != 0) {
        index.has_quotes |= has_quotes;
        carry.recent = carry.recent >> 1 | u64::from(has_quotes) << RECENT_BLOCKS;
        // A CR that ends a line by itself is among the newlines.
        let returns = || match dialect.line_end {
            // SAFETY: as above.
            LineEnd::Lf => unsafe { B::load(bytes.as_ptr()).equal(b'\r') },
            LineEnd::Cr => 0,
        };
        // SAFETY: as above.
        let parity = unsafe { B::prefix_xor(quotes & valid) };
        mask_quoted(&mut bits, carry, quotes & valid, parity, returns, valid);
    } else {
        carry.ended = (bits.newlines | bits.delimiters) >> 63;
    }
    if odd & valid != 0 {
        // SAFETY: as above.
        let nuls = unsafe { B::load(bytes.as_ptr()).equal(0) } & valid;
        bits.wrong |= nuls;
        index.has_high |= odd & valid & !nuls != 0;
    }
    if let Some(comment) = dialect.comment {
        // SAFETY: as above.
        let comments = unsafe { B::load(bytes.as_ptr()).equal(comment) } & valid;
        bits.wrong |= comments & (bits.newlines << 1 | carry.line_ended);
        carry.line_ended = bits.newlines >> 63;
    }
    let stops = bits.wrong != 0;
    if stops {
        let first = bits.wrong.trailing_zeros();
        index.stop = Some(base + first as usize);
        bits.newlines &= (1 << first) - 1;
        bits.quoted_newlines &= (1 << first) - 1;
        bits.delimiters &= (1 << first) - 1;
    }
    // SAFETY: the caller vouches for the instruction set.
    unsafe {
        append::<B>(&mut index.newlines, base, bits.newlines);
        // Few blocks have one.
        if bits.quoted_newlines != 0 {
            append::<B>(&mut index.quoted_newlines, base, bits.quoted_newlines);
        }
        append::<B>(&mut index.delimiters, base, bits.delimiters);
    }
    stops
}

/// Takes away what lies between quotes, and finds quotes that are out of place; `parity` is that of the quotes.
#[inline(always)]
fn mask_quoted(
    bits: &mut Bits,
    carry: &mut QuoteCarry,
    quotes: u64,
    parity: u64,
    returns: impl FnOnce() -> u64,
    valid: u64,
) {
    let inside = parity ^ carry.quoted;
    bits.quoted_newlines = bits.newlines & inside;
    bits.newlines &= !inside;
    bits.delimiters &= !inside;
    let (opening, closing) = (quotes & inside, quotes & !inside);
    let ends = bits.newlines | bits.delimiters;
    let may_open = (ends | closing) << 1 | carry.ended;
    let after_close = closing << 1 | carry.closed;
    let mut cr_after_close = 0;
    bits.wrong |= opening & !may_open;
    let odd_after_close = after_close & !(ends | opening) & valid;
    if odd_after_close | carry.closed_cr != 0 {
        let returns = returns();
        cr_after_close = after_close & returns;
        let after_cr = cr_after_close << 1 | carry.closed_cr;
        bits.wrong |= odd_after_close & !returns;
        bits.wrong |= after_cr & !bits.newlines & valid;
    }
    *carry = QuoteCarry {
        quoted: ((inside as i64) >> 63) as u64,
        closed: closing >> 63,
        closed_cr: cr_after_close >> 63,
        ended: (ends | closing) >> 63,
        ..*carry
    };
}
