//! The plan: a job as one query to Spark.
//!
//! Spark reads lines, never CSV: its own CSV reader drops what it cannot read and repairs what is broken. SQL decides what a
//! line is (`line`; `plain` is a faster way for most files) and what time it has (`time`). `count` adds up all lines and says
//! where the lines are that windrow reads itself. `source` provides the lines, each with the hash of its file's name and what
//! the header says. Of Parquet files Spark reads rows (`tables`), and SQL turns stored values into texts and times (`stored`).
//!
//! Everything that comes from a job or a file is either an argument of the query (a typed literal beside the text) or a row
//! of a table that is sent with it. The text itself holds only numbers and windrow's own words.

mod count;
mod gate;
mod line;
#[cfg(feature = "sql")]
mod lookups;
mod measures;
mod nested;
mod notes;
mod objects;
mod plain;
mod records;
mod source;
mod stored;
mod tables;
mod time;

use std::collections::HashMap;

use spark_connect_proto::{
    Expression,
    expression::{ExprType, Literal, literal::LiteralType},
};

use crate::engine::events_not_built;
use crate::error::{Code, Error, Result};
use crate::job::Job;
use measures::Measures;

pub(super) use count::{FACTS, LineCheck, count, hashes};
pub(super) use gate::Gate;
pub(super) use line::LineKind;
pub(super) use measures::PARTS;
pub(super) use notes::notes;
pub(super) use source::{QueriedFile, file_number, files, lines, over_tables, sent};
pub(super) use tables::{check_layout, count_tables};
pub(super) use time::{is_in_sql, is_on_a_clock};

/// Maximum number of columns in the grouping sets of a query to Spark.
const GROUPED_MAX: usize = 64;

/// Refuses a job that Spark cannot count, or would count differently.
///
/// # Errors
/// Usage: it publishes events, has too many keys, its look-ups are too large, or it calls a function that gives other results on Spark.
pub(super) fn check(job: &Job) -> Result<()> {
    if job.output.as_ref().is_some_and(|output| output.events.is_some()) {
        return Err(events_not_built("spark"));
    }
    let (keys, measures) = (job.source.keys.len(), Measures(&job.source.measured));
    if measures.grouped(keys) > GROUPED_MAX {
        let most = keys - (measures.grouped(keys) - GROUPED_MAX).min(keys);
        return Err(Error::usage(format!(
            "Spark can count this job by at most {most} keys, and it has {keys}"
        ))
        .with_code(Code::NotBuilt)
        .with_help("name fewer keys, or count on this machine"));
    }
    records::check(job)
}

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

    /// Adds a small number; returns how the query names it.
    fn int(&mut self, name: &str, value: i32) -> String {
        self.add(name, LiteralType::Integer(value))
    }

    /// A name that is not taken.
    #[cfg(feature = "sql")]
    fn next_name(&self) -> String {
        format!("value{}", self.0.len())
    }

    fn add(&mut self, name: &str, value: LiteralType) -> String {
        let literal = Literal { literal_type: Some(value), ..Literal::default() };
        let value = Expression { expr_type: Some(ExprType::Literal(literal)), ..Expression::default() };
        self.0.insert(name.to_owned(), value);
        format!(":{name}")
    }
}
