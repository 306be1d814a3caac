//! Names of contributions and readings. What counts for a file may be several: that of its first reading, and one for each
//! time that it was appended to. They stand in its row as one name, with `+` between the parts.

use hashbrown::HashMap;

use crate::increment::ContributionId;

/// The contributions that count, and how many files each counts for: a file that holds what another one held before it was
/// appended to shares a part with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(HashMap<String, u64>);

/// What stands between the parts of a name.
const BETWEEN: char = '+';

/// The names of which `name` is made.
pub fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(BETWEEN)
}

/// The name of `before` and `added` together.
pub(crate) fn with(before: &str, added: &str) -> String {
    format!("{before}{BETWEEN}{added}")
}

/// What stands after the run in the name of a contribution that was made of several.
const FOLDED: &str = "-f";

/// The name of the contribution number `at` that `run` makes of several.
pub(crate) fn folded(run: &str, at: usize) -> String {
    format!("{run}{FOLDED}{at:05}")
}

/// Whether the contribution was made of several.
pub(super) fn is_folded(part: &str) -> bool {
    part.contains(FOLDED)
}

impl Named {
    /// How many files the contribution counts for.
    pub fn times(&self, contribution: &str) -> u64 {
        self.0.get(contribution).copied().unwrap_or_default()
    }

    /// The first and the last name, in order.
    pub(crate) fn bounds(&self) -> Option<(&str, &str)> {
        let names = || self.0.keys().map(String::as_str);
        names().min().zip(names().max())
    }
}

impl<'n> FromIterator<&'n str> for Named {
    /// Those of rows of the ledger.
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        let mut named = Named::default();
        for part in names.into_iter().flat_map(parts) {
            match named.0.get_mut(part) {
                Some(times) => *times += 1,
                None => drop(named.0.insert(part.to_owned(), 1)),
            }
        }
        named
    }
}

impl<'n> FromIterator<&'n ContributionId> for Named {
    fn from_iter<I: IntoIterator<Item = &'n ContributionId>>(ids: I) -> Self {
        ids.into_iter().map(|id| id.0.as_str()).collect()
    }
}
