//! Choices: flags with a fixed list of values, each of which stands for a value of a library's type.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A value of a flag: its name, what it stands for, and the text that explains it in the help.
pub(crate) type Choice<T> = (&'static str, T, &'static str);

/// A parser that takes the name of one of `choices`, and gives what it stands for.
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
