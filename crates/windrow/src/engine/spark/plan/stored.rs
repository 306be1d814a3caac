//! Stored columns of Parquet in SQL: as which types Spark reads them, and how their values become the texts and times that windrow has.
//!
//! The query gives Spark the type of each column, so that Spark reads the stored values. It sees times and dates, and decimals that
//! are stored as integers, as whole numbers, so its calendars and settings do not matter. The SQL here converts these numbers. If a
//! result may differ from windrow's, the row does not fit, and windrow reads it.

use parquet::basic::Type;

use crate::calendar::{DAY_US, Zone};
use crate::event::{TimeFormat, TimeRules};
use crate::format::parquet::{ColumnKind, StoredColumn, TickUnit};
use crate::measure::States;

use super::{Arguments, time};

/// A text in SQL, never null, and the condition under which it is the text that windrow has. `None`: it always is.
pub(super) struct StoredText {
    pub(super) sql: String,
    pub(super) fits: Option<String>,
}

/// A time in SQL: its text, which the query names `t` (empty for a number), its microseconds, and whether it has no offset.
pub(super) struct StoredTime {
    pub(super) text: String,
    pub(super) us: String,
    pub(super) local: String,
}

/// The times that can be written as texts, in microseconds: from 0001-01-01 on, and before 10000-01-01.
const SHOWN_FROM_US: i64 = -719_162 * DAY_US;
const SHOWN_BEFORE_US: i64 = 2_932_897 * DAY_US;

/// How many decimal digits a double and a float always keep.
const SURE_DIGITS: [(Type, usize); 2] = [(Type::DOUBLE, 15), (Type::FLOAT, 6)];

/// The type of a column in a Spark schema in JSON. `None` if Spark reads such values differently from windrow.
pub(super) fn spark_type(column: &StoredColumn) -> Option<String> {
    let name = match (column.kind, column.stored_as) {
        (ColumnKind::Boolean, Type::BOOLEAN) => "boolean",
        (ColumnKind::Text, Type::BYTE_ARRAY) => "string",
        (ColumnKind::Float, Type::DOUBLE) => "double",
        (ColumnKind::Float, Type::FLOAT) => "float",
        // Only with these types does Spark read an unsigned number that uses all its bits as unsigned.
        (ColumnKind::Unsigned, Type::INT32) if column.bits == 32 => "long",
        (ColumnKind::Unsigned, Type::INT64) => "decimal(20,0)",
        (ColumnKind::Decimal(scale), Type::FIXED_LEN_BYTE_ARRAY) => return decimal(column, scale),
        (_, Type::INT32) => "integer",
        (_, Type::INT64) => "long",
        _ => return None,
    };
    Some(name.to_owned())
}

/// The Spark type of a decimal that is stored as bytes. `None` if it has more bytes than its digits need, as Spark reads only the
/// last ones.
fn decimal(column: &StoredColumn, scale: usize) -> Option<String> {
    let bytes_max = match column.digits {
        ..=9 => 4,
        10..=18 => 8,
        19..=38 => 16,
        _ => return None,
    };
    (column.bytes <= bytes_max).then(|| format!("decimal({},{scale})", column.digits))
}

/// The text of a value in the column `c` of the query, for a key or for rules for records.
pub(super) fn text(column: &StoredColumn, c: &str) -> Option<StoredText> {
    spark_type(column)?;
    let (sql, fits) = match (column.kind, column.stored_as) {
        (ColumnKind::Text, _) => {
            (c.to_owned(), Some(format!("({c} IS NULL OR is_valid_utf8({c}) AND NOT contains({c}, :nul))")))
        }
        (ColumnKind::Unsigned, Type::INT32) if column.bits < 32 => {
            (format!("CAST({c} AS STRING)"), Some(format!("({c} IS NULL OR {c} >= 0)")))
        }
        (ColumnKind::Boolean | ColumnKind::Signed | ColumnKind::Unsigned, _)
        | (ColumnKind::Decimal(_), Type::FIXED_LEN_BYTE_ARRAY)
        | (ColumnKind::Decimal(0), _) => (format!("CAST({c} AS STRING)"), None),
        (ColumnKind::Decimal(scale @ 1..=18), Type::INT32 | Type::INT64) => {
            // This is exact: the product has all digits of both factors.
            let unit = format!("0.{}1BD", "0".repeat(scale - 1));
            (format!("CAST(CAST({c} AS DECIMAL(19, 0)) * {unit} AS STRING)"), None)
        }
        (ColumnKind::Date, _) => {
            let days = format!("{c} >= {} AND {c} < {}", SHOWN_FROM_US / DAY_US, SHOWN_BEFORE_US / DAY_US);
            let sql = format!("CASE WHEN {days} THEN CAST(date_from_unix_date({c}) AS STRING) END");
            (sql, Some(format!("({c} IS NULL OR {days})")))
        }
        (ColumnKind::Instant(unit), _) => shown(unit, c, "Z"),
        (ColumnKind::OnClock(unit), _) => shown(unit, c, ""),
        _ => return None,
    };
    Some(StoredText { sql: format!("coalesce({sql}, '')"), fits })
}

/// The text of a time followed by `end`, with a fraction of a second if it is not 0, and the condition that the time can be written.
fn shown(unit: TickUnit, c: &str, end: &str) -> (String, Option<String>) {
    let us = in_us(unit, c, SHOWN_FROM_US, SHOWN_BEFORE_US - 1);
    let second = format!(
        "CAST(timestamp_seconds({us} div 1000000 - CASE WHEN {us} % 1000000 < 0 THEN 1 ELSE 0 END) AS STRING)"
    );
    let part = format!("lpad(CAST(pmod({us}, 1000000L) AS STRING), 6, '0')");
    let sql = format!(
        "CASE WHEN {us} IS NOT NULL THEN concat(replace({second}, ' ', 'T'), CASE WHEN pmod({us}, 1000000L) = 0 THEN ''
    WHEN pmod({us}, 1000L) = 0 THEN concat('.', substring({part}, 1, 3)) ELSE concat('.', {part}) END, '{end}') END"
    );
    (sql, Some(format!("({c} IS NULL OR {us} IS NOT NULL)")))
}

/// The text of a measured value in the column `c`, if these states are kept of it.
pub(super) fn number(column: &StoredColumn, states: States, c: &str) -> Option<StoredText> {
    let ColumnKind::Float = column.kind else { return text(column, c) };
    if states.have(States::DISTINCT) {
        return None;
    }
    // Java and Rust may print a number with different digits. If there are few digits, both mean the same decimal.
    let (_, digits) = SURE_DIGITS.iter().find(|(stored_as, _)| *stored_as == column.stored_as)?;
    let sql = format!("coalesce(CAST({c} AS STRING), '')");
    let fits = format!("octet_length(replace({sql}, '-', '')) <= {}", digits + 1);
    Some(StoredText { sql, fits: Some(fits) })
}

/// The time of a value in the column `c`. `None` if Spark reads such times differently from windrow.
pub(super) fn time_of(
    column: &StoredColumn,
    rules: &TimeRules,
    arguments: &mut Arguments,
    c: &str,
) -> Option<StoredTime> {
    spark_type(column)?;
    let (earliest, latest) = (rules.earliest_us, rules.latest_us);
    let is_utc = rules.zone == Zone::utc();
    let of_number =
        |us: String, local: bool| Some(StoredTime { text: "''".to_owned(), us, local: local.to_string() });
    match (column.kind, &rules.format) {
        (ColumnKind::Instant(unit), _) => of_number(in_us(unit, c, earliest, latest), false),
        (ColumnKind::OnClock(unit), _) if is_utc => of_number(in_us(unit, c, earliest, latest), true),
        (ColumnKind::Date, _) if is_utc => {
            let (from, to) = (-(-earliest).div_euclid(DAY_US), latest.div_euclid(DAY_US));
            let us =
                format!("CASE WHEN {c} >= {from} AND {c} <= {to} THEN CAST({c} AS BIGINT) * {DAY_US}L END");
            of_number(us, true)
        }
        (ColumnKind::Signed, format) => {
            let unit = match format {
                TimeFormat::EpochS => TickUnit::S,
                TimeFormat::EpochMs => TickUnit::Ms,
                TimeFormat::EpochUs => TickUnit::Us,
                TimeFormat::EpochNs => TickUnit::Ns,
                _ => return None,
            };
            of_number(in_us(unit, c, earliest, latest), false)
        }
        (ColumnKind::Text, format) if time::is_in_sql(format) => {
            let white = arguments.text("time_white", " \t\n\u{c}\r");
            let text = format!("trim(BOTH {white} FROM {c})");
            let us = time::us(rules, arguments);
            Some(StoredTime { text, us, local: time::is_local(rules, arguments) })
        }
        _ => None,
    }
}

/// The number of `unit` in the column `c` in microseconds, rounded down. Null unless it is from `from_us` to `to_us`.
fn in_us(unit: TickUnit, c: &str, from_us: i64, to_us: i64) -> String {
    let (from, to, us) = match unit {
        TickUnit::S => {
            (unit.first_from(from_us), to_us.div_euclid(1_000_000), format!("CAST({c} AS BIGINT) * 1000000L"))
        }
        TickUnit::Ms => {
            (unit.first_from(from_us), to_us.div_euclid(1_000), format!("CAST({c} AS BIGINT) * 1000L"))
        }
        TickUnit::Us => (from_us, to_us, format!("CAST({c} AS BIGINT)")),
        // Leaves out the very lowest nanoseconds: to round them down would overflow.
        TickUnit::Ns => (
            unit.first_from(from_us).max(i64::MIN + 1_000),
            to_us.saturating_mul(1_000).saturating_add(999),
            format!("(CAST({c} AS BIGINT) - pmod({c}, 1000L)) div 1000L"),
        ),
    };
    format!("CASE WHEN {c} >= {from}L AND {c} <= {to}L THEN {us} END")
}
