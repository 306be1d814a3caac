//! Decimals: exact numbers, as whole numbers of units of 10^-9.

/// Units in the number one.
pub(super) const ONE: i128 = 1_000_000_000;

/// Digits behind the point that are kept.
const PLACES: i64 = 9;

/// The first number that is too large: 10^20. A billion of such values can be added before a sum is past 128 bits.
const END: u128 = 100_000_000_000_000_000_000_000_000_000;

/// Digits that are read exactly; of later digits only whether one is not zero.
const DIGITS_MAX: u32 = 38;

/// The units of the number in the first `len` bytes of `following`; the bytes behind it let short numbers be read as one word.
/// `None` if it is not a number, or is 10^20 or more.
#[inline(always)]
pub(crate) fn units(following: &[u8], len: usize) -> Option<i128> {
    if let (1..=8, Some(word)) = (len, following.first_chunk::<8>()) {
        // The bytes before a short number become zeros.
        let unused = 64 - 8 * len as u32;
        let zeros = 0x3030_3030_3030_3030_u64.checked_shr(64 - unused).unwrap_or(0);
        if let Some(number) = eight_digits(u64::from_le_bytes(*word) << unused | zeros) {
            return Some(i128::from(number) * ONE);
        }
    }
    plainly(following.get(..len)?)
}

/// The number that eight ASCII digits form, the first in the lowest byte.
#[inline(always)]
fn eight_digits(word: u64) -> Option<u64> {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    let past_nine = word.wrapping_add(0x0606_0606_0606_0606) & HIGH;
    if (word & HIGH) | (past_nine >> 4) != 0x3333_3333_3333_3333 {
        return None;
    }
    let pairs = (word & 0x0F0F_0F0F_0F0F_0F0F).wrapping_mul(2561) >> 8;
    let fours = (pairs & 0x00FF_00FF_00FF_00FF).wrapping_mul(6_553_601) >> 16;
    Some((fours & 0x0000_FFFF_0000_FFFF).wrapping_mul(42_949_672_960_001) >> 32)
}

/// The units of a number, read byte by byte: a sign, digits with a point among them or not, an exponent; white space around.
#[inline(never)]
fn plainly(text: &[u8]) -> Option<i128> {
    let text = text.trim_ascii();
    let (is_negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let end = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
    let exponent = match text.get(end + 1..) {
        Some(exponent) => exponent_of(exponent)?,
        None => 0,
    };
    let (mut number, mut digits, mut has_more) = (0_u128, 0, false);
    let (mut any, mut point, mut places) = (false, false, -exponent);
    for byte in &text[..end] {
        match byte {
            b'0'..=b'9' => {
                any = true;
                if digits < DIGITS_MAX {
                    number = number * 10 + u128::from(byte - b'0');
                    digits += u32::from(number > 0);
                    places += i64::from(point);
                } else {
                    has_more |= *byte != b'0';
                    places -= i64::from(!point);
                }
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    let units = in_units(number, places, has_more).filter(|units| any && *units < END)?;
    let units = i128::try_from(units).ok()?;
    Some(if is_negative { -units } else { units })
}

/// The units of a number with a separator between groups of three digits before its point: `1,234.5`.
pub(super) fn grouped_units(text: &[u8], separator: u8) -> Option<i128> {
    let text = text.trim_ascii();
    let end = text.iter().position(|byte| matches!(byte, b'.' | b'e' | b'E')).unwrap_or(text.len());
    let (whole, rest) = text.split_at(end);
    let digits = whole.strip_prefix(b"-").or(whole.strip_prefix(b"+")).unwrap_or(whole);
    let is_number = |group: &[u8]| group.iter().all(u8::is_ascii_digit);
    let mut groups = digits.split(|byte| *byte == separator);
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()) && is_number(first));
    if first.is_none() || !groups.all(|group| group.len() == 3 && is_number(group)) {
        return None;
    }
    let plain: Vec<u8> = whole.iter().filter(|byte| **byte != separator).chain(rest).copied().collect();
    plainly(&plain)
}

/// The digits of an exponent; beyond the range that matters, any large value will do.
fn exponent_of(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number =
        digits.iter().fold(0_i64, |number, digit| (number * 10 + i64::from(digit - b'0')).min(1 << 40));
    Some(if is_negative { -number } else { number })
}

/// `number` with its last `places` digits behind the point, in units, rounded half to even; `has_more`: digits follow that
/// are not all zero. `None`: it is too large.
fn in_units(number: u128, places: i64, has_more: bool) -> Option<u128> {
    let power = |exponent: i64| 10_u128.checked_pow(u32::try_from(exponent).unwrap_or(u32::MAX));
    if number == 0 {
        return Some(0);
    }
    if places <= PLACES {
        return number.checked_mul(power(PLACES - places)?);
    }
    // Past 38 digits what is left is less than half a unit.
    let Some(divisor) = power(places - PLACES) else { return Some(0) };
    let (units, rest) = (number / divisor, number % divisor);
    let half = divisor / 2;
    let rounds_up = rest > half || rest == half && (has_more || units % 2 == 1);
    Some(units + u128::from(rounds_up))
}

/// Appends a number of units as a decimal without trailing zeros.
pub(crate) fn push_decimal(units: i128, text: &mut Vec<u8>) {
    let size = units.unsigned_abs();
    let (whole, part) = (size / ONE.unsigned_abs(), size % ONE.unsigned_abs());
    if units < 0 {
        text.push(b'-');
    }
    text.extend_from_slice(whole.to_string().as_bytes());
    if part > 0 {
        let digits = format!(".{part:09}");
        text.extend_from_slice(digits.trim_end_matches('0').as_bytes());
    }
}

/// A number of units for people, with separated thousands.
pub(crate) fn grouped_decimal(units: i128) -> String {
    let mut text = Vec::new();
    push_decimal(units, &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let (whole, part) = text.split_once('.').map_or((&*text, ""), |(whole, part)| (whole, part));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if part.is_empty() { grouped } else { format!("{grouped}.{part}") }
}

/// The float nearest to `units` shared among `parts`, which are one or more; ties go to the even one.
pub(super) fn nearest(units: i128, parts: u64) -> f64 {
    let (size, parts) = (units.unsigned_abs(), u128::from(parts.max(1)) * ONE.unsigned_abs());
    let (mut quotient, mut rest, mut shift) = (size / parts, size % parts, 0);
    if size == 0 {
        return 0.0;
    }
    // Two bits more than a float has: the one that rounds, and whether anything follows it.
    while quotient < 1 << 54 {
        (quotient, rest, shift) = (quotient << 1, rest << 1, shift + 1);
        if rest >= parts {
            (quotient, rest) = (quotient | 1, rest - parts);
        }
    }
    let rounded = (quotient | u128::from(rest > 0)) as f64;
    let size = rounded * f64::from_bits((1023 - shift) << 52);
    if units < 0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<i128> {
        units(text.as_bytes(), text.len())
    }

    #[test]
    fn thousands_are_groups_of_three() {
        for (text, units) in [
            ("1,234", Some(1_234 * ONE)),
            (" -12,345,678.5 ", Some(-12_345_678_500_000_000)),
            ("+1,000e2", Some(100_000 * ONE)),
            ("999", Some(999 * ONE)),
            ("1,23", None),
            ("1234,567", None),
            (",123", None),
            ("1,,234", None),
            ("1,234,", None),
            ("0.1,234", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(grouped_units(text.as_bytes(), b','), units, "{text}");
        }
        assert_eq!(grouped_units(b"1 234", b' '), Some(1_234 * ONE));
    }

    #[test]
    fn numbers_are_read_exactly() {
        for (text, expected) in [
            ("0", 0),
            ("7", 7 * ONE),
            ("12345678", 12_345_678 * ONE),
            ("123456789", 123_456_789 * ONE),
            ("-3", -3 * ONE),
            ("+3", 3 * ONE),
            (" 42\t", 42 * ONE),
            ("1.5", 1_500_000_000),
            ("1.", ONE),
            (".5", 500_000_000),
            ("-.000000001", -1),
            ("1e3", 1_000 * ONE),
            ("1.25E-2", 12_500_000),
            ("12e-9", 12),
            ("0e999999999999999999", 0),
            ("99999999999999999999.999999999", END as i128 - 1),
            ("1e-999999999999999999", 0),
            ("00000000000000000000000000000000000000000000000001", ONE),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in [
            "",
            " ",
            ".",
            "-",
            "+-1",
            "1e",
            "e5",
            "1e+",
            "1.2.3",
            "1,5",
            "1_000",
            "0x10",
            "NaN",
            "inf",
            "12a",
            "1 2",
            "100000000000000000000",
            "99999999999999999999.9999999995",
            "1e20",
            "1e999999999999999999",
            "１",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_past_nine_digits_is_rounded_half_to_even() {
        for (text, expected) in [
            ("0.0000000005", 0),
            ("0.0000000015", 2),
            ("0.0000000025", 2),
            ("0.00000000250000000000000000000000000000000000000000001", 3),
            ("0.0000000024999999999999999999999999999999999999999999999", 2),
            ("-0.0000000015", -2),
            ("25e-10", 2),
            ("2.5e-9", 2),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn slack_behind_a_number_does_not_matter() {
        let bytes = b"12345678,9999999999";
        for len in 1..=8 {
            let expected: i128 = std::str::from_utf8(&bytes[..len]).unwrap().parse().unwrap();
            assert_eq!(units(bytes, len), Some(expected * ONE));
        }
        assert_eq!(units(bytes, 9), None);
        for byte in 0..=255_u8 {
            let text = [b'1', byte, b'2', b',', b',', b',', b',', b','];
            assert_eq!(
                units(&text, 3).is_some(),
                byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E'),
                "{byte}"
            );
        }
    }

    #[test]
    fn decimals_are_written_without_needless_zeros() {
        for (units, expected) in
            [(0, "0"), (ONE, "1"), (-ONE / 2, "-0.5"), (1, "0.000000001"), (12_340_000_000, "12.34")]
        {
            let mut text = Vec::new();
            push_decimal(units, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
            assert_eq!(read(expected), Some(units));
        }
    }

    #[test]
    fn people_read_thousands_apart() {
        let shown = [0, 999 * ONE, -1_000 * ONE, 1_234_567 * ONE + 500_000_000].map(grouped_decimal);
        assert_eq!(shown, ["0", "999", "-1,000", "1,234,567.5"]);
    }

    #[test]
    fn a_share_is_the_nearest_float() {
        assert_eq!(nearest(ONE, 3), 1.0 / 3.0);
        assert_eq!(nearest(-2 * ONE, 3), -2.0 / 3.0);
        assert_eq!(nearest(0, 7), 0.0);
        assert_eq!(nearest(1, 1), 1e-9);
        assert_eq!(nearest(100_000_000, 1), 0.1);
        assert_eq!(nearest(i128::MAX, 1), "170141183460469231731687303715.884105727".parse::<f64>().unwrap());
        // A tie between two floats, and the least more than it.
        let tie = ((1_i128 << 54) + 2) * ONE;
        assert_eq!(nearest(tie, 1), (1_u64 << 54) as f64);
        assert_eq!(nearest(tie + 1, 1), ((1_u64 << 54) + 4) as f64);
        assert_eq!(nearest(1, u64::MAX), 1e-9 / 18_446_744_073_709_551_615.0);
    }
}
