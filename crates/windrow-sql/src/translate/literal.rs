//! Literals: values that are written in an expression.

use sqlparser::ast::{Expr, Value, ValueWithSpan};

use super::TypedExpression;
use crate::column::{Column, Presence, TypedValues};
use crate::fault::{ExpressionFault, ExpressionPlace};
use crate::like::Like;
use crate::node::{Literal, TypedNode};
use crate::types::{Readers, SqlType};

/// An example of a literal of a type.
pub(super) fn example(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Date => "write it as DATE '2016-07-26'",
        SqlType::Timestamp => "write it as TIMESTAMP '2016-07-26 10:00:00'",
        _ => "write it as a number, true, false or 'text'",
    }
}

/// The value in a text, read as this type.
pub(super) fn read(text: &str, to: SqlType, readers: Readers) -> Option<Literal> {
    let column = Column::of_texts(vec![text.as_bytes()]).read_as(to, readers);
    if column.states != [Presence::There] {
        return None;
    }
    Some(match column.values {
        TypedValues::Text(texts) => Literal::Text(texts.get(0).to_vec()),
        TypedValues::Integer(values) => Literal::Integer(values[0]),
        TypedValues::Decimal(values) => Literal::Decimal(values[0]),
        TypedValues::Boolean(values) => Literal::Boolean(values[0]),
        TypedValues::Timestamp(values) => Literal::Timestamp(values[0]),
        TypedValues::Date(values) => Literal::Date(values[0]),
    })
}

pub(super) fn literal(value: &ValueWithSpan, readers: Readers) -> Result<TypedExpression, ExpressionFault> {
    let wrong = |what: String| Err(ExpressionFault::new(what).at(ExpressionPlace::of(value.span)));
    let literal = match &value.value {
        Value::SingleQuotedString(text) => Literal::Text(text.as_bytes().to_vec()),
        Value::Boolean(value) => Literal::Boolean(*value),
        Value::Null => return Ok(TypedExpression(TypedNode::Literal(Literal::Null(SqlType::Text)), None)),
        Value::Number(text, _) => {
            if let Some(digits) = digits_behind_the_point(text).filter(|digits| *digits > 9) {
                return wrong(format!("{text} has {digits} digits behind the point, and a decimal has nine"));
            }
            let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
            let to = if is_whole { SqlType::Integer } else { SqlType::Decimal };
            match read(text, to, readers) {
                Some(literal) => literal,
                None => return wrong(format!("{text} is too large")),
            }
        }
        other => return wrong(format!("{other} is not a value that is known here")),
    };
    let sql_type = literal.sql_type();
    Ok(TypedExpression(TypedNode::Literal(literal), Some(sql_type)))
}

/// The number of digits behind a number's point, without trailing zeros; `None` if its exponent cannot be read.
fn digits_behind_the_point(text: &str) -> Option<i64> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (_, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = i64::try_from(fraction.trim_end_matches('0').len()).ok()?;
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if is_zero { Some(0) } else { fraction.checked_sub(exponent.parse().ok()?) }
}

/// A pattern of LIKE, which must be a literal.
pub(super) fn like(pattern: &Expr, escape: Option<&ValueWithSpan>) -> Result<Like, ExpressionFault> {
    let Some(text) = written(pattern) else {
        return Err(ExpressionFault::new(format!(
            "the pattern of LIKE is a text in single quotes, not `{pattern}`"
        )));
    };
    let escape = match escape.map(|escape| escape.value.clone().into_string().unwrap_or_default()) {
        None if text.contains('\\') => {
            let fault =
                ExpressionFault::new("programs differ in what a backslash in a pattern of LIKE means");
            return Err(
                fault.help("add ESCAPE '\\' if it takes the meaning of what follows, else ESCAPE '!'")
            );
        }
        None => None,
        Some(text) => match text.chars().collect::<Vec<_>>().as_slice() {
            [one] => Some(*one),
            _ => return Err(ExpressionFault::new("ESCAPE takes one character")),
        },
    };
    Like::of(text, escape).map_err(ExpressionFault::new)
}

/// A text in single quotes.
pub(super) fn written(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
        _ => None,
    }
}
