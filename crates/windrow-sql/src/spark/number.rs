//! Numbers: calculations, which are sure if the result can be held.

use super::{Piece, SparkQuery, SparkValue};
use crate::node::NumberOp;
use crate::types::{ONE, SqlType};

/// The type of decimals. With it, Spark can add two of them without losing a digit behind the point.
pub(super) const DECIMAL: &str = "DECIMAL(28, 9)";

/// Digits of a decimal.
const DIGITS: usize = 28;

/// The most digits of both sides of a product: with one more, Spark would cut off digits behind the point.
const DIGITS_OF_PRODUCT: usize = 37;

impl SparkQuery<'_> {
    /// A literal decimal.
    pub(super) fn decimal(&mut self, units: i128) -> SparkValue {
        let size = units.unsigned_abs();
        let (whole, part) = (size / ONE.unsigned_abs(), size % ONE.unsigned_abs());
        let sign = if units < 0 { "-" } else { "" };
        let text = self.argument(&format!("{sign}{whole}.{part:09}"));
        let value = self.kept(Piece { sql: format!("try_cast({text} AS {DECIMAL})"), level: 0 });
        let is_held = size.to_string().len() <= DIGITS;
        let never = Piece { sql: "false".to_owned(), level: 0 };
        SparkValue { value, sure: (!is_held).then_some(never), sql_type: SqlType::Decimal }
    }

    /// Calculates with two values of one type; `digits` are the digits of literal decimals.
    pub(super) fn calculation(
        &mut self,
        operation: NumberOp,
        sides: [SparkValue; 2],
        digits: [Option<usize>; 2],
    ) -> SparkValue {
        let [left, right] = sides.map(|side| SparkValue { value: self.kept(side.value), ..side });
        let (one, other) = (&left.value, &right.value);
        let is_decimal = left.sql_type == SqlType::Decimal;
        let value = match operation {
            _ if !is_decimal => {
                let function = match operation {
                    NumberOp::Add => "try_add",
                    NumberOp::Subtract => "try_subtract",
                    NumberOp::Multiply => "try_multiply",
                    // Whole numbers are not divided: see `translate`.
                    NumberOp::Divide | NumberOp::Remainder => "try_mod",
                };
                Piece::of(format!("{function}({}, {})", one.sql, other.sql), &[one, other])
            }
            NumberOp::Add => held(&format!("{} + {}", one.sql, other.sql), &[one, other]),
            NumberOp::Subtract => held(&format!("{} - {}", one.sql, other.sql), &[one, other]),
            NumberOp::Remainder => held(&format!("{} % nullif({}, 0BD)", one.sql, other.sql), &[one, other]),
            NumberOp::Multiply => {
                let half = DIGITS_OF_PRODUCT / 2;
                let widths = match digits {
                    [Some(digits), _] => [digits, DIGITS_OF_PRODUCT.saturating_sub(digits)],
                    [None, Some(digits)] => [DIGITS_OF_PRODUCT.saturating_sub(digits), digits],
                    [None, None] => [half, half],
                };
                let [one_digits, other_digits] = widths.map(|digits| digits.clamp(9, DIGITS));
                let sql = format!(
                    "bround(try_cast({} AS DECIMAL({one_digits}, 9)) * try_cast({} AS DECIMAL({other_digits}, 9)), 9)",
                    one.sql, other.sql
                );
                held(&sql, &[one, other])
            }
            NumberOp::Divide => self.quotient(one, other),
        };
        let value = self.kept(value);
        let (one, other) = (&left.value, &right.value);
        let sql = format!("({} IS NOT NULL OR {} IS NULL OR {} IS NULL)", value.sql, one.sql, other.sql);
        let is_held = Piece::of(sql, &[&value, one, other]);
        let sure = self.both(left.sure.clone(), right.sure.clone());
        let sure = self.both(sure, Some(is_held));
        SparkValue { value, sure, sql_type: left.sql_type }
    }

    /// A quotient, rounded half to even. Spark rounds half up, so the remainder is taken off first and rounded separately.
    fn quotient(&mut self, dividend: &Piece, divisor: &Piece) -> Piece {
        let mut kept = |sql: String, pieces: &[&Piece]| self.kept(Piece::of(sql, pieces));
        let units = |of: &Piece| format!("CAST({} * 1000000000BD AS DECIMAL({DIGITS}, 0))", of.sql);
        let whole = kept(format!("CAST({} * 1000000000BD AS DECIMAL(37, 0))", units(dividend)), &[dividend]);
        let by = kept(format!("nullif({}, 0BD)", units(divisor)), &[divisor]);
        let rest = kept(format!("{} % {}", whole.sql, by.sql), &[&whole, &by]);
        let down = kept(
            format!("try_cast(try_divide({} - {}, {}) AS DECIMAL({DIGITS}, 0))", whole.sql, rest.sql, by.sql),
            &[&whole, &rest, &by],
        );
        let twice = format!("abs({}) * 2BD", rest.sql);
        let away = kept(
            format!(
                "CASE WHEN {twice} < abs({by}) OR {twice} = abs({by}) AND {down} % 2BD = 0BD THEN 0BD
    WHEN ({whole} < 0BD) = ({by} < 0BD) THEN 1BD ELSE -1BD END",
                by = by.sql,
                down = down.sql,
                whole = whole.sql
            ),
            &[&rest, &by, &down, &whole],
        );
        let units =
            kept(format!("try_cast({} + {} AS DECIMAL({DIGITS}, 0))", down.sql, away.sql), &[&down, &away]);
        held(&format!("{} * 0.000000001BD", units.sql), &[&units])
    }
}

/// A decimal, or null if it is too large.
fn held(sql: &str, pieces: &[&Piece]) -> Piece {
    Piece::of(format!("try_cast({sql} AS {DECIMAL})"), pieces)
}
