//! Functions: the closed list of what may be called.

use regex::Regex;

use crate::column::{Column, Presence, RowTexts, TypedValues};
use crate::compare::of_both;
use crate::types::SqlType;

/// A function of values that are not null.
#[derive(Clone, Debug)]
pub(crate) enum ValueFunction {
    Lower,
    Upper,
    Trim,
    TrimStart,
    TrimEnd,
    Replace,
    Concat,
    Substring,
    Left,
    Right,
    Length,
    StartsWith,
    EndsWith,
    Contains,
    Regexp(Regex),
    AbsInteger,
    AbsDecimal,
}

/// Every name that may be called, with its arguments; `|` separates those that may be left out.
pub(crate) const NAMES: [(&str, &str); 18] = [
    ("abs", "number"),
    ("coalesce", "value, …"),
    ("contains", "text, text"),
    ("ends_with", "text, text"),
    ("left", "text, integer"),
    ("length", "text"),
    ("lower", "text"),
    ("ltrim", "text"),
    ("nullif", "value, value"),
    ("regexp_like", "text, 'pattern'"),
    ("replace", "text, text, text"),
    ("right", "text, integer"),
    ("rtrim", "text"),
    ("starts_with", "text, text"),
    ("substr", "text, integer[, integer]"),
    ("substring", "text, integer[, integer]"),
    ("trim", "text"),
    ("upper", "text"),
];

/// The names of all functions.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

impl ValueFunction {
    /// The function of a name that stands for only one function, and the types of its arguments.
    pub(crate) fn named(name: &str) -> Option<(ValueFunction, &'static [SqlType])> {
        use SqlType::{Integer, Text};
        Some(match name {
            "lower" => (ValueFunction::Lower, &[Text]),
            "upper" => (ValueFunction::Upper, &[Text]),
            "trim" => (ValueFunction::Trim, &[Text]),
            "ltrim" => (ValueFunction::TrimStart, &[Text]),
            "rtrim" => (ValueFunction::TrimEnd, &[Text]),
            "length" => (ValueFunction::Length, &[Text]),
            "replace" => (ValueFunction::Replace, &[Text, Text, Text]),
            "left" => (ValueFunction::Left, &[Text, Integer]),
            "right" => (ValueFunction::Right, &[Text, Integer]),
            "starts_with" => (ValueFunction::StartsWith, &[Text, Text]),
            "ends_with" => (ValueFunction::EndsWith, &[Text, Text]),
            "contains" => (ValueFunction::Contains, &[Text, Text]),
            _ => return None,
        })
    }

    /// The type of its result.
    pub(crate) fn gives(&self) -> SqlType {
        match self {
            ValueFunction::Length | ValueFunction::AbsInteger => SqlType::Integer,
            ValueFunction::AbsDecimal => SqlType::Decimal,
            ValueFunction::StartsWith
            | ValueFunction::EndsWith
            | ValueFunction::Contains
            | ValueFunction::Regexp(_) => SqlType::Boolean,
            _ => SqlType::Text,
        }
    }

    /// Calls it for each row.
    pub(crate) fn call<'a>(&self, of: &[&Column<'_>], rows: usize) -> Column<'a> {
        let mut states = vec![Presence::There; rows];
        of.iter().for_each(|column| states = of_both(&states, &column.states));
        let text = |at: usize, row: usize| match of.get(at).map(|column| &column.values) {
            Some(TypedValues::Text(texts)) => std::str::from_utf8(texts.get(row)).unwrap_or_default(),
            _ => "",
        };
        let number = |at: usize, row: usize| match of.get(at).map(|column| &column.values) {
            Some(TypedValues::Integer(values)) => Some(values[row]),
            _ => None,
        };
        let booleans = |is: &dyn Fn(usize) -> bool| TypedValues::Boolean((0..rows).map(is).collect());
        let values = match self {
            ValueFunction::StartsWith => booleans(&|row| text(0, row).starts_with(text(1, row))),
            ValueFunction::EndsWith => booleans(&|row| text(0, row).ends_with(text(1, row))),
            ValueFunction::Contains => booleans(&|row| text(0, row).contains(text(1, row))),
            ValueFunction::Regexp(regex) => booleans(&|row| regex.is_match(text(0, row))),
            ValueFunction::Length => {
                TypedValues::Integer((0..rows).map(|row| text(0, row).chars().count() as i64).collect())
            }
            ValueFunction::AbsInteger | ValueFunction::AbsDecimal => absolute(of[0], &mut states),
            _ => {
                let (mut bytes, mut ends) = (String::new(), Vec::with_capacity(rows));
                for (row, state) in states.iter_mut().enumerate() {
                    let args = Args { text: &|at| text(at, row), number: &|at| number(at, row) };
                    if *state == Presence::There && self.push(&args, &mut bytes).is_none() {
                        *state = Presence::Wrong;
                    }
                    ends.push(bytes.len());
                }
                TypedValues::Text(RowTexts::Made { bytes: bytes.into_bytes(), ends })
            }
        };
        Column { values, states }
    }

    /// Appends its result for a row, as text; `None` if the arguments make no sense.
    fn push(&self, args: &Args<'_>, to: &mut String) -> Option<()> {
        let text = (args.text)(0);
        match self {
            // Text with other letters is cased by Unicode, whatever the language.
            ValueFunction::Lower => to.push_str(&text.to_lowercase()),
            ValueFunction::Upper => to.push_str(&text.to_uppercase()),
            ValueFunction::Trim => to.push_str(text.trim_matches(' ')),
            ValueFunction::TrimStart => to.push_str(text.trim_start_matches(' ')),
            ValueFunction::TrimEnd => to.push_str(text.trim_end_matches(' ')),
            ValueFunction::Concat => {
                let behind = (args.text)(1);
                if text.len() + behind.len() > TEXT_BYTES_MAX {
                    return None;
                }
                to.push_str(text);
                to.push_str(behind);
            }
            ValueFunction::Replace if (args.text)(1).is_empty() => to.push_str(text),
            ValueFunction::Replace => {
                let (from, by) = ((args.text)(1), (args.text)(2));
                let found = text.matches(from).count();
                if text.len() - found * from.len() + found.saturating_mul(by.len()) > TEXT_BYTES_MAX {
                    return None;
                }
                to.push_str(&text.replace(from, by));
            }
            ValueFunction::Substring => {
                let skipped = usize::try_from((args.number)(1)?.checked_sub(1)?).ok()?;
                let wanted = (args.number)(2).map_or(Some(usize::MAX), |n| usize::try_from(n).ok())?;
                to.extend(text.chars().skip(skipped).take(wanted));
            }
            ValueFunction::Left => to.extend(text.chars().take(usize::try_from((args.number)(1)?).ok()?)),
            ValueFunction::Right => {
                let wanted = usize::try_from((args.number)(1)?).ok()?;
                to.extend(text.chars().skip(text.chars().count().saturating_sub(wanted)));
            }
            _ => return None,
        }
        Some(())
    }
}

/// The longest text that `||` and `replace` make. Otherwise a short expression could fill all memory: thousands of rows are
/// evaluated at a time.
pub(crate) const TEXT_BYTES_MAX: usize = 64 << 10;

/// The arguments of a function in a row.
struct Args<'r> {
    text: &'r dyn Fn(usize) -> &'r str,
    number: &'r dyn Fn(usize) -> Option<i64>,
}

fn absolute<'a>(of: &Column<'_>, states: &mut [Presence]) -> TypedValues<'a> {
    fn each<T: Copy + Default>(values: &[T], states: &mut [Presence], abs: fn(T) -> Option<T>) -> Vec<T> {
        let one = |(value, state): (&T, &mut Presence)| {
            abs(*value).unwrap_or_else(|| {
                *state = Presence::Wrong;
                T::default()
            })
        };
        values.iter().zip(states).map(one).collect()
    }
    match &of.values {
        TypedValues::Decimal(values) => TypedValues::Decimal(each(values, states, i128::checked_abs)),
        TypedValues::Integer(values) => TypedValues::Integer(each(values, states, i64::checked_abs)),
        _ => TypedValues::Integer(vec![0; states.len()]),
    }
}
