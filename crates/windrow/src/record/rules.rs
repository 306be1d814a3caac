//! Rules: which columns of a file a job needs, what it makes of them, and where the time, the keys and what is measured then stand.

#[cfg(feature = "sql")]
use windrow_sql::{Expression, SqlType};

use crate::error::Error;

/// A column of files that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileColumn {
    pub(crate) name: String,
    /// Where the job names it, if that is in an expression or a look-up: for the error of a file that does not have it.
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

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the file, the column with this number.
    File(usize),
    /// It is made, the column with this number.
    Made(usize),
}

/// One step of the way of a record.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Makes a column.
    #[cfg(feature = "sql")]
    Derive { name: String, expression: Box<Expression> },
    /// Leaves out what is not true; always the last step.
    #[cfg(feature = "sql")]
    Where(Box<Expression>),
}

/// What a job wants of records, by name.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
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
    pub(super) steps: Vec<(Step, Vec<Origin>)>,
    pub(super) time: Origin,
    pub(super) beside: Option<Origin>,
    pub(super) keys: Vec<Origin>,
    pub(super) measured: Vec<Origin>,
    /// The names of the columns that are made.
    pub(super) made: Vec<String>,
    /// What the columns of the file are.
    #[cfg(feature = "sql")]
    pub(super) types: Vec<SqlType>,
}

impl PartialEq for RecordRules {
    fn eq(&self, other: &Self) -> bool {
        self.lines() == other.lines() && self.file == other.file
    }
}

impl RecordRules {
    /// The rules with these steps; what they do not make is in the file.
    pub(crate) fn new(steps: Vec<Step>, wanted: &Wanted<'_>) -> Self {
        let mut rules = RecordRules {
            file: Vec::new(),
            steps: Vec::with_capacity(steps.len()),
            time: Origin::File(0),
            beside: None,
            keys: Vec::new(),
            measured: Vec::new(),
            made: Vec::new(),
            #[cfg(feature = "sql")]
            types: Vec::new(),
        };
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
    fn add(&mut self, step: Step) {
        let (expression, made, what) = match &step {
            Step::Derive { name, expression } => (expression, Some(name.clone()), format!("derive.{name}")),
            Step::Where(expression) => (expression, None, "where".to_owned()),
        };
        let inputs = expression.columns().iter().map(|column| {
            let origin = self.origin(&column.name);
            if let Origin::File(number) = origin {
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
    fn add(&mut self, step: Step) {
        self.steps.push((step, Vec::new()));
    }

    /// Where the column `name` stands; one that nothing makes is in the file.
    fn origin(&mut self, name: &str) -> Origin {
        // Of two of one name the later is meant; none has the name of a column of the file that is not hidden by it.
        if let Some(number) = self.made.iter().rposition(|made| made == name) {
            return Origin::Made(number);
        }
        let known = self.file.iter().position(|column| column.name == name);
        Origin::File(known.unwrap_or_else(|| {
            self.file.push(FileColumn { name: name.to_owned(), named_in: None, is_input: false });
            self.file.len() - 1
        }))
    }

    /// The names of the columns of the file that are read.
    pub(crate) fn names(&self) -> Vec<String> {
        self.file.iter().map(|column| column.name.clone()).collect()
    }

    /// The name of a column.
    pub(super) fn name(&self, origin: Origin) -> &str {
        match origin {
            Origin::File(number) => &self.file[number].name,
            Origin::Made(number) => &self.made[number],
        }
    }

    /// All that decides what is made of a record, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        #[cfg(not(feature = "sql"))]
        let lines = Vec::new();
        #[cfg(feature = "sql")]
        let lines = self
            .steps
            .iter()
            .map(|(step, _)| {
                let (what, expression) = match step {
                    Step::Derive { name, expression } => {
                        (format!("derive {}:{name}", name.len()), expression)
                    }
                    Step::Where(expression) => ("where".to_owned(), expression),
                };
                let types = expression.columns().iter().map(|column| column.sql_type.word());
                let types: Vec<&str> = types.collect();
                format!("{what} {} {}", types.join(" "), expression.text())
            })
            .collect();
        lines
    }
}
