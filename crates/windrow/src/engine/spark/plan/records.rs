//! Records in SQL: what expressions make of a line before it is an event, and whether it counts. The expressions are written by
//! `windrow-sql`, which also says where Spark is sure to see a value as windrow does; a line of which it is not is left to windrow.

use crate::error::{Code, Error, Result};
use crate::job::Job;

use super::Arguments;
use super::line::What;

/// The texts of a line that an event is made of, and the tables that make them.
pub(super) struct Records {
    /// The tables, from the one that they go on from; empty where a job makes nothing.
    pub(super) tables: String,
    /// The last of them.
    pub(super) last: &'static str,
    /// The SQL for the text of the time, of each key, and of what is measured.
    pub(super) time: String,
    pub(super) keys: Vec<String>,
    pub(super) measured: Vec<String>,
    /// The SQL for the number of [`What`] the expressions make of a row, whatever its time is: an event, filtered, or unsure. None where
    /// every row goes on.
    pub(super) fate: Option<String>,
}

impl Records {
    /// The records of a job from the lines in the table `from`; `field` is the SQL for the field whose number an expression tells.
    pub(super) fn of(
        job: &Job,
        arguments: &mut Arguments,
        from: &'static str,
        field: &dyn Fn(&str) -> String,
    ) -> Result<Records> {
        let all = |name: &str, count: usize| (0..count).map(|at| field(&format!("{name}{at}"))).collect();
        let plain = Records {
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

    /// The column `fate`, where there is one.
    pub(super) fn fates(&self) -> String {
        self.fate.as_ref().map_or_else(String::new, |fate| format!(", {fate} AS fate"))
    }

    /// The case of a row that is not to become an event, whatever its time is.
    pub(super) fn when_no_event(&self) -> String {
        match self.fate {
            Some(_) => format!("WHEN fate <> {} THEN fate ", What::Event.number()),
            None => String::new(),
        }
    }

    #[cfg(not(feature = "sql"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as with SQL")]
    fn made(self, _: &Job, _: &mut Arguments, _: &dyn Fn(&str) -> String) -> Result<Records> {
        Ok(self)
    }

    #[cfg(feature = "sql")]
    fn made(self, job: &Job, arguments: &mut Arguments, field: &dyn Fn(&str) -> String) -> Result<Records> {
        use crate::record::{Origin, Step};
        use windrow_sql::{SparkQuery, SparkValue};

        let Some(rules) = &job.source.records.rules else { return Ok(self) };
        let mut query = SparkQuery::new(arguments);
        let of_file = |number: usize| format!("f{number}");
        let file: Vec<SparkValue> =
            (0..rules.file.len()).map(|number| query.column(&of_file(number), rules.types[number])).collect();
        let mut made: Vec<SparkValue> = Vec::with_capacity(rules.made.len());
        let mut filter: Option<SparkValue> = None;
        for (step, origins) in &rules.steps {
            let inputs = origins.iter().map(|origin| match origin {
                Origin::File(number) => Ok(&file[*number]),
                Origin::Made(number) => Ok(&made[*number]),
                Origin::Joined { .. } => Err(no_lookups()),
            });
            let inputs = inputs.collect::<Result<Vec<&SparkValue>>>()?;
            let (Step::Derive { expression, .. } | Step::Where(expression)) = step;
            let value = query.value(expression, &inputs).map_err(|name| not_in_spark(name, &[]))?;
            match step {
                Step::Derive { .. } => made.push(value),
                Step::Where(_) => filter = Some(value),
            }
        }
        let mut sure: Vec<String> = Vec::new();
        let mut text = |origin: &Origin| match origin {
            Origin::File(number) => Ok(format!("coalesce({}, '')", of_file(*number))),
            Origin::Made(number) => {
                let text = query.text(&made[*number]);
                sure.extend(text.sure().map(str::to_owned));
                Ok(format!("coalesce({}, '')", text.sql()))
            }
            Origin::Joined { .. } => Err(no_lookups()),
        };
        let time = text(&rules.time)?;
        let keys = rules.keys.iter().map(&mut text).collect::<Result<_>>()?;
        let measured = rules.measured.iter().map(&mut text).collect::<Result<_>>()?;
        let (event, unsure) = (What::Event.number(), What::Unsure.number());
        sure.dedup();
        let counts = match sure.as_slice() {
            [] => event.to_string(),
            sure => format!("CASE WHEN {} THEN {event} ELSE {unsure} END", sure.join(" AND ")),
        };
        let fate = filter.map(|filter| {
            let sure = filter.sure().map(|sure| format!("WHEN NOT {sure} THEN {unsure} "));
            let (is, filtered) = (filter.sql(), What::Filtered.number());
            format!("CASE {}WHEN {is} THEN {counts} ELSE {filtered} END", sure.unwrap_or_default())
        });
        let fate = fate.or((!sure.is_empty()).then_some(counts));
        let texts: String = (0..rules.file.len())
            .map(|number| {
                format!(", nullif({}, '') AS {}", field(&format!("file_at{number}")), of_file(number))
            })
            .collect();
        let mut tables = format!("texts AS (SELECT *{texts} FROM {}),\n", self.last);
        let mut last = "texts".to_owned();
        for (number, columns) in query.tables().into_iter().enumerate() {
            let name = format!("made{number}");
            tables += &format!("{name} AS (SELECT *, {columns} FROM {last}),\n");
            last = name;
        }
        tables += &format!("records AS (SELECT * FROM {last}),\n");
        Ok(Records { tables, last: "records", time, keys, measured, fate })
    }
}

/// Refuses a job of which Spark does not do all alike.
///
/// # Errors
/// Usage: it calls a function by which rows would differ.
pub(in crate::engine::spark) fn check(job: &Job) -> Result<()> {
    if job.source.records.rules.as_ref().is_some_and(|rules| rules.joins()) {
        return Err(no_lookups());
    }
    #[cfg(feature = "sql")]
    {
        use crate::record::Step;

        let steps = job.source.records.rules.iter().flat_map(|rules| &rules.steps);
        for (step, _) in steps {
            let (what, expression) = match step {
                Step::Derive { name, expression } => (format!("derive.{name}"), expression),
                Step::Where(expression) => ("where".to_owned(), expression),
            };
            if let Some((name, others)) = expression.not_in_spark() {
                return Err(not_in_spark(name, &others).within(&what));
            }
        }
    }
    Ok(())
}

/// The error for a job that joins tables.
fn no_lookups() -> Error {
    let error = Error::usage("look-ups are not built for the engine spark").with_code(Code::NotBuilt);
    error.help("leave them out, or count on this machine")
}

/// The error for a function that Spark does otherwise; `others` are those that it does alike.
#[cfg(feature = "sql")]
fn not_in_spark(name: &str, others: &[&str]) -> Error {
    let error = Error::usage(format!("{name} may give another answer on Spark")).with_code(Code::NotBuilt);
    error.help(format!(
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
