//! The fast way to read the common layouts of times, eight digits at a time. It answers what
//! [`time`](super::time) answers, or leaves the text to it.

use super::time::{Reading, days_since_1970};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * ONES;

/// What may be added to each byte of a word before its high bit shows: 0x76 for a digit, 0x7F for a separator.
const DATE: u64 = u64::from_le_bytes([0x76, 0x76, 0x76, 0x76, 0x7F, 0x76, 0x76, 0x7F]);
const MIDDLE: u64 = u64::from_le_bytes([0x76, 0x76, 0x7F, 0x76, 0x76, 0x7F, 0x76, 0x76]);

const SECOND_AND_MS: u64 = u64::from_le_bytes([0x7F, 0x76, 0x76, 0x7F, 0x76, 0x76, 0x76, 0x7F]);

/// Years the table of months covers; other years are left to the plain way.
const FIRST_YEAR: u32 = 1900;
const YEARS: usize = 256;

/// For each month from January 1900: days from 1970 to its day 0 (low 24 bits hold days + 2^23), and its length.
static MONTHS: [u32; YEARS * 16] = months();

const fn months() -> [u32; YEARS * 16] {
    let mut table = [0; YEARS * 16];
    let mut at = 0;
    while at < YEARS * 12 {
        let (year, month) = (FIRST_YEAR + at as u32 / 12, at as u32 % 12 + 1);
        let first = days_since_1970(year, month, 1);
        let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let length = days_since_1970(next_year, next_month, 1) - first;
        table[(at / 12) * 16 + month as usize] = (first - 1 + (1 << 23)) as u32 | (length as u32) << 24;
        at += 1;
    }
    table
}

/// Reads `YYYY-MM-DD[T ]hh:mm:ss` followed by `Z`, `.fff[fff]Z`, `±hh:mm` or nothing; none: ask the plain way.
#[inline(always)]
pub(super) fn read_fast(text: &[u8]) -> Option<Reading> {
    let (head, tail) = text.split_first_chunk::<19>()?;
    let (date, rest) = head.split_first_chunk::<8>()?;
    let (middle, _) = rest.split_first_chunk::<8>()?;
    let clock = head.last_chunk::<8>()?;
    // "2016-07-", "28T04:19", "04:19:28": digits become 0..=9, separators 0; a blank for the T is as good.
    let date = u64::from_le_bytes(*date) ^ u64::from_le_bytes(*b"0000-00-");
    let middle = u64::from_le_bytes(*middle) ^ u64::from_le_bytes(*b"00T00:00");
    let clock = u64::from_le_bytes(*clock) ^ u64::from_le_bytes(*b"00:00:00");
    let t_or_blank = (middle >> 16) & 0xFF;
    let middle = middle & !(0xFF << 16);
    let odd = not_digits(date, DATE) | not_digits(middle, MIDDLE) | not_digits(clock, MIDDLE);
    if odd != 0 || (t_or_blank != 0 && t_or_blank != u64::from(b'T' ^ b' ')) {
        return None;
    }
    let (date, clock) = (pairs(date), pairs(clock));
    let year = (date as u8 as u32 * 100 + (date >> 16) as u8 as u32).wrapping_sub(FIRST_YEAR) as usize;
    let month = (date >> 40) as u8 as usize;
    let day = pairs(middle) as u8 as u32;
    let (hour, minute, second) = (clock as u8 as u32, (clock >> 24) as u8 as u32, (clock >> 48) as u8 as u32);
    if year >= YEARS || month > 15 {
        return None;
    }
    let entry = MONTHS[year * 16 + month];
    if day.wrapping_sub(1) >= entry >> 24 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = i64::from(entry & 0xFF_FFFF) - (1 << 23) + i64::from(day);
    let seconds = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    let us = seconds * 1_000_000;
    match tail {
        b"Z" => Some(Reading { us, local: false }),
        [] => Some(Reading { us, local: true }),
        [b'.', a, b, c, b'Z'] => {
            Some(Reading { us: us + i64::from(three_digits([*a, *b, *c])?) * 1_000, local: false })
        }
        [b'.', a, b, c, d, e, f, b'Z'] => {
            let thousands = three_digits([*a, *b, *c])?;
            Some(Reading {
                us: us + i64::from(thousands * 1_000 + three_digits([*d, *e, *f])?),
                local: false,
            })
        }
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let (hours, minutes) = (three_digits([b'0', *a, *b])?, three_digits([b'0', *c, *d])?);
            if minutes > 59 || hours * 60 + minutes > 18 * 60 {
                return None;
            }
            let offset_us = i64::from(hours * 60 + minutes) * 60_000_000;
            Some(Reading { us: if *sign == b'-' { us + offset_us } else { us - offset_us }, local: false })
        }
        _ => None,
    }
}

/// Reads 13 digits: milliseconds since 1970, from 2001 to 2286.
#[inline(always)]
pub(super) fn read_epoch_ms_fast(text: &[u8]) -> Option<Reading> {
    let text: &[u8; 13] = text.try_into().ok()?;
    let (first, _) = text.split_first_chunk::<8>()?;
    let last = text.last_chunk::<8>()?;
    let digits = u64::from_le_bytes(*b"00000000");
    let (first, last) = (u64::from_le_bytes(*first) ^ digits, u64::from_le_bytes(*last) ^ digits);
    if not_digits(first, 0x76 * ONES) | not_digits(last, 0x76 * ONES) != 0 {
        return None;
    }
    // The two words overlap by three digits, which the shift clears from the second.
    let ms = eight_digits(first) * 100_000 + eight_digits(last >> 24 << 24);
    Some(Reading { us: ms as i64 * 1_000, local: false })
}

/// High bits where a byte of `word` is not a digit or a separator where `room` says it should be.
#[inline(always)]
fn not_digits(word: u64, room: u64) -> u64 {
    (word.wrapping_add(room) | word) & HIGH_BITS
}

/// In each byte: that byte's digit times ten plus the next byte's.
#[inline(always)]
fn pairs(word: u64) -> u64 {
    word.wrapping_mul(10).wrapping_add(word >> 8)
}

/// The number that eight digits (values 0 to 9, first digit in the lowest byte) make.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    let pairs = (word.wrapping_mul(10).wrapping_add(word >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xFFFF_FFFF
}

/// The minute that was read last, for times that come in order: most have its first 16 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Minute {
    /// `2016-07-28T04:19`; zeros before the first.
    text: [u8; 16],
    /// Its start in microseconds UTC, when a `Z` follows.
    us: i64,
}

impl Minute {
    /// Takes the minute of a time that was read as `us`, if its text has one.
    #[inline(always)]
    pub(super) fn remember(&mut self, text: &[u8], us: i64) {
        if let ([b':', _, _, b'.', _, _, _, b'Z'] | [b':', _, _, b'Z'], Some(head)) =
            (text.get(16..).unwrap_or_default(), text.first_chunk())
        {
            *self = Minute { text: *head, us: us - us.rem_euclid(60_000_000) };
        }
    }

    /// Reads a time of the same minute that ends in `:ssZ` or `:ss.fffZ`; none: ask another way.
    #[inline(always)]
    pub(super) fn read(&self, text: &[u8]) -> Option<i64> {
        let (head, tail) = text.split_first_chunk::<16>()?;
        if *head != self.text {
            return None;
        }
        let (second, ms) = if let Ok(tail) = <&[u8; 8]>::try_from(tail) {
            let tail = u64::from_le_bytes(*tail) ^ u64::from_le_bytes(*b":00.000Z");
            if not_digits(tail, SECOND_AND_MS) != 0 {
                return None;
            }
            let pair = pairs(tail);
            ((pair >> 8) as u8, u32::from((pair >> 32) as u8) * 10 + u32::from((tail >> 48) as u8))
        } else if let [b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9', b'Z'] = tail {
            ((tens - b'0') * 10 + (ones - b'0'), 0)
        } else {
            return None;
        };
        (second <= 59).then(|| self.us + i64::from(u32::from(second) * 1_000 + ms) * 1_000)
    }
}

#[inline(always)]
fn three_digits(digits: [u8; 3]) -> Option<u32> {
    let [a, b, c] = digits.map(|digit| digit.wrapping_sub(b'0'));
    (a <= 9 && b <= 9 && c <= 9).then(|| u32::from(a) * 100 + u32::from(b) * 10 + u32::from(c))
}
