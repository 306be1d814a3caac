//! Evaluates a node over many rows. Parts that a row does not reach cannot make it wrong: the branch of a CASE that is not
//! taken, and what follows a false in an AND, a true in an OR, and the first value in a COALESCE.

use std::borrow::Cow;

use crate::arithmetic::calculate;
use crate::column::{Column, Presence, RowTexts, TypedValues};
use crate::compare::compare;
use crate::node::{Literal, TypedNode};
use crate::types::{Readers, SqlType};

/// The values of `node` in this many rows with these inputs.
pub(crate) fn evaluate<'c, 'a>(
    node: &TypedNode,
    inputs: &[&'c Column<'a>],
    rows: usize,
    readers: Readers,
) -> Cow<'c, Column<'a>> {
    let of = |node: &TypedNode| evaluate(node, inputs, rows, readers);
    Cow::Owned(match node {
        TypedNode::Column(number) => return Cow::Borrowed(inputs[*number]),
        TypedNode::Literal(literal) => repeated(literal, rows),
        TypedNode::Cast { value, to, may_fail } => {
            let mut column = of(value).into_owned().read_as(*to, readers);
            if *may_fail {
                column
                    .states
                    .iter_mut()
                    .filter(|state| **state == Presence::Wrong)
                    .for_each(|state| *state = Presence::Null);
            }
            column
        }
        TypedNode::Compare(comparison, left, right) => compare(*comparison, &of(left), &of(right)),
        TypedNode::Calculate(operation, left, right) => calculate(*operation, &of(left), &of(right)),
        TypedNode::And(nodes) => together(nodes, false, rows, &of),
        TypedNode::Or(nodes) => together(nodes, true, rows, &of),
        TypedNode::Not(node) => {
            let Column { values, states } = of(node).into_owned();
            let values = match values {
                TypedValues::Boolean(values) => {
                    TypedValues::Boolean(values.into_iter().map(|value| !value).collect())
                }
                values => values,
            };
            Column { values, states }
        }
        TypedNode::IsNull(node) => told(&of(node), |_, _, state| state == Presence::Null),
        TypedNode::Is(node, wanted) => told(
            &of(node),
            |column, row, state| matches!(&column.values, TypedValues::Boolean(values) if state == Presence::There && values[row] == *wanted),
        ),
        TypedNode::Like(node, like) => {
            let column = of(node);
            let TypedValues::Text(texts) = &column.values else { return column };
            let values = (0..rows).map(|row| like.is_like(texts.get(row))).collect();
            Column { values: TypedValues::Boolean(values), states: column.states.clone() }
        }
        TypedNode::Case { branches, otherwise } => {
            let conditions: Vec<_> = branches.iter().map(|(condition, _)| of(condition)).collect();
            let mut values: Vec<_> = branches.iter().map(|(_, value)| of(value)).collect();
            values.push(of(otherwise));
            let choice = |row: usize| {
                for (at, condition) in conditions.iter().enumerate() {
                    match (&condition.values, condition.states[row]) {
                        (_, Presence::Wrong) => return None,
                        (TypedValues::Boolean(is), Presence::There) if is[row] => return Some(at),
                        _ => {}
                    }
                }
                Some(branches.len())
            };
            chosen(&values, rows, choice)
        }
        TypedNode::Coalesce(nodes) => {
            let values: Vec<_> = nodes.iter().map(of).collect();
            let choice = |row: usize| {
                let found = values.iter().position(|column| column.states[row] != Presence::Null);
                Some(found.unwrap_or(values.len() - 1))
            };
            chosen(&values, rows, choice)
        }
        TypedNode::Call(function, nodes) => {
            let columns: Vec<_> = nodes.iter().map(of).collect();
            let columns: Vec<&Column<'_>> = columns.iter().map(|column| &**column).collect();
            function.call(&columns, rows)
        }
    })
}

/// One value in every row.
fn repeated<'a>(literal: &Literal, rows: usize) -> Column<'a> {
    let values = match literal {
        Literal::Text(text) => {
            let ends = (1..=rows).map(|row| row * text.len()).collect();
            TypedValues::Text(RowTexts::Made { bytes: text.repeat(rows), ends })
        }
        Literal::Integer(value) => TypedValues::Integer(vec![*value; rows]),
        Literal::Decimal(value) => TypedValues::Decimal(vec![*value; rows]),
        Literal::Boolean(value) => TypedValues::Boolean(vec![*value; rows]),
        Literal::Timestamp(value) => TypedValues::Timestamp(vec![*value; rows]),
        Literal::Date(value) => TypedValues::Date(vec![*value; rows]),
        Literal::Null(sql_type) => {
            return Column { values: nothing(*sql_type, rows), states: vec![Presence::Null; rows] };
        }
    };
    Column { values, states: vec![Presence::There; rows] }
}

/// Placeholders for rows without values.
fn nothing<'a>(sql_type: SqlType, rows: usize) -> TypedValues<'a> {
    match sql_type {
        SqlType::Text => TypedValues::Text(RowTexts::Made { bytes: Vec::new(), ends: vec![0; rows] }),
        SqlType::Integer => TypedValues::Integer(vec![0; rows]),
        SqlType::Decimal => TypedValues::Decimal(vec![0; rows]),
        SqlType::Boolean => TypedValues::Boolean(vec![false; rows]),
        SqlType::Timestamp => TypedValues::Timestamp(vec![0; rows]),
        SqlType::Date => TypedValues::Date(vec![0; rows]),
    }
}

/// AND if `ends` is false, OR if it is true: the first value that equals `ends` is the result, if no value before it is wrong.
fn together<'c, 'a: 'c>(
    nodes: &[TypedNode],
    ends: bool,
    rows: usize,
    of: &dyn Fn(&TypedNode) -> Cow<'c, Column<'a>>,
) -> Column<'a> {
    let (mut values, mut states) = (vec![!ends; rows], vec![Presence::There; rows]);
    for node in nodes {
        let column = of(node);
        let TypedValues::Boolean(more) = &column.values else { continue };
        for row in 0..rows {
            let is_decided =
                states[row] == Presence::Wrong || states[row] == Presence::There && values[row] == ends;
            match column.states[row] {
                _ if is_decided => {}
                Presence::Wrong => states[row] = Presence::Wrong,
                Presence::Null => states[row] = Presence::Null,
                Presence::There if more[row] == ends => (values[row], states[row]) = (ends, Presence::There),
                Presence::There => {}
            }
        }
    }
    Column { values: TypedValues::Boolean(values), states }
}

/// The result of `is` for each row, which is never null; a wrong row stays wrong.
fn told<'a>(column: &Column<'_>, is: impl Fn(&Column<'_>, usize, Presence) -> bool) -> Column<'a> {
    let states = &column.states;
    let values = states.iter().enumerate().map(|(row, state)| is(column, row, *state)).collect();
    let states =
        states.iter().map(|state| if *state == Presence::Wrong { Presence::Wrong } else { Presence::There });
    Column { values: TypedValues::Boolean(values), states: states.collect() }
}

/// For each row, the value in the column that `choice` names; wrong if it does not name one.
fn chosen<'a>(
    columns: &[Cow<'_, Column<'a>>],
    rows: usize,
    choice: impl Fn(usize) -> Option<usize>,
) -> Column<'a> {
    let choices: Vec<Option<usize>> = (0..rows).map(choice).collect();
    let state =
        |(row, choice): (usize, &Option<usize>)| choice.map_or(Presence::Wrong, |at| columns[at].states[row]);
    let states = choices.iter().enumerate().map(state).collect();
    macro_rules! pick {
        ($kind:ident) => {{
            let value = |(row, choice): (usize, &Option<usize>)| match choice.map(|at| &columns[at].values) {
                Some(TypedValues::$kind(values)) => values[row],
                _ => Default::default(),
            };
            TypedValues::$kind(choices.iter().enumerate().map(value).collect())
        }};
    }
    let values = match columns.last().map_or(SqlType::Text, |column| column.sql_type()) {
        SqlType::Text => {
            let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(rows));
            for (row, choice) in choices.iter().enumerate() {
                if let Some(TypedValues::Text(texts)) = choice.map(|at| &columns[at].values) {
                    bytes.extend_from_slice(texts.get(row));
                }
                ends.push(bytes.len());
            }
            TypedValues::Text(RowTexts::Made { bytes, ends })
        }
        SqlType::Integer => pick!(Integer),
        SqlType::Decimal => pick!(Decimal),
        SqlType::Boolean => pick!(Boolean),
        SqlType::Timestamp => pick!(Timestamp),
        SqlType::Date => pick!(Date),
    };
    Column { values, states }
}
