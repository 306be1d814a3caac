//! Patterns: reads times that follow a strptime pattern, to what a clock shows.

use std::sync::Arc;

use super::time::{ClockReading, Cursor, civil_us, days_since_1970};
use crate::calendar::{DAY_US, date_of};
use crate::error::{Error, Help, Result, Setting};

/// A strptime pattern, checked and parsed.
#[derive(Clone, Debug)]
pub(super) struct TimePattern {
    parts: Arc<[Part]>,
    /// The year of all times, if the pattern has no year.
    year: Option<u32>,
    /// Whether it has an instant and also parts of a clock time, which may contradict the instant.
    pub(super) tells_twice: bool,
}

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Literal(u8),
    /// White space, or none.
    White,
    /// Exactly four digits.
    Year,
    /// Two digits: 1969 to 2068.
    ShortYear,
    Month,
    MonthName,
    Day,
    DayOfYear,
    Weekday,
    Hour,
    /// 1 to 12.
    HalfDayHour,
    Meridiem,
    Minute,
    Second,
    /// Digits of a second.
    Fraction,
    /// A dot and digits of a second, or nothing.
    DotFraction,
    Offset,
    /// Seconds since 1970.
    Epoch,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl TimePattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Usage: it has an unknown directive, gives no day, or gives only part of a time of day.
    pub(super) fn new(pattern: &str, year: Option<u32>) -> Result<Self> {
        let mut parts = Vec::new();
        let mut bytes = pattern.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'%' => directive(pattern, &mut bytes, &mut parts)?,
                byte if byte.is_ascii_whitespace() => parts.push(Part::White),
                byte => parts.push(Part::Literal(byte)),
            }
        }
        check(pattern, &parts, year.is_some())?;
        let is_of_instant = |part: &Part| {
            matches!(part, Part::Epoch | Part::Fraction | Part::DotFraction | Part::Literal(_) | Part::White)
        };
        let tells_twice = parts.contains(&Part::Epoch) && !parts.iter().all(is_of_instant);
        Ok(TimePattern { parts: parts.into(), year, tells_twice })
    }

    /// The clock time in `text`, if it follows the pattern.
    pub(super) fn read(&self, text: &[u8]) -> Option<ClockReading> {
        self.found(text)?.reading()
    }

    /// Whether the clock time in `text` is the one at `us`, on a clock with the offset in the text, or without one, with
    /// `offset_s`.
    pub(super) fn agrees(&self, text: &[u8], us: i64, offset_s: i32) -> bool {
        self.found(text).is_some_and(|found| found.agrees(us, found.offset_s.unwrap_or(offset_s)))
    }

    fn found(&self, text: &[u8]) -> Option<PatternMatch> {
        let mut at = Cursor(text);
        let mut found = PatternMatch { year: self.year, ..PatternMatch::default() };
        self.parts.iter().try_for_each(|part| found.take(*part, &mut at))?;
        at.0.is_empty().then_some(found)
    }
}

/// Reads what follows a `%`.
fn directive(pattern: &str, bytes: &mut std::str::Bytes<'_>, parts: &mut Vec<Part>) -> Result<()> {
    let mut dot_or_colon = None;
    // Flags and widths matter for writing a time, not for reading it.
    let of = loop {
        match bytes.next() {
            Some(b'-' | b'_' | b'^' | b'#' | b'0'..=b'9') => {}
            Some(byte @ (b'.' | b':')) => dot_or_colon = Some(byte),
            of => break of,
        }
    };
    let of = of.ok_or_else(|| refused(pattern, "ends with a single %"))?;
    parts.extend_from_slice(match (dot_or_colon, of) {
        (Some(b'.'), b'f') => &[Part::DotFraction],
        (Some(b':') | None, b'z') => &[Part::Offset],
        (_, b'Q' | b'Z') => {
            return Err(Error::invalid(format!(
                "time_format {pattern:?}: names of zones in a time are not read"
            ))
            .with_help("use %z where the times have an offset, or leave it out and say source.zone"));
        }
        (Some(_), _) => return Err(unknown(pattern, of)),
        (None, b'Y') => &[Part::Year],
        (None, b'y') => &[Part::ShortYear],
        (None, b'm') => &[Part::Month],
        (None, b'b' | b'B' | b'h') => &[Part::MonthName],
        (None, b'd' | b'e') => &[Part::Day],
        (None, b'j') => &[Part::DayOfYear],
        (None, b'a' | b'A') => &[Part::Weekday],
        (None, b'H' | b'k') => &[Part::Hour],
        (None, b'I' | b'l') => &[Part::HalfDayHour],
        (None, b'p' | b'P') => &[Part::Meridiem],
        (None, b'M') => &[Part::Minute],
        (None, b'S') => &[Part::Second],
        (None, b'f' | b'N') => &[Part::Fraction],
        (None, b's') => &[Part::Epoch],
        (None, b'F') => &[Part::Year, Part::Literal(b'-'), Part::Month, Part::Literal(b'-'), Part::Day],
        (None, b'D') => &[Part::Month, Part::Literal(b'/'), Part::Day, Part::Literal(b'/'), Part::ShortYear],
        (None, b'T') => &[Part::Hour, Part::Literal(b':'), Part::Minute, Part::Literal(b':'), Part::Second],
        (None, b'R') => &[Part::Hour, Part::Literal(b':'), Part::Minute],
        (None, b'n' | b't') => &[Part::White],
        (None, b'%') => &[Part::Literal(b'%')],
        (None, other) => return Err(unknown(pattern, other)),
    });
    Ok(())
}

fn refused(pattern: &str, what: &str) -> Error {
    Error::invalid(format!("time_format {pattern:?} {what}")).with_help(
        "a pattern needs year, month and day, and of a clock nothing, the hour (%H, or %I with %p), or hour and minute, for example \"%Y-%m-%d %H:%M:%S\"; or %s",
    )
}

fn unknown(pattern: &str, directive: u8) -> Error {
    let directive = char::from(directive).escape_default();
    Error::invalid(format!("time_format {pattern:?}: %{directive} is not read"))
        .with_help("what is read: %Y %y %m %b %B %d %j %a %A %H %I %p %M %S %f %.f %z %s %F %D %T %R")
}

/// Checks that a pattern gives a day, and either no time of day or at least the hour.
fn check(pattern: &str, parts: &[Part], has_year: bool) -> Result<()> {
    use Part::{
        Day, DayOfYear, DotFraction, Epoch, Fraction, HalfDayHour, Hour, Meridiem, Minute, Month, MonthName,
        Second, ShortYear, Year,
    };
    let has = |any: &[Part]| parts.iter().any(|part| any.contains(part));
    if has_year && has(&[Epoch, Year, ShortYear]) {
        return Err(Error::invalid(format!("time_format {pattern:?} has a year, and another is declared"))
            .with_help("leave the year out"));
    }
    if has(&[Epoch]) {
        return Ok(());
    }
    let has_date = has(&[Month, MonthName]) && has(&[Day]) || has(&[DayOfYear]);
    if !has_year && !has(&[Year, ShortYear]) && has_date {
        return Err(Error::invalid(format!("time_format {pattern:?} has no year"))
            .with_help(Help::from("give the year: ").set(Setting::Year, "2005")));
    }
    if !has_date {
        return Err(refused(pattern, "does not name a day"));
    }
    let has_hour = has(&[Hour]) || has(&[HalfDayHour]) && has(&[Meridiem]);
    let is_whole = !has(&[Hour, HalfDayHour, Meridiem, Minute, Second, Fraction, DotFraction])
        || has_hour
            && (has(&[Minute]) || !has(&[Second]))
            && (has(&[Second]) || !has(&[Fraction, DotFraction]));
    if is_whole { Ok(()) } else { Err(refused(pattern, "names only part of a clock")) }
}

/// The parts that were found in a text.
#[derive(Debug, Default)]
struct PatternMatch {
    year: Option<u32>,
    year_of_century: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    weekday: Option<u32>,
    hour: Option<u32>,
    half_day_hour: Option<u32>,
    is_afternoon: Option<u32>,
    minute: Option<u32>,
    second: Option<u32>,
    fraction_us: i64,
    /// Whether digits after the sixth were cut off that are not zero.
    is_cut: bool,
    offset_s: Option<i32>,
    /// Seconds since 1970, and whether they are before it.
    epoch: Option<(i64, bool)>,
}

impl PatternMatch {
    /// Reads one part; `None`: the text does not match.
    fn take(&mut self, part: Part, at: &mut Cursor<'_>) -> Option<()> {
        let (slot, number) = match part {
            Part::Literal(byte) => return at.one_of(&[byte]).map(|_| ()),
            Part::White => {
                at.0 = at.0.trim_ascii_start();
                return Some(());
            }
            Part::Fraction => return self.take_fraction(at),
            Part::DotFraction => {
                return if at.one_of(b".").is_some() { self.take_fraction(at) } else { Some(()) };
            }
            Part::Offset => {
                self.offset_s = Some(at.offset_or_name()?);
                return Some(());
            }
            Part::Epoch => {
                let is_before = at.one_of(b"-").is_some();
                self.epoch = Some((at.number(20)?, is_before));
                return Some(());
            }
            Part::Year => (&mut self.year, at.digits(4)?),
            Part::ShortYear => (&mut self.year_of_century, at.digits(2)?),
            Part::Month => (&mut self.month, two(at)?),
            Part::MonthName => (&mut self.month, name(at, &MONTHS)? + 1),
            Part::Day => (&mut self.day, two(at)?),
            Part::DayOfYear => (&mut self.day_of_year, small(at, 3)?),
            Part::Weekday => (&mut self.weekday, name(at, &WEEKDAYS)?),
            Part::Hour => (&mut self.hour, two(at)?),
            Part::HalfDayHour => (&mut self.half_day_hour, two(at)?),
            Part::Meridiem => (&mut self.is_afternoon, name(at, &["AM", "PM"])?),
            Part::Minute => (&mut self.minute, two(at)?),
            Part::Second => (&mut self.second, two(at)?),
        };
        // A part that occurs twice must have the same value.
        if slot.is_some_and(|before| before != number) {
            return None;
        }
        *slot = Some(number);
        Some(())
    }

    fn take_fraction(&mut self, at: &mut Cursor<'_>) -> Option<()> {
        let before = at.0;
        self.fraction_us = at.fraction_us()?;
        let digits = &before[..before.len() - at.0.len()];
        self.is_cut = digits.iter().skip(6).any(|digit| *digit != b'0');
        Some(())
    }

    fn reading(&self) -> Option<ClockReading> {
        if let Some((seconds, is_before)) = self.epoch {
            let us = seconds.saturating_mul(1_000_000).saturating_add(self.fraction_us);
            let us = if is_before { -us - i64::from(self.is_cut) } else { us };
            return Some(ClockReading { us, offset_s: Some(0) });
        }
        let (year, month, day) = self.date()?;
        let days = days_since_1970(year, month, day);
        // 1970-01-01 was a Thursday.
        if self.weekday.is_some_and(|weekday| (days + 3).rem_euclid(7) != i64::from(weekday)) {
            return None;
        }
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        let us = civil_us(year, month, day, self.hour_of_day()?, minute, second)? + self.fraction_us;
        Some(ClockReading { us, offset_s: self.offset_s })
    }

    /// Whether all parts that were found are what a clock with this offset shows at `us`.
    fn agrees(&self, us: i64, offset_s: i32) -> bool {
        let us = us + i64::from(offset_s) * 1_000_000;
        let (days, second) = (us.div_euclid(DAY_US), (us.rem_euclid(DAY_US) / 1_000_000) as u32);
        let (year, month, day) = date_of(days);
        let Ok(year) = u32::try_from(year) else { return false };
        let hour = second / 3_600;
        let day_of_year = (days - days_since_1970(year, 1, 1) + 1) as u32;
        [
            (self.year, year),
            (self.year_of_century, year % 100),
            (self.month, month as u32),
            (self.day, day as u32),
            (self.day_of_year, day_of_year),
            (self.weekday, (days + 3).rem_euclid(7) as u32),
            (self.hour, hour),
            (self.half_day_hour, (hour + 11) % 12 + 1),
            (self.is_afternoon, u32::from(hour >= 12)),
            (self.minute, second / 60 % 60),
            (self.second, second % 60),
        ]
        .into_iter()
        .all(|(told, shown)| told.is_none_or(|told| told == shown))
    }

    /// Year, month and day, if there is such a day and all parts agree on it.
    fn date(&self) -> Option<(u32, u32, u32)> {
        let by_century = self.year_of_century.map(|year| if year < 69 { 2000 + year } else { 1900 + year });
        let year = self.year.or(by_century)?;
        if self.year_of_century.is_some_and(|short| short != year % 100) {
            return None;
        }
        let (month, day) = match (self.month, self.day, self.day_of_year) {
            (Some(month), Some(day), _) => (month, day),
            (_, _, Some(number)) => month_and_day(year, number)?,
            _ => return None,
        };
        civil_us(year, month, day, 0, 0, 0)?;
        let number = (days_since_1970(year, month, day) - days_since_1970(year, 1, 1) + 1) as u32;
        self.day_of_year.is_none_or(|day_of_year| day_of_year == number).then_some((year, month, day))
    }

    /// The hour, if all parts agree on it.
    fn hour_of_day(&self) -> Option<u32> {
        let by_half_day = || Some(self.half_day_hour? % 12 + 12 * self.is_afternoon?);
        let hour = self.hour.or_else(by_half_day).unwrap_or(0);
        let agrees = self.half_day_hour.is_none_or(|half_day_hour| half_day_hour == (hour + 11) % 12 + 1)
            && self.is_afternoon.is_none_or(|afternoon| afternoon == u32::from(hour >= 12));
        agrees.then_some(hour)
    }
}

/// The month and the day of the `number`th day of a year. Behind the last day of a year the day is none of its month.
fn month_and_day(year: u32, number: u32) -> Option<(u32, u32)> {
    if year < 1 {
        return None;
    }
    let day = days_since_1970(year, 1, 1) + i64::from(number) - 1;
    let month = (1..=12).rev().find(|month| days_since_1970(year, *month, 1) <= day)?;
    Some((month, (day - days_since_1970(year, month, 1) + 1) as u32))
}

/// A number of one or two digits.
fn two(at: &mut Cursor<'_>) -> Option<u32> {
    small(at, 2)
}

/// A number of at most `digits` digits; white space may stand before it.
fn small(at: &mut Cursor<'_>, digits: usize) -> Option<u32> {
    at.0 = at.0.trim_ascii_start();
    at.number(digits)?.try_into().ok()
}

/// The number of the name that follows, in full or its first three letters, whatever the case of its letters.
fn name(at: &mut Cursor<'_>, names: &[&str]) -> Option<u32> {
    let begins =
        |name: &str| at.0.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes()));
    let short = |name: &&str| name.len().min(3);
    let (number, len) = (0..).zip(names).find_map(|(number, name)| {
        let len = if begins(name) { name.len() } else { short(name) };
        begins(&name[..len]).then_some((number, len))
    })?;
    at.0 = &at.0[len..];
    Some(number)
}
