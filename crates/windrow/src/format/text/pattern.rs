//! Patterns: how the lines of a text log are split into columns.

use regex::bytes::Regex;

use super::preset::Preset;
use crate::error::{Error, Result};
use crate::event::TimeFormat;
use crate::text::escape::for_people;

/// A preset, or a regular expression whose named groups are the columns.
#[derive(Clone, Debug)]
pub enum TextPattern {
    /// A common layout of lines.
    Preset(Preset),
    /// An expression that lines have to match somewhere.
    Regex(Regex),
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl TextPattern {
    /// The pattern from its text: the name of a preset, or a regular expression.
    ///
    /// # Errors
    /// Usage: it is not a regular expression, or names no group.
    pub fn of_text(text: &str) -> Result<Self> {
        if let Some((_, preset)) = Preset::ALL.iter().find(|(name, _)| *name == text) {
            return Ok(TextPattern::Preset(*preset));
        }
        let regex = Regex::new(text).map_err(|error| {
            // The last line of the error says what is wrong. The lines before it show the place.
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Error::invalid(format!("`{}` is not a pattern: {why}", for_people(text)))
                .with_help(how_to_write())
        })?;
        if regex.capture_names().flatten().next().is_none() {
            return Err(Error::invalid(format!("the pattern `{}` names no column", for_people(text)))
                .with_help(how_to_write()));
        }
        Ok(TextPattern::Regex(regex))
    }

    /// The text of the pattern in a job.
    pub fn as_str(&self) -> &str {
        match self {
            TextPattern::Preset(preset) => preset.name(),
            TextPattern::Regex(regex) => regex.as_str(),
        }
    }

    /// A description in words.
    pub fn said(&self) -> &'static str {
        match self {
            TextPattern::Preset(preset) => preset.said(),
            TextPattern::Regex(_) => "text, by its pattern",
        }
    }

    /// The names of its columns. `None` if the lines name their columns themselves.
    pub fn columns(&self) -> Option<Vec<&str>> {
        match self {
            TextPattern::Preset(preset) => preset.columns(),
            TextPattern::Regex(regex) => Some(regex.capture_names().flatten().collect()),
        }
    }

    /// The formats that its times may have if none is declared. The first one is used unless a sample shows another.
    pub fn time_formats(&self) -> Vec<TimeFormat> {
        match self {
            TextPattern::Preset(preset) => preset.time_formats(),
            TextPattern::Regex(_) => vec![TimeFormat::Iso],
        }
    }
}

fn how_to_write() -> String {
    let presets = Preset::ALL.map(|(name, _)| name).join(", ");
    format!(
        "write {presets}, or a regular expression with a named group for each column: (?P<time>\\S+) (?P<level>\\w+)"
    )
}
