//! Numbers: the results of measures.

use super::decimal::{grouped_decimal, push_decimal};
use crate::text::number::{grouped_signed, mean};

/// The result of a measure, of one of three kinds; `None` is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Exact, in units.
    Decimal(Option<i128>),
    /// The nearest float.
    Real(Option<f64>),
    /// A count.
    Whole(Option<i64>),
}

impl Number {
    /// Null of the same kind.
    pub(crate) fn null(self) -> Number {
        match self {
            Number::Decimal(_) => Number::Decimal(None),
            Number::Real(_) => Number::Real(None),
            Number::Whole(_) => Number::Whole(None),
        }
    }

    /// Whether it is null.
    pub(crate) fn is_null(self) -> bool {
        self == self.null()
    }

    /// A rank that orders numbers of the same kind; `None` for null.
    pub(crate) fn rank(self) -> Option<i128> {
        match self {
            Number::Decimal(units) => units,
            // The bits of floats sort like their values, except for the sign.
            Number::Real(number) => number.map(|number| {
                let bits = number.to_bits().cast_signed();
                i128::from(bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed())
            }),
            Number::Whole(number) => number.map(i128::from),
        }
    }

    /// Its form in tables of text; empty if it is null.
    pub(crate) fn written(self) -> String {
        let mut text = Vec::new();
        match self {
            Number::Decimal(Some(units)) => push_decimal(units, &mut text),
            Number::Real(Some(number)) => return format!("{number:?}"),
            Number::Whole(Some(number)) => return number.to_string(),
            _ => {}
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Its form for people, with separated thousands; empty if it is null.
    pub(crate) fn shown(self) -> String {
        match self {
            Number::Decimal(units) => units.map(grouped_decimal),
            Number::Real(number) => number.map(|number| mean(number, 2)),
            Number::Whole(number) => number.map(grouped_signed),
        }
        .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::decimal::units;

    #[test]
    fn floats_rank_as_they_are() {
        let numbers = [f64::MIN, -2.5, -1.0, -1e-300, 0.0, 1e-300, 1.0, 2.5, f64::MAX];
        let ranks = numbers.map(|number| Number::Real(Some(number)).rank());
        assert!(ranks.is_sorted() && ranks.windows(2).all(|two| two[0] < two[1]), "{ranks:?}");
        assert_eq!(Number::Real(None).rank(), None);
    }

    #[test]
    fn numbers_are_written_exactly_and_shown_for_people() {
        let decimal = |text: &str| Number::Decimal(units(text.as_bytes(), text.len()));
        for (number, written, shown) in [
            (decimal("1234567.25"), "1234567.25", "1,234,567.25"),
            (Number::Real(Some(1_234.5)), "1234.5", "1,234.50"),
            (Number::Whole(Some(-12_345)), "-12345", "-12,345"),
        ] {
            assert_eq!((&*number.written(), &*number.shown()), (written, shown));
            let null = number.null();
            assert_eq!((&*null.written(), &*null.shown()), ("", ""));
            assert!(null.is_null() && !number.is_null(), "{number:?}");
        }
    }
}
