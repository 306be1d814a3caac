//! Names: of columns, as the user gives them, and of values, as columns write them.

use std::collections::HashMap;

use crate::error::{Error, Help, Result, Setting};
use crate::text::escape::quoted;

/// Names of columns, given by the user: `window.start=window_start,Open=open_count`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleMap(Vec<(String, String)>);

impl RoleMap {
    /// Parses what the user wrote; several texts give one map.
    ///
    /// # Errors
    /// Usage: a part is not `NAME=COLUMN`.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self> {
        let parts =
            texts.iter().flat_map(|text| text.as_ref().split(',')).filter(|part| !part.trim().is_empty());
        let pair = |part: &str| match part.split_once('=') {
            Some((name, column)) if !name.trim().is_empty() && !column.trim().is_empty() => {
                Ok((name.trim().to_owned(), column.trim().to_owned()))
            }
            _ => Err(Error::invalid(format!("{part} names no column", part = quoted(part)))
                .with_help(Help::from("write ").set(Setting::Map, "window.start=COLUMN,Open=COLUMN"))),
        };
        Ok(RoleMap(parts.map(pair).collect::<Result<_>>()?))
    }

    /// The columns that are named.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, column)| column.as_str())
    }

    /// Names and their columns.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }

    /// The column of the first name that is one of these.
    pub(super) fn column(&self, is_name: impl Fn(&str) -> bool) -> Option<&str> {
        self.0.iter().find(|(name, _)| is_name(name)).map(|(_, column)| column.as_str())
    }
}

#[cfg(test)]
thread_local! {
    /// How many stems were made: each costs, and there must not be one per pair of values.
    pub(super) static STEMS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// The stem of the name of a column or value: lower case, without `count` before or after it.
pub fn stem(name: &str) -> String {
    #[cfg(test)]
    STEMS.with(|made| made.set(made.get() + 1));
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || !c.is_ascii() { c } else { '_' })
        .collect();
    let plain = plain.trim_matches('_');
    let before =
        ["count_", "n_", "num_", "cnt_", "number_of_"].iter().find_map(|part| plain.strip_prefix(part));
    let plain = before.unwrap_or(plain);
    let after =
        ["_count", "_counts", "_cnt", "_n", "_events"].iter().find_map(|part| plain.strip_suffix(part));
    after.unwrap_or(plain).to_owned()
}

/// Values by their stems.
pub(super) fn by_stem(values: &[String]) -> HashMap<String, Vec<&String>> {
    let mut groups: HashMap<String, Vec<&String>> = HashMap::new();
    values.iter().for_each(|value| groups.entry(stem(value)).or_default().push(value));
    groups
}
