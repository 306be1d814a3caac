//! Hours: events by day of the week and hour of the day, on the clock of the report.

use super::ReportData;
use crate::calendar::{DAY_US, Step, Unit};
use crate::window::Windows;

/// The same hour of all days of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Events in these hours.
    pub events: u64,
    /// How many such hours the report has.
    pub hours: u64,
}

/// The hours of a week: by day, the first a Monday, then by hour. Only whole hours count.
pub type Hours = [[Hour; 24]; 7];

/// A report with more hours than this (forty years) has no hours of the week.
const HOURS_MAX: u64 = 40 * 366 * 24;
/// With less there is nothing to compare.
const HOURS_MIN: u64 = 24;

const HOUR: Step = Step { n: 1, unit: Unit::Hour };
const HOUR_US: i64 = DAY_US / 24;

impl Hour {
    /// The mean events of an hour; none where there was no such hour.
    pub fn mean(self) -> Option<f64> {
        (self.hours > 0).then(|| self.events as f64 / self.hours as f64)
    }
}

impl ReportData {
    /// The hours of the week; none where the report has less than a day, or windows that are not parts of an hour.
    pub fn hours(&self) -> Option<Hours> {
        let zone = &self.spec.zone;
        let (first_us, end_us) = self.span_us()?;
        let hours = Windows::new(HOUR, HOUR, zone);
        let from_us = if hours.floor(first_us) == first_us { first_us } else { hours.next(first_us) };
        let in_report = hours.steps_between(from_us.min(end_us), hours.floor(end_us));
        if !(HOURS_MIN..=HOURS_MAX).contains(&in_report) {
            return None;
        }
        let mut week = Hours::default();
        let span_us = from_us..end_us;
        let mut panes = self.counts.events_by_pane(&span_us).peekable();
        let mut start_us = from_us;
        while start_us < end_us {
            let next_us = hours.next(start_us);
            if self.windows.floor(start_us) != start_us {
                return None;
            }
            let mut events = 0;
            while let Some((_, n)) = panes.next_if(|(pane_us, _)| *pane_us < next_us) {
                events += n;
            }
            if next_us <= end_us {
                let reading_us = zone.reading_us(start_us);
                // 1970-01-01 was a Thursday.
                let day = (reading_us.div_euclid(DAY_US) + 3).rem_euclid(7);
                let hour = reading_us.rem_euclid(DAY_US) / HOUR_US;
                let cell = &mut week[day as usize][hour as usize];
                *cell = Hour { events: cell.events + events, hours: cell.hours + 1 };
            }
            start_us = next_us;
        }
        Some(week)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, MINUTE_US, spec};
    use super::*;
    use crate::calendar::Zone;
    use crate::job::ReportSpec;

    /// 2016-10-29T00:00:00Z, a Saturday.
    const START_US: i64 = 17_103 * DAY_US;

    #[test]
    fn an_hour_that_the_clock_shows_twice_is_two() {
        // Berlin's clocks go back on Sunday at 01:00 UTC: 02:00 to 03:00 is there twice. An event every ten minutes, from Saturday
        // 00:00 of the zone to Monday 00:20.
        let events = (0..49 * 6 + 2).map(|at| (START_US - 2 * HOUR_US + at * 10 * MINUTE_US, "a", 1));
        let fixture = Fixture::new(events);
        let berlin = |every| ReportSpec { zone: Zone::parse("Europe/Berlin").unwrap(), ..spec(every, &[]) };
        fixture.with_report(&berlin("10m"), |report| {
            let week = report.hours().unwrap();
            assert_eq!(week[5][2], Hour { events: 6, hours: 1 });
            assert_eq!(week[6][2], Hour { events: 12, hours: 2 });
            assert_eq!(week[6][2].mean(), Some(6.0));
            assert_eq!(week[0][0], Hour::default(), "only whole hours");
            assert_eq!(week.iter().flatten().map(|hour| hour.hours).sum::<u64>(), 49);
            assert_eq!(week.iter().flatten().map(|hour| hour.events).sum::<u64>(), 49 * 6);
        });
        fixture.with_report(&berlin("1h"), |report| assert!(report.hours().is_some()));
        fixture.with_report(&berlin("2h"), |report| assert_eq!(report.hours(), None));
        fixture.with_report(&berlin("7m"), |report| assert_eq!(report.hours(), None));
        let short = Fixture::new((0..24 * 6 - 1).map(|at| (START_US + at * 10 * MINUTE_US, "a", 1)));
        short.with_report(&spec("10m", &[]), |report| assert_eq!(report.hours(), None));
    }
}
