//! Joining: what threads have counted of a file, as its contribution.

use crate::counts::Partial;
use crate::engine::file::OpenFile;
use crate::engine::{Contribution, union};
use crate::error::{Error, Result};
use crate::fingerprint::{BLOCK_BYTES, Ends, Fold};

/// What is known of a file when all of it is counted.
pub(super) struct Whole {
    /// The hashes of its blocks.
    pub(super) fold: Fold,
    /// Its line ends.
    pub(super) line_ends: u64,
    /// Its bytes.
    pub(super) size: u64,
}

/// What the threads have counted of one file, as one contribution.
pub(super) fn join(file: &OpenFile, parts: Vec<Partial>, whole: &Whole) -> Result<Contribution> {
    let mut parts = parts.into_iter();
    let Partial { mut counts, mut tally, mut span_us } =
        parts.next().ok_or_else(|| Error::bug("a file was counted by no thread"))?;
    tally.add(&file.header.tally);
    for part in parts {
        counts.merge(part.counts);
        tally.add(&part.tally);
        span_us = union(span_us, part.span_us);
    }
    let fold = whole.fold;
    let fingerprint = match file.wants_fingerprint {
        true if fold.blocks() != whole.size.div_ceil(BLOCK_BYTES) => {
            return Err(Error::bug(format!("{} hashes of {} bytes", fold.blocks(), whole.size)));
        }
        true => Some(fold.finish(whole.size)),
        false => None,
    };
    let (opened, proven) = (file.opened.clone(), file.counted.map(|part| part.proof));
    let head = fold.first().or(proven.map(|proof| proof.head)).filter(|_| file.wants_fingerprint);
    let ends = Ends { head, last: None };
    Ok(Contribution { counts, tally, span_us, fingerprint, lines: None, opened, proof: None, ends, proven })
}
