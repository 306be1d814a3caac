//! Words: the closed lists of values that a key of the job file may have.

use super::measures::OnBadNumber;
use super::{Duplicates, EventsBy, Fill, OnGone, RawText, TableShape};
use crate::calendar::Weekday;
use crate::error::{Code, Error, Result};
use crate::event::{LetterCase, LocalTimes, TimeFormat};
use crate::format::InputFormat;
use crate::format::csv::{AUTO, LineEnd};
use crate::text::escape::for_people;

/// A choice that is written as one word.
pub trait Word: Clone + PartialEq + Sized + 'static {
    /// What is chosen, for errors.
    const WHAT: &'static str;
    /// Every word and its meaning.
    const ALL: &'static [(&'static str, Self)];

    /// The meaning of a word.
    ///
    /// # Errors
    /// Usage: the word is not in the list. The help proposes the nearest and names all.
    fn of_word(word: &str) -> Result<Self> {
        if let Some((_, meaning)) = Self::ALL.iter().find(|(known, _)| *known == word) {
            return Ok(meaning.clone());
        }
        let known: Vec<&str> = Self::ALL.iter().map(|(known, _)| *known).collect();
        Err(not_among(word, Self::WHAT, &known))
    }

    /// The word for a meaning; none for one that no single word says.
    fn word(&self) -> Option<&'static str> {
        Self::ALL.iter().find(|(_, meaning)| meaning == self).map(|(word, _)| *word)
    }
}

impl Word for LetterCase {
    const WHAT: &'static str = "case";
    const ALL: &'static [(&'static str, Self)] = &[
        ("keep", LetterCase::Keep),
        ("lower", LetterCase::Lower),
        ("upper", LetterCase::Upper),
        ("title", LetterCase::Title),
    ];
}

impl Word for EventsBy {
    const WHAT: &'static str = "stretch of time that a folder of events is for";
    const ALL: &'static [(&'static str, Self)] = &[("hour", EventsBy::Hour), ("day", EventsBy::Day)];
}

impl Word for LocalTimes {
    const WHAT: &'static str = "way to read local times";
    const ALL: &'static [(&'static str, Self)] =
        &[("reject", LocalTimes::Reject), ("earlier", LocalTimes::Earlier), ("later", LocalTimes::Later)];
}

impl Word for TimeFormat {
    const WHAT: &'static str = "time format";
    const ALL: &'static [(&'static str, Self)] = &[
        ("iso", TimeFormat::Iso),
        ("date", TimeFormat::Date),
        ("epoch_s", TimeFormat::EpochS),
        ("epoch_ms", TimeFormat::EpochMs),
        ("epoch_us", TimeFormat::EpochUs),
        ("epoch_ns", TimeFormat::EpochNs),
    ];
}

impl TimeFormat {
    /// As a job writes it: a word, or the pattern.
    pub fn written(&self) -> &str {
        match self {
            TimeFormat::Pattern(pattern) => pattern,
            word => word.word().unwrap_or_default(),
        }
    }
}

impl Word for Weekday {
    const WHAT: &'static str = "day of the week";
    const ALL: &'static [(&'static str, Self)] = &[
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
}

impl Word for Fill {
    const WHAT: &'static str = "fill";
    const ALL: &'static [(&'static str, Self)] =
        &[("zero", Fill::Zero), ("null", Fill::Null), ("none", Fill::None)];
}

impl Word for TableShape {
    const WHAT: &'static str = "shape";
    const ALL: &'static [(&'static str, Self)] = &[("wide", TableShape::Wide), ("long", TableShape::Long)];
}

impl Word for Duplicates {
    const WHAT: &'static str = "way to treat duplicates";
    const ALL: &'static [(&'static str, Self)] =
        &[("refuse", Duplicates::Refuse), ("count", Duplicates::Count)];
}

impl Word for OnBadNumber {
    const WHAT: &'static str = "way to treat values that are not numbers";
    const ALL: &'static [(&'static str, Self)] =
        &[("reject", OnBadNumber::Reject), ("null", OnBadNumber::Null)];
}

impl Word for OnGone {
    const WHAT: &'static str = "way to treat files that are gone";
    const ALL: &'static [(&'static str, Self)] = &[("keep", OnGone::Keep), ("subtract", OnGone::Subtract)];
}

impl Word for RawText {
    const WHAT: &'static str = "amount of raw text";
    const ALL: &'static [(&'static str, Self)] = &[("full", RawText::Full), ("none", RawText::None)];
}

impl Word for Option<InputFormat> {
    const WHAT: &'static str = "format";
    const ALL: &'static [(&'static str, Self)] = &[
        (AUTO, None),
        ("csv", Some(InputFormat::Csv)),
        ("json", Some(InputFormat::Json)),
        ("parquet", Some(InputFormat::Parquet)),
        ("delta", Some(InputFormat::Delta)),
        ("text", Some(InputFormat::Text)),
    ];
}

impl Word for Option<LineEnd> {
    const WHAT: &'static str = "line end";
    const ALL: &'static [(&'static str, Self)] =
        &[(AUTO, None), ("lf", Some(LineEnd::Lf)), ("cr", Some(LineEnd::Cr))];
}

/// The error for a name that is not one of `known`.
pub(super) fn not_among(name: &str, what: &str, known: &[&str]) -> Error {
    let error = Error::usage(format!("`{}` is not a {what}", for_people(name))).with_code(Code::InvalidValue);
    let all = format!("one of {}", known.join(", "));
    match nearest(name, known.iter().copied()) {
        Some(nearest) => error.with_help(format!("did you mean `{nearest}`? {all}")),
        None => error.with_help(all),
    }
}

/// The known name that differs from `name` by at most a third of its letters.
pub(super) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let lower = name.to_lowercase();
    known
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), known))
        .min()
        .filter(|(distance, known)| distance * 3 <= lower.chars().count().max(known.chars().count()))
        .map(|(_, known)| known)
}
