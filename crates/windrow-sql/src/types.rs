//! Types: the types of values, and how texts are read as them.

use sqlparser::ast::{DataType, ExactNumberInfo};

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SqlType {
    /// Text, in UTF-8.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number with nine digits behind the point.
    Decimal,
    /// True or false.
    Boolean,
    /// An instant, in microseconds.
    Timestamp,
    /// A day.
    Date,
}

impl SqlType {
    /// Every type.
    pub const ALL: [SqlType; 6] = [
        SqlType::Text,
        SqlType::Integer,
        SqlType::Decimal,
        SqlType::Boolean,
        SqlType::Timestamp,
        SqlType::Date,
    ];

    /// Its name where the type of a column is declared.
    pub fn word(self) -> &'static str {
        match self {
            SqlType::Text => "text",
            SqlType::Integer => "integer",
            SqlType::Decimal => "decimal",
            SqlType::Boolean => "boolean",
            SqlType::Timestamp => "timestamp",
            SqlType::Date => "date",
        }
    }

    /// Its name in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            SqlType::Text => "TEXT",
            SqlType::Integer => "INTEGER",
            SqlType::Decimal => "DECIMAL",
            SqlType::Boolean => "BOOLEAN",
            SqlType::Timestamp => "TIMESTAMP",
            SqlType::Date => "DATE",
        }
    }

    /// The noun for a value of it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            SqlType::Text => "text",
            SqlType::Integer | SqlType::Decimal => "a number",
            SqlType::Boolean => "true or false",
            SqlType::Timestamp => "a timestamp",
            SqlType::Date => "a date",
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, SqlType::Integer | SqlType::Decimal)
    }

    /// The common type of both, if there is one.
    pub(crate) fn with(self, other: SqlType) -> Option<SqlType> {
        match (self, other) {
            (one, other) if one == other => Some(one),
            (one, other) if one.is_number() && other.is_number() => Some(SqlType::Decimal),
            (SqlType::Date, SqlType::Timestamp) | (SqlType::Timestamp, SqlType::Date) => {
                Some(SqlType::Timestamp)
            }
            _ => None,
        }
    }

    /// Whether a value of it can be cast to `to`.
    pub(crate) fn can_be(self, to: SqlType) -> bool {
        self == to
            || self == SqlType::Text
            || to == SqlType::Text
            || matches!(
                (self, to),
                (SqlType::Integer, SqlType::Decimal)
                    | (SqlType::Date, SqlType::Timestamp)
                    | (SqlType::Timestamp, SqlType::Date)
            )
    }

    /// The type with this name in SQL, or what to write instead.
    pub(crate) fn of_sql(name: &DataType) -> Result<SqlType, String> {
        Ok(match name {
            DataType::Text
            | DataType::String(None)
            | DataType::Varchar(None)
            | DataType::CharVarying(None)
            | DataType::CharacterVarying(None) => SqlType::Text,
            DataType::Integer(None) | DataType::Int(None) | DataType::BigInt(None) => SqlType::Integer,
            DataType::Decimal(ExactNumberInfo::None)
            | DataType::Numeric(ExactNumberInfo::None)
            | DataType::Dec(ExactNumberInfo::None) => SqlType::Decimal,
            DataType::Boolean | DataType::Bool => SqlType::Boolean,
            DataType::Timestamp(None, _) | DataType::Datetime(None) => SqlType::Timestamp,
            DataType::Date => SqlType::Date,
            DataType::Decimal(_) | DataType::Numeric(_) | DataType::Dec(_) => {
                return Err("a DECIMAL has nine digits behind the point: leave out the brackets".to_owned());
            }
            DataType::Float(_) | DataType::Double(_) | DataType::Real | DataType::DoublePrecision => {
                return Err("numbers are exact here: write DECIMAL".to_owned());
            }
            _ => {
                let all: Vec<&str> = SqlType::ALL.iter().map(|one| one.sql()).collect();
                return Err(format!("the types are {}", all.join(", ")));
            }
        })
    }
}

/// Gives the type of a column by its name.
pub type TypeOf<'t> = dyn Fn(&str) -> SqlType + Sync + 't;

/// Functions to read and write texts with a grammar that this crate does not define.
#[derive(Clone, Copy, Debug)]
pub struct Readers {
    /// The number in a text, in units of 10^-9.
    pub decimal: fn(&[u8]) -> Option<i128>,
    /// Appends such a number.
    pub push_decimal: fn(i128, &mut Vec<u8>),
    /// The instant in a text, in microseconds UTC: a date alone is its midnight.
    pub timestamp: fn(&[u8]) -> Option<i64>,
    /// Appends an instant.
    pub push_timestamp: fn(i64, &mut Vec<u8>),
}

/// Units of a decimal in the number one.
pub(crate) const ONE: i128 = 1_000_000_000;

/// Microseconds in a day.
pub(crate) const DAY_US: i64 = 86_400_000_000;
