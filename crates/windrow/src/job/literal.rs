//! Literals of the job file that are more than a word: limits, single bytes, times.

use std::fmt;
use std::str::FromStr;

use super::RejectLimit;
use crate::calendar::{DAY_US, YEAR_9998_US, Zone};
use crate::error::{Error, Result};
use crate::event::{TimeFormat, TimeReader, TimeRules};
use crate::text::escape::for_people;
use crate::window::{FIRST_BOUNDARY_US, LAST_BOUNDARY_US};

impl FromStr for RejectLimit {
    type Err = Error;

    /// Reads `none`, a number of rows (`100`) or a share of the rows read (`0.1%`, up to four decimals).
    fn from_str(text: &str) -> Result<Self> {
        let limit = match text.strip_suffix('%') {
            _ if text == "none" => Some(RejectLimit::Unlimited),
            Some(percent) => {
                per_million(percent).map(|per_million| RejectLimit::Share { per_million, at_least: 0 })
            }
            None => whole(text).map(RejectLimit::Rows),
        };
        limit.ok_or_else(|| {
            Error::invalid(format!("`{}` is not a limit", for_people(text))).with_help(
                "write a share from \"0%\" to \"100%\" with at most four decimals, a number of rows (100), or \"none\"",
            )
        })
    }
}

impl fmt::Display for RejectLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RejectLimit::Unlimited => f.write_str("none"),
            RejectLimit::Rows(rows) => write!(f, "{rows}"),
            RejectLimit::Share { per_million, .. } => {
                let decimals = format!("{:04}", per_million % 10_000);
                let decimals = decimals.trim_end_matches('0');
                let point = if decimals.is_empty() { "" } else { "." };
                write!(f, "{}{point}{decimals}%", per_million / 10_000)
            }
        }
    }
}

/// `0.1` percent is 1,000 in a million.
fn per_million(percent: &str) -> Option<u32> {
    let (whole_part, decimals) = percent.split_once('.').unwrap_or((percent, "0"));
    if decimals.len() > 4 {
        return None;
    }
    let decimals: u64 = whole(&format!("{decimals:0<4}")).filter(|_| !decimals.is_empty())?;
    let per_million = whole(whole_part)?.checked_mul(10_000)?.checked_add(decimals)?;
    u32::try_from(per_million).ok().filter(|share| *share <= 1_000_000)
}

/// Digits alone; `parse` would take a sign.
fn whole(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The instant a literal names, in microseconds UTC, or the border of the time that windows cover which is nearest to it.
/// A date is its first instant; a time without an offset is read by the clock of `zone`.
pub(super) fn instant_us(text: &str, zone: &Zone) -> Result<i64> {
    let full = if is_date(text) { format!("{text}T00:00") } else { text.to_owned() };
    let rules = TimeRules { earliest_us: i64::MIN, latest_us: i64::MAX, ..TimeRules::of(TimeFormat::Iso) };
    let reading = TimeReader::new(&rules)?.read(full.as_bytes()).map_err(|_| {
        Error::invalid(format!("`{}` is not a time", for_people(text))).with_help(
            "write a date (2024-01-31) or a time (2024-01-31T12:00:00Z, 2024-01-31T12:00:00+01:00)",
        )
    })?;
    let us = if reading.local { zone.instant_us(reading.us) } else { reading.us };
    Ok(us.clamp(FIRST_BOUNDARY_US, LAST_BOUNDARY_US))
}

/// The instant that a person writes in a command: also a month (`2024-01`) or a year (`2024`), as reports show them.
pub(super) fn instant_of_person_us(text: &str, zone: &Zone) -> Result<i64> {
    let is_short = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match text.len() {
        4 if is_short => instant_us(&format!("{text}-01-01"), zone),
        7 if is_short => instant_us(&format!("{text}-01"), zone),
        _ => instant_us(text, zone),
    }
}

/// The last instant a literal names, in microseconds UTC: a date is its last microsecond by the clock of UTC.
pub(super) fn last_instant_us(text: &str) -> Result<i64> {
    let us = instant_us(text, &Zone::utc())?;
    Ok(if is_date(text) { us + DAY_US - 1 } else { us }.min(YEAR_9998_US))
}

fn is_date(text: &str) -> bool {
    text.len() == "2024-01-31".len() && !text.contains(':')
}
