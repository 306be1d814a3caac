//! Values: what one is as text, and as a time.

use std::io::Write;

use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};

use super::kind::ColumnKind;
use crate::calendar::{Clock, DAY_US};
use crate::event::{ReadTime, TimeReader};
use crate::reject::Reason;

/// One value of a column, as it is stored.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) enum StoredValue<'a> {
    Boolean(bool),
    Int32(i32),
    Int64(i64),
    Int96(Int96),
    Float(f32),
    Double(f64),
    Bytes(&'a [u8]),
}

/// What is stored as a value.
pub(super) trait Stored {
    fn value(&self) -> StoredValue<'_>;
}

macro_rules! stored {
    ($($stored:ty: $value:ident $(.$data:ident())?;)*) => {
        $(impl Stored for $stored {
            fn value(&self) -> StoredValue<'_> {
                StoredValue::$value(stored!(self $(.$data())?))
            }
        })*
    };
    ($this:ident) => { *$this };
    ($this:ident.$data:ident()) => { $this.$data() };
}

stored! {
    bool: Boolean;
    i32: Int32;
    i64: Int64;
    Int96: Int96;
    f32: Float;
    f64: Double;
    ByteArray: Bytes.data();
    FixedLenByteArray: Bytes.data();
}

/// The day on which Julian day 2,440,588 begins is 1970-01-01.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

impl StoredValue<'_> {
    /// The time that the value is.
    ///
    /// # Errors
    /// Why it is none.
    pub(in crate::format) fn time(
        self,
        kind: ColumnKind,
        reader: &mut TimeReader,
    ) -> Result<ReadTime, Reason> {
        let instant = |us: Option<i64>, reader: &TimeReader| reader.instant(us.ok_or(Reason::OutOfRange)?);
        let on_clock = |us: Option<i64>, reader: &TimeReader| reader.on_clock(us.ok_or(Reason::OutOfRange)?);
        match (kind, self) {
            (ColumnKind::Instant(unit), StoredValue::Int64(number)) => instant(unit.in_us(number), reader),
            (ColumnKind::OnClock(unit), StoredValue::Int64(number)) => on_clock(unit.in_us(number), reader),
            (ColumnKind::Int96, StoredValue::Int96(value)) => instant(us_of(value), reader),
            (ColumnKind::Date, StoredValue::Int32(days)) => {
                on_clock(i64::from(days).checked_mul(DAY_US), reader)
            }
            (ColumnKind::Text, StoredValue::Bytes(text)) => reader.read_next(text),
            (ColumnKind::Float, StoredValue::Float(number)) => {
                reader.read_plainly(number.to_string().as_bytes())
            }
            (ColumnKind::Float, StoredValue::Double(number)) => {
                reader.read_plainly(number.to_string().as_bytes())
            }
            _ => {
                let mut text = Vec::new();
                self.push_text(kind, &mut text);
                reader.read_next(&text)
            }
        }
    }

    /// Appends the value as text, the same as the usual writers of CSV and JSON make of it.
    pub(in crate::format) fn push_text(self, kind: ColumnKind, text: &mut Vec<u8>) {
        // Writing into memory does not fail.
        let _ = match (kind, self) {
            (ColumnKind::Decimal(scale), value) => {
                push_decimal(value, scale, text);
                Ok(())
            }
            (ColumnKind::Uuid, StoredValue::Bytes(bytes)) => {
                for (at, byte) in bytes.iter().enumerate() {
                    let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                    let _ = write!(text, "{dash}{byte:02x}");
                }
                Ok(())
            }
            (ColumnKind::Date, StoredValue::Int32(days)) => {
                let mut date = String::new();
                Clock::on(days.into()).push_date(&mut date);
                text.write_all(date.as_bytes())
            }
            (ColumnKind::TimeOfDay(unit), StoredValue::Int32(number)) => {
                push_clock(unit.in_us(number.into()), false, "", text)
            }
            (ColumnKind::TimeOfDay(unit), StoredValue::Int64(number)) => {
                push_clock(unit.in_us(number), false, "", text)
            }
            (ColumnKind::Instant(unit), StoredValue::Int64(number)) => {
                push_clock(unit.in_us(number), true, "Z", text)
            }
            (ColumnKind::OnClock(unit), StoredValue::Int64(number)) => {
                push_clock(unit.in_us(number), true, "", text)
            }
            (_, StoredValue::Int96(value)) => push_clock(us_of(value), true, "Z", text),
            (ColumnKind::Unsigned, StoredValue::Int32(number)) => write!(text, "{}", number as u32),
            (ColumnKind::Unsigned, StoredValue::Int64(number)) => write!(text, "{}", number as u64),
            (_, StoredValue::Int32(number)) => write!(text, "{number}"),
            (_, StoredValue::Int64(number)) => write!(text, "{number}"),
            (_, StoredValue::Boolean(is_true)) => write!(text, "{is_true}"),
            (_, StoredValue::Float(number)) => write!(text, "{number:?}"),
            (_, StoredValue::Double(number)) => write!(text, "{number:?}"),
            (_, StoredValue::Bytes(bytes)) => text.write_all(bytes),
        };
    }
}

/// An instant of Impala, Hive and Spark in microseconds since 1970 UTC.
fn us_of(value: Int96) -> Option<i64> {
    let [low, high, day] = *value.data() else { return None };
    let ns = u64::from(high) << 32 | u64::from(low);
    let days = i128::from(i64::from(day) - JULIAN_DAY_OF_1970);
    i64::try_from(days * i128::from(DAY_US) + i128::from(ns / 1_000)).ok()
}

/// Appends what a clock shows, with parts of a second where there are any.
fn push_clock(us: Option<i64>, with_date: bool, end: &str, text: &mut Vec<u8>) -> std::io::Result<()> {
    let Some(us) = us else { return Ok(()) };
    let (clock, mut shown) = (Clock::at(us), String::new());
    if with_date {
        clock.push_date(&mut shown);
        shown.push('T');
    }
    clock.push_minutes(&mut shown);
    let digits = match us.rem_euclid(1_000_000) {
        0 => 0,
        us if us % 1_000 == 0 => 3,
        _ => 6,
    };
    clock.push_seconds(&mut shown, digits);
    text.write_all(shown.as_bytes())?;
    text.write_all(end.as_bytes())
}

/// Appends a decimal with all its digits after the point.
fn push_decimal(value: StoredValue<'_>, scale: usize, text: &mut Vec<u8>) {
    let (is_negative, mut magnitude): (bool, Vec<u8>) = match value {
        StoredValue::Int32(number) => (number < 0, number.unsigned_abs().to_be_bytes().to_vec()),
        StoredValue::Int64(number) => (number < 0, number.unsigned_abs().to_be_bytes().to_vec()),
        StoredValue::Bytes(bytes) => match bytes.first() {
            Some(first) if first & 0x80 != 0 => (true, negated(bytes)),
            _ => (false, bytes.to_vec()),
        },
        _ => (false, Vec::new()),
    };
    let mut digits = Vec::new();
    while magnitude.iter().any(|byte| *byte != 0) {
        // Long division by ten, from the highest byte on.
        let mut rest = 0;
        for byte in &mut magnitude {
            let part = rest << 8 | u16::from(*byte);
            *byte = (part / 10) as u8;
            rest = part % 10;
        }
        digits.push(b'0' + rest as u8);
    }
    digits.resize(digits.len().max(scale + 1), b'0');
    if is_negative {
        text.push(b'-');
    }
    digits.reverse();
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    text.extend_from_slice(whole);
    if scale > 0 {
        text.push(b'.');
        text.extend_from_slice(fraction);
    }
}

/// The two's complement of a big-endian number.
fn negated(bytes: &[u8]) -> Vec<u8> {
    let mut magnitude: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
    for byte in magnitude.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    magnitude
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_a_text() {
        for (days, expected) in
            [(0, "1970-01-01"), (-1, "1969-12-31"), (i32::MAX, "5881580-07-11"), (i32::MIN, "-5877641-06-23")]
        {
            let mut text = Vec::new();
            StoredValue::Int32(days).push_text(ColumnKind::Date, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }
}
