//! Numbers as people read them.

/// With a comma between thousands: `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same of a number that may be below zero.
pub(crate) fn grouped_signed(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(n.unsigned_abs()))
}

/// A mean with `decimals` digits after the point, more where it has less than two others than zero (`0.0023`), and a comma between
/// thousands.
pub(crate) fn mean(mean: f64, decimals: usize) -> String {
    let zeros = if mean != 0.0 && mean.abs() < 1.0 { -mean.abs().log10().floor() } else { 0.0 };
    let most = decimals.max((zeros as usize + 1).min(DECIMALS_MAX));
    let text = format!("{mean:.most$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let rest =
        if most > decimals { &rest[..1 + decimals.max(rest[1..].trim_end_matches('0').len())] } else { rest };
    let rest = if decimals == 0 { rest.trim_end_matches('.') } else { rest };
    whole.parse().map_or(text.clone(), |n| grouped(n) + rest)
}

/// No mean of counts is so small that it needs more digits.
const DECIMALS_MAX: usize = 18;

/// Bytes in the unit that suits `of`, without the unit, and the unit.
pub(crate) fn bytes(n: u64, of: u64) -> (String, &'static str) {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| of >= *unit) {
        Some((unit, name)) => (format!("{:.1}", n as f64 / *unit as f64), name),
        None => (n.to_string(), "B"),
    }
}

/// Bytes in the unit that suits them: `60.9 kB`.
pub fn size(n: u64) -> String {
    let (number, unit) = bytes(n, n);
    format!("{number} {unit}")
}

/// `1 file`, `2 files`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_between_thousands() {
        let shown: Vec<String> = [0, 12, 999, 1_000, 123_456, 1_234_567].map(grouped).to_vec();
        assert_eq!(shown, ["0", "12", "999", "1,000", "123,456", "1,234,567"]);
        assert_eq!([-1_234_567, -12, 0, 1_000].map(grouped_signed), ["-1,234,567", "-12", "0", "1,000"]);
        assert_eq!((mean(1234.56, 1), mean(0.0, 2)), ("1,234.6".to_owned(), "0.00".to_owned()));
    }

    #[test]
    fn what_is_counted_has_its_plural() {
        let shown = [0, 1, 2_000].map(|n| counted(n, "file"));
        assert_eq!(shown, ["0 files", "1 file", "2,000 files"]);
    }

    #[test]
    fn rare_means_keep_two_digits() {
        for (n, decimals, shown) in [
            (0.0023, 1, "0.0023"),
            (0.5, 1, "0.5"),
            (0.05, 1, "0.05"),
            (0.97, 1, "0.97"),
            (0.996, 1, "1.0"),
            (0.25, 2, "0.25"),
            (0.5, 2, "0.50"),
            (1.0 / 3.0, 1, "0.33"),
            (0.001, 3, "0.001"),
            (1.04, 1, "1.0"),
            (2.0e-9, 1, "0.000000002"),
            (0.0, 1, "0.0"),
            (1520.0, 0, "1,520"),
            (0.0, 0, "0"),
        ] {
            assert_eq!(mean(n, decimals), shown, "{n} with {decimals}");
        }
    }

    #[test]
    fn bytes_in_the_unit_of_the_whole() {
        assert_eq!(bytes(3_100_000, 3_149_000), ("3.1".to_owned(), "MB"));
        assert_eq!(bytes(12, 3_149_000_000), ("0.0".to_owned(), "GB"));
        assert_eq!(bytes(12, 999), ("12".to_owned(), "B"));
        assert_eq!([size(999), size(60_918)], ["999 B", "60.9 kB"]);
    }
}
