//! Words: the closed lists of values that a key of the job file may have.

use super::measures::OnBadNumber;
use super::{Duplicates, EventsBy, Fill, OnGone, RawText, TableShape};
use crate::calendar::Weekday;
use crate::error::{Error, Result};
use crate::event::{LetterCase, LocalTimes, TimeFormat};
use crate::format::InputFormat;
use crate::format::csv::{AUTO, LineEnd};
use crate::record::Unmatched;
use crate::text::escape::for_people;
use crate::text::suggest::nearest;

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

/// The words of each choice, with what is chosen, for errors.
macro_rules! words {
    ($($type:ty, $what:literal: $($word:tt $meaning:expr),+;)+) => {
        $(impl Word for $type {
            const WHAT: &'static str = $what;
            const ALL: &'static [(&'static str, Self)] = &[$(($word, $meaning)),+];
        })+
    };
}

words! {
    LetterCase, "case":
        "keep" LetterCase::Keep, "lower" LetterCase::Lower, "upper" LetterCase::Upper, "title" LetterCase::Title;
    EventsBy, "stretch of time that a folder of events is for": "hour" EventsBy::Hour, "day" EventsBy::Day;
    LocalTimes, "way to read local times":
        "reject" LocalTimes::Reject, "earlier" LocalTimes::Earlier, "later" LocalTimes::Later;
    TimeFormat, "time format":
        "iso" TimeFormat::Iso, "date" TimeFormat::Date, "epoch_s" TimeFormat::EpochS, "epoch_ms" TimeFormat::EpochMs,
        "epoch_us" TimeFormat::EpochUs, "epoch_ns" TimeFormat::EpochNs;
    Weekday, "day of the week":
        "monday" Weekday::Monday, "tuesday" Weekday::Tuesday, "wednesday" Weekday::Wednesday, "thursday" Weekday::Thursday,
        "friday" Weekday::Friday, "saturday" Weekday::Saturday, "sunday" Weekday::Sunday;
    Fill, "fill": "zero" Fill::Zero, "null" Fill::Null, "none" Fill::None;
    TableShape, "shape": "wide" TableShape::Wide, "long" TableShape::Long;
    Duplicates, "way to treat duplicates": "refuse" Duplicates::Refuse, "count" Duplicates::Count;
    OnBadNumber, "way to treat values that are not numbers": "reject" OnBadNumber::Reject, "null" OnBadNumber::Null;
    OnGone, "way to treat files that are gone": "keep" OnGone::Keep, "subtract" OnGone::Subtract;
    RawText, "amount of raw text": "full" RawText::Full, "none" RawText::None;
    Unmatched, "way to treat rows without a match":
        "keep" Unmatched::Keep, "reject" Unmatched::Reject, "filter" Unmatched::Filter;
    Option<InputFormat>, "format":
        AUTO None, "csv" Some(InputFormat::Csv), "json" Some(InputFormat::Json), "parquet" Some(InputFormat::Parquet),
        "delta" Some(InputFormat::Delta), "text" Some(InputFormat::Text);
    Option<LineEnd>, "line end": AUTO None, "lf" Some(LineEnd::Lf), "cr" Some(LineEnd::Cr);
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

/// The error for a name that is not one of `known`.
pub(super) fn not_among(name: &str, what: &str, known: &[&str]) -> Error {
    let error = Error::invalid(format!("`{}` is not a {what}", for_people(name)));
    let all = format!("one of {}", known.join(", "));
    match nearest(name, known.iter().copied()) {
        Some(nearest) => error.with_help(format!("did you mean `{nearest}`? {all}")),
        None => error.with_help(all),
    }
}
