//! Renamed files that have grown since they were counted, as rotated logs have: known by the bytes that they begin with.
//!
//! A file is asked for its beginning only where it may be that of a file that counts and is gone: it is longer, has as many
//! rows, events of the same time, and begins with the same bytes. Then only as many bytes are hashed as the other has counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::candidate::{Candidate, candidates};
use super::{Became, CountedContent, Plan, Planned, Read, Reading, Seen};
use crate::error::Result;
use crate::fingerprint::{EndHashes, PROOF_BYTES};
use crate::reject::Reason;
use crate::storage::FileVersion;

/// The beginning of a file that was read, which may be all that counts of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The identity of the file that was read.
    pub identity: Arc<str>,
    /// What it was when it was read.
    pub version: FileVersion,
    /// The identity of the row whose bytes it may begin with.
    pub of: Arc<str>,
    /// How many bytes that are.
    pub bytes: u64,
    /// What they hash to, if that is known.
    pub fingerprint: Option<u128>,
    /// What their ends hash to.
    pub ends: EndHashes,
    /// What their lines hash to. At least one of the fingerprint, this hash and the hashes of both ends is known.
    pub lines: Option<u128>,
}

/// The beginnings that are hashed before `plan` is reconciled. Those that are what they may be are put into the
/// [`CountedContent`] of their file.
///
/// # Errors
/// As [`reconcile`](super::reconcile()).
pub fn prefixes(plan: &Plan, readings: &BTreeMap<Arc<str>, Reading>) -> Result<Vec<Prefix>> {
    let is_gone = |file: &Planned| {
        file.counts_without_file(&plan.rules) && file.seen.as_deref().is_some_and(can_be_proven)
    };
    let gone: Vec<&Seen> =
        plan.files.iter().filter(|file| is_gone(file)).filter_map(|file| file.seen.as_deref()).collect();
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let mut prefixes = Vec::new();
    for (file, candidate) in plan.files.iter().zip(candidates(plan, readings)?) {
        let Some((content, row)) = newly_counted(file, &candidate, readings) else { continue };
        let mut beginnings: Vec<&Seen> = gone.iter().copied().filter(|gone| may_begin(row, gone)).collect();
        if beginnings.is_empty() {
            continue;
        }
        // What is, or begins with, what it was itself has grown under its name at most.
        let before = file.seen.as_deref().filter(|seen| seen.contribution.is_some() && can_be_proven(seen));
        beginnings.extend(before.filter(|before| before.counted_bytes <= row.counted_bytes));
        prefixes.extend(beginnings.into_iter().map(|seen| Prefix {
            identity: file.identity.clone(),
            version: content.opened.version.clone(),
            of: seen.identity.clone(),
            bytes: seen.counted_bytes,
            fingerprint: seen.fingerprint,
            ends: seen.ends,
            lines: seen.lines,
        }));
    }
    Ok(prefixes)
}

/// What was counted in this run of a file that is there, may count, and has not only grown under its own name.
fn newly_counted<'a>(
    file: &Planned,
    candidate: &'a Candidate,
    readings: &'a BTreeMap<Arc<str>, Reading>,
) -> Option<(&'a CountedContent, &'a Seen)> {
    let content = match readings.get(&file.identity)? {
        Reading::Counted(content) if file.read != Read::Skip => content,
        _ => return None,
    };
    if content.proven.is_some() && file.seen.as_deref().is_some_and(Seen::has_rows) {
        return None;
    }
    let row =
        candidate.row.as_ref().filter(|row| candidate.claims && row.contribution.is_none() && row.has_rows());
    Some((content, row?))
}

/// Whether its bytes can be told from others.
fn can_be_proven(seen: &Seen) -> bool {
    let has_ends = seen.ends.head.is_some() && seen.ends.last.is_some();
    seen.has_rows() && (seen.fingerprint.is_some() || has_ends || seen.lines.is_some())
}

/// Whether all bytes of `of` may be the first ones of the file of `row`, by what is known of both.
fn may_begin(row: &Seen, of: &Seen) -> bool {
    if row.counted_bytes <= of.counted_bytes {
        return false;
    }
    // More bytes may close a quote, and make one row of several.
    let is_open = of.tally.rejected[Reason::UnclosedQuote as usize] > 0;
    if !is_open && row.tally.read < of.tally.read {
        return false;
    }
    let heads = row.ends.head.zip(of.ends.head).filter(|_| of.counted_bytes >= PROOF_BYTES);
    // A last row that was not whole may have had any time: that of one row says nothing.
    // With another table of a look-up other rows may have counted.
    let is_comparable = !is_open && of.tally.counted > 1 && of.other_table.is_none();
    let spans = row.span_us.zip(of.span_us).filter(|_| is_comparable);
    heads.is_none_or(|(head, other)| head == other)
        && spans.is_none_or(|(span, other)| span.0 <= other.1 && other.0 <= span.1)
}

/// Lets what counts of a file replace what counts of one that is gone, where it begins with all of it. A file takes the
/// place of one other, the longest that it begins with.
pub(super) fn reconcile(plan: &Plan, readings: &BTreeMap<Arc<str>, Reading>, candidates: &mut [Candidate]) {
    for (at, file) in plan.files.iter().enumerate() {
        let Some(Reading::Counted(content)) = readings.get(&file.identity) else { continue };
        let counts = candidates[at].contribution() == Some(&content.contribution);
        if content.begins_with.is_empty() || !counts || content.begins_with.contains(&file.identity) {
            continue;
        }
        let place = |name: &Arc<str>| plan.files.binary_search_by_key(&name, |file| &file.identity).ok();
        let is_gone =
            |at: &usize| plan.files[*at].listed.is_none() && candidates[*at].contribution().is_some();
        let bytes = |at: &usize| candidates[*at].row.as_ref().map(|row| row.counted_bytes);
        let gone = content.begins_with.iter().filter_map(place).filter(is_gone);
        // Of equally long ones the first by name.
        let Some(gone) = gone.max_by_key(|at| (bytes(at), std::cmp::Reverse(*at))) else { continue };
        candidates[gone].move_to(file.identity.clone());
        candidates[at].became = Became::GrownFrom(plan.files[gone].identity.clone());
    }
}
