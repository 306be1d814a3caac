//! Words: the closed lists of values that flags pass to the job as they are written, each with its help.

use clap::builder::{PossibleValue, PossibleValuesParser};

/// The words that a flag takes.
type FlagWords = &'static [(&'static str, &'static str)];

pub(super) const DUPLICATES: FlagWords = &[("refuse", "It is refused"), ("count", "It counts too")];
pub(super) const UNMATCHED: FlagWords = &[
    ("keep", "It has no values in the columns of the table"),
    ("reject", "It is a reject"),
    ("filter", "It is filtered"),
];
pub(super) const ON_BAD_NUMBER: FlagWords =
    &[("reject", "Its row is a reject"), ("null", "The value is null, and its row counts")];
pub(super) const LOCAL_TIMES: FlagWords = &[
    ("reject", "It is a reject"),
    ("earlier", "It is read as the earlier of the two instants"),
    ("later", "It is read as the later one"),
];
pub(super) const CASE: FlagWords = &[
    ("keep", "As it is"),
    ("lower", "lower case"),
    ("upper", "UPPER CASE"),
    ("title", "First Letter Of Each Word"),
];
pub(super) const FILL: FlagWords =
    &[("zero", "0"), ("null", "Nothing: an empty field"), ("none", "The window is left out")];

/// A parser that takes one of `words`.
pub(super) fn word(words: FlagWords) -> PossibleValuesParser {
    let values = words.iter().map(|(word, help)| PossibleValue::new(*word).help(*help));
    PossibleValuesParser::new(values.collect::<Vec<_>>())
}
