//! Whether most lines of a file are plain, and how its times are written, by its first lines: then Spark counts it the fast
//! way (`plan::plain`). A guess costs time where it is wrong, and never changes an answer.

use std::collections::HashMap;

use windrow_scan::csv::record::{self, NextRecord, RecordLine};

use crate::event::TimeFormat;
use crate::format::csv::CsvHeader;
use crate::job::Job;

/// How the times of a file are written: `2016-07-28T04:19:28.123Z`, with so many bytes, a fraction or none, an offset or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PlainTime {
    pub(super) bytes: usize,
    pub(super) has_fraction: bool,
    pub(super) is_local: bool,
}

impl PlainTime {
    /// The clock that shows `text`; none of a text that is written otherwise.
    pub(super) fn of(text: &[u8]) -> Option<PlainTime> {
        let (text, is_local) = match text.strip_suffix(b"Z") {
            Some(text) => (text, false),
            None => (text, true),
        };
        let (head, fraction) = text.split_at_checked(19)?;
        let fits = head.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => matches!(byte, b'T' | b' '),
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        });
        let has_fraction = match fraction {
            [] => false,
            [b'.', digits @ ..]
                if (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) =>
            {
                true
            }
            _ => return None,
        };
        fits.then_some(PlainTime { bytes: text.len() + usize::from(!is_local), has_fraction, is_local })
    }

    /// The last mark between two numbers, by which those before it are as long as they can be.
    pub(super) fn mark(self) -> &'static str {
        if self.has_fraction { "." } else { ":" }
    }

    /// Where it stands, from 1.
    pub(super) fn mark_at(self) -> usize {
        if self.has_fraction { 20 } else { 17 }
    }

    /// Where the last digit stands, from 1.
    pub(super) fn digit_at(self) -> usize {
        self.bytes - usize::from(!self.is_local && self.bytes > 0)
    }
}

/// Bytes that are looked at, at most.
pub(super) const SAMPLE_BYTES: u64 = 64 << 10;

/// Lines that are looked at, at most. This is done for every file, and there may be very many.
const SAMPLE_LINES: usize = 128;

/// The clock of most of the first lines after the header, `sample`, if most are plain, and whether some have all fields quoted; with
/// `at_eof` the file ends with them. Their times stand in column `time_at`.
pub(super) fn clock_of(
    job: &Job,
    header: &CsvHeader,
    time_at: usize,
    sample: &[u8],
    at_eof: bool,
) -> (Option<PlainTime>, bool) {
    let (mut at, mut lines, mut has_quotes, mut fields) = (0, 0, false, Vec::new());
    let mut clocks: HashMap<PlainTime, usize> = HashMap::new();
    let columns = Some(header.names.len());
    while lines < SAMPLE_LINES
        && let NextRecord::Line { what, whole: Some(whole), .. } =
            record::read(&header.dialect, columns, &sample[at..], at_eof, &mut fields)
    {
        lines += 1;
        let line = &sample[at..at + whole];
        at += whole;
        let quotes = memchr::memchr_iter(header.dialect.quote(), line).count();
        if what != RecordLine::Record || (quotes != 0 && quotes != 2 * fields.len()) {
            continue;
        }
        has_quotes |= quotes != 0;
        let clock = match job.source.time.format {
            TimeFormat::Iso => fields
                .get(time_at)
                .and_then(|time| PlainTime::of(&record::unquote(&header.dialect, &line[time.clone()]))),
            _ => Some(PlainTime::default()),
        };
        if let Some(clock) = clock {
            *clocks.entry(clock).or_default() += 1;
        }
    }
    (usual(clocks, lines), has_quotes)
}

/// The clock that nearly all lines have.
pub(super) fn usual(clocks: HashMap<PlainTime, usize>, lines: usize) -> Option<PlainTime> {
    let (clock, most) = clocks.into_iter().max_by_key(|(clock, n)| (*n, clock.bytes, clock.has_fraction))?;
    (most * 10 >= lines * 9).then_some(clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windrow_scan::csv::Dialect;

    #[test]
    fn first_lines_say_how_times_are_written_and_whether_fields_are_quoted() {
        let text = "name = 'a'\nversion = 1\n[source]\npath = 'in'\ntime = 't'\nkeys = ['x']\n[reports.r]\nevery = '1h'\n";
        let job = Job::from_toml(text, std::path::Path::new("job.toml")).unwrap();
        let header = CsvHeader { names: vec!["t".into(), "x".into()], ..CsvHeader::default() };
        assert_eq!(header.dialect.quote(), Dialect::default().quote());
        let plain = "2016-07-28T04:19:28Z,a\n";
        let late = plain.repeat(SAMPLE_LINES) + &"noon,b\n".repeat(9 * SAMPLE_LINES);
        let clock = PlainTime::of(b"2016-07-28T04:19:28Z");
        for (sample, expected) in [
            (plain.to_owned(), (clock, false)),
            ("2016-07-28T04:19:28Z,\"a\"\n".repeat(2) + &plain.repeat(18), (clock, false)),
            ("\"2016-07-28T04:19:28Z\",\"a\"\n".to_owned() + plain, (clock, true)),
            ("noon,a\n".to_owned() + plain, (None, false)),
            // So many lines are enough.
            (late, (clock, false)),
            (String::new(), (None, false)),
        ] {
            assert_eq!(clock_of(&job, &header, 0, sample.as_bytes(), true), expected, "{sample:.60}");
        }
    }

    #[test]
    fn a_clock_is_known_by_where_its_marks_and_digits_are() {
        for (text, expected) in [
            ("2016-07-28T04:19:28Z", Some((20, 17, 19, false))),
            ("2016-07-28 04:19:28", Some((19, 17, 19, true))),
            ("2016-07-28T04:19:28.1Z", Some((22, 20, 21, false))),
            ("2016-07-28T04:19:28.123456", Some((26, 20, 26, true))),
            ("2016-07-28T04:19:28.1234567Z", None),
            ("2016-07-28T04:19:28.Z", None),
            ("2016-07-28T04:19:28+02:00", None),
            ("2016-07-28T04:19Z", None),
            ("2016-7-28T04:19:28.1Z", None),
            ("", None),
        ] {
            let found = PlainTime::of(text.as_bytes());
            let found = found.map(|clock| (clock.bytes, clock.mark_at(), clock.digit_at(), clock.is_local));
            assert_eq!(found, expected, "{text}");
        }
    }
}
