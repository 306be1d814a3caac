//! How a person writes the numbers of a recipe: `50M` events, `3d`, `0.1%`, `2016-07-28`.

use jiff::{Timestamp, civil::Date, tz::Offset};

use windrow::{Error, Result};

const SECOND_US: u64 = 1_000_000;

/// A number of things: `100000`, `100_000`, `100k`, `50M`, `2G`.
pub fn count(text: &str) -> Result<u64> {
    let plain = text.replace('_', "");
    let units = [("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("", 1)];
    whole_units(&plain, &units).ok_or_else(|| cannot_read(text, "a number", "100000, 100k or 50M"))
}

/// A duration in microseconds: `500ms`, `90s`, `10m`, `6h`, `3d` (of 24 hours each), `2w`.
pub fn duration_us(text: &str) -> Result<i64> {
    let units = [
        ("ms", 1_000),
        ("s", SECOND_US),
        ("m", 60 * SECOND_US),
        ("h", 3_600 * SECOND_US),
        ("d", 86_400 * SECOND_US),
        ("w", 604_800 * SECOND_US),
    ];
    whole_units(text, &units)
        .and_then(|us| us.try_into().ok())
        .ok_or_else(|| cannot_read(text, "a duration", "90s, 10m, 6h, 3d or 2w"))
}

/// A share in millionths: `5%`, `0.1%`; finer than a millionth is not read.
pub fn share_ppm(text: &str) -> Result<u32> {
    let read = || {
        let (whole, fraction) = match text.strip_suffix('%')?.split_once('.') {
            Some(parts) => parts,
            None => (text.strip_suffix('%')?, ""),
        };
        let digits = format!("{whole}{fraction:0<4}");
        let plain = fraction.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let ppm = digits.parse().ok()?;
        (plain && !whole.is_empty() && ppm <= 1_000_000).then_some(ppm)
    };
    read().ok_or_else(|| cannot_read(text, "a share", "5% or 0.1%"))
}

/// An instant in microseconds since 1970 UTC: `2016-07-28`, `2016-07-28T04:19:28Z`, `2016-07-28T06:19:28+02:00`.
pub fn instant_us(text: &str) -> Result<i64> {
    // jiff reads the date of a longer text too, and would drop a time without an offset.
    let date = || if text.len() == 10 { text.parse::<Date>().ok() } else { None };
    let midnight = || Offset::UTC.to_timestamp(date()?.at(0, 0, 0, 0)).ok();
    let instant = text.parse::<Timestamp>().ok().or_else(midnight);
    let instant =
        instant.ok_or_else(|| cannot_read(text, "an instant", "2016-07-28 or 2016-07-28T04:19:28Z"))?;
    Ok(instant.as_microsecond())
}

/// What the name of one of `choices` stands for.
pub fn one_of<T: Copy>(text: &str, choices: &[(&str, T, &str)]) -> Result<T> {
    let found = choices.iter().find(|(name, ..)| *name == text);
    found.map(|(_, choice, _)| *choice).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, ..)| *name).collect();
        Error::usage(format!("`{text}` is not one of {}", names.join(", "))).with_help("write one of them")
    })
}

/// A whole number directly followed by the name of one of `units`.
fn whole_units(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (_, unit) = units.iter().find(|(name, _)| *name == &text[digits..])?;
    text[..digits].parse::<u64>().ok()?.checked_mul(*unit)
}

fn cannot_read(text: &str, what: &str, like: &str) -> Error {
    Error::usage(format!("`{text}` is not {what}")).with_help(format!("write for example {like}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let read = |text| count(text).ok();
        assert_eq!(
            ["0", "1_000", "100k", "50M", "2G"].map(read),
            [0, 1_000, 100_000, 50_000_000, 2_000_000_000].map(Some)
        );
        assert_eq!(["", "k", "-1", "1.5M", "1K", "99999999999G"].map(read), [None; 6]);
    }

    #[test]
    fn durations_have_a_unit() {
        let read = |text| duration_us(text).ok();
        assert_eq!(
            ["500ms", "90s", "10m", "6h", "3d", "2w"].map(read),
            [500_000, 90_000_000, 600_000_000, 21_600_000_000, 259_200_000_000, 1_209_600_000_000].map(Some)
        );
        assert_eq!(["", "3", "d", "3 d", "1mo", "99999999999w"].map(read), [None; 6]);
    }

    #[test]
    fn shares_are_whole_millionths() {
        let read = |text| share_ppm(text).ok();
        assert_eq!(
            ["5%", "0.1%", "100%", "0.0001%", "0%"].map(read),
            [50_000, 1_000, 1_000_000, 1, 0].map(Some)
        );
        assert_eq!(["5", "%", ".5%", "101%", "0.00001%", "-1%", "+1%", "1.+2%"].map(read), [None; 8]);
    }

    #[test]
    fn instants_are_dates_or_times_with_an_offset() {
        let read = |text| instant_us(text).ok();
        assert_eq!(
            ["1970-01-02", "1970-01-01T00:00:01Z", "1970-01-01T02:00:00+02:00", "1969-12-31"].map(read),
            [86_400_000_000, 1_000_000, 0, -86_400_000_000].map(Some)
        );
        assert_eq!(["", "1970-01-01T00:00:01", "01/02/1970", "1970-02-30"].map(read), [None; 4]);
    }
}
