//! Columns: the values of many rows.

use crate::types::{DAY_US, ONE, Readers, SqlType};

/// Whether a row has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has a value.
    There,
    /// It is null.
    Null,
    /// It is an error: a text could not be cast, a number is too large, or there is a division by zero.
    Wrong,
}

/// Texts, one per row, also for null rows.
#[derive(Clone, Debug)]
pub enum RowTexts<'a> {
    /// Borrowed from the input.
    Given(Vec<&'a [u8]>),
    /// One after the other.
    Made {
        /// All of them.
        bytes: Vec<u8>,
        /// Where each ends.
        ends: Vec<usize>,
    },
}

impl RowTexts<'_> {
    /// The text of a row.
    #[inline]
    pub fn get(&self, row: usize) -> &[u8] {
        match self {
            RowTexts::Given(texts) => texts[row],
            RowTexts::Made { bytes, ends } => {
                &bytes[row.checked_sub(1).map_or(0, |row| ends[row])..ends[row]]
            }
        }
    }
}

/// Values of one type, one per row; in a row without a value, it has no meaning.
#[derive(Clone, Debug)]
pub enum TypedValues<'a> {
    /// Texts.
    Text(RowTexts<'a>),
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Numbers in units of 10^-9.
    Decimal(Vec<i128>),
    /// True or false.
    Boolean(Vec<bool>),
    /// Microseconds since 1970.
    Timestamp(Vec<i64>),
    /// Days since 1970.
    Date(Vec<i64>),
}

/// The values of many rows.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// The values, one per row.
    pub values: TypedValues<'a>,
    /// Whether each row has a value.
    pub states: Vec<Presence>,
}

impl<'a> Column<'a> {
    /// Texts from a file, in which an empty text is null.
    pub fn of_texts(texts: Vec<&'a [u8]>) -> Self {
        let state = |text: &&[u8]| if text.is_empty() { Presence::Null } else { Presence::There };
        let states = texts.iter().map(state).collect();
        Column { values: TypedValues::Text(RowTexts::Given(texts)), states }
    }

    /// The type of its values.
    pub fn sql_type(&self) -> SqlType {
        match self.values {
            TypedValues::Text(_) => SqlType::Text,
            TypedValues::Integer(_) => SqlType::Integer,
            TypedValues::Decimal(_) => SqlType::Decimal,
            TypedValues::Boolean(_) => SqlType::Boolean,
            TypedValues::Timestamp(_) => SqlType::Timestamp,
            TypedValues::Date(_) => SqlType::Date,
        }
    }

    /// Which rows are true: neither null nor a value of another type is.
    pub fn are_true(&self) -> Vec<bool> {
        match &self.values {
            TypedValues::Boolean(values) => values
                .iter()
                .zip(&self.states)
                .map(|(value, state)| *value && *state == Presence::There)
                .collect(),
            _ => vec![false; self.states.len()],
        }
    }

    /// The same values as another type; a text that cannot be read is wrong, and one of only white space is null.
    pub fn read_as(self, to: SqlType, readers: Readers) -> Column<'a> {
        let Column { values, states } = self;
        match (values, to) {
            (TypedValues::Text(texts), SqlType::Integer) => {
                read(&texts, states, integer, TypedValues::Integer)
            }
            (TypedValues::Text(texts), SqlType::Decimal) => {
                read(&texts, states, readers.decimal, TypedValues::Decimal)
            }
            (TypedValues::Text(texts), SqlType::Boolean) => {
                read(&texts, states, boolean, TypedValues::Boolean)
            }
            (TypedValues::Text(texts), SqlType::Timestamp) => {
                read(&texts, states, readers.timestamp, TypedValues::Timestamp)
            }
            (TypedValues::Text(texts), SqlType::Date) => {
                let date = |text: &[u8]| date(text, readers);
                read(&texts, states, date, TypedValues::Date)
            }
            (TypedValues::Integer(values), SqlType::Decimal) => {
                let values = values.into_iter().map(|value| i128::from(value) * ONE).collect();
                Column { values: TypedValues::Decimal(values), states }
            }
            (TypedValues::Date(values), SqlType::Timestamp) => {
                let values = values.into_iter().map(|day| day * DAY_US).collect();
                Column { values: TypedValues::Timestamp(values), states }
            }
            (TypedValues::Timestamp(values), SqlType::Date) => {
                let values = values.into_iter().map(|us| us.div_euclid(DAY_US)).collect();
                Column { values: TypedValues::Date(values), states }
            }
            (values, SqlType::Text) if !matches!(values, TypedValues::Text(_)) => {
                let column = Column { values, states };
                let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(column.states.len()));
                for row in 0..column.states.len() {
                    column.push_text(row, readers, &mut bytes);
                    ends.push(bytes.len());
                }
                Column { values: TypedValues::Text(RowTexts::Made { bytes, ends }), states: column.states }
            }
            (values, _) => Column { values, states },
        }
    }

    /// Appends the value of a row as text; nothing for a row without a value.
    pub fn push_text(&self, row: usize, readers: Readers, text: &mut Vec<u8>) {
        if self.states[row] != Presence::There {
            return;
        }
        match &self.values {
            TypedValues::Text(texts) => text.extend_from_slice(texts.get(row)),
            TypedValues::Integer(values) => text.extend_from_slice(values[row].to_string().as_bytes()),
            TypedValues::Decimal(values) => (readers.push_decimal)(values[row], text),
            TypedValues::Boolean(values) => {
                text.extend_from_slice(if values[row] { b"true".as_slice() } else { b"false" });
            }
            TypedValues::Timestamp(values) => (readers.push_timestamp)(values[row], text),
            TypedValues::Date(values) => {
                let from = text.len();
                (readers.push_timestamp)(values[row].saturating_mul(DAY_US), text);
                if let Some(len) = text[from..].iter().position(|byte| *byte == b'T') {
                    text.truncate(from + len);
                }
            }
        }
    }
}

/// Reads texts, each by itself.
fn read<'a, T: Default>(
    texts: &RowTexts<'_>,
    mut states: Vec<Presence>,
    value: impl Fn(&[u8]) -> Option<T>,
    values: impl Fn(Vec<T>) -> TypedValues<'a>,
) -> Column<'a> {
    let mut read = Vec::with_capacity(states.len());
    for (row, state) in states.iter_mut().enumerate() {
        let mut found = None;
        if *state == Presence::There {
            let text = texts.get(row);
            found = value(text);
            if found.is_none() {
                *state = if text.trim_ascii().is_empty() { Presence::Null } else { Presence::Wrong };
            }
        }
        read.push(found.unwrap_or_default());
    }
    Column { values: values(read), states }
}

/// A sign and digits, with white space around them or not.
fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.trim_ascii();
    if let 1..=18 = digits.len()
        && digits.iter().all(u8::is_ascii_digit)
    {
        return Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')));
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `true` or `false`, in any case.
fn boolean(text: &[u8]) -> Option<bool> {
    match text.trim_ascii() {
        text if text.eq_ignore_ascii_case(b"true") => Some(true),
        text if text.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DD`.
fn date(text: &[u8], readers: Readers) -> Option<i64> {
    let text = text.trim_ascii();
    let is_date = text.len() == b"2016-07-26".len();
    let midnight = is_date.then(|| (readers.timestamp)(text))??;
    Some(midnight.div_euclid(DAY_US))
}
