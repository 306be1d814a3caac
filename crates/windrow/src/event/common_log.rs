//! The fast way to read the times of the common log format, `10/Oct/2000:13:55:36 -0700`. It answers what their
//! [pattern](COMMON_LOG) answers, or leaves the text to it.

use super::time::{ReadTime, civil_us};

/// How web servers write times between brackets.
pub(crate) const COMMON_LOG: &str = "%d/%b/%Y:%H:%M:%S %z";

/// What was read last: in a log most times have the first 16 bytes, and the offset, of the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct TenMinutes {
    /// `10/Oct/2000:13:5`
    text: [u8; 16],
    /// Microseconds from 1970-01-01T00:00 to it, on the same clock.
    us: i64,
    /// ` -0700`
    offset: [u8; 6],
    offset_us: i64,
}

impl Default for TenMinutes {
    fn default() -> Self {
        TenMinutes { text: *b"01/Jan/1970:00:0", us: 0, offset: *b" +0000", offset_us: 0 }
    }
}

/// Reads a time as servers write it; `None`: use the plain way.
#[inline(always)]
pub(super) fn read_fast(text: &[u8], last: &mut TenMinutes) -> Option<ReadTime> {
    let (head, tail) = text.split_first_chunk::<16>()?;
    let [minute, b':', tens, ones, offset @ ..] = tail else { return None };
    let offset: &[u8; 6] = offset.try_into().ok()?;
    if *head != last.text {
        *last = TenMinutes { text: *head, us: read_head(head)?, ..*last };
    }
    if *offset != last.offset {
        *last = TenMinutes { offset: *offset, offset_us: read_offset(offset)?, ..*last };
    }
    let [minute, tens, ones] = [minute, tens, ones].map(|digit| digit.wrapping_sub(b'0'));
    if minute > 9 || tens > 5 || ones > 9 {
        return None;
    }
    let seconds = i64::from(minute) * 60 + i64::from(tens * 10 + ones);
    Some(ReadTime { us: last.us + seconds * 1_000_000 - last.offset_us, local: false })
}

/// Microseconds from 1970-01-01T00:00 to the first of ten minutes.
fn read_head(head: &[u8; 16]) -> Option<i64> {
    let [d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':', h1, h2, b':', ten] = *head else {
        return None;
    };
    let month = match &[m1, m2, m3] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let year = number(&[y1, y2, y3, y4])?;
    civil_us(year, month, number(&[d1, d2])?, number(&[h1, h2])?, number(&[ten, b'0'])?, 0)
}

/// An offset from UTC, in microseconds.
fn read_offset(offset: &[u8; 6]) -> Option<i64> {
    let [b' ', sign @ (b'+' | b'-'), h1, h2, m1, m2] = *offset else { return None };
    let (hours, minutes) = (number(&[h1, h2])?, number(&[m1, m2])?);
    if minutes > 59 || hours * 60 + minutes > 18 * 60 {
        return None;
    }
    let us = i64::from(hours * 60 + minutes) * 60_000_000;
    Some(if sign == b'-' { -us } else { us })
}

fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::{TimeFormat, TimeReader, TimeRules};

    fn reader() -> TimeReader {
        TimeReader::new(&TimeRules::of(TimeFormat::Pattern(COMMON_LOG.to_owned()))).unwrap()
    }

    #[test]
    fn a_time_as_servers_write_it_is_read_fast() {
        for (text, instant) in [
            ("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z"),
            ("29/Feb/2024:00:00:59 +0530", "2024-02-28T18:30:59Z"),
            ("31/Dec/1969:23:59:59 +0000", "1969-12-31T23:59:59Z"),
        ] {
            let us = instant.parse::<jiff::Timestamp>().unwrap().as_microsecond();
            assert_eq!(reader().read_fast(text.as_bytes()), Some(ReadTime { us, local: false }), "{text}");
        }
        for text in ["29/Feb/2023:00:00:00 +0000", "10/Oct/2000:13:55:60 +0000", "10/Oct/2000:24:00:00 +0000"]
        {
            assert_eq!(reader().read_fast(text.as_bytes()), None, "{text}");
            assert!(reader().read_plainly(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn each_month_and_each_offset_is_read_fast() {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        for (month, offset) in
            months.iter().flat_map(|month| ["+0000", "-1159", "+1800", "-1800"].map(|offset| (month, offset)))
        {
            let text = format!("09/{month}/2024:23:59:59 {offset}");
            let plain = reader().read_plainly(text.as_bytes()).unwrap();
            assert_eq!(reader().read_fast(text.as_bytes()), Some(plain), "{text}");
        }
        for offset in ["+1801", "+0060", "~0000"] {
            let text = format!("09/Oct/2024:23:59:59 {offset}");
            assert_eq!(reader().read_fast(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// One reader reads many times, as in a log: what it keeps of the last one shows in no answer.
        #[test]
        fn the_fast_way_equals_the_pattern(
            times in prop::collection::vec(
                (0u32..33, 0usize..14, 0u32..10_001, 0u32..25, 0u32..61, 0u32..61, 0u32..20, 0u32..61, any::<(bool, u8, u8)>()),
                1..6,
            ),
        ) {
            const MONTHS: [&str; 14] =
                ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "dec", "Foo"];
            let mut reader = reader();
            for (day, month, year, hour, minute, second, oh, om, (plus, place, byte)) in times {
                let sign = if plus { '+' } else { '-' };
                let month = MONTHS[month];
                let text = format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} {sign}{oh:02}{om:02}");
                let mut text = text.into_bytes();
                // Mostly as it is, sometimes with another byte.
                if place < 40 {
                    let place = usize::from(place) % text.len();
                    text[place] = byte;
                }
                prop_assert_eq!(reader.read_next(&text), reader.read_plainly(&text), "{:?}", String::from_utf8_lossy(&text));
            }
        }
    }
}
