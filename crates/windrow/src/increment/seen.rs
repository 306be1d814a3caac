//! What was seen: a row of the ledger.

use std::sync::Arc;

use crate::fingerprint::{EndHashes, Proof};
use crate::storage::FileVersion;
use crate::tally::Tally;

/// A row of the ledger: one input file, what was in it, and which contribution counts for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What makes it this file; unique in a ledger.
    pub identity: Arc<str>,
    /// What it was when it was read.
    pub version: FileVersion,
    /// The hash of its content (decompressed; of a growing file the counted part); none where it was not read to its end,
    /// or by an engine that does not see the bytes.
    pub fingerprint: Option<u128>,
    /// The hash of its lines, by an engine that does not see the bytes, or where it was compared with what such a one has read.
    pub lines: Option<u128>,
    /// What a tail is read by; growing files only.
    pub proof: Option<Proof>,
    /// What it is known by when it was renamed and has grown.
    pub ends: EndHashes,
    /// The bytes that its contribution stands for. Of a growing file it ends at a line end.
    pub counted_bytes: u64,
    /// Where its rows went.
    pub tally: Tally,
    /// The times of its first and last event, in microseconds UTC.
    pub span_us: Option<(i64, i64)>,
    /// What counts for it. Nothing else of it does.
    pub contribution: Option<ContributionId>,
    /// What it is to the ledger.
    pub state: FileState,
    /// Why it is refused, in words.
    pub reason: Option<Arc<str>>,
    /// The file that counts in its place: of a duplicate its twin, of a moved file the new identity.
    pub other: Option<Arc<str>>,
    /// The fingerprint of the rules it was read under; [`IN_DOUBT`] where its content may be that of a file that is gone.
    pub refusal: Arc<str>,
    /// It was changed so shortly before it was opened that its time of change might hide another change.
    pub racy: bool,
    /// The number of the first look-up whose table has changed since it was counted: what counts for it serves no longer.
    pub other_table: Option<usize>,
}

/// What stands for rules where a file is refused because it cannot be told from one that is gone.
pub const IN_DOUBT: &str = "in doubt";

impl Seen {
    /// Whether it is refused for the content of another file alone.
    pub fn is_duplicate(&self) -> bool {
        self.state == FileState::Refused && self.other.is_some()
    }

    /// Whether it is refused because it is unknown whether its content counts already.
    pub fn is_in_doubt(&self) -> bool {
        self.state == FileState::Refused && *self.refusal == *IN_DOUBT
    }

    /// Whether it has rows: a file without rows is never a duplicate.
    pub fn has_rows(&self) -> bool {
        self.tally.read > self.tally.ignored()
    }
}

/// The name of what one input file adds. No name is used twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContributionId(pub String);

/// What a file is to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is there and counts.
    Counted,
    /// It is there and no part of it counts.
    Refused,
    /// It is not there; it counts if it still has a contribution.
    Gone,
    /// It is not there, and its content counts under another identity.
    Moved,
}
