//! Times as text: RFC 3339 for files, short local times for people.

use jiff::Timestamp;

use crate::job::{Step, Unit};
use crate::window::Zone;

/// Writes instants as the clock of a zone shows them. Keeps the last two texts: rows come in order of time, and a
/// window's end is mostly the next one's start.
#[derive(Clone, Debug)]
pub struct TimeText {
    zone: Zone,
    is_utc: bool,
    kept: [Option<(i64, String)>; 2],
    oldest: usize,
}

/// How much of a time people need to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2016`
    Year,
    /// `2016-07`
    Month,
    /// `2016-07-26`
    Day,
    /// `2016-07-26 02:40`
    Minute,
    /// `2016-07-26 02:40:05`
    Second,
    /// `2016-07-26 02:40:05.250`
    Millisecond,
}

impl Precision {
    /// What tells the windows of `step` apart.
    pub fn of(step: Step) -> Self {
        match step.unit {
            Unit::Millisecond => Precision::Millisecond,
            Unit::Second => Precision::Second,
            Unit::Minute | Unit::Hour => Precision::Minute,
            Unit::Day | Unit::Week => Precision::Day,
            Unit::Month | Unit::Quarter => Precision::Month,
            Unit::Year => Precision::Year,
        }
    }
}

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 1_440 * MINUTE_US;

impl TimeText {
    /// For the clock of `zone`.
    pub fn new(zone: &Zone) -> Self {
        TimeText { zone: zone.clone(), is_utc: zone.name() == "UTC", kept: [None, None], oldest: 0 }
    }

    /// The instant `us` with its offset: `2016-07-26T02:40:00Z`, or `+02:00` in place of `Z` in another zone.
    /// Parts of a second show when there are any.
    pub fn rfc3339(&mut self, us: i64) -> &str {
        let found = self.kept.iter().position(|kept| kept.as_ref().is_some_and(|(at, _)| *at == us));
        let place = found.unwrap_or_else(|| {
            let place = self.oldest;
            self.oldest = 1 - place;
            let mut text = self.kept[place].take().map(|(_, text)| text).unwrap_or_default();
            text.clear();
            self.write(us, &mut text);
            self.kept[place] = Some((us, text));
            place
        });
        self.kept[place].as_ref().map_or("", |(_, text)| text)
    }

    /// The instant `us` on the zone's clock, short and without offset; with it where the clock shows the time twice.
    pub fn short(&self, us: i64, precision: Precision) -> String {
        let offset = self.offset_minutes(us);
        let mut text = String::new();
        let clock = Clock::at(us + offset * MINUTE_US);
        clock.push_date(&mut text);
        match precision {
            Precision::Year => text.truncate(text.len() - "-07-26".len()),
            Precision::Month => text.truncate(text.len() - "-26".len()),
            Precision::Day => {}
            Precision::Minute | Precision::Second | Precision::Millisecond => {
                text.push(' ');
                clock.push_minutes(&mut text);
            }
        }
        if matches!(precision, Precision::Second | Precision::Millisecond) {
            clock.push_seconds(&mut text, if precision == Precision::Second { 0 } else { 3 });
        }
        if precision > Precision::Day && self.shows_twice(us, offset) {
            push_offset(offset, &mut text);
        }
        text
    }

    fn write(&self, us: i64, text: &mut String) {
        let offset = self.offset_minutes(us);
        let clock = Clock::at(us + offset * MINUTE_US);
        clock.push_date(text);
        text.push('T');
        clock.push_minutes(text);
        let digits = match clock.us_of_second {
            0 => 0,
            us if us % 1_000 == 0 => 3,
            _ => 6,
        };
        clock.push_seconds(text, digits);
        if self.is_utc { text.push('Z') } else { push_offset(offset, text) }
    }

    /// The zone's offset in whole minutes, which is what RFC 3339 can say. Local mean times of the 19th century had
    /// seconds; the text is the same instant, by a clock that is less than a minute off.
    fn offset_minutes(&self, us: i64) -> i64 {
        if self.is_utc {
            return 0;
        }
        i64::from(self.zone.tz().to_offset(timestamp(us)).seconds()) / 60
    }

    /// Whether the clock shows the same time a second time, up to a day before or after.
    fn shows_twice(&self, us: i64, offset: i64) -> bool {
        [us - DAY_US, us + DAY_US].into_iter().any(|near_us| {
            let other = self.offset_minutes(near_us);
            let again_us = us + (offset - other) * MINUTE_US;
            other != offset && self.offset_minutes(again_us) == other
        })
    }
}

/// The nearest instant that the zones' rules cover.
fn timestamp(us: i64) -> Timestamp {
    let covered = Timestamp::MIN.as_microsecond()..=Timestamp::MAX.as_microsecond();
    Timestamp::from_microsecond(us.clamp(*covered.start(), *covered.end())).unwrap_or(Timestamp::MAX)
}

fn push_offset(minutes: i64, text: &mut String) {
    text.push(if minutes < 0 { '-' } else { '+' });
    push_digits(minutes.unsigned_abs() / 60, 2, text);
    text.push(':');
    push_digits(minutes.unsigned_abs() % 60, 2, text);
}

/// What a clock shows.
struct Clock {
    year: i64,
    month: u64,
    day: u64,
    minute_of_day: u64,
    second: u64,
    us_of_second: u64,
}

impl Clock {
    /// The proleptic Gregorian date and the time of day, `us` microseconds after 1970-01-01T00:00.
    fn at(us: i64) -> Self {
        let us_of_day = us.rem_euclid(DAY_US) as u64;
        // Years that begin in March put the leap day last; 400 of them have 146,097 days.
        let days = us.div_euclid(DAY_US) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = (day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100)) as u64;
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Clock {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            minute_of_day: us_of_day / MINUTE_US as u64,
            second: us_of_day / 1_000_000 % 60,
            us_of_second: us_of_day % 1_000_000,
        }
    }

    fn push_date(&self, text: &mut String) {
        if self.year < 0 {
            text.push('-');
        }
        push_digits(self.year.unsigned_abs(), 4, text);
        text.push('-');
        push_digits(self.month, 2, text);
        text.push('-');
        push_digits(self.day, 2, text);
    }

    fn push_minutes(&self, text: &mut String) {
        push_digits(self.minute_of_day / 60, 2, text);
        text.push(':');
        push_digits(self.minute_of_day % 60, 2, text);
    }

    fn push_seconds(&self, text: &mut String, digits: usize) {
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

    #[test]
    fn rfc3339_is_what_the_calendar_says() {
        let mut utc = TimeText::new(&Zone::utc());
        for (us, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (1_469_500_800_000_000, "2016-07-26T02:40:00Z"),
            (1_469_500_800_250_000, "2016-07-26T02:40:00.250Z"),
            (crate::event::YEAR_1_US, "0001-01-01T00:00:00Z"),
            (crate::event::YEAR_1_US - 1_000_000, "0000-12-31T23:59:59Z"),
            (crate::event::YEAR_9999_US, "9999-12-31T23:59:59.999999Z"),
            (crate::event::YEAR_9999_US + 1, "10000-01-01T00:00:00Z"),
        ] {
            assert_eq!(utc.rfc3339(us), text);
            assert_eq!(utc.rfc3339(us), text, "from what is kept");
        }
    }

    #[test]
    fn every_day_of_the_calendar_is_as_jiff_has_it() {
        let mut utc = TimeText::new(&Zone::utc());
        for days in (-719_162..2_932_000).step_by(17) {
            let instant = Timestamp::from_microsecond(days * DAY_US + 12_345_678).unwrap();
            assert_eq!(utc.rfc3339(instant.as_microsecond()), format!("{instant:.6}"));
        }
    }

    #[test]
    fn short_times_show_what_tells_windows_apart() {
        let utc = TimeText::new(&Zone::utc());
        for (precision, text) in [
            (Precision::Year, "2016"),
            (Precision::Month, "2016-07"),
            (Precision::Day, "2016-07-26"),
            (Precision::Minute, "2016-07-26 02:40"),
            (Precision::Second, "2016-07-26 02:40:05"),
            (Precision::Millisecond, "2016-07-26 02:40:05.250"),
        ] {
            assert_eq!(utc.short(1_469_500_805_250_000, precision), text);
        }
    }
}
