//! Windows against an oracle that asks jiff for the clock minute by minute, and at clock changes that happened.

mod ends;

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZoneDatabase};
use proptest::prelude::*;

use super::*;
use crate::calendar::{Length, YEAR_1_US, YEAR_9998_US};

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = crate::calendar::DAY_US;

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn step(text: &str) -> Step {
    text.parse().unwrap()
}

fn windows(every: &str, zone_name: &str) -> Windows {
    Windows::new(step(every), step(every), &zone(zone_name))
}

fn us(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_microsecond()
}

/// Labels of the boundaries in `[from, to]`.
fn labels(every: &str, zone_name: &str, from: &str, to: &str) -> Vec<String> {
    let windows = windows(every, zone_name);
    let first = windows.next(us(from) - 1);
    std::iter::successors(Some(first), |at| Some(windows.next(*at)))
        .take_while(|at| *at <= us(to))
        .map(|at| windows.label(at))
        .collect()
}

/// All zones, built once.
static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    TimeZoneDatabase::bundled()
        .available()
        .filter(|name| name.as_str() != "Etc/Unknown")
        .map(|name| zone(name.as_str()))
        .collect()
});

fn any_zone() -> impl Strategy<Value = Zone> {
    prop_oneof![
        1 => Just("UTC"),
        6 => prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns",
            "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Kwajalein", "America/Sao_Paulo", "Asia/Tehran",
        ])
    ]
    .prop_map(zone)
    .boxed()
    .prop_union((0..ZONES.len()).prop_map(|at| ZONES[at].clone()).boxed())
}

fn any_step() -> impl Strategy<Value = Step> {
    prop::sample::select(vec![
        "500ms", "1s", "7s", "1m", "7m", "10m", "15m", "30m", "45m", "1h", "90m", "2h", "6h", "7h", "24h",
        "1d", "2d", "7d", "1w", "2w", "1mo", "5mo", "1q", "1y", "3y", "100y",
    ])
    .prop_map(step)
}

/// What jiff says that the clock shows.
fn reading_us(zone: &Zone, us: i64) -> i64 {
    us + i64::from(zone.tz().to_offset(Timestamp::from_microsecond(us).unwrap()).seconds()) * 1_000_000
}

/// Whether a reading is a multiple of a step since 1970-01-01T00:00, or since Monday 1969-12-29.
fn is_mark(step: Step, reading_us: i64) -> bool {
    let clock: DateTime = Offset::UTC.to_datetime(Timestamp::from_microsecond(reading_us).unwrap());
    let days = reading_us.div_euclid(DAY_US);
    let is_midnight = reading_us.rem_euclid(DAY_US) == 0;
    match step.length() {
        Length::Fixed(length_us) => reading_us.rem_euclid(length_us) == 0,
        Length::Days(n) if step.unit == crate::calendar::Unit::Week => {
            is_midnight && (days + 3).rem_euclid(n) == 0
        }
        Length::Days(n) => is_midnight && days.rem_euclid(n) == 0,
        Length::Months(n) => {
            let months = (i64::from(clock.year()) - 1970) * 12 + i64::from(clock.month()) - 1;
            is_midnight && clock.day() == 1 && months.rem_euclid(n) == 0
        }
    }
}

/// The boundaries from `from_us` to `to_us` (whole minutes), by looking at the clock every minute.
fn boundaries_by_minute(step: Step, offset_us: i64, zone: &Zone, from_us: i64, to_us: i64) -> BTreeSet<i64> {
    let both = step.fixed_us().is_some_and(|us| us <= 3_600_000_000);
    let (mut shown, mut boundaries) = (HashSet::new(), BTreeSet::new());
    let mut before_us = reading_us(zone, from_us - 2 * DAY_US - MINUTE_US);
    for at_us in (from_us - 2 * DAY_US..=to_us).step_by(MINUTE_US as usize) {
        let now_us = reading_us(zone, at_us);
        let mut marks = Vec::from([now_us]);
        marks.extend((before_us + MINUTE_US..now_us).step_by(MINUTE_US as usize));
        for mark in marks.into_iter().filter(|mark| is_mark(step, *mark - offset_us)) {
            if (shown.insert(mark) || both) && at_us >= from_us {
                boundaries.insert(at_us);
            }
        }
        before_us = now_us;
    }
    boundaries
}

/// A time at most two days away from a change of the zone's clock since 1973 (whole minutes since then), or any.
fn near_change(zone: &Zone, pick: usize, away_minutes: i64) -> i64 {
    let changes: Vec<i64> =
        zone.stretches().iter().map(|stretch| stretch.start_us).filter(|us| *us > 1100 * DAY_US).collect();
    let change_us = if changes.is_empty() { 20_000 * DAY_US } else { changes[pick % changes.len()] };
    change_us.div_euclid(MINUTE_US) * MINUTE_US + away_minutes * MINUTE_US
}

#[test]
fn windows_say_what_they_are() {
    let windows = Windows::new(step("10m"), step("30m"), &zone("Asia/Kathmandu")).later_by(5 * MINUTE_US);
    assert_eq!((windows.offset_us(), windows.steps_per_window()), (5 * MINUTE_US, 3));
    assert_eq!(windows.steps(), [step("10m"), step("30m")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn boundaries_are_those_a_watcher_of_the_clock_sees(
        zone in any_zone(),
        every in any_step().prop_filter("whole minutes", |step| step.fixed_us().is_none_or(|us| us % MINUTE_US == 0)),
        pick in any::<usize>(),
        away_minutes in -2880..1440i64,
        offset_minutes in prop::sample::select(vec![0i64, 0, 1, 90, 360, 1439, -1440]),
    ) {
        let from_us = near_change(&zone, pick, away_minutes);
        let to_us = from_us + 3 * DAY_US / 2;
        let offset_us = offset_minutes * MINUTE_US;
        let windows = Windows::new(every, every, &zone).later_by(offset_us);
        let seen = boundaries_by_minute(every, offset_us, &zone, from_us, to_us);
        let mut made = BTreeSet::new();
        let mut at_us = windows.next(from_us - 1);
        while at_us <= to_us {
            made.insert(at_us);
            at_us = windows.next(at_us);
        }
        prop_assert_eq!(&seen, &made, "{} in {}", every, zone);
        prop_assert_eq!(windows.steps_between(from_us - 1, to_us), seen.len() as u64);
        for at_us in (from_us..to_us).step_by(37 * MINUTE_US as usize) {
            if let Some(floor_us) = seen.range(..=at_us).next_back() {
                prop_assert_eq!(windows.floor(at_us), *floor_us);
            }
        }
    }

    #[test]
    fn floor_next_and_previous_agree_at_any_time(
        zone in any_zone(), every in any_step(), at_us in YEAR_1_US..=YEAR_9998_US, near in any::<bool>(),
        pick in any::<usize>(), steps in 1..5000u32,
    ) {
        let at_us = if near {
            let stretches = zone.stretches();
            stretches[pick % stretches.len()].start_us.max(YEAR_1_US) + at_us.rem_euclid(2 * DAY_US)
        } else {
            at_us
        };
        let windows = Windows::new(every, every, &zone);
        let floor_us = windows.floor(at_us);
        let next_us = windows.next(at_us);
        prop_assert!(floor_us <= at_us && at_us < next_us, "{floor_us} {at_us} {next_us}");
        prop_assert_eq!(windows.floor(floor_us), floor_us);
        prop_assert_eq!(windows.floor(next_us), next_us);
        prop_assert_eq!(windows.floor(next_us - 1), floor_us);
        prop_assert_eq!(windows.next(floor_us), next_us);
        prop_assert_eq!(windows.previous(next_us), floor_us);
        if floor_us > FIRST_BOUNDARY_US {
            prop_assert!(windows.previous(floor_us) < floor_us);
            prop_assert_eq!(windows.next(windows.previous(floor_us)), floor_us);
        }
        let later_us = windows.advance(at_us, steps);
        let made = windows.steps_between(at_us, later_us);
        prop_assert!(made == u64::from(steps) || later_us == LAST_BOUNDARY_US && made < u64::from(steps));
        prop_assert_eq!(windows.steps_between(at_us, later_us - 1), made - 1);
        prop_assert_eq!(windows.steps_between(later_us, at_us), 0);
        prop_assert_eq!(windows.floor(later_us), later_us);
        let walked_us = (0..steps % 50 + 1).fold(at_us, |us, _| windows.next(us));
        prop_assert_eq!(windows.advance(at_us, steps % 50 + 1), walked_us);
    }

    #[test]
    fn fixed_steps_and_days_in_utc_are_plain_division(
        n in 1..2000u32, minutes in any::<bool>(), at_us in YEAR_1_US..=YEAR_9998_US,
    ) {
        let unit = if minutes { "m" } else { "d" };
        let length_us = i64::from(n) * if minutes { MINUTE_US } else { DAY_US };
        let windows = windows(&format!("{n}{unit}"), "UTC");
        let floor_us = at_us.div_euclid(length_us) * length_us;
        prop_assert_eq!(windows.floor(at_us), floor_us.max(FIRST_BOUNDARY_US));
        prop_assert_eq!(windows.next(at_us), (floor_us + length_us).min(LAST_BOUNDARY_US));
        // A zone with changes of its clock long ago takes the general way to the same boundaries.
        if at_us > 0 {
            prop_assert_eq!(self::windows(&format!("{n}{unit}"), "Africa/Abidjan").floor(at_us.max(length_us)),
                at_us.max(length_us).div_euclid(length_us) * length_us);
        }
    }

    #[test]
    fn clocks_show_what_jiff_says_up_to_the_last_year(zone in any_zone(), at_us in YEAR_1_US..YEAR_9998_US - 2 * DAY_US) {
        prop_assert_eq!(zone.reading_us(at_us), reading_us(&zone, at_us));
        let first_us = zone.instant_us(zone.reading_us(at_us));
        prop_assert!(first_us <= at_us && zone.reading_us(first_us) >= zone.reading_us(at_us));
        prop_assert!(zone.reading_us(first_us - 1) < zone.reading_us(at_us));
    }

    #[test]
    fn overlapping_windows_of_an_instant_are_all_that_hold_it(
        zone in any_zone(), at_us in YEAR_1_US..=YEAR_9998_US, steps in 1..12u32, days in any::<bool>(),
    ) {
        let (every, unit) = if days { (step("1d"), crate::calendar::Unit::Day) } else { (step("1h"), crate::calendar::Unit::Hour) };
        let windows = Windows::new(every, Step { n: steps, unit }, &zone);
        let made: Vec<Window> = windows.each_window_of(at_us).collect();
        let steps_before = windows.steps_between(FIRST_BOUNDARY_US - 1, at_us);
        prop_assert_eq!(made.len() as u64, u64::from(steps).min(steps_before));
        for window in &made {
            prop_assert!(window.start_us <= at_us && at_us < window.end_us);
            prop_assert_eq!(windows.window_starting(window.start_us), *window);
            prop_assert_eq!(windows.steps_between(window.start_us, window.end_us), u64::from(steps));
        }
        prop_assert!(made.is_sorted());
        prop_assert_eq!(made[made.len() - 1].start_us, windows.floor(at_us));
    }
}

#[test]
fn clocks_of_far_years_repeat_the_rule_and_not_what_came_before_it() {
    // Casablanca's clock follows a table up to 2087.
    for name in ["Africa/Casablanca", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Gaza"]
    {
        let zone = zone(name);
        for from in ["2090-01-01T00:00Z", "2400-01-01T00:00Z", "2490-01-01T00:00Z", "9880-01-01T00:00Z"] {
            for at_us in (0..7_000).map(|days| us(from) + days * (6 * DAY_US + 1)) {
                assert_eq!(zone.reading_us(at_us), reading_us(&zone, at_us), "{name} at {at_us}");
            }
        }
    }
}

#[test]
fn no_instant_panics() {
    for zone in ZONES.iter().step_by(40) {
        for every in ["1ms", "1h", "8784h", "1d", "1w", "1mo", "100y"] {
            let windows = Windows::new(step(every), step(every), zone);
            for at_us in [i64::MIN, i64::MIN + 1, YEAR_1_US, 0, YEAR_9998_US, i64::MAX - 1, i64::MAX] {
                let floor_us = windows.floor(at_us);
                assert!(windows.next(floor_us) > floor_us || floor_us == LAST_BOUNDARY_US);
                windows.previous(floor_us);
                windows.advance(at_us, u32::MAX);
                zone.label(at_us);
                zone.instant_us(at_us);
            }
            windows.steps_between(i64::MIN, i64::MAX);
        }
    }
}

#[test]
fn days_in_berlin_have_23_24_or_25_hours() {
    let days = windows("1d", "Europe/Berlin");
    let hours = |day: &str| {
        let window = days.window_starting(days.floor(us(day)));
        (window.end_us - window.start_us) / 3_600_000_000
    };
    assert_eq!(hours("2024-03-30T12:00Z"), 24);
    assert_eq!(hours("2024-03-31T12:00Z"), 23);
    assert_eq!(hours("2024-10-27T12:00Z"), 25);
}

#[test]
fn a_skipped_hour_is_no_window_and_a_repeated_one_is_two() {
    let spring = labels("1h", "Europe/Berlin", "2024-03-31T00:00Z", "2024-03-31T02:00Z");
    assert_eq!(
        spring,
        ["2024-03-31T01:00:00+01:00", "2024-03-31T03:00:00+02:00", "2024-03-31T04:00:00+02:00"]
    );
    let autumn = labels("30m", "America/New_York", "2024-11-03T05:00Z", "2024-11-03T07:00Z");
    assert_eq!(
        autumn,
        [
            "2024-11-03T01:00:00-04:00",
            "2024-11-03T01:30:00-04:00",
            "2024-11-03T01:00:00-05:00",
            "2024-11-03T01:30:00-05:00",
            "2024-11-03T02:00:00-05:00"
        ]
    );
}

#[test]
fn steps_over_an_hour_follow_the_first_reading() {
    let nights = labels("6h", "Europe/Berlin", "2024-10-26T22:00Z", "2024-10-27T11:00Z");
    assert_eq!(
        nights,
        ["2024-10-27T00:00:00+02:00", "2024-10-27T06:00:00+01:00", "2024-10-27T12:00:00+01:00"]
    );
    // 02:00 shows twice: the window that begins with the first lasts three hours.
    let two = labels("2h", "Europe/Berlin", "2024-10-26T22:00Z", "2024-10-27T05:00Z");
    assert_eq!(
        two,
        [
            "2024-10-27T00:00:00+02:00",
            "2024-10-27T02:00:00+02:00",
            "2024-10-27T04:00:00+01:00",
            "2024-10-27T06:00:00+01:00"
        ]
    );
}

#[test]
fn lord_howe_moves_its_clock_by_half_an_hour() {
    let spring = labels("1h", "Australia/Lord_Howe", "2024-10-05T14:30Z", "2024-10-05T17:00Z");
    assert_eq!(
        spring,
        [
            "2024-10-06T01:00:00+10:30",
            "2024-10-06T02:30:00+11:00",
            "2024-10-06T03:00:00+11:00",
            "2024-10-06T04:00:00+11:00"
        ]
    );
    let autumn = labels("1h", "Australia/Lord_Howe", "2024-04-06T14:00Z", "2024-04-06T16:30Z");
    assert_eq!(
        autumn,
        ["2024-04-07T01:00:00+11:00", "2024-04-07T02:00:00+10:30", "2024-04-07T03:00:00+10:30"]
    );
}

#[test]
fn apia_has_no_30_december_2011() {
    let days = labels("1d", "Pacific/Apia", "2011-12-29T10:00Z", "2012-01-01T00:00Z");
    assert_eq!(days, ["2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"]);
    let quarters = labels("6h", "Pacific/Apia", "2011-12-30T04:00Z", "2011-12-30T16:00Z");
    assert_eq!(
        quarters,
        ["2011-12-29T18:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T06:00:00+14:00"]
    );
}

#[test]
fn calendar_steps_start_on_mondays_and_firsts() {
    let at = "2024-08-15T12:00Z";
    for (every, start, end) in [
        ("1w", "2024-08-12T00:00:00+02:00", "2024-08-19T00:00:00+02:00"),
        ("1mo", "2024-08-01T00:00:00+02:00", "2024-09-01T00:00:00+02:00"),
        ("1q", "2024-07-01T00:00:00+02:00", "2024-10-01T00:00:00+02:00"),
        ("1y", "2024-01-01T00:00:00+01:00", "2025-01-01T00:00:00+01:00"),
    ] {
        let windows = windows(every, "Europe/Berlin");
        let window = windows.window_starting(windows.floor(us(at)));
        assert_eq!(
            (windows.label(window.start_us), windows.label(window.end_us)),
            (start.into(), end.into())
        );
    }
    assert_eq!(windows("1y", "UTC").label(windows("1y", "UTC").next(YEAR_9998_US)), "9999-01-01T00:00:00Z");
}

#[test]
fn labels_are_the_local_time_with_its_offset() {
    assert_eq!(zone("utc").label(us("2016-07-28T00:10:00.5Z")), "2016-07-28T00:10:00.500Z");
    assert_eq!(zone("Asia/Kathmandu").label(us("2016-07-28T00:10:00Z")), "2016-07-28T05:55:00+05:45");
    assert_eq!(
        zone("Europe/London").label(us("2016-01-28T00:10:00.000007Z")),
        "2016-01-28T00:10:00.000007+00:00"
    );
    assert_eq!(zone("Europe/Berlin").label(us("1850-01-01T00:00:00Z")), "1850-01-01T00:53:00+00:53");
    assert_eq!(zone("America/New_York").label(YEAR_1_US), "0001-01-01T00:00:00Z");
}

#[test]
fn zones_are_found_by_name_and_the_nearest_is_proposed() {
    assert_eq!(zone("europe/berlin").name(), "Europe/Berlin");
    assert_eq!(*zone("UTC").tz(), jiff::tz::TimeZone::UTC);
    let help = |name: &str| Zone::parse(name).unwrap_err().help_text().unwrap().to_owned();
    assert_eq!(help("Europe/Berln"), "did you mean `Europe/Berlin`?");
    assert_eq!(help("new york"), "did you mean `America/New_York`?");
    for name in ["", "+02:00", "Etc/Unknown", "PST8", "local", "Mars/Olympus_Mons"] {
        assert_eq!(Zone::parse(name).unwrap_err().kind().exit_code(), 2, "{name}");
    }
}
