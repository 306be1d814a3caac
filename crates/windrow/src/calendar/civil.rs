//! Dates of the Gregorian calendar, of any year, as numbers of days since 1970-01-01.
//!
//! Windows reach past the years that date libraries hold: the year that begins in 9999 ends in 10000.

/// 0001-01-01T00:00:00Z in microseconds since 1970.
pub const YEAR_1_US: i64 = -62_135_596_800_000_000;
/// The end of the year 9998 in microseconds since 1970, the last time that is accepted: databases often use the year 9999
/// for "never".
pub const YEAR_9998_US: i64 = 253_370_764_799_999_999;

/// Microseconds in a day of 24 hours.
pub const DAY_US: i64 = 86_400_000_000;
/// Days after which the calendar repeats: 400 years, a whole number of weeks.
pub(super) const CYCLE_DAYS: i64 = 146_097;

/// Days from 0000-03-01 to 1970-01-01. Years that begin in March have their leap day at the end.
const MARCH_0000_TO_1970_DAYS: i64 = 719_468;

/// The day of a date; `month` from 1 to 12.
pub(crate) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let months_since_march = (month + 9) % 12;
    let year = if month <= 2 { year - 1 } else { year };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * months_since_march + 2) / 5 + day - 1 - MARCH_0000_TO_1970_DAYS
}

/// Year, month and day of a day.
pub(crate) fn date_of(day: i64) -> (i64, i64, i64) {
    let day = day + MARCH_0000_TO_1970_DAYS;
    let (cycle, day) = (day.div_euclid(CYCLE_DAYS), day.rem_euclid(CYCLE_DAYS));
    // Every 4th year is a day longer, except every 100th, but every 400th is.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let months_since_march = (5 * day + 2) / 153;
    let day = day - (153 * months_since_march + 2) / 5 + 1;
    let month = (months_since_march + 2) % 12 + 1;
    (cycle * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_with_jiff_over_every_year_it_knows() {
        let epoch = jiff::civil::date(1970, 1, 1);
        let mut date = jiff::civil::date(-9999, 1, 1);
        while date.year() < 9999 {
            let day = epoch.until(date).unwrap().get_days().into();
            let (y, m, d) = (date.year().into(), date.month().into(), date.day().into());
            assert_eq!(day_of(y, m, d), day);
            assert_eq!(date_of(day), (y, m, d));
            date = date.saturating_add(jiff::Span::new().days(13));
        }
    }

    #[test]
    fn the_first_and_the_last_time_are_ends_of_years() {
        assert_eq!(YEAR_1_US, day_of(1, 1, 1) * DAY_US);
        assert_eq!(YEAR_9998_US, day_of(9999, 1, 1) * DAY_US - 1);
    }

    #[test]
    fn dates_count_up_day_by_day_over_a_cycle() {
        let mut last = date_of(-1);
        for day in 0..CYCLE_DAYS {
            let date = date_of(day);
            assert!(date > last && day_of(date.0, date.1, date.2) == day);
            last = date;
        }
        assert_eq!(date_of(day_of(10_000, 1, 1)), (10_000, 1, 1));
    }
}
