//! Windows at both ends of time.

use super::*;

#[test]
fn windows_begin_in_year_1_and_end_in_9999() {
    for (every, zone, at, start, end) in [
        ("100y", "UTC", "0050-01-01T00:00Z", "0001-01-01T00:00:00Z", "0070-01-01T00:00:00Z"),
        ("1d", "America/New_York", "0001-01-01T04:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:02-04:56"),
        (
            "1y",
            "America/New_York",
            "9998-12-31T23:00Z",
            "9998-01-01T00:00:00-05:00",
            "9999-01-01T00:00:00-05:00",
        ),
        (
            "1y",
            "Europe/Berlin",
            "9998-12-31T23:30Z",
            "9999-01-01T00:00:00+01:00",
            "9999-12-30T01:00:00+01:00",
        ),
        (
            "3y",
            "Pacific/Kiritimati",
            "9998-12-31T23:30Z",
            "9998-01-01T00:00:00+14:00",
            "9999-12-30T14:00:00+14:00",
        ),
    ] {
        let windows = windows(every, zone);
        let window = windows.window_starting(windows.floor(us(at)));
        let labels = (windows.label(window.start_us), windows.label(window.end_us));
        assert_eq!(labels, (start.to_owned(), end.to_owned()), "{every} in {zone}");
    }
    let hopping = Windows::new(step("10m"), step("1h"), &Zone::utc());
    let of = |text: &str| {
        hopping.each_window_of(us(text)).map(|window| hopping.label(window.start_us)).collect::<Vec<_>>()
    };
    assert_eq!(of("0001-01-01T00:15Z"), ["0001-01-01T00:00:00Z", "0001-01-01T00:10:00Z"]);
    assert_eq!(of("9998-12-31T23:59Z").len(), 6);
}

/// Offsets of all signs and with seconds, at both ends of time.
#[test]
fn every_label_is_the_instant_that_it_was_made_of() {
    let ends = [FIRST_BOUNDARY_US, -3_000_000_000_000_000, YEAR_9998_US, LAST_BOUNDARY_US - 3 * DAY_US];
    for zone in ZONES.iter() {
        for every in ["10m", "1d", "1w", "1y", "7y"] {
            let windows = Windows::new(step(every), step(every), zone);
            for mut at_us in ends.map(|end| windows.floor(end)) {
                for _ in 0..4 {
                    let label = windows.label(at_us);
                    assert_eq!(us(&label), at_us, "{label} in {zone}");
                    assert!(label.len() <= "9998-12-31T23:59:59.999999+00:00".len(), "{label} in {zone}");
                    assert!(("0001".."9999~").contains(&&label[..4]), "{label} in {zone}");
                    at_us = windows.next(at_us);
                }
            }
        }
    }
}
