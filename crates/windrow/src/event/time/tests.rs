use proptest::prelude::*;

use super::*;
use crate::calendar::{YEAR_9998_US, Zone};

mod patterns;
mod reader;

fn reader(format: TimeFormat) -> TimeReader {
    TimeReader::new(&TimeRules::of(format)).unwrap()
}

#[track_caller]
fn check(format: TimeFormat, text: &str, expected: Result<&str, Reason>) {
    let reader = reader(format);
    let expected = expected.map(|instant| instant.parse::<jiff::Timestamp>().unwrap().as_microsecond());
    assert_eq!(reader.read(text.as_bytes()).map(|reading| reading.us), expected, "{text:?}");
    assert_eq!(reader.read(text.as_bytes()), reader.read_plainly(text.as_bytes()), "{text:?}");
}

#[test]
fn iso_layouts() {
    for (text, instant) in [
        ("2016-07-28T04:19:28Z", "2016-07-28T04:19:28Z"),
        ("2016-07-28 04:19:28z", "2016-07-28T04:19:28Z"),
        ("2016-07-28T04:19", "2016-07-28T04:19:00Z"),
        ("2016-07-28T04:19+02", "2016-07-28T02:19:00Z"),
        ("2016-07-28T04:19:28.5-0230", "2016-07-28T06:49:28.5Z"),
        ("2016-07-28T04:19:28+05:45", "2016-07-27T22:34:28Z"),
        ("2016-07-28T04:19:28-18:00", "2016-07-28T22:19:28Z"),
        ("2016-07-28T04:19:28.123456999Z", "2016-07-28T04:19:28.123456Z"),
        ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999Z"),
        (" \t2016-02-29T00:00:00.000Z ", "2016-02-29T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9998-12-31T23:59:59.999999+00:00", "9998-12-31T23:59:59.999999Z"),
        ("2000-02-29 23:59", "2000-02-29T23:59:00Z"),
    ] {
        check(TimeFormat::Iso, text, Ok(instant));
    }
}

#[test]
fn what_is_not_iso() {
    for text in [
        "",
        "now",
        "2016-7-8",
        "2016-07-28",
        "2016-07-28T4:19:28Z",
        "2016-07-28T24:00:00Z",
        "2016-07-28T23:59:60Z",
        "2016-07-28T23:59:60.000Z",
        "2016-07-28T23:60:00Z",
        "2016-02-30T00:00:00Z",
        "2016-04-31T00:00:00Z",
        "2016-06-31T00:00:00Z",
        "2016-09-31T00:00:00Z",
        "2016-11-31T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2016-13-01T00:00:00Z",
        "2016-00-01T00:00:00Z",
        "2016-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2016-07-28t04:19:28Z",
        "2016-07-28T04:19:28.Z",
        "2016-07-28T04:19:28,5Z",
        "2016-07-28T04:19:28+18:01",
        "2016-07-28T04:19:28+1",
        "2016-07-28T04:19:28+02:0",
        "2016-07-28T04:19:28+02:",
        "2016-07-28T04:19:28+02:60",
        "2016-07-28T04:19:28ZZ",
        "2016-07-28T04:19:28 Z",
        "+2016-07-28T04:19:28Z",
        "2016-07-28T04:19:28.000",
        "2016/07/28T04:19:28Z",
        "2016-07-28T04:19:28+٠٢:00",
        "1469679568",
    ] {
        let expected =
            if text == "2016-07-28T04:19:28.000" { Ok("2016-07-28T04:19:28Z") } else { Err(Reason::BadTime) };
        check(TimeFormat::Iso, text, expected);
    }
    let last = reader(TimeFormat::Iso).read(b"9998-12-31T23:59:59.999999Z").unwrap();
    assert_eq!(last.us, YEAR_9998_US);
    check(TimeFormat::Iso, "9999-01-01T00:00:00+00:01", Ok("9998-12-31T23:59:00Z"));
    for text in [
        "0001-01-01T00:00:00+01:00",
        "9998-12-31T23:59:59-01:00",
        "9999-01-01T00:00:00Z",
        "9999-12-31T23:59:59",
        "9999-12-31 23:59:59.999999-18:00",
    ] {
        check(TimeFormat::Iso, text, Err(Reason::OutOfRange));
    }
}

#[test]
fn epochs() {
    check(TimeFormat::EpochS, "1469679568", Ok("2016-07-28T04:19:28Z"));
    check(TimeFormat::EpochMs, "1469679568123", Ok("2016-07-28T04:19:28.123Z"));
    check(TimeFormat::EpochUs, "-1", Ok("1969-12-31T23:59:59.999999Z"));
    check(TimeFormat::EpochNs, "-1", Ok("1969-12-31T23:59:59.999999Z"));
    check(TimeFormat::EpochMs, "0", Ok("1970-01-01T00:00:00Z"));
    check(TimeFormat::EpochS, "1704067200.123", Ok("2024-01-01T00:00:00.123Z"));
    check(TimeFormat::EpochS, "-1.5", Ok("1969-12-31T23:59:58.5Z"));
    check(TimeFormat::EpochS, "-0.0000001", Ok("1969-12-31T23:59:59.999999Z"));
    check(TimeFormat::EpochS, "0.12345678", Ok("1970-01-01T00:00:00.123456Z"));
    check(TimeFormat::EpochMs, "-1.2345", Ok("1969-12-31T23:59:59.998765Z"));
    check(TimeFormat::EpochUs, "-1.0", Ok("1969-12-31T23:59:59.999999Z"));
    check(TimeFormat::EpochUs, "-1.1", Ok("1969-12-31T23:59:59.999998Z"));
    check(TimeFormat::EpochNs, "1999.9", Ok("1970-01-01T00:00:00.000001Z"));
    // The last digit is worth less than a nanosecond.
    check(TimeFormat::EpochS, "-0.0000000001", Ok("1969-12-31T23:59:59.999999Z"));
    check(TimeFormat::EpochS, "-0.00000000019", Ok("1969-12-31T23:59:59.999999Z"));
    check(TimeFormat::EpochS, "-0.00000000010", Ok("1969-12-31T23:59:59.999999Z"));
    check(TimeFormat::EpochS, "-0.0000000000", Ok("1970-01-01T00:00:00Z"));
    check(TimeFormat::EpochS, "0.0000000019", Ok("1970-01-01T00:00:00Z"));
    check(TimeFormat::EpochNs, "99999999999999999999", Err(Reason::OutOfRange));
    for text in
        ["", "-", "+1", "1.", ".5", "1.5.5", "-.5", "1.-5", "1e9", "1469679568123 1", "14696795681z3", "0x10"]
    {
        check(TimeFormat::EpochMs, text, Err(Reason::BadTime));
    }
    for text in ["9223372036854775807", "99999999999999999999", "253370764800000"] {
        check(TimeFormat::EpochMs, text, Err(Reason::OutOfRange));
    }
}

#[test]
fn a_bare_date_is_its_midnight() {
    check(TimeFormat::Date, "2024-02-29", Ok("2024-02-29T00:00:00Z"));
    for text in ["2024-02-30", "2024-2-3", "2024-02-03T00:00", "2024-02-03Z", "20240203", ""] {
        check(TimeFormat::Date, text, Err(Reason::BadTime));
    }
    check(TimeFormat::Date, "9999-12-31", Err(Reason::OutOfRange));
    let berlin = TimeRules { format: TimeFormat::Date, ..rules_in("Europe/Berlin", LocalTimes::Reject) };
    let read = TimeReader::new(&berlin).unwrap().read(b"2024-07-01").unwrap();
    assert_eq!(read, ReadTime { us: 1_719_784_800_000_000, local: true });
}

/// Each pattern with texts that it reads, and texts that it does not.
#[test]
fn patterns_say_how_many_digits_and_contradict_nothing() {
    let pattern = |text: &str| TimeFormat::Pattern(text.to_owned());
    for (layout, text, instant) in [
        ("%s%.f", "-1.5", "1969-12-31T23:59:58.5Z"),
        ("%s%.f", "-0.25", "1969-12-31T23:59:59.75Z"),
        ("%s.%f", "-1.0000001", "1969-12-31T23:59:58.999999Z"),
        ("%s", "-1", "1969-12-31T23:59:59Z"),
        ("%y/%m/%d %H:%M:%S", "17/06/09 20:10:40", "2017-06-09T20:10:40Z"),
        ("%y%m%d", "690101", "1969-01-01T00:00:00Z"),
        ("%y%m%d", "681231", "2068-12-31T00:00:00Z"),
        ("%Y/%m/%d", "0017/06/09", "0017-06-09T00:00:00Z"),
        ("%m/%d/%Y %I:%M:%S %p", "7/8/2016 12:00:01 am", "2016-07-08T00:00:01Z"),
        ("%m/%d/%Y %I:%M:%S %p", "7/8/2016 12:00:01 PM", "2016-07-08T12:00:01Z"),
        ("%m/%d/%Y %H:%M %p", "7/8/2016 13:00 PM", "2016-07-08T13:00:00Z"),
        ("%m/%d/%Y %H:%M %p", "7/8/2016 00:30 AM", "2016-07-08T00:30:00Z"),
        ("%FT%T%z", "2016-07-28T04:19:28+02", "2016-07-28T02:19:28Z"),
        ("%FT%T%z", "2016-07-28T04:19:28-0230", "2016-07-28T06:49:28Z"),
        ("%FT%T%z", "2016-07-28T04:19:28+02:00", "2016-07-28T02:19:28Z"),
        ("%FT%T%:z", "2016-07-28T04:19:28Z", "2016-07-28T04:19:28Z"),
        ("%FT%T%z", "2016-07-28T04:19:28+18:00", "2016-07-27T10:19:28Z"),
        ("%a %b %e %T %z %Y", "Thu Jul 28 04:19:28 +0000 2016", "2016-07-28T04:19:28Z"),
        ("%A, %d %B %Y", "thursday, 28 July 2016", "2016-07-28T00:00:00Z"),
        ("%Y-%j", "2024-366", "2024-12-31T00:00:00Z"),
        ("%Y-%m-%d %H:%M:%S%.f", "2016-07-28 04:19:28", "2016-07-28T04:19:28Z"),
    ] {
        check(pattern(layout), text, Ok(instant));
    }
    for (layout, text) in [
        ("%Y/%m/%d %H:%M:%S", "17/06/09 20:10:40"),
        ("%d/%m/%Y", "09/06/17"),
        ("%d/%m/%Y", "09/06/02017"),
        ("%d/%m/%Y %H:%M", "09/06/2017 :19"),
        ("%d/%m/%Y %H:%M", "09/06/2017 04:"),
        ("%s", ""),
        ("%Y-%m-%d", "+2016-07-28"),
        ("%y-%m-%d", "2016-07-28"),
        ("%m/%d/%Y %H:%M %p", "7/8/2016 13:00 AM"),
        ("%m/%d/%Y %H:%M %p", "7/8/2016 04:19 PM"),
        ("%m/%d/%Y %I:%M %p", "7/8/2016 13:00 PM"),
        ("%m/%d/%Y %I:%M %p", "7/8/2016 00:00 AM"),
        ("%FT%T%z", "2016-07-28T04:19:28+18:01"),
        ("%FT%T%z", "2016-07-28T04:19:28+2"),
        ("%FT%T%z", "2016-07-28T04:19:28"),
        ("%FT%T%z", "2016-07-28T04:19:28+02:60"),
        ("%a, %d %b %Y", "Wed, 28 Jul 2016"),
        ("%Y %F", "2017 2016-07-28"),
        ("%Y-%j", "2023-366"),
        ("%Y-%j", "2023-000"),
        ("%s%.f", "1.5x"),
        ("%s%.f", "--1"),
    ] {
        check(pattern(layout), text, Err(Reason::BadTime));
    }
    // An instant, and what a clock shows then: in UTC, where nothing else is said.
    for (layout, text, is_told) in [
        ("%Y-%m-%d %s", "2016-07-28 1469679568", true),
        ("%Y-%m-%d %s", "2016-07-27 1469679568", false),
        ("%Y-%m-%d %s", "2016-06-28 1469679568", false),
        ("%Y-%m-%d %s", "2016-02-31 1469679568", false),
        ("%y %j %s", "16 210 1469679568", true),
        ("%y %j %s", "16 211 1469679568", false),
        ("%s %H:%M:%S", "1469679568 04:19:28", true),
        ("%s %H:%M:%S", "1469679568 04:19:29", false),
        ("%s %H:%M:%S", "1469679568 04:20:28", false),
        ("%s %I %p", "1469679568 04 AM", true),
        ("%s %I %p", "1469679568 04 PM", false),
        ("%s %I %p", "1469679568 05 AM", false),
        ("%a %s", "Thu 1469679568", true),
        ("%a %s", "Fri 1469679568", false),
        ("%T%z %s", "06:19:28+02 1469679568", true),
        ("%T%z %s", "04:19:28+02 1469679568", false),
        ("%Y %s", "1969 -1", true),
        ("%Y %s", "1970 -1", false),
    ] {
        let instant = if text.ends_with("-1") { "1969-12-31T23:59:59Z" } else { "2016-07-28T04:19:28Z" };
        check(pattern(layout), text, if is_told { Ok(instant) } else { Err(Reason::BadTime) });
    }
    check(pattern("%s"), "99999999999999999999", Err(Reason::OutOfRange));
    check(pattern("%s"), "-99999999999999999999", Err(Reason::OutOfRange));
}

#[test]
fn local_times_reach_to_the_ends_of_the_years() {
    for local in [LocalTimes::Reject, LocalTimes::Earlier, LocalTimes::Later] {
        let read = |zone, text: &str| {
            TimeReader::new(&rules_in(zone, local)).unwrap().read(text.as_bytes()).map(|read| read.us)
        };
        let hour_us = 3_600_000_000;
        assert_eq!(read("Europe/Berlin", "9998-12-31T23:59:59.999999"), Ok(YEAR_9998_US - hour_us));
        assert_eq!(read("Asia/Tokyo", "9998-12-31T08:00"), Ok(YEAR_9998_US + 1 - 25 * hour_us));
        assert_eq!(read("America/New_York", "9998-12-31T18:59:59.999999"), Ok(YEAR_9998_US));
        assert_eq!(read("America/New_York", "9998-12-31T19:00"), Err(Reason::OutOfRange));
        assert_eq!(read("Asia/Tokyo", "9999-01-01T08:59:59.999999"), Ok(YEAR_9998_US));
        assert_eq!(read("America/New_York", "9999-12-31T23:59:59"), Err(Reason::OutOfRange));
        assert_eq!(read("Asia/Tokyo", "0001-01-01T00:00"), Err(Reason::OutOfRange));
        assert!(read("Asia/Tokyo", "0001-01-02T00:00").is_ok());
    }
}

fn rules_in(zone: &str, local: LocalTimes) -> TimeRules {
    TimeRules { zone: Zone::parse(zone).unwrap(), local, ..TimeRules::of(TimeFormat::Iso) }
}

#[test]
fn local_times_over_a_change_of_the_clock() {
    let read = |local, text: &str| {
        TimeReader::new(&rules_in("Europe/Berlin", local)).unwrap().read(text.as_bytes()).map(|r| r.us)
    };
    let us = |text: &str| Ok(text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
    assert_eq!(read(LocalTimes::Reject, "2024-03-31T02:30"), Err(Reason::LocalGap));
    assert_eq!(read(LocalTimes::Reject, "2024-10-27T02:30"), Err(Reason::LocalFold));
    assert_eq!(read(LocalTimes::Earlier, "2024-10-27T02:30"), us("2024-10-27T00:30:00Z"));
    assert_eq!(read(LocalTimes::Later, "2024-10-27T02:30"), us("2024-10-27T01:30:00Z"));
    assert_eq!(read(LocalTimes::Earlier, "2024-03-31T02:30"), us("2024-03-31T00:30:00Z"));
    assert_eq!(read(LocalTimes::Later, "2024-03-31T02:30"), us("2024-03-31T01:30:00Z"));
    assert_eq!(read(LocalTimes::Reject, "2024-10-27T02:30Z"), us("2024-10-27T02:30:00Z"));
    assert_eq!(read(LocalTimes::Reject, "2024-07-01T12:00:00"), us("2024-07-01T10:00:00Z"));
}

#[test]
fn believed_range() {
    let mut rules = rules_in("UTC", LocalTimes::Reject);
    rules.earliest_us = 0;
    rules.latest_us = 1_000_000;
    let reader = TimeReader::new(&rules).unwrap();
    assert_eq!(reader.read(b"1969-12-31T23:59:59Z"), Err(Reason::OutOfRange));
    assert!(reader.read(b"1970-01-01T00:00:01Z").is_ok());
    assert_eq!(reader.read(b"1970-01-01T00:00:01.000001Z"), Err(Reason::OutOfRange));
}

/// Every day of the fast table's years and beyond is where jiff puts it.
#[test]
fn every_day_agrees_with_jiff() {
    let reader = reader(TimeFormat::Iso);
    let mut day = jiff::civil::date(1890, 1, 1);
    while day.year() < 2170 {
        let text = format!("{day}T12:34:56Z");
        let us = day.at(12, 34, 56, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_microsecond();
        assert_eq!(reader.read(text.as_bytes()).unwrap().us, us, "{text}");
        day = day.tomorrow().unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// The fast way answers as the plain way does: on valid layouts with one byte changed, anywhere, to anything.
    #[test]
    fn fast_equals_plain(
        year in prop_oneof![4 => 1895u32..2160, 1 => 1u32..=9999],
        (month, day, hour, minute, second, fraction) in
            (0u32..=13, 0u32..=32, 0u32..=25, 0u32..=61, 0u32..=61, 0u32..1_000_000),
        separator in prop::sample::select(vec!["T", " ", "t", "_"]),
        tail in prop::sample::select(vec!["", "Z", "z", ".FFFZ", ".FFFFFFZ", ".F", "+02:00", "-18:00", "+18:30", "+0530"]),
        damage in prop::option::weighted(0.5, (0usize..30, any::<u8>())),
    ) {
        let fraction = format!("{fraction:06}");
        let tail = tail.replace("FFFFFF", &fraction).replace("FFF", &fraction[..3]).replace('F', &fraction[..1]);
        let mut text = format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}{tail}").into_bytes();
        if let Some((at, byte)) = damage {
            let at = at % text.len();
            text[at] = byte;
        }
        let reader = reader(TimeFormat::Iso);
        prop_assert_eq!(reader.read(&text), reader.read_plainly(&text), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn fast_epochs_equal_plain(number in any::<i64>(), cut in 0u32..8, damage in prop::option::weighted(0.3, (0usize..20, any::<u8>()))) {
        let mut text = (number >> (cut * 8)).to_string().into_bytes();
        if let Some((at, byte)) = damage {
            let at = at % text.len();
            text[at] = byte;
        }
        let reader = reader(TimeFormat::EpochMs);
        prop_assert_eq!(reader.read(&text), reader.read_plainly(&text));
    }

    /// A reader that has read other times before answers as one that has not.
    #[test]
    fn what_was_read_before_does_not_matter(
        times in prop::collection::vec((0u32..4, 50u32..62, 0u32..62, prop::sample::select(vec!["Z", ".250Z", "+02:00", "", "z"])), 1..20),
    ) {
        let mut reader = reader(TimeFormat::Iso);
        for (hour, minute, second, tail) in times {
            let text = format!("2016-07-28T{hour:02}:{minute:02}:{second:02}{tail}");
            prop_assert_eq!(reader.read_next(text.as_bytes()), reader.read_plainly(text.as_bytes()), "{}", text);
        }
    }

    #[test]
    fn epochs_read_before_do_not_matter(
        times in prop::collection::vec((0u64..3, 0u64..200_000, prop::option::weighted(0.2, 0usize..13)), 1..20),
    ) {
        let mut reader = reader(TimeFormat::EpochMs);
        for (hundreds, ms, damage) in times {
            let mut text = (1_469_679_500_000 + hundreds * 100_000 + ms).to_string().into_bytes();
            if let Some(at) = damage {
                text[at] = b'x';
            }
            prop_assert_eq!(reader.read_next(&text), reader.read_plainly(&text), "{:?}", text);
        }
    }
}
