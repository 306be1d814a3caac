//! Evaluates a node over many rows. Parts that a row does not reach cannot make it wrong: the branch of a CASE that is not
//! taken, and what follows a false in an AND, a true in an OR, and the first value in a COALESCE.

use std::borrow::Cow;

use crate::arithmetic::calculate;
use crate::column::{Column, State, Texts, Values};
use crate::compare::compare;
use crate::node::{Literal, Node};
use crate::types::{Readers, SqlType};

/// The values of `node` in this many rows with these inputs.
pub(crate) fn evaluate<'c, 'a>(
    node: &Node,
    inputs: &[&'c Column<'a>],
    rows: usize,
    readers: Readers,
) -> Cow<'c, Column<'a>> {
    let of = |node: &Node| evaluate(node, inputs, rows, readers);
    Cow::Owned(match node {
        Node::Column(number) => return Cow::Borrowed(inputs[*number]),
        Node::Literal(literal) => repeated(literal, rows),
        Node::Cast { value, to, may_fail } => {
            let mut column = of(value).into_owned().read_as(*to, readers);
            if *may_fail {
                column
                    .states
                    .iter_mut()
                    .filter(|state| **state == State::Wrong)
                    .for_each(|state| *state = State::Null);
            }
            column
        }
        Node::Compare(comparison, left, right) => compare(*comparison, &of(left), &of(right)),
        Node::Calculate(operation, left, right) => calculate(*operation, &of(left), &of(right)),
        Node::And(nodes) => together(nodes, false, rows, &of),
        Node::Or(nodes) => together(nodes, true, rows, &of),
        Node::Not(node) => {
            let Column { values, states } = of(node).into_owned();
            let values = match values {
                Values::Boolean(values) => Values::Boolean(values.into_iter().map(|value| !value).collect()),
                values => values,
            };
            Column { values, states }
        }
        Node::IsNull(node) => told(&of(node), |_, _, state| state == State::Null),
        Node::Is(node, wanted) => told(
            &of(node),
            |column, row, state| matches!(&column.values, Values::Boolean(values) if state == State::There && values[row] == *wanted),
        ),
        Node::Like(node, like) => {
            let column = of(node);
            let Values::Text(texts) = &column.values else { return column };
            let values = (0..rows).map(|row| like.is_like(texts.get(row))).collect();
            Column { values: Values::Boolean(values), states: column.states.clone() }
        }
        Node::Case { branches, otherwise } => {
            let conditions: Vec<_> = branches.iter().map(|(condition, _)| of(condition)).collect();
            let mut values: Vec<_> = branches.iter().map(|(_, value)| of(value)).collect();
            values.push(of(otherwise));
            let choice = |row: usize| {
                for (at, condition) in conditions.iter().enumerate() {
                    match (&condition.values, condition.states[row]) {
                        (_, State::Wrong) => return None,
                        (Values::Boolean(is), State::There) if is[row] => return Some(at),
                        _ => {}
                    }
                }
                Some(branches.len())
            };
            chosen(&values, rows, choice)
        }
        Node::Coalesce(nodes) => {
            let values: Vec<_> = nodes.iter().map(of).collect();
            let choice = |row: usize| {
                let found = values.iter().position(|column| column.states[row] != State::Null);
                Some(found.unwrap_or(values.len() - 1))
            };
            chosen(&values, rows, choice)
        }
        Node::Call(function, nodes) => {
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
            Values::Text(Texts::Made { bytes: text.repeat(rows), ends })
        }
        Literal::Integer(value) => Values::Integer(vec![*value; rows]),
        Literal::Decimal(value) => Values::Decimal(vec![*value; rows]),
        Literal::Boolean(value) => Values::Boolean(vec![*value; rows]),
        Literal::Timestamp(value) => Values::Timestamp(vec![*value; rows]),
        Literal::Date(value) => Values::Date(vec![*value; rows]),
        Literal::Null(sql_type) => {
            return Column { values: nothing(*sql_type, rows), states: vec![State::Null; rows] };
        }
    };
    Column { values, states: vec![State::There; rows] }
}

/// Placeholders for rows without values.
fn nothing<'a>(sql_type: SqlType, rows: usize) -> Values<'a> {
    match sql_type {
        SqlType::Text => Values::Text(Texts::Made { bytes: Vec::new(), ends: vec![0; rows] }),
        SqlType::Integer => Values::Integer(vec![0; rows]),
        SqlType::Decimal => Values::Decimal(vec![0; rows]),
        SqlType::Boolean => Values::Boolean(vec![false; rows]),
        SqlType::Timestamp => Values::Timestamp(vec![0; rows]),
        SqlType::Date => Values::Date(vec![0; rows]),
    }
}

/// AND if `ends` is false, OR if it is true: the first value that equals `ends` is the result, if no value before it is wrong.
fn together<'c, 'a: 'c>(
    nodes: &[Node],
    ends: bool,
    rows: usize,
    of: &dyn Fn(&Node) -> Cow<'c, Column<'a>>,
) -> Column<'a> {
    let (mut values, mut states) = (vec![!ends; rows], vec![State::There; rows]);
    for node in nodes {
        let column = of(node);
        let Values::Boolean(more) = &column.values else { continue };
        for row in 0..rows {
            let is_decided =
                states[row] == State::Wrong || states[row] == State::There && values[row] == ends;
            match column.states[row] {
                _ if is_decided => {}
                State::Wrong => states[row] = State::Wrong,
                State::Null => states[row] = State::Null,
                State::There if more[row] == ends => (values[row], states[row]) = (ends, State::There),
                State::There => {}
            }
        }
    }
    Column { values: Values::Boolean(values), states }
}

/// The result of `is` for each row, which is never null; a wrong row stays wrong.
fn told<'a>(column: &Column<'_>, is: impl Fn(&Column<'_>, usize, State) -> bool) -> Column<'a> {
    let states = &column.states;
    let values = states.iter().enumerate().map(|(row, state)| is(column, row, *state)).collect();
    let states = states.iter().map(|state| if *state == State::Wrong { State::Wrong } else { State::There });
    Column { values: Values::Boolean(values), states: states.collect() }
}

/// For each row, the value in the column that `choice` names; wrong if it does not name one.
fn chosen<'a>(
    columns: &[Cow<'_, Column<'a>>],
    rows: usize,
    choice: impl Fn(usize) -> Option<usize>,
) -> Column<'a> {
    let choices: Vec<Option<usize>> = (0..rows).map(choice).collect();
    let state =
        |(row, choice): (usize, &Option<usize>)| choice.map_or(State::Wrong, |at| columns[at].states[row]);
    let states = choices.iter().enumerate().map(state).collect();
    macro_rules! pick {
        ($kind:ident) => {{
            let value = |(row, choice): (usize, &Option<usize>)| match choice.map(|at| &columns[at].values) {
                Some(Values::$kind(values)) => values[row],
                _ => Default::default(),
            };
            Values::$kind(choices.iter().enumerate().map(value).collect())
        }};
    }
    let values = match columns.last().map_or(SqlType::Text, |column| column.sql_type()) {
        SqlType::Text => {
            let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(rows));
            for (row, choice) in choices.iter().enumerate() {
                if let Some(Values::Text(texts)) = choice.map(|at| &columns[at].values) {
                    bytes.extend_from_slice(texts.get(row));
                }
                ends.push(bytes.len());
            }
            Values::Text(Texts::Made { bytes, ends })
        }
        SqlType::Integer => pick!(Integer),
        SqlType::Decimal => pick!(Decimal),
        SqlType::Boolean => pick!(Boolean),
        SqlType::Timestamp => pick!(Timestamp),
        SqlType::Date => pick!(Date),
    };
    Column { values, states }
}
