//! Moving views: the running total of a key within a period, and its change against the same window some time before. They are made
//! while windows are walked in order of time, so nothing is read for them.

use std::collections::VecDeque;

use arrow_schema::{DataType, Field};
use hashbrown::HashMap;

use crate::calendar::{DAY_US, Length, Step, Zone, date_of, day_of};
use crate::counts::{FastHash, KeyId};
use crate::job::{Moving, ReportSpec, column};
use crate::measure::Number;
use crate::window::Windows;

/// What is known of the windows before the one that a walk is at.
#[derive(Debug)]
pub(crate) struct Views {
    windows: Windows,
    zone: Zone,
    /// The periods in which totals run.
    periods: Option<Windows>,
    previous: Vec<Step>,
    /// The start of the first window; there is nothing before it.
    first_us: Option<i64>,
    /// The start of the period of the window.
    period_us: i64,
    totals: HashMap<KeyId, u64, FastHash>,
    /// The counts of the windows that hold events, back to the farthest that is compared with.
    past: VecDeque<(i64, Vec<(KeyId, u64)>)>,
    /// By `previous`: the counts of the window before; none if there was no such window.
    before: Vec<Option<Vec<(KeyId, u64)>>>,
}

impl Views {
    /// Those of `spec`, whose first window starts at `first_us`; without it at the first that the walk meets.
    pub(crate) fn of(spec: &ReportSpec, first_us: Option<i64>) -> Option<Self> {
        let Moving { cumulative, previous } = &spec.moving;
        if spec.moving == Moving::default() {
            return None;
        }
        let windows = spec.windows();
        let offset_us = spec.offset.and_then(Step::fixed_us).unwrap_or(0);
        Some(Views {
            periods: cumulative.map(|period| Windows::new(period, period, &spec.zone).later_by(offset_us)),
            windows,
            zone: spec.zone.clone(),
            previous: previous.clone(),
            first_us,
            period_us: i64::MIN,
            totals: HashMap::default(),
            past: VecDeque::new(),
            before: Vec::new(),
        })
    }

    /// Goes on to the window that starts at `start_us` and holds `counts`, in the order of their keys.
    pub(crate) fn enter(&mut self, start_us: i64, counts: impl Iterator<Item = (KeyId, u64)>) {
        let first_us = *self.first_us.get_or_insert(start_us);
        let counts: Vec<(KeyId, u64)> = counts.collect();
        if let Some(periods) = &self.periods {
            let period_us = periods.floor(start_us);
            if std::mem::replace(&mut self.period_us, period_us) != period_us {
                self.totals.clear();
            }
            for (key, n) in &counts {
                *self.totals.entry(*key).or_default() += n;
            }
        }
        if self.previous.is_empty() {
            return;
        }
        let starts = self.previous.iter().map(|step| earlier(start_us, *step, &self.windows, &self.zone));
        let starts: Vec<Option<i64>> = starts.map(|us| us.filter(|us| *us >= first_us)).collect();
        self.before.clear();
        for us in &starts {
            let counts = us.map(|us| match self.past.binary_search_by_key(&us, |(start_us, _)| *start_us) {
                Ok(at) => self.past[at].1.clone(),
                Err(_) => Vec::new(),
            });
            self.before.push(counts);
        }
        // Where a clock is put back the next window may look back a little farther than this one.
        let farthest_us = self.previous.iter().map(|step| start_us - about_us(*step) - DAY_US).min();
        while self.past.front().is_some_and(|(us, _)| Some(*us) < farthest_us) {
            self.past.pop_front();
        }
        if !counts.is_empty() {
            self.past.push_back((start_us, counts));
        }
    }

    /// What they say of `key`, which has `n` events in the window: the columns of [`fields`].
    pub(crate) fn of_key(&self, key: Option<KeyId>, n: u64) -> impl Iterator<Item = Number> + '_ {
        let total = key.and_then(|key| self.totals.get(&key)).copied().unwrap_or(0);
        let total = self.periods.is_some().then_some(Number::Whole(Some(signed(total))));
        let changes = self.before.iter().flat_map(move |before| {
            let before = before.as_ref().map(|counts| match key {
                Some(key) => counts.binary_search_by_key(&key, |(key, _)| *key).map_or(0, |at| counts[at].1),
                None => 0,
            });
            let change = before.map(|before| signed(n) - signed(before));
            let percent = before
                .filter(|before| *before > 0)
                .map(|before| ((n as f64 - before as f64) / before as f64 * 10_000.0).round() / 100.0);
            [Number::Whole(change), Number::Real(percent)]
        });
        total.into_iter().chain(changes)
    }

    /// The same where nothing is shown of a window.
    pub(crate) fn of_nothing(&self) -> impl Iterator<Item = Number> {
        let total = self.periods.is_some().then_some(Number::Whole(None));
        let changes = self.previous.iter().flat_map(|_| [Number::Whole(None), Number::Real(None)]);
        total.into_iter().chain(changes).collect::<Vec<_>>().into_iter()
    }
}

/// Where a walk has to begin for the views of the windows from `start_us` on.
pub(crate) fn begin_us(spec: &ReportSpec, start_us: i64) -> i64 {
    let windows = spec.windows();
    let offset_us = spec.offset.and_then(Step::fixed_us).unwrap_or(0);
    let period = spec
        .moving
        .cumulative
        .map(|period| Windows::new(period, period, &spec.zone).later_by(offset_us).floor(start_us));
    let before =
        spec.moving.previous.iter().map(|step| start_us.saturating_sub(about_us(*step) + 2 * DAY_US));
    windows.floor(before.chain(period).min().unwrap_or(start_us))
}

/// The columns of the moving views of `of`, a value or all that a row counts.
pub(crate) fn fields(of: &str, moving: &Moving) -> Vec<Field> {
    let names = column::of_moving(of, moving).into_iter();
    names
        .map(|(name, is_part)| {
            Field::new(name, if is_part { DataType::Float64 } else { DataType::Int64 }, true)
        })
        .collect()
}

/// The window that begins `step` before `start_us` on the clock; none where the clock skipped that, or no window begins then.
fn earlier(start_us: i64, step: Step, windows: &Windows, zone: &Zone) -> Option<i64> {
    let reading_us = zone.reading_us(start_us);
    let reading_us = match step.length() {
        Length::Fixed(us) => return Some(start_us - us).filter(|us| windows.floor(*us) == *us),
        Length::Days(days) => reading_us - days * DAY_US,
        Length::Months(months) => {
            let (year, month, day) = date_of(reading_us.div_euclid(DAY_US));
            let month = year * 12 + month - 1 - months;
            let date = day_of(month.div_euclid(12), month.rem_euclid(12) + 1, day);
            // There is no 30th of February.
            if date_of(date).2 != day {
                return None;
            }
            date * DAY_US + reading_us.rem_euclid(DAY_US)
        }
    };
    let us = zone.instant_us(reading_us);
    match windows.steps()[0].fixed_us() {
        Some(_) => (zone.reading_us(us) == reading_us && windows.floor(us) == us).then_some(us),
        // A day may begin later, where the clock skips its midnight.
        None => Some(windows.floor(us)),
    }
}

/// How long a step is at most, changes of the clock aside.
fn about_us(step: Step) -> i64 {
    match step.length() {
        Length::Fixed(us) => us,
        Length::Days(days) => days * DAY_US,
        Length::Months(months) => months * 31 * DAY_US,
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::View;
    use super::super::fixture::{Fixture, MINUTE_US, cells, spec};
    use super::*;
    use crate::job::Fill;

    const HOUR_US: i64 = DAY_US / 24;

    fn moving(every: &str, zone: &str, cumulative: Option<&str>, previous: &[&str]) -> ReportSpec {
        let step = |text: &&str| text.parse::<Step>().unwrap();
        let previous = previous.iter().map(step).collect();
        let moving = Moving { cumulative: cumulative.as_ref().map(step), previous };
        ReportSpec { moving, zone: Zone::parse(zone).unwrap(), ..spec(every, &[]) }
    }

    fn rows(fixture: &Fixture, spec: &ReportSpec) -> Vec<String> {
        let text = |row: Vec<String>| row[2..].join(" ");
        fixture.with_report(spec, |report| {
            cells(report.batches(View::Grid).unwrap()).into_iter().map(text).collect()
        })
    }

    #[test]
    fn totals_run_within_a_period_and_changes_are_against_the_window_before() {
        let hours = [(0, "a", 3), (1, "a", 5), (1, "b", 2), (24, "b", 1), (25, "a", 1), (25, "b", 4)];
        let fixture = Fixture::new(hours.map(|(hour, value, n)| (hour * HOUR_US, value, n)));
        let long = ReportSpec { fill: Some(Fill::None), ..moving("1h", "UTC", Some("1d"), &["1d", "1h"]) };
        let expected = [
            "a 3 3    ",
            "a 5 8   2 66.67",
            "b 2 2   2 ",
            "b 1 1 1  1 ",
            "a 1 1 -4 -80.0 1 ",
            "b 4 5 2 100.0 3 300.0",
        ];
        assert_eq!(rows(&fixture, &long), expected);

        let named = |fill| ReportSpec {
            fill: Some(fill),
            values: vec!["b".to_owned(), "never".to_owned()],
            ..long.clone()
        };
        let wide = rows(&fixture, &named(Fill::Zero));
        assert_eq!(wide.len(), 26);
        assert_eq!(wide[2], "0 0 0 0.0 2   -2 -100.0 0   0 ", "{wide:?}");
        assert_eq!(wide[25], "4 0 1 2.0 5 2 100.0 3 300.0 0 0  0 ");
        assert_eq!(rows(&fixture, &named(Fill::Null))[2], " ".repeat(13));
    }

    #[test]
    fn a_window_before_is_the_same_by_the_clock() {
        // Berlin's clocks skip 02:00 on 2024-03-31 and show it twice on 2024-10-27. The event of an hour is as many as its hour of UTC since
        // the day before at 00:00 UTC, and one.
        for (day, skipped_or_twice) in [(19_812, true), (20_022, false)] {
            let events = (0..72).map(|hour| (day * DAY_US + hour * HOUR_US, "a", hour as u64 + 1));
            let fixture = Fixture::new(events);
            let changes: Vec<Option<i64>> = rows(&fixture, &moving("1h", "Europe/Berlin", None, &["1d"]))
                .iter()
                .map(|row| row.split(' ').nth(2).unwrap().parse().ok())
                .collect();
            // Local midnight of the day after the change is at 22:00 or 23:00 of UTC, 46 or 47 hours on.
            let expected: Vec<Option<i64>> = (0..72)
                .map(|hour| match (hour, skipped_or_twice) {
                    (..24, _) => None,
                    // 03:00 to 24:00 of the day with 23 hours, and up to 01:59 of the next.
                    (25..48, true) => Some(23),
                    (48, true) => None,
                    (24.., true) => Some(24),
                    // From the second 02:00, at 01:00 of UTC, to the next 02:00, which is compared with the first.
                    (25..50, false) => Some(25),
                    (24.., false) => Some(24),
                })
                .collect();
            let at = |hour: usize| (changes[hour], expected[hour]);
            let wrong: Vec<_> =
                (0..72).filter(|hour| at(*hour).0 != at(*hour).1).map(|hour| (hour, at(hour))).collect();
            assert_eq!(wrong, [], "{day}");
        }
    }

    #[test]
    fn days_and_months_are_compared_with_those_of_the_calendar() {
        // A day of Beirut begins at 01:00 where its clock skips midnight, on 2024-03-31; each day has one event more.
        let beirut = Zone::parse("Asia/Beirut").unwrap();
        let days = 19_808..19_900;
        let events = days
            .clone()
            .map(|day| (beirut.instant_us(day * DAY_US + 12 * HOUR_US), "a", (day - 19_807) as u64));
        let fixture = Fixture::new(events);
        let week = rows(&fixture, &moving("1d", "Asia/Beirut", None, &["1w"]));
        let change = |row: &String| row.split(' ').nth(2).unwrap().to_owned();
        assert!(
            week[..7].iter().all(|row| change(row).is_empty())
                && week[7..].iter().all(|row| change(row) == "7"),
            "{week:?}"
        );
        let month = rows(&fixture, &moving("1d", "Asia/Beirut", Some("1mo"), &["1mo"]));
        // The first day is 2024-03-26: from 7 on the first of April to 31 on the 25th it is 25 × 19. There is no 31st of April.
        assert!(month[30].starts_with("a 31 475 "), "{}", month[30]);
        assert!(month[31].starts_with("a 32 507 31 "), "{}", month[31]);
        assert!(month[66].ends_with("  "), "{}", month[66]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn views_are_what_the_clock_says(
            counts in prop::collection::vec((0i64..400, prop::sample::select(vec!["a", "b"]), 1u64..9), 1..200),
            zone in prop::sample::select(vec!["UTC", "America/New_York", "Asia/Kathmandu"]),
            days in 1i64..3,
        ) {
            // 2024-03-08, two days before New York's clocks change.
            let start_us = 19_790 * DAY_US;
            let events = counts.iter().map(|(half, value, n)| (start_us + half * 30 * MINUTE_US, *value, *n));
            let fixture = Fixture::new(events);
            let step = format!("{days}d");
            let spec = ReportSpec { fill: Some(Fill::None), ..moving("1h", zone, Some("1d"), &[&step]) };
            let zone = Zone::parse(zone).unwrap();
            let rows = fixture.with_report(&spec, |report| cells(report.batches(View::Grid).unwrap()));
            let first_us: i64 = rows[0][0].parse().unwrap();
            let count = |us: i64, key: &str| -> u64 {
                rows.iter().filter(|row| row[0] == us.to_string() && row[2] == key).map(|row| row[3].parse::<u64>().unwrap()).sum()
            };
            for row in &rows {
                let us: i64 = row[0].parse().unwrap();
                let day = |us: i64| zone.reading_us(us).div_euclid(DAY_US);
                let same_day = rows.iter().filter(|other| other[2] == row[2] && day(other[0].parse().unwrap()) == day(us));
                let total: u64 = same_day.filter(|other| other[0].parse::<i64>().unwrap() <= us).map(|other| other[3].parse::<u64>().unwrap()).sum();
                prop_assert_eq!(&row[4], &total.to_string());
                let reading_us = zone.reading_us(us) - days * DAY_US;
                let before = (-26..27).map(|quarter| us - days * DAY_US + quarter * HOUR_US / 4)
                    .find(|us| zone.reading_us(*us) == reading_us).filter(|us| *us >= first_us);
                let now: i64 = row[3].parse().unwrap();
                let change = before.map(|us| now - count(us, &row[2]) as i64);
                prop_assert_eq!(&row[5], &change.map_or(String::new(), |change| change.to_string()));
            }
        }
    }
}
