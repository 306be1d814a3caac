//! Hashes of lines: whether two files have the same lines in the same order, told by a number that an engine on other machines
//! can compute without seeing a file as a whole.
//!
//! A line is hashed by XXH64 with seed 42, as Spark's `xxhash64` does, and two parts of 31 bits are taken of the hash. Of each part the sum
//! over all lines is kept, and the sum of its products with the number of the line, modulo the prime 2^31 - 1. Where a file is cut
//! into blocks does not matter: the products of a block are moved to where its lines are in the file. The sums and the number of
//! bytes make the number. Lines end at LF, which is not hashed; a byte order mark is left out.

use std::hash::Hasher;

use memchr::memchr;
use twox_hash::{XxHash3_128, XxHash64};

/// What hashes of lines begin with, in Spark.
const SEED: u64 = 42;

/// The hash of some bytes, as Spark's `xxhash64` has it.
#[cfg(feature = "spark")]
pub(crate) fn spark_hash(bytes: &[u8]) -> i64 {
    XxHash64::oneshot(SEED, bytes).cast_signed()
}

/// What sums are modulo of: a prime.
pub(crate) const MODULUS: u64 = (1 << 31) - 1;

/// Bits of a part of a hash. A part is never larger than [`MODULUS`].
pub(crate) const PART_BITS: u32 = 31;

/// A byte order mark.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The sums over some lines of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineSums {
    /// Of the parts of the lines' hashes.
    pub(crate) parts: [u64; 2],
    /// Of the parts, each with the number of its line.
    pub(crate) products: [u64; 2],
}

impl LineSums {
    /// Adds those of a block, in which lines have numbers from `first` on that are those of the file, from 0, but for `first`,
    /// which is the number `line` in the file.
    pub(crate) fn add(&mut self, block: &LineSums, first: u64, line: u64) {
        let moved = (line % MODULUS + MODULUS - first % MODULUS) % MODULUS;
        for part in 0..2 {
            let parts = block.parts[part] % MODULUS;
            self.parts[part] = (self.parts[part] + parts) % MODULUS;
            let products = block.products[part] % MODULUS + parts * moved % MODULUS;
            self.products[part] = (self.products[part] + products) % MODULUS;
        }
    }

    /// The number of a file of so many bytes that has all these lines.
    pub(crate) fn finish(&self, bytes: u64) -> u128 {
        let [part, other] = self.parts.map(|sum| sum % MODULUS);
        let [product, other_product] = self.products.map(|sum| sum % MODULUS);
        let all: Vec<u8> =
            [bytes, part, other, product, other_product].iter().flat_map(|sum| sum.to_le_bytes()).collect();
        XxHash3_128::oneshot(&all)
    }
}

/// Hashes the lines of a file, whose bytes come in order and in pieces of any size.
pub(crate) struct LineHasher {
    /// The first bytes, until there are as many as a byte order mark has.
    first: Option<Vec<u8>>,
    hasher: XxHash64,
    /// Whether a line has begun that has not ended.
    is_open: bool,
    line: u64,
    sums: LineSums,
}

impl Default for LineHasher {
    fn default() -> Self {
        LineHasher {
            first: Some(Vec::new()),
            hasher: XxHash64::with_seed(SEED),
            is_open: false,
            line: 0,
            sums: LineSums::default(),
        }
    }
}

impl LineHasher {
    /// Takes the next bytes.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        if let Some(first) = &mut self.first {
            let (taken, rest) = bytes.split_at(bytes.len().min(MARK.len() - first.len()));
            first.extend_from_slice(taken);
            if first.len() < MARK.len() {
                return;
            }
            bytes = rest;
            self.begin();
        }
        self.split(bytes);
    }

    fn begin(&mut self) {
        if let Some(first) = self.first.take().filter(|first| first != MARK) {
            self.split(&first);
        }
    }

    fn split(&mut self, mut bytes: &[u8]) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.hasher.write(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.is_open |= !bytes.is_empty();
        self.hasher.write(bytes);
    }

    fn end_line(&mut self) {
        let hash = std::mem::replace(&mut self.hasher, XxHash64::with_seed(SEED)).finish();
        let parts = [hash & MODULUS, hash >> PART_BITS & MODULUS];
        let line = LineSums { parts, products: [0; 2] };
        self.sums.add(&line, 0, self.line);
        self.line += 1;
        self.is_open = false;
    }

    /// The number of the file, of so many bytes.
    pub(crate) fn finish(mut self, bytes: u64) -> u128 {
        self.begin();
        if self.is_open {
            self.end_line();
        }
        self.sums.finish(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8], piece: usize) -> u128 {
        let mut lines = LineHasher::default();
        text.chunks(piece).for_each(|piece| lines.read(piece));
        lines.finish(text.len() as u64)
    }

    #[test]
    fn a_line_has_the_hash_that_spark_gives_it() {
        // What Spark 4.3 answers to `SELECT xxhash64('')`, `xxhash64('a')` and `xxhash64('2024-01-01T00:00:00Z,Open')`.
        let hash = |text: &str| {
            let mut hasher = XxHash64::with_seed(SEED);
            hasher.write(text.as_bytes());
            hasher.finish().cast_signed()
        };
        assert_eq!(hash(""), -7_444_071_767_201_028_348);
        assert_eq!(hash("a"), -8_582_455_328_737_087_284);
    }

    #[test]
    fn only_the_same_lines_in_the_same_order_have_the_same_number() {
        let text = "\u{feff}time,action\r\n1,a\n\n2,b\n1,a\n3,ü";
        let all = of(text.as_bytes(), 1_000);
        assert_eq!(of(b"", 1), LineSums::default().finish(0));
        for piece in 1..20 {
            assert_eq!(of(text.as_bytes(), piece), all, "pieces of {piece} bytes");
        }
        for other in [
            "\u{feff}time,action\r\n1,a\n\n1,a\n2,b\n3,ü",
            "\u{feff}time,action\r\n\n1,a\n2,b\n1,a\n3,ü",
            "\u{feff}time,action\r\n1,a\n\n2,b\n1,a\n3,ü\n",
            "\u{feff}time,action\n1,a\n\n2,b\n1,a\n3,ü\r",
            "time,action\r\n1,a\n\n2,b\n1,a\n3,ü\n\n\n",
            "\u{feff}time,action\r\n1,a\n\n2,b\n2,b\n3,ü",
        ] {
            assert_ne!(of(other.as_bytes(), 7), all, "{other}");
        }
    }

    #[test]
    fn where_a_file_is_cut_into_blocks_does_not_matter() {
        let rows: Vec<String> = (0..1_000).map(|row| format!("{},{row}", row % 7)).collect();
        let text = rows.join("\n");
        let whole = of(text.as_bytes(), 100);
        for cut in [1, 3, 500, 999] {
            let mut sums = LineSums::default();
            for (from, to, first) in [(0, cut, 1 << 33), (cut, 1_000, (7 << 33) + 17)] {
                let mut block = LineSums::default();
                for (row, id) in rows[from..to].iter().zip(first..) {
                    let hash = XxHash64::oneshot(SEED, row.as_bytes());
                    // As Spark adds them up.
                    for (at, part) in [hash & MODULUS, hash >> PART_BITS & MODULUS].into_iter().enumerate() {
                        block.parts[at] += part;
                        block.products[at] += part * (id % MODULUS) % MODULUS;
                    }
                }
                sums.add(&block, first, from as u64);
            }
            assert_eq!(sums.finish(text.len() as u64), whole, "cut at {cut}");
        }
    }
}
