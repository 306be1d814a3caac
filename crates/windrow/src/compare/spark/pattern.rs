//! Times as Spark reads texts by a pattern of `to_timestamp`, such as `yyyy-MM-dd HH:mm:ss`.
//!
//! Unlike a cast it takes the whole text, with two digits a part and no space around it; a fraction may be shorter than in
//! the pattern, letters in any case. What is in brackets may be absent.

use super::cast::{civil_us, instant_us};
use crate::calendar::Zone;
use crate::event::ReadTime;

/// A pattern of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::compare) struct SparkPattern(pub(in crate::compare) &'static str);

/// The patterns that jobs over logs with ISO 8601 times use.
pub(in crate::compare) const PATTERNS: [SparkPattern; 15] = [
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss'Z'"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ssX"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ssXXX"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSX"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]XXX"),
    SparkPattern("yyyy-MM-dd'T'HH:mm:ss"),
    SparkPattern("yyyy-MM-dd HH:mm:ss"),
    SparkPattern("yyyy-MM-dd HH:mm:ss.SSS"),
    SparkPattern("yyyy-MM-dd HH:mm"),
    SparkPattern("yyyy-MM-dd'T'HH:mmX"),
    SparkPattern("yyyy-MM-dd"),
];

/// The parts of a text: year to microsecond, and seconds ahead of UTC if it has an offset.
#[derive(Clone, Copy)]
struct PatternParts {
    numbers: [i64; 7],
    offset_s: Option<i64>,
}

impl SparkPattern {
    /// The time in a field, without an offset on the clock of `zone`; `None`: null.
    pub(in crate::compare) fn read(self, field: &[u8], zone: &Zone) -> Option<ReadTime> {
        let mut parts = PatternParts { numbers: [1, 1, 1, 0, 0, 0, 0], offset_s: None };
        let rest = take(self.0.as_bytes(), field, &mut parts)?;
        let reading_us = civil_us(parts.numbers).filter(|_| rest.is_empty())?;
        let us = match parts.offset_s {
            Some(s) => reading_us.checked_sub(s * 1_000_000)?,
            None => instant_us(zone, reading_us)?,
        };
        Some(ReadTime { us, local: parts.offset_s.is_none() })
    }
}

/// Takes what `pattern` asks for off the front of `text`, and returns the rest.
fn take<'t>(mut pattern: &[u8], mut text: &'t [u8], parts: &mut PatternParts) -> Option<&'t [u8]> {
    while let Some((&first, rest)) = pattern.split_first() {
        let run = pattern.iter().take_while(|letter| **letter == first).count();
        let until = |end: u8| rest.iter().position(|letter| *letter == end).unwrap_or(rest.len());
        let len = match first {
            b'[' => {
                let len = until(b']');
                let mut found = *parts;
                if let Some(behind) = take(&rest[..len], text, &mut found) {
                    (text, *parts) = (behind, found);
                }
                len + 2
            }
            b'\'' => {
                let len = until(b'\'');
                text = literal(&rest[..len], text)?;
                len + 2
            }
            b'X' => {
                text = offset(run == 3, text, parts)?;
                run
            }
            b'y' => {
                text = year(text, parts)?;
                run
            }
            b'S' => {
                let len = digits(text).min(run);
                let digit =
                    |at: usize| text.get(at).filter(|_| at < len).map_or(0, |digit| i64::from(digit - b'0'));
                parts.numbers[6] = (0..6).fold(0, |us, at| us * 10 + digit(at));
                text = text.get(len..).filter(|_| len > 0)?;
                run
            }
            b'M' | b'd' | b'H' | b'm' | b's' => {
                let at = b"yMdHms".iter().position(|letter| *letter == first)?;
                (parts.numbers[at], text) = pair(text)?;
                run
            }
            _ => {
                text = literal(&pattern[..1], text)?;
                1
            }
        };
        pattern = pattern.get(len..).unwrap_or_default();
    }
    Some(text)
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn literal<'t>(letters: &[u8], text: &'t [u8]) -> Option<&'t [u8]> {
    let (own, rest) = text.split_at_checked(letters.len())?;
    own.eq_ignore_ascii_case(letters).then_some(rest)
}

/// Two digits.
fn pair(text: &[u8]) -> Option<(i64, &[u8])> {
    let (own, rest) = text.split_at_checked(2)?;
    let digit = |at: usize| i64::from(own[at]) - i64::from(b'0');
    (digits(own) == 2).then(|| (digit(0) * 10 + digit(1), rest))
}

/// Four digits, or more behind a sign.
fn year<'t>(text: &'t [u8], parts: &mut PatternParts) -> Option<&'t [u8]> {
    let sign = text.first().copied().filter(|sign| matches!(sign, b'+' | b'-'));
    let own = &text[usize::from(sign.is_some())..];
    let len = digits(own);
    let fits = match sign {
        None => len == 4,
        Some(b'+') => (5..=10).contains(&len),
        Some(_) => (4..=10).contains(&len),
    };
    let number = own[..len.min(10)].iter().fold(0, |year, digit| year * 10 + i64::from(digit - b'0'));
    parts.numbers[0] = if sign == Some(b'-') { -number } else { number };
    fits.then(|| &own[len..])
}

/// `Z`, or hours and minutes: with a colon, or without one and then perhaps no minutes.
fn offset<'t>(has_colon: bool, text: &'t [u8], parts: &mut PatternParts) -> Option<&'t [u8]> {
    let (first, rest) = text.split_first()?;
    if first.eq_ignore_ascii_case(&b'Z') {
        parts.offset_s = Some(0);
        return Some(rest);
    }
    let sign = match first {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = pair(rest)?;
    let (minutes, rest) = match has_colon {
        true => pair(literal(b":", rest)?)?,
        false => pair(rest).unwrap_or((0, rest)),
    };
    parts.offset_s = Some(sign * (hours * 3600 + minutes * 60));
    (minutes <= 59 && hours * 60 + minutes <= 18 * 60).then_some(rest)
}
