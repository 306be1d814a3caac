//! Bars and ticks by hand, and that bars of any report hold whole windows.

use proptest::prelude::*;

use super::super::fixture::{Fixture, MINUTE_US, spec, step};
use super::*;
use crate::job::ReportSpec;

const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
/// 2016-10-29T00:00:00Z
const START_US: i64 = 17_103 * DAY_US;

/// The timeline of windows of `every` in `zone` in which the first and the last minute of `span_us` hold an event.
fn timeline(every: &str, zone: &str, span_us: [i64; 2], bars_max: usize) -> Timeline {
    let spec = ReportSpec { zone: Zone::parse(zone).unwrap(), ..spec(every, &[]) };
    let events = span_us.map(|us| (us, "Open", 1));
    Fixture::new(events).with_report(&spec, |report| report.timeline(bars_max))
}

fn shown(timeline: &Timeline, chars_per_bar: f64, room: f64) -> String {
    let ticks = timeline.ticks(chars_per_bar, room);
    ticks.iter().map(|tick| format!("{}:{}", tick.bar, tick.text)).collect::<Vec<_>>().join(" ")
}

#[test]
fn bars_have_natural_lengths() {
    // Windows, how long they go on, most bars; the length and the number of bars.
    for (every, span_us, bars_max, length, bars) in [
        ("10m", 2 * DAY_US, 288, "10m", 288),
        ("10m", 2 * DAY_US, 73, "1h", 48),
        ("10m", 6 * HOUR_US, 30, "30m", 12),
        ("10m", 100_000 * 10 * MINUTE_US, 73, "1mo", 24),
        ("10m", 100_000 * 10 * MINUTE_US, 240, "1w", 100),
        ("1m", 120 * MINUTE_US, 73, "2m", 60),
        ("45m", 4 * DAY_US, 40, "3h", 32),
        ("1d", 365 * DAY_US, 73, "1w", 53),
        ("1d", 366 * 20 * DAY_US, 73, "1y", 21),
        ("1mo", 366 * 5 * DAY_US, 40, "1q", 21),
        // No natural length holds whole windows of these.
        ("7m", 10 * HOUR_US, 40, "35m", 18),
        ("1w", 700 * DAY_US, 60, "2w", 51),
    ] {
        let timeline = timeline(every, "UTC", [START_US, START_US + span_us - MINUTE_US], bars_max);
        let found = (timeline.length.to_string(), timeline.bars.len());
        assert_eq!((found.0.as_str(), found.1), (length, bars), "{every} in {bars_max}");
    }
    let all_of_time = [crate::calendar::YEAR_1_US, START_US + 7_900 * 365 * DAY_US];
    for every in ["1m", "7m", "1d", "1y"] {
        let timeline = timeline(every, "Europe/Berlin", all_of_time, 100);
        assert!((2..=100).contains(&timeline.bars.len()), "{every}: {}", timeline.bars.len());
    }
}

#[test]
fn the_first_and_the_last_bar_may_be_partial() {
    let partial = |timeline: &Timeline| timeline.bars.iter().map(|bar| bar.is_partial).collect::<Vec<_>>();
    let span_us = [START_US + 20 * MINUTE_US, START_US + 3 * HOUR_US - MINUTE_US];
    let hours = timeline("10m", "UTC", span_us, 4);
    assert_eq!((hours.length, partial(&hours)), (step("1h"), vec![true, false, false]));
    assert_eq!(hours.bars[0].start_us, span_us[0]);
    let hours = timeline("10m", "UTC", [START_US, START_US + 2 * HOUR_US + MINUTE_US], 4);
    assert_eq!(partial(&hours), [false, false, true]);
    assert!(!timeline("10m", "UTC", span_us, 40).has_partial());
}

#[test]
fn days_of_a_zone_have_their_hours() {
    // Berlin's clocks went back on 2016-10-30: that day has 25 hours.
    let from_us = START_US - 2 * HOUR_US;
    let hours = timeline("10m", "Europe/Berlin", [from_us, from_us + 3 * DAY_US], 80);
    assert_eq!((hours.length, hours.bars.len()), (step("1h"), 73));
    assert_eq!(
        shown(&hours, 1.0, 80.0),
        "0:2016-10-29 12:12:00 24:2016-10-30 37:12:00 49:2016-10-31 61:12:00"
    );
    let days = timeline("10m", "Europe/Berlin", [from_us, from_us + 3 * DAY_US], 4);
    let lengths: Vec<i64> = days.bars.iter().map(|bar| (bar.end_us - bar.start_us) / HOUR_US).collect();
    assert_eq!((days.length, lengths), (step("1d"), vec![24, 25, 23]));
    assert_eq!(days.bars.iter().map(|bar| bar.is_partial).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn ticks_are_at_midnight_or_the_first_of_a_month() {
    for (every, span_us, bars_max, chars, ticks) in [
        ("1h", 2 * DAY_US, 73, 1.0, "0:2016-10-29 12:12:00 24:2016-10-30 36:12:00"),
        ("10m", 50 * MINUTE_US, 73, 14.0, "0:2016-10-29 1:00:10 2:00:20 3:00:30 4:00:40"),
        ("1d", 10 * DAY_US, 73, 7.0, "1:2016-10-30 3:2016-11-01 5:2016-11-03 7:2016-11-05"),
        ("1d", 60 * DAY_US, 73, 1.0, "3:2016-11 33:2016-12"),
        ("1d", 20 * DAY_US, 20, 1.0, "3:2016-11"),
        ("1w", 60 * 7 * DAY_US, 73, 1.0, "9:2017-01 22:2017-04 35:2017-07 48:2017-10"),
        ("1mo", 366 * 5 * DAY_US, 73, 1.0, "3:2017 15:2018 27:2019 39:2020 51:2021"),
    ] {
        let span_us = [START_US, START_US + span_us - MINUTE_US];
        let timeline = timeline(every, "UTC", span_us, bars_max);
        let room = timeline.bars.len() as f64 * chars;
        assert_eq!(shown(&timeline, chars, room.max(70.0)), ticks, "{every}");
    }
    // No midnight: the first time has its date.
    let from_us = START_US + 5 * HOUR_US;
    let morning = timeline("10m", "UTC", [from_us, from_us + 3 * HOUR_US - MINUTE_US], 20);
    assert_eq!(shown(&morning, 4.0, 75.0), "0:2016-10-29 05:00 6:06:00 12:07:00");
    // Neither a multiple of an hour nor room for more than the first time.
    let short = timeline("10m", "UTC", [from_us + 10 * MINUTE_US, from_us + 30 * MINUTE_US], 20);
    assert_eq!(shown(&short, 6.0, 20.0), "0:2016-10-29 05:10");
}

proptest! {
    #[test]
    fn bars_hold_whole_windows(
        minutes in prop::collection::vec(-60_000i64..60_000, 1..20),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]),
        every in prop::sample::select(vec!["1m", "7m", "10m", "45m", "1h", "5h", "6h", "1d", "3d", "1w", "1mo"]),
        bars_max in 2usize..100,
    ) {
        let spec = ReportSpec { zone: Zone::parse(zone).unwrap(), ..spec(every, &[]) };
        let events = minutes.iter().map(|minute| (START_US + minute * MINUTE_US, "Open", 1));
        Fixture::new(events).with_report(&spec, |report| {
            let timeline = report.timeline(bars_max);
            let bars = &timeline.bars;
            prop_assert!((1..=bars_max).contains(&bars.len()), "{} of {}", bars.len(), timeline.length);
            let windows = spec.windows();
            prop_assert!(bars.iter().all(|bar| windows.floor(bar.start_us) == bar.start_us));
            prop_assert!(bars.iter().skip(1).rev().skip(1).all(|bar| !bar.is_partial));
            prop_assert_eq!(Some((bars[0].start_us, bars[bars.len() - 1].end_us)), report.span_us());
            if timeline.length == spec.every {
                prop_assert_eq!(timeline.max(), report.per_window_of_all().max, "the peak is the highest window");
            }
            let chars = 75.0 / bars.len() as f64;
            let ticks = timeline.ticks(chars, 75.0);
            prop_assert!(ticks.windows(2).all(|two| two[0].bar < two[1].bar));
            let mut free = 0.0;
            for tick in &ticks {
                prop_assert!(tick.bar < bars.len() && tick.bar as f64 * chars >= free);
                free = tick.bar as f64 * chars + tick.text.len() as f64 + 1.0;
            }
            prop_assert!(free <= 76.0);
            Ok(())
        })?;
    }
}
