//! Steps: the lengths of windows, fixed (`10m`) or by the calendar (`1mo`).

use std::fmt;
use std::str::FromStr;

use super::civil::DAY_US;
use crate::error::{Error, Result};
use crate::text::escape::for_people;

/// A number of units: `10m`, `6h`, `1d`, `2w`, `1mo`, `1q`, `1y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of units, at least 1.
    pub n: u32,
    /// The unit.
    pub unit: Unit,
}

/// The units of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`, of 23, 24 or 25 hours
    Day,
    /// `w`, from a Monday
    Week,
    /// `mo`
    Month,
    /// `q`
    Quarter,
    /// `y`
    Year,
}

/// The length of a step, in the smallest unit that its clock or calendar counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Microseconds.
    Fixed(i64),
    /// Days of the calendar.
    Days(i64),
    /// Months of the calendar.
    Months(i64),
}

/// The longest steps: 366 days by the clock, 100 years by the calendar.
const FIXED_MAX_US: i64 = 366 * DAY_US;
const DAYS_MAX: i64 = 36_600;
const MONTHS_MAX: i64 = 1_200;

impl Step {
    /// The length.
    pub fn length(self) -> Length {
        let n = i64::from(self.n.max(1));
        match self.unit {
            Unit::Millisecond => Length::Fixed(n * 1_000),
            Unit::Second => Length::Fixed(n * 1_000_000),
            Unit::Minute => Length::Fixed(n * 60_000_000),
            Unit::Hour => Length::Fixed(n * 3_600_000_000),
            Unit::Day => Length::Days(n),
            Unit::Week => Length::Days(n * 7),
            Unit::Month => Length::Months(n),
            Unit::Quarter => Length::Months(n * 3),
            Unit::Year => Length::Months(n * 12),
        }
    }

    /// The length of a fixed step in microseconds; `None` for calendar steps.
    pub fn fixed_us(self) -> Option<i64> {
        match self.length() {
            Length::Fixed(us) => Some(us),
            _ => None,
        }
    }

    /// How many times `every` fits into this step; 0 if that is not a whole number, or if the two are of different kinds.
    pub fn steps_of(self, every: Step) -> u32 {
        let (size, every) = match (self.length(), every.length()) {
            (Length::Fixed(size), Length::Fixed(every))
            | (Length::Days(size), Length::Days(every))
            | (Length::Months(size), Length::Months(every)) => (size, every),
            _ => return 0,
        };
        if size % every == 0 { u32::try_from(size / every).unwrap_or(u32::MAX) } else { 0 }
    }

    /// In words, to stand after "per": `hour`, `10 minutes`.
    pub fn words(self) -> String {
        let (_, unit, _) = self.unit.names();
        if self.n == 1 { unit.to_owned() } else { format!("{} {unit}s", self.n) }
    }
}

impl Unit {
    const ALL: [Unit; 9] = [
        Unit::Millisecond,
        Unit::Second,
        Unit::Minute,
        Unit::Hour,
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::Year,
    ];

    /// The unit of this symbol or word, which may be a plural.
    fn read(text: &str) -> Option<Unit> {
        Unit::ALL.into_iter().find(|unit| {
            let (symbol, word, short) = unit.names();
            let is_word = |word: &str| text.strip_prefix(word).is_some_and(|rest| matches!(rest, "" | "s"));
            text == symbol || is_word(word) || is_word(short)
        })
    }

    /// Its symbol, its word, and a shorter word.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Unit::Millisecond => ("ms", "millisecond", "milli"),
            Unit::Second => ("s", "second", "sec"),
            Unit::Minute => ("m", "minute", "min"),
            Unit::Hour => ("h", "hour", "hr"),
            Unit::Day => ("d", "day", "day"),
            Unit::Week => ("w", "week", "week"),
            Unit::Month => ("mo", "month", "month"),
            Unit::Quarter => ("q", "quarter", "quarter"),
            Unit::Year => ("y", "year", "yr"),
        }
    }
}

impl FromStr for Step {
    type Err = Error;

    /// Reads `500ms 30s 10m 6h 1d 2w 1mo 1q 1y`: a whole number from 1, then a unit, which may be a word: `10min`, `1 hour`.
    fn from_str(text: &str) -> Result<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (n, unit) = text.split_at(digits);
        let Some(unit) = Unit::read(unit.trim_start_matches(' ')) else {
            return Err(not_a_step(text, "write a whole number and a unit"));
        };
        if n.is_empty() || n.bytes().all(|digit| digit == b'0') {
            return Err(not_a_step(text, "write a whole number from 1 before the unit"));
        }
        let step = n.parse().map(|n| Step { n, unit });
        let fits = |step: &Step| match step.length() {
            Length::Fixed(us) => us <= FIXED_MAX_US,
            Length::Days(days) => days <= DAYS_MAX,
            Length::Months(months) => months <= MONTHS_MAX,
        };
        step.ok().filter(fits).ok_or_else(|| {
            let most = "at most 366 days for ms s m h, and 100 years for d w mo q y";
            Error::invalid(format!("`{text}` is too long a step")).with_help(most)
        })
    }
}

fn not_a_step(text: &str, advice: &str) -> Error {
    Error::invalid(format!("`{}` is not a length of time", for_people(text)))
        .with_help(format!("{advice}: 500ms 30s 10m 6h (by the clock) or 1d 1w 1mo 1q 1y (by the calendar)"))
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.n, self.unit.names().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_as_it_is_written() {
        for text in ["500ms", "30s", "10m", "6h", "1d", "2w", "1mo", "1q", "1y", "8784h", "100y"] {
            assert_eq!(text.parse::<Step>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn every_unit_has_a_length_and_words() {
        let days_us = 24 * 3_600_000_000;
        for (text, length, words) in [
            ("3ms", Length::Fixed(3_000), "3 milliseconds"),
            ("3s", Length::Fixed(3_000_000), "3 seconds"),
            ("1m", Length::Fixed(60_000_000), "minute"),
            ("72h", Length::Fixed(3 * days_us), "72 hours"),
            ("3d", Length::Days(3), "3 days"),
            ("3w", Length::Days(21), "3 weeks"),
            ("3mo", Length::Months(3), "3 months"),
            ("3q", Length::Months(9), "3 quarters"),
            ("1y", Length::Months(12), "year"),
        ] {
            let step: Step = text.parse().unwrap();
            assert_eq!((step.length(), step.words()), (length, words.to_owned()));
            let fixed_us = if let Length::Fixed(us) = length { Some(us) } else { None };
            assert_eq!(step.fixed_us(), fixed_us);
        }
    }

    #[test]
    fn steps_have_a_greatest_length() {
        for (longest, too_long) in
            [("31622400s", "31622401s"), ("36600d", "36601d"), ("1200mo", "1201mo"), ("400q", "401q")]
        {
            assert_eq!(longest.parse::<Step>().unwrap().to_string(), longest);
            let error = too_long.parse::<Step>().unwrap_err();
            assert_eq!(error.message(), format!("`{too_long}` is too long a step"));
        }
    }

    #[test]
    fn a_unit_may_be_a_word() {
        for (text, step) in [
            ("10min", "10m"),
            ("1 hour", "1h"),
            ("30secs", "30s"),
            ("2days", "2d"),
            ("1month", "1mo"),
            ("1 h", "1h"),
        ] {
            assert_eq!(text.parse::<Step>().unwrap().to_string(), step);
        }
    }

    #[test]
    fn anything_else_is_refused_with_advice() {
        for text in [
            "",
            "10",
            "m",
            "0m",
            "-1h",
            "1.5h",
            "hour",
            "1M",
            "1mins ",
            "1hss",
            "99999999999s",
            "8785h",
            "101y",
            "1µs",
        ] {
            let error = text.parse::<Step>().unwrap_err();
            assert_eq!(error.kind().exit_code(), 2, "{text}");
            assert!(error.help_text().is_some());
        }
    }

    #[test]
    fn a_size_is_a_whole_number_of_steps_of_its_kind() {
        let steps = |size: &str, every: &str| size.parse::<Step>().unwrap().steps_of(every.parse().unwrap());
        assert_eq!(steps("1h", "10m"), 6);
        assert_eq!(steps("1w", "1d"), 7);
        assert_eq!(steps("1y", "1q"), 4);
        for (size, every) in [("10m", "1h"), ("1h", "7m"), ("1d", "1h"), ("1mo", "1d"), ("24h", "1d")] {
            assert_eq!(steps(size, every), 0, "{size} of {every}");
        }
    }
}
