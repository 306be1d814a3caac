//! Expressions: from their text to their values.

use crate::column::Column;
use crate::evaluate::evaluate;
use crate::fault::{ExpressionFault, ExpressionPlace};
use crate::node::{CompareOp, Literal, TypedNode};
use crate::translate::translated;
use crate::types::{Readers, SqlType, TypeOf};

/// A column that an expression names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub sql_type: SqlType,
    /// Where the expression names it first.
    pub place: Option<ExpressionPlace>,
}

/// An expression that was checked.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    node: TypedNode,
    columns: Vec<NamedColumn>,
    sql_type: SqlType,
    readers: Readers,
}

impl Expression {
    /// Checks an expression over columns with the types that `type_of` gives.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, type_of: &TypeOf<'_>, readers: Readers) -> Result<Self, ExpressionFault> {
        let (node, sql_type, columns) = translated(text, type_of, readers)?;
        Ok(Expression { text: text.to_owned(), node, columns, sql_type, readers })
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn node(&self) -> &TypedNode {
        &self.node
    }

    /// The columns that it names, each once.
    pub fn columns(&self) -> &[NamedColumn] {
        &self.columns
    }

    /// Whether the expression casts the text of the column `name` directly to a date.
    pub fn casts_to_date(&self, name: &str) -> bool {
        let is_column = |node: &TypedNode| matches!(node, TypedNode::Column(at) if self.columns.get(*at).is_some_and(|column| column.name == name));
        let cast = |node: &TypedNode| match node {
            TypedNode::Cast { value, to: SqlType::Date, .. } if is_column(value) => Some(()),
            _ => None,
        };
        self.node.find(&cast).is_some()
    }

    /// The number of a text column, and the texts it must have: with any other text, which is not null, the expression is false, whatever the
    /// values of other columns are. `None` if it does not begin with such a condition.
    pub fn required_texts(&self) -> Option<(usize, Vec<&[u8]>)> {
        let (column, texts) = required_texts(&self.node)?;
        (self.columns.get(column)?.sql_type == SqlType::Text).then_some((column, texts))
    }

    /// The type of its values.
    pub fn sql_type(&self) -> SqlType {
        self.sql_type
    }

    /// Its values in this many `rows`, whose [columns](Self::columns) have the values in `inputs`.
    pub fn evaluate<'a>(&self, inputs: &[&Column<'a>], rows: usize) -> Column<'a> {
        evaluate(&self.node, inputs, rows, self.readers).into_owned()
    }
}

/// The column that is compared with texts, of which it must be one, and these.
fn required_texts(node: &TypedNode) -> Option<(usize, Vec<&[u8]>)> {
    match node {
        TypedNode::Compare(CompareOp::Equal, left, right) => match (&**left, &**right) {
            (TypedNode::Column(column), TypedNode::Literal(Literal::Text(text)))
            | (TypedNode::Literal(Literal::Text(text)), TypedNode::Column(column)) => {
                Some((*column, vec![text]))
            }
            _ => None,
        },
        // Only the first is surely asked: one before may have no value.
        TypedNode::And(nodes) => required_texts(nodes.first()?),
        TypedNode::Or(nodes) => {
            let (mut column, mut texts) = (None, Vec::new());
            for node in nodes {
                let (of, more) = required_texts(node)?;
                if *column.get_or_insert(of) != of {
                    return None;
                }
                texts.extend(more);
            }
            Some((column?, texts))
        }
        _ => None,
    }
}
