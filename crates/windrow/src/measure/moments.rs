//! Moments: the number of values, their sum, the least and the greatest.

use super::bytes::{StateReader, put_number, put_signed};

/// The number of values, and their sum, least and greatest in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moments {
    pub(crate) n: u64,
    pub(crate) sum: i128,
    pub(crate) min: i128,
    pub(crate) max: i128,
}

/// The first absolute value of a sum that a table cannot hold: its decimals have 38 digits.
const SUM_END: u128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;

impl Default for Moments {
    fn default() -> Self {
        Moments { n: 0, sum: 0, min: i128::MAX, max: i128::MIN }
    }
}

impl Moments {
    /// Adds a value; false if the sum overflows.
    #[inline(always)]
    pub(super) fn add(&mut self, units: i128) -> bool {
        let (sum, is_past) = self.sum.overflowing_add(units);
        self.n += 1;
        self.sum = sum;
        self.min = self.min.min(units);
        self.max = self.max.max(units);
        !is_past
    }

    /// Adds the values of `other`, each `times` times; false if a number overflows.
    pub(super) fn merge(&mut self, other: &Moments, times: u64) -> bool {
        let n = other.n.checked_mul(times).and_then(|n| self.n.checked_add(n));
        let sum = other.sum.checked_mul(i128::from(times)).and_then(|sum| self.sum.checked_add(sum));
        let (Some(n), Some(sum)) = (n, sum) else { return false };
        *self = Moments { n, sum, min: self.min.min(other.min), max: self.max.max(other.max) };
        true
    }

    /// Whether a table can hold the sum.
    pub(super) fn fits(&self) -> bool {
        self.sum.unsigned_abs() < SUM_END
    }

    pub(super) fn write(&self, to: &mut Vec<u8>) {
        put_number(u128::from(self.n), to);
        if self.n > 0 {
            [self.sum, self.min, self.max].into_iter().for_each(|number| put_signed(number, to));
        }
    }

    pub(super) fn read(from: &mut StateReader<'_>) -> Option<Self> {
        let n = from.size()?;
        if n == 0 {
            return Some(Moments::default());
        }
        let moments = Moments { n, sum: from.signed()?, min: from.signed()?, max: from.signed()? };
        (moments.min <= moments.max).then_some(moments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_fits_while_a_table_has_digits_for_it() {
        let of = |sum: i128| Moments { n: 1, sum, min: 0, max: 0 };
        let end = i128::try_from(SUM_END).unwrap();
        for (sum, fits) in [(end - 1, true), (1 - end, true), (end, false), (-end, false)] {
            assert_eq!(of(sum).fits(), fits, "{sum}");
        }
    }
}
