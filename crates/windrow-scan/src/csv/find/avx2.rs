//! AVX2: a block is two registers.

use std::arch::x86_64::*;

use super::Index;
use super::blocks::{self, Block};
use crate::csv::Dialect;

/// Whether this machine has the instructions.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("popcnt")
}

/// # Safety
/// [`is_available`].
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) unsafe fn fill(index: &mut Index, dialect: &Dialect, bytes: &[u8], start: usize) {
    // SAFETY: the caller vouches for the instruction set.
    unsafe { blocks::fill::<Pair>(index, dialect, bytes, start) }
}

#[derive(Clone, Copy)]
struct Pair(__m256i, __m256i);

impl Block for Pair {
    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        // SAFETY: the caller vouches for 64 readable bytes and the instruction set.
        unsafe { Pair(_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(32).cast())) }
    }

    #[inline(always)]
    unsafe fn equal(self, byte: u8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe {
            let byte = _mm256_set1_epi8(byte as i8);
            bits(_mm256_cmpeq_epi8(self.0, byte), _mm256_cmpeq_epi8(self.1, byte))
        }
    }

    #[inline(always)]
    unsafe fn odd(self) -> u64 {
        // SAFETY: the caller vouches for the instruction set. As signed numbers NUL and all above 0x7F are below 1.
        unsafe {
            let one = _mm256_set1_epi8(1);
            bits(_mm256_cmpgt_epi8(one, self.0), _mm256_cmpgt_epi8(one, self.1))
        }
    }

    #[inline(always)]
    unsafe fn write_places(to: *mut u32, base: u32, bits: u64) {
        // SAFETY: the caller vouches for 64 writable places.
        unsafe { blocks::write_places(to, base, bits) }
    }
}

/// # Safety
/// The machine has AVX2.
#[inline(always)]
unsafe fn bits(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: the caller vouches for the instruction set.
    unsafe { _mm256_movemask_epi8(low) as u32 as u64 | (_mm256_movemask_epi8(high) as u32 as u64) << 32 }
}
