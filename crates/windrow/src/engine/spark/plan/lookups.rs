//! Look-ups in SQL. Their tables are sent with the query, are small enough to be broadcast, and are joined to lines on the
//! bytes of the texts. Each key is in a table once, so the join never duplicates a line.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use spark_connect_proto::Relation;
use windrow_sql::{SparkQuery, SparkValue, SqlType};

use crate::error::{Code, Error, Result};
use crate::job::Job;
use crate::record::{ColumnOrigin, Join, LookupTable, Unmatched};
use crate::reject::Reason;
use crate::text::number::size;

use super::line::LineKind;
use super::source::{named, sent};

/// Maximum bytes of all tables sent with a query. Servers accept messages of 128 MB, which also hold the names of files.
const TABLES_BYTES: u64 = 64 << 20;

/// Bytes that a text needs in addition to its own.
const BYTES_OF_TEXT: u64 = 4;

/// The column of a line that holds the texts of `origin`, null if they are empty.
pub(super) fn name(origin: ColumnOrigin) -> String {
    match origin {
        ColumnOrigin::File(number) => format!("f{number}"),
        ColumnOrigin::Joined { join, column } => format!("j{join}_{column}"),
        ColumnOrigin::Made(number) => format!("made{number}"),
    }
}

/// The column that says whether a line has a match in a look-up.
fn is_matched(join: usize) -> String {
    format!("j{join}")
}

/// The columns of a look-up that expressions use. If a line without a match is a reject, its values are not sure.
pub(super) fn values(join: &Join, at: usize, query: &mut SparkQuery<'_>) -> Vec<Option<SparkValue>> {
    let sure = (join.lookup.unmatched == Unmatched::Reject).then(|| is_matched(at));
    let value = |(column, sql_type): (usize, &Option<SqlType>)| {
        Some(query.column(&name(ColumnOrigin::Joined { join: at, column }), (*sql_type)?, sure.as_deref()))
    };
    join.types.iter().enumerate().map(value).collect()
}

/// The query that adds the columns of a look-up to the lines of the table `from`.
pub(super) fn joined(join: &Join, at: usize, from: &str) -> String {
    let is_equal = |(number, origin): (usize, &ColumnOrigin)| format!("l.{} = t.k{number}", name(*origin));
    let on: Vec<String> = join.on.iter().enumerate().map(is_equal).collect();
    let used = join.table.as_ref().map_or(0, |table| table.texts().len() - join.on.len());
    let columns: String = (0..used)
        .map(|column| format!(", t.v{column} AS {}", name(ColumnOrigin::Joined { join: at, column })))
        .collect();
    format!(
        "SELECT /*+ BROADCAST(t) */ l.*, t.k0 IS NOT NULL AS {}{columns} FROM {from} AS l LEFT JOIN lookup{at} AS t ON {}",
        is_matched(at),
        on.join(" AND ")
    )
}

/// The `CASE` branches for lines without a match, which come before all others. A line is filtered if `where` is surely not
/// true. `filter` is the value of `where`, and the condition under which it is sure.
pub(super) fn cases(joins: &[Join], filter: Option<&SparkValue>) -> String {
    let (filtered, unsure) = (LineKind::Filtered.number(), LineKind::Unsure.number());
    let reject = LineKind::Reject(Reason::Unmatched).number();
    let rejected = filter.map_or(reject.to_string(), |filter| {
        let sure = filter.sure().map(|sure| format!("WHEN NOT {sure} THEN {unsure} "));
        format!("CASE {}WHEN {} THEN {reject} ELSE {filtered} END", sure.unwrap_or_default(), filter.sql())
    });
    let case = |(at, join): (usize, &Join)| {
        let then = match join.lookup.unmatched {
            Unmatched::Keep => return String::new(),
            Unmatched::Reject => rejected.clone(),
            Unmatched::Filter => filtered.to_string(),
        };
        format!("WHEN NOT {} THEN {then} ", is_matched(at))
    };
    joins.iter().enumerate().map(case).collect()
}

/// The tables of a job's look-ups, `lookup0`, `lookup1`. Their join columns are `k0`, `k1`, and the others `v0`, `v1`. Empty
/// texts are null.
pub(super) fn tables(job: &Job) -> Result<Vec<Relation>> {
    let joins = job.source.records.rules.iter().flat_map(|rules| &rules.joins);
    let table = |(at, join): (usize, &Join)| {
        let table = table(join)?;
        let texts = table.texts().into_iter().enumerate();
        let columns = texts.map(|(number, texts)| {
            let name = match number.checked_sub(join.on.len()) {
                None => format!("k{number}"),
                Some(number) => format!("v{number}"),
            };
            let text = |text: &[u8]| match std::str::from_utf8(text) {
                Ok("") => Ok(None),
                Ok(text) => Ok(Some(text.to_owned())),
                Err(_) => Err(Error::bug("the table of a look-up has a text that is not UTF-8")),
            };
            let texts = texts.into_iter().map(text).collect::<Result<StringArray>>()?;
            Ok((name, Arc::new(texts) as ArrayRef))
        });
        Ok(named(&format!("lookup{at}"), sent(columns.collect::<Result<_>>()?)?))
    };
    joins.enumerate().map(table).collect()
}

fn table(join: &Join) -> Result<&LookupTable> {
    join.table.as_deref().ok_or_else(|| Error::bug("the table of a look-up was not read"))
}

/// Refuses tables that are too large to be sent with a query.
pub(super) fn check(joins: &[Join]) -> Result<()> {
    let tables = joins.iter().filter_map(|join| join.table.as_ref());
    let texts = tables.flat_map(|table| table.texts()).flatten();
    let bytes: u64 = texts.map(|text| text.len() as u64 + BYTES_OF_TEXT).sum();
    if bytes <= TABLES_BYTES {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the look-ups have {}, and a query to Spark takes {} of them",
        size(bytes),
        size(TABLES_BYTES)
    ))
    .with_code(Code::NotBuilt)
    .with_help("leave out rows that are not needed, or count on this machine"))
}
