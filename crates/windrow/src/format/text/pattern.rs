//! Patterns: how the lines of a text log are taken apart into columns.

use regex::bytes::Regex;

use super::preset::Preset;
use crate::error::{Code, Error, Result};
use crate::event::TimeFormat;
use crate::text::escape::for_people;

/// A preset, or a regular expression whose named groups are the columns.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Lines of a common layout.
    Preset(Preset),
    /// Lines in which it is found.
    Regex(Regex),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Pattern {
    /// The pattern that is written so: the name of a preset, or a regular expression.
    ///
    /// # Errors
    /// Usage: it is not a regular expression, or names no group.
    pub fn of_text(text: &str) -> Result<Self> {
        if let Some((_, preset)) = Preset::ALL.iter().find(|(name, _)| *name == text) {
            return Ok(Pattern::Preset(*preset));
        }
        let regex = Regex::new(text).map_err(|error| {
            // The last line of it says what is wrong; those before draw the place.
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Error::usage(format!("`{}` is not a pattern: {why}", for_people(text)))
                .with_code(Code::InvalidValue)
                .with_help(how_to_write())
        })?;
        if regex.capture_names().flatten().next().is_none() {
            return Err(Error::usage(format!("the pattern `{}` names no column", for_people(text)))
                .with_code(Code::InvalidValue)
                .with_help(how_to_write()));
        }
        Ok(Pattern::Regex(regex))
    }

    /// As it is written in a job.
    pub fn as_str(&self) -> &str {
        match self {
            Pattern::Preset(preset) => preset.name(),
            Pattern::Regex(regex) => regex.as_str(),
        }
    }

    /// What it is, in words.
    pub fn said(&self) -> &'static str {
        match self {
            Pattern::Preset(preset) => preset.said(),
            Pattern::Regex(_) => "text, by its pattern",
        }
    }

    /// The names of its columns; none: those that lines name.
    pub fn columns(&self) -> Option<Vec<&str>> {
        match self {
            Pattern::Preset(preset) => preset.columns(),
            Pattern::Regex(regex) => Some(regex.capture_names().flatten().collect()),
        }
    }

    /// The formats that its times may be in where none is declared; the first one, unless a sample shows another.
    pub fn time_formats(&self) -> Vec<TimeFormat> {
        match self {
            Pattern::Preset(preset) => preset.time_formats(),
            Pattern::Regex(_) => vec![TimeFormat::Iso],
        }
    }
}

fn how_to_write() -> String {
    let presets = Preset::ALL.map(|(name, _)| name).join(", ");
    format!(
        "write {presets}, or a regular expression with a named group for each column: (?P<time>\\S+) (?P<level>\\w+)"
    )
}
