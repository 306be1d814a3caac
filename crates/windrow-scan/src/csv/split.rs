//! Splitting: where a record probably begins near a cut, so that threads can start in the middle of a file.
//!
//! Whether a line end ends a record depends on the quotes before it, all the way to the start of the file. So this is
//! a guess, and its user checks it: the scan before the cut ends where a record really begins.

use memchr::memchr_iter;

use crate::csv::Dialect;
use crate::csv::record::{self, NextRecord, RecordLine};

/// Records in a row that must be well-formed for a guess to be taken.
const RECORDS_TRIED: usize = 8;

/// The most line ends to try.
const LINES_TRIED: usize = 256;

/// Where in `bytes` a record of `columns` fields probably begins: after the first line end that well-formed records
/// follow, else after the first one. None when there is no line end. `bytes` begin with the last byte before the cut;
/// with `at_eof` the file ends where they end.
pub fn guess_start(dialect: &Dialect, columns: usize, bytes: &[u8], at_eof: bool) -> Option<usize> {
    let starts = || memchr_iter(dialect.line_end.byte(), bytes).map(|end| end + 1);
    starts()
        .take(LINES_TRIED)
        .find(|start| is_likely(dialect, columns, &bytes[*start..], at_eof))
        .or_else(|| starts().next())
}

fn is_likely(dialect: &Dialect, columns: usize, bytes: &[u8], at_eof: bool) -> bool {
    let (mut at, mut fields) = (0, Vec::new());
    for tried in 0..RECORDS_TRIED {
        match record::read(dialect, Some(columns), &bytes[at..], at_eof, &mut fields) {
            NextRecord::Line {
                what: RecordLine::Record | RecordLine::Blank | RecordLine::Comment,
                whole: Some(whole),
                ..
            } => at += whole,
            NextRecord::Line { .. } => return false,
            NextRecord::End | NextRecord::More => return tried > 0,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(columns: usize, text: &str, at_eof: bool, start: Option<usize>) {
        assert_eq!(guess_start(&Dialect::default(), columns, text.as_bytes(), at_eof), start, "{text:?}");
    }

    #[test]
    fn finds_the_next_record() {
        check(2, "\na,b\nc,d\n", true, Some(1));
        check(2, "x,y\na,b\nc,d\n", true, Some(4));
        check(2, "x,y", true, None);
        check(2, "x,y\n", true, Some(4));
    }

    #[test]
    fn sees_through_a_quoted_line_end() {
        // The cut is inside a quoted field of three lines.
        check(2, "one\ntwo, and\nthree\",b\n\"c\",d\ne,f\n", true, Some(22));
        check(3, "one\ntwo, and\nthree\",b,c\nd,e,f\n", true, Some(24));
    }

    #[test]
    fn takes_the_first_line_when_nothing_is_likely() {
        check(2, "x\na\nb\nc\n", true, Some(2));
    }
}
