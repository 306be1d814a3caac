//! Skipping: the rules by which something in a folder, or matched by a glob, is not an input. Each is printed.

use std::fmt;
use std::fs::FileType;

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
    /// Its ending says it is data in a form that is not read.
    NotBuilt,
    /// Its ending is none of [`ENDINGS`].
    Ending,
    /// It is a FIFO, a socket or a device: this word for it.
    Special(&'static str),
    /// It is a link to nothing, or to itself.
    BrokenLink,
    /// It is a link to a folder that it is in.
    LinkLoop,
    /// It is the same file or folder as this one, which is listed.
    SameAs(String),
}

/// Endings of the files that count in a folder; a file that is named, or matched by a glob, may have any.
pub const ENDINGS: [&str; 2] = [".csv", ".tsv"];

/// Endings of data that is not read yet. In a folder it is skipped, but never in silence.
const ENDINGS_NOT_BUILT: [&str; 10] =
    [".lz4", ".snappy", ".zip", ".tar", ".parquet", ".json", ".jsonl", ".ndjson", ".avro", ".orc"];

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

    /// The rule that a file of this name is skipped by in a folder.
    pub fn of_name_in_folder(name: &str) -> Option<Rule> {
        // What a compressed file is in a folder its name says before the ending of its compression.
        let content = Compression::without_ending(name);
        if let Some(rule) = Rule::of_name(name) {
            Some(rule)
        } else if ends_with_any(content, &ENDINGS) {
            None
        } else if ends_with_any(content, &ENDINGS_NOT_BUILT) || content.len() < name.len() {
            Some(Rule::NotBuilt)
        } else {
            Some(Rule::Ending)
        }
    }

    /// The rule that something that is neither file nor folder is skipped by.
    pub(crate) fn of_type(kind: FileType) -> Rule {
        Rule::Special(word_for(kind))
    }

    /// Whether rows may be missed by it, so that a user should see it unasked.
    pub fn may_hide_rows(&self) -> bool {
        matches!(self, Rule::NotBuilt | Rule::BrokenLink | Rule::Special(_))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Hidden => f.write_str("hidden: its name begins with `.`"),
            Rule::Underscore => f.write_str("a marker or unfinished: its name begins with `_`"),
            Rule::Temporary => f.write_str("temporary: *.tmp, *.part, *.crc, *._COPYING_, *~, ~$* or *#1"),
            Rule::NotBuilt => f.write_str("not read in a folder: its ending names another form of data"),
            Rule::Ending => {
                write!(f, "in a folder only {} files count, compressed or not", ENDINGS.join(" and "))
            }
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
    let name = name.to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(unix)]
pub(crate) fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
pub(crate) fn is_pipe(_: FileType) -> bool {
    false
}

#[cfg(unix)]
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

#[cfg(not(unix))]
pub(crate) fn word_for(_: FileType) -> &'static str {
    "not a file"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_decides_by_printed_rules() {
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
            ("a.csv#", Some(Rule::Ending)),
            ("a.csv.gz", None),
            ("a.tsv.ZST", None),
            ("a.gz", Some(Rule::NotBuilt)),
            ("a.json.xz", Some(Rule::NotBuilt)),
            ("a.parquet", Some(Rule::NotBuilt)),
            ("README.md", Some(Rule::Ending)),
            ("csv", Some(Rule::Ending)),
        ];
        for (name, rule) in rules {
            assert_eq!(Rule::of_name_in_folder(name), rule, "{name}");
        }
    }
}
