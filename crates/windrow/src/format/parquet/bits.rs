//! Bits: small numbers, packed or in runs, as levels and the ids of dictionaries are written (RLE/bit-packing hybrid).

use parquet::errors::{ParquetError, Result};

use super::bytes::varint;

/// A stretch of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberRun {
    /// So many times the same.
    Run { len: usize, value: u32 },
    /// So many that were unpacked, one after the other.
    Packed { len: usize },
}

/// Numbers that were read: stretches, and behind each other those that are not in runs.
#[derive(Debug, Default)]
pub(super) struct PackedNumbers {
    pub(super) stretches: Vec<NumberRun>,
    pub(super) packed: Vec<u32>,
}

/// Runs that are shorter are written out: they are not worth a stretch.
const RUN_MIN: usize = 32;

fn short() -> ParquetError {
    ParquetError::EOF("levels or ids end early".to_owned())
}

impl PackedNumbers {
    pub(super) fn clear(&mut self) {
        self.stretches.clear();
        self.packed.clear();
    }

    /// Reads `wanted` numbers of `width` bits.
    pub(super) fn read(&mut self, mut bytes: &[u8], width: u32, wanted: usize) -> Result<()> {
        self.clear();
        if width > 32 {
            return Err(ParquetError::General(format!("numbers of {width} bits")));
        }
        let mut left = wanted;
        while left > 0 {
            let (header, rest) = varint(bytes).ok_or_else(short)?;
            let count = usize::try_from(header >> 1).map_err(|_| short())?;
            if header & 1 == 0 {
                let value_bytes = width.div_ceil(8) as usize;
                let (value, rest) = rest.split_at_checked(value_bytes).ok_or_else(short)?;
                let value = value.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
                self.run(count.min(left), value);
                left -= count.min(left);
                bytes = rest;
            } else {
                let group_bytes = count.checked_mul(width as usize).ok_or_else(short)?;
                // The last group may be cut where its numbers are not wanted.
                let (packed, rest) = rest.split_at(group_bytes.min(rest.len()));
                let len = count.saturating_mul(8).min(left);
                if (packed.len() as u64) * 8 < len as u64 * u64::from(width) || (len == 0 && left > 0) {
                    return Err(short());
                }
                self.unpack(packed, width, len);
                left -= len;
                bytes = rest;
            }
        }
        Ok(())
    }

    /// Adds a number once more.
    pub(super) fn run(&mut self, len: usize, value: u32) {
        match self.stretches.last_mut() {
            Some(NumberRun::Run { len: before, value: same }) if *same == value => *before += len,
            _ if len >= RUN_MIN => self.stretches.push(NumberRun::Run { len, value }),
            _ => {
                self.packed.resize(self.packed.len() + len, value);
                self.add_packed(len);
            }
        }
    }

    fn add_packed(&mut self, more: usize) {
        match self.stretches.last_mut() {
            Some(NumberRun::Packed { len }) => *len += more,
            _ if more > 0 => self.stretches.push(NumberRun::Packed { len: more }),
            _ => {}
        }
    }

    fn unpack(&mut self, bytes: &[u8], width: u32, len: usize) {
        let start = self.packed.len();
        self.packed.resize(start + len, 0);
        let out = &mut self.packed[start..];
        if width > 0 && width <= 8 {
            let mask = (1u64 << width) - 1;
            for (at, eight) in out.chunks_mut(8).enumerate() {
                let word = word_at(bytes, at * width as usize);
                for (k, number) in eight.iter_mut().enumerate() {
                    *number = (word >> (k as u32 * width) & mask) as u32;
                }
            }
        } else if width > 0 {
            for (at, number) in out.iter_mut().enumerate() {
                *number = unpacked(bytes, at as u64 * u64::from(width), width) as u32;
            }
        }
        self.add_packed(len);
    }
}

/// The eight bytes at `at`, as far as there are any.
#[inline(always)]
fn word_at(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The number of `width` bits, at most 64, that begins at bit `bit`.
#[inline(always)]
pub(super) fn unpacked(bytes: &[u8], bit: u64, width: u32) -> u64 {
    let (at, shift) = ((bit / 8) as usize, (bit % 8) as u32);
    let low = word_at(bytes, at) >> shift;
    let high = match shift {
        0 => 0,
        _ => u64::from(bytes.get(at + 8).copied().unwrap_or_default()) << (64 - shift),
    };
    let mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    (low | high) & mask
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All numbers, one by one.
    fn all(numbers: &PackedNumbers) -> Vec<u32> {
        let (mut all, mut at) = (Vec::new(), 0);
        for stretch in &numbers.stretches {
            match *stretch {
                NumberRun::Run { len, value } => all.extend(std::iter::repeat_n(value, len)),
                NumberRun::Packed { len } => {
                    all.extend(&numbers.packed[at..at + len]);
                    at += len;
                }
            }
        }
        all
    }

    proptest! {
        /// Runs and groups of any width, written bit by bit.
        #[test]
        fn runs_and_groups_are_read(
            width in 0u32..=32,
            parts in prop::collection::vec((any::<bool>(), 1usize..80, any::<u32>()), 1..6),
            cut in 0usize..8,
        ) {
            let (mut bytes, mut expected) = (Vec::new(), Vec::new());
            let mask = if width == 32 { u32::MAX } else { (1 << width) - 1 };
            for (is_run, count, seed) in parts {
                if is_run {
                    bytes.push((count << 1) as u8 & 0x7F | 0x80);
                    bytes.push((count << 1 >> 7) as u8);
                    bytes.extend(&(seed & mask).to_le_bytes()[..width.div_ceil(8) as usize]);
                    expected.extend(std::iter::repeat_n(seed & mask, count));
                } else {
                    let groups = count.div_ceil(8);
                    bytes.push((groups << 1 | 1) as u8);
                    let numbers: Vec<u32> = (0..groups * 8).map(|n| seed.rotate_left(n as u32 * 7) & mask).collect();
                    let bits: Vec<bool> = numbers.iter().flat_map(|n| (0..width).map(move |bit| n >> bit & 1 == 1)).collect();
                    bytes.extend(bits.chunks(8).map(|bits| bits.iter().rev().fold(0u8, |byte, bit| byte << 1 | u8::from(*bit))));
                    expected.extend(numbers);
                }
            }
            let wanted = expected.len().saturating_sub(cut);
            let mut numbers = PackedNumbers::default();
            numbers.read(&bytes, width, wanted).unwrap();
            prop_assert_eq!(all(&numbers), &expected[..wanted]);
            prop_assert!(numbers.read(&bytes, width, expected.len() + 1).is_err());
        }
    }
}
