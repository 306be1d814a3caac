//! Finding: where lines end and fields end in a stretch of bytes, and how far that can be trusted.
//!
//! [`Index::fill`] lists every LF and every delimiter outside quotes, in order, up to the first byte that a
//! well-formed record cannot hold (a quote out of place, a NUL) or that begins a comment. What lies before that
//! byte is exact; the record that holds it is the automaton's to judge.
//!
//! The algorithm stands once, in [`blocks`]: blocks of 64 bytes, a bit per byte. An instruction set only says how
//! a block becomes bits. [`scalar`] is the same by a plain loop: the oracle of the others and the way of other
//! machines.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blocks;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
mod scalar;

use crate::csv::Dialect;

/// What was found in a stretch of bytes that begins where a record begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    /// Places of the LFs outside quotes.
    pub(crate) newlines: Vec<u32>,
    /// Places of the delimiters outside quotes.
    pub(crate) delimiters: Vec<u32>,
    /// Whether there is a byte above 0x7F, which is text only if it is UTF-8.
    pub(crate) has_high: bool,
    /// Whether there is a quote.
    pub(crate) has_quotes: bool,
    /// The first byte that no well-formed record can hold, or that begins a comment.
    pub(crate) stop: Option<usize>,
}

/// A way to fill an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One byte after the other.
    Scalar,
    /// 32 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 64 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 16 bytes at a time, four times.
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    Neon,
}

impl Way {
    /// The fastest way of this machine.
    pub(crate) fn fastest() -> Way {
        Way::all().last().unwrap_or(Way::Scalar)
    }

    /// Every way of this machine, the fastest last.
    pub(crate) fn all() -> impl Iterator<Item = Way> {
        [
            Some(Way::Scalar),
            #[cfg(target_arch = "x86_64")]
            avx2::is_available().then_some(Way::Avx2),
            #[cfg(target_arch = "x86_64")]
            avx512::is_available().then_some(Way::Avx512),
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Some(Way::Neon),
        ]
        .into_iter()
        .flatten()
    }
}

impl Index {
    /// Fills the index for `bytes[start..]`, which begin where a record begins; places count from the start of
    /// `bytes`, which are shorter than 4 GiB.
    pub(crate) fn fill(&mut self, way: Way, dialect: &Dialect, bytes: &[u8], start: usize) {
        self.newlines.clear();
        self.delimiters.clear();
        (self.has_high, self.has_quotes, self.stop) = (false, false, None);
        debug_assert!(u32::try_from(bytes.len()).is_ok());
        match way {
            Way::Scalar => scalar::fill(self, dialect, bytes, start),
            // SAFETY: `Way::all` is the only maker of these and has asked the machine.
            #[cfg(target_arch = "x86_64")]
            Way::Avx2 => unsafe { avx2::fill(self, dialect, bytes, start) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Way::Avx512 => unsafe { avx512::fill(self, dialect, bytes, start) },
            // SAFETY: every aarch64 machine has NEON.
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Way::Neon => unsafe { neon::fill(self, dialect, bytes, start) },
        }
    }
}

#[cfg(test)]
mod tests;
