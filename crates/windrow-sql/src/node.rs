//! Nodes: a checked expression, as a tree.

use crate::functions::ValueFunction;
use crate::like::Like;
use crate::types::SqlType;

/// A literal value in an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(Vec<u8>),
    Integer(i64),
    Decimal(i128),
    Boolean(bool),
    Timestamp(i64),
    Date(i64),
    Null(SqlType),
}

impl Literal {
    pub(crate) fn sql_type(&self) -> SqlType {
        match self {
            Literal::Text(_) => SqlType::Text,
            Literal::Integer(_) => SqlType::Integer,
            Literal::Decimal(_) => SqlType::Decimal,
            Literal::Boolean(_) => SqlType::Boolean,
            Literal::Timestamp(_) => SqlType::Timestamp,
            Literal::Date(_) => SqlType::Date,
            Literal::Null(sql_type) => *sql_type,
        }
    }
}

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// An expression whose types fit: both sides of a comparison or calculation are of one type.
#[derive(Clone, Debug)]
pub(crate) enum TypedNode {
    /// The input with this number.
    Column(usize),
    Literal(Literal),
    Cast {
        value: Box<TypedNode>,
        to: SqlType,
        may_fail: bool,
    },
    Compare(CompareOp, Box<TypedNode>, Box<TypedNode>),
    Calculate(NumberOp, Box<TypedNode>, Box<TypedNode>),
    /// All are true, evaluated in order.
    And(Vec<TypedNode>),
    /// One is true.
    Or(Vec<TypedNode>),
    Not(Box<TypedNode>),
    IsNull(Box<TypedNode>),
    /// Whether a boolean is this one, and not null.
    Is(Box<TypedNode>, bool),
    Like(Box<TypedNode>, Like),
    Case {
        branches: Vec<(TypedNode, TypedNode)>,
        otherwise: Box<TypedNode>,
    },
    /// The first that is not null.
    Coalesce(Vec<TypedNode>),
    Call(ValueFunction, Vec<TypedNode>),
}

impl TypedNode {
    /// The first thing that `of` finds in it or in a part of it.
    pub(crate) fn find<T>(&self, of: &dyn Fn(&TypedNode) -> Option<T>) -> Option<T> {
        of(self).or_else(|| self.parts().into_iter().find_map(|part| part.find(of)))
    }

    fn parts(&self) -> Vec<&TypedNode> {
        match self {
            TypedNode::Column(_) | TypedNode::Literal(_) => Vec::new(),
            TypedNode::Cast { value: node, .. }
            | TypedNode::Not(node)
            | TypedNode::IsNull(node)
            | TypedNode::Is(node, _)
            | TypedNode::Like(node, _) => vec![node],
            TypedNode::Compare(_, left, right) | TypedNode::Calculate(_, left, right) => vec![left, right],
            TypedNode::And(nodes)
            | TypedNode::Or(nodes)
            | TypedNode::Coalesce(nodes)
            | TypedNode::Call(_, nodes) => nodes.iter().collect(),
            TypedNode::Case { branches, otherwise } => {
                let branches = branches.iter().flat_map(|(condition, value)| [condition, value]);
                branches.chain([&**otherwise]).collect()
            }
        }
    }
}
