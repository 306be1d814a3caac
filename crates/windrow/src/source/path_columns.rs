//! Columns of paths: a folder called `key=value` (Hive layout) says the same of every row of the files below it.
//!
//! They are read off the identity of a file, which is what a ledger knows it by: the folders below the root, or of an absolute
//! path all of them. So where the root is mounted, and how a path was written, changes no row.

use crate::text::percent::decoded;

/// What Hive, Spark and others call a folder of rows whose value is null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns that the folders of a file name, the outermost first. Each name is there once: the inner folder counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathColumns(Vec<(String, String)>);

impl PathColumns {
    /// Those of the file with this identity.
    pub fn of(identity: &str) -> Self {
        let mut columns: Vec<(String, String)> = Vec::new();
        let Some((folders, _)) = identity.rsplit_once('/').filter(|(folders, _)| folders.contains('='))
        else {
            return PathColumns::default();
        };
        for folder in folders.split('/') {
            let Some((name, value)) = column(folder) else { continue };
            columns.retain(|(other, _)| *other != name);
            columns.push((name, value));
        }
        PathColumns(columns)
    }

    /// These, and the columns of a table's partitions, which count where both have one.
    pub(super) fn and(mut self, partition: Vec<(String, Option<String>)>) -> Self {
        self.0.retain(|(name, _)| !partition.iter().any(|(other, _)| other == name));
        self.0.extend(partition.into_iter().map(|(name, value)| (name, value.unwrap_or_default())));
        self
    }

    /// The value of a column; empty where it is null.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The column that a folder names. A folder whose name or value is not text is none.
fn column(folder: &str) -> Option<(String, String)> {
    // An identity has the bytes of the folder's name behind its own percent signs.
    let folder = String::from_utf8(decoded(folder)?).ok()?;
    let (name, value) = folder.split_once('=').filter(|(name, _)| !name.is_empty())?;
    let (name, value) = (plain(name)?, plain(value)?);
    let value = if value == NULL { String::new() } else { value };
    // Counts hold no NUL, as no file of text does.
    (!value.contains('\0')).then_some((name, value))
}

/// A name or value without percent-coding. A percent sign that begins no two digits stands for itself.
fn plain(text: &str) -> Option<String> {
    decoded(text).map_or_else(|| Some(text.to_owned()), |bytes| String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_columns() {
        for (identity, expected) in [
            ("in/a.csv", &[][..]),
            ("a=b.csv", &[]),
            ("in/action=Open/a=b.csv", &[("action", "Open")]),
            ("date=2024-01-01/hour=05/a.csv", &[("date", "2024-01-01"), ("hour", "05")]),
            ("file:///data/env=prod/in/a.csv", &[("env", "prod")]),
            // The folder is called `Open%2FClose`, and its identity is its own text.
            ("action=Open%252FClose/a.csv", &[("action", "Open/Close")]),
            ("action=100%25/a.csv", &[("action", "100%")]),
            ("user%2520id=Zo%25C3%25AB/a.csv", &[("user id", "Zoë")]),
            ("user=Zoë x/a.csv", &[("user", "Zoë x")]),
            ("a=__HIVE_DEFAULT_PARTITION__/b=/a.csv", &[("a", ""), ("b", "")]),
            ("a=x=y/a.csv", &[("a", "x=y")]),
            ("=x/a.csv", &[]),
            ("a=1/b=2/a=3/x.csv", &[("b", "2"), ("a", "3")]),
            // Bytes that are not UTF-8, and a NUL.
            ("a=%FF/b=%25FF/c=%2500/x.csv", &[]),
        ] {
            assert_eq!(PathColumns::of(identity).iter().collect::<Vec<_>>(), expected, "{identity}");
        }
    }
}
