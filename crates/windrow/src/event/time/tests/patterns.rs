use super::*;

#[test]
fn patterns() {
    let pattern = |text: &str| TimeFormat::Pattern(text.to_owned());
    check(pattern("%d/%m/%Y %H:%M:%S"), "28/07/2016 04:19:28", Ok("2016-07-28T04:19:28Z"));
    check(pattern("%d/%m/%Y %H:%M:%S"), "28/07/2016 04:19:60", Err(Reason::BadTime));
    check(pattern("%Y %j %H:%M:%S"), "1960 160 04:19:59", Ok("1960-06-08T04:19:59Z"));
    check(pattern("%Y-%m-%d"), "2016-07-28", Ok("2016-07-28T00:00:00Z"));
    check(pattern("%d/%b/%Y:%H:%M:%S %z"), "28/Jul/2016:06:19:28 +0200", Ok("2016-07-28T04:19:28Z"));
    check(pattern("%s"), "1469679568", Ok("2016-07-28T04:19:28Z"));
    check(pattern("%s%.f"), "1469679568.25", Ok("2016-07-28T04:19:28.25Z"));
    check(pattern("%Y-%m-%d %H:%M:%S%.f"), "2016-07-28 04:19:28.1234567", Ok("2016-07-28T04:19:28.123456Z"));
    check(pattern("%Y%m%dT%H%M%S"), "20160728T235959", Ok("2016-07-28T23:59:59Z"));
    for (layout, text) in [
        ("%d/%m/%Y %H:%M:%S", "28/07/2016 23:59:60"),
        ("%Y%m%dT%H%M%S", "20160728T235960"),
        ("%Y%m%d%H%M%S", "20160728235960"),
        ("%d/%b/%Y:%H:%M:%S %z", "28/Jul/2016:06:19:60 +0200"),
    ] {
        check(pattern(layout), text, Err(Reason::BadTime));
    }
    check(pattern("%d/%m/%Y"), "07/28/2016", Err(Reason::BadTime));
    check(pattern("%d/%m/%Y"), "28/07/2016 x", Err(Reason::BadTime));
    check(pattern("%d/%m/%Y %I:%M %p"), "28/07/2016 04:19 PM", Ok("2016-07-28T16:19:00Z"));
    check(pattern("%Y-%m-%d %H"), "2016-07-28 05", Ok("2016-07-28T05:00:00Z"));
    check(pattern("%Y-%m-%d %H"), "2016-07-28 5", Ok("2016-07-28T05:00:00Z"));
    check(pattern("%Y-%m-%d %%Q"), "2016-07-28 %Q", Ok("2016-07-28T00:00:00Z"));
    // All parts that name an hour, or a day, have to agree.
    let hours = "%Y-%m-%d %H %I";
    check(pattern(hours), "2016-07-28 15 03", Ok("2016-07-28T15:00:00Z"));
    check(pattern(hours), "2016-07-28 00 12", Ok("2016-07-28T00:00:00Z"));
    for text in ["2016-07-28 15 04", "2016-07-28 15 15", "2016-07-28 00 00"] {
        check(pattern(hours), text, Err(Reason::BadTime));
    }
    for (text, expected) in [
        ("12 AM", Ok("2016-07-28T00:00:00Z")),
        ("12 PM", Ok("2016-07-28T12:00:00Z")),
        ("1 pm", Ok("2016-07-28T13:00:00Z")),
        ("0 AM", Err(Reason::BadTime)),
        ("13 PM", Err(Reason::BadTime)),
    ] {
        check(pattern("%Y-%m-%d %I %p"), &format!("2016-07-28 {text}"), expected);
    }
    for (text, expected) in [
        ("0001 001", Ok("0001-01-01T00:00:00Z")),
        ("0001 365", Ok("0001-12-31T00:00:00Z")),
        ("0001 366", Err(Reason::BadTime)),
        ("2016 366", Ok("2016-12-31T00:00:00Z")),
        ("2016 000", Err(Reason::BadTime)),
        ("0000 001", Err(Reason::BadTime)),
        ("0000 366", Err(Reason::BadTime)),
    ] {
        check(pattern("%Y %j"), text, expected);
    }
    for (bad, said) in [
        ("%H:%M", "does not name a day"),
        ("no day", "does not name a day"),
        ("%d/%m", "has no year"),
        ("%d", "does not name a day"),
        ("%Y-%m-%d %M", "only part of a clock"),
        ("%Y-%m-%d %H:%S", "only part of a clock"),
        ("%Y-%m-%d %H:%M%.f", "only part of a clock"),
        ("%Y-%m-%d %.f", "only part of a clock"),
        ("%Y-%m-%d %p", "only part of a clock"),
        ("%Y-%m-%d %I:%M", "only part of a clock"),
        ("%Q", "names of zones"),
        ("%Y-%m-%d %H:%M:%S %Q", "names of zones"),
        ("%Y-%m-%d %H:%M:%S %Z", "names of zones"),
        ("%Y-%m-%d %H:%M:%S[%:Q]", "names of zones"),
        ("%Y-%U-%d", "%U is not read"),
        ("%Y-%m-%d %", "a single %"),
    ] {
        let rules = TimeRules { format: pattern(bad), ..rules_in("UTC", LocalTimes::Reject) };
        let error = TimeReader::new(&rules).expect_err(bad);
        assert_eq!(error.kind().exit_code(), 2, "{bad}");
        assert!(error.message().contains(said), "{error}");
    }
}

/// A year is that of all times, and only of patterns that have none.
#[test]
fn patterns_without_a_year_have_the_declared_one() {
    let of = |pattern: &str, year| {
        let format = TimeFormat::Pattern(pattern.to_owned());
        TimeReader::new(&TimeRules { year: Some(year), format, ..rules_in("UTC", LocalTimes::Reject) })
    };
    for (pattern, year, text, instant) in [
        ("%b %d %H:%M:%S", 2005, "Jun  4 15:16:01", Some("2005-06-04T15:16:01Z")),
        ("%b %d %H:%M:%S", 2004, "Feb 29 00:00:00", Some("2004-02-29T00:00:00Z")),
        ("%b %d %H:%M:%S", 2005, "Feb 29 00:00:00", None),
        ("%j", 2004, "366", Some("2004-12-31T00:00:00Z")),
        ("%j", 2005, "366", None),
        ("%a %d/%m", 2005, "Tue 14/06", Some("2005-06-14T00:00:00Z")),
        ("%a %d/%m", 2005, "Mon 14/06", None),
    ] {
        let read = of(pattern, year).unwrap().read(text.as_bytes()).map(|reading| reading.us);
        let wanted = instant.map(|instant| instant.parse::<jiff::Timestamp>().unwrap().as_microsecond());
        let wanted = wanted.ok_or(Reason::BadTime);
        assert_eq!(read, wanted, "{pattern} {year} {text}");
    }
    for (pattern, said) in [
        ("%d/%m/%Y", "has a year, and another is declared"),
        ("%d/%m/%y", "has a year, and another is declared"),
        ("%s", "has a year, and another is declared"),
        ("%H:%M", "does not name a day"),
    ] {
        let error = of(pattern, 2005).expect_err(pattern);
        assert!(error.message().contains(said), "{error}");
    }
}
