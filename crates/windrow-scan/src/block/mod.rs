//! Blocks: 64 bytes at a time, a bit per byte.
//!
//! A search is written once, over [`Block`]. An instruction set only defines how a block becomes bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;

/// Bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 64;

/// How an instruction set turns 64 bytes into bits.
pub(crate) trait Block: Copy {
    /// Loads 64 bytes.
    ///
    /// # Safety
    /// 64 bytes can be read at `from`, and the machine has the instruction set.
    unsafe fn load(from: *const u8) -> Self;
    /// The bytes equal to `byte`.
    ///
    /// # Safety
    /// The machine has the instruction set.
    unsafe fn equal(self, byte: u8) -> u64;
    /// The bytes that are `byte` when bit 5 is set in them, as `{` and `[` are `{`.
    ///
    /// # Safety
    /// The machine has the instruction set.
    unsafe fn equal_with_bit_5(self, byte: u8) -> u64;
    /// The bytes below `byte` as signed numbers, so that all above 0x7F are.
    ///
    /// # Safety
    /// The machine has the instruction set.
    unsafe fn below(self, byte: i8) -> u64;
    /// Bit i of the result is the xor of the bits 0 to i.
    ///
    /// # Safety
    /// The machine has the instruction set.
    #[inline(always)]
    unsafe fn prefix_xor(mut bits: u64) -> u64 {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        bits ^ (bits << 32)
    }
    /// Writes `base` plus the place of each bit of `bits` to `to`, lowest first; what lies behind the last one may be
    /// overwritten, up to 64 places in all. Most blocks have few bits: the first eight are written without asking whether
    /// they are there, which saves a mispredicted branch.
    ///
    /// # Safety
    /// 64 places can be written at `to`, and the machine has the instruction set.
    #[inline(always)]
    unsafe fn write_places(to: *mut u32, base: u32, mut bits: u64) {
        let mut written = 0;
        while bits != 0 {
            for place in written..written + 8 {
                // SAFETY: at most 64 bits are set, and `written` grows by 8, so `place` is below 64.
                unsafe { to.add(place).write(base.wrapping_add(bits.trailing_zeros())) };
                bits &= bits.wrapping_sub(1);
            }
            written += 8;
        }
    }
}

/// Appends the places of `bits`.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
pub(crate) unsafe fn append<B: Block>(places: &mut Vec<u32>, base: usize, bits: u64) {
    places.reserve(64);
    // SAFETY: `reserve` made room for 64 places, of which the first `count_ones` are then written.
    unsafe {
        B::write_places(places.as_mut_ptr().add(places.len()), base as u32, bits);
        places.set_len(places.len() + bits.count_ones() as usize);
    }
}

/// A search in a text.
pub(crate) trait BlockSearch {
    /// One byte after the other: the oracle, and the way of other machines.
    fn plain(self);
    /// By blocks.
    ///
    /// # Safety
    /// The machine has the instruction set of `B`.
    unsafe fn by_blocks<B: Block>(self);
}

/// A way to run a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
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

impl InstructionSet {
    /// The fastest way of this machine.
    pub(crate) fn fastest() -> InstructionSet {
        InstructionSet::all().last().unwrap_or(InstructionSet::Scalar)
    }

    /// Every way of this machine, the fastest last.
    pub(crate) fn all() -> impl Iterator<Item = InstructionSet> {
        [
            Some(InstructionSet::Scalar),
            #[cfg(target_arch = "x86_64")]
            avx2::is_available().then_some(InstructionSet::Avx2),
            #[cfg(target_arch = "x86_64")]
            avx512::is_available().then_some(InstructionSet::Avx512),
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Some(InstructionSet::Neon),
        ]
        .into_iter()
        .flatten()
    }

    /// Searches this way.
    pub(crate) fn run(self, search: impl BlockSearch) {
        match self {
            InstructionSet::Scalar => search.plain(),
            // SAFETY: `InstructionSet::all` is the only maker of these and has asked the machine.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::run(search) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => unsafe { avx512::run(search) },
            // SAFETY: every aarch64 machine has NEON.
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            InstructionSet::Neon => unsafe { neon::run(search) },
        }
    }
}
