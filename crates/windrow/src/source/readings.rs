//! Readings: what a text that is not a time in the declared format might be. For people to choose from, never chosen.

use jiff::Timestamp;

use crate::event::{LocalTimes, TimeFormat, TimeReader, TimeRules};

/// One way to read the values of a column as times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    /// The format as it is declared: `epoch_ms`, `%d/%m/%Y`.
    pub format: String,
    /// The first value read that way, in microseconds UTC.
    pub first_us: i64,
    /// How many of the values read that way.
    pub reads: usize,
    /// Whether all of them do, to times that an event log may hold.
    pub plausible: bool,
}

impl Possible {
    /// The first value read that way, as RFC 3339 text.
    pub fn first_text(&self) -> String {
        Timestamp::from_microsecond(self.first_us)
            .map_or_else(|_| self.first_us.to_string(), |stamp| stamp.to_string())
    }
}

/// 1990-01-01T00:00:00Z to 2100-01-01T00:00:00Z in microseconds: the times that an event log may hold.
const PLAUSIBLE_US: std::ops::Range<i64> = 631_152_000_000_000..4_102_444_800_000_000;

const EPOCHS: [(&str, TimeFormat); 4] = [
    ("epoch_s", TimeFormat::EpochS),
    ("epoch_ms", TimeFormat::EpochMs),
    ("epoch_us", TimeFormat::EpochUs),
    ("epoch_ns", TimeFormat::EpochNs),
];

/// Dates, what stands between date and time, times, and what may follow: every combination is tried.
const DATES: [&str; 21] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d/%b/%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%B %d, %Y",
    "%a, %d %b %Y",
    "%a %d %b %Y",
];
const JOINTS: [&str; 6] = ["", " ", "T", ":", ", ", "_"];
const TIMES: [&str; 8] =
    ["%H:%M:%S", "%H:%M:%S%.f", "%H:%M:%S,%f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M%S", "%H.%M.%S"];
const ENDS: [&str; 7] = ["", "%z", " %z", "Z", " UTC", " GMT", "%:z"];
const WHOLE: [&str; 2] = ["%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S UTC %Y"];

/// The ways in which the first of `values` reads as a time by `rules` with another format, the plausible ones first.
/// Ways that give the same times are one.
pub fn possible(values: &[&str], rules: &TimeRules) -> Vec<Possible> {
    let Some((first, _)) = values.split_first() else { return vec![] };
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for (name, format) in formats(first) {
        // A time that its clock skipped or showed twice is one all the same.
        let rules = TimeRules { format, local: LocalTimes::Earlier, ..rules.clone() };
        let Ok(reader) = TimeReader::new(&rules) else { continue };
        let read = |value: &str| reader.read(value.as_bytes()).ok().map(|reading| reading.us);
        let Some(first_us) = read(first) else { continue };
        let times: Vec<Option<i64>> = values.iter().map(|value| read(value)).collect();
        if seen.contains(&times) {
            continue;
        }
        let reads = times.iter().flatten().count();
        let plausible = reads == values.len() && times.iter().flatten().all(|us| PLAUSIBLE_US.contains(us));
        found.push(Possible { format: name, first_us, reads, plausible });
        seen.push(times);
    }
    found.sort_by_key(|possible| (!possible.plausible, std::cmp::Reverse(possible.reads)));
    found
}

/// Every format that `text` may be in. A space in a pattern reads no space too, and a number may have one before it,
/// so of the two only the pattern that looks like the text is tried.
fn formats(text: &str) -> impl Iterator<Item = (String, TimeFormat)> {
    let useless = if text.contains(' ') { "" } else { " " };
    let joints = JOINTS.into_iter().filter(move |joint| *joint != useless);
    let with_time = DATES.into_iter().flat_map(move |date| {
        let joined =
            joints.clone().flat_map(move |joint| TIMES.map(move |time| format!("{date}{joint}{time}")));
        joined.flat_map(|start| ENDS.map(move |end| format!("{start}{end}")))
    });
    let patterns = DATES.into_iter().chain(WHOLE).map(str::to_owned).chain(with_time);
    let epochs = EPOCHS.into_iter().map(|(name, format)| (name.to_owned(), format));
    epochs.chain(patterns.map(|pattern| (pattern.clone(), TimeFormat::Pattern(pattern))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{LocalTimes, YEAR_1_US, YEAR_9998_US};
    use crate::window::Zone;

    fn read(values: &[&str]) -> Vec<(String, String, usize, bool)> {
        read_in(Zone::utc(), values)
    }

    fn read_in(zone: Zone, values: &[&str]) -> Vec<(String, String, usize, bool)> {
        let rules = TimeRules {
            column: "time".into(),
            format: TimeFormat::Iso,
            zone,
            local: LocalTimes::Reject,
            earliest_us: YEAR_1_US,
            latest_us: YEAR_9998_US,
        };
        let one = |found: Possible| (found.format.clone(), found.first_text(), found.reads, found.plausible);
        possible(values, &rules).into_iter().map(one).collect()
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
    fn a_time_that_its_clock_skipped_tells_the_format_too() {
        let found = read_in(Zone::parse("Europe/Berlin").unwrap(), &["31/03/2024 01:30", "31/03/2024 02:30"]);
        assert_eq!(found[0], one("%d/%m/%Y %H:%M", "2024-03-31T00:30:00Z", 2, true));
    }

    #[test]
    fn a_number_is_shown_in_each_unit() {
        let found = read(&["1469679568123"]);
        assert_eq!(found[0], one("epoch_ms", "2016-07-28T04:19:28.123Z", 1, true));
        let formats: Vec<&str> = found.iter().map(|found| found.0.as_str()).collect();
        assert_eq!(formats, ["epoch_ms", "epoch_us", "epoch_ns"], "as seconds it is past the year 9999");
    }

    #[test]
    fn common_layouts_are_known() {
        for (text, format, time) in [
            ("10/Oct/2000:13:55:36 -0700", "%d/%b/%Y:%H:%M:%S %z", "2000-10-10T20:55:36Z"),
            ("2024-01-02 03:04:05,123", "%Y-%m-%d %H:%M:%S,%f", "2024-01-02T03:04:05.123Z"),
            ("2024-01-02", "%Y-%m-%d", "2024-01-02T00:00:00Z"),
            ("20240102030405", "%Y%m%d%H%M%S", "2024-01-02T03:04:05Z"),
            ("13/02/2024 11:30 PM", "%d/%m/%Y %I:%M %p", "2024-02-13T23:30:00Z"),
            ("Tue, 02 Jan 2024 03:04:05 GMT", "%a, %d %b %Y %H:%M:%S GMT", "2024-01-02T03:04:05Z"),
        ] {
            let found = read(&[text]);
            let wanted = one(format, time, 1, true);
            assert!(found.contains(&wanted), "{text}: {found:?}");
        }
        assert_eq!(read(&["Open"]), []);
        assert_eq!(read(&[]), []);
    }
}
