use proptest::prelude::*;

use super::super::{TimeReader, TimeRules};
use super::*;

/// The formats of a text, as a job names them.
fn shown(text: &str) -> String {
    let shown = |format| match format {
        TimeFormat::Pattern(pattern) => pattern,
        other => format!("{other:?}"),
    };
    formats(text).into_iter().map(shown).collect::<Vec<_>>().join(" | ")
}

#[track_caller]
fn check(texts: &[(&str, &str)]) {
    for (text, expected) in texts {
        let expected = match *expected {
            "-" => "Iso | Date".to_owned(),
            pattern => format!("Iso | Date | {pattern}"),
        };
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_a_time_has_no_format() {
    let long = format!("2016-07-28{}", " ".repeat(TEXT_MAX));
    for text in ["", "x", "Monday", "-", "12 ü", &long] {
        assert_eq!(shown(text), "", "{text}");
    }
    assert_ne!(shown(&long[..TEXT_MAX]), "");
}

#[test]
fn numbers_are_epochs_of_some_unit() {
    for (text, expected) in [
        ("1", ""),
        ("12345678", "%Y%m%d | %d%m%Y | %m%d%Y"),
        ("146967956", "EpochS"),
        ("1469679568", "EpochS"),
        ("-1469679568.25", "EpochS"),
        ("14696795680", ""),
        ("146967956800", "EpochMs | %Y%m%d%H%M | %y%m%d%H%M%S"),
        ("1469679568000", "EpochMs"),
        ("14696795680000", "%Y%m%d%H%M%S"),
        ("146967956800000", "EpochUs"),
        ("1469679568000000", "EpochUs"),
        ("14696795680000000", "%Y%m%d%H%M%S%f"),
        ("146967956800000000", "EpochNs"),
        ("1469679568000000000", "EpochNs"),
        ("14696795680000000000", ""),
        ("28.07.2016", "%d.%m.%Y | %m.%d.%Y"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn dates_in_three_parts() {
    check(&[
        ("2016-07-28", "%Y-%m-%d"),
        ("2016/7/8", "%Y/%m/%d"),
        ("2016.07-28", "%Y.%m-%d"),
        ("2016%07%28", "%Y%%%m%%%d"),
        ("2016 Jul 8", "%Y %b %d"),
        ("2016-july-8", "%Y-%B-%d"),
        ("8/7/2016", "%d/%m/%Y | %m/%d/%Y"),
        ("28/07/16", "%y/%m/%d | %d/%m/%y | %m/%d/%y"),
        ("28-Jul-2016", "%d-%b-%Y"),
        ("28 July 16", "%d %B %y"),
        ("28Jul2016", "%d%b%Y"),
        ("Jul 28, 2016", "%b %d, %Y"),
        ("december 1 2016", "%B %d %Y"),
        ("[28.07.2016]", "[%d.%m.%Y] | [%m.%d.%Y]"),
        ("Thu, 28 Jul 2016", "%a, %d %b %Y"),
        ("thursday 2016-07-28", "%a %Y-%m-%d"),
        // Other numbers of digits, other words, other orders.
        ("2016-128-1", "-"),
        ("2016-07-128", "-"),
        ("2016-Jul-128", "-"),
        ("128-07-2016", "-"),
        ("28-07-201", "-"),
        ("28-Jul-201", "-"),
        ("8-7-6", "-"),
        ("28-07", "-"),
        ("2016-Foo-28", "-"),
        ("Foo 28 2016", "-"),
        ("Foo, 28 Jul 2016", "-"),
        ("Jul 128 2016", "-"),
        ("Jul 28 16", "-"),
        ("12:07:2016", "-"),
        ("12:Jul:2016", "-"),
    ]);
}

#[test]
fn dates_in_digits_alone() {
    for (text, expected) in
        [("160728", "%y%m%d | %d%m%y | %m%d%y"), ("20160728", "%Y%m%d | %d%m%Y | %m%d%Y"), ("1607281", "")]
    {
        assert_eq!(shown(text), expected, "{text}");
    }
    check(&[
        ("20160728T041928Z", "%Y%m%dT%H%M%S%z | %d%m%YT%H%M%S%z | %m%d%YT%H%M%S%z"),
        ("160728 0419", "%y%m%d %H%M | %d%m%y %H%M | %m%d%y %H%M"),
        ("20160728-4:19:28:123", "%Y%m%d-%H:%M:%S:%f | %d%m%Y-%H:%M:%S:%f | %m%d%Y-%H:%M:%S:%f"),
        ("20160728041928 UTC", "%Y%m%d%H%M%S %z"),
    ]);
}

#[test]
fn times_of_day_behind_dates() {
    let behind = |clock: &str, expected: &str| {
        let expected = if expected == "-" { "-".to_owned() } else { format!("%Y-%m-%d{expected}") };
        check(&[(&format!("2016-07-28{clock}"), &expected)]);
    };
    for (clock, expected) in [
        (" 04:19", " %H:%M"),
        ("T4:19", "T%H:%M"),
        ("t04:19", "t%H:%M"),
        (":04:19:28", ":%H:%M:%S"),
        (" 04.19.28", " %H.%M.%S"),
        (" 041928", " %H%M%S"),
        (" 0419", " %H%M"),
        (" 04:19:28.5", " %H:%M:%S%.f"),
        (" 04:19:28,123", " %H:%M:%S,%f"),
        (" 04:19:28:123", " %H:%M:%S:%f"),
        (" 041928.5", " %H%M%S%.f"),
        (" 4:19 PM", " %I:%M %p"),
        (" 4:19:28.5am", " %I:%M:%S%.f%p"),
        (" (04:19)", " (%H:%M)"),
        (" - 04:19", " - %H:%M"),
        (" 04:19:28.", " %H:%M:%S."),
        (" 04:19:", "-"),
        (" 04:19:8", "-"),
        (" 4:1", "-"),
        (" 4", "-"),
        (" 123:19", "-"),
        (" 12345", "-"),
        (" 04-19", "-"),
        (" 04:19.28", "-"),
        (" 04:19 XM", "-"),
        (" x04:19", "-"),
        ("T 04:19", "T %H:%M"),
        (" 04:19:28 hello", "-"),
    ] {
        behind(clock, expected);
    }
    // An offset may also stand behind a date alone.
    for (offset, expected) in [
        ("Z", "%z"),
        (" z", " %z"),
        (" UTC", " %z"),
        (" GMT", " %z"),
        ("+0200", "%z"),
        (" -02:30", " %z"),
        ("+02", "%z"),
        (" UTC+02", " UTC%z"),
        (" GMT-0230", " GMT%z"),
        (" +02:00]", " %z]"),
        (" PST", "-"),
        (" +2", "-"),
        (" +020", "-"),
        (" +02:3", "-"),
        (" +02:300", "-"),
        (" Z+02", "-"),
    ] {
        behind(
            &format!("T04:19:28{offset}"),
            &if expected == "-" { "-".to_owned() } else { format!("T%H:%M:%S{expected}") },
        );
    }
    check(&[("2016-07-28Z", "%Y-%m-%d%z"), ("2016-07-28 UTC", "%Y-%m-%d %z")]);
}

#[test]
fn the_year_may_stand_last() {
    check(&[
        ("Thu Jul 28 04:19:28 2016", "%a %b %d %H:%M:%S %Y"),
        ("Jul 8 4:19 PM 2016", "%b %d %I:%M %p %Y"),
        ("Thu Jul 28 04:19:28 UTC 2016", "%a %b %d %H:%M:%S %z %Y"),
        ("Thu Jul 28 04:19:28 +0200 2016", "%a %b %d %H:%M:%S %z %Y"),
        ("[Jul 28 04:19:28 2016]", "[%b %d %H:%M:%S %Y]"),
        ("Jul 28 04:19:28", "-"),
        ("Jul 28 04:19:28 16", "-"),
        ("Jul 128 04:19:28 2016", "-"),
        ("Jul 28 04:19:28 2016 x", "-"),
        ("Foo 28 04:19:28 2016", "-"),
    ]);
}

#[test]
fn a_time_of_day_is_no_date() {
    for text in ["04:19", "4:19:28", "04:19:28.5", "4:19 PM", "04:19:28 +02:00", "04:19Z"] {
        assert!(is_clock(text), "{text}");
    }
    for text in ["", "0419", "04.19", "041928.5", "4:1", "04:19 2016", "2016-07-28 04:19", "x 04:19", ":"] {
        assert!(!is_clock(text), "{text}");
    }
}

proptest! {
    /// One of the formats of a written time reads it as it was meant.
    #[test]
    fn one_of_the_formats_reads_the_time(
        (year, month, day) in (1970u32..2069, 1u32..=12, 1u32..=28),
        (hour, minute, second) in (0u32..24, 0u32..60, 0u32..60),
        layout in prop::sample::select(vec![
            "%Y-%m-%d %H:%M:%S", "%Y/%m/%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%y-%m-%d %H:%M:%S", "%d/%b/%Y:%H:%M:%S",
            "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%a %b %e %H:%M:%S %Y", "%B %d, %Y %H.%M.%S", "%a, %d %b %Y %H:%M:%S GMT", "%d-%b-%y %H:%M:%S",
        ]),
    ) {
        let part = |number: u32| i8::try_from(number).unwrap();
        let time = jiff::civil::date(i16::try_from(year).unwrap(), part(month), part(day)).at(part(hour), part(minute), part(second), 0);
        let text = time.strftime(layout).to_string();
        let us = time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_microsecond();
        let reads = |format| TimeReader::new(&TimeRules::of(format)).unwrap().read(text.as_bytes()).map(|read| read.us) == Ok(us);
        prop_assert!(formats(&text).into_iter().any(reads), "{text}: {}", shown(&text));
    }
}
