//! What was seen: a row of the ledger, and the stamp and proof by which a file is known again.

use std::ops::Range;
use std::sync::Arc;

use crate::tally::Tally;

/// A row of the ledger: one input file, what was in it, and which contribution counts for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What makes it this file; unique in a ledger.
    pub identity: String,
    /// Its size in bytes when it was read.
    pub size_bytes: u64,
    /// Its stamp when it was read.
    pub stamp: Stamp,
    /// The hash of its content (decompressed; of a growing file the counted part); none where it was not read to its end,
    /// or by an engine that does not see the bytes.
    pub fingerprint: Option<u128>,
    /// What a tail is read by; growing files only.
    pub proof: Option<Proof>,
    /// What it is known by when it was renamed and has grown.
    pub ends: Ends,
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
    pub reason: Option<String>,
    /// The file that counts in its place: of a duplicate its twin, of a moved file the new identity.
    pub other: Option<String>,
    /// The fingerprint of the rules it was read under; [`IN_DOUBT`] where its content may be that of a file that is gone.
    pub refusal: Arc<str>,
    /// It was changed so shortly before it was opened that its stamp might hide another change.
    pub racy: bool,
}

/// What stands for rules where a file is refused because it cannot be told from one that is gone.
pub const IN_DOUBT: &str = "in doubt";

impl Seen {
    /// Whether it is refused for the content of another file alone.
    pub fn is_duplicate(&self) -> bool {
        self.state == FileState::Refused && self.other.is_some()
    }

    /// Whether it is refused because nobody can tell whether its content counts already.
    pub fn is_in_doubt(&self) -> bool {
        self.state == FileState::Refused && *self.refusal == *IN_DOUBT
    }

    /// Whether there are rows in it: lines that are no rows make no file a duplicate.
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

/// What changes when a file does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stamp {
    /// The time of change, in microseconds since 1970 UTC.
    Mtime {
        /// The time; cut down to what its store keeps.
        us: i64,
    },
    /// The tag that an object store gives each version.
    Etag(String),
}

impl Default for Stamp {
    /// 1970.
    fn default() -> Self {
        Stamp::Mtime { us: 0 }
    }
}

const SECOND_US: i64 = 1_000_000;
const RACY_US: i64 = 50_000;
const RACY_WHOLE_SECONDS_US: i64 = 2 * SECOND_US;

impl Stamp {
    /// The time after a change in which another one may get the same stamp, in microseconds: 50 ms, or 2 s where the
    /// store keeps whole seconds, which a time of whole seconds is the sign of. Tags are never the same.
    pub fn racy_us(&self) -> i64 {
        match self {
            Stamp::Mtime { us } if us % SECOND_US == 0 => RACY_WHOLE_SECONDS_US,
            Stamp::Mtime { .. } => RACY_US,
            Stamp::Etag(_) => 0,
        }
    }

    /// Whether a file with this stamp, opened at `opened_us`, may change and keep it. A time far ahead of the clock is
    /// that of another clock, which may be read once `again`, and then stands still.
    pub(super) fn is_racy(&self, opened_us: i64, again: bool) -> bool {
        let Stamp::Mtime { us } = self else { return false };
        let age_us = opened_us.saturating_sub(*us);
        age_us < self.racy_us() && (age_us > -self.racy_us() || !again)
    }
}

/// How much of the beginning and of the end of the counted part proves that a file has only grown.
pub const PROOF_BYTES: u64 = 64 << 10;

/// Hashes of the first and the last [`PROOF_BYTES`] of the counted part of a growing file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    /// Of the first bytes.
    pub head: u128,
    /// Of the last bytes.
    pub last: u128,
    /// Of all whole blocks of the counted part, folded: what the fingerprint of a longer file goes on from.
    pub fold: u128,
    /// Line ends in the counted part, by which later lines are numbered.
    pub line_ends: u64,
}

/// Hashes of the first and the last [`PROOF_BYTES`] of the counted part of any file, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Of the first bytes.
    pub head: Option<u128>,
    /// Of the last bytes: where there is no fingerprint.
    pub last: Option<u128>,
}

impl Proof {
    /// Which bytes are hashed for a counted part of `counted_bytes`: the first and the last, which may overlap.
    pub fn ranges(counted_bytes: u64) -> [Range<u64>; 2] {
        let length = counted_bytes.min(PROOF_BYTES);
        [0..length, counted_bytes - length..counted_bytes]
    }
}
