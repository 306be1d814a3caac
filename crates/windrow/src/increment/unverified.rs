//! Unverified files: an engine need not see the bytes of a file, so a file may count with a hash of its lines alone, or with none. If its rows
//! resemble those of another file of which nothing is known in common, only hashing can tell whether they have the same content.
//!
//! Files that differ in size, tally or span cannot be equal and need no hash. [`unhashed`] says which files have to be hashed
//! before a run is reconciled. What cannot be hashed any more, because it is gone, keeps the other from counting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::candidate::{Candidate, candidates};
use super::{Plan, Read, Reading, Reconciled, Rules, Seen};
use crate::error::Result;
use crate::job::{Duplicates, OnGone};
use crate::storage::{FileVersion, Listed};
use crate::tally::Tally;

/// A file whose content may decide something, and of which that is not known by which it can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhashed {
    /// Its identity.
    pub identity: Arc<str>,
    /// What it must still be.
    pub version: FileVersion,
    /// How many of its first bytes are hashed: those that count.
    pub counted_bytes: u64,
    /// Whether it was read in this run, or is only a row of the ledger.
    pub is_read: bool,
}

/// What is known of a content without its bytes. Files that differ in it have different contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alike<'s> {
    counted_bytes: u64,
    span_us: Option<(i64, i64)>,
    tally: &'s Tally,
}

impl<'s> Alike<'s> {
    pub(super) fn of(seen: &'s Seen) -> Self {
        Alike { counted_bytes: seen.counted_bytes, span_us: seen.span_us, tally: &seen.tally }
    }
}

/// A file among those that may be equal.
struct UnverifiedFile<'d> {
    at: usize,
    row: &'d Seen,
    /// Whether it is there and may count.
    claims: bool,
    /// Whether it was read, and what is in it does not count for it yet.
    is_new: bool,
}

impl UnverifiedFile<'_> {
    /// Whether it is gone and counts.
    fn is_gone(&self) -> bool {
        !self.claims
    }

    /// Whether it is known if both have the same content.
    fn is_comparable_to(&self, other: &UnverifiedFile) -> bool {
        self.at == other.at || self.row.is_equal_to(other.row).is_some()
    }

    /// How much is known of its content: of two files that are there, the one that less is known of is hashed.
    fn known(&self) -> u8 {
        if self.row.fingerprint.is_some() { 2 } else { u8::from(self.row.lines.is_some()) }
    }
}

/// The files that may count, or are gone and do, in groups that may be equal, and of which some cannot be compared.
fn groups<'d>(plan: &Plan, candidates: &'d [Candidate]) -> Vec<Vec<UnverifiedFile<'d>>> {
    let mut groups: BTreeMap<Alike<'d>, Vec<UnverifiedFile<'d>>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let Some(row) = candidate.row.as_ref().filter(|row| row.has_rows()) else { continue };
        let is_gone = plan.files[at].listed.is_none() && row.contribution.is_some();
        if candidate.claims || is_gone {
            let is_new = candidate.fresh.is_some() && row.contribution.is_none();
            groups.entry(Alike::of(row)).or_default().push(UnverifiedFile {
                at,
                row,
                claims: candidate.claims,
                is_new,
            });
        }
    }
    let is_open = |group: &Vec<UnverifiedFile>| {
        let all_have = |hash: fn(&Seen) -> Option<u128>| group.iter().all(|one| hash(one.row).is_some());
        group.len() > 1 && !all_have(|row| row.fingerprint) && !all_have(|row| row.lines)
    };
    groups.into_values().filter(is_open).collect()
}

/// Whether anything that was counted, or is the copy of what was, has no fingerprint: else there is nothing to look for.
fn is_any_unhashed(plan: &Plan, readings: &BTreeMap<Arc<str>, Reading>) -> bool {
    let may_count = |seen: &Seen| seen.contribution.is_some() || seen.is_duplicate();
    let is_unhashed = |seen: &Seen| may_count(seen) && seen.fingerprint.is_none();
    plan.files.iter().any(|file| file.seen.as_deref().is_some_and(is_unhashed))
        || readings
            .values()
            .any(|reading| matches!(reading, Reading::Counted(content) if content.fingerprint.is_none()))
}

/// The files that are hashed before `plan` is reconciled: each is there, has no fingerprint, and decides something with
/// another that may be equal. A file that was read gets its fingerprint into its [`CountedContent`](super::CountedContent), any other one
/// a reading of its own: [`Reading::Hashed`].
///
/// # Errors
/// As [`reconcile`](super::reconcile()).
pub fn unhashed(plan: &Plan, readings: &BTreeMap<Arc<str>, Reading>) -> Result<Vec<Unhashed>> {
    if !is_any_unhashed(plan, readings) {
        return Ok(Vec::new());
    }
    let candidates = candidates(plan, readings)?;
    let is_read = |one: &UnverifiedFile| {
        matches!(readings.get(&plan.files[one.at].identity), Some(Reading::Counted(_)))
    };
    let is_there = |one: &UnverifiedFile| is_read(one) || plan.files[one.at].read == Read::Skip;
    let mut unhashed = Vec::new();
    for group in groups(plan, &candidates) {
        for one in group.iter().filter(|one| one.claims) {
            let file = &plan.files[one.at];
            let decides = |other: &UnverifiedFile| match other.is_gone() {
                true => one.is_new && other.row.is_hashed(),
                // What is less known is hashed, unless its content is there no more.
                false => {
                    let is_less_known = one.known() <= other.known();
                    plan.rules.duplicates == Duplicates::Refuse && (is_less_known || !is_there(other))
                }
            };
            let others = group.iter().filter(|other| !one.is_comparable_to(other));
            if is_there(one) && others.into_iter().any(decides) {
                unhashed.push(Unhashed {
                    identity: file.identity.clone(),
                    version: one.row.version.clone(),
                    counted_bytes: one.row.counted_bytes,
                    is_read: is_read(one),
                });
            }
        }
    }
    Ok(unhashed)
}

/// What to do with a file that may be another one.
enum Doubt {
    /// It may be this one, which is gone.
    Gone(Arc<str>),
    /// It may be this one, which was to be hashed and could not be.
    There(Arc<str>),
}

/// Decides what stays unknown: what may be a file that is gone is refused, what may be one that could not be hashed waits
/// for the next run.
pub(super) fn decide(plan: &Plan, candidates: &mut [Candidate]) {
    let mut decided = Vec::new();
    if candidates.iter().any(|candidate| candidate.row.as_ref().is_some_and(|row| row.fingerprint.is_none()))
    {
        for group in groups(plan, candidates) {
            for one in group.iter().filter(|one| one.is_new) {
                let others = group.iter().filter(|other| other.at != one.at);
                let doubts =
                    others.filter_map(|other| doubt(one, other, &plan.files[other.at].identity, &plan.rules));
                // What waits may turn out to be refused.
                if let Some(doubt) = doubts.min_by_key(|doubt| matches!(doubt, Doubt::Gone(_))) {
                    decided.push((one.at, doubt));
                }
            }
        }
    }
    for (at, doubt) in decided {
        match doubt {
            Doubt::Gone(gone) => candidates[at].refuse_in_doubt(&gone),
            Doubt::There(other) => {
                let reason = format!("it may be a copy of {other}, which has changed or cannot be read");
                candidates[at].leave(plan.files[at].seen.clone(), reason);
            }
        }
    }
}

fn doubt(one: &UnverifiedFile, other: &UnverifiedFile, name: &Arc<str>, rules: &Rules) -> Option<Doubt> {
    let counts_twice = match other.is_gone() {
        // Whether it has moved or is another file, its counts leave.
        true => rules.on_gone == OnGone::Keep,
        false => rules.duplicates == Duplicates::Refuse,
    };
    match one.is_comparable_to(other) || !counts_twice {
        true => None,
        false if other.is_gone() && !other.row.is_hashed() => {
            (rules.duplicates == Duplicates::Refuse).then(|| Doubt::Gone(name.clone()))
        }
        false => Some(Doubt::There(name.clone())),
    }
}

/// Whether a file that counted may have its content still, as far as is known. Then what was counted of it now takes
/// the place of what counted before, and a copy of it that is gone keeps what is its own.
pub(super) fn may_be_equal(seen: Option<&Seen>, row: &Seen) -> bool {
    seen.is_some_and(|seen| {
        seen.contribution.is_some() && seen.is_equal_to(row).is_none() && Alike::of(seen) == Alike::of(row)
    })
}

/// What files are in doubt about: the gone ones that count without any hash.
pub(super) fn doubted<'s>(listed: &[Listed], seen: &'s [Seen], rules: &Rules) -> BTreeSet<Alike<'s>> {
    if rules.on_gone != OnGone::Keep || !seen.iter().any(Seen::is_in_doubt) {
        return BTreeSet::new();
    }
    let listed: BTreeSet<&str> = listed.iter().map(|file| &*file.identity).collect();
    let is_gone =
        |seen: &&Seen| seen.contribution.is_some() && !seen.is_hashed() && !listed.contains(&*seen.identity);
    seen.iter().filter(is_gone).map(Alike::of).collect()
}

/// The files that begin to count though they may be one that is gone, as the job lets copies count, with the names of these.
pub fn counted_in_doubt<'s>(plan: &Plan, reconciled: &'s [Reconciled]) -> Vec<(&'s str, &'s str)> {
    let rows = || {
        plan.files
            .iter()
            .zip(reconciled)
            .filter_map(|(file, reconciled)| Some((file, reconciled, reconciled.row.as_ref()?)))
    };
    let is_gone = |seen: &Seen| seen.contribution.is_some() && !seen.is_hashed() && seen.has_rows();
    let gone: BTreeMap<Alike, &str> = rows()
        .filter(|(file, _, row)| file.listed.is_none() && is_gone(row))
        .map(|(_, reconciled, row)| (Alike::of(row), &*reconciled.identity))
        .collect();
    rows()
        .filter(|(file, reconciled, _)| file.listed.is_some() && reconciled.enters.is_some())
        .filter_map(|(_, reconciled, row)| Some((&*reconciled.identity, *gone.get(&Alike::of(row))?)))
        .collect()
}
