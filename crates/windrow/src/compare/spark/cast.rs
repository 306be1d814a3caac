//! Times as Spark casts texts to them: `cast("timestamp")`, `to_timestamp`, `try_cast`.
//!
//! The accepted forms are those of Spark's documentation: a date or a part of one, a time of day with one or two digits a part,
//! any fraction, and behind the seconds the name of a zone as Java knows it.

use hashbrown::HashMap;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZoneDatabase};

use crate::calendar::{DAY_US, Zone, date_of, day_of};
use crate::counts::FastHash;
use crate::event::ReadTime;

/// The parts of a text: year to second, the fraction of a second in microseconds, and the zone if it names one.
#[derive(Clone, Copy, Debug, Default)]
struct CastParts<'t> {
    numbers: [i64; 7],
    zone: Option<&'t [u8]>,
    /// Without a date, Spark takes the day on which it runs.
    is_clock_only: bool,
}

const YEAR: usize = 0;
const MONTH: usize = 1;
const DAY: usize = 2;
const HOUR: usize = 3;
const MINUTE: usize = 4;
const SECOND: usize = 5;
const FRACTION: usize = 6;

/// Casts the texts of one session.
#[derive(Clone, Debug)]
pub(in crate::compare) struct Cast {
    zone: Zone,
    /// When the session ran: a time of day without a date is one of that day.
    now_us: Option<i64>,
    /// The zones named so far.
    known: HashMap<Vec<u8>, Option<NamedZone>, FastHash>,
}

impl Cast {
    /// `zone` is the zone of the session.
    pub(in crate::compare) fn new(zone: Zone, now_us: Option<i64>) -> Self {
        Cast { zone, now_us, known: HashMap::default() }
    }

    /// The time in a field; `None`: null.
    pub(in crate::compare) fn read(&mut self, field: &[u8]) -> Option<ReadTime> {
        let parts = parts(trimmed(field))?;
        let named = match parts.zone {
            None => None,
            Some(name) => Some(self.named(name)?),
        };
        let date = match parts.is_clock_only {
            true => {
                let now_us = self.now_us?;
                let shown_us = match &named {
                    None => self.zone.reading_us(now_us),
                    Some(NamedZone::Offset(s)) => now_us + s * 1_000_000,
                    Some(NamedZone::Zone(zone)) => zone.reading_us(now_us),
                };
                date_of(shown_us.div_euclid(DAY_US))
            }
            false => (parts.numbers[YEAR], parts.numbers[MONTH], parts.numbers[DAY]),
        };
        let [.., hour, minute, second, us] = parts.numbers;
        let reading_us = civil_us([date.0, date.1, date.2, hour, minute, second, us])?;
        let us = match &named {
            None => instant_us(&self.zone, reading_us)?,
            Some(NamedZone::Offset(s)) => reading_us.checked_sub(s * 1_000_000)?,
            Some(NamedZone::Zone(zone)) => instant_us(zone, reading_us)?,
        };
        Some(ReadTime { us, local: named.is_none() })
    }

    fn named(&mut self, name: &[u8]) -> Option<NamedZone> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let named = std::str::from_utf8(name).ok().and_then(|name| zone_of(name.trim_matches(|c| c <= ' ')));
        self.known.insert(name.to_vec(), named.clone());
        named
    }
}

/// The reading of a clock, year to microsecond, as if it were UTC; `None`: there is no such date or time.
pub(super) fn civil_us([year, month, day, hour, minute, second, us]: [i64; 7]) -> Option<i64> {
    let date = (year, month, day);
    let is_date = (1..=12).contains(&month) && day >= 1 && date_of(day_of(year, month, day)) == date;
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let clock_us = ((hour * 60 + minute) * 60 + second) * 1_000_000 + us;
    let reading_us = i128::from(day_of(year, month, day)) * i128::from(DAY_US) + i128::from(clock_us);
    i64::try_from(reading_us).ok()
}

/// As Java settles a local time: a skipped one by the offset before the gap, one that is shown twice as the first.
pub(super) fn instant_us(zone: &Zone, reading_us: i64) -> Option<i64> {
    if zone.name() == "UTC" {
        return Some(reading_us);
    }
    let (year, month, day) = date_of(reading_us.div_euclid(DAY_US));
    let us = reading_us.rem_euclid(DAY_US);
    let part = |number: i64| i8::try_from(number).ok();
    let clock = || {
        let date = Date::new(year.try_into().ok()?, part(month)?, part(day)?).ok()?;
        let second = us / 1_000_000;
        let time = Time::new(part(second / 3600)?, part(second / 60 % 60)?, part(second % 60)?, 0).ok()?;
        Some(DateTime::from_parts(date, time))
    };
    let offset = match clock().map(|clock| zone.tz().to_ambiguous_timestamp(clock).offset()) {
        Some(AmbiguousOffset::Unambiguous { offset }) => offset,
        Some(AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. }) => before,
        None => return Some(zone.instant_us(reading_us)),
    };
    reading_us.checked_sub(i64::from(offset.seconds()) * 1_000_000)
}

/// Without white space and control characters at its ends.
fn trimmed(mut text: &[u8]) -> &[u8] {
    let is_cut = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
    while let Some((_, rest)) = text.split_first().filter(|(first, _)| is_cut(first)) {
        text = rest;
    }
    while let Some((_, rest)) = text.split_last().filter(|(last, _)| is_cut(last)) {
        text = rest;
    }
    text
}

fn parts(text: &[u8]) -> Option<CastParts<'_>> {
    let mut parts = CastParts { numbers: [1, 1, 1, 0, 0, 0, 0], ..CastParts::default() };
    let (sign, digits) = match text.first()? {
        b'-' => (Some(-1), &text[1..]),
        b'+' => (Some(1), &text[1..]),
        _ => (None, text),
    };
    let mut rest = digits;
    let mut part = YEAR;
    if sign.is_none() && rest.first() == Some(&b'T') {
        (part, rest, parts.is_clock_only) = (HOUR, &rest[1..], true);
    }
    loop {
        let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, behind) = rest.split_at(len);
        let separator = behind.first().copied();
        if part == YEAR && separator == Some(b':') && sign.is_none() {
            (part, parts.is_clock_only) = (HOUR, true);
        }
        let is_long_enough = match part {
            YEAR => (4..=6).contains(&len),
            FRACTION => true,
            _ => (1..=2).contains(&len),
        };
        if !is_long_enough {
            return None;
        }
        parts.numbers[part] = match part {
            // Digits behind the microseconds are cut off.
            FRACTION => {
                (0..6).fold(0, |us, at| us * 10 + number.get(at).map_or(0, |digit| i64::from(digit - b'0')))
            }
            _ => number.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0')),
        };
        let Some(separator) = separator else { break };
        let fits = match part {
            YEAR | MONTH => separator == b'-',
            DAY => matches!(separator, b' ' | b'T'),
            HOUR | MINUTE => separator == b':',
            _ => part == SECOND && separator == b'.',
        };
        if !fits && part < SECOND {
            return None;
        }
        if !fits {
            parts.zone = Some(behind);
            break;
        }
        part += 1;
        rest = &behind[1..];
    }
    parts.numbers[YEAR] *= sign.unwrap_or(1);
    Some(parts)
}

#[derive(Clone, Debug)]
enum NamedZone {
    /// Seconds ahead of UTC.
    Offset(i64),
    Zone(Zone),
}

/// Short names that Java has for zones; three of them are offsets.
const SHORT: [(&str, &str); 28] = [
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("EST", "-05:00"),
    ("HST", "-10:00"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("MST", "-07:00"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
];

/// The zone of a name, as Java reads it: capitals count.
fn zone_of(name: &str) -> Option<NamedZone> {
    let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| *long);
    if name == "Z" {
        return Some(NamedZone::Offset(0));
    }
    if name.starts_with(['+', '-']) {
        return offset(name).map(NamedZone::Offset);
    }
    for prefix in ["UTC", "GMT", "UT"] {
        match name.strip_prefix(prefix) {
            Some("") => return Some(NamedZone::Offset(0)),
            Some(rest) if rest.starts_with(['+', '-']) => return offset(rest).map(NamedZone::Offset),
            _ => {}
        }
    }
    let is_known = TimeZoneDatabase::bundled().available().any(|known| known.as_str() == name);
    Zone::parse(name).ok().filter(|_| is_known).map(NamedZone::Zone)
}

/// `±h`, `±hh`, `±hhmm`, `±hh:mm`, `±hhmmss`, `±hh:mm:ss`, and as Spark takes them `±h:mm` and `±hh:m`; at most 18 hours.
fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = text.split_at_checked(1)?;
    let parts: Vec<&str> = digits.split(':').collect();
    let padded = |part: &str, is_short: bool| match is_short && part.len() == 1 {
        true => format!("0{part}"),
        false => part.to_owned(),
    };
    let text: String = match parts[..] {
        [hour] if hour.len() == 1 => padded(hour, true),
        [digits] if matches!(digits.len(), 2 | 4 | 6) => digits.to_owned(),
        [hour, minute] => padded(hour, true) + &padded(minute, true),
        [hour, minute, second] => padded(hour, true) + minute + second,
        _ => return None,
    };
    let has_all = matches!(text.len(), 2 | 4 | 6) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !has_all || parts.iter().skip(1).any(|part| part.is_empty() || part.len() > 2) {
        return None;
    }
    let number = |at: usize| text.get(at..at + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    let (hour, minute, second) = (number(0)?, number(2)?, number(4)?);
    let s = (hour * 60 + minute) * 60 + second;
    (minute <= 59 && second <= 59 && s <= 18 * 3600).then_some(if sign == "-" { -s } else { s })
}
