//! Rules: which columns of a file a job needs, which columns it makes, and where the time, the keys and the measured values are found.

use std::sync::Arc;

#[cfg(feature = "sql")]
use windrow_sql::{Expression, SqlType};

use super::lookup::{Lookup, LookupTable};
use crate::error::{Code, Error, Result};
use crate::fingerprint::hash;
use crate::text::escape::quoted;

/// A column of files that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileColumn {
    pub(crate) name: String,
    /// Where the job names it, if in an expression or a look-up: for the error if a file does not have it.
    pub(crate) named_in: Option<String>,
    /// Whether a step needs it.
    pub(super) is_input: bool,
}

impl FileColumn {
    /// An error about this column, with where the job names it.
    pub(crate) fn named(&self, error: Error) -> Error {
        match &self.named_in {
            Some(place) => error.within(place),
            None => error,
        }
    }
}

/// Where a column is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnOrigin {
    /// In the file: the number of the column.
    File(usize),
    /// In the table of a look-up: the numbers of the look-up and of the column.
    Joined { join: usize, column: usize },
    /// Made by an expression: the number of the column.
    Made(usize),
}

/// A look-up, and where the columns are found by which rows are joined to it.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) lookup: Lookup,
    pub(crate) on: Vec<ColumnOrigin>,
    /// Which of its columns are needed, by their numbers.
    pub(super) used: Vec<usize>,
    /// The types of these, for the expressions that need them; none: no expression does.
    #[cfg(feature = "sql")]
    pub(crate) types: Vec<Option<SqlType>>,
    /// Its table, with these columns; none: it was not read yet.
    pub(crate) table: Option<Arc<LookupTable>>,
}

/// A step of processing a record.
#[derive(Clone, Debug)]
pub(crate) enum RuleStep {
    /// Makes a column.
    #[cfg(feature = "sql")]
    Derive { name: String, expression: Box<Expression> },
    /// Leaves out rows for which it is not true; always the last step.
    #[cfg(feature = "sql")]
    Where(Box<Expression>),
}

/// The columns that a job needs of records, by name.
#[derive(Clone, Debug)]
pub(crate) struct WantedColumns<'a> {
    pub(crate) time: &'a str,
    pub(crate) beside: Option<&'a str>,
    pub(crate) keys: &'a [String],
    pub(crate) measured: &'a [String],
}

/// The rules for records.
#[derive(Clone, Debug)]
pub(crate) struct RecordRules {
    /// The columns of the file that are read.
    pub(crate) file: Vec<FileColumn>,
    /// The look-ups that are joined, before any other step.
    pub(crate) joins: Vec<Join>,
    pub(crate) steps: Vec<(RuleStep, Vec<ColumnOrigin>)>,
    pub(crate) time: ColumnOrigin,
    pub(super) beside: Option<ColumnOrigin>,
    pub(crate) keys: Vec<ColumnOrigin>,
    pub(crate) measured: Vec<ColumnOrigin>,
    /// The names of the columns that are made.
    pub(crate) made: Vec<String>,
    /// The types of the columns of the file.
    #[cfg(feature = "sql")]
    pub(crate) types: Vec<SqlType>,
}

impl PartialEq for RecordRules {
    fn eq(&self, other: &Self) -> bool {
        self.lines() == other.lines() && self.file == other.file && self.hashes() == other.hashes()
    }
}

impl RecordRules {
    /// Rules for tables whose columns `names` are read, without counting.
    pub(crate) fn of_columns(names: &[String]) -> Self {
        let column = |name: &String| FileColumn { name: name.clone(), named_in: None, is_input: false };
        RecordRules {
            file: names.iter().map(column).collect(),
            joins: Vec::new(),
            steps: Vec::new(),
            // None of the columns is the time.
            time: ColumnOrigin::Made(0),
            beside: None,
            keys: Vec::new(),
            measured: Vec::new(),
            made: Vec::new(),
            #[cfg(feature = "sql")]
            types: vec![SqlType::Text; names.len()],
        }
    }

    /// The rules with these look-ups and steps; columns that they do not make are read from the file.
    pub(crate) fn new(lookups: Vec<Lookup>, steps: Vec<RuleStep>, wanted: &WantedColumns<'_>) -> Self {
        let mut rules = RecordRules::of_columns(&[]);
        for lookup in lookups {
            let on: Vec<ColumnOrigin> = lookup.on.iter().map(|(column, _)| rules.origin(column)).collect();
            for origin in &on {
                if let ColumnOrigin::File(number) = origin {
                    rules.file[*number].named_in.get_or_insert_with(|| "lookup.on".to_owned());
                }
            }
            rules.joins.push(Join {
                lookup,
                on,
                used: Vec::new(),
                #[cfg(feature = "sql")]
                types: Vec::new(),
                table: None,
            });
        }
        for step in steps {
            rules.add(step);
        }
        rules.time = rules.origin(wanted.time);
        rules.beside = wanted.beside.map(|beside| rules.origin(beside));
        rules.keys = wanted.keys.iter().map(|key| rules.origin(key)).collect();
        rules.measured = wanted.measured.iter().map(|column| rules.origin(column)).collect();
        #[cfg(feature = "sql")]
        rules.types.resize(rules.file.len(), SqlType::Text);
        rules
    }

    #[cfg(feature = "sql")]
    fn add(&mut self, step: RuleStep) {
        let (expression, made, what) = match &step {
            RuleStep::Derive { name, expression } => {
                (expression, Some(name.clone()), format!("derive.{name}"))
            }
            RuleStep::Where(expression) => (expression, None, "where".to_owned()),
        };
        let inputs = expression.columns().iter().map(|column| {
            let origin = self.origin(&column.name);
            if let ColumnOrigin::Joined { join, column: number } = origin {
                let types = &mut self.joins[join].types;
                types.resize(types.len().max(number + 1), None);
                types[number] = Some(column.sql_type);
            }
            if let ColumnOrigin::File(number) = origin {
                self.types.resize(self.file.len().max(self.types.len()), SqlType::Text);
                self.types[number] = column.sql_type;
                let file = &mut self.file[number];
                file.is_input = true;
                let place = column.place.map_or_else(String::new, |place| match place.line {
                    1 => format!(", character {}", place.column),
                    line => format!(", line {line}, character {}", place.column),
                });
                file.named_in.get_or_insert_with(|| format!("{what}{place}"));
            }
            origin
        });
        let inputs = inputs.collect();
        self.made.extend(made);
        self.steps.push((step, inputs));
    }

    #[cfg(not(feature = "sql"))]
    fn add(&mut self, step: RuleStep) {
        self.steps.push((step, Vec::new()));
    }

    /// Where the column `name` is found; a column that nothing makes is in the file.
    fn origin(&mut self, name: &str) -> ColumnOrigin {
        // If two columns have one name, the later one is meant. A made column hides the column of the file with its name.
        if let Some(number) = self.made.iter().rposition(|made| made == name) {
            return ColumnOrigin::Made(number);
        }
        for (join, Join { lookup, used, .. }) in self.joins.iter_mut().enumerate() {
            if let Some(number) = lookup.columns.iter().position(|(column, _)| column == name) {
                let column = used.iter().position(|used| *used == number).unwrap_or_else(|| {
                    used.push(number);
                    used.len() - 1
                });
                return ColumnOrigin::Joined { join, column };
            }
        }
        let known = self.file.iter().position(|column| column.name == name);
        ColumnOrigin::File(known.unwrap_or_else(|| {
            self.file.push(FileColumn { name: name.to_owned(), named_in: None, is_input: false });
            self.file.len() - 1
        }))
    }

    /// Whether an expression casts the text of the column `name` directly to a date.
    #[cfg(feature = "sql")]
    pub(crate) fn casts_to_date(&self, name: &str) -> bool {
        self.steps.iter().any(|(step, _)| {
            let (RuleStep::Derive { expression, .. } | RuleStep::Where(expression)) = step;
            expression.casts_to_date(name)
        })
    }

    /// The same in a build without expressions.
    #[cfg(not(feature = "sql"))]
    #[expect(clippy::unused_self, reason = "as with SQL")]
    pub(crate) fn casts_to_date(&self, _name: &str) -> bool {
        false
    }

    /// The column of the file that alone holds the time; none if there is no such column.
    pub(crate) fn column_of_time(&self) -> Option<usize> {
        match (self.time, self.beside) {
            (ColumnOrigin::File(column), None) => Some(column),
            _ => None,
        }
    }

    /// Whether the text of [that column](Self::column_of_time) is needed too, and not only the time in it.
    pub(super) fn needs_text_of_time(&self) -> bool {
        let is_on = |join: &Join| join.on.contains(&self.time);
        self.column_of_time().is_some_and(|column| self.file[column].is_input)
            || self.keys.contains(&self.time)
            || self.measured.contains(&self.time)
            || self.joins.iter().any(is_on)
    }

    /// The names of the columns of the file that are read.
    pub(crate) fn names(&self) -> Vec<String> {
        self.file.iter().map(|column| column.name.clone()).collect()
    }

    /// The name of a column.
    pub(super) fn name(&self, origin: ColumnOrigin) -> &str {
        match origin {
            ColumnOrigin::File(number) => &self.file[number].name,
            ColumnOrigin::Joined { join, column } => {
                let Join { lookup, used, .. } = &self.joins[join];
                &lookup.columns[used[column]].0
            }
            ColumnOrigin::Made(number) => &self.made[number],
        }
    }

    /// The columns of the table of look-up number `join` that are read: first those that it is joined on, then those that are needed.
    pub(crate) fn columns_read(&self, join: usize) -> Vec<String> {
        let Join { lookup, used, .. } = &self.joins[join];
        let on = lookup.on.iter().map(|(_, column)| column.clone());
        on.chain(used.iter().map(|number| lookup.columns[*number].1.clone())).collect()
    }

    /// The same rules with the tables of the look-ups, in their order.
    pub(crate) fn with_tables(mut self, tables: Vec<Arc<LookupTable>>) -> Self {
        for (join, table) in self.joins.iter_mut().zip(tables) {
            join.table = Some(table);
        }
        self
    }

    /// The number of the look-up that all keys come from, if there is one.
    pub(super) fn look_up_of_keys(&self) -> Option<usize> {
        let of_key = |key: &ColumnOrigin| match *key {
            ColumnOrigin::Joined { join, .. } => Some(join),
            ColumnOrigin::File(_) | ColumnOrigin::Made(_) => None,
        };
        let first = of_key(self.keys.first()?)?;
        self.keys.iter().all(|key| of_key(key) == Some(first)).then_some(first)
    }

    /// Whether there are look-ups.
    pub(crate) fn is_joining(&self) -> bool {
        !self.joins.is_empty()
    }

    /// Whether the table of a look-up was not read yet.
    pub(crate) fn lacks_tables(&self) -> bool {
        self.joins.iter().any(|join| join.table.is_none())
    }

    /// A hash for each look-up that has its table: of the table's content, and of the names of its needed columns.
    pub(crate) fn hashes(&self) -> Vec<u128> {
        let tables = self.joins.iter().filter_map(|join| Some((join, join.table.as_ref()?)));
        let hash_of = |(join, table): (&Join, &Arc<LookupTable>)| {
            let names: Vec<&str> =
                join.used.iter().map(|number| join.lookup.columns[*number].0.as_str()).collect();
            hash(format!("{names:?} {:032x}", table.hash()).as_bytes())
        };
        tables.map(hash_of).collect()
    }

    /// Refuses a file that has a column with the name of one that is joined and needed: it is unclear which of them is meant.
    pub(crate) fn check_joined(&self, has: &mut dyn FnMut(&str) -> bool) -> Result<()> {
        let needed = self.joins.iter().flat_map(|Join { lookup, used, .. }| {
            used.iter().map(|number| lookup.columns[*number].0.as_str())
        });
        match needed.into_iter().find(|name| has(name)) {
            None => Ok(()),
            Some(name) => Err(Error::usage(format!(
                "the column {name} is in the file and in a look-up",
                name = quoted(name)
            ))
            .with_code(Code::RepeatedColumn)
            .with_help("give the columns of the look-up other names: prefix = \"PREFIX_\"")),
        }
    }

    /// The rules for records, one per line, without the contents of look-up tables.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lookups = self.joins.iter().map(|join| join.lookup.line());
        #[cfg(not(feature = "sql"))]
        let steps = std::iter::empty();
        #[cfg(feature = "sql")]
        let steps = self.steps.iter().map(|(step, _)| {
            let (what, expression) = match step {
                RuleStep::Derive { name, expression } => {
                    (format!("derive {}:{name}", name.len()), expression)
                }
                RuleStep::Where(expression) => ("where".to_owned(), expression),
            };
            let types = expression.columns().iter().map(|column| column.sql_type.word());
            let types: Vec<&str> = types.collect();
            format!("{what} {} {}", types.join(" "), expression.text())
        });
        lookups.chain(steps).collect()
    }
}
