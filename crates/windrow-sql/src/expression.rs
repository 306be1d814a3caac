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

/// The texts that a column must have for an expression to be true. With any other text, which is not null, it is false, whatever the values of other
/// columns are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredTexts<'e> {
    /// The number of the column.
    pub column: usize,
    /// The texts.
    pub texts: Vec<&'e [u8]>,
    /// Whether the expression is true with each of them, whatever the values of other columns are.
    pub are_enough: bool,
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

    /// The texts that a column must have. `None` if it does not begin with such a condition.
    pub fn required_texts(&self) -> Option<RequiredTexts<'_>> {
        required_texts(&self.node).filter(|required| {
            self.columns.get(required.column).is_some_and(|column| column.sql_type == SqlType::Text)
        })
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

fn required_texts(node: &TypedNode) -> Option<RequiredTexts<'_>> {
    match node {
        TypedNode::Compare(CompareOp::Equal, left, right) => match (&**left, &**right) {
            (TypedNode::Column(column), TypedNode::Literal(Literal::Text(text)))
            | (TypedNode::Literal(Literal::Text(text)), TypedNode::Column(column)) => {
                Some(RequiredTexts { column: *column, texts: vec![text], are_enough: true })
            }
            _ => None,
        },
        // Only the first condition is sure to decide: a row may have no value for an earlier one.
        TypedNode::And(nodes) => Some(RequiredTexts { are_enough: false, ..required_texts(nodes.first()?)? }),
        TypedNode::Or(nodes) => {
            let (first, others) = nodes.split_first()?;
            let mut all = required_texts(first)?;
            for node in others {
                let more = required_texts(node).filter(|more| more.column == all.column)?;
                all.texts.extend(more.texts);
                all.are_enough &= more.are_enough;
            }
            Some(all)
        }
        _ => None,
    }
}
