//! Expressions in the SQL of Spark, for an engine that counts there.
//!
//! Each value becomes two pieces of SQL: the value, and a condition under which it is surely the result of
//! [`Expression::evaluate`]. A value is not sure if it is wrong, or if Spark may compute it differently; the caller then
//! evaluates that row itself. This SQL never fails, whatever its input: Spark may compute values that a row does not reach.
//! Decimals have 19 digits before the point; timestamps are microseconds, dates are days.
//!
//! Texts in an expression are passed as [arguments](SparkArguments), so no text of a job is part of a query.

mod call;
mod cast;
mod number;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod write;

use std::collections::HashMap;

use crate::expression::Expression;
use crate::functions::{ValueFunction, function_names};
use crate::node::TypedNode;
use crate::types::SqlType;

/// Receives the arguments of a query, and gives the names under which its text refers to them.
pub trait SparkArguments {
    /// Takes a text.
    fn text(&mut self, value: &str) -> String;
    /// Takes a whole number.
    fn integer(&mut self, value: i64) -> String;
    /// SQL that reads a trimmed text as an instant, in microseconds; null if it is not one. `of` is a name.
    fn instant(&mut self, of: &str) -> String;
}

/// SQL, and how many tables must be made before it can be selected.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    sql: String,
    level: usize,
}

impl Piece {
    /// SQL that contains these pieces.
    fn of(sql: String, pieces: &[&Piece]) -> Piece {
        Piece { sql, level: pieces.iter().map(|piece| piece.level).max().unwrap_or(0) }
    }

    /// Whether it costs nothing to write it twice: a name or an argument.
    fn is_name(&self) -> bool {
        self.sql.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'))
    }
}

/// A value in the SQL of Spark.
#[derive(Clone, Debug)]
pub struct SparkValue {
    value: Piece,
    /// The condition under which it is sure; `None`: always.
    sure: Option<Piece>,
    sql_type: SqlType,
}

impl SparkValue {
    /// The SQL for it, from the last of the [tables](SparkQuery::tables) on.
    pub fn sql(&self) -> &str {
        &self.value.sql
    }

    /// The SQL that says whether it is sure, which is never null; `None` if it always is.
    pub fn sure(&self) -> Option<&str> {
        self.sure.as_ref().map(|sure| sure.sql.as_str())
    }
}

/// The most bytes of SQL at one place: longer SQL becomes a column, as parsers recurse into nested parts.
const SQL_BYTES_MAX: usize = 600;

/// Expressions of one query.
pub struct SparkQuery<'q> {
    arguments: &'q mut dyn SparkArguments,
    /// What each table adds: names and SQL.
    tables: Vec<Vec<(String, String)>>,
    /// The columns made so far, by their SQL.
    known: HashMap<String, Piece>,
    /// The names of the texts that were passed as arguments.
    texts: HashMap<String, String>,
}

impl<'q> SparkQuery<'q> {
    /// A query without an expression.
    pub fn new(arguments: &'q mut dyn SparkArguments) -> Self {
        SparkQuery { arguments, tables: Vec::new(), known: HashMap::new(), texts: HashMap::new() }
    }

    /// The text column `name` of the query, in which empty texts are null, read as `sql_type`. `sure` names a condition that is
    /// never null: the values are sure only where it is true.
    pub fn column(&mut self, name: &str, sql_type: SqlType, sure: Option<&str>) -> SparkValue {
        let piece = |name: &str| Piece { sql: name.to_owned(), level: 0 };
        let text = SparkValue { value: piece(name), sure: sure.map(piece), sql_type: SqlType::Text };
        self.cast(text, sql_type, false)
    }

    /// An expression whose [columns](Expression::columns) have these values.
    ///
    /// # Errors
    /// The name of a function that works differently in Spark: see [`Expression::not_in_spark`].
    pub fn value(
        &mut self,
        expression: &Expression,
        inputs: &[&SparkValue],
    ) -> Result<SparkValue, &'static str> {
        let mut value = self.node(expression.node(), inputs)?;
        value.value = self.kept(value.value);
        value.sure = value.sure.map(|sure| self.kept(sure));
        Ok(value)
    }

    /// A value as text.
    pub fn text(&mut self, value: &SparkValue) -> SparkValue {
        self.cast(value.clone(), SqlType::Text, false)
    }

    /// The tables to make, each from the previous one: the SQL to select beside all columns of that one.
    pub fn tables(self) -> Vec<String> {
        let columns = |columns: Vec<(String, String)>| {
            columns
                .into_iter()
                .map(|(name, sql)| format!("{sql} AS {name}"))
                .collect::<Vec<_>>()
                .join(",\n    ")
        };
        self.tables.into_iter().map(columns).collect()
    }

    /// The name of a text in the query.
    fn argument(&mut self, text: &str) -> String {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let name = self.arguments.text(text);
        self.texts.insert(text.to_owned(), name.clone());
        name
    }

    /// The piece under a name, so that it can be written twice.
    fn kept(&mut self, piece: Piece) -> Piece {
        if piece.is_name() {
            return piece;
        }
        if let Some(known) = self.known.get(&piece.sql) {
            return known.clone();
        }
        let name = format!("e{}", self.known.len());
        if self.tables.len() <= piece.level {
            self.tables.resize_with(piece.level + 1, Vec::new);
        }
        self.tables[piece.level].push((name.clone(), piece.sql.clone()));
        let kept = Piece { sql: name, level: piece.level + 1 };
        self.known.insert(piece.sql, kept.clone());
        kept
    }

    /// The piece, under a name if it is long.
    fn bounded(&mut self, piece: Piece) -> Piece {
        if piece.sql.len() > SQL_BYTES_MAX { self.kept(piece) } else { piece }
    }

    /// The condition that both are sure.
    fn both(&mut self, one: Option<Piece>, other: Option<Piece>) -> Option<Piece> {
        match (one, other) {
            (Some(one), Some(other)) if one != other => {
                let both = Piece::of(format!("({} AND {})", one.sql, other.sql), &[&one, &other]);
                Some(self.bounded(both))
            }
            (one, other) => one.or(other),
        }
    }
}

impl Expression {
    /// The name of a function in it that works differently in Spark, and the names of those that work alike.
    pub fn not_in_spark(&self) -> Option<(&'static str, Vec<&'static str>)> {
        let name = self.node().find(&|node| match node {
            TypedNode::Call(ValueFunction::Regexp(_), _) => Some(REGEXP),
            _ => None,
        })?;
        Some((name, function_names().filter(|name| *name != REGEXP).collect()))
    }
}

/// Regular expressions have different meanings in Rust and Java.
const REGEXP: &str = "regexp_like";
