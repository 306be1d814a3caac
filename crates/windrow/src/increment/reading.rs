//! Readings: what reading a file has come to.

use std::sync::Arc;

use super::ContributionId;
use crate::fingerprint::{EndHashes, Proof};
use crate::storage::Opened;
use crate::tally::Tally;

/// What reading a file has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It was read to its end. A box, as there may be very many readings in which nothing counts.
    Counted(Box<CountedContent>),
    /// It is refused, and is not read again as long as it and the rules stay the same.
    Refused {
        /// What it was when it was opened.
        opened: Opened,
        /// The hash of its content, if it was read to its end.
        fingerprint: Option<u128>,
        /// What its rows were, as far as they are known.
        tally: Box<Tally>,
        /// Why.
        reason: String,
    },
    /// Nothing is known of it: it vanished, changed while it was read, or its storage failed. The next run tries again.
    Unread {
        /// Why.
        reason: String,
        /// Whether its storage is to blame, so that a retry may help.
        may_pass: bool,
    },
    /// It was not read, and is as it was when it was; its content was only hashed. See [`unhashed`](super::unhashed()).
    Hashed {
        /// The hash of its content.
        fingerprint: u128,
        /// The hash of its lines.
        lines: u128,
    },
}

/// What is in a file, from its first byte to its last counted one, also where only a tail was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedContent {
    /// What it was when it was opened.
    pub opened: Opened,
    /// The hash of the counted bytes, decompressed: the same however much of them was read in this run. None where the
    /// engine does not see the bytes.
    pub fingerprint: Option<u128>,
    /// The hash of the lines of these bytes, where the engine gives that.
    pub lines: Option<u128>,
    /// What the next tail may be read by; growing files only.
    pub proof: Option<Proof>,
    /// What it is known by when it is renamed and grows.
    pub ends: EndHashes,
    /// The rows whose counted bytes it begins with, by identity, as far as [`prefixes`](super::prefixes()) asked for them.
    pub begins_with: Vec<Arc<str>>,
    /// What held of the part counted before, where only the tail was read.
    pub proven: Option<Proof>,
    /// The bytes that were counted.
    pub counted_bytes: u64,
    /// Where the rows of these bytes went.
    pub tally: Tally,
    /// The times of the first and the last event, in microseconds UTC.
    pub span_us: Option<(i64, i64)>,
    /// Under which name its counts were written; for a tail added to those of the part before.
    pub contribution: ContributionId,
}
