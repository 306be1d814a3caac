//! The reader of times: zones, the fast way, and times of paths.

use super::*;

/// The clock of Lord Howe Island is put forward and back by half an hour.
#[test]
fn local_times_over_half_an_hour() {
    let reader = TimeReader::new(&rules_in("Australia/Lord_Howe", LocalTimes::Reject)).unwrap();
    for (text, expected) in [
        ("2024-10-06T01:59:59.999999", Ok("2024-10-05T15:29:59.999999Z")),
        ("2024-10-06T02:00", Err(Reason::LocalGap)),
        ("2024-10-06T02:29:59.999999", Err(Reason::LocalGap)),
        ("2024-10-06T02:30", Ok("2024-10-05T15:30:00Z")),
        ("2024-04-07T01:29:59", Ok("2024-04-06T14:29:59Z")),
        ("2024-04-07T01:30", Err(Reason::LocalFold)),
        ("2024-04-07T01:59:59", Err(Reason::LocalFold)),
        ("2024-04-07T02:00", Ok("2024-04-06T15:30:00Z")),
    ] {
        let expected = expected.map(|text| text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
        assert_eq!(reader.read(text.as_bytes()).map(|read| read.us), expected, "{text}");
    }
}

#[test]
fn an_instant_agrees_with_the_clock_of_the_zone() {
    let rules = |zone| TimeRules {
        format: TimeFormat::Pattern("%s %H:%M:%S".to_owned()),
        ..rules_in(zone, LocalTimes::Reject)
    };
    for (zone, is_utc, told, wrong) in [
        ("UTC", true, "1469679568 04:19:28", "1469679568 06:19:28"),
        ("Europe/Berlin", false, "1469679568 06:19:28", "1469679568 04:19:28"),
    ] {
        let reader = TimeReader::new(&rules(zone)).unwrap();
        assert_eq!(reader.is_utc(), is_utc);
        assert_eq!(reader.read(told.as_bytes()).map(|read| read.us), Ok(1_469_679_568_000_000));
        assert_eq!(reader.read(wrong.as_bytes()), Err(Reason::BadTime));
    }
}

/// The fast way reads these: a test of its answers alone cannot tell.
#[test]
fn common_layouts_are_read_fast() {
    let is_fast = |zone, format: TimeFormat, text: &str| {
        let rules = TimeRules { format, ..rules_in(zone, LocalTimes::Reject) };
        TimeReader::new(&rules).unwrap().read_fast(text.as_bytes()).is_some()
    };
    for (tail, has_offset) in [
        ("Z", true),
        (".250Z", true),
        (".250125Z", true),
        ("+02:00", true),
        ("-18:00", true),
        (".250+05:45", true),
        ("", false),
        (".250", false),
        (".250125", false),
    ] {
        for joint in ["T", " "] {
            let text = format!("2016-07-28{joint}04:19:28{tail}");
            assert!(is_fast("UTC", TimeFormat::Iso, &text), "{text}");
            assert_eq!(is_fast("Europe/Berlin", TimeFormat::Iso, &text), has_offset, "{text}");
        }
    }
    for text in
        ["1900-01-01T00:00:00Z", "2016-02-29T23:00:00Z", "2016-12-31T00:59:59Z", "2155-12-31T23:59:59.999Z"]
    {
        assert!(is_fast("UTC", TimeFormat::Iso, text), "{text}");
    }
    for text in
        ["2016-07-28T04:19:28.5Z", "2016-07-28T04:19Z", "2016-07-28T04:19:28z", "1899-07-28T04:19:28Z"]
    {
        assert!(!is_fast("UTC", TimeFormat::Iso, text), "{text}");
    }
    assert!(is_fast("Europe/Berlin", TimeFormat::EpochMs, "1469679568123"));
    assert!(!is_fast("UTC", TimeFormat::EpochS, "1469679568"));
    let common_log = TimeFormat::Pattern(COMMON_LOG.to_owned());
    assert!(is_fast("UTC", common_log, "28/Jul/2016:04:19:28 +0200"));
}

/// A reader that has read another time, and one that has not, answer as the plain way does.
#[track_caller]
fn check_fast(reader: &TimeReader, before: &str, text: &[u8]) {
    let mut used = reader.clone();
    used.read_next(before.as_bytes()).unwrap();
    let (plain, shown) = (reader.read_plainly(text), String::from_utf8_lossy(text));
    assert_eq!(reader.read(text), plain, "{shown:?}");
    assert_eq!(used.read_next(text), plain, "{shown:?} after {before:?}");
}

#[test]
fn any_byte_at_any_place_is_read_as_the_plain_way_reads_it() {
    let layouts =
        ["", "Z", ".250", ".250Z", ".250125", ".250125Z", "+02:00", "-18:00", ".250+05:45", ".250125-00:30"];
    let iso = layouts.iter().map(|tail| (TimeFormat::Iso, format!("2016-07-28T04:19:28{tail}")));
    for (format, text) in iso.chain([(TimeFormat::EpochMs, "1469679568123".to_owned())]) {
        let reader = super::reader(format);
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut other = text.clone().into_bytes();
                other[at] = byte;
                check_fast(&reader, &text, &other);
            }
            check_fast(&reader, &text, &text.as_bytes()[..at]);
        }
        // Eight bytes are read as one word, so faults at the same place of two words must not cancel out.
        for (at, byte) in (0..8).flat_map(|at| [b'x', b':', b'/', b' ', 0, 0xFF].map(|byte| (at, byte))) {
            let mut other = text.clone().into_bytes();
            other[at] = byte;
            if let Some(second) = other.get_mut(at + 8) {
                *second = byte;
            }
            check_fast(&reader, &text, &other);
        }
    }
}

#[test]
fn any_two_digits_are_read_as_the_plain_way_reads_them() {
    let reader = super::reader(TimeFormat::Iso);
    for layout in [
        "##16-02-29T04:19:28Z",
        "19##-02-29T04:19:28Z",
        "20##-12-31T04:19:28Z",
        "21##-01-01T04:19:28Z",
        "2016-##-01T04:19:28Z",
        "2016-##-31T04:19:28Z",
        "2155-##-01T04:19:28Z",
        "2016-02-##T04:19:28Z",
        "2015-02-##T04:19:28Z",
        "2016-12-##T04:19:28Z",
        "2016-07-28T##:19:28Z",
        "2016-07-28T04:##:28Z",
        "2016-07-28T04:19:##Z",
        "2016-07-28T04:19:##.250Z",
        "2016-07-28T04:19:28.##5Z",
        "2016-07-28T04:19:28.0##Z",
        "2016-07-28T04:19:28.2501##Z",
        "2016-07-28T04:19:28.25##01Z",
        "2016-07-28T04:19:28+##:00",
        "2016-07-28T04:19:28-##:01",
        "2016-07-28T04:19:28+17:##",
        "2016-07-28T04:19:28-18:##",
    ] {
        for number in 0..100 {
            let text = layout.replace("##", &format!("{number:02}"));
            check_fast(&reader, "2016-07-28T04:19:28Z", text.as_bytes());
        }
    }
    let reader = super::reader(TimeFormat::EpochMs);
    for number in 0..10_000 {
        for text in [
            format!("{number:04}679568123"),
            format!("1469{number:04}68123"),
            format!("146967956{number:04}"),
        ] {
            check_fast(&reader, "1469679568123", text.as_bytes());
        }
    }
}

#[test]
fn a_time_of_the_path_is_the_only_one() {
    let told = "2016-07-28T04:19Z";
    let reader = super::reader(TimeFormat::Iso).of_path("date", told);
    let of_path = reader.in_path().unwrap();
    assert_eq!((of_path.column.as_str(), of_path.text.as_str()), ("date", told));
    assert_eq!(of_path.read, Ok(ReadTime { us: 1_469_679_540_000_000, local: false }));
    for text in ["2016-07-28T04:19:28Z", "2016-07-28T04:19:28+02", told, ""] {
        assert_eq!(reader.read(text.as_bytes()), Err(Reason::BadTime), "{text}");
    }
    let bad = super::reader(TimeFormat::Iso).of_path("date", "yesterday");
    assert_eq!(bad.in_path().map(|of_path| of_path.read), Some(Err(Reason::BadTime)));
    assert!(super::reader(TimeFormat::Iso).in_path().is_none());
}
