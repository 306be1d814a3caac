//! Skipping: the rules by which something in a folder, or matched by a glob, is not an input. Each is printed.

use std::fmt;
use std::fs::FileType;

use super::ending::{Endings, ends_with};
use crate::codec::Compression;

/// Why something that was found is not an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// Its name begins with `.`.
    Hidden,
    /// Its name begins with `_`: other tools' markers and unfinished work (`_SUCCESS`, `_temporary`).
    Underscore,
    /// Its name is that of a file still being written, of a checksum or of a lock.
    Temporary,
    /// Its ending says it is data in another form than that of the job.
    OtherData,
    /// Its ending is none of those that count, which this text names.
    Ending(String),
    /// It is a folder with a Delta table in it, whose files count by its log and not by their names.
    DeltaTable,
    /// It is the table of a look-up, or a part of it.
    Lookup,
    /// It is not a Delta table, and nothing else is read.
    NoTable,
    /// Its key in a store cannot be a path.
    OddKey,
    /// It is a FIFO, a socket or a device: this word for it.
    Special(&'static str),
    /// It is a link to nothing, or to itself.
    BrokenLink,
    /// It is a link to a folder that it is in.
    LinkLoop,
    /// It is the same file or folder as this one, which is listed.
    SameAs(String),
}

/// Endings of data. Where it is not read it is skipped, but never in silence.
const ENDINGS_OF_DATA: [&str; 26] = [
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".avro", ".orc", ".xlsx", ".xls", ".xlsb",
    ".ods", ".feather", ".arrow", ".sqlite", ".sqlite3", ".db", ".duckdb", ".h5", ".lz4", ".snappy", ".zip",
    ".7z", ".rar", ".tar", ".tgz",
];

/// The folder that makes the one it is in a Delta table.
pub(super) const DELTA_LOG: &str = "_delta_log";

const ENDINGS_TEMPORARY: [&str; 5] = [".tmp", ".part", ".crc", "._copying_", "~"];

impl Rule {
    /// The rule that a file or folder of this name is skipped by, wherever it is found.
    pub fn of_name(name: &str) -> Option<Rule> {
        if name.starts_with('.') {
            Some(Rule::Hidden)
        } else if name.starts_with('_') {
            Some(Rule::Underscore)
        } else if name.starts_with("~$") || ends_with_any(name, &ENDINGS_TEMPORARY) || is_staged(name) {
            Some(Rule::Temporary)
        } else {
            None
        }
    }

    /// The rule that a file of this name is skipped by in a folder of which files with these endings count.
    pub fn of_name_in_folder(name: &str, endings: &Endings) -> Option<Rule> {
        // What a compressed file is in a folder its name says before the ending of its compression.
        let content = Compression::without_ending(name);
        if let Some(rule) = Rule::of_name(name) {
            Some(rule)
        } else if endings.have(name) {
            None
        } else if ends_with_any(content, &ENDINGS_OF_DATA) || content.len() < name.len() {
            Some(Rule::OtherData)
        } else {
            Some(Rule::Ending(endings.to_string()))
        }
    }

    /// The rule that something that is neither file nor folder is skipped by.
    pub(crate) fn of_type(kind: FileType) -> Rule {
        Rule::Special(word_for(kind))
    }

    /// Whether rows may be missed by it, so that a user should see it unasked.
    pub fn may_hide_rows(&self) -> bool {
        matches!(
            self,
            Rule::OtherData | Rule::DeltaTable | Rule::OddKey | Rule::BrokenLink | Rule::Special(_)
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Hidden => f.write_str("hidden: its name begins with `.`"),
            Rule::Underscore => f.write_str("a marker or unfinished: its name begins with `_`"),
            Rule::Temporary => f.write_str("temporary: *.tmp, *.part, *.crc, *._COPYING_, *~, ~$* or *#1"),
            Rule::OtherData => f.write_str("not read in a folder: its ending names another form of data"),
            Rule::Ending(endings) => write!(f, "in a folder only {endings}"),
            Rule::DeltaTable => f.write_str("a Delta table, read only where its folder is named"),
            Rule::Lookup => f.write_str("the table of a look-up, not an input"),
            Rule::NoTable => f.write_str("not a Delta table"),
            Rule::OddKey => f.write_str(
                "never read: an empty name, `.`, `..` or a control character is between its slashes",
            ),
            Rule::Special(word) => write!(f, "{word}: never opened"),
            Rule::BrokenLink => f.write_str("a link to nothing"),
            Rule::LinkLoop => f.write_str("a link to a folder that it is in"),
            Rule::SameAs(other) => write!(f, "the same as {other}, counted once"),
        }
    }
}

/// Something that was found and is not an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Skipped {
    /// Its name, as users see it.
    pub name: String,
    /// Why it is skipped.
    pub rule: Rule,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.rule)
    }
}

/// Whether it is a file that another program writes beside its place: `a.csv#12`.
fn is_staged(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn ends_with_any(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| ends_with(name, ending))
}

pub(crate) fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

pub(crate) fn word_for(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a pipe (FIFO)"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device"
    } else {
        "not a file"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::NameEnding;

    #[test]
    fn a_name_decides_by_printed_rules() {
        let csv = Endings::new([NameEnding::packed(".csv"), NameEnding::packed(".tsv")]);
        let other = || Some(Rule::Ending(".csv and .tsv files count, also compressed or rotated".to_owned()));
        let rules = [
            ("a.csv", None),
            ("A.CSV", None),
            ("a.tsv", None),
            (".a.csv", Some(Rule::Hidden)),
            ("_SUCCESS", Some(Rule::Underscore)),
            ("_part.csv", Some(Rule::Underscore)),
            ("a.csv.tmp", Some(Rule::Temporary)),
            ("a.csv.part", Some(Rule::Temporary)),
            ("a.csv.crc", Some(Rule::Temporary)),
            ("a.csv._COPYING_", Some(Rule::Temporary)),
            ("a.csv~", Some(Rule::Temporary)),
            ("~$a.csv", Some(Rule::Temporary)),
            ("a.csv#12", Some(Rule::Temporary)),
            ("a#12.csv", None),
            ("a.csv#", other()),
            ("a.csv.gz", None),
            ("a.tsv.ZST", None),
            ("a.gz", Some(Rule::OtherData)),
            ("a.json.xz", Some(Rule::OtherData)),
            ("a.parquet", Some(Rule::OtherData)),
            ("README.md", other()),
            ("a.csv.1", None),
            ("a.csv.12.gz", None),
            ("a.csv-20240101", None),
            ("a.csv.old", other()),
            ("csv", other()),
        ];
        for (name, rule) in rules {
            assert_eq!(Rule::of_name_in_folder(name, &csv), rule, "{name}");
        }
    }

    #[test]
    fn a_format_says_what_may_be_packed_and_rotated() {
        let endings = Endings::new([NameEnding::whole(".parquet"), NameEnding::packed(".log")]);
        for (name, counts) in [
            ("a.parquet", true),
            ("a.Parquet", true),
            ("a.parquet.gz", false),
            ("a.log", true),
            ("a.log.gz", true),
            ("a.log.1", true),
            ("a.log.12.gz", true),
            ("a.log-20240101.xz", true),
            ("a.log.2024-01-01", true),
            ("a.log.old", false),
            ("a1.csv", false),
            ("log", false),
            ("é", false),
        ] {
            assert_eq!(Rule::of_name_in_folder(name, &endings).is_none(), counts, "{name}");
        }
    }
}
