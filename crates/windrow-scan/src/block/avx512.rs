//! AVX-512 (BW, VBMI2): a block is one register, comparing gives the bits at once, and one instruction lists them.

use std::arch::x86_64::*;

use super::{Block, BlockSearch, avx2};

/// Whether this machine has the instructions.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("pclmulqdq")
}

/// # Safety
/// [`is_available`].
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,popcnt,pclmulqdq")]
pub(super) unsafe fn run(search: impl BlockSearch) {
    // SAFETY: the caller vouches for the instruction set.
    unsafe { search.by_blocks::<Avx512Block>() }
}

#[derive(Clone, Copy)]
struct Avx512Block(__m512i);

/// The numbers 0 to 63.
static PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut at = 0;
    while at < 64 {
        places[at] = at as u8;
        at += 1;
    }
    places
};

impl Block for Avx512Block {
    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        // SAFETY: the caller vouches for 64 readable bytes and the instruction set.
        unsafe { Avx512Block(_mm512_loadu_si512(from.cast())) }
    }

    #[inline(always)]
    unsafe fn equal(self, byte: u8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe { _mm512_cmpeq_epi8_mask(self.0, _mm512_set1_epi8(byte as i8)) }
    }

    #[inline(always)]
    unsafe fn equal_with_bit_5(self, byte: u8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe { Avx512Block(_mm512_or_si512(self.0, _mm512_set1_epi8(0x20))).equal(byte) }
    }

    #[inline(always)]
    unsafe fn below(self, byte: i8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe { _mm512_cmplt_epi8_mask(self.0, _mm512_set1_epi8(byte)) }
    }

    #[inline(always)]
    unsafe fn prefix_xor(bits: u64) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe { avx2::prefix_xor(bits) }
    }

    #[inline(always)]
    unsafe fn write_places(to: *mut u32, base: u32, bits: u64) {
        // SAFETY: the caller vouches for 64 writable places and the instruction set; `PLACES` has 64 bytes.
        unsafe {
            let places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(PLACES.as_ptr().cast()));
            let base = _mm512_set1_epi32(base as i32);
            store_sixteen(to, _mm512_castsi512_si128(places), base);
            if bits.count_ones() > 16 {
                store_sixteen(to.add(16), _mm512_extracti32x4_epi32(places, 1), base);
                store_sixteen(to.add(32), _mm512_extracti32x4_epi32(places, 2), base);
                store_sixteen(to.add(48), _mm512_extracti32x4_epi32(places, 3), base);
            }
        }
    }
}

/// # Safety
/// Sixteen places can be written at `to`, and the machine has AVX-512.
#[inline(always)]
unsafe fn store_sixteen(to: *mut u32, places: __m128i, base: __m512i) {
    // SAFETY: the caller vouches for the places and the instruction set.
    unsafe { _mm512_storeu_si512(to.cast(), _mm512_add_epi32(_mm512_cvtepu8_epi32(places), base)) }
}
