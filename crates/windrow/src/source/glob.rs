//! Globs: the files and folders whose paths match a pattern, whatever bytes are in their names.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::error::{Code, Error, Result};
use crate::text::escape;

/// A pattern: `*` matches any text, `**` any folders, `?` one character, `[ab]` one of these.
pub(super) struct Glob {
    start: PathBuf,
    parts: Vec<GlobPart>,
}

enum GlobPart {
    /// A name without wildcards.
    Name(PathBuf),
    /// A name with wildcards.
    Wild(Pattern),
    /// `**`
    Folders,
}

/// A wildcard does not match the dot that hides a name. Bytes that are not UTF-8 match as one character.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Called with each path that matches.
type Matched<'a> = &'a mut dyn FnMut(PathBuf);
/// Called with each folder that cannot be read, and the error.
type Unreadable<'a> = &'a mut dyn FnMut(PathBuf, io::Error);
/// Says whether a folder is entered. A folder that is not entered does not match either.
type Enters<'a> = &'a mut dyn FnMut(&Path) -> bool;

/// The functions that a search calls.
struct Finding<'a> {
    matched: Matched<'a>,
    unreadable: Unreadable<'a>,
    enters: Enters<'a>,
}

impl Finding<'_> {
    /// Whether `path` is looked at: files always are, and folders that are entered.
    fn enters(&mut self, path: &Path) -> bool {
        !path.is_dir() || (self.enters)(path)
    }
}

impl Glob {
    /// The pattern `written`, which starts from `root` unless it is absolute.
    ///
    /// # Errors
    /// Usage: it is not a pattern.
    pub(super) fn new(root: &Path, written: &Path) -> Result<Glob> {
        let mut parts = Vec::new();
        let mut start = root.to_owned();
        for component in written.components() {
            match component {
                Component::Normal(name) if name == "**" => {
                    // Two of them match what one does.
                    if !matches!(parts.last(), Some(GlobPart::Folders)) {
                        parts.push(GlobPart::Folders);
                    }
                }
                Component::Normal(name) if has_wildcard(&name.to_string_lossy()) => {
                    let pattern =
                        Pattern::new(&name.to_string_lossy()).map_err(|error| wrong(written, &error))?;
                    parts.push(GlobPart::Wild(pattern));
                }
                name if parts.is_empty() => start.push(name),
                name => parts.push(GlobPart::Name(Path::new(&name).to_owned())),
            }
        }
        Ok(Glob { start, parts })
    }

    /// Whether it goes into folders of any depth.
    pub(super) fn is_recursive(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, GlobPart::Folders))
    }

    /// The folder that it starts in: the names before the first wildcard.
    pub(super) fn start(&self) -> &Path {
        &self.start
    }

    /// What all matches begin with, relative to [`start`](Self::start): the characters before the first wildcard in a name.
    pub(super) fn beginning(&self) -> &str {
        match self.parts.first() {
            Some(GlobPart::Wild(pattern)) => {
                pattern.as_str().split(['*', '?', '[']).next().unwrap_or_default()
            }
            _ => "",
        }
    }

    /// Whether these names below [`start`](Self::start), folders and a last one, match.
    pub(super) fn matches(&self, names: &[&str]) -> bool {
        matches(&self.parts, names)
    }

    /// Whether the object or folder with this key matches.
    pub(super) fn matches_key(&self, key: &str) -> bool {
        self.names_below(key).is_some_and(|names| self.matches(&names))
    }

    /// Whether the object with this key matches, or a folder around it.
    pub(super) fn leads_to(&self, key: &str) -> bool {
        let names = self.names_below(key).unwrap_or_default();
        (1..=names.len()).any(|end| self.matches(&names[..end]))
    }

    /// The names in a key that follow those the pattern starts with.
    fn names_below<'k>(&self, key: &'k str) -> Option<Vec<&'k str>> {
        let start = self.start.to_string_lossy();
        let below = match &*start {
            "" => key,
            start => key.strip_prefix(start)?.strip_prefix('/')?,
        };
        Some(below.split('/').collect())
    }

    /// Finds the paths that match, each folder's names in order. Folders for which `enters` is false are left out, with all that is in them.
    pub(super) fn find(&self, matched: Matched, unreadable: Unreadable, enters: Enters) {
        walk(&self.start, &self.parts, &mut vec![], &mut Finding { matched, unreadable, enters });
    }
}

/// Whether `text` is a pattern and not a name.
pub(super) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn matches(parts: &[GlobPart], names: &[&str]) -> bool {
    match (parts.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((GlobPart::Folders, rest)), _) if !rest.is_empty() && matches(rest, names) => true,
        (Some((GlobPart::Folders, _)), Some((folder, names))) => {
            !folder.starts_with('.') && matches(parts, names)
        }
        (Some((GlobPart::Name(part), rest)), Some((name, names))) => {
            part.as_path() == Path::new(name) && matches(rest, names)
        }
        (Some((GlobPart::Wild(pattern), rest)), Some((name, names))) => {
            pattern.matches_with(name, OPTIONS) && matches(rest, names)
        }
        _ => false,
    }
}

/// `above` are the folders that `**` has gone through, links followed.
fn walk(folder: &Path, parts: &[GlobPart], above: &mut Vec<PathBuf>, finding: &mut Finding<'_>) {
    let Some((part, rest)) = parts.split_first() else { return (finding.matched)(folder.to_owned()) };
    match part {
        GlobPart::Name(name) => {
            let path = folder.join(name);
            if fs::symlink_metadata(&path).is_ok() && finding.enters(&path) {
                walk(&path, rest, above, finding);
            }
        }
        GlobPart::Wild(pattern) => {
            for path in inside(folder, finding.unreadable) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let is_wanted = pattern.matches_with(&name, OPTIONS) && (rest.is_empty() || path.is_dir());
                if is_wanted && finding.enters(&path) {
                    walk(&path, rest, above, finding);
                }
            }
        }
        GlobPart::Folders => {
            let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            if above.contains(&real) {
                return;
            }
            if rest.is_empty() {
                // A pattern that ends in `**` means folders.
                (finding.matched)(folder.to_owned());
            } else {
                walk(folder, rest, above, finding);
            }
            above.push(real);
            for path in inside(folder, finding.unreadable) {
                let is_hidden =
                    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
                if !is_hidden && path.is_dir() && finding.enters(&path) {
                    walk(&path, parts, above, finding);
                }
            }
            above.pop();
        }
    }
}

/// The paths in a folder, sorted; nothing where there is none.
fn inside(folder: &Path, unreadable: Unreadable) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(listed).and_then(|entries| {
        entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect::<io::Result<Vec<_>>>()
    });
    match entries {
        Ok(mut paths) => {
            paths.sort();
            paths
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            vec![]
        }
        Err(error) => {
            unreadable(folder.to_owned(), error);
            vec![]
        }
    }
}

fn wrong(written: &Path, error: &glob::PatternError) -> Error {
    let written = escape::path(written);
    Error::usage(format!("cannot read {written}: at character {} of a name: {}", error.pos + 1, error.msg))
        .with_code(Code::Address)
        .with_help("in a glob * matches any text, ** any folders, ? one character, [ab] one of these")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_matches_begins_with_the_characters_before_a_wildcard() {
        for (written, start, beginning) in [
            ("logs/date=2024-*/*.csv", "logs", "date=2024-"),
            ("logs/date=2024-0[12]?", "logs", "date=2024-0"),
            ("day?", "", "day"),
            ("logs/**/day*", "logs", ""),
            ("logs/*/day*", "logs", ""),
        ] {
            let glob = Glob::new(Path::new(""), Path::new(written)).unwrap();
            assert_eq!((glob.start(), glob.beginning()), (Path::new(start), beginning), "{written}");
        }
    }

    #[test]
    fn keys_are_matched_from_where_the_pattern_starts() {
        let glob = Glob::new(Path::new(""), Path::new("logs/d*/a.csv")).unwrap();
        for (key, matches, leads) in [
            ("logs/day/a.csv", true, true),
            ("logs/day/a.csv//b", false, true),
            ("logs/day/b.csv", false, false),
            ("logs2/day/a.csv", false, false),
        ] {
            assert_eq!((glob.matches_key(key), glob.leads_to(key)), (matches, leads), "{key}");
        }
    }
}
