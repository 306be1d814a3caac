//! Endings: the names by which a file in a folder is known to be data, and of which files that is the data that is read.

use std::fmt;
use std::sync::Arc;

use crate::codec::Compression;

/// An ending of the names of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameEnding {
    text: &'static str,
    /// Whether something may follow it.
    is_whole: bool,
}

impl NameEnding {
    /// Of files that are never compressed as a whole.
    pub const fn whole(text: &'static str) -> Self {
        NameEnding { text, is_whole: true }
    }

    /// Of files that may be compressed, and numbered or dated when they are rotated: `.csv`, `.csv.gz`, `.log.1`, `.log-20240101.gz`.
    pub const fn packed(text: &'static str) -> Self {
        NameEnding { text, is_whole: false }
    }

    /// Whether a file of this name has it.
    pub(crate) fn is_of(self, name: &str) -> bool {
        if self.is_whole {
            return ends_with(name, self.text);
        }
        let content = Compression::without_ending(name);
        ends_with(content, self.text) || ends_with(without_rotation(content), self.text)
    }
}

/// What is read of the paths of a job: the endings of the files that count in a folder (a file that is named, or matched by a
/// glob, may have any), and whether a folder may be a Delta table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endings {
    endings: Vec<NameEnding>,
    tables: Tables,
    left_out: Option<Arc<LeftOut>>,
}

/// The tables of look-ups, which are not read even in an input folder, and the endings of those of their files that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) paths: Vec<String>,
    pub(super) endings: Endings,
}

/// What Delta tables are to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// They are not read.
    Skipped,
    /// One that is named, or matched by a glob, is read as its log says.
    Read,
    /// Nothing else is read.
    Only,
}

impl Endings {
    /// These, and no table.
    pub fn new(endings: impl IntoIterator<Item = NameEnding>) -> Self {
        Endings { endings: endings.into_iter().collect(), tables: Tables::Skipped, left_out: None }
    }

    /// The same, with the tables of look-ups left out; of those, files with their own `endings` count.
    pub fn without(self, lookups: Vec<String>, endings: Endings) -> Self {
        let left_out = LeftOut { paths: lookups, endings };
        Endings { left_out: (!left_out.paths.is_empty()).then(|| Arc::new(left_out)), ..self }
    }

    /// What to leave out.
    pub(super) fn left_out(&self) -> Option<&LeftOut> {
        self.left_out.as_deref()
    }

    /// These, and `tables`.
    pub fn and(self, tables: Tables) -> Self {
        Endings { tables, ..self }
    }

    /// Whether a file of this name counts.
    pub(super) fn have(&self, name: &str) -> bool {
        self.endings.iter().any(|ending| ending.is_of(name))
    }

    /// What Delta tables are.
    pub(super) fn tables(&self) -> Tables {
        self.tables
    }
}

impl fmt::Display for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, ending) in self.endings.iter().enumerate() {
            let between = match at {
                0 => "",
                at if at + 1 == self.endings.len() => " and ",
                _ => ", ",
            };
            write!(f, "{between}{}", ending.text)?;
        }
        f.write_str(" files count")?;
        if self.endings.iter().any(|ending| !ending.is_whole) {
            f.write_str(", also compressed or rotated")?;
        }
        Ok(())
    }
}

/// Whether a name has this ending, in any case.
pub(super) fn ends_with(name: &str, ending: &str) -> bool {
    let cut = name.len().checked_sub(ending.len());
    cut.is_some_and(|cut| name.as_bytes()[cut..].eq_ignore_ascii_case(ending.as_bytes()))
}

/// The name without the number or date that rotation adds: `.1`, `-20240101`, `.2024-01-01`.
fn without_rotation(name: &str) -> &str {
    let before = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    before.strip_suffix('.').unwrap_or(before)
}
