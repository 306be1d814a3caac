//! Casts: values of one type as another type, like `Column::read_as`.

use super::number::DECIMAL;
use super::{Piece, SparkQuery, SparkValue};
use crate::types::{DAY_US, SqlType};

/// White space that may be around values other than text.
const WHITE: &str = " \t\n\u{c}\r";

/// A sign and digits.
const INTEGER: &str = r"\A[ \t\n\f\r]*[+-]?[0-9]+[ \t\n\f\r]*\z";

/// Numbers that Spark reads in the same way.
const PLAIN: &str = r"\A[+-]?([0-9]{1,18}(\.[0-9]{0,9})?|\.[0-9]{1,9})\z";

/// Every number.
const NUMBER: &str = r"\A[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\z";

const DATE: &str = r"\A(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z";

/// The accepted days, since 1970: 0001-01-01 to 9998-12-31.
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_531;

impl SparkQuery<'_> {
    pub(super) fn cast(&mut self, value: SparkValue, to: SqlType, may_fail: bool) -> SparkValue {
        let SparkValue { value: piece, sure, sql_type } = value;
        if sql_type == SqlType::Text && to != SqlType::Text {
            let (value, known) = self.read(piece, to, may_fail);
            let sure = self.both(sure, known);
            return SparkValue { value, sure, sql_type: to };
        }
        let value = match (sql_type, to) {
            (
                SqlType::Timestamp | SqlType::Decimal | SqlType::Date | SqlType::Integer | SqlType::Boolean,
                SqlType::Text,
            ) => self.written(piece, sql_type),
            (SqlType::Integer, SqlType::Decimal) => {
                Piece::of(format!("CAST({} AS {DECIMAL})", piece.sql), &[&piece])
            }
            (SqlType::Date, SqlType::Timestamp) => {
                Piece::of(format!("({} * {DAY_US}L)", piece.sql), &[&piece])
            }
            (SqlType::Timestamp, SqlType::Date) => {
                let sql = format!("CAST(unix_date(CAST(timestamp_micros({}) AS DATE)) AS BIGINT)", piece.sql);
                Piece::of(sql, &[&piece])
            }
            _ => piece,
        };
        SparkValue { value: self.bounded(value), sure, sql_type: to }
    }

    /// Turns values of other types into text.
    fn written(&mut self, piece: Piece, from: SqlType) -> Piece {
        let piece = self.kept(piece);
        let of = &piece.sql;
        let sql = match from {
            SqlType::Decimal => {
                format!("trim(TRAILING '.' FROM trim(TRAILING '0' FROM CAST({of} AS STRING)))")
            }
            SqlType::Timestamp => {
                let text = |pattern: &str| format!("date_format(timestamp_micros({of}), \"{pattern}\")");
                format!(
                    "CASE WHEN pmod({of}, 1000000L) = 0 THEN {} ELSE {} END",
                    text("yyyy-MM-dd'T'HH:mm:ss'Z'"),
                    text("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'")
                )
            }
            SqlType::Date => format!("CAST(date_from_unix_date(CAST({of} AS INT)) AS STRING)"),
            SqlType::Integer | SqlType::Boolean | SqlType::Text => format!("CAST({of} AS STRING)"),
        };
        Piece::of(sql, &[&piece])
    }

    /// Texts as values of `to`, and where these are sure: a text that cannot be read is wrong, or null if it `may_fail`.
    fn read(&mut self, text: Piece, to: SqlType, may_fail: bool) -> (Piece, Option<Piece>) {
        let text = self.kept(text);
        let white = self.argument(WHITE);
        let trimmed = Piece::of(format!("trim(BOTH {white} FROM {})", text.sql), &[&text]);
        let trimmed = if to == SqlType::Integer { trimmed } else { self.kept(trimmed) };
        let of = &trimmed.sql;
        // A text that this SQL does not read is not a value of `to`, except for decimals in other forms.
        let mut else_wrong = None;
        let sql = match to {
            SqlType::Text => return (text, None),
            SqlType::Integer => {
                let (text, pattern) = (&text.sql, self.argument(INTEGER));
                let read = self.kept(Piece::of(format!("try_cast({text} AS BIGINT)"), &[&trimmed]));
                let of = &read.sql;
                // Most numbers are written as Spark writes them, which is faster to check than the pattern.
                let sql = format!(
                    "CASE WHEN CAST({of} AS STRING) = {text} OR {text} RLIKE {pattern} THEN {of} END"
                );
                Piece::of(sql, &[&read])
            }
            SqlType::Decimal => {
                let plain = self.argument(PLAIN);
                else_wrong = Some(self.argument(NUMBER)).filter(|_| may_fail);
                Piece::of(
                    format!("CASE WHEN {of} RLIKE {plain} THEN try_cast({of} AS {DECIMAL}) END"),
                    &[&trimmed],
                )
            }
            SqlType::Boolean => Piece::of(
                format!("CASE lower({of}) WHEN 'true' THEN true WHEN 'false' THEN false END"),
                &[&trimmed],
            ),
            SqlType::Timestamp => {
                let read = Piece::of(self.arguments.instant(of), &[&trimmed]);
                let read = self.kept(read);
                let (first, end) = (FIRST_DAY * DAY_US, (LAST_DAY + 1) * DAY_US);
                Piece::of(
                    format!("CASE WHEN {0} >= {first}L AND {0} < {end}L THEN {0} END", read.sql),
                    &[&read],
                )
            }
            SqlType::Date => {
                let pattern = self.argument(DATE);
                let day = format!("CAST(unix_date(try_cast({of} AS DATE)) AS BIGINT)");
                let day = self
                    .kept(Piece::of(format!("CASE WHEN {of} RLIKE {pattern} THEN {day} END"), &[&trimmed]));
                let sql = format!("CASE WHEN {0} <= {LAST_DAY}L THEN {0} END", day.sql);
                Piece::of(sql, &[&day])
            }
        };
        let value = self.kept(sql);
        let known = match (may_fail, else_wrong) {
            (true, None) => return (value, None),
            (true, Some(number)) => {
                format!("({} IS NOT NULL OR coalesce(NOT {of} RLIKE {number}, true))", value.sql)
            }
            (false, _) => format!("({} IS NOT NULL OR coalesce({of} = '', true))", value.sql),
        };
        let known = self.kept(Piece::of(known, &[&value, &trimmed]));
        (value, Some(known))
    }
}
