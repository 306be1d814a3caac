//! Buckets: a histogram whose buckets grow with their values, so that a quantile is within 1 % of an actual value.
//!
//! Each power of two is cut into 64 buckets of one width, with whole numbers only: the width of a bucket is at most 1/64 of its
//! start, and its middle, in four digits, is at most 0.9 % off any value in it. Counts per bucket add up in any order.

use super::bytes::{StateReader, put_number, put_signed};

/// Bits of a value that choose its bucket, besides its highest one.
const BITS: u32 = 6;

/// Counts by bucket: a list while there are few, else a place for each bucket between the first and the last.
#[derive(Clone, Debug)]
pub(crate) enum Buckets {
    Few(Vec<(i32, u64)>),
    Many { first: i32, counts: Vec<u64> },
}

/// The most buckets in a list.
const FEW: usize = 24;

/// Places to add beyond a new first or last bucket: more buckets usually follow.
const ROOM: i32 = 96;

impl Default for Buckets {
    fn default() -> Self {
        Buckets::Few(Vec::new())
    }
}

/// The bucket of a value: its sign, and the first seven bits of its absolute value with their position.
#[inline(always)]
fn bucket(units: i128) -> i32 {
    let size = units.unsigned_abs();
    let bucket = match u64::try_from(size) {
        // Most values: up to 18 billion.
        Ok(size) => {
            let place = (size | 1).ilog2().saturating_sub(BITS);
            (place << BITS) as i32 + (size >> place) as i32
        }
        Err(_) => {
            let place = size.ilog2() - BITS;
            (place << BITS) as i32 + (size >> place) as i32
        }
    };
    if units < 0 { -bucket } else { bucket }
}

/// The middle of a bucket, in units.
fn middle(bucket: i32) -> i128 {
    let size = i128::from(bucket.unsigned_abs());
    let place = ((size >> BITS) - 1).max(0);
    let (start, width) = ((size - (place << BITS)) << place, 1_i128 << place);
    let middle = start + (width - 1) / 2;
    if bucket < 0 { -middle } else { middle }
}

/// A number rounded to four digits: more digits would suggest a precision that it does not have.
fn in_four_digits(units: i128) -> i128 {
    let size = units.unsigned_abs();
    let last = 10_u128.pow(size.max(1).ilog10().saturating_sub(3));
    let size = ((size + last / 2) / last * last).cast_signed();
    if units < 0 { -size } else { size }
}

impl Buckets {
    /// Adds a value.
    #[inline(always)]
    pub(super) fn add(&mut self, units: i128) {
        let bucket = bucket(units);
        if let Buckets::Many { first, counts } = self
            && let Some(count) = counts.get_mut(bucket.wrapping_sub(*first) as u32 as usize)
        {
            *count += 1;
            return;
        }
        self.put(bucket, 1);
    }

    /// Adds `n` values to a bucket. Returns false if the bucket is out of range.
    #[cfg(feature = "spark")]
    pub(super) fn add_many(&mut self, bucket: i64, n: u64) -> bool {
        let bucket = i32::try_from(bucket).ok().filter(|bucket| bucket.abs() <= bucket_max());
        bucket.inspect(|bucket| self.put(*bucket, n)).is_some()
    }

    fn put(&mut self, bucket: i32, n: u64) {
        match self {
            Buckets::Few(list) => match list.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
                Ok(at) => list[at].1 += n,
                Err(at) if list.len() < FEW => list.insert(at, (bucket, n)),
                Err(_) => {
                    let list = std::mem::take(list);
                    let (first, last) = (list[0].0.min(bucket), list[list.len() - 1].0.max(bucket));
                    *self = Buckets::Many { first, counts: vec![0; (last - first + 1) as usize] };
                    list.into_iter().for_each(|(bucket, n)| self.put(bucket, n));
                    self.put(bucket, n);
                }
            },
            Buckets::Many { first, counts } => {
                if bucket < *first {
                    let more = *first - bucket + ROOM;
                    counts.splice(0..0, std::iter::repeat_n(0, more as usize));
                    *first -= more;
                }
                let at = (bucket - *first) as usize;
                if at >= counts.len() {
                    counts.resize(at + 1 + ROOM as usize, 0);
                }
                counts[at] += n;
            }
        }
    }

    /// The buckets that have values, in order, and how many.
    fn each(&self) -> impl Iterator<Item = (i32, u64)> {
        let (list, first, counts) = match self {
            Buckets::Few(list) => (&list[..], 0, &[][..]),
            Buckets::Many { first, counts } => (&[][..], *first, &counts[..]),
        };
        let many = (first..).zip(counts).map(|(bucket, n)| (bucket, *n)).filter(|(_, n)| *n > 0);
        list.iter().copied().chain(many)
    }

    pub(super) fn merge(&mut self, other: &Buckets, times: u64) {
        other.each().for_each(|(bucket, n)| self.put(bucket, n * times));
    }

    /// The quantile `per_mille` / 1000, in units: the first value whose rank is at least this part of all values; `None` without
    /// values.
    pub(super) fn quantile(&self, per_mille: u16) -> Option<i128> {
        let all: u64 = self.each().map(|(_, n)| n).sum();
        let rank = (u128::from(all) * u128::from(per_mille)).div_ceil(1_000).max(1);
        let mut before = 0;
        let found = self.each().find(|(_, n)| {
            before += u128::from(*n);
            before >= rank
        });
        found.map(|(bucket, _)| in_four_digits(middle(bucket)))
    }

    /// The number of values; `None` if it overflows.
    pub(super) fn total(&self) -> Option<u64> {
        self.each().try_fold(0_u64, |total, (_, n)| total.checked_add(n))
    }

    pub(super) fn write(&self, to: &mut Vec<u8>) {
        put_number(self.each().count() as u128, to);
        let mut before = 0;
        for (bucket, n) in self.each() {
            put_signed(i128::from(bucket) - before, to);
            put_number(u128::from(n), to);
            before = i128::from(bucket);
        }
    }

    pub(super) fn read(from: &mut StateReader<'_>) -> Option<Self> {
        let mut buckets = Buckets::default();
        let mut before = 0;
        for _ in 0..from.size()? {
            before += from.signed()?;
            let at = i32::try_from(before).ok().filter(|bucket| bucket.abs() <= bucket_max())?;
            buckets.put(at, from.size().filter(|n| *n <= u64::MAX / 2)?);
        }
        Some(buckets)
    }
}

/// The bucket of the greatest value.
fn bucket_max() -> i32 {
    bucket(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_middle_is_in_its_bucket_and_near_all_of_it() {
        let mut last = -1;
        for bits in 0..=110 {
            for more in 0..200_i128 {
                let value = (1_i128 << bits) + (more << bits) / 200;
                let of = bucket(value);
                assert!(of >= last, "{value}");
                last = of;
                assert_eq!((bucket(middle(of)), bucket(-value)), (of, -of));
                let off = (middle(of) - value).unsigned_abs();
                assert!(off * 128 <= value.unsigned_abs(), "{value} is {off} off");
                let shown = (in_four_digits(middle(of)) - value).unsigned_abs();
                assert!(shown * 1_000 <= value.unsigned_abs() * 9, "{value} is {shown} off");
            }
        }
        assert_eq!((bucket(0), middle(0), bucket(1), middle(1)), (0, 0, 1, 1));
        assert!(bucket(i128::MAX) == bucket_max() && bucket_max() < 10_000);
    }

    #[test]
    fn the_rank_of_a_quantile_is_the_nearest_one() {
        let mut buckets = Buckets::default();
        (1..=100).for_each(|value| buckets.add(value % 64));
        let of = |per_mille| buckets.quantile(per_mille);
        // 0 once, 1 to 36 twice, 37 to 63 once.
        assert_eq!([of(0), of(10), of(11), of(500), of(1_000)], [0, 0, 1, 25, 63].map(Some));
        assert_eq!(Buckets::default().quantile(500), None);
    }
}
