//! Times as text: RFC 3339 for files, short local times for people.

use crate::calendar::{Clock, DAY_US, Step, Unit, Zone, push_label, push_offset};

/// Writes instants as the clock of a zone shows them. Keeps the last two texts: rows come in order of time, and a
/// window's end is mostly the next one's start.
#[derive(Clone, Debug)]
pub struct TimeText {
    zone: Zone,
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

impl TimeText {
    /// For the clock of `zone`.
    pub fn new(zone: &Zone) -> Self {
        TimeText { zone: zone.clone(), kept: [None, None], oldest: 0 }
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
            push_label(&self.zone, us, &mut text);
            self.kept[place] = Some((us, text));
            place
        });
        self.kept[place].as_ref().map_or("", |(_, text)| text)
    }

    /// The instant `us` on the zone's clock, short and without offset; with it where the clock shows the time twice.
    pub fn short(&self, us: i64, precision: Precision) -> String {
        let offset_us = self.offset_us(us);
        let clock = Clock::at(us + offset_us);
        let needs_offset = precision > Precision::Day && self.shows_twice(us, offset_us);
        if clock.is_before_year_1() || needs_offset && offset_us % MINUTE_US != 0 {
            return self.zone.label(us);
        }
        let mut text = String::new();
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
        // A clock whose offset has seconds may begin a window within a minute.
        let is_odd = offset_us % MINUTE_US != 0 && clock.is_within_a_minute();
        if precision >= Precision::Second || precision == Precision::Minute && is_odd {
            clock.push_seconds(&mut text, if precision == Precision::Millisecond { 3 } else { 0 });
        }
        if needs_offset {
            push_offset(offset_us / MINUTE_US, &mut text);
        }
        text
    }

    fn offset_us(&self, us: i64) -> i64 {
        self.zone.reading_us(us) - us
    }

    /// Whether the clock shows the same time a second time, up to a day before or after.
    fn shows_twice(&self, us: i64, offset_us: i64) -> bool {
        [us - DAY_US, us + DAY_US].into_iter().any(|near_us| {
            let other_us = self.offset_us(near_us);
            other_us != offset_us && self.offset_us(us + offset_us - other_us) == other_us
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn rfc3339_is_what_the_calendar_says() {
        let mut utc = TimeText::new(&Zone::utc());
        for (us, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (1_469_500_800_000_000, "2016-07-26T02:40:00Z"),
            (1_469_500_800_250_000, "2016-07-26T02:40:00.250Z"),
            (1_469_500_800_000_250, "2016-07-26T02:40:00.000250Z"),
            (crate::calendar::YEAR_1_US, "0001-01-01T00:00:00Z"),
            (crate::calendar::YEAR_9998_US, "9998-12-31T23:59:59.999999Z"),
            (crate::window::LAST_BOUNDARY_US, "9999-12-30T00:00:00Z"),
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

    #[test]
    fn other_zones_show_their_offset() {
        for (zone, us, text) in [
            ("Europe/Berlin", 1_469_500_800_000_000, "2016-07-26T04:40:00+02:00"),
            ("America/New_York", 1_469_500_800_000_000, "2016-07-25T22:40:00-04:00"),
            ("Asia/Kathmandu", 1_469_500_800_000_000, "2016-07-26T08:25:00+05:45"),
            ("Africa/Monrovia", -1_000_000, "1969-12-31T23:15:59-00:44"),
            ("Europe/London", 0, "1970-01-01T01:00:00+01:00"),
            ("Africa/Abidjan", 0, "1970-01-01T00:00:00+00:00"),
        ] {
            let zone = Zone::parse(zone).unwrap();
            let shown = TimeText::new(&zone).rfc3339(us).to_owned();
            assert_eq!(shown, text);
            assert_eq!(shown.parse::<Timestamp>().unwrap().as_microsecond(), us);
        }
    }

    #[test]
    fn a_short_time_that_the_clock_shows_twice_has_its_offset() {
        let berlin = TimeText::new(&Zone::parse("Europe/Berlin").unwrap());
        // 2024-10-27T00:00:00Z and the hours after: the clock shows 02:00 to 03:00 twice.
        let hours = (-1..4).map(|hour| 1_729_987_200_000_000 + hour * 60 * MINUTE_US);
        let shown: Vec<_> = hours.map(|us| berlin.short(us, Precision::Minute)).collect();
        let expected = ["01:00", "02:00+02:00", "02:00+01:00", "03:00", "04:00"];
        assert_eq!(shown, expected.map(|time| format!("2024-10-27 {time}")));
    }
}
