//! What the path of a file says of the columns that a job names, the same for all its rows.

use super::Source;
use crate::fingerprint::hash;
use crate::source::PathColumns;

/// What the path of a file says of the columns that a job names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PathValues {
    /// Of which keys, by their place in the job, it says what.
    pub(crate) keys: Vec<(usize, String)>,
    /// The time.
    pub(crate) time: Option<String>,
}

impl PathValues {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.time.is_none()
    }

    /// Whether files of both are counted by the same rules: only their keys have other values.
    pub(crate) fn is_counted_like(&self, other: &PathValues) -> bool {
        let places = |values: &PathValues| values.keys.iter().map(|(at, _)| *at).collect::<Vec<_>>();
        self.time == other.time && places(self) == places(other)
    }

    /// The hash of some content of the file together with what its path says: rows that are equal in files of other paths
    /// are other events.
    pub(crate) fn with(&self, content: u128) -> u128 {
        if self.is_empty() {
            return content;
        }
        let mut text = content.to_le_bytes().to_vec();
        let mut add = |at: usize, value: &str| {
            text.extend((at as u64).to_le_bytes());
            text.extend((value.len() as u64).to_le_bytes());
            text.extend(value.as_bytes());
        };
        self.keys.iter().for_each(|(at, value)| add(*at, value));
        self.time.iter().for_each(|value| add(usize::MAX, value));
        hash(&text)
    }
}

impl Source {
    /// What the path of the file with this identity says.
    pub(crate) fn path_values(&self, identity: &str) -> PathValues {
        let columns = PathColumns::of(identity);
        let keys = self.keys.iter().enumerate();
        PathValues {
            keys: keys.filter_map(|(at, key)| Some((at, columns.get(key)?.to_owned()))).collect(),
            time: self.time.columns().find_map(|name| columns.get(name)).map(str::to_owned),
        }
    }
}
