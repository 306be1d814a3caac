//! Functions: the closed list of what may be called.

use regex::Regex;

use crate::column::{Column, State, Texts, Values};
use crate::compare::of_both;
use crate::types::SqlType;

/// A function of values, none of which is null.
#[derive(Clone, Debug)]
pub(crate) enum Function {
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

impl Function {
    /// The function of a name that stands for only one function, and the types of its arguments.
    pub(crate) fn named(name: &str) -> Option<(Function, &'static [SqlType])> {
        use SqlType::{Integer, Text};
        Some(match name {
            "lower" => (Function::Lower, &[Text]),
            "upper" => (Function::Upper, &[Text]),
            "trim" => (Function::Trim, &[Text]),
            "ltrim" => (Function::TrimStart, &[Text]),
            "rtrim" => (Function::TrimEnd, &[Text]),
            "length" => (Function::Length, &[Text]),
            "replace" => (Function::Replace, &[Text, Text, Text]),
            "left" => (Function::Left, &[Text, Integer]),
            "right" => (Function::Right, &[Text, Integer]),
            "starts_with" => (Function::StartsWith, &[Text, Text]),
            "ends_with" => (Function::EndsWith, &[Text, Text]),
            "contains" => (Function::Contains, &[Text, Text]),
            _ => return None,
        })
    }

    /// The type of its result.
    pub(crate) fn gives(&self) -> SqlType {
        match self {
            Function::Length | Function::AbsInteger => SqlType::Integer,
            Function::AbsDecimal => SqlType::Decimal,
            Function::StartsWith | Function::EndsWith | Function::Contains | Function::Regexp(_) => {
                SqlType::Boolean
            }
            _ => SqlType::Text,
        }
    }

    /// Calls it for each row.
    pub(crate) fn call<'a>(&self, of: &[&Column<'_>], rows: usize) -> Column<'a> {
        let mut states = vec![State::There; rows];
        of.iter().for_each(|column| states = of_both(&states, &column.states));
        let text = |at: usize, row: usize| match of.get(at).map(|column| &column.values) {
            Some(Values::Text(texts)) => std::str::from_utf8(texts.get(row)).unwrap_or_default(),
            _ => "",
        };
        let number = |at: usize, row: usize| match of.get(at).map(|column| &column.values) {
            Some(Values::Integer(values)) => Some(values[row]),
            _ => None,
        };
        let booleans = |is: &dyn Fn(usize) -> bool| Values::Boolean((0..rows).map(is).collect());
        let values = match self {
            Function::StartsWith => booleans(&|row| text(0, row).starts_with(text(1, row))),
            Function::EndsWith => booleans(&|row| text(0, row).ends_with(text(1, row))),
            Function::Contains => booleans(&|row| text(0, row).contains(text(1, row))),
            Function::Regexp(regex) => booleans(&|row| regex.is_match(text(0, row))),
            Function::Length => {
                Values::Integer((0..rows).map(|row| text(0, row).chars().count() as i64).collect())
            }
            Function::AbsInteger | Function::AbsDecimal => absolute(of[0], &mut states),
            _ => {
                let (mut bytes, mut ends) = (String::new(), Vec::with_capacity(rows));
                for (row, state) in states.iter_mut().enumerate() {
                    let args = Args { text: &|at| text(at, row), number: &|at| number(at, row) };
                    if *state == State::There && self.push(&args, &mut bytes).is_none() {
                        *state = State::Wrong;
                    }
                    ends.push(bytes.len());
                }
                Values::Text(Texts::Made { bytes: bytes.into_bytes(), ends })
            }
        };
        Column { values, states }
    }

    /// Appends its result for a row, as text; `None` if the arguments make no sense.
    fn push(&self, args: &Args<'_>, to: &mut String) -> Option<()> {
        let text = (args.text)(0);
        match self {
            // Text with other letters is cased by Unicode, whatever the language.
            Function::Lower => to.push_str(&text.to_lowercase()),
            Function::Upper => to.push_str(&text.to_uppercase()),
            Function::Trim => to.push_str(text.trim_matches(' ')),
            Function::TrimStart => to.push_str(text.trim_start_matches(' ')),
            Function::TrimEnd => to.push_str(text.trim_end_matches(' ')),
            Function::Concat => {
                let behind = (args.text)(1);
                if text.len() + behind.len() > TEXT_BYTES_MAX {
                    return None;
                }
                to.push_str(text);
                to.push_str(behind);
            }
            Function::Replace if (args.text)(1).is_empty() => to.push_str(text),
            Function::Replace => {
                let (from, by) = ((args.text)(1), (args.text)(2));
                let found = text.matches(from).count();
                if text.len() - found * from.len() + found.saturating_mul(by.len()) > TEXT_BYTES_MAX {
                    return None;
                }
                to.push_str(&text.replace(from, by));
            }
            Function::Substring => {
                let skipped = usize::try_from((args.number)(1)?.checked_sub(1)?).ok()?;
                let wanted = (args.number)(2).map_or(Some(usize::MAX), |n| usize::try_from(n).ok())?;
                to.extend(text.chars().skip(skipped).take(wanted));
            }
            Function::Left => to.extend(text.chars().take(usize::try_from((args.number)(1)?).ok()?)),
            Function::Right => {
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

fn absolute<'a>(of: &Column<'_>, states: &mut [State]) -> Values<'a> {
    fn each<T: Copy + Default>(values: &[T], states: &mut [State], abs: fn(T) -> Option<T>) -> Vec<T> {
        let one = |(value, state): (&T, &mut State)| {
            abs(*value).unwrap_or_else(|| {
                *state = State::Wrong;
                T::default()
            })
        };
        values.iter().zip(states).map(one).collect()
    }
    match &of.values {
        Values::Decimal(values) => Values::Decimal(each(values, states, i128::checked_abs)),
        Values::Integer(values) => Values::Integer(each(values, states, i64::checked_abs)),
        _ => Values::Integer(vec![0; states.len()]),
    }
}
