//! Distinct values: exact while they are few, then HyperLogLog (Flajolet et al. 2007) with the estimator of Ertl (2017).
//!
//! A value is hashed by XXH64 with the seed of Spark's `xxhash64`. The state depends on the set of hashes alone.

use std::hash::Hasher as _;

use twox_hash::XxHash64;

use super::bytes::{StateReader, put_number};

/// Spark's seed.
const SEED: u64 = 42;

/// The most hashes that are kept exactly.
pub(crate) const FEW: usize = 1_024;

/// Bits of a hash that choose its register: 2^14 registers, a standard error of 0.81 %.
const BITS: u32 = 14;
const REGISTERS: usize = 1 << BITS;

/// Bits of a hash that remain for the register's value.
const LEFT: u32 = 64 - BITS;

/// The different values of a column.
#[derive(Clone, Debug)]
pub(crate) enum Distinct {
    /// The hashes of the values, sorted.
    Few(Vec<u64>),
    /// By register: the most leading zeros of a hash after its register's bits, plus one.
    Many(Box<[u8]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct::Few(Vec::new())
    }
}

/// The hash of a value.
#[inline]
pub(super) fn hash(value: &[u8]) -> u64 {
    let mut hasher = XxHash64::with_seed(SEED);
    hasher.write(value);
    hasher.finish()
}

impl Distinct {
    /// Adds a value by its hash.
    #[inline]
    pub(super) fn add(&mut self, hash: u64) {
        match self {
            Distinct::Few(list) => {
                if let Err(at) = list.binary_search(&hash) {
                    list.insert(at, hash);
                    self.become_registers();
                }
            }
            Distinct::Many(registers) => raise(registers, hash),
        }
    }

    /// Raises a register to `rank`, and switches from exact hashes to registers. Returns false if the register or rank is out of range.
    #[cfg(feature = "spark")]
    pub(super) fn raise(&mut self, register: u64, rank: u8) -> bool {
        if let Distinct::Few(list) = self {
            let mut registers = vec![0; REGISTERS].into_boxed_slice();
            list.iter().for_each(|hash| raise(&mut registers, *hash));
            *self = Distinct::Many(registers);
        }
        let Distinct::Many(registers) = self else { return false };
        let register = registers.get_mut(register as usize).filter(|_| u32::from(rank) <= LEFT + 1);
        register.is_some_and(|register| {
            *register = (*register).max(rank);
            true
        })
    }

    /// Turns the hashes into registers once there are too many to keep.
    fn become_registers(&mut self) {
        if let Distinct::Few(list) = self
            && list.len() > FEW
        {
            let mut registers = vec![0; REGISTERS].into_boxed_slice();
            list.iter().for_each(|hash| raise(&mut registers, *hash));
            *self = Distinct::Many(registers);
        }
    }

    pub(super) fn merge(&mut self, other: &Distinct) {
        match (&mut *self, other) {
            (Distinct::Few(list), Distinct::Few(more)) => {
                list.extend(more);
                list.sort_unstable();
                list.dedup();
                self.become_registers();
            }
            (Distinct::Many(registers), Distinct::Few(more)) => {
                more.iter().for_each(|hash| raise(registers, *hash));
            }
            (Distinct::Few(list), Distinct::Many(registers)) => {
                let mut registers = registers.clone();
                list.iter().for_each(|hash| raise(&mut registers, *hash));
                *self = Distinct::Many(registers);
            }
            (Distinct::Many(registers), Distinct::Many(more)) => {
                registers
                    .iter_mut()
                    .zip(more)
                    .for_each(|(register, other)| *register = (*register).max(*other));
            }
        }
    }

    /// The number of different values; an estimate if there are many.
    pub(super) fn estimate(&self) -> u64 {
        match self {
            Distinct::Few(list) => list.len() as u64,
            Distinct::Many(registers) => estimate(registers),
        }
    }

    pub(super) fn write(&self, to: &mut Vec<u8>) {
        match self {
            Distinct::Few(list) => {
                put_number(list.len() as u128, to);
                list.iter().for_each(|hash| to.extend_from_slice(&hash.to_le_bytes()));
            }
            Distinct::Many(registers) => {
                put_number(FEW as u128 + 1, to);
                to.extend_from_slice(registers);
            }
        }
    }

    pub(super) fn read(from: &mut StateReader<'_>) -> Option<Self> {
        let len = from.size()? as usize;
        if len > FEW {
            let registers = from.take(REGISTERS)?;
            return Some(Distinct::Many(registers.into()));
        }
        let hashes = from.take(len * 8)?.chunks_exact(8).filter_map(|bytes| bytes.first_chunk());
        Some(Distinct::Few(hashes.map(|bytes| u64::from_le_bytes(*bytes)).collect()))
    }
}

#[inline]
fn raise(registers: &mut [u8], hash: u64) {
    let register = &mut registers[(hash >> LEFT) as usize];
    let zeros = (hash << BITS | 1 << (BITS - 1)).leading_zeros() as u8 + 1;
    *register = (*register).max(zeros);
}

/// Ertl's improved raw estimator (2017, "New cardinality estimation algorithms for HyperLogLog sketches"): sums of powers of
/// two, multiplications and square roots, which are the same everywhere.
fn estimate(registers: &[u8]) -> u64 {
    let mut having = [0_u32; LEFT as usize + 2];
    registers.iter().for_each(|register| having[usize::from(*register).min(LEFT as usize + 1)] += 1);
    let all = REGISTERS as f64;
    let mut sum = all * tau(1.0 - f64::from(having[LEFT as usize + 1]) / all);
    for count in having[1..=LEFT as usize].iter().rev() {
        sum = 0.5 * (sum + f64::from(*count));
    }
    sum += all * sigma(f64::from(having[0]) / all);
    // 1 / (2 ln 2)
    const ALPHA: f64 = 0.721_347_520_444_481_7;
    (ALPHA * all * all / sum).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_spark_has() {
        // SELECT xxhash64('')
        assert_eq!(hash(b"").cast_signed(), -7_444_071_767_201_028_348);
    }

    #[test]
    fn few_are_exact_and_many_within_the_stated_error() {
        let mut distinct = Distinct::default();
        for n in 0..400_000_u64 {
            distinct.add(hash(&n.to_le_bytes()));
            distinct.add(hash(&(n / 2).to_le_bytes()));
            let exact = n + 1;
            if exact <= 1_024 {
                assert_eq!(distinct.estimate(), exact);
            } else if exact.is_power_of_two() || exact % 50_000 == 0 {
                // Three standard errors.
                let said = distinct.estimate();
                assert!(said.abs_diff(exact) * 1_000 <= exact * 25, "{said} for {exact}");
            }
        }
    }

    #[test]
    fn few_and_many_merge_in_either_order() {
        let of = |numbers: std::ops::Range<u64>| {
            let mut distinct = Distinct::default();
            numbers.for_each(|n| distinct.add(hash(&n.to_le_bytes())));
            distinct
        };
        let bytes = |distinct: &Distinct| {
            let mut bytes = Vec::new();
            distinct.write(&mut bytes);
            bytes
        };
        let (few, many, all) = (of(4_900..5_800), of(0..5_000), bytes(&of(0..5_800)));
        for (mut to, more) in [(few.clone(), &many), (many.clone(), &few), (of(0..5_800), &many)] {
            to.merge(more);
            assert!(bytes(&to) == all);
        }
    }
}
