//! Times: from the text of a field to an instant in microseconds since 1970 UTC.
//!
//! The plain reading of each format; [`iso`] and [`common_log`] are faster ways to the same answers for the common layouts.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::pattern::TimePattern;
use super::{COMMON_LOG, LocalTimes, TimeFormat, TimeOfPath, TimeRules, common_log, iso};
use crate::calendar::{DAY_US, date_of};
use crate::error::Result;
use crate::reject::Reason;

/// A time as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadTime {
    /// Microseconds since 1970 UTC; finer digits are rounded down.
    pub us: i64,
    /// Whether the text had no offset, so that the source's zone decided.
    pub local: bool,
}

/// Reads times by the rules of a job.
#[derive(Clone, Debug)]
pub struct TimeReader {
    format: TimeFormat,
    /// The pattern of `format`, parsed.
    pattern: Option<TimePattern>,
    zone: TimeZone,
    zone_is_utc: bool,
    local: LocalTimes,
    earliest_us: i64,
    latest_us: i64,
    fast: Fast,
    minute: iso::Minute,
    epoch: iso::Epoch,
    ten_minutes: common_log::TenMinutes,
    /// The time of all rows of a file whose path gives it: then rows have no time of their own.
    of_path: Option<Box<TimeOfPath>>,
}

/// The formats that have a faster way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fast {
    Iso,
    EpochMs,
    CommonLog,
    No,
}

impl TimeReader {
    /// A reader for `rules`; an error if its pattern cannot be read.
    pub fn new(rules: &TimeRules) -> Result<Self> {
        let pattern = match &rules.format {
            TimeFormat::Pattern(pattern) => Some(TimePattern::new(pattern, rules.year)?),
            _ => None,
        };
        let zone = rules.zone.tz().clone();
        Ok(TimeReader {
            format: rules.format.clone(),
            pattern,
            zone_is_utc: zone == TimeZone::UTC,
            zone,
            local: rules.local,
            earliest_us: rules.earliest_us,
            latest_us: rules.latest_us,
            fast: match &rules.format {
                TimeFormat::Iso => Fast::Iso,
                TimeFormat::EpochMs => Fast::EpochMs,
                TimeFormat::Pattern(pattern) if pattern == COMMON_LOG => Fast::CommonLog,
                _ => Fast::No,
            },
            minute: iso::Minute::default(),
            epoch: iso::Epoch::default(),
            ten_minutes: common_log::TenMinutes::default(),
            of_path: None,
        })
    }

    /// This reader for rows that all have the time in `text`. It reads no other time.
    pub(crate) fn of_path(self, column: &str, text: &str) -> Self {
        let (column, text, read) = (column.to_owned(), text.to_owned(), self.read(text.as_bytes()));
        TimeReader { fast: Fast::No, of_path: Some(Box::new(TimeOfPath { column, text, read })), ..self }
    }

    /// The time of all rows, if their path gives it.
    pub(crate) fn in_path(&self) -> Option<&TimeOfPath> {
        self.of_path.as_deref()
    }

    /// The time in `field`, or why there is none.
    pub fn read(&self, field: &[u8]) -> Result<ReadTime, Reason> {
        self.clone().read_next(field)
    }

    /// The same answer as [`read`](Self::read), faster when the time before was of the same minute.
    #[inline(always)]
    pub fn read_next(&mut self, field: &[u8]) -> Result<ReadTime, Reason> {
        match self.read_fast(field) {
            Some(reading) => Ok(reading),
            None => self.read_plainly(field),
        }
    }

    /// The same answer as [`read`](Self::read) for the layouts that have a fast way: digits, letters and `+-:./ `, nothing
    /// around them. `None`: use the plain way.
    #[inline(always)]
    pub fn read_fast(&mut self, field: &[u8]) -> Option<ReadTime> {
        let fast = match self.fast {
            Fast::Iso => iso::read_fast(field, &mut self.minute),
            Fast::EpochMs => iso::read_epoch_ms_fast(field, &mut self.epoch),
            Fast::CommonLog => common_log::read_fast(field, &mut self.ten_minutes),
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
    pub fn read_plainly(&self, field: &[u8]) -> Result<ReadTime, Reason> {
        if self.of_path.is_some() {
            return Err(Reason::BadTime);
        }
        let text = field.trim_ascii();
        let reading = match &self.format {
            TimeFormat::Iso => self.at_offset(read_iso(text).ok_or(Reason::BadTime)?)?,
            TimeFormat::EpochS => epoch(text, 1_000_000_000)?,
            TimeFormat::EpochMs => epoch(text, 1_000_000)?,
            TimeFormat::EpochUs => epoch(text, 1_000)?,
            TimeFormat::EpochNs => epoch(text, 1)?,
            TimeFormat::Date => self.at_offset(read_date(text).ok_or(Reason::BadTime)?)?,
            TimeFormat::Pattern(_) => {
                let read = self.pattern.as_ref().and_then(|pattern| pattern.read(text));
                self.at_offset(read.ok_or(Reason::BadTime)?)?
            }
        };
        let reading = self.in_range(reading)?;
        match &self.pattern {
            Some(pattern)
                if pattern.tells_twice && !pattern.agrees(text, reading.us, self.offset_s(reading.us)) =>
            {
                Err(Reason::BadTime)
            }
            _ => Ok(reading),
        }
    }

    /// The instant `us`, if it is in range.
    pub(crate) fn instant(&self, us: i64) -> Result<ReadTime, Reason> {
        self.in_range(ReadTime { us, local: false })
    }

    /// The instant at which the source's clock shows `us` since it showed 1970, if it is in range.
    pub(crate) fn on_clock(&self, us: i64) -> Result<ReadTime, Reason> {
        self.in_range(self.at_offset(ClockReading { us, offset_s: None })?)
    }

    fn in_range(&self, reading: ReadTime) -> Result<ReadTime, Reason> {
        match reading.us >= self.earliest_us && reading.us <= self.latest_us {
            true => Ok(reading),
            false => Err(Reason::OutOfRange),
        }
    }

    /// Whether the source's clock shows UTC.
    pub(crate) fn is_utc(&self) -> bool {
        self.zone_is_utc
    }

    /// The offset of the zone at an instant.
    fn offset_s(&self, us: i64) -> i32 {
        let at = Timestamp::from_microsecond(us);
        at.map_or(0, |at| self.zone.to_offset(at).seconds())
    }

    /// From a clock reading to an instant.
    fn at_offset(&self, read: ClockReading) -> Result<ReadTime, Reason> {
        if let Some(offset_s) = read.offset_s {
            return Ok(ReadTime { us: read.us - i64::from(offset_s) * 1_000_000, local: false });
        }
        if self.zone_is_utc {
            return Ok(ReadTime { us: read.us, local: true });
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
        Ok(ReadTime { us: read.us - i64::from(offset.seconds()) * 1_000_000, local: true })
    }
}

/// What a clock shows, as microseconds since it showed 1970-01-01T00:00, and its offset from UTC if told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockReading {
    pub(super) us: i64,
    pub(super) offset_s: Option<i32>,
}

/// The second that a clock shows, as jiff's civil time: no zone changes within a second. Jiff's instants end a day before its civil times
/// do, so instants are not used in between.
fn clock_reading(us: i64) -> Option<DateTime> {
    let (year, month, day) = date_of(us.div_euclid(DAY_US));
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let second = us.rem_euclid(DAY_US) / 1_000_000;
    let part = |number: i64| i8::try_from(number).ok();
    let time = Time::new(part(second / 3_600)?, part(second / 60 % 60)?, part(second % 60)?, 0).ok()?;
    Some(date.to_datetime(time))
}

/// A number of units of `unit_ns` since 1970, whole or with a fraction; it is rounded down to a microsecond.
fn epoch(text: &[u8], unit_ns: i128) -> Result<ReadTime, Reason> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = digits.split_at(whole);
    let mut at = Cursor(rest);
    let has_fraction = at.one_of(b".").is_some();
    if whole.is_empty() || has_fraction == at.0.is_empty() || !at.0.iter().all(u8::is_ascii_digit) {
        return Err(Reason::BadTime);
    }
    let whole = std::str::from_utf8(whole).ok().and_then(|whole| whole.parse::<i64>().ok());
    let mut ns = i128::from(whole.ok_or(Reason::OutOfRange)?) * unit_ns;
    let (mut digit_ns, mut is_cut) = (unit_ns, false);
    while let Some(digit) = at.digits(1) {
        digit_ns /= 10;
        ns += i128::from(digit) * digit_ns;
        is_cut |= digit_ns == 0 && digit > 0;
    }
    let ns = if digits.len() < text.len() { -ns - i128::from(is_cut) } else { ns };
    let us = i64::try_from(ns.div_euclid(1_000)).map_err(|_| Reason::OutOfRange)?;
    Ok(ReadTime { us, local: false })
}

/// `YYYY-MM-DD`: the day's midnight.
fn read_date(text: &[u8]) -> Option<ClockReading> {
    let mut at = Cursor(text);
    let us = at.date_us()?;
    at.0.is_empty().then_some(ClockReading { us, offset_s: None })
}

/// `YYYY-MM-DD[T ]hh:mm[:ss[.digits]][Z|z|±hh|±hhmm|±hh:mm]`, byte by byte.
fn read_iso(text: &[u8]) -> Option<ClockReading> {
    let mut at = Cursor(text);
    let date_us = at.date_us()?;
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
    let offset_s = if at.0.is_empty() { None } else { Some(at.offset()?) };
    let us = date_us + of_day_us(hour, minute, second)? + fraction_us;
    at.0.is_empty().then_some(ClockReading { us, offset_s })
}

/// Microseconds from 1970-01-01T00:00 to a civil time, if there is such a time.
pub(super) fn civil_us(year: u32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<i64> {
    if year < 1 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    Some(days_since_1970(year, month, day) * DAY_US + of_day_us(hour, minute, second)?)
}

/// Microseconds from midnight to a time of day, if there is such a time.
fn of_day_us(hour: u32, minute: u32, second: u32) -> Option<i64> {
    let is_time = hour <= 23 && minute <= 59 && second <= 59;
    is_time.then(|| i64::from((hour * 60 + minute) * 60 + second) * 1_000_000)
}

const fn is_leap(year: u32) -> bool {
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
    let leap_day = if is_leap(year) && month > 2 { 1 } else { 0 };
    past * 365 + past / 4 - past / 100
        + past / 400
        + (DAYS_BEFORE_MONTH[month as usize - 1] + day - 1) as i64
        + leap_day
        - DAYS_BEFORE_1970
}

/// The rest of a text to read.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl Cursor<'_> {
    /// One byte of `set`, or `None` and nothing is read.
    pub(super) fn one_of(&mut self, set: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        set.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Exactly `n` digits.
    pub(super) fn digits(&mut self, n: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(n)?;
        let mut number = 0;
        for digit in digits {
            number = number * 10 + u32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.0 = rest;
        Some(number)
    }

    /// At least one digit of a second's fraction; those after the sixth are cut off.
    pub(super) fn fraction_us(&mut self) -> Option<i64> {
        let (mut us, mut unit) = (i64::from(self.digits(1)?) * 100_000, 10_000);
        while let Some(digit) = self.digits(1) {
            us += i64::from(digit) * unit;
            unit /= 10;
        }
        Some(us)
    }

    /// From one to `most` digits, and no digit after them when there may be any number of them; a number too great is the greatest.
    pub(super) fn number(&mut self, most: usize) -> Option<i64> {
        let len = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(len);
        let next =
            |number: i64, digit: &u8| number.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
        self.0 = rest;
        (len > 0).then(|| digits.iter().fold(0, next))
    }

    /// `YYYY-MM-DD`, in microseconds from 1970-01-01.
    fn date_us(&mut self) -> Option<i64> {
        let year = self.digits(4)?;
        self.one_of(b"-")?;
        let month = self.digits(2)?;
        self.one_of(b"-")?;
        civil_us(year, month, self.digits(2)?, 0, 0, 0)
    }

    /// What [`offset`](Self::offset) reads, or `UTC` or `GMT`.
    pub(super) fn offset_or_name(&mut self) -> Option<i32> {
        match self.0.get(..3) {
            Some(b"UTC" | b"GMT") => {
                self.0 = &self.0[3..];
                Some(0)
            }
            _ => self.offset(),
        }
    }

    /// `Z`, `z`, `±hh`, `±hhmm` or `±hh:mm`, at most 18 hours; in seconds.
    pub(super) fn offset(&mut self) -> Option<i32> {
        let sign = self.one_of(b"Zz+-")?;
        if matches!(sign, b'Z' | b'z') {
            return Some(0);
        }
        let hours = self.digits(2)?;
        let has_minutes = self.one_of(b":").is_some() || self.0.first().is_some_and(u8::is_ascii_digit);
        let minutes = if has_minutes { self.digits(2)? } else { 0 };
        if minutes > 59 || hours * 60 + minutes > 18 * 60 {
            return None;
        }
        let seconds = (hours * 60 + minutes) as i32 * 60;
        Some(if sign == b'-' { -seconds } else { seconds })
    }
}

#[cfg(test)]
mod tests;
