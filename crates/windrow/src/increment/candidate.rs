//! Candidates: what each file is by itself, before it is known which files share their content.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::seen::IN_DOUBT;
use super::{
    Became, ContributionId, CountedContent, FileState, Plan, Planned, Read, ReadReason, Reading, Rules, Seen,
};
use crate::error::{Error, Result};
use crate::fingerprint::EndHashes;
use crate::source::identity_shown;
use crate::storage::Opened;
use crate::tally::Tally;

/// A file on its way to its row.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) row: Option<Box<Seen>>,
    pub(super) became: Became,
    /// Whether it is there and may count. What is refused for itself claims nothing.
    pub(super) claims: bool,
    /// What was counted in this run and may count for it.
    pub(super) fresh: Option<ContributionId>,
}

impl Candidate {
    fn kept(row: Option<Box<Seen>>, became: Became, claims: bool) -> Self {
        Candidate { row, became, claims, fresh: None }
    }

    pub(super) fn contribution(&self) -> Option<&ContributionId> {
        self.row.as_ref()?.contribution.as_ref()
    }

    pub(super) fn refuse_as_twin_of(&mut self, other: &Arc<str>) {
        let Some(row) = &mut self.row else { return };
        let is_known = row.is_duplicate() && row.other.as_ref() == Some(other);
        row.contribution = None;
        row.state = FileState::Refused;
        row.reason = Some(format!("its content is that of {}, which counts", identity_shown(other)).into());
        row.other = Some(other.clone());
        // That it could not be read has to be said, whatever its old content is.
        let is_unread = matches!(self.became, Became::Unread { .. });
        if !(is_unread || is_known && self.became == Became::Same) {
            self.became = Became::DuplicateOf(other.clone());
        }
    }

    fn refuse(&mut self, reason: String) {
        let Some(row) = &mut self.row else { return };
        let reason: Arc<str> = reason.into();
        row.contribution = None;
        row.state = FileState::Refused;
        row.reason = Some(reason.clone());
        row.other = None;
        self.claims = false;
        self.became = Became::Refused(reason);
    }

    /// Its content may be that of the file `gone`, which counts and is not there to be hashed.
    pub(super) fn refuse_in_doubt(&mut self, gone: &str) {
        let gone = identity_shown(gone);
        self.refuse(format!(
            "it cannot be told from {gone}, which counts and is gone: both have the same size and rows, and one was counted \
             without a fingerprint. Bring {gone} back for one run; or say duplicates = \"count\" if it is another file; or \
             count all files again with the embedded engine, and accept that it is gone"
        ));
        if let Some(row) = &mut self.row {
            row.refusal = IN_DOUBT.into();
        }
    }

    /// What it was stays, as if it had not been read.
    pub(super) fn leave(&mut self, seen: Option<Box<Seen>>, reason: String) {
        let claims = seen.as_ref().is_some_and(|seen| seen.contribution.is_some());
        *self = Candidate::kept(seen, Became::Unread { reason, may_pass: true }, claims);
    }

    /// What it was counts under the identity `other` from now on.
    pub(super) fn move_to(&mut self, other: Arc<str>) {
        let Some(row) = &mut self.row else { return };
        (row.state, row.contribution, row.other) = (FileState::Moved, None, Some(other.clone()));
        self.became = Became::MovedTo(other);
    }

    pub(super) fn subtract(&mut self) {
        let Some(row) = &mut self.row else { return };
        row.contribution = None;
        self.became = Became::Gone;
    }
}

/// What each file of `plan` is by itself.
pub(super) fn candidates(plan: &Plan, readings: &BTreeMap<Arc<str>, Reading>) -> Result<Vec<Candidate>> {
    plan.files.iter().map(|file| candidate(file, readings.get(&file.identity), &plan.rules)).collect()
}

/// The file with what was read of it, if anything was.
fn candidate(file: &Planned, reading: Option<&Reading>, rules: &Rules) -> Result<Candidate> {
    let reading = match (file.read, reading) {
        (Read::Skip, Some(Reading::Hashed { fingerprint, lines })) => {
            return Ok(unread(file, Some((*fingerprint, *lines)), rules));
        }
        (Read::Skip, _) => return Ok(unread(file, None, rules)),
        (_, None | Some(Reading::Hashed { .. })) => {
            return Err(Error::bug(format!("{} was planned to be read and has no reading", file.identity)));
        }
        (_, Some(reading)) => reading,
    };
    match reading {
        Reading::Hashed { .. } => Ok(unread(file, None, rules)),
        Reading::Unread { reason, may_pass } => {
            let claims = file.seen.as_deref().is_some_and(|seen| seen.contribution.is_some());
            let became = Became::Unread { reason: reason.clone(), may_pass: *may_pass };
            Ok(Candidate::kept(file.seen.clone(), became, claims))
        }
        Reading::Refused { opened, fingerprint, tally, reason } => {
            let mut row = row(file, opened, rules);
            (row.fingerprint, row.tally) = (*fingerprint, Tally::clone(tally));
            let mut candidate = Candidate::kept(Some(Box::new(row)), Became::Same, false);
            candidate.refuse(reason.clone());
            Ok(candidate)
        }
        Reading::Counted(content) => counted(file, content, rules),
    }
}

/// A file of which nothing is read, and at most its hashes are new: of its bytes, and of its lines.
fn unread(file: &Planned, hashes: Option<(u128, u128)>, rules: &Rules) -> Candidate {
    let mut candidate = Candidate::kept(file.seen.clone(), Became::Same, false);
    let Some(row) = &mut candidate.row else { return candidate };
    if let Some((bytes, lines)) = hashes {
        (row.fingerprint, row.lines) = (Some(bytes), Some(lines));
    }
    match file.cause {
        ReadReason::Gone => {
            candidate.became = if row.contribution.is_some() { Became::Kept } else { Became::Gone };
            (row.state, row.reason, row.other) = (FileState::Gone, None, None);
        }
        ReadReason::Same => candidate.claims = true,
        ReadReason::Refused => candidate.claims = row.is_duplicate(),
        _ => {}
    }
    judge(&mut candidate, rules);
    candidate
}

/// A file that was read to its end.
fn counted(file: &Planned, content: &CountedContent, rules: &Rules) -> Result<Candidate> {
    let mut became = Became::Changed;
    if let Some(proven) = content.proven {
        match file.read {
            Read::Tail { proof, .. } if proof == proven => became = Became::Grown,
            _ => {
                return Err(Error::bug(format!(
                    "the tail of {} was counted without its proof",
                    file.identity
                )));
            }
        }
    }
    let before = file.seen.as_deref().filter(|seen| seen.contribution.is_some());
    let mut row = row(file, &content.opened, rules);
    (row.fingerprint, row.lines) = (content.fingerprint, content.lines);
    // Two contents of which nothing is known in common are not known to be equal.
    let equal = before.filter(|seen| row.is_equal_to(seen) == Some(true));
    row.fingerprint = row.fingerprint.or(equal.and_then(|seen| seen.fingerprint));
    row.lines = row.lines.or(equal.and_then(|seen| seen.lines));
    // What was counted with another table of a look-up does not serve, whatever the content.
    let serves = equal.filter(|seen| seen.other_table.is_none());
    became = match (before, equal, serves) {
        (_, _, Some(_)) => Became::Equal,
        (_, Some(_), None) => Became::Rejoined,
        (None, ..) => Became::New,
        _ => became,
    };
    row.proof = content.proof;
    row.ends = content.ends;
    row.counted_bytes = content.counted_bytes;
    row.tally = content.tally.clone();
    row.span_us = content.span_us;
    row.contribution = serves.and_then(|seen| seen.contribution.clone());
    let fresh = Some(content.contribution.clone());
    let mut candidate = Candidate { row: Some(Box::new(row)), became, claims: true, fresh };
    judge(&mut candidate, rules);
    Ok(candidate)
}

/// A row of a file that was opened, with nothing of its content yet.
fn row(file: &Planned, opened: &Opened, rules: &Rules) -> Seen {
    let seen = file.seen.as_deref();
    let again = seen.is_some_and(|seen| seen.racy && seen.version.stamp == opened.version.stamp);
    Seen {
        identity: file.identity.clone(),
        version: opened.version.clone(),
        fingerprint: None,
        lines: None,
        proof: None,
        ends: EndHashes::default(),
        counted_bytes: 0,
        tally: Tally::default(),
        span_us: None,
        contribution: None,
        state: FileState::Counted,
        reason: None,
        other: None,
        refusal: rules.refusal.clone(),
        racy: opened.version.stamp.is_racy(opened.at_us, again),
        other_table: None,
    }
}

/// Refuses a file that is past the limit of rejects, also one that was read when the limit was higher.
fn judge(candidate: &mut Candidate, rules: &Rules) {
    let Some(row) = candidate.row.as_mut().filter(|_| candidate.claims) else { return };
    let (rejected, read) = (row.tally.rejected_total(), row.tally.read);
    if rules.rejects.is_passed(rejected, read) {
        row.refusal = rules.refusal.clone();
        candidate.refuse(format!("{rejected} of {read} rows are rejects, more than the limit allows"));
    }
}
