//! Calls: functions by their names, with their arguments.

use regex::Regex;
use sqlparser::ast::{
    Expr, Function as Called, FunctionArg, FunctionArgExpr, FunctionArguments, TrimWhereField,
};

use super::literal::written;
use super::pair::together;
use super::{Translator, TypedExpression, brought, start};
use crate::fault::ExpressionFault;
use crate::functions::{NAMES, ValueFunction, function_names};
use crate::node::{CompareOp, Literal, TypedNode};
use crate::types::SqlType;

impl Translator<'_> {
    pub(super) fn call(&mut self, called: &Called) -> Result<TypedExpression, ExpressionFault> {
        let name = called.name.to_string().to_ascii_lowercase();
        let Some((name, takes)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(unknown(&name));
        };
        let Some(args) = args_of(called) else {
            return Err(ExpressionFault::new(format!("`{called}` is not a call that is known here"))
                .help(format!("write {name}({takes})")));
        };
        let wrong_number = || {
            ExpressionFault::new(format!("{name} takes other values")).help(format!("write {name}({takes})"))
        };
        match (*name, args.as_slice()) {
            ("coalesce", [_, ..]) => self.coalesce(&args),
            ("nullif", [value, other]) => {
                let is_equal = self.comparison(CompareOp::Equal, value, other)?;
                let value = self.any(value)?;
                let to = value.1.unwrap_or(SqlType::Text);
                let null = Box::new(TypedNode::Literal(Literal::Null(to)));
                let is_other = TypedNode::Not(Box::new(TypedNode::Is(Box::new(is_equal), true)));
                Ok(TypedExpression(
                    TypedNode::Case { branches: vec![(is_other, brought(value, to))], otherwise: null },
                    Some(to),
                ))
            }
            ("abs", [value]) => {
                let TypedExpression(node, sql_type) = self.number(value)?;
                let function = match sql_type {
                    Some(SqlType::Decimal) => ValueFunction::AbsDecimal,
                    _ => ValueFunction::AbsInteger,
                };
                Ok(given(function, vec![node]))
            }
            ("regexp_like", [value, pattern]) => {
                let value = self.of(value, SqlType::Text)?;
                let Some(text) = written(pattern) else {
                    let what =
                        format!("the pattern of regexp_like is a text in single quotes, not `{pattern}`");
                    return Err(ExpressionFault::new(what).at(start(pattern)));
                };
                let regex = Regex::new(text).map_err(|error| {
                    let last = error.to_string().lines().last().unwrap_or_default().replace("error: ", "");
                    ExpressionFault::new(format!("'{text}' is not a regular expression: {last}"))
                        .at(start(pattern))
                })?;
                Ok(given(ValueFunction::Regexp(regex), vec![value]))
            }
            ("substr" | "substring", [value, from]) => self.substring(value, Some(from), None),
            ("substr" | "substring", [value, from, wanted]) => {
                self.substring(value, Some(from), Some(wanted))
            }
            _ => match ValueFunction::named(name) {
                Some((function, types)) if types.len() == args.len() => {
                    let args = args.iter().zip(types).map(|(arg, wanted)| self.of(arg, *wanted));
                    Ok(given(function, args.collect::<Result<_, _>>()?))
                }
                _ => Err(wrong_number()),
            },
        }
    }

    fn coalesce(&mut self, args: &[&Expr]) -> Result<TypedExpression, ExpressionFault> {
        let values = args.iter().map(|arg| self.any(arg)).collect::<Result<Vec<_>, _>>()?;
        let to = together(args.iter().copied().zip(values.iter().map(|value| value.1)))?;
        let values = values.into_iter().map(|value| brought(value, to)).collect();
        Ok(TypedExpression(TypedNode::Coalesce(values), Some(to)))
    }

    pub(super) fn substring(
        &mut self,
        value: &Expr,
        from: Option<&Expr>,
        wanted: Option<&Expr>,
    ) -> Result<TypedExpression, ExpressionFault> {
        let mut args = vec![self.of(value, SqlType::Text)?];
        args.push(match from {
            Some(from) => self.of(from, SqlType::Integer)?,
            None => TypedNode::Literal(Literal::Integer(1)),
        });
        if let Some(wanted) = wanted {
            args.push(self.of(wanted, SqlType::Integer)?);
        }
        if let Some(TypedNode::Literal(Literal::Integer(from))) = args.get(1)
            && *from < 1
        {
            return Err(ExpressionFault::new("the first character of a text has the number 1"));
        }
        Ok(given(ValueFunction::Substring, args))
    }

    pub(super) fn trim(
        &mut self,
        side: Option<TrimWhereField>,
        value: &Expr,
    ) -> Result<TypedExpression, ExpressionFault> {
        let function = match side {
            None | Some(TrimWhereField::Both) => ValueFunction::Trim,
            Some(TrimWhereField::Leading) => ValueFunction::TrimStart,
            Some(TrimWhereField::Trailing) => ValueFunction::TrimEnd,
        };
        Ok(given(function, vec![self.of(value, SqlType::Text)?]))
    }
}

fn given(function: ValueFunction, args: Vec<TypedNode>) -> TypedExpression {
    let sql_type = function.gives();
    TypedExpression(TypedNode::Call(function, args), Some(sql_type))
}

/// The arguments of a function, if they are only values.
fn args_of(called: &Called) -> Option<Vec<&Expr>> {
    let is_plain = called.filter.is_none() && called.over.is_none() && called.within_group.is_empty();
    let FunctionArguments::List(list) = &called.args else { return None };
    let is_plain = is_plain && list.duplicate_treatment.is_none() && list.clauses.is_empty();
    if !is_plain {
        return None;
    }
    let values = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    });
    values.collect()
}

/// The fault of a function that may not be called.
fn unknown(name: &str) -> ExpressionFault {
    let fault = ExpressionFault::new(format!("unknown function `{name}`"));
    if name == "concat" {
        return fault.help("write a || b: programs differ in what concat does with null");
    }
    let known: Vec<&str> = function_names().collect();
    let fault = fault.help(format!("the functions are {}", known.join(", ")));
    ExpressionFault { unknown: Some(name.into()), ..fault }
}
