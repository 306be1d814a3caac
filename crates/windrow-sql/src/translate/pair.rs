//! Pairs: operators between two values, whose types must fit.

use sqlparser::ast::{BinaryOperator, CaseWhen, Expr};

use super::{Translator, TypedExpression, brought, start};
use crate::fault::ExpressionFault;
use crate::functions::ValueFunction;
use crate::node::{CompareOp, Literal, NumberOp, TypedNode};
use crate::types::SqlType;

impl Translator<'_> {
    pub(super) fn pair(
        &mut self,
        expr: &Expr,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
    ) -> Result<TypedExpression, ExpressionFault> {
        let comparison = match op {
            BinaryOperator::And | BinaryOperator::Or => return self.chain(expr, op),
            BinaryOperator::StringConcat => {
                let both = vec![self.of(left, SqlType::Text)?, self.of(right, SqlType::Text)?];
                return Ok(TypedExpression(
                    TypedNode::Call(ValueFunction::Concat, both),
                    Some(SqlType::Text),
                ));
            }
            BinaryOperator::Plus => return self.calculation(NumberOp::Add, left, right),
            BinaryOperator::Minus => return self.calculation(NumberOp::Subtract, left, right),
            BinaryOperator::Multiply => return self.calculation(NumberOp::Multiply, left, right),
            BinaryOperator::Divide => return self.calculation(NumberOp::Divide, left, right),
            BinaryOperator::Modulo => return self.calculation(NumberOp::Remainder, left, right),
            BinaryOperator::Eq => CompareOp::Equal,
            BinaryOperator::NotEq => CompareOp::NotEqual,
            BinaryOperator::Lt => CompareOp::Less,
            BinaryOperator::LtEq => CompareOp::LessOrEqual,
            BinaryOperator::Gt => CompareOp::Greater,
            BinaryOperator::GtEq => CompareOp::GreaterOrEqual,
            op => {
                return Err(ExpressionFault::new(format!("the operator {op} is not known here")).help(
                    "the operators are = <> < <= > >= AND OR NOT IN LIKE BETWEEN IS, + - * / % and ||",
                ));
            }
        };
        Ok(TypedExpression(self.comparison(comparison, left, right)?, Some(SqlType::Boolean)))
    }

    /// `a AND b AND c` is parsed as `(a AND b) AND c`, however long it is.
    fn chain(&mut self, expr: &Expr, wanted: &BinaryOperator) -> Result<TypedExpression, ExpressionFault> {
        let (mut parts, mut expr) = (Vec::new(), expr);
        while let Expr::BinaryOp { left, op, right } = expr
            && op == wanted
        {
            parts.push(&**right);
            expr = left;
        }
        parts.push(expr);
        let nodes = parts.into_iter().rev().map(|part| self.of(part, SqlType::Boolean));
        let nodes = nodes.collect::<Result<_, _>>()?;
        let node = if *wanted == BinaryOperator::And { TypedNode::And(nodes) } else { TypedNode::Or(nodes) };
        Ok(TypedExpression(node, Some(SqlType::Boolean)))
    }

    /// Two values, both converted to their common type.
    fn both(
        &mut self,
        left: &Expr,
        right: &Expr,
    ) -> Result<(TypedNode, TypedNode, SqlType), ExpressionFault> {
        let (one, other) = (self.any(left)?, self.any(right)?);
        let together = match (one.1, other.1) {
            (Some(one), Some(other)) => {
                one.with(other).ok_or_else(|| do_not_fit((left, one), (right, other)))?
            }
            (one, other) => one.or(other).unwrap_or(SqlType::Text),
        };
        Ok((brought(one, together), brought(other, together), together))
    }

    pub(super) fn comparison(
        &mut self,
        comparison: CompareOp,
        left: &Expr,
        right: &Expr,
    ) -> Result<TypedNode, ExpressionFault> {
        let (one, other, _) = self.both(left, right)?;
        for (column, (node, text)) in [(left, (&one, &other)), (right, (&other, &one))] {
            if let (TypedNode::Column(_), TypedNode::Literal(Literal::Text(text))) = (node, text)
                && text.is_empty()
            {
                let fault = ExpressionFault::new("an empty text is null in a file, and nothing equals null");
                return Err(fault
                    .at(start(left))
                    .help(format!("write {column} IS NULL or {column} IS NOT NULL")));
            }
        }
        Ok(TypedNode::Compare(comparison, Box::new(one), Box::new(other)))
    }

    fn calculation(
        &mut self,
        operation: NumberOp,
        left: &Expr,
        right: &Expr,
    ) -> Result<TypedExpression, ExpressionFault> {
        let (one, other) = (self.number(left)?, self.number(right)?);
        let is_decimal = operation == NumberOp::Divide
            || [&one, &other].into_iter().any(|typed| typed.1 == Some(SqlType::Decimal));
        let to = if is_decimal { SqlType::Decimal } else { SqlType::Integer };
        let (one, other) = (brought(one, to), brought(other, to));
        Ok(TypedExpression(TypedNode::Calculate(operation, Box::new(one), Box::new(other)), Some(to)))
    }

    pub(super) fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Result<TypedExpression, ExpressionFault> {
        let mut branches = Vec::with_capacity(conditions.len());
        for CaseWhen { condition, result } in conditions {
            let condition = match operand {
                Some(operand) => self.comparison(CompareOp::Equal, operand, condition)?,
                None => self.of(condition, SqlType::Boolean)?,
            };
            branches.push((condition, (result, self.any(result)?)));
        }
        let null = TypedExpression(TypedNode::Literal(Literal::Null(SqlType::Text)), None);
        let last = otherwise.map(|expr| self.any(expr)).transpose()?.unwrap_or(null);
        let results = branches.iter().map(|(_, (expr, typed))| (*expr, typed.1));
        let to = together(results.chain(otherwise.map(|expr| (expr, last.1))))?;
        let branches = branches.into_iter().map(|(condition, (_, value))| (condition, brought(value, to)));
        let node = TypedNode::Case { branches: branches.collect(), otherwise: Box::new(brought(last, to)) };
        Ok(TypedExpression(node, Some(to)))
    }
}

/// The common type of all of these.
pub(super) fn together<'e>(
    all: impl Iterator<Item = (&'e Expr, Option<SqlType>)>,
) -> Result<SqlType, ExpressionFault> {
    let mut found: Option<(&Expr, SqlType)> = None;
    for (expr, sql_type) in all {
        let Some(sql_type) = sql_type else { continue };
        found = Some(match found {
            None => (expr, sql_type),
            Some((first, so_far)) => match so_far.with(sql_type) {
                Some(both) => (first, both),
                None => return Err(do_not_fit((first, so_far), (expr, sql_type))),
            },
        });
    }
    Ok(found.map_or(SqlType::Text, |(_, sql_type)| sql_type))
}

/// The fault of two values whose types do not fit.
fn do_not_fit((left, one): (&Expr, SqlType), (right, other): (&Expr, SqlType)) -> ExpressionFault {
    let fault =
        ExpressionFault::new(format!("`{left}` is {}, and `{right}` is {}", one.noun(), other.noun()));
    let (help, declare) = match (one, other) {
        (SqlType::Text, other) => (how_to_cast(left, one, other), declared(left, one, other)),
        (one, SqlType::Text) => (how_to_cast(right, other, one), declared(right, other, one)),
        _ => (format!("cast one of them: CAST({left} AS {})", SqlType::Text.sql()), None),
    };
    fault.at(start(left)).help(help).declare(declare)
}

/// The column of text that may be declared as another type.
pub(super) fn declared(expr: &Expr, is: SqlType, wanted: SqlType) -> Option<(String, SqlType)> {
    super::path(expr).filter(|_| is == SqlType::Text).map(|name| (name, wanted))
}

/// What to write so that `expr` becomes a value of `wanted`.
pub(super) fn how_to_cast(expr: &Expr, is: SqlType, wanted: SqlType) -> String {
    let literal = super::literal::written(expr).filter(|_| is == SqlType::Text);
    match (literal, wanted) {
        (Some(text), SqlType::Date | SqlType::Timestamp) => format!("write {} '{text}'", wanted.sql()),
        (Some(text), SqlType::Integer | SqlType::Decimal) if text.parse::<f64>().is_ok() => {
            format!("write it without quotes: {text}")
        }
        _ if !is.can_be(wanted) => format!("{} cannot become {}", is.noun(), wanted.noun()),
        _ => format!("write CAST({expr} AS {})", wanted.sql()),
    }
}
