//! NEON: a block is four registers. Every aarch64 machine has it.

use std::arch::aarch64::*;

use super::Index;
use super::blocks::{self, Block};
use crate::csv::Dialect;

/// # Safety
/// The machine has NEON.
#[target_feature(enable = "neon")]
pub(super) unsafe fn fill(index: &mut Index, dialect: &Dialect, bytes: &[u8], start: usize) {
    // SAFETY: the caller vouches for the instruction set.
    unsafe { blocks::fill::<Four>(index, dialect, bytes, start) }
}

#[derive(Clone, Copy)]
struct Four([uint8x16_t; 4]);

impl Block for Four {
    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        // SAFETY: the caller vouches for 64 readable bytes and the instruction set.
        unsafe {
            Four([vld1q_u8(from), vld1q_u8(from.add(16)), vld1q_u8(from.add(32)), vld1q_u8(from.add(48))])
        }
    }

    #[inline(always)]
    unsafe fn equal(self, byte: u8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe {
            let byte = vdupq_n_u8(byte);
            bits(self.0.map(|part| vceqq_u8(part, byte)))
        }
    }

    #[inline(always)]
    unsafe fn odd(self) -> u64 {
        // SAFETY: the caller vouches for the instruction set. As signed numbers NUL and all above 0x7F are below 1.
        unsafe {
            let one = vdupq_n_s8(1);
            bits(self.0.map(|part| vcltq_s8(vreinterpretq_s8_u8(part), one)))
        }
    }

    #[inline(always)]
    unsafe fn write_places(to: *mut u32, base: u32, bits: u64) {
        // SAFETY: the caller vouches for 64 writable places.
        unsafe { blocks::write_places(to, base, bits) }
    }
}

/// The bit that a byte of a comparison leaves in its group of eight.
static BIT_OF_BYTE: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

/// The results of comparisons, all ones or none per byte, as bits: each byte keeps one bit, and adding neighbours three
/// times makes eight bytes one (Langdale and Lemire 2019, section 3.1.1).
///
/// # Safety
/// The machine has NEON.
#[inline(always)]
unsafe fn bits(compared: [uint8x16_t; 4]) -> u64 {
    // SAFETY: the caller vouches for the instruction set; `BIT_OF_BYTE` has 16 bytes.
    unsafe {
        let bit_of_byte = vld1q_u8(BIT_OF_BYTE.as_ptr());
        let [a, b, c, d] = compared.map(|part| vandq_u8(part, bit_of_byte));
        let pairs = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
        vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)))
    }
}
