//! Reconciling: what was read decides, by content, how each row of the ledger changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::candidate::{Candidate, candidates};
use super::content::{ContentKey, Contents};
use super::{ContributionId, FileState, Plan, Reading, Seen};
use super::{renamed, unverified};
use crate::error::{Code, Error, Kind, Result};
use crate::job::{Duplicates, OnGone};

/// How one file and its row end up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Its identity.
    pub identity: Arc<str>,
    /// Its row from now on; none where a new file was not read.
    pub row: Option<Box<Seen>>,
    /// What it became.
    pub became: Became,
    /// Why it is refused by its row, if it is.
    pub refused: Option<Arc<str>>,
    /// The contribution that counted for it and does not count any more, for no file.
    pub leaves: Option<ContributionId>,
    /// The contribution that counts from now on and did not before.
    pub enters: Option<ContributionId>,
}

/// What a file became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It counts for the first time.
    New,
    /// It counts with what was appended.
    Grown,
    /// Its new content counts instead of the old.
    Changed,
    /// Its content counted under this identity, and is not counted again.
    MovedFrom(Arc<str>),
    /// It begins with all that counted under this identity, which is gone: it is that file, and has grown.
    GrownFrom(Arc<str>),
    /// Its content counts under this identity from now on.
    MovedTo(Arc<str>),
    /// It was read, and its content is what it was.
    Equal,
    /// Its content is what it was, and is counted again with the new table of a look-up.
    Rejoined,
    /// Nothing is new about it.
    Same,
    /// It is refused: its content is that of this file, which counts.
    DuplicateOf(Arc<str>),
    /// It is refused, for this reason.
    Refused(Arc<str>),
    /// It is gone, and its counts stay.
    Kept,
    /// It is gone, and its counts leave, if it had any.
    Gone,
    /// It could not be read; its row is what it was, refused where its old content is that of another file.
    Unread {
        /// Why.
        reason: String,
        /// Whether its storage is to blame, so that a retry may help.
        may_pass: bool,
    },
}

impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Became::New => f.write_str("new"),
            Became::Grown => f.write_str("grown"),
            Became::Changed => f.write_str("changed"),
            Became::MovedFrom(other) => write!(f, "moved from {other}"),
            Became::GrownFrom(other) => write!(f, "moved from {other}, and grown"),
            Became::MovedTo(other) => write!(f, "moved to {other}"),
            Became::Equal => f.write_str("equal"),
            Became::Rejoined => f.write_str("joined again"),
            Became::Same => f.write_str("same"),
            Became::DuplicateOf(other) => write!(f, "the same content as {other}"),
            Became::Refused(reason) => write!(f, "refused: {reason}"),
            Became::Kept => f.write_str("gone, its counts stay"),
            Became::Gone => f.write_str("gone"),
            Became::Unread { reason, .. } => write!(f, "not read: {reason}"),
        }
    }
}

/// Decides for each file of `plan`, in its order, how its row ends up, given the `readings` of its reads by identity.
///
/// # Errors
/// A person must act: more than a tenth of the counted files would be subtracted. A bug: a read of the plan has no reading, or a
/// tail was counted without its proof.
pub fn reconcile(plan: &Plan, readings: &BTreeMap<Arc<str>, Reading>) -> Result<Vec<Reconciled>> {
    let mut candidates = candidates(plan, readings)?;
    unverified::decide(plan, &mut candidates);
    let seen = plan.files.iter().filter_map(|file| file.seen.as_deref());
    let contents =
        Contents::of(seen.chain(candidates.iter().filter_map(|candidate| candidate.row.as_deref())));
    let mut freed = Freed::of(plan, &candidates, &contents);
    for equal in claims(&candidates, &contents).into_values() {
        let among = if plan.rules.duplicates == Duplicates::Refuse {
            // What counts already keeps counting, even if it is unknown whether its content is still the same. Otherwise the
            // first by name counts: the sort is stable.
            let mut ranked = equal;
            ranked.sort_by_key(|at| {
                let seen = plan.files[*at].seen.as_deref();
                let may_be_equal =
                    candidates[*at].row.as_ref().is_some_and(|row| unverified::may_be_equal(seen, row));
                (candidates[*at].contribution().is_none(), !may_be_equal)
            });
            let (winner, twins) = (ranked[0], &ranked[1..]);
            let name = plan.files[winner].identity.clone();
            twins.iter().for_each(|twin| candidates[*twin].refuse_as_twin_of(&name));
            vec![winner]
        } else {
            equal
        };
        for at in among {
            grant(at, plan, &mut candidates, (&mut freed, &contents))?;
        }
    }
    renamed::reconcile(plan, readings, &mut candidates);
    let gone: Vec<usize> = (0..candidates.len())
        .filter(|at| plan.files[*at].listed.is_none() && candidates[*at].contribution().is_some())
        .collect();
    let (left, gone): (Vec<usize>, Vec<usize>) =
        gone.into_iter().partition(|at| plan.rules.has_left_a_table(&plan.files[*at].identity));
    left.into_iter().for_each(|at| candidates[at].subtract());
    plan.rules.check_gone(gone.len(), plan.counted())?;
    if plan.rules.on_gone == OnGone::Subtract {
        gone.into_iter().for_each(|at| candidates[at].subtract());
    }
    Ok(finish(plan, candidates))
}

/// The files that may count, by content. Each without rows is alone.
fn claims(
    candidates: &[Candidate],
    contents: &Contents,
) -> BTreeMap<(Option<ContentKey>, Option<usize>), Vec<usize>> {
    let mut claims: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate().filter(|(_, candidate)| candidate.claims) {
        let Some(row) = &candidate.row else { continue };
        let content = contents.key(row);
        let alone = (!row.has_rows() || content.is_none()).then_some(at);
        claims.entry((content, alone)).or_default().push(at);
    }
    claims
}

/// The contributions that no file holds on to, by content: those of files that are gone, then those of files that hold
/// another content now. What was counted with another table of a look-up is none, though the file may have moved.
struct Freed(BTreeMap<ContentKey, Vec<(usize, Option<ContributionId>)>>);

impl Freed {
    fn of(plan: &Plan, candidates: &[Candidate], contents: &Contents) -> Self {
        let mut freed: BTreeMap<ContentKey, Vec<_>> = BTreeMap::new();
        for listed in [true, false] {
            // The last is taken first.
            for at in (0..candidates.len()).rev().filter(|at| plan.files[*at].listed.is_some() == listed) {
                let Some(seen) = plan.files[at].seen.as_deref().filter(|seen| seen.has_rows()) else {
                    continue;
                };
                let (Some(content), Some(id)) = (contents.key(seen), &seen.contribution) else { continue };
                let serves = seen.other_table.is_none();
                if !listed || serves && candidates[at].contribution() != Some(id) {
                    freed.entry(content).or_default().push((at, Some(id.clone()).filter(|_| serves)));
                }
            }
        }
        Freed(freed)
    }
}

/// Gives file `at` what counts for it: what it has, or what counted for the same content elsewhere, or what was counted now.
fn grant(
    at: usize,
    plan: &Plan,
    candidates: &mut [Candidate],
    (freed, contents): (&mut Freed, &Contents),
) -> Result<()> {
    if candidates[at].contribution().is_some() {
        return Ok(());
    }
    let row = candidates[at].row.as_deref().filter(|row| row.has_rows());
    let is_known = |row: &&Seen| !unverified::may_be_equal(plan.files[at].seen.as_deref(), row);
    let moved = row.filter(is_known).and_then(|row| freed.0.get_mut(&contents.key(row)?)?.pop());
    if let Some((from, _)) = &moved
        && *from != at
    {
        candidates[at].became = Became::MovedFrom(plan.files[*from].identity.clone());
        let name = plan.files[at].identity.clone();
        if plan.files[*from].listed.is_none() {
            candidates[*from].move_to(name);
        }
    }
    // What is known of the content stays known.
    let known = moved.as_ref().and_then(|(from, _)| plan.files[*from].seen.as_deref());
    let known = known.map_or((None, None), |seen| (seen.fingerprint, seen.lines));
    let contribution = moved.and_then(|(_, id)| id).or_else(|| candidates[at].fresh.take());
    let Some(row) = &mut candidates[at].row else { return Ok(()) };
    if contribution.is_none() && row.state != FileState::Counted {
        let message = format!("nothing counts for the content of {}", row.identity);
        return Err(Error::new(Kind::Attention, message)
            .with_code(Code::LedgerDamaged)
            .with_help("the state is damaged: restore or rebuild it"));
    }
    (row.fingerprint, row.lines) = (row.fingerprint.or(known.0), row.lines.or(known.1));
    row.contribution = contribution;
    (row.state, row.reason, row.other) = (FileState::Counted, None, None);
    Ok(())
}

/// Says of each file which contribution leaves and which enters.
fn finish(plan: &Plan, candidates: Vec<Candidate>) -> Vec<Reconciled> {
    let before: BTreeSet<ContributionId> =
        plan.files.iter().filter_map(|file| file.seen.as_deref()?.contribution.clone()).collect();
    let after: BTreeSet<ContributionId> =
        candidates.iter().filter_map(|candidate| candidate.contribution().cloned()).collect();
    let reconciled = plan.files.iter().zip(candidates).map(|(file, candidate)| {
        let had = file.seen.as_deref().and_then(|seen| seen.contribution.clone());
        let has = candidate.contribution().cloned();
        let refused = candidate.row.as_deref().filter(|row| row.state == FileState::Refused);
        Reconciled {
            identity: file.identity.clone(),
            refused: refused.and_then(|row| row.reason.clone()),
            leaves: had.filter(|id| !after.contains(id)),
            enters: has.filter(|id| !before.contains(id)),
            row: candidate.row,
            became: candidate.became,
        }
    });
    reconciled.collect()
}
