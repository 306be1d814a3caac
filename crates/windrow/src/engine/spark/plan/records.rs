//! Records in SQL: what rules for records compute from a line before it is an event, and whether the line counts. `windrow-sql`
//! writes the expressions, and the condition under which Spark surely has the same value as windrow. Other lines are left to windrow.

use spark_connect_proto::Relation;
#[cfg(feature = "sql")]
use windrow_sql::SparkValue;

use crate::error::{Code, Error, Result};
use crate::job::Job;
#[cfg(feature = "sql")]
use crate::record::{ColumnOrigin, Join, RecordRules};

use super::Arguments;
use super::line::LineKind;
#[cfg(feature = "sql")]
use super::lookups;

/// The texts of a line that an event needs, and the tables that compute them.
pub(super) struct RecordPlan {
    /// The SQL for the tables. Empty if the job has no rules for records.
    pub(super) tables: String,
    /// The name of the last table.
    pub(super) last: &'static str,
    /// The SQL for the text of the time, of each key, and of each measured value.
    pub(super) time: String,
    pub(super) keys: Vec<String>,
    pub(super) measured: Vec<String>,
    /// The SQL for the number of [`LineKind`] that a row is by the rules for records, whatever its time is: an event, filtered, unsure or a
    /// reject. `None` if every row may be an event.
    pub(super) fate: Option<String>,
}

impl RecordPlan {
    /// The records of a job from the lines in the table `from`. `field` gives the SQL for a field, by the name of the column that has its
    /// number, such as `key_at0`.
    pub(super) fn of(
        job: &Job,
        arguments: &mut Arguments,
        from: &'static str,
        field: &dyn Fn(&str) -> String,
    ) -> Result<RecordPlan> {
        let all = |name: &str, count: usize| (0..count).map(|at| field(&format!("{name}{at}"))).collect();
        let plain = RecordPlan {
            tables: String::new(),
            last: from,
            time: field("time_at"),
            keys: all("key_at", job.source.keys.len()),
            measured: all("measure_at", job.source.measured.len()),
            fate: None,
        };
        plain.made(job, arguments, field)
    }

    /// The columns `k0`, `k1`.
    pub(super) fn keys(&self) -> String {
        self.keys.iter().enumerate().map(|(at, key)| format!(", {key} AS k{at}")).collect()
    }

    /// The column `fate`, if there is one.
    pub(super) fn fates(&self) -> String {
        self.fate.as_ref().map_or_else(String::new, |fate| format!(", {fate} AS fate"))
    }

    /// The `CASE` branch for a row that is not an event, whatever its time is.
    pub(super) fn when_no_event(&self) -> String {
        match self.fate {
            Some(_) => format!("WHEN fate <> {} THEN fate ", LineKind::Event.number()),
            None => String::new(),
        }
    }

    #[cfg(not(feature = "sql"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as with SQL")]
    fn made(self, _: &Job, _: &mut Arguments, _: &dyn Fn(&str) -> String) -> Result<RecordPlan> {
        Ok(self)
    }

    #[cfg(feature = "sql")]
    fn made(
        self,
        job: &Job,
        arguments: &mut Arguments,
        field: &dyn Fn(&str) -> String,
    ) -> Result<RecordPlan> {
        use crate::record::RuleStep;
        use windrow_sql::SparkQuery;

        let Some(rules) = &job.source.records.rules else { return Ok(self) };
        let mut query = SparkQuery::new(arguments);
        let file: Vec<SparkValue> = (0..rules.file.len())
            .map(|number| query.column(&lookups::name(ColumnOrigin::File(number)), rules.types[number], None))
            .collect();
        let joined: Vec<Vec<Option<SparkValue>>> =
            rules.joins.iter().enumerate().map(|(at, join)| lookups::values(join, at, &mut query)).collect();
        let mut made: Vec<SparkValue> = Vec::with_capacity(rules.made.len());
        let mut filter: Option<SparkValue> = None;
        for (step, origins) in &rules.steps {
            let inputs = origins.iter().map(|origin| match origin {
                ColumnOrigin::File(number) => file.get(*number),
                ColumnOrigin::Joined { join, column } => joined.get(*join)?.get(*column)?.as_ref(),
                ColumnOrigin::Made(number) => made.get(*number),
            });
            let inputs = inputs.collect::<Option<Vec<&SparkValue>>>();
            let inputs = inputs.ok_or_else(|| Error::bug("an expression for Spark lacks a column"))?;
            let (RuleStep::Derive { expression, .. } | RuleStep::Where(expression)) = step;
            let value = query.value(expression, &inputs).map_err(|name| not_in_spark(name, &[]))?;
            match step {
                RuleStep::Derive { .. } => made.push(value),
                RuleStep::Where(_) => filter = Some(value),
            }
        }
        let mut sure: Vec<String> = Vec::new();
        let mut text = |origin: &ColumnOrigin| match origin {
            ColumnOrigin::Made(number) => {
                let text = query.text(&made[*number]);
                sure.extend(text.sure().map(str::to_owned));
                format!("coalesce({}, '')", text.sql())
            }
            origin => format!("coalesce({}, '')", lookups::name(*origin)),
        };
        let time = text(&rules.time);
        let keys = rules.keys.iter().map(&mut text).collect();
        let measured = rules.measured.iter().map(&mut text).collect();
        sure.dedup();
        let fate = fate(&rules.joins, filter.as_ref(), &sure);
        let tables = tables(rules, self.last, field, query.tables());
        Ok(RecordPlan { tables, last: "records", time, keys, measured, fate })
    }
}

/// The SQL for `fate` in [`RecordPlan`]. The texts of an event are sure if all conditions of `sure` are true.
#[cfg(feature = "sql")]
fn fate(joins: &[Join], filter: Option<&SparkValue>, sure: &[String]) -> Option<String> {
    let (event, unsure) = (LineKind::Event.number(), LineKind::Unsure.number());
    let counts = match sure {
        [] => event.to_string(),
        sure => format!("CASE WHEN {} THEN {event} ELSE {unsure} END", sure.join(" AND ")),
    };
    let unmatched = lookups::cases(joins, filter);
    let Some(filter) = filter else {
        return match unmatched.as_str() {
            "" => (!sure.is_empty()).then_some(counts),
            unmatched => Some(format!("CASE {unmatched}ELSE {counts} END")),
        };
    };
    let sure = filter.sure().map(|sure| format!("WHEN NOT {sure} THEN {unsure} "));
    let (is, filtered) = (filter.sql(), LineKind::Filtered.number());
    Some(format!("CASE {unmatched}{}WHEN {is} THEN {counts} ELSE {filtered} END", sure.unwrap_or_default()))
}

/// The tables that follow `last`, up to `records`: texts, then the columns joined to them, then those computed from both.
#[cfg(feature = "sql")]
fn tables(rules: &RecordRules, last: &str, field: &dyn Fn(&str) -> String, made: Vec<String>) -> String {
    let texts: String = (0..rules.file.len())
        .map(|number| {
            let (text, name) =
                (field(&format!("file_at{number}")), lookups::name(ColumnOrigin::File(number)));
            format!(", nullif({text}, '') AS {name}")
        })
        .collect();
    let mut tables = format!("texts AS (SELECT *{texts} FROM {last}),\n");
    let mut last = "texts".to_owned();
    let mut add = |name: String, select: &dyn Fn(&str) -> String| {
        tables += &format!("{name} AS ({}),\n", select(&last));
        last = name;
    };
    for (at, join) in rules.joins.iter().enumerate() {
        add(format!("joined{at}"), &|last| lookups::joined(join, at, last));
    }
    for (number, columns) in made.iter().enumerate() {
        add(format!("made{number}"), &|last| format!("SELECT *, {columns} FROM {last}"));
    }
    add("records".to_owned(), &|last| format!("SELECT * FROM {last}"));
    tables
}

/// The tables that are sent with the query of a job.
pub(super) fn tables_beside(job: &Job) -> Result<Vec<Relation>> {
    #[cfg(feature = "sql")]
    return lookups::tables(job);
    #[cfg(not(feature = "sql"))]
    {
        let _ = job;
        Ok(Vec::new())
    }
}

/// Refuses a job whose rules for records Spark may follow differently.
///
/// # Errors
/// Usage: it calls a function that may give another result on Spark, or its look-ups are too large.
pub(super) fn check(job: &Job) -> Result<()> {
    #[cfg(not(feature = "sql"))]
    if job.source.records.rules.is_some() {
        let error =
            Error::usage("look-ups on Spark are not built into this program").with_code(Code::NotBuilt);
        return Err(error.with_help("build it with its feature `sql`"));
    }
    #[cfg(feature = "sql")]
    {
        use crate::record::RuleStep;

        job.source.records.rules.as_ref().map_or(Ok(()), |rules| lookups::check(&rules.joins))?;
        let steps = job.source.records.rules.iter().flat_map(|rules| &rules.steps);
        for (step, _) in steps {
            let (what, expression) = match step {
                RuleStep::Derive { name, expression } => (format!("derive.{name}"), expression),
                RuleStep::Where(expression) => ("where".to_owned(), expression),
            };
            if let Some((name, others)) = expression.not_in_spark() {
                return Err(not_in_spark(name, &others).within(&what));
            }
        }
    }
    Ok(())
}

/// The error for a function that may give another result on Spark. `others` are functions that give the same.
#[cfg(feature = "sql")]
fn not_in_spark(name: &str, others: &[&str]) -> Error {
    let error = Error::usage(format!("{name} may give another answer on Spark")).with_code(Code::NotBuilt);
    error.with_help(format!(
        "count on this machine, or write it with the functions that do not: {}",
        others.join(", ")
    ))
}

#[cfg(feature = "sql")]
impl windrow_sql::SparkArguments for Arguments {
    fn text(&mut self, value: &str) -> String {
        let name = self.next_name();
        Arguments::text(self, &name, value)
    }

    fn integer(&mut self, value: i64) -> String {
        let name = self.next_name();
        Arguments::number(self, &name, value)
    }

    fn instant(&mut self, of: &str) -> String {
        super::time::instant(self, of)
    }
}
