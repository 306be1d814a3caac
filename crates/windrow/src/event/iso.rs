//! The fast way to read the common layouts of times, eight digits at a time. It answers what
//! [`time`](super::time) answers, or leaves the text to it.

use super::time::{ReadTime, days_since_1970};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * ONES;

/// What may be added to each byte of a word before its high bit shows: 0x76 for a digit, 0x7F for a separator.
const DATE: u64 = u64::from_le_bytes([0x76, 0x76, 0x76, 0x76, 0x7F, 0x76, 0x76, 0x7F]);
const DAY_AND_CLOCK: u64 = u64::from_le_bytes([0x76, 0x76, 0x7F, 0x76, 0x76, 0x7F, 0x76, 0x76]);

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
        table[(at / 12) * 16 + month as usize] = (first - 1 + (1 << 23)) as u32 + ((length as u32) << 24);
        at += 1;
    }
    table
}

/// The minute that was read last: in a log most times have the first 16 bytes of the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Minute {
    /// `2016-07-28T04:19`
    text: [u8; 16],
    /// Microseconds from 1970-01-01T00:00 to it, on the same clock.
    us: i64,
}

impl Default for Minute {
    fn default() -> Self {
        Minute { text: *b"1970-01-01T00:00", us: 0 }
    }
}

/// Reads `YYYY-MM-DD[T ]hh:mm:ss[.fff[fff]]` followed by `Z`, `±hh:mm` or nothing; `None`: use the plain way.
#[inline(always)]
pub(super) fn read_fast(text: &[u8], last: &mut Minute) -> Option<ReadTime> {
    let (head, tail) = text.split_first_chunk::<16>()?;
    if *head != last.text {
        *last = Minute { text: *head, us: read_minute(head)? };
    }
    if let Ok(tail) = <&[u8; 8]>::try_from(tail) {
        let tail = u64::from_le_bytes(*tail) ^ u64::from_le_bytes(*b":00.000Z");
        let pair = pairs(tail);
        let second = (pair >> 8) as u8;
        if not_digits(tail, SECOND_AND_MS) == 0 && second <= 59 {
            let ms = u32::from((pair >> 32) as u8) * 10 + u32::from((tail >> 48) as u8);
            let us = last.us + i64::from(u32::from(second) * 1_000 + ms) * 1_000;
            return Some(ReadTime { us, local: false });
        }
    }
    let (us, offset_us) = read_tail(tail)?;
    Some(ReadTime { us: last.us + us - offset_us.unwrap_or(0), local: offset_us.is_none() })
}

/// Microseconds from 1970-01-01T00:00 to `YYYY-MM-DD[T ]hh:mm`.
#[inline(always)]
fn read_minute(head: &[u8; 16]) -> Option<i64> {
    let (date, rest) = head.split_first_chunk::<8>()?;
    // "2016-07-" and "28T04:19": digits become 0..=9, separators 0; a blank is as good as the T.
    let date = u64::from_le_bytes(*date) ^ u64::from_le_bytes(*b"0000-00-");
    let clock = u64::from_le_bytes(*rest.first_chunk()?) ^ u64::from_le_bytes(*b"00T00:00");
    let t_or_blank = (clock >> 16) & 0xFF;
    let clock = clock & !(0xFF << 16);
    let odd = not_digits(date, DATE) | not_digits(clock, DAY_AND_CLOCK);
    if odd != 0 || (t_or_blank != 0 && t_or_blank != u64::from(b'T' ^ b' ')) {
        return None;
    }
    let (date, clock) = (pairs(date), pairs(clock));
    let year = (date as u8 as u32 * 100 + (date >> 16) as u8 as u32).wrapping_sub(FIRST_YEAR) as usize;
    let month = (date >> 40) as u8 as usize;
    let (day, hour, minute) = (clock as u8 as u32, (clock >> 24) as u8 as u32, (clock >> 48) as u8 as u32);
    if year >= YEARS || month > 15 {
        return None;
    }
    let entry = MONTHS[year * 16 + month];
    if day.wrapping_sub(1) >= entry >> 24 || hour > 23 || minute > 59 {
        return None;
    }
    let days = i64::from(entry & 0xFF_FFFF) - (1 << 23) + i64::from(day);
    Some((days * 1_440 + i64::from(hour * 60 + minute)) * 60_000_000)
}

/// Reads `:ss[.fff[fff]]` followed by `Z`, `±hh:mm` or nothing: microseconds and the offset in microseconds.
#[inline(always)]
fn read_tail(tail: &[u8]) -> Option<(i64, Option<i64>)> {
    let [b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9', rest @ ..] = tail else { return None };
    let second_us = i64::from((tens - b'0') * 10 + (ones - b'0')) * 1_000_000;
    let (fraction_us, zone) = match rest {
        [b'.', a, b, c, d @ b'0'..=b'9', e, f, zone @ ..] => {
            (three_digits([*a, *b, *c])? * 1_000 + three_digits([*d, *e, *f])?, zone)
        }
        [b'.', a, b, c, zone @ ..] => (three_digits([*a, *b, *c])? * 1_000, zone),
        zone => (0, zone),
    };
    let offset_us = match zone {
        b"Z" => Some(0),
        [] => None,
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let (hours, minutes) = (three_digits([b'0', *a, *b])?, three_digits([b'0', *c, *d])?);
            if minutes > 59 || hours * 60 + minutes > 18 * 60 {
                return None;
            }
            let offset_us = i64::from(hours * 60 + minutes) * 60_000_000;
            Some(if *sign == b'-' { -offset_us } else { offset_us })
        }
        _ => return None,
    };
    Some((second_us + i64::from(fraction_us), offset_us))
}

/// The first eight digits of the epoch that was read last: in a log most times have those of the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Epoch {
    /// The digits, with values 0 to 9.
    digits: u64,
    /// What they are worth in milliseconds when five more follow.
    ms: u64,
}

/// Reads 13 digits: milliseconds since 1970, up to 2286.
#[inline(always)]
pub(super) fn read_epoch_ms_fast(text: &[u8], last: &mut Epoch) -> Option<ReadTime> {
    let text: &[u8; 13] = text.try_into().ok()?;
    let (first, _) = text.split_first_chunk::<8>()?;
    let end = text.last_chunk::<8>()?;
    let zeros = u64::from_le_bytes(*b"00000000");
    let (first, end) = (u64::from_le_bytes(*first) ^ zeros, u64::from_le_bytes(*end) ^ zeros);
    if first != last.digits {
        if not_digits(first, 0x76 * ONES) != 0 {
            return None;
        }
        *last = Epoch { digits: first, ms: eight_digits(first) * 100_000 };
    }
    if not_digits(end, 0x76 * ONES) != 0 {
        return None;
    }
    // The two words overlap by three digits, which the shift clears from the second.
    let ms = last.ms + eight_digits(end >> 24 << 24);
    Some(ReadTime { us: ms as i64 * 1_000, local: false })
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

#[inline(always)]
fn three_digits(digits: [u8; 3]) -> Option<u32> {
    let [a, b, c] = digits.map(|digit| digit.wrapping_sub(b'0'));
    (a <= 9 && b <= 9 && c <= 9).then(|| u32::from(a) * 100 + u32::from(b) * 10 + u32::from(c))
}
