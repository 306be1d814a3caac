//! NEON: a block is four registers. Every aarch64 machine has it.

use std::arch::aarch64::*;

use super::{Block, BlockSearch};

/// # Safety
/// The machine has NEON.
#[target_feature(enable = "neon")]
pub(super) unsafe fn run(search: impl BlockSearch) {
    // SAFETY: the caller vouches for the instruction set.
    unsafe { search.by_blocks::<Four>() }
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
    unsafe fn equal_with_bit_5(self, byte: u8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe {
            let bit_5 = vdupq_n_u8(0x20);
            Four(self.0.map(|part| vorrq_u8(part, bit_5))).equal(byte)
        }
    }

    #[inline(always)]
    unsafe fn below(self, byte: i8) -> u64 {
        // SAFETY: the caller vouches for the instruction set.
        unsafe {
            let byte = vdupq_n_s8(byte);
            bits(self.0.map(|part| vcltq_s8(vreinterpretq_s8_u8(part), byte)))
        }
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
