//! Help: what to do next, as text in which settings stand as data, so that a program can name them as its users know them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Setting;

/// What to do next. [`Display`](fmt::Display) and [`text`](Help::text) name settings by their keys in a job file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    parts: Vec<HelpPart>,
    text: String,
}

/// A part of a [`Help`]; the parts follow each other without anything between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HelpPart {
    /// Text as it is.
    Text(String),
    /// The name of a setting.
    Name(Setting),
    /// A setting with its value, in a sentence.
    Set(Setting, String),
    /// What was asked, asked again with these settings changed.
    Changed(Vec<(Setting, String)>),
    /// A run that counts a file into another one.
    Count {
        /// The file that is counted.
        file: String,
        /// The file that takes the answer.
        into: String,
    },
    /// The table of a ledger that lists something.
    Table(String),
    /// The job, run once.
    Run,
}

impl Help {
    /// Adds text.
    pub fn and(self, text: impl Into<String>) -> Self {
        self.with(HelpPart::Text(text.into()))
    }

    /// Adds the name of a setting.
    pub fn name(self, setting: Setting) -> Self {
        self.with(HelpPart::Name(setting))
    }

    /// Adds a setting with its value.
    pub fn set(self, setting: Setting, value: impl Into<String>) -> Self {
        self.with(HelpPart::Set(setting, value.into()))
    }

    /// Adds what was asked with a setting changed.
    pub fn changed(self, setting: Setting, value: impl Into<String>) -> Self {
        self.with(HelpPart::Changed(vec![(setting, value.into())]))
    }

    /// Adds a part.
    pub fn with(mut self, part: HelpPart) -> Self {
        self.text += &part.to_string();
        self.parts.push(part);
        self
    }

    /// Adds the parts of another help.
    pub fn join(self, other: Help) -> Self {
        other.parts.into_iter().fold(self, Help::with)
    }

    /// Its parts.
    pub fn parts(&self) -> &[HelpPart] {
        &self.parts
    }

    /// All of it in the words of a job file.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<T: Into<String>> From<T> for Help {
    fn from(text: T) -> Self {
        Help::default().and(text)
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for HelpPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HelpPart::Text(text) => f.write_str(text),
            HelpPart::Name(setting) => write!(f, "{setting}"),
            HelpPart::Set(setting, value) => match setting.table() {
                Some(table) => write!(f, "{} in [{table}]", setting.line(value)),
                None => f.write_str(&setting.line(value)),
            },
            HelpPart::Changed(changes) => write!(f, "write in {}", lines(changes)),
            HelpPart::Count { file, into } => write!(f, "count {file} into {into}"),
            HelpPart::Table(table) => write!(f, "the table {table} of the ledger"),
            HelpPart::Run => f.write_str("run the job once"),
        }
    }
}

/// Settings as lines of a job file, after the table they stand in.
pub fn lines(changes: &[(Setting, String)]) -> String {
    let mut text = String::new();
    let mut table = None;
    for (setting, value) in changes {
        let own = setting.table();
        match table.replace(own.clone()) {
            None => text += &own.map_or(String::new(), |own| format!("[{own}]: ")),
            Some(before) if before == own => text += ", ",
            Some(_) => text += &own.map_or("; ".to_owned(), |own| format!("; [{own}]: ")),
        }
        text += &setting.line(value);
    }
    text
}
