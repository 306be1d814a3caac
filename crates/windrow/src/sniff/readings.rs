//! Readings: formats in which a text may be a time, if it is not one in the declared format. A person chooses, never windrow.

use jiff::Timestamp;

use crate::event::{LocalTimes, TimeFormat, TimeReader, TimeRules, formats};

/// One way to read the values of a column as times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    /// The format as it is declared: `epoch_ms`, `%d/%m/%Y`.
    pub format: String,
    /// The first value read that way, as it is in the file.
    pub first: String,
    /// The time of the first value, in microseconds UTC.
    pub first_us: i64,
    /// How many of the values read that way.
    pub reads: usize,
    /// Whether it reads most of the values, and no other way reads more.
    pub plausible: bool,
}

impl Possible {
    /// The first value read that way, as RFC 3339 text.
    pub fn first_text(&self) -> String {
        Timestamp::from_microsecond(self.first_us)
            .map_or_else(|_| self.first_us.to_string(), |stamp| stamp.to_string())
    }

    /// Whether it reads dates without a time of day.
    pub fn is_of_days(&self) -> bool {
        let has_clock = ["%H", "%I", "%T", "%R"].iter().any(|hour| self.format.contains(hour));
        self.format == "date" || self.format.contains('%') && !has_clock
    }
}

/// The most values to look at, from the whole sample.
const LOOKED_AT: usize = 16;
/// The most formats to try.
const TRIED_MAX: usize = 16;

/// The formats in which `values` are times by `rules`: those that read the most values first, and of these the one that puts
/// the times closest together. Formats that give the same times count as one.
pub fn possible(values: &[&str], rules: &TimeRules) -> Vec<Possible> {
    let step = values.len().div_ceil(LOOKED_AT).max(1);
    let looked_at: Vec<&str> = values.iter().copied().step_by(step).collect();
    let mut tried: Vec<TimeFormat> = vec![rules.format.clone()];
    let mut found: Vec<(Possible, i64, Vec<Option<i64>>)> = Vec::new();
    for format in looked_at.iter().flat_map(|value| formats(value)) {
        if tried.len() > TRIED_MAX || tried.contains(&format) {
            continue;
        }
        tried.push(format.clone());
        // A time that the clock skipped or showed twice still counts as a time.
        let rules = TimeRules { format: format.clone(), local: LocalTimes::Earlier, ..rules.clone() };
        let Ok(reader) = TimeReader::new(&rules) else { continue };
        // Milliseconds read any number of seconds too, as a time in January 1970.
        let is_epoch = !matches!(format, TimeFormat::Iso | TimeFormat::Date | TimeFormat::Pattern(_));
        let looks_so = |value: &&str| !is_epoch || formats(value).contains(&format);
        let read = |value: &&str| {
            reader.read_plainly(value.as_bytes()).ok().filter(|_| looks_so(value)).map(|reading| reading.us)
        };
        let times: Vec<Option<i64>> = values.iter().map(read).collect();
        let Some(at) = times.iter().position(Option::is_some) else { continue };
        if found.iter().any(|(_, _, others)| *others == times) {
            continue;
        }
        let read = || times.iter().flatten().copied();
        let (first_us, last_us) = (read().min().unwrap_or(0), read().max().unwrap_or(0));
        let possible = Possible {
            format: format.written().to_owned(),
            first: values[at].to_owned(),
            first_us: times[at].unwrap_or(0),
            reads: read().count(),
            plausible: false,
        };
        found.push((possible, last_us.saturating_sub(first_us), times));
    }
    let most = found.iter().map(|(possible, ..)| possible.reads).max().unwrap_or(0);
    found.sort_by_key(|(possible, span_us, _)| (std::cmp::Reverse(possible.reads), *span_us));
    let judged = |(possible, ..): (Possible, i64, Vec<Option<i64>>)| Possible {
        plausible: possible.reads == most && most * 2 > values.len(),
        ..possible
    };
    found.into_iter().map(judged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Zone;

    fn read_in(zone: Zone, values: &[&str]) -> Vec<(String, String, usize, bool)> {
        let rules = TimeRules { zone, ..TimeRules::of(TimeFormat::Iso) };
        let one = |found: Possible| (found.format.clone(), found.first_text(), found.reads, found.plausible);
        possible(values, &rules).into_iter().map(one).collect()
    }

    fn read(values: &[&str]) -> Vec<(String, String, usize, bool)> {
        read_in(Zone::utc(), values)
    }

    fn one(format: &str, text: &str, reads: usize, plausible: bool) -> (String, String, usize, bool) {
        (format.into(), text.into(), reads, plausible)
    }

    #[test]
    fn a_date_that_may_be_two_is_shown_as_both() {
        let two = [
            one("%d/%m/%Y", "2024-02-01T00:00:00Z", 1, true),
            one("%m/%d/%Y", "2024-01-02T00:00:00Z", 1, true),
        ];
        assert_eq!(read(&["01/02/2024"]), two);
        let settled = read(&["01/02/2024", "13/02/2024"]);
        assert_eq!(settled[0], one("%d/%m/%Y", "2024-02-01T00:00:00Z", 2, true));
        assert_eq!(settled[1], one("%m/%d/%Y", "2024-01-02T00:00:00Z", 1, false));
    }

    #[test]
    fn the_bulk_of_the_values_decides() {
        let mut values = vec!["N/A", "unknown"];
        values.extend(["12/31/1985 23:59", "12/30/1985 1:05", "02/03/1986 00:00"].repeat(5));
        let found = read(&values);
        assert_eq!(found[0], one("%m/%d/%Y %H:%M", "1985-12-31T23:59:00Z", 15, true));
        assert!(found[1..].iter().all(|other| !other.3), "{found:?}");
        assert!(read(&["N/A", "N/A", "12/31/1985"]).iter().all(|found| !found.3));
    }

    #[test]
    fn a_number_that_is_a_time_of_our_days_in_another_unit_is_not_read() {
        let found = read(&["1704067200", "1704067201", "1704067202123"]);
        assert_eq!(found[0], one("epoch_s", "2024-01-01T00:00:00Z", 2, true));
        assert_eq!(found[1], one("epoch_ms", "2024-01-01T00:00:02.123Z", 1, false));
    }

    #[test]
    fn the_order_in_which_times_are_nearest_comes_first() {
        let found = read(&["17/06/09 20:10:40", "17/06/09 20:10:41", "17/06/10 00:00:00"]);
        assert_eq!(found[0], one("%y/%m/%d %H:%M:%S", "2017-06-09T20:10:40Z", 3, true));
        assert_eq!(found.len(), 2, "a third order has no month 17");
    }

    #[test]
    fn a_time_that_its_clock_skipped_tells_the_format_too() {
        let found = read_in(Zone::parse("Europe/Berlin").unwrap(), &["31/03/2024 01:30", "31/03/2024 02:30"]);
        assert_eq!(found[0], one("%d/%m/%Y %H:%M", "2024-03-31T00:30:00Z", 2, true));
    }

    #[test]
    fn a_number_is_shown_in_the_unit_that_gives_a_time_of_our_days() {
        for (text, format, time) in [
            ("1469679568", "epoch_s", "2016-07-28T04:19:28Z"),
            ("1469679568.5", "epoch_s", "2016-07-28T04:19:28.5Z"),
            ("1469679568123", "epoch_ms", "2016-07-28T04:19:28.123Z"),
            ("1469679568123456", "epoch_us", "2016-07-28T04:19:28.123456Z"),
            ("1469679568123456789", "epoch_ns", "2016-07-28T04:19:28.123456Z"),
            ("599616000", "epoch_s", "1989-01-01T00:00:00Z"),
            ("-599616000", "epoch_s", "1951-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(&[text]), [one(format, time, 1, true)]);
        }
        for text in ["5", "0.25", "12.5", "10.0.0.1", "127.0.0.1", "3.14159", "1,5", "-7"] {
            assert_eq!(read(&[text]), [], "{text}");
        }
    }

    #[test]
    fn common_layouts_are_known() {
        for (text, format, time) in [
            ("10/Oct/2000:13:55:36 -0700", "%d/%b/%Y:%H:%M:%S %z", "2000-10-10T20:55:36Z"),
            ("[10/Oct/2000:13:55:36 -0700]", "[%d/%b/%Y:%H:%M:%S %z]", "2000-10-10T20:55:36Z"),
            ("[10/Oct/2000:13:55:36", "[%d/%b/%Y:%H:%M:%S", "2000-10-10T13:55:36Z"),
            ("2024-01-02 03:04:05,123", "%Y-%m-%d %H:%M:%S,%f", "2024-01-02T03:04:05.123Z"),
            ("2024-01-02", "date", "2024-01-02T00:00:00Z"),
            ("20240102030405", "%Y%m%d%H%M%S", "2024-01-02T03:04:05Z"),
            ("20240102T030405Z", "%Y%m%dT%H%M%S%z", "2024-01-02T03:04:05Z"),
            ("13/02/2024 11:30 PM", "%d/%m/%Y %I:%M %p", "2024-02-13T23:30:00Z"),
            ("Tue, 02 Jan 2024 03:04:05 GMT", "%a, %d %b %Y %H:%M:%S %z", "2024-01-02T03:04:05Z"),
            ("Thu Jul 28 04:19:28 2016", "%a %b %d %H:%M:%S %Y", "2016-07-28T04:19:28Z"),
            ("Thu Jul 28 04:19:28 +0200 2016", "%a %b %d %H:%M:%S %z %Y", "2016-07-28T02:19:28Z"),
            ("Thu Jul 28 04:19:28 UTC 2016", "%a %b %d %H:%M:%S %z %Y", "2016-07-28T04:19:28Z"),
            ("2024/01/02 03:04:05 UTC", "%Y/%m/%d %H:%M:%S %z", "2024-01-02T03:04:05Z"),
            ("2024/01/02 03:04:05Z", "%Y/%m/%d %H:%M:%S%z", "2024-01-02T03:04:05Z"),
            ("2024/01/02T03:04+02:00", "%Y/%m/%dT%H:%M%z", "2024-01-02T01:04:00Z"),
            ("Jan 2, 2024 3:04:05 AM", "%b %d, %Y %I:%M:%S %p", "2024-01-02T03:04:05Z"),
            ("2 January 2024", "%d %B %Y", "2024-01-02T00:00:00Z"),
            ("02-Jan-24 03.04.05", "%d-%b-%y %H.%M.%S", "2024-01-02T03:04:05Z"),
            ("02.01.2024, 03:04", "%d.%m.%Y, %H:%M", "2024-01-02T03:04:00Z"),
            ("240131", "%y%m%d", "2024-01-31T00:00:00Z"),
        ] {
            let found = read(&[text]);
            assert_eq!(found.first(), Some(&one(format, time, 1, true)), "{text}: {found:?}");
        }
        assert_eq!(read(&["2024:01:02 03:04:05"])[0].0, "%Y:%m:%d %H:%M:%S");
        for text in [
            "10:20:30",
            "Open",
            "",
            "v1.2.3",
            "user 12",
            "12:30",
            "1-2-3",
            "É 2024-01-02",
            "2024-13-45",
            "100%",
        ] {
            assert_eq!(read(&[text]), [], "{text}");
        }
        assert_eq!(read(&[]), []);
    }
}
