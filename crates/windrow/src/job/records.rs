//! What a job makes of records: from the expressions as they are written to the rules that files are counted by.

use std::fmt::Write;
use std::sync::Arc;

use super::file::SourceFile;
use super::keyword::not_among;
use super::lookups::{self, LookupSpec};
use super::save::quoted;
use super::span::{At, Fault};
use super::{Job, MeasuredColumn, Source};
use crate::error::{Code, Error, Result};
use crate::format::InputFormat;
use crate::format::json::paths as json_paths;
use crate::record::{Lookup, RecordRules, RuleStep, WantedColumns};
use crate::text::escape::for_people;

/// The look-ups, columns and conditions that are applied to records before they are events.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Records {
    /// Small tables that are joined to rows, in their order.
    pub(super) lookups: Vec<LookupSpec>,
    /// What must be true of a row that counts.
    filter: Option<String>,
    /// Columns that are computed, in their order.
    derive: Vec<(String, String)>,
    /// The types of columns that are not text.
    types: Vec<(String, String)>,
    /// The rules; none: rows are taken from the file without changes.
    pub(crate) rules: Option<Arc<RecordRules>>,
    /// The values that the paths of the counted files give for needed columns.
    pub(crate) in_path: Vec<(String, String)>,
}

impl Records {
    /// What is written in `[source]`; the rules come when all is known that reports need.
    pub(super) fn written(written: &SourceFile) -> Result<Records, Fault> {
        let records = Records {
            lookups: lookups::written(written)?,
            filter: written.r#where.clone(),
            derive: written.derive.clone(),
            types: written.types.clone().into_iter().collect(),
            ..Records::default()
        };
        if records.derive.iter().any(|(name, _)| name.is_empty()) {
            let error = Error::invalid("the name of a derived column is empty");
            return Err(error).at(&["source", "derive"]);
        }
        Ok(records)
    }

    /// Whether nothing is done to rows of the file before they are counted.
    fn is_empty(&self) -> bool {
        self.lookups.is_empty() && self.filter.is_none() && self.derive.is_empty() && self.types.is_empty()
    }

    /// Whether a column may come from an expression or a look-up, so that files need not have it.
    pub(super) fn may_make(&self, name: &str) -> bool {
        self.derive.iter().any(|(made, _)| made == name) || self.lookups.iter().any(|of| of.may_have(name))
    }

    /// The names of the columns that look-ups add, as far as they are known.
    fn joined(&self) -> impl Iterator<Item = String> {
        self.lookups.iter().flat_map(LookupSpec::names)
    }

    /// Refuses a name that several columns would have.
    fn check_joined(&self) -> Result<(), Fault> {
        let mut seen: Vec<String> = Vec::new();
        for (at, lookup) in self.lookups.iter().enumerate() {
            let names: Vec<String> = lookup.names().collect();
            let is_derived = |name: &String| self.derive.iter().any(|(derived, _)| derived == name);
            for name in &names {
                let other = match (is_derived(name), seen.contains(name)) {
                    (true, _) => "derived",
                    (_, true) => "in another look-up",
                    _ => continue,
                };
                let what = format!("its column `{}` is {other} too", for_people(name));
                let error = Error::usage(what).with_code(Code::RepeatedColumn);
                return Err(error.with_help("name the columns that are needed: columns = [\"...\"], or give them another beginning: prefix = \"PREFIX_\""))
                    .at(&["source", "lookup", &at.to_string()]);
            }
            seen.extend(names);
        }
        Ok(())
    }

    /// As a job file says it, in `[source]`.
    pub(super) fn push_where(&self, text: &mut String) {
        if let Some(filter) = &self.filter {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "where = {}  # what must be true of a row that counts", quoted(filter));
        }
    }

    /// The tables below `[source]`.
    pub(super) fn push_tables(&self, text: &mut String) {
        self.lookups.iter().for_each(|lookup| lookup.push(text));
        for (table, lines) in [("types", &self.types), ("derive", &self.derive)] {
            if lines.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n[source.{table}]");
            for (name, value) in lines {
                let _ = writeln!(text, "{} = {}", quoted(name), quoted(value));
            }
        }
    }
}

impl Source {
    /// The names of the columns that no file needs to have: derived ones, and those of look-ups as far as they are known.
    pub fn made(&self) -> Vec<String> {
        let derived = self.records.derive.iter().map(|(name, _)| name.clone());
        derived.chain(self.records.joined()).collect()
    }

    /// The tables of the look-ups, as they are written.
    pub fn lookup_paths(&self) -> impl Iterator<Item = &str> {
        self.records.lookups.iter().map(|lookup| lookup.path.as_str())
    }

    /// The names of the columns of files that expressions and look-ups name.
    pub fn named_in_expressions(&self) -> Vec<String> {
        let rules = self.records.rules.iter();
        let columns = rules.flat_map(|rules| rules.file.iter().filter(|column| column.named_in.is_some()));
        columns.map(|column| column.name.clone()).collect()
    }

    /// Makes the rules, now that it is known what is measured.
    pub(super) fn make_rules(&mut self) -> Result<(), Fault> {
        if self.records.is_empty() {
            return Ok(());
        }
        self.records.check_joined()?;
        let steps = self.records.steps()?;
        let lookups: Vec<Lookup> = self.records.lookups.iter().map(LookupSpec::lookup).collect();
        let measured: Vec<String> =
            self.measured.iter().map(|MeasuredColumn { name, .. }| name.clone()).collect();
        let wanted = WantedColumns {
            time: &self.time.column,
            beside: self.time.beside.as_deref(),
            keys: &self.keys,
            measured: &measured,
        };
        let rules = RecordRules::new(lookups, steps, &wanted);
        // Until the tables are looked at, an unknown column may be in one of them.
        let may_be_joined =
            |name: &String| rules.lacks_tables() && self.records.lookups.iter().any(|of| of.may_have(name));
        for column in rules.file.iter().filter(|column| !may_be_joined(&column.name)) {
            let checked = self.check_column(&column.name);
            checked.map_err(|error| column.named(error)).at(&["source"])?;
        }
        self.records.rules = Some(Arc::new(rules));
        Ok(())
    }

    /// Refuses a name that no column can have.
    fn check_column(&self, name: &str) -> Result<()> {
        if self.format == Some(InputFormat::Json) {
            json_paths(&[name.to_owned()])?;
        }
        let columns = &self.csv.columns;
        if !columns.is_empty() && !columns.iter().any(|column| column == name) {
            let all: Vec<&str> = columns.iter().map(String::as_str).collect();
            return Err(not_among(name, "column of the files", &all));
        }
        Ok(())
    }
}

#[cfg(not(feature = "sql"))]
impl Records {
    fn steps(&self) -> Result<Vec<RuleStep>, Fault> {
        if self.filter.is_none() && self.derive.is_empty() && self.types.is_empty() {
            return Ok(Vec::new());
        }
        let key = match (&self.filter, self.derive.is_empty()) {
            (Some(_), _) => "where",
            (None, false) => "derive",
            (None, true) => "types",
        };
        Err(Error::without_feature("SQL", "sql")).at(&["source", key])
    }
}

#[cfg(feature = "sql")]
impl Records {
    fn steps(&self) -> Result<Vec<RuleStep>, Fault> {
        use crate::record::expression;
        use windrow_sql::SqlType;

        let mut types: Vec<(String, SqlType)> = Vec::new();
        for (name, word) in &self.types {
            let place = ["source", "types", name];
            if self.derive.iter().any(|(derived, _)| derived == name) {
                let error = Error::invalid("the type of a derived column is that of its expression");
                return Err(error.with_help("leave it out, or write a CAST there")).at(&place);
            }
            let all: Vec<&str> = SqlType::ALL.iter().map(|sql_type| sql_type.word()).collect();
            let found = SqlType::ALL.into_iter().find(|sql_type| sql_type.word() == word);
            types.push((name.clone(), found.ok_or_else(|| not_among(word, "type", &all)).at(&place)?));
        }
        let (mut steps, mut used) = (Vec::new(), Vec::new());
        let mut read = |text: &str, types: &[(String, SqlType)], place: &[&str]| {
            let type_of = |name: &str| {
                types
                    .iter()
                    .rev()
                    .find(|(known, _)| known == name)
                    .map_or(SqlType::Text, |(_, sql_type)| *sql_type)
            };
            let read = expression(text, &type_of).map_err(|fault| of_expression(&fault)).at(place)?;
            used.extend(read.columns().iter().map(|column| column.name.clone()));
            Ok::<_, Fault>(read)
        };
        for (name, text) in &self.derive {
            let read = read(text, &types, &["source", "derive", name])?;
            types.push((name.clone(), read.sql_type()));
            steps.push(RuleStep::Derive { name: name.clone(), expression: Box::new(read) });
        }
        if let Some(text) = &self.filter {
            let read = read(text, &types, &["source", "where"])?;
            if read.sql_type() != SqlType::Boolean {
                let what = format!("`{}` is not a condition", for_people(text));
                let error = Error::invalid(what);
                return Err(error.with_help("compare it with something: status >= 500"))
                    .at(&["source", "where"]);
            }
            steps.push(RuleStep::Where(Box::new(read)));
        }
        if let Some((name, _)) = self.types.iter().find(|(name, _)| !used.contains(name)) {
            let error = Error::invalid(format!("no expression names the column `{}`", for_people(name)));
            return Err(error.with_help("leave it out, or name it in where or derive"))
                .at(&["source", "types", name]);
        }
        Ok(steps)
    }
}

/// A fault of an expression as an error.
#[cfg(feature = "sql")]
fn of_expression(fault: &windrow_sql::ExpressionFault) -> Error {
    use crate::error::{Help, Setting};
    use crate::text::suggest::nearest;

    let place = match fault.place {
        Some(place) if place.line == 1 => format!("character {}: ", place.column),
        Some(place) => format!("line {}, character {}: ", place.line, place.column),
        None => String::new(),
    };
    let error = Error::invalid(format!("{place}{}", fault.message));
    let Some(help) = &fault.help else { return error };
    let meant = fault.unknown.as_ref().and_then(|name| nearest(name, windrow_sql::function_names()));
    let help =
        Help::from(meant.map_or_else(|| help.clone(), |meant| format!("did you mean {meant}? {help}")));
    error.with_help(match &fault.declare {
        Some((column, sql_type)) => {
            help.and(", or declare ").set(Setting::Type, format!("{column}={}", sql_type.word()))
        }
        None => help,
    })
}

/// What was written as `name=value`, such as `class=substr(status, 1, 1)`.
///
/// # Errors
/// Usage: one has no name, or a name is there twice.
pub fn named_values(written: &[String]) -> Result<Vec<(String, String)>> {
    let wrong = |what: String| Error::invalid(what);
    let mut named: Vec<(String, String)> = Vec::with_capacity(written.len());
    for text in written {
        let Some((name, value)) = text.split_once('=').map(|(name, value)| (name.trim(), value.trim()))
        else {
            return Err(wrong(format!("`{}` has no name with a = after it", for_people(text)))
                .with_help("write NAME=EXPRESSION for a column, or COLUMN=TYPE for a type"));
        };
        if named.iter().any(|(other, _)| other == name) {
            return Err(wrong(format!("`{}` is named twice", for_people(name))));
        }
        named.push((name.to_owned(), value.to_owned()));
    }
    Ok(named)
}

/// The error for a job that makes something of records, where that is not built.
pub(crate) fn no_records(job: &Job, of: &str) -> Result<()> {
    match job.source.records.rules {
        None => Ok(()),
        Some(_) => {
            Err(Error::not_built(format!("where, derived columns and look-ups are not built for {of}"))
                .with_help("leave them out, or count on this machine"))
        }
    }
}
