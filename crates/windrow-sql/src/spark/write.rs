//! Writes nodes in the SQL of Spark. A value is sure if the parts that a row reaches are sure, as in `evaluate`.

use super::{Piece, SparkQuery, SparkValue};
use crate::like::Like;
use crate::node::{CompareOp, Literal, TypedNode};
use crate::types::SqlType;

impl SparkQuery<'_> {
    pub(super) fn node(
        &mut self,
        node: &TypedNode,
        inputs: &[&SparkValue],
    ) -> Result<SparkValue, &'static str> {
        Ok(match node {
            TypedNode::Column(number) => inputs[*number].clone(),
            TypedNode::Literal(literal) => self.literal(literal),
            TypedNode::Cast { value, to, may_fail } => {
                let value = self.node(value, inputs)?;
                self.cast(value, *to, *may_fail)
            }
            TypedNode::Compare(comparison, left, right) => {
                let (left, right) = (self.node(left, inputs)?, self.node(right, inputs)?);
                let sign = match comparison {
                    CompareOp::Equal => "=",
                    CompareOp::NotEqual => "<>",
                    CompareOp::Less => "<",
                    CompareOp::LessOrEqual => "<=",
                    CompareOp::Greater => ">",
                    CompareOp::GreaterOrEqual => ">=",
                };
                let sql = format!("({} {sign} {})", left.value.sql, right.value.sql);
                self.made(sql, SqlType::Boolean, &[&left, &right])
            }
            TypedNode::Calculate(operation, left, right) => {
                let sides = [self.node(left, inputs)?, self.node(right, inputs)?];
                let digits = [digits(left), digits(right)];
                self.calculation(*operation, sides, digits)
            }
            TypedNode::And(nodes) => self.chain(nodes, inputs, "AND", "FALSE")?,
            TypedNode::Or(nodes) => self.chain(nodes, inputs, "OR", "TRUE")?,
            TypedNode::Not(node) => self.told(node, inputs, |sql| format!("(NOT {sql})"))?,
            TypedNode::IsNull(node) => self.told(node, inputs, |sql| format!("({sql} IS NULL)"))?,
            TypedNode::Is(node, true) => self.told(node, inputs, |sql| format!("({sql} IS TRUE)"))?,
            TypedNode::Is(node, false) => self.told(node, inputs, |sql| format!("({sql} IS FALSE)"))?,
            TypedNode::Like(node, like) => {
                let (pattern, way) = match like {
                    Like::Exactly(text) => (text.as_slice(), "="),
                    Like::Begins(text) => (text.as_slice(), "startswith"),
                    Like::Ends(text) => (text.as_slice(), "endswith"),
                    Like::Contains(finder) => (finder.needle(), "contains"),
                    Like::Regex { pattern, .. } => (pattern.as_bytes(), "LIKE"),
                };
                let pattern = self.argument(&String::from_utf8_lossy(pattern));
                self.told(node, inputs, |sql| match way {
                    "=" | "LIKE" => format!("({sql} {way} {pattern})"),
                    _ => format!("{way}({sql}, {pattern})"),
                })?
            }
            TypedNode::Case { branches, otherwise } => self.case(branches, otherwise, inputs)?,
            TypedNode::Coalesce(nodes) => self.coalesce(nodes, inputs)?,
            TypedNode::Call(function, args) => {
                let args = args.iter().map(|arg| self.node(arg, inputs)).collect::<Result<Vec<_>, _>>()?;
                self.call(function, args)?
            }
        })
    }

    /// SQL of these values, sure where all of them are.
    pub(super) fn made(&mut self, sql: String, sql_type: SqlType, of: &[&SparkValue]) -> SparkValue {
        let pieces: Vec<&Piece> = of.iter().map(|value| &value.value).collect();
        let value = self.bounded(Piece::of(sql, &pieces));
        let sure = of.iter().fold(None, |sure, value| self.both(sure, value.sure.clone()));
        SparkValue { value, sure, sql_type }
    }

    fn told(
        &mut self,
        node: &TypedNode,
        inputs: &[&SparkValue],
        tell: impl Fn(&str) -> String,
    ) -> Result<SparkValue, &'static str> {
        let value = self.node(node, inputs)?;
        Ok(self.made(tell(&value.value.sql), SqlType::Boolean, &[&value]))
    }

    fn literal(&mut self, literal: &Literal) -> SparkValue {
        let sql = match literal {
            Literal::Text(text) => self.argument(&String::from_utf8_lossy(text)),
            Literal::Integer(value) | Literal::Timestamp(value) | Literal::Date(value) => {
                self.arguments.integer(*value)
            }
            Literal::Decimal(units) => return self.decimal(*units),
            Literal::Boolean(value) => value.to_string(),
            Literal::Null(sql_type) => format!("CAST(NULL AS {})", in_spark(*sql_type)),
        };
        SparkValue { value: Piece { sql, level: 0 }, sure: None, sql_type: literal.sql_type() }
    }

    /// AND, which ends at the first FALSE, or OR, which ends at the first TRUE.
    fn chain(
        &mut self,
        nodes: &[TypedNode],
        inputs: &[&SparkValue],
        word: &str,
        ends: &str,
    ) -> Result<SparkValue, &'static str> {
        let mut values = nodes.iter().map(|node| self.node(node, inputs)).collect::<Result<Vec<_>, _>>()?;
        let sure = self.sure_until(&mut values, &format!("IS {ends}"));
        let pieces: Vec<&Piece> = values.iter().map(|value| &value.value).collect();
        let sql: Vec<&str> = values.iter().map(|value| value.value.sql.as_str()).collect();
        let value = self.bounded(Piece::of(format!("({})", sql.join(&format!(" {word} "))), &pieces));
        Ok(SparkValue { value, sure, sql_type: SqlType::Boolean })
    }

    fn case(
        &mut self,
        branches: &[(TypedNode, TypedNode)],
        otherwise: &TypedNode,
        inputs: &[&SparkValue],
    ) -> Result<SparkValue, &'static str> {
        let last = self.node(otherwise, inputs)?;
        let branches = branches.iter().map(|(condition, value)| {
            Ok::<_, &'static str>((self.node(condition, inputs)?, self.node(value, inputs)?))
        });
        let mut branches = branches.collect::<Result<Vec<_>, _>>()?;
        let mut sure = last.sure.clone();
        for (condition, value) in branches.iter_mut().rev() {
            if value.sure != sure {
                condition.value = self.kept(condition.value.clone());
                let always = Piece { sql: "true".to_owned(), level: 0 };
                let (taken, passed) = (value.sure.clone().unwrap_or(always.clone()), sure.unwrap_or(always));
                let sql =
                    format!("CASE WHEN {} THEN {} ELSE {} END", condition.value.sql, taken.sql, passed.sql);
                sure = Some(Piece::of(sql, &[&condition.value, &taken, &passed]));
            }
            sure = self.both(condition.sure.clone(), sure);
        }
        let mut pieces = vec![&last.value];
        let mut sql = String::from("CASE");
        for (condition, value) in &branches {
            sql += &format!(" WHEN {} THEN {}", condition.value.sql, value.value.sql);
            pieces.extend([&condition.value, &value.value]);
        }
        sql += &format!(" ELSE {} END", last.value.sql);
        let value = self.bounded(Piece::of(sql, &pieces));
        Ok(SparkValue { value, sure, sql_type: last.sql_type })
    }

    /// The condition that a chain of values is sure: all values that are reached are. They are reached in order, until one of
    /// them `ends` the chain.
    fn sure_until(&mut self, values: &mut [SparkValue], ends: &str) -> Option<Piece> {
        let mut sure: Option<Piece> = None;
        for value in values.iter_mut().rev() {
            if value.sure == sure {
                continue;
            }
            let reached = sure.map(|rest| {
                value.value = self.kept(value.value.clone());
                Piece::of(format!("({} {ends} OR {})", value.value.sql, rest.sql), &[&value.value, &rest])
            });
            sure = self.both(value.sure.clone(), reached);
        }
        sure
    }

    fn coalesce(&mut self, nodes: &[TypedNode], inputs: &[&SparkValue]) -> Result<SparkValue, &'static str> {
        let mut values = nodes.iter().map(|node| self.node(node, inputs)).collect::<Result<Vec<_>, _>>()?;
        let sure = self.sure_until(&mut values, "IS NOT NULL");
        let pieces: Vec<&Piece> = values.iter().map(|value| &value.value).collect();
        let sql: Vec<&str> = values.iter().map(|value| value.value.sql.as_str()).collect();
        let value = self.bounded(Piece::of(format!("coalesce({})", sql.join(", ")), &pieces));
        let sql_type = values.last().map_or(SqlType::Text, |value| value.sql_type);
        Ok(SparkValue { value, sure, sql_type })
    }
}

/// The type in the query.
pub(super) fn in_spark(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Text => "STRING",
        SqlType::Integer | SqlType::Timestamp | SqlType::Date => "BIGINT",
        SqlType::Decimal => super::number::DECIMAL,
        SqlType::Boolean => "BOOLEAN",
    }
}

/// The number of digits of a literal decimal, with those behind the point.
fn digits(node: &TypedNode) -> Option<usize> {
    match node {
        TypedNode::Literal(Literal::Decimal(units)) => Some(units.unsigned_abs().to_string().len().max(9)),
        _ => None,
    }
}
