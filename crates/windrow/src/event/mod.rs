//! Events: reads the time of a record, and cleans its keys.

mod clean;
mod common_log;
mod iso;
mod pattern;
mod shape;
mod time;

pub(crate) use common_log::COMMON_LOG;
pub(crate) use shape::{formats, is_clock};
pub use time::{ReadTime, TimeReader};

use crate::calendar::{YEAR_1_US, YEAR_9998_US, Zone};
use crate::reject::Reason;

/// How the time column is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRules {
    /// The column.
    pub column: String,
    /// A second column, which is read after it and a space: for a date in one column and the time of day in another.
    pub beside: Option<String>,
    /// Its format.
    pub format: TimeFormat,
    /// The year of times whose pattern has none.
    pub year: Option<u32>,
    /// The zone of times without an offset.
    pub zone: Zone,
    /// How to treat a local time that the zone's clock skipped or showed twice.
    pub local: LocalTimes,
    /// Earlier times are rejects, in microseconds UTC.
    pub earliest_us: i64,
    /// Later times are rejects, in microseconds UTC.
    pub latest_us: i64,
}

impl TimeRules {
    /// Times in this format and in UTC, of all years that can be.
    pub(crate) fn of(format: TimeFormat) -> Self {
        TimeRules {
            column: "time".to_owned(),
            beside: None,
            format,
            year: None,
            zone: Zone::utc(),
            local: LocalTimes::Reject,
            earliest_us: YEAR_1_US,
            latest_us: YEAR_9998_US,
        }
    }

    /// The columns that hold the time.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.column).chain(&self.beside)
    }
}

/// A time in two columns, each with or without white space around it.
pub(crate) fn joined(time: &[u8], beside: &[u8]) -> Vec<u8> {
    [time.trim_ascii(), b" ", beside.trim_ascii()].concat()
}

/// The time that the path of a file gives all its rows.
#[derive(Clone, Debug)]
pub(crate) struct TimeOfPath {
    /// The column that it names.
    pub(crate) column: String,
    /// The text in the path.
    pub(crate) text: String,
    /// The time that was read from it.
    pub(crate) read: Result<ReadTime, Reason>,
}

/// The formats a time may be declared in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// `YYYY-MM-DD[T ]hh:mm[:ss[.digits]][Z|z|±hh|±hhmm|±hh:mm]`
    Iso,
    /// `YYYY-MM-DD`, which is that day's midnight.
    Date,
    /// A number of seconds since 1970 UTC, with a fraction or without.
    EpochS,
    /// A number of milliseconds since 1970 UTC.
    EpochMs,
    /// A number of microseconds since 1970 UTC.
    EpochUs,
    /// A number of nanoseconds since 1970 UTC.
    EpochNs,
    /// A strptime pattern.
    Pattern(String),
}

/// How to treat a local time that the zone's clock skipped (gap) or showed twice (fold).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LocalTimes {
    /// It is a reject.
    #[default]
    Reject,
    /// The earlier reading.
    Earlier,
    /// The later reading.
    Later,
}

/// How the values of a key are cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaning {
    /// Whether ASCII white space around the value is cut off.
    pub trim: bool,
    /// The case it is brought to.
    pub case: LetterCase,
}

impl Default for Cleaning {
    fn default() -> Self {
        Cleaning { trim: true, case: LetterCase::Keep }
    }
}

/// The case a value is brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LetterCase {
    /// As it is.
    #[default]
    Keep,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// Spark's `initcap`: lower case, and the first letter of each word in title case; words are separated by U+0020 alone.
    Title,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_be_in_two_columns() {
        let one = TimeRules { column: "Date".to_owned(), ..TimeRules::of(TimeFormat::Iso) };
        assert_eq!(one.columns().collect::<Vec<_>>(), ["Date"]);
        let two = TimeRules { beside: Some("Time".to_owned()), ..one };
        assert_eq!(two.columns().collect::<Vec<_>>(), ["Date", "Time"]);
        assert_eq!(joined(b" 2024-01-31\t", b"\n08:00 "), b"2024-01-31 08:00");
    }
}
