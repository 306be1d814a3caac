//! Calls: functions under their names in Spark.

use super::{Piece, REGEXP, SparkQuery, SparkValue};
use crate::functions::{TEXT_BYTES_MAX, ValueFunction};

/// The most bytes of a text while it is built, before the check that it is too long.
const MADE_BYTES_MAX: usize = 4 << 20;

impl SparkQuery<'_> {
    pub(super) fn call(
        &mut self,
        function: &ValueFunction,
        args: Vec<SparkValue>,
    ) -> Result<SparkValue, &'static str> {
        let args: Vec<SparkValue> =
            args.into_iter().map(|arg| SparkValue { value: self.kept(arg.value), ..arg }).collect();
        let name = |at: usize| args.get(at).map_or("", |arg| arg.value.sql.as_str());
        let (x, y, z) = (name(0), name(1), name(2));
        let mut value = None;
        // Sure if its values are; null for a null value.
        let (sql, sure) = match function {
            ValueFunction::Lower => (format!("lower({x})"), Some(is_ascii(x))),
            ValueFunction::Upper => (format!("upper({x})"), Some(is_ascii(x))),
            ValueFunction::Trim => (format!("trim({x})"), None),
            ValueFunction::TrimStart => (format!("ltrim({x})"), None),
            ValueFunction::TrimEnd => (format!("rtrim({x})"), None),
            ValueFunction::Length => (format!("CAST(char_length({x}) AS BIGINT)"), None),
            ValueFunction::StartsWith => (format!("startswith({x}, {y})"), None),
            ValueFunction::EndsWith => (format!("endswith({x}, {y})"), None),
            ValueFunction::Contains => (format!("contains({x}, {y})"), None),
            ValueFunction::Left => (format!("substring({x}, 1, {})", int(y)), Some(format!("{y} >= 0L"))),
            ValueFunction::Right => (format!("right({x}, {})", int(y)), Some(format!("{y} >= 0L"))),
            ValueFunction::Substring if z.is_empty() => {
                (format!("substring({x}, {})", int(y)), Some(format!("{y} >= 1L")))
            }
            ValueFunction::Substring => (
                format!("substring({x}, {}, {})", int(y), int(z)),
                Some(format!("({y} >= 1L AND {z} >= 0L)")),
            ),
            ValueFunction::Concat => {
                let fits = format!("octet_length({x}) + octet_length({y}) <= {TEXT_BYTES_MAX}");
                (format!("CASE WHEN {fits} THEN concat({x}, {y}) END"), Some(fits))
            }
            ValueFunction::Replace => {
                let fits = format!(
                    "CAST(octet_length({x}) AS BIGINT) * (octet_length({z}) + 1) <= {MADE_BYTES_MAX}"
                );
                let pieces: Vec<&Piece> = args.iter().map(|arg| &arg.value).collect();
                let sql = format!("CASE WHEN {fits} THEN replace({x}, {y}, {z}) END");
                let made = self.kept(Piece::of(sql, &pieces));
                let short = format!(
                    "CASE WHEN {fits} THEN octet_length({}) <= {TEXT_BYTES_MAX} ELSE {x} IS NULL OR {y} IS NULL OR {z} IS NULL END",
                    made.sql
                );
                let sql = made.sql.clone();
                value = Some(made);
                (sql, Some(short))
            }
            ValueFunction::AbsDecimal => (format!("abs({x})"), None),
            ValueFunction::AbsInteger => {
                let sql = format!("try_cast(abs(CAST({x} AS DECIMAL(19, 0))) AS BIGINT)");
                (sql, Some(format!("{x} > {}L", i64::MIN + 1)))
            }
            ValueFunction::Regexp(_) => return Err(REGEXP),
        };
        let of: Vec<&SparkValue> = args.iter().collect();
        let mut made = self.made(sql, function.gives(), &of);
        let mut pieces: Vec<&Piece> = args.iter().map(|arg| &arg.value).collect();
        if let Some(value) = value {
            made.value = value;
        }
        let value = made.value.clone();
        pieces.push(&value);
        let sure = sure.map(|sure| Piece::of(format!("coalesce({sure}, true)"), &pieces));
        made.sure = self.both(made.sure, sure);
        Ok(made)
    }
}

/// A program cases other letters by its own version of Unicode.
fn is_ascii(text: &str) -> String {
    format!("octet_length({text}) = char_length({text})")
}

/// A whole number as Spark counts characters: one that is larger is larger than any text. `least` would pass over null.
fn int(number: &str) -> String {
    format!(
        "CASE WHEN {number} > 1000000000L THEN 1000000000 WHEN {number} < 0L THEN 0 ELSE CAST({number} AS INT) END"
    )
}
