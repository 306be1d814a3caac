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
    // Berlin's clocks skip 02:00 on 2024-03-31 and show it twice on 2024-10-27. The hours since 00:00 UTC of the day before have 1, 2, 3, ...
    // events, so that a change is the number of hours between two windows.
    for (day, skipped_or_twice) in [(19_812, true), (20_022, false)] {
        let events = (0..72).map(|hour| (day * DAY_US + hour * HOUR_US, "a", hour as u64 + 1));
        let fixture = Fixture::new(events);
        let changes: Vec<Option<i64>> = rows(&fixture, &moving("1h", "Europe/Berlin", None, &["1d"]))
            .iter()
            .map(|row| row.split(' ').nth(2).unwrap().parse().ok())
            .collect();
        // The day after the change begins at 22:00 or 23:00 UTC, which is hour 46 or 47.
        let expected: Vec<Option<i64>> = (0..72)
            .map(|hour| match (hour, skipped_or_twice) {
                (..24, _) => None,
                // From 03:00 on the day with 23 hours to 01:59 on the next.
                (25..48, true) => Some(23),
                (48, true) => None,
                (24.., true) => Some(24),
                // From the second 02:00, at 01:00 UTC, to 02:00 on the next day, which is compared with the first 02:00.
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
    // In Beirut 2024-03-31 begins at 01:00, as the clock skips midnight. Each day has one event more than the day before.
    let beirut = Zone::parse("Asia/Beirut").unwrap();
    let days = 19_808..19_900;
    let events =
        days.clone().map(|day| (beirut.instant_us(day * DAY_US + 12 * HOUR_US), "a", (day - 19_807) as u64));
    let fixture = Fixture::new(events);
    let week = rows(&fixture, &moving("1d", "Asia/Beirut", None, &["1w"]));
    let change = |row: &String| row.split(' ').nth(2).unwrap().to_owned();
    assert!(
        week[..7].iter().all(|row| change(row).is_empty()) && week[7..].iter().all(|row| change(row) == "7"),
        "{week:?}"
    );
    let month = rows(&fixture, &moving("1d", "Asia/Beirut", Some("1mo"), &["1mo"]));
    // The first day is 2024-03-26. From 7 events on April 1 to 31 on April 25 the total is 25 × 19. April has no 31st day.
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
