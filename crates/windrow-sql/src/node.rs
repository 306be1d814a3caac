//! Nodes: a checked expression, as a tree.

use crate::functions::Function;
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
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// An expression whose types fit: both sides of a comparison or calculation are of one type.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// The input with this number.
    Column(usize),
    Literal(Literal),
    Cast {
        value: Box<Node>,
        to: SqlType,
        may_fail: bool,
    },
    Compare(Comparison, Box<Node>, Box<Node>),
    Calculate(Operation, Box<Node>, Box<Node>),
    /// All are true, evaluated in order.
    And(Vec<Node>),
    /// One is true.
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    /// Whether a boolean is this one, and not null.
    Is(Box<Node>, bool),
    Like(Box<Node>, Like),
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Box<Node>,
    },
    /// The first that is not null.
    Coalesce(Vec<Node>),
    Call(Function, Vec<Node>),
}

impl Node {
    /// The first thing that `of` finds in it or in a part of it.
    pub(crate) fn find<T>(&self, of: &dyn Fn(&Node) -> Option<T>) -> Option<T> {
        of(self).or_else(|| self.parts().into_iter().find_map(|part| part.find(of)))
    }

    fn parts(&self) -> Vec<&Node> {
        match self {
            Node::Column(_) | Node::Literal(_) => Vec::new(),
            Node::Cast { value: node, .. }
            | Node::Not(node)
            | Node::IsNull(node)
            | Node::Is(node, _)
            | Node::Like(node, _) => vec![node],
            Node::Compare(_, left, right) | Node::Calculate(_, left, right) => vec![left, right],
            Node::And(nodes) | Node::Or(nodes) | Node::Coalesce(nodes) | Node::Call(_, nodes) => {
                nodes.iter().collect()
            }
            Node::Case { branches, otherwise } => {
                let branches = branches.iter().flat_map(|(condition, value)| [condition, value]);
                branches.chain([&**otherwise]).collect()
            }
        }
    }
}
