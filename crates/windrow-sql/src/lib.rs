//! SQL expressions over the columns of records.
//!
//! An expression is checked before a row is read: every name, function and type in it. It is then evaluated over many rows at
//! once. For each row the result is a value, null, or wrong, for example if a text should be a number and is not. The text is
//! parsed by `sqlparser`, the parser of DataFusion; its syntax tree does not leave this crate.
//!
//! ```
//! use windrow_sql::{Column, Expression, Readers, SqlType};
//!
//! let readers = Readers { decimal: |_| None, push_decimal: |_, _| (), timestamp: |_| None, push_timestamp: |_, _| () };
//! let is_error = Expression::parse("status >= 500", &|_| SqlType::Integer, readers).unwrap();
//! assert_eq!((is_error.columns()[0].name.as_str(), is_error.sql_type()), ("status", SqlType::Boolean));
//!
//! let status = Column::of_texts(vec![b"200".as_slice(), b"503", b""]).read_as(SqlType::Integer, readers);
//! assert_eq!(is_error.evaluate(&[&status], 3).are_true(), [false, true, false]);
//! ```

#![forbid(unsafe_code)]

mod arithmetic;
mod column;
mod compare;
mod evaluate;
mod expression;
mod fault;
mod functions;
mod like;
mod node;
mod spark;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod translate;
mod types;

pub use column::{Column, Presence, RowTexts, TypedValues};
pub use expression::{Expression, NamedColumn, RequiredTexts};
pub use fault::{ExpressionFault, ExpressionPlace};
pub use functions::function_names;
pub use spark::{SparkArguments, SparkQuery, SparkValue};
pub use types::{Readers, SqlType, TypeOf};
