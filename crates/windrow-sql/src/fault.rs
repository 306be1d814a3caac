//! Faults: what is wrong with an expression, where, and what to write instead.

use sqlparser::tokenizer::{Location, Span};

use crate::types::SqlType;

/// A place in the text of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpressionPlace {
    /// The line, from 1.
    pub line: u64,
    /// The character of the line, from 1.
    pub column: u64,
}

impl ExpressionPlace {
    /// Where a span begins; `None` for one that the parser does not know.
    pub(crate) fn of(span: Span) -> Option<ExpressionPlace> {
        ExpressionPlace::at(span.start)
    }

    pub(crate) fn at(location: Location) -> Option<ExpressionPlace> {
        (location.line > 0).then_some(ExpressionPlace { line: location.line, column: location.column })
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionFault {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Option<ExpressionPlace>,
    /// What to do about it.
    pub help: Option<String>,
    /// The column whose type may be declared to mend it.
    pub declare: Option<(String, SqlType)>,
    /// The function that is not one of [`function_names`](crate::function_names).
    pub unknown: Option<Box<str>>,
}

impl ExpressionFault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        ExpressionFault { message: message.into(), place: None, help: None, declare: None, unknown: None }
    }

    pub(crate) fn at(mut self, place: Option<ExpressionPlace>) -> Self {
        self.place = self.place.or(place);
        self
    }

    pub(crate) fn declare(mut self, declare: Option<(String, SqlType)>) -> Self {
        self.declare = declare;
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
