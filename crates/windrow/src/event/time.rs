//! Times: from the text of a field to an instant in microseconds since 1970 UTC.
//!
//! The plain reading of each format; [`iso`] is a faster way to the same answers for the common layouts.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::{LocalTimes, TimeFormat, TimeRules, iso};
use crate::error::{Error, Result};
use crate::reject::Reason;
use crate::window::civil::{DAY_US, date_of};

/// A time as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Microseconds since 1970 UTC; finer digits are cut down (floor).
    pub us: i64,
    /// Whether the text had no offset, so that the source's zone decided.
    pub local: bool,
}

/// Reads times by the rules of a job.
#[derive(Clone, Debug)]
pub struct TimeReader {
    format: TimeFormat,
    zone: TimeZone,
    zone_is_utc: bool,
    local: LocalTimes,
    earliest_us: i64,
    latest_us: i64,
    fast: Fast,
    minute: iso::Minute,
    epoch: iso::Epoch,
}

/// The formats that have a faster way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fast {
    Iso,
    EpochMs,
    No,
}

impl TimeReader {
    /// A reader for `rules`; an error when its pattern is not one that can be read.
    pub fn new(rules: &TimeRules) -> Result<Self> {
        if let TimeFormat::Pattern(pattern) = &rules.format {
            check_pattern(pattern)?;
        }
        let zone = rules.zone.tz().clone();
        Ok(TimeReader {
            format: rules.format.clone(),
            zone_is_utc: zone == TimeZone::UTC,
            zone,
            local: rules.local,
            earliest_us: rules.earliest_us,
            latest_us: rules.latest_us,
            fast: match rules.format {
                TimeFormat::Iso => Fast::Iso,
                TimeFormat::EpochMs => Fast::EpochMs,
                _ => Fast::No,
            },
            minute: iso::Minute::default(),
            epoch: iso::Epoch::default(),
        })
    }

    /// The time in `field`, or why there is none.
    pub fn read(&self, field: &[u8]) -> Result<Reading, Reason> {
        self.clone().read_next(field)
    }

    /// The same answer as [`read`](Self::read), faster when the time before was of the same minute.
    #[inline(always)]
    pub fn read_next(&mut self, field: &[u8]) -> Result<Reading, Reason> {
        match self.read_fast(field) {
            Some(reading) => Ok(reading),
            None => self.read_plainly(field),
        }
    }

    /// The same answer as [`read`](Self::read) for the layouts that have a fast way: digits and `+-:. TZ`, nothing
    /// around them. None: ask the plain way.
    #[inline(always)]
    pub fn read_fast(&mut self, field: &[u8]) -> Option<Reading> {
        let fast = match self.fast {
            Fast::Iso => iso::read_fast(field, &mut self.minute),
            Fast::EpochMs => iso::read_epoch_ms_fast(field, &mut self.epoch),
            Fast::No => None,
        };
        fast.filter(|reading| {
            (!reading.local || self.zone_is_utc)
                && reading.us >= self.earliest_us
                && reading.us <= self.latest_us
        })
    }

    /// The same answer as [`read`](Self::read) by the plain way alone.
    #[inline(never)]
    pub fn read_plainly(&self, field: &[u8]) -> Result<Reading, Reason> {
        let text = field.trim_ascii();
        let reading = match &self.format {
            TimeFormat::Iso => self.settle(read_iso(text).ok_or(Reason::BadTime)?)?,
            TimeFormat::EpochS => epoch(text, 1_000_000, 1)?,
            TimeFormat::EpochMs => epoch(text, 1_000, 1)?,
            TimeFormat::EpochUs => epoch(text, 1, 1)?,
            TimeFormat::EpochNs => epoch(text, 1, 1_000)?,
            TimeFormat::Pattern(pattern) => {
                self.settle(read_pattern(pattern, text).ok_or(Reason::BadTime)?)?
            }
        };
        if reading.us < self.earliest_us || reading.us > self.latest_us {
            return Err(Reason::OutOfRange);
        }
        Ok(reading)
    }

    /// From a clock reading to an instant.
    fn settle(&self, read: ClockReading) -> Result<Reading, Reason> {
        if let Some(offset_s) = read.offset_s {
            return Ok(Reading { us: read.us - i64::from(offset_s) * 1_000_000, local: false });
        }
        if self.zone_is_utc {
            return Ok(Reading { us: read.us, local: true });
        }
        let clock = clock_reading(read.us).ok_or(Reason::OutOfRange)?;
        let offset = match (self.zone.to_ambiguous_timestamp(clock).offset(), self.local) {
            (AmbiguousOffset::Unambiguous { offset }, _) => offset,
            (AmbiguousOffset::Gap { .. }, LocalTimes::Reject) => return Err(Reason::LocalGap),
            (AmbiguousOffset::Fold { .. }, LocalTimes::Reject) => return Err(Reason::LocalFold),
            (AmbiguousOffset::Gap { before, after }, LocalTimes::Earlier)
            | (AmbiguousOffset::Fold { before, after }, LocalTimes::Earlier) => before.max(after),
            (AmbiguousOffset::Gap { before, after }, LocalTimes::Later)
            | (AmbiguousOffset::Fold { before, after }, LocalTimes::Later) => before.min(after),
        };
        Ok(Reading { us: read.us - i64::from(offset.seconds()) * 1_000_000, local: true })
    }
}

/// What a clock shows, as microseconds since it showed 1970-01-01T00:00, and its offset from UTC if told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ClockReading {
    us: i64,
    offset_s: Option<i32>,
}

/// A civil time as jiff's. Its instants end a day before its civil times do, so none is on the way.
fn clock_reading(us: i64) -> Option<DateTime> {
    let (year, month, day) = date_of(us.div_euclid(DAY_US));
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let second = us.rem_euclid(DAY_US) / 1_000_000;
    let part = |number: i64| i8::try_from(number).ok();
    let nanosecond = i32::try_from(us.rem_euclid(1_000_000) * 1_000).ok()?;
    let time =
        Time::new(part(second / 3_600)?, part(second / 60 % 60)?, part(second % 60)?, nanosecond).ok()?;
    Some(date.to_datetime(time))
}

fn epoch(text: &[u8], multiply: i64, divide: i64) -> Result<Reading, Reason> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Reason::BadTime);
    }
    let number: i64 =
        std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Reason::OutOfRange)?;
    let us = number.checked_mul(multiply).ok_or(Reason::OutOfRange)?.div_euclid(divide);
    Ok(Reading { us, local: false })
}

/// `YYYY-MM-DD[T ]hh:mm[:ss[.digits]][Z|z|±hh|±hhmm|±hh:mm]`, byte by byte.
fn read_iso(text: &[u8]) -> Option<ClockReading> {
    let mut at = Cursor(text);
    let year = at.digits(4)?;
    at.one_of(b"-")?;
    let month = at.digits(2)?;
    at.one_of(b"-")?;
    let day = at.digits(2)?;
    at.one_of(b"T ")?;
    let hour = at.digits(2)?;
    at.one_of(b":")?;
    let minute = at.digits(2)?;
    let (mut second, mut fraction_us) = (0, 0);
    if at.one_of(b":").is_some() {
        second = at.digits(2)?;
        if at.one_of(b".").is_some() {
            fraction_us = at.fraction_us()?;
        }
    }
    let offset_s = at.offset_s()?;
    let us = civil_us(year, month, day, hour, minute, second)? + fraction_us;
    Some(ClockReading { us, offset_s })
}

/// Microseconds from 1970-01-01T00:00 to a civil time, if there is such a time.
fn civil_us(year: u32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<i64> {
    if year < 1 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_since_1970(year, month, day);
    Some((((days * 24 + i64::from(hour)) * 60 + i64::from(minute)) * 60 + i64::from(second)) * 1_000_000)
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, year 1 on.
pub(super) const fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    const DAYS_BEFORE_MONTH: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const DAYS_BEFORE_1970: i64 = 719_162;
    let past = (year - 1) as i64;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let leap_day = if leap && month > 2 { 1 } else { 0 };
    past * 365 + past / 4 - past / 100
        + past / 400
        + (DAYS_BEFORE_MONTH[month as usize - 1] + day - 1) as i64
        + leap_day
        - DAYS_BEFORE_1970
}

/// What is left of a text to read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// One byte of `set`, or none and nothing is read.
    fn one_of(&mut self, set: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        set.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Exactly `n` digits.
    fn digits(&mut self, n: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(n)?;
        let mut number = 0;
        for digit in digits {
            number = number * 10 + u32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.0 = rest;
        Some(number)
    }

    /// At least one digit of a second's fraction; those after the sixth are cut off.
    fn fraction_us(&mut self) -> Option<i64> {
        let (mut us, mut unit) = (i64::from(self.digits(1)?) * 100_000, 10_000);
        while let Some(digit) = self.digits(1) {
            us += i64::from(digit) * unit;
            unit /= 10;
        }
        Some(us)
    }

    /// An offset or nothing, up to the end.
    fn offset_s(&mut self) -> Option<Option<i32>> {
        let offset = match self.one_of(b"Zz+-") {
            None => None,
            Some(b'Z' | b'z') => Some(0),
            Some(sign) => {
                let hours = self.digits(2)?;
                let colon = self.one_of(b":").is_some();
                let minutes = if colon || !self.0.is_empty() { self.digits(2)? } else { 0 };
                if minutes > 59 || hours * 60 + minutes > 18 * 60 {
                    return None;
                }
                let seconds = (hours * 60 + minutes) as i32 * 60;
                Some(if sign == b'-' { -seconds } else { seconds })
            }
        };
        self.0.is_empty().then_some(offset)
    }
}

/// Reads `text` by a strptime pattern.
fn read_pattern(pattern: &str, text: &[u8]) -> Option<ClockReading> {
    let read = BrokenDownTime::parse(pattern, text).ok()?;
    let fraction_us = i64::from(read.subsec_nanosecond().unwrap_or(0)) / 1_000;
    if let Some(stamp) = read.timestamp() {
        let us = i64::try_from(stamp.as_nanosecond().div_euclid(1_000)).ok()?;
        return Some(ClockReading { us: us + fraction_us, offset_s: Some(0) });
    }
    if is_leap_second(&read, pattern, text) {
        return None;
    }
    let date = read.to_date().ok()?;
    // Midnight when no part of a clock is there; what is there without its hour is no time.
    let time = read.to_time().ok()?;
    if read.meridiem().is_some() && read.hour().is_none() {
        return None;
    }
    let us = civil_us(
        u32::try_from(date.year()).ok()?,
        date.month() as u32,
        date.day() as u32,
        time.hour() as u32,
        time.minute() as u32,
        time.second() as u32,
    )?;
    Some(ClockReading { us: us + fraction_us, offset_s: read.offset().map(|offset| offset.seconds()) })
}

/// Whether the seconds of `text` are `60`, which jiff takes for 59: with `00` in their place they read as 0.
fn is_leap_second(read: &BrokenDownTime, pattern: &str, text: &[u8]) -> bool {
    let second_with_00 = |at: usize| {
        let text = [&text[..at], b"00", &text[at + 2..]].concat();
        BrokenDownTime::parse(pattern, &text).ok()?.second()
    };
    read.second() == Some(59)
        && memchr::memmem::find_iter(text, b"60").any(|at| second_with_00(at) == Some(0))
}

/// A pattern must read back what it writes: a day, and of a clock nothing, or hour and minute at least.
fn check_pattern(pattern: &str) -> Result<()> {
    let day = jiff::civil::date(2006, 1, 2);
    let sample = day.at(15, 4, 5, 500_000_000).to_zoned(TimeZone::UTC);
    let written = sample
        .map_err(|error| error.to_string())
        .and_then(|sample| {
            BrokenDownTime::from(&sample).to_string(pattern).map_err(|error| error.to_string())
        })
        .map_err(|error| {
            Error::usage(format!("time_format {pattern:?} is not a strptime pattern: {error}"))
                .help("for example \"%d/%m/%Y %H:%M:%S\"; or one of epoch_s, epoch_ms, epoch_us, epoch_ns")
        })?;
    if names_zone(pattern, &written) {
        return Err(Error::usage(format!("time_format {pattern:?}: names of zones in a time are not read"))
            .help("use %z where the times have an offset, or leave it out and say source.zone"));
    }
    let day_us = days_since_1970(2006, 1, 2) * DAY_US;
    let minute_us = day_us + (15 * 60 + 4) * 60_000_000;
    let wholes_us = [day_us, minute_us, minute_us + 5_000_000, minute_us + 5_500_000];
    match read_pattern(pattern, written.as_bytes()) {
        Some(read) if wholes_us.contains(&read.us) => Ok(()),
        _ => Err(Error::usage(format!("time_format {pattern:?} does not name a day, or only part of a clock"))
            .help("a pattern needs year, month and day, and of a clock nothing, or hour (%H, or %I with %p) and minute, for example \"%Y-%m-%d %H:%M:%S\"; or %s")),
    }
}

/// Whether a pattern reads the name of a zone, by what it writes.
fn names_zone(pattern: &str, written: &str) -> bool {
    BrokenDownTime::parse(pattern, written).is_ok_and(|read| read.iana_time_zone().is_some())
}

#[cfg(test)]
mod tests;
