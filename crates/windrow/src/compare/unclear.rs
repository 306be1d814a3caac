//! Unclear results: errors for a table that cannot be compared, with what to write.

use super::columns::{ColumnSearch, Expected};
use super::instant::reads_as_time;
use super::result::ResultField;
use crate::error::{Code, Error, Help, HelpPart, Setting};
use crate::text::escape::quoted;

impl ColumnSearch<'_> {
    /// The error that shows the map to write.
    pub(super) fn unclear(&self, what: &str, expected: &Expected) -> Error {
        let values = match expected.values.as_slice() {
            [] => "VALUE=COLUMN,VALUE=COLUMN".to_owned(),
            values => {
                values.iter().take(4).map(|value| format!("{value}=COLUMN")).collect::<Vec<_>>().join(",")
            }
        };
        let key = expected.keys.as_ref().and_then(|keys| keys.first()).map_or("action", String::as_str);
        Error::usage(format!("{} {what}; its columns are {}", self.name, self.columns()))
            .with_code(Code::UnreadableResult)
            .with_help(
                Help::from("say it: ")
                    .set(Setting::Map, format!("window.start=COLUMN,{values}"))
                    .and(", or, with a row per value: ")
                    .set(Setting::Map, format!("window.start=COLUMN,{key}=COLUMN,count=COLUMN")),
            )
    }

    /// The error for a column that is named as a window start but holds something else; `None` without such a column.
    pub(super) fn no_start(&self, usual: &[&str]) -> Option<Error> {
        let at = usual.iter().find_map(|name| self.find(name))?;
        let text = self.head.values(at).find_map(|field| match field {
            ResultField::Text(text) if !reads_as_time(text) => Some(text),
            _ => None,
        })?;
        let (name, column) = (self.name, quoted(&self.head.names[at]));
        Some(
            Error::data(format!("{name}: the column {column} holds {}, which is not a time", quoted(text)))
                .with_code(Code::UnreadableResult)
                .with_help(
                    Help::from("correct the result, or say which column has the starts of windows: ")
                        .set(Setting::Map, "window.start=COLUMN")
                        .and(format!("; its columns are {}", self.columns())),
                ),
        )
    }

    /// The error for an event log, which has events and no counts.
    pub(super) fn no_counts(&self, start: &str) -> Error {
        Error::usage(format!(
            "{} has no column of counts: is it a log of events, at the times in {}?",
            self.name,
            quoted(start)
        ))
        .with_code(Code::UnreadableResult)
        .with_help(
            Help::from("count it, and compare the answer: ")
                .with(HelpPart::Count { file: self.name.to_owned(), into: "counts.csv".to_owned() })
                .and("; or say what the counts are: ")
                .set(Setting::Map, "window.start=COLUMN,VALUE=COLUMN")
                .and(format!("; its columns are {}", self.columns())),
        )
    }

    /// The columns, for people; without a header, each with one of its values.
    fn columns(&self) -> String {
        let column = |(at, name): (usize, &String)| match self.head.values(at).next() {
            Some(ResultField::Text(text)) if self.head.without_header => format!("{name} ({text})"),
            _ => name.clone(),
        };
        let columns: Vec<String> = self.head.names.iter().enumerate().map(column).collect();
        columns.join(", ")
    }
}
