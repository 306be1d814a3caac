//! Labels: instants as text. An instant has the same text everywhere.

use super::Zone;
use super::civil::{DAY_US, date_of};

const MINUTE_US: i64 = 60_000_000;

/// Appends the instant `us` as RFC 3339 writes it: `2016-07-26T02:40:00Z`, or `+02:00` in place of `Z` in another zone.
/// A fraction of a second is written if there is one.
///
/// RFC 3339 has offsets of whole minutes and years from 0001 on. Local mean times of the 19th century had seconds: the
/// text is the same instant by a clock that is less than a minute off. A time that a clock still dates before year 1 is
/// written in UTC.
pub(crate) fn push_label(zone: &Zone, us: i64, text: &mut String) {
    let is_utc = zone.name() == "UTC";
    let offset = if is_utc { 0 } else { (zone.reading_us(us) - us) / MINUTE_US };
    let clock = Clock::at(us.saturating_add(offset * MINUTE_US));
    if clock.is_before_year_1() && !is_utc {
        return push_label(&Zone::utc(), us, text);
    }
    clock.push_date(text);
    text.push('T');
    clock.push_minutes(text);
    let digits = match clock.us_of_second {
        0 => 0,
        us if us % 1_000 == 0 => 3,
        _ => 6,
    };
    clock.push_seconds(text, digits);
    if is_utc { text.push('Z') } else { push_offset(offset, text) }
}

pub(crate) fn push_offset(minutes: i64, text: &mut String) {
    text.push(if minutes < 0 { '-' } else { '+' });
    push_digits(minutes.unsigned_abs() / 60, 2, text);
    text.push(':');
    push_digits(minutes.unsigned_abs() % 60, 2, text);
}

/// Appends an instant in UTC, to its last microsecond.
#[cfg(feature = "sql")]
pub(crate) fn push_instant(us: i64, to: &mut Vec<u8>) {
    let (clock, mut text) = (Clock::at(us), String::new());
    clock.push_date(&mut text);
    text.push('T');
    clock.push_minutes(&mut text);
    clock.push_seconds(&mut text, if clock.us_of_second > 0 { 6 } else { 0 });
    text.push('Z');
    to.extend_from_slice(text.as_bytes());
}

/// What a clock shows.
pub(crate) struct Clock {
    date: (i64, i64, i64),
    minute_of_day: u64,
    second: u64,
    us_of_second: u64,
}

impl Clock {
    /// The reading `us` microseconds after 1970-01-01T00:00: the proleptic Gregorian date and the time of day.
    pub(crate) fn at(us: i64) -> Self {
        let us_of_day = us.rem_euclid(DAY_US).unsigned_abs();
        Clock {
            date: date_of(us.div_euclid(DAY_US)),
            minute_of_day: us_of_day / MINUTE_US.unsigned_abs(),
            second: us_of_day / 1_000_000 % 60,
            us_of_second: us_of_day % 1_000_000,
        }
    }

    /// Midnight of the day with this number; 1970-01-01 is 0. A 32-bit day may be too far for microseconds in 64 bits.
    pub(crate) fn on(day: i64) -> Self {
        Clock { date: date_of(day), minute_of_day: 0, second: 0, us_of_second: 0 }
    }

    /// Whether the date is before the first that RFC 3339 has.
    pub(crate) fn is_before_year_1(&self) -> bool {
        self.date.0 < 1
    }

    /// Whether it shows more than hours and minutes.
    pub(crate) fn is_within_a_minute(&self) -> bool {
        self.second > 0 || self.us_of_second > 0
    }

    pub(crate) fn push_date(&self, text: &mut String) {
        let (year, month, day) = self.date;
        if year < 0 {
            text.push('-');
        }
        push_digits(year.unsigned_abs(), 4, text);
        text.push('-');
        push_digits(month.unsigned_abs(), 2, text);
        text.push('-');
        push_digits(day.unsigned_abs(), 2, text);
    }

    pub(crate) fn push_minutes(&self, text: &mut String) {
        push_digits(self.minute_of_day / 60, 2, text);
        text.push(':');
        push_digits(self.minute_of_day % 60, 2, text);
    }

    pub(crate) fn push_seconds(&self, text: &mut String, digits: usize) {
        text.push(':');
        push_digits(self.second, 2, text);
        if digits > 0 {
            text.push('.');
            push_digits(self.us_of_second / 10_u64.pow(6 - digits as u32), digits, text);
        }
    }
}

/// Appends at least `width` digits.
fn push_digits(n: u64, width: usize, text: &mut String) {
    let digits = itoa::Buffer::new().format(n).len();
    (digits..width).for_each(|_| text.push('0'));
    text.push_str(itoa::Buffer::new().format(n));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::day_of;

    fn label(zone: &str, us: i64) -> String {
        let mut text = String::new();
        push_label(&Zone::parse(zone).unwrap(), us, &mut text);
        text
    }

    #[test]
    fn labels_are_rfc_3339() {
        let us = 1_469_500_799_000_000; // 2016-07-26T02:39:59Z
        for (zone, us, text) in [
            ("UTC", us, "2016-07-26T02:39:59Z"),
            ("UTC", us + 120_000, "2016-07-26T02:39:59.120Z"),
            ("UTC", us + 1_001, "2016-07-26T02:39:59.001001Z"),
            ("UTC", us + 7, "2016-07-26T02:39:59.000007Z"),
            ("UTC", -1, "1969-12-31T23:59:59.999999Z"),
            ("Asia/Kolkata", us, "2016-07-26T08:09:59+05:30"),
            ("America/St_Johns", us, "2016-07-26T00:09:59-02:30"),
            ("Europe/London", 0, "1970-01-01T01:00:00+01:00"),
            ("Africa/Abidjan", 0, "1970-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(label(zone, us), text);
        }
    }

    #[test]
    fn years_before_the_first_are_written_in_utc() {
        let year = |year: i64| day_of(year, 1, 1) * DAY_US;
        let (hour, kolkata) = (3_600_000_000, "Asia/Kolkata");
        assert_eq!(label("UTC", year(0)), "0000-01-01T00:00:00Z");
        assert_eq!(label("UTC", year(-1)), "-0001-01-01T00:00:00Z");
        assert_eq!(label(kolkata, year(1) - 6 * hour), "0000-12-31T18:00:00Z");
        assert_eq!(label(kolkata, year(2)), "0002-01-01T05:53:00+05:53");
        assert!(Clock::at(year(1) - 1).is_before_year_1() && !Clock::at(year(1)).is_before_year_1());
    }

    #[test]
    fn a_clock_shows_seconds_or_not() {
        for (us, is_within) in
            [(0, false), (60_000_000, false), (1, true), (1_000_000, true), (61_000_001, true)]
        {
            assert_eq!(Clock::at(us).is_within_a_minute(), is_within, "{us}");
        }
        let mut text = String::new();
        Clock::at(1_234_567).push_seconds(&mut text, 0);
        Clock::at(1_234_567).push_seconds(&mut text, 2);
        Clock::on(-1).push_date(&mut text);
        Clock::on(-1).push_minutes(&mut text);
        assert_eq!(text, ":01:01.231969-12-3100:00");
    }

    #[cfg(feature = "sql")]
    #[test]
    fn an_instant_is_written_to_its_last_microsecond() {
        let mut text = Vec::new();
        push_instant(1_000_000, &mut text);
        push_instant(1_100_000, &mut text);
        assert_eq!(text, b"1970-01-01T00:00:01Z1970-01-01T00:00:01.100000Z");
    }
}
