//! The tally: where every row and every byte of a file went.

use crate::reject::Reason;

/// Where a file's rows and bytes went. Tallies add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// Rows that became events and were counted.
    pub counted: u64,
    /// Rows that `where` left out.
    pub filtered: u64,
    /// Rows that are not events, by [`Reason`] in the order of [`Reason::ALL`].
    pub rejected: [u64; Reason::ALL.len()],
    /// Lines before the header that the job leaves out.
    pub skipped: u64,
    /// Lines that are blank (empty or white space only).
    pub blank: u64,
    /// Lines that are comments.
    pub comment: u64,
    /// Lines that repeat the header.
    pub repeated_header: u64,
    /// Records the scan saw after the header; must equal the sum of the above.
    pub read: u64,
    /// Bytes consumed, header included; must equal `bytes_total`.
    pub bytes_read: u64,
    /// Bytes the file has.
    pub bytes_total: u64,
    /// Counted rows whose time had no offset and was read in the source's zone.
    pub without_offset: u64,
}

impl Tally {
    /// All rejects.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().sum()
    }

    /// All ignored lines.
    pub fn ignored(&self) -> u64 {
        self.skipped + self.blank + self.comment + self.repeated_header
    }

    /// Law 1: every row and every byte is accounted for.
    pub fn adds_up(&self) -> bool {
        self.read == self.counted + self.filtered + self.rejected_total() + self.ignored()
            && self.bytes_read == self.bytes_total
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Tally) {
        self.counted += other.counted;
        self.filtered += other.filtered;
        for (sum, more) in self.rejected.iter_mut().zip(other.rejected) {
            *sum += more;
        }
        self.skipped += other.skipped;
        self.blank += other.blank;
        self.comment += other.comment;
        self.repeated_header += other.repeated_header;
        self.read += other.read;
        self.bytes_read += other.bytes_read;
        self.bytes_total += other.bytes_total;
        self.without_offset += other.without_offset;
    }

    /// Takes another tally away; false where it has more of anything.
    pub fn take_away(&mut self, other: &Tally) -> bool {
        let take = |from: &mut u64, what: u64| from.checked_sub(what).map(|left| *from = left).is_some();
        let rejected = self.rejected.iter_mut().zip(other.rejected).all(|(from, what)| take(from, what));
        rejected
            && take(&mut self.counted, other.counted)
            && take(&mut self.filtered, other.filtered)
            && take(&mut self.skipped, other.skipped)
            && take(&mut self.blank, other.blank)
            && take(&mut self.comment, other.comment)
            && take(&mut self.repeated_header, other.repeated_header)
            && take(&mut self.read, other.read)
            && take(&mut self.bytes_read, other.bytes_read)
            && take(&mut self.bytes_total, other.bytes_total)
            && take(&mut self.without_offset, other.without_offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tally that adds up, with another number in each field.
    fn tally() -> Tally {
        let mut rejected = [0; Reason::ALL.len()];
        (rejected[1], rejected[4]) = (3, 64);
        Tally {
            counted: 1_000,
            filtered: 200,
            rejected,
            skipped: 7,
            blank: 5,
            comment: 11,
            repeated_header: 17,
            read: 1_307,
            bytes_read: 40_000,
            bytes_total: 40_000,
            without_offset: 700,
        }
    }

    /// Every field, to be changed.
    fn fields(tally: &mut Tally) -> [&mut u64; 12] {
        let Tally {
            counted,
            filtered,
            rejected,
            skipped,
            blank,
            comment,
            repeated_header,
            read,
            bytes_read,
            bytes_total,
            without_offset,
        } = tally;
        let [_, first, .., last] = rejected;
        [
            counted,
            filtered,
            first,
            last,
            skipped,
            blank,
            comment,
            repeated_header,
            read,
            bytes_read,
            bytes_total,
            without_offset,
        ]
    }

    #[test]
    fn rows_and_bytes_add_up_or_not() {
        assert_eq!((tally().rejected_total(), tally().ignored()), (67, 40));
        assert!(tally().adds_up());
        for field in 0..11 {
            let mut wrong = tally();
            *fields(&mut wrong)[field] += 1;
            assert!(!wrong.adds_up(), "field {field}");
        }
    }

    #[test]
    fn what_is_added_can_be_taken_away() {
        let mut sum = tally();
        sum.add(&tally());
        let mut twice = tally();
        fields(&mut twice).into_iter().for_each(|field| *field *= 2);
        twice.rejected = tally().rejected.map(|rows| 2 * rows);
        assert_eq!(sum, twice);
        assert!(sum.take_away(&tally()));
        assert_eq!(sum, tally());
        assert!(sum.take_away(&tally()));
        assert_eq!(sum, Tally::default());
        for field in 0..12 {
            let (mut less, mut more) = (tally(), tally());
            *fields(&mut more)[field] += 1;
            assert!(!less.take_away(&more), "field {field}");
        }
    }
}
