//! The plan: a job as queries to Spark.
//!
//! Spark reads lines, never CSV: its own reader drops what it cannot read and mends what is broken. What a line is, is
//! said in SQL (`line`), and so is what time it has (`time`). `count` adds up all lines; `lines` fetches those
//! that windrow has to see itself.
//!
//! Everything that comes from a job or a file is an argument of the query, a typed literal beside the text. Only numbers
//! and words of windrow's own are written into the text.

mod assembly;
mod count;
mod line;
mod lines;
mod notes;
mod time;

use std::collections::HashMap;

use spark_connect_proto::{
    Expression, Project, Read, Relation, Sql, SubqueryAlias, WithRelations,
    expression::{ExprType, ExpressionString, Literal, literal::LiteralType},
    read::{DataSource, ReadType},
    relation::RelType,
};

use super::layout::Layout;

pub(super) use count::count;
pub(super) use line::What;
pub(super) use lines::{Asked, Wanted, lines};
pub(super) use notes::notes;
pub(super) use time::is_in_sql;

/// The arguments of one query, by name.
#[derive(Debug, Default)]
struct Arguments(HashMap<String, Expression>);

impl Arguments {
    /// Adds a text; returns how the query names it.
    fn text(&mut self, name: &str, value: impl Into<String>) -> String {
        self.add(name, LiteralType::String(value.into()))
    }

    /// Adds a number; returns how the query names it.
    fn number(&mut self, name: &str, value: i64) -> String {
        self.add(name, LiteralType::Long(value))
    }

    fn add(&mut self, name: &str, value: LiteralType) -> String {
        let literal = Literal { literal_type: Some(value), ..Literal::default() };
        let value = Expression { expr_type: Some(ExprType::Literal(literal)), ..Expression::default() };
        self.0.insert(name.to_owned(), value);
        format!(":{name}")
    }
}

/// The query `sql` over the lines of the files `paths`.
fn over_lines(sql: String, arguments: Arguments, layout: &Layout, paths: &[String]) -> Relation {
    let sql = Sql { query: sql, named_arguments: arguments.0, ..Sql::default() };
    let plan = WithRelations {
        root: Some(Box::new(relation(RelType::Sql(sql)))),
        references: vec![lines_of(layout, paths)],
    };
    relation(RelType::WithRelations(Box::new(plan)))
}

/// The lines of the files `paths` as the table `lines`: `file`, `block` (where the part of the file begins that one
/// task reads), `id` (rising within a block), `v` (the bytes up to the line end).
fn lines_of(layout: &Layout, paths: &[String]) -> Relation {
    let line_end = char::from(layout.line_end.byte()).to_string();
    let options = [
        // Without it Spark takes LF and CR alike.
        ("lineSep", line_end.as_str()),
        // Folders called `day=1` are no columns.
        ("recursiveFileLookup", "true"),
    ];
    let source = DataSource {
        format: Some("text".to_owned()),
        options: options.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        paths: paths.to_vec(),
        ..DataSource::default()
    };
    let read = Read { read_type: Some(ReadType::DataSource(source)), is_streaming: false };
    let columns = [
        "_metadata.file_path AS file",
        "_metadata.file_block_start AS block",
        "monotonically_increasing_id() AS id",
        "value AS v",
    ];
    let column = |text: &str| Expression {
        expr_type: Some(ExprType::ExpressionString(ExpressionString { expression: text.to_owned() })),
        ..Expression::default()
    };
    let project = Project {
        input: Some(Box::new(relation(RelType::Read(read)))),
        expressions: columns.map(column).into(),
    };
    let alias = SubqueryAlias {
        input: Some(Box::new(relation(RelType::Project(Box::new(project))))),
        alias: "lines".to_owned(),
        qualifier: Vec::new(),
    };
    relation(RelType::SubqueryAlias(Box::new(alias)))
}

fn relation(rel_type: RelType) -> Relation {
    Relation { rel_type: Some(rel_type), common: None }
}
