//! Choices: flags whose values are the names of something that the library has.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A value that a flag may have: its name, what it stands for, and the same for people.
pub(crate) type Choice<T> = (&'static str, T, &'static str);

/// Reads the name of one of `choices`.
pub(crate) fn one_of<T>(choices: impl IntoIterator<Item = Choice<T>>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let choices: Vec<_> = choices.into_iter().collect();
    let names = choices.iter().map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(names.collect::<Vec<_>>()).try_map(move |name| {
        let found = choices.iter().find(|(known, ..)| *known == name);
        found.map(|(_, value, _)| *value).ok_or("a name that is not listed")
    })
}
