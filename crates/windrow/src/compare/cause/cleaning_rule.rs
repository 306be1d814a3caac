//! Cleaning: how either side brings values to the form that it counts.

use std::borrow::Cow;

use crate::event::{Cleaning, LetterCase};

/// What trimming cuts off the ends of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trim {
    /// White space of ASCII, as windrow does.
    White,
    /// U+0020 alone, as Spark's `trim` does.
    Spaces,
    /// Nothing.
    Nothing,
}

/// A cleaning rule of a job or of another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CleaningRule {
    pub(super) trim: Trim,
    pub(super) case: LetterCase,
    /// Whether an empty value is null.
    pub(super) empty_is_null: bool,
    /// Whether rows without a value are left out before it is cleaned.
    pub(super) drops_null: bool,
    /// Whether the result was written by Spark as CSV, which cuts all up to U+0020 off the ends of a value.
    pub(super) is_cut_in_writing: bool,
}

/// The rules of a job's keys.
pub(super) fn of_job(cleaning: &[Cleaning]) -> Vec<CleaningRule> {
    cleaning.iter().map(CleaningRule::of).collect()
}

impl CleaningRule {
    pub(super) fn of(cleaning: &Cleaning) -> Self {
        let trim = if cleaning.trim { Trim::White } else { Trim::Nothing };
        CleaningRule {
            trim,
            case: cleaning.case,
            empty_is_null: true,
            drops_null: false,
            is_cut_in_writing: false,
        }
    }

    /// The cleaned form of a raw value; `None`: null.
    pub(super) fn clean<'v>(&self, raw: &'v str) -> Option<Cow<'v, str>> {
        let trimmed = if self.trim == Trim::Spaces { raw.trim_matches(' ') } else { raw };
        let cleaning = Cleaning { trim: self.trim == Trim::White, case: self.case };
        let Some(value) = cleaning.clean(trimmed) else {
            return (!self.empty_is_null).then_some(Cow::Borrowed(""));
        };
        if !self.is_cut_in_writing {
            return Some(value);
        }
        let value = match value {
            Cow::Borrowed(value) => Cow::Borrowed(value.trim_matches(|c| c <= ' ')),
            Cow::Owned(value) => Cow::Owned(value.trim_matches(|c| c <= ' ').to_owned()),
        };
        (!value.is_empty() || !self.empty_is_null).then_some(value)
    }
}
