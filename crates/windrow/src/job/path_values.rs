//! What the path of a file, or the log of its table, says of the columns that a job names, the same for all its rows.

use std::sync::Arc;

use super::Source;
use crate::fingerprint::hash;
use crate::source::InputFile;

/// What the path of a file says of the columns that a job names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PathValues {
    /// Of which keys, by their place in the job, it says what.
    pub(crate) keys: Vec<(usize, String)>,
    /// The time.
    pub(crate) time: Option<String>,
    /// Whether that is all of it: a part may be a column of the file.
    pub(crate) has_whole_time: bool,
    /// Which keys, by their place in the job, its table has: where the file has not, they are null.
    pub(crate) nullable: Vec<usize>,
    /// What it says of columns that expressions name, by their names.
    pub(crate) records: Vec<(String, String)>,
    /// Its name in the log of its table: files of equal bytes there are different rows.
    pub(crate) part: Option<Arc<str>>,
}

impl PathValues {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.time.is_none() && self.records.is_empty() && self.part.is_none()
    }

    /// Whether files of both are counted by the same rules: only their keys have other values.
    pub(crate) fn is_counted_like(&self, other: &PathValues) -> bool {
        let places = |values: &PathValues| values.keys.iter().map(|(at, _)| *at).collect::<Vec<_>>();
        let time = |values: &PathValues| (values.has_whole_time, values.time.clone());
        time(self) == time(other)
            && places(self) == places(other)
            && self.nullable == other.nullable
            && self.records == other.records
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
        for (column, value) in &self.records {
            add(usize::MAX - 2, column);
            add(usize::MAX - 2, value);
        }
        self.part.iter().for_each(|name| add(usize::MAX - 1, name));
        hash(&text)
    }
}

impl Source {
    /// What is said of the file beside what is in it.
    pub(crate) fn path_values(&self, file: &InputFile) -> PathValues {
        let (columns, table) = (file.columns(), file.table.as_deref());
        let of_time: Vec<&str> = self.time.columns().filter_map(|name| columns.get(name)).collect();
        let keys = || self.keys.iter().enumerate();
        let is_nullable =
            |key: &String| columns.get(key).is_none() && table.is_some_and(|table| table.declared.has(key));
        let records =
            self.records.rules.iter().flat_map(|rules| rules.file.iter().map(|column| &column.name));
        let declared = |name: &String| table.is_some_and(|table| table.declared.has(name));
        let of_records = |name: &String| match columns.get(name) {
            Some(value) => Some((name.clone(), value.to_owned())),
            // Where the file has not what its table has, it is null.
            None => declared(name).then(|| (name.clone(), String::new())),
        };
        PathValues {
            records: records.filter_map(of_records).collect(),
            keys: keys().filter_map(|(at, key)| Some((at, columns.get(key)?.to_owned()))).collect(),
            has_whole_time: of_time.len() == self.time.columns().count(),
            // As of two columns, there is a space between them.
            time: (!of_time.is_empty()).then(|| of_time.join(" ")),
            nullable: keys().filter(|(_, key)| is_nullable(key)).map(|(at, _)| at).collect(),
            part: table.map(|table| table.name.clone()),
        }
    }
}
