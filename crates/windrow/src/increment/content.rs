//! Contents: whether what is in two files is the same, by what is known of each. An engine that sees the bytes of a file gives
//! their hash, one on other machines that of its lines; only what both have says something.

use std::collections::BTreeMap;

use super::Seen;

/// What stands for a content: files whose contents are known to be equal have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ContentKey {
    /// The hash of its bytes.
    Bytes(u128),
    /// The hash of its lines, where no file says what bytes these are.
    Lines(u128),
}

/// The hashes of bytes, by the hashes of the lines that they have, of files of which both are known.
pub(super) struct Contents(BTreeMap<u128, u128>);

impl Contents {
    pub(super) fn of<'s>(rows: impl IntoIterator<Item = &'s Seen>) -> Self {
        Contents(rows.into_iter().filter_map(|row| row.lines.zip(row.fingerprint)).collect())
    }

    /// What stands for the content of `row`; none where nothing is known of it.
    pub(super) fn key(&self, row: &Seen) -> Option<ContentKey> {
        let of_lines = || {
            let lines = row.lines?;
            Some(self.0.get(&lines).map_or(ContentKey::Lines(lines), |bytes| ContentKey::Bytes(*bytes)))
        };
        row.fingerprint.map(ContentKey::Bytes).or_else(of_lines)
    }
}

impl Seen {
    /// Whether anything is known of its content.
    pub(super) fn is_hashed(&self) -> bool {
        self.fingerprint.is_some() || self.lines.is_some()
    }

    /// Whether its content is that of `other`; none where that is not known.
    pub(super) fn is_equal_to(&self, other: &Seen) -> Option<bool> {
        let same = |(one, other): (u128, u128)| one == other;
        self.fingerprint.zip(other.fingerprint).map(same).or_else(|| self.lines.zip(other.lines).map(same))
    }
}
