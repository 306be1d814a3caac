//! AVX2: a block is two registers.

use std::arch::x86_64::*;

use super::{Block, BlockSearch};

/// Whether this machine has the instructions.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("pclmulqdq")
}

/// # Safety
/// [`is_available`].
#[target_feature(enable = "avx2,bmi1,popcnt,pclmulqdq")]
pub(super) unsafe fn run(search: impl BlockSearch) {
    // SAFETY: the caller vouches for the instruction set.
    unsafe { search.by_blocks::<Avx2Block>() }
}

#[derive(Clone, Copy)]
struct Avx2Block(__m256i, __m256i);

impl Block for Avx2Block {
    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        // SAFETY: the caller vouches for 64 readable bytes and the instruction set.
        unsafe { Avx2Block(_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(32).cast())) }
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
    unsafe fn equal_with_bit_5(self, byte: u8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe {
            let bit_5 = _mm256_set1_epi8(0x20);
            Avx2Block(_mm256_or_si256(self.0, bit_5), _mm256_or_si256(self.1, bit_5)).equal(byte)
        }
    }

    #[inline(always)]
    unsafe fn below(self, byte: i8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe {
            let byte = _mm256_set1_epi8(byte);
            bits(_mm256_cmpgt_epi8(byte, self.0), _mm256_cmpgt_epi8(byte, self.1))
        }
    }

    #[inline(always)]
    unsafe fn prefix_xor(bits: u64) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe { prefix_xor(bits) }
    }
}

/// # Safety
/// The machine has AVX2.
#[inline(always)]
unsafe fn bits(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: the caller vouches for the instruction set.
    unsafe { _mm256_movemask_epi8(low) as u32 as u64 | (_mm256_movemask_epi8(high) as u32 as u64) << 32 }
}

/// A product without carries, by all ones, is the prefix xor.
///
/// # Safety
/// The machine has PCLMULQDQ.
#[inline(always)]
pub(super) unsafe fn prefix_xor(bits: u64) -> u64 {
    // SAFETY: the caller vouches for the instruction set.
    unsafe {
        let product = _mm_clmulepi64_si128::<0>(_mm_cvtsi64_si128(bits as i64), _mm_set1_epi8(-1));
        _mm_cvtsi128_si64(product) as u64
    }
}
