//! Translates parsed SQL to nodes whose types fit.

mod call;
mod literal;
mod pair;

use sqlparser::ast::{AccessExpr, CastKind, Expr, Function, FunctionArguments, Subscript, UnaryOperator};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token};

use crate::expression::NamedColumn;
use crate::fault::{ExpressionFault, ExpressionPlace};
use crate::node::{CompareOp, Literal, NumberOp, TypedNode};
use crate::types::{ONE, Readers, SqlType, TypeOf};
use literal::{example, like, literal, read};

/// The most bytes of an expression.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// Bytes of the stack of the thread that parses.
const STACK_BYTES: usize = 64 << 20;

/// How deep brackets and functions may be nested.
const DEPTH_MAX: usize = 32;

/// The depth to which the parser looks for the end of an expression that is nested deeper.
const DEPTH_TRIED: usize = 256;

/// The nodes of an expression, its type, and the columns that it names.
pub(crate) fn translated(
    text: &str,
    type_of: &TypeOf<'_>,
    readers: Readers,
) -> Result<(TypedNode, SqlType, Vec<NamedColumn>), ExpressionFault> {
    if text.trim().is_empty() {
        return Err(ExpressionFault::new("the expression is empty"));
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(ExpressionFault::new(format!("the expression is longer than {TEXT_BYTES_MAX} bytes")));
    }
    // The parser recurses into nested parts.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let parsing = thread.spawn_scoped(scope, || parsed(text, type_of, readers));
        let parsing =
            parsing.map_err(|error| ExpressionFault::new(format!("no thread could be started: {error}")))?;
        parsing.join().unwrap_or_else(|_| Err(ExpressionFault::new("the expression cannot be parsed")))
    })
}

fn parsed(
    text: &str,
    type_of: &TypeOf<'_>,
    readers: Readers,
) -> Result<(TypedNode, SqlType, Vec<NamedColumn>), ExpressionFault> {
    let mut parser = Parser::new(&GenericDialect {})
        .with_recursion_limit(DEPTH_MAX)
        .try_with_sql(text)
        .map_err(unparsed)?;
    let expr = parser.parse_expr().map_err(unparsed)?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        // At its depth limit, the parser drops some parts as if they were not there.
        if ends_later(text, next.span.start) {
            return Err(too_deep());
        }
        let fault = ExpressionFault::new(format!("the expression ends before {}", next.token));
        return Err(fault
            .at(ExpressionPlace::of(next.span))
            .help("write one expression, such as status >= 500 AND method = 'GET'"));
    }
    let mut translator = Translator { type_of, readers, columns: Vec::new(), depth: 0 };
    let TypedExpression(node, sql_type) = translator.any(&expr)?;
    let sql_type = sql_type.ok_or_else(|| ExpressionFault::new("the expression is always null"))?;
    Ok((node, sql_type, translator.columns))
}

/// Whether the expression goes on after this place if it may be nested deeper.
fn ends_later(text: &str, place: Location) -> bool {
    let parser = Parser::new(&GenericDialect {}).with_recursion_limit(DEPTH_TRIED).try_with_sql(text);
    let Ok(mut parser) = parser else { return false };
    parser.parse_expr().is_ok_and(|_| parser.peek_token().span.start != place)
}

fn too_deep() -> ExpressionFault {
    ExpressionFault::new(format!("the expression is nested more than {DEPTH_MAX} deep"))
        .help("derive a column from part of it, and use that column")
}

/// The parser's message, with the place taken out of its text.
fn unparsed(error: ParserError) -> ExpressionFault {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
        ParserError::RecursionLimitExceeded => return too_deep(),
    };
    let text = text.trim_start_matches("sql parser error: ");
    let Some((message, place)) = text.split_once(" at Line: ") else { return ExpressionFault::new(text) };
    let numbers = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(ExpressionPlace { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    ExpressionFault::new(message.replace("found: EOF", "found the end")).at(numbers)
}

/// A node and its type; `None` for a bare null, which fits every type.
pub(super) struct TypedExpression(pub(super) TypedNode, pub(super) Option<SqlType>);

pub(super) struct Translator<'t> {
    type_of: &'t TypeOf<'t>,
    pub(super) readers: Readers,
    columns: Vec<NamedColumn>,
    depth: usize,
}

/// Where an expression begins.
pub(super) fn start(mut expr: &Expr) -> Option<ExpressionPlace> {
    loop {
        expr = match expr {
            Expr::BinaryOp { left, .. } => left,
            Expr::Between { expr, .. } | Expr::InList { expr, .. } | Expr::Like { expr, .. } => expr,
            Expr::Nested(expr) | Expr::IsNull(expr) | Expr::IsNotNull(expr) => expr,
            Expr::Cast { expr, .. } => expr,
            Expr::CompoundFieldAccess { root, .. } => root,
            Expr::UnaryOp { expr, .. } => expr,
            Expr::Identifier(name) => return ExpressionPlace::of(name.span),
            Expr::CompoundIdentifier(names) => {
                return names.first().and_then(|name| ExpressionPlace::of(name.span));
            }
            Expr::Value(value) => return ExpressionPlace::of(value.span),
            Expr::Function(function) => {
                return function
                    .name
                    .0
                    .first()
                    .and_then(|part| part.as_ident())
                    .and_then(|name| ExpressionPlace::of(name.span));
            }
            _ => return None,
        }
    }
}

impl Translator<'_> {
    /// Any expression.
    pub(super) fn any(&mut self, expr: &Expr) -> Result<TypedExpression, ExpressionFault> {
        self.depth += 1;
        if self.depth > TEXT_BYTES_MAX / 64 {
            return Err(ExpressionFault::new("the expression has too many parts"));
        }
        let typed = self.typed(expr).map_err(|fault| fault.at(start(expr)));
        self.depth -= 1;
        typed
    }

    /// An expression of this type.
    pub(super) fn of(&mut self, expr: &Expr, wanted: SqlType) -> Result<TypedNode, ExpressionFault> {
        let typed = self.any(expr)?;
        match typed.1 {
            Some(sql_type) if sql_type != wanted && sql_type.with(wanted) != Some(wanted) => {
                let fault = match (sql_type, wanted) {
                    (SqlType::Decimal, SqlType::Integer) => {
                        return Err(ExpressionFault::new(format!(
                            "`{expr}` is a decimal, not a whole number"
                        ))
                        .at(start(expr))
                        .help("write a whole number: a decimal is not cast to one"));
                    }
                    _ => ExpressionFault::new(format!(
                        "`{expr}` is {}, not {}",
                        sql_type.noun(),
                        wanted.noun()
                    )),
                };
                Err(fault
                    .at(start(expr))
                    .help(pair::how_to_cast(expr, sql_type, wanted))
                    .declare(pair::declared(expr, sql_type, wanted)))
            }
            _ => Ok(brought(typed, wanted)),
        }
    }

    fn typed(&mut self, expr: &Expr) -> Result<TypedExpression, ExpressionFault> {
        let boolean = |node| Ok(TypedExpression(node, Some(SqlType::Boolean)));
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => {
                match path(expr) {
                    Some(name) => Ok(self.column(name, start(expr))),
                    None => Err(ExpressionFault::new(format!("`{expr}` is not the path of a column"))),
                }
            }
            // Words such as `user` are functions to some programs.
            Expr::Function(Function { args: FunctionArguments::None, .. }) => match path(expr) {
                Some(name) => Ok(self.column(name, start(expr))),
                None => Err(ExpressionFault::new(format!("`{expr}` is not a column"))),
            },
            Expr::Nested(inner) => self.any(inner),
            Expr::Value(value) => literal(value, self.readers),
            Expr::TypedString(typed) => {
                let to = SqlType::of_sql(&typed.data_type).map_err(|help| unknown_type(&typed.data_type, help))?;
                let text = typed.value.clone().into_string().unwrap_or_default();
                let Some(literal) = read(&text, to, self.readers) else {
                    let what = format!("'{text}' is not {}", to.noun());
                    return Err(ExpressionFault::new(what).at(ExpressionPlace::of(typed.value.span)).help(example(to)));
                };
                Ok(TypedExpression(TypedNode::Literal(literal), Some(to)))
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                boolean(TypedNode::Not(Box::new(self.of(expr, SqlType::Boolean)?)))
            }
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.number(expr),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => self.negative(expr),
            Expr::BinaryOp { left, op, right } => self.pair(expr, left, op, right),
            Expr::IsNull(inner) => boolean(TypedNode::IsNull(Box::new(self.any(inner)?.or_text()))),
            Expr::IsNotNull(inner) => {
                boolean(TypedNode::Not(Box::new(TypedNode::IsNull(Box::new(self.any(inner)?.or_text())))))
            }
            Expr::IsTrue(inner) => boolean(self.is(inner, true)?),
            Expr::IsFalse(inner) => boolean(self.is(inner, false)?),
            Expr::IsNotTrue(inner) => boolean(TypedNode::Not(Box::new(self.is(inner, true)?))),
            Expr::IsNotFalse(inner) => boolean(TypedNode::Not(Box::new(self.is(inner, false)?))),
            Expr::InList { expr, list, negated } => {
                let equals = list.iter().map(|one| self.comparison(CompareOp::Equal, expr, one));
                let any = TypedNode::Or(equals.collect::<Result<_, _>>()?);
                boolean(not_if(*negated, any))
            }
            Expr::Between { expr, negated, low, high } => {
                let both = [(CompareOp::GreaterOrEqual, low), (CompareOp::LessOrEqual, high)];
                let both = both.map(|(comparison, end)| self.comparison(comparison, expr, end));
                let both = TypedNode::And(both.into_iter().collect::<Result<_, _>>()?);
                boolean(not_if(*negated, both))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let value = self.of(expr, SqlType::Text)?;
                let like = like(pattern, escape_char.as_ref()).map_err(|fault| fault.at(start(pattern)))?;
                boolean(not_if(*negated, TypedNode::Like(Box::new(value), like)))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { kind, expr, data_type, format: None, .. } => {
                let to = SqlType::of_sql(data_type).map_err(|help| unknown_type(data_type, help))?;
                let value = self.any(expr)?;
                match value.1 {
                    Some(from) if !from.can_be(to) => {
                        let what = format!("{} cannot be cast to {}: `{expr}`", from.noun(), to.sql());
                        Err(ExpressionFault::new(what))
                    }
                    None => Ok(TypedExpression(TypedNode::Literal(Literal::Null(to)), Some(to))),
                    Some(_) => {
                        let may_fail = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
                        Ok(TypedExpression(TypedNode::Cast { value: Box::new(value.0), to, may_fail }, Some(to)))
                    }
                }
            }
            Expr::Function(function) => self.call(function),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                self.substring(expr, substring_from.as_deref(), substring_for.as_deref())
            }
            Expr::Trim { trim_where, trim_what: None, expr, trim_characters: None } => {
                self.trim(*trim_where, expr)
            }
            Expr::ILike { .. } => {
                Err(ExpressionFault::new("ILIKE is not one of the operators").help("write lower(column) LIKE 'pattern'"))
            }
            _ => Err(ExpressionFault::new(format!("`{expr}` is not built")).help(
                "what may be written: comparisons, AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL, + - * / %, ||, CASE, CAST, functions",
            )),
        }
    }

    fn is(&mut self, expr: &Expr, wanted: bool) -> Result<TypedNode, ExpressionFault> {
        Ok(TypedNode::Is(Box::new(self.of(expr, SqlType::Boolean)?), wanted))
    }

    /// A column by its name or path.
    fn column(&mut self, name: String, place: Option<ExpressionPlace>) -> TypedExpression {
        let number = self.columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
            let sql_type = (self.type_of)(&name);
            self.columns.push(NamedColumn { name, sql_type, place });
            self.columns.len() - 1
        });
        TypedExpression(TypedNode::Column(number), Some(self.columns[number].sql_type))
    }

    fn number(&mut self, expr: &Expr) -> Result<TypedExpression, ExpressionFault> {
        let typed = self.any(expr)?;
        match typed.1 {
            Some(sql_type) if sql_type.is_number() => Ok(typed),
            Some(sql_type) => {
                Err(ExpressionFault::new(format!("`{expr}` is {}, not a number", sql_type.noun()))
                    .at(start(expr))
                    .help(pair::how_to_cast(expr, sql_type, SqlType::Decimal))
                    .declare(pair::declared(expr, sql_type, SqlType::Decimal)))
            }
            None => Ok(TypedExpression(
                TypedNode::Literal(Literal::Null(SqlType::Integer)),
                Some(SqlType::Integer),
            )),
        }
    }

    fn negative(&mut self, expr: &Expr) -> Result<TypedExpression, ExpressionFault> {
        let TypedExpression(node, sql_type) = self.number(expr)?;
        let zero = match (&node, sql_type) {
            (TypedNode::Literal(Literal::Integer(value)), _) => {
                return Ok(TypedExpression(TypedNode::Literal(Literal::Integer(-value)), sql_type));
            }
            (TypedNode::Literal(Literal::Decimal(value)), _) => {
                return Ok(TypedExpression(TypedNode::Literal(Literal::Decimal(-value)), sql_type));
            }
            (_, Some(SqlType::Decimal)) => Literal::Decimal(0),
            _ => Literal::Integer(0),
        };
        let zero = Box::new(TypedNode::Literal(zero));
        Ok(TypedExpression(TypedNode::Calculate(NumberOp::Subtract, zero, Box::new(node)), sql_type))
    }
}

impl TypedExpression {
    /// A null of any type is one of text.
    fn or_text(self) -> TypedNode {
        let sql_type = self.1.unwrap_or(SqlType::Text);
        brought(self, sql_type)
    }
}

/// Converts a node to the type `wanted`, without loss.
pub(super) fn brought(TypedExpression(node, sql_type): TypedExpression, wanted: SqlType) -> TypedNode {
    match (node, sql_type) {
        (_, None) => TypedNode::Literal(Literal::Null(wanted)),
        (node, Some(sql_type)) if sql_type == wanted => node,
        (TypedNode::Literal(Literal::Integer(value)), _) if wanted == SqlType::Decimal => {
            TypedNode::Literal(Literal::Decimal(i128::from(value) * ONE))
        }
        (node, _) => TypedNode::Cast { value: Box::new(node), to: wanted, may_fail: false },
    }
}

pub(super) fn not_if(negated: bool, node: TypedNode) -> TypedNode {
    if negated { TypedNode::Not(Box::new(node)) } else { node }
}

/// The name of a column, or the path to one: names with dots between them, and numbers in brackets.
pub(super) fn path(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(names) => {
            Some(names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join("."))
        }
        Expr::Function(Function { name, args: FunctionArguments::None, .. }) => match name.0.as_slice() {
            [part] => part.as_ident().map(|name| name.value.clone()),
            _ => None,
        },
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut text = path(root)?;
            for access in access_chain {
                match access {
                    AccessExpr::Dot(part) => text = format!("{text}.{}", path(part)?),
                    AccessExpr::Subscript(Subscript::Index { index: Expr::Value(value) }) => {
                        text = format!("{text}[{}]", value.value);
                    }
                    AccessExpr::Subscript(_) => return None,
                }
            }
            Some(text)
        }
        _ => None,
    }
}

fn unknown_type(data_type: &sqlparser::ast::DataType, help: String) -> ExpressionFault {
    ExpressionFault::new(format!("{data_type} is not a type that is known here")).help(help)
}
