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
        ["2016-07-28T04:19:28.5Z", "2016-07-28T04:19Z", "2016-07-28T04:19:28z", "1899-07-28T04:19:28Z"]
    {
        assert!(!is_fast("UTC", TimeFormat::Iso, text), "{text}");
    }
    assert!(is_fast("Europe/Berlin", TimeFormat::EpochMs, "1469679568123"));
    assert!(!is_fast("UTC", TimeFormat::EpochS, "1469679568"));
    let common_log = TimeFormat::Pattern(COMMON_LOG.to_owned());
    assert!(is_fast("UTC", common_log, "28/Jul/2016:04:19:28 +0200"));
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
