//! Kinds: what the values of a column are, by its types in the file.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ColumnKind {
    Text,
    Boolean,
    Signed,
    Unsigned,
    Float,
    /// With this number of digits after the point.
    Decimal(usize),
    /// Days since 1970.
    Date,
    /// Since midnight.
    TimeOfDay(TickUnit),
    /// Since 1970 UTC.
    Instant(TickUnit),
    /// Since a clock of an unknown zone showed 1970-01-01T00:00.
    OnClock(TickUnit),
    /// A Julian day and nanoseconds, in UTC.
    Int96,
    Uuid,
}

/// The unit in which times count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TickUnit {
    S,
    Ms,
    Us,
    Ns,
}

impl TickUnit {
    fn of(unit: &TimeUnit) -> Self {
        match unit {
            TimeUnit::MILLIS => TickUnit::Ms,
            TimeUnit::MICROS => TickUnit::Us,
            TimeUnit::NANOS => TickUnit::Ns,
        }
    }

    /// The first time in this unit that is not before `us` microseconds.
    pub(crate) fn first_from(self, us: i64) -> i64 {
        match self {
            TickUnit::S => -(-us).div_euclid(1_000_000),
            TickUnit::Ms => -(-us).div_euclid(1_000),
            TickUnit::Us => us,
            TickUnit::Ns => us.saturating_mul(1_000),
        }
    }

    /// `number` of this unit in microseconds, rounded down. `None` if that is too many.
    pub(crate) fn in_us(self, number: i64) -> Option<i64> {
        match self {
            TickUnit::S => number.checked_mul(1_000_000),
            TickUnit::Ms => number.checked_mul(1_000),
            TickUnit::Us => Some(number),
            TickUnit::Ns => Some(number.div_euclid(1_000)),
        }
    }
}

/// The widest decimals that are read, which are the widest that Arrow has.
pub(super) const DECIMAL_BYTES_MAX: usize = 32;
const DECIMAL_DIGITS_MAX: i32 = 76;

impl ColumnKind {
    /// The kind of a column.
    ///
    /// # Errors
    /// The name of a type that is not read.
    pub(in crate::format) fn of(column: &ColumnDescriptor) -> Result<ColumnKind, String> {
        let converted = column.converted_type();
        let decimal = || match (column.type_precision(), usize::try_from(column.type_scale())) {
            (..=DECIMAL_DIGITS_MAX, Ok(scale)) if scale <= DECIMAL_DIGITS_MAX as usize => {
                Ok(ColumnKind::Decimal(scale))
            }
            (digits, _) => Err(format!("decimals of {digits} digits")),
        };
        match column.logical_type_ref() {
            Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => return Ok(ColumnKind::Text),
            Some(LogicalType::Decimal(_)) => return decimal(),
            Some(LogicalType::Date) => return Ok(ColumnKind::Date),
            Some(LogicalType::Time(time)) => return Ok(ColumnKind::TimeOfDay(TickUnit::of(&time.unit))),
            Some(LogicalType::Timestamp(time)) if time.is_adjusted_to_u_t_c => {
                return Ok(ColumnKind::Instant(TickUnit::of(&time.unit)));
            }
            Some(LogicalType::Timestamp(time)) => return Ok(ColumnKind::OnClock(TickUnit::of(&time.unit))),
            Some(LogicalType::Integer(integer)) if !integer.is_signed => return Ok(ColumnKind::Unsigned),
            Some(LogicalType::Uuid) => return Ok(ColumnKind::Uuid),
            Some(LogicalType::Bson) => return Err("BSON".to_owned()),
            Some(LogicalType::Float16) => return Err("floats of 16 bits".to_owned()),
            Some(LogicalType::Variant(_)) => return Err("variants".to_owned()),
            Some(LogicalType::Geometry(_) | LogicalType::Geography(_)) => return Err("shapes".to_owned()),
            _ => {}
        }
        match converted {
            ConvertedType::DECIMAL => return decimal(),
            ConvertedType::DATE => return Ok(ColumnKind::Date),
            ConvertedType::TIME_MILLIS => return Ok(ColumnKind::TimeOfDay(TickUnit::Ms)),
            ConvertedType::TIME_MICROS => return Ok(ColumnKind::TimeOfDay(TickUnit::Us)),
            ConvertedType::TIMESTAMP_MILLIS => return Ok(ColumnKind::Instant(TickUnit::Ms)),
            ConvertedType::TIMESTAMP_MICROS => return Ok(ColumnKind::Instant(TickUnit::Us)),
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => return Ok(ColumnKind::Unsigned),
            ConvertedType::BSON => return Err("BSON".to_owned()),
            ConvertedType::INTERVAL => return Err("intervals".to_owned()),
            _ => {}
        }
        Ok(match column.physical_type() {
            Type::BOOLEAN => ColumnKind::Boolean,
            Type::INT32 | Type::INT64 => ColumnKind::Signed,
            Type::INT96 => ColumnKind::Int96,
            Type::FLOAT | Type::DOUBLE => ColumnKind::Float,
            Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => ColumnKind::Text,
        })
    }

    /// Whether JSON writes its values without quotes.
    pub(in crate::format) fn is_bare(self) -> bool {
        matches!(
            self,
            ColumnKind::Boolean
                | ColumnKind::Signed
                | ColumnKind::Unsigned
                | ColumnKind::Float
                | ColumnKind::Decimal(_)
        )
    }

    /// Whether its values are times by themselves, whatever a job says of their format.
    pub(crate) fn is_time(self) -> bool {
        matches!(self, ColumnKind::Instant(_) | ColumnKind::OnClock(_) | ColumnKind::Int96)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_are_cut_down() {
        for (ns, us) in [(-1, -1), (-1_000, -1), (-1_001, -2), (0, 0), (999, 0), (1_999, 1)] {
            assert_eq!(TickUnit::Ns.in_us(ns), Some(us));
        }
        for (us, ms) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (-1, 0), (-1_000, -1), (-1_001, -1)] {
            assert_eq!((TickUnit::Ms.first_from(us), TickUnit::Ns.first_from(us)), (ms, us * 1_000));
        }
        assert_eq!((TickUnit::Ms.in_us(i64::MAX), TickUnit::Ms.in_us(-2)), (None, Some(-2_000)));
        assert_eq!(
            (TickUnit::S.in_us(-2), TickUnit::S.first_from(1), TickUnit::S.first_from(-1)),
            (Some(-2_000_000), 1, 0)
        );
    }
}
