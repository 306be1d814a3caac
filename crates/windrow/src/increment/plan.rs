//! The plan: which files are read, how much of them, and why. By names, sizes and stamps; nothing is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::content::Contents;
use super::unverified::{self, Alike};
use super::{FileState, Rules, Seen};
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::fingerprint::{PROOF_BYTES, Proof};
use crate::job::Duplicates;
use crate::storage::Listed;
use crate::text::number::{counted as plural, grouped, size};

/// What to do with each file that is listed or in the ledger, sorted by identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The files.
    pub files: Vec<Planned>,
    /// The rules of the plan, which also apply when it is reconciled.
    pub rules: Rules,
}

/// A file that is listed, in the ledger, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its identity.
    pub identity: Arc<str>,
    /// How it was listed; none: it is gone.
    pub listed: Option<Listed>,
    /// Its row in the ledger; none: it is new. In a box, as the files of a first run have no row.
    pub seen: Option<Box<Seen>>,
    /// Why it is read, or why not.
    pub cause: ReadReason,
    /// What is read of it.
    pub read: Read,
}

/// What is read of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Nothing.
    Skip,
    /// All of it.
    Whole,
    /// What follows the counted part, after that part's proof has held. Where it does not hold, all of the file.
    Tail {
        /// The counted bytes, and where the tail begins.
        from: u64,
        /// What the counted part has to hash to.
        proof: Proof,
    },
}

/// Why a file is read, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadReason {
    /// It was never seen.
    New,
    /// It is a growing file, and larger.
    Grown,
    /// Its size has changed.
    Changed,
    /// Its stamp has changed, but not its size.
    Touched,
    /// It was changed shortly before it was read.
    Racy,
    /// It was gone and exists again.
    Returned,
    /// It was refused, but the rules have changed since.
    Rules,
    /// The table of the look-up with this number has changed since it was counted.
    OtherTable(usize),
    /// The run was asked to read it again.
    Again,
    /// It counts, and has not changed.
    Same,
    /// It was refused, and neither the file nor the rules have changed.
    Refused,
    /// It is not listed any more.
    Gone,
    /// It was gone before.
    GoneBefore,
}

impl fmt::Display for ReadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReadReason::New => "new",
            ReadReason::Grown => "grown",
            ReadReason::Changed => "changed",
            ReadReason::Touched => "touched",
            ReadReason::Racy => "to check again",
            ReadReason::Returned => "returned",
            ReadReason::Rules => "other rules",
            ReadReason::OtherTable(_) => "changed look-up",
            ReadReason::Again => "again",
            ReadReason::Same => "same",
            ReadReason::Refused => "refused before",
            ReadReason::Gone => "gone",
            ReadReason::GoneBefore => "gone before",
        })
    }
}

impl Planned {
    /// How many bytes are read, with those of proofs.
    pub fn bytes(&self) -> u64 {
        let size_bytes = self.listed.as_ref().map_or(0, |listed| listed.version.size_bytes);
        match self.read {
            Read::Skip => 0,
            Read::Whole => size_bytes,
            Read::Tail { from, .. } => size_bytes.saturating_sub(from) + 2 * from.min(PROOF_BYTES),
        }
    }

    /// Whether it is gone, still counts, and did not leave a table.
    pub(super) fn counts_without_file(&self, rules: &Rules) -> bool {
        self.listed.is_none()
            && self.seen.as_deref().is_some_and(|seen| seen.contribution.is_some())
            && !rules.has_left_a_table(&self.identity)
    }
}

impl Plan {
    /// Also reads the files whose rows are `wanted`, and reads them whole: their content decides whether they still count.
    pub fn read_again(&mut self, wanted: &dyn Fn(&Seen) -> bool) {
        for file in self.files.iter_mut().filter(|file| file.listed.is_some()) {
            if file.read != Read::Whole && file.seen.as_deref().is_some_and(wanted) {
                (file.cause, file.read) = (ReadReason::Again, Read::Whole);
            }
        }
    }

    /// The files that are read.
    pub fn reads(&self) -> impl Iterator<Item = &Planned> {
        self.files.iter().filter(|file| file.read != Read::Skip)
    }

    /// How many files count in the ledger that the plan was made for.
    pub(super) fn counted(&self) -> usize {
        self.files.iter().filter_map(|file| file.seen.as_deref()).filter(|s| s.contribution.is_some()).count()
    }
}

impl fmt::Display for Plan {
    /// `12 files: 1 new, 11 same; 3.1 MB to read`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut causes: Vec<(ReadReason, u64)> = Vec::new();
        for file in &self.files {
            match causes.iter_mut().find(|(cause, _)| *cause == file.cause) {
                Some((_, n)) => *n += 1,
                None => causes.push((file.cause, 1)),
            }
        }
        let told: Vec<String> = causes.iter().map(|(cause, n)| format!("{} {cause}", grouped(*n))).collect();
        let files = plural(self.files.len() as u64, "file");
        match told.is_empty() {
            true => write!(f, "{files}; nothing to read"),
            false => {
                let bytes = self.files.iter().map(Planned::bytes).sum();
                write!(f, "{files}: {}; {} to read", told.join(", "), size(bytes))
            }
        }
    }
}

/// Compares what is listed with what was seen.
///
/// # Errors
/// A person must act: nothing is listed while the ledger has counted files, or it is certain before anything is read that more
/// than a tenth of them would be subtracted.
pub fn plan(listed: &[Listed], seen: &[Seen], rules: &Rules) -> Result<Plan> {
    let is_counted =
        |seen: &&Seen| seen.state == FileState::Counted && !rules.has_left_a_table(&seen.identity);
    let counted = seen.iter().filter(is_counted).count();
    if listed.is_empty() && counted > 0 && !rules.gone_accepted {
        let message =
            format!("no input is listed, and the ledger has {}", plural(counted as u64, "counted file"));
        return Err(Error::new(Kind::Attention, message).with_code(Code::FilesGone).with_help(
            Help::from(
                "see whether the folder is mounted and the job names it; if they are meant to be gone, add ",
            )
            .set(Setting::AcceptGone, "true"),
        ));
    }
    let contents = Contents::of(seen);
    let counting = seen.iter().filter(|seen| seen.contribution.is_some() && seen.other_table.is_none());
    let held: BTreeSet<_> = counting.filter_map(|seen| contents.key(seen)).collect();
    let doubted = unverified::doubted(listed, seen, rules);
    let mut pairs: BTreeMap<&Arc<str>, (Option<&Listed>, Option<&Seen>)> = BTreeMap::new();
    for file in listed {
        if pairs.entry(&file.identity).or_default().0.replace(file).is_some() {
            return Err(Error::bug(format!("{} is listed twice", file.identity)));
        }
    }
    for row in seen {
        if pairs.entry(&row.identity).or_default().1.replace(row).is_some() {
            let message = format!("the ledger has two rows of {}", row.identity);
            return Err(Error::new(Kind::Attention, message)
                .with_code(Code::LedgerDamaged)
                .with_help("the state is damaged: restore or rebuild it"));
        }
    }
    let files = pairs.into_iter().map(|(identity, (listed, seen))| {
        let is_held = seen.is_some_and(|seen| match seen.is_in_doubt() {
            true => doubted.contains(&Alike::of(seen)),
            false => contents.key(seen).is_some_and(|content| held.contains(&content)),
        });
        let (cause, read) =
            match (decide(listed, seen, rules, is_held), seen.and_then(|seen| seen.other_table)) {
                ((ReadReason::Racy, _) | (_, Read::Skip | Read::Tail { .. }), Some(number))
                    if listed.is_some() =>
                {
                    (ReadReason::OtherTable(number), Read::Whole)
                }
                (decided, _) => decided,
            };
        let (listed, seen) = (listed.cloned(), seen.cloned().map(Box::new));
        Planned { identity: identity.clone(), listed, seen, cause, read }
    });
    let plan = Plan { files: files.collect(), rules: rules.clone() };
    // Each file that is read may turn out to be one that is gone.
    let gone = plan.files.iter().filter(|file| file.counts_without_file(rules)).count();
    rules.check_gone(gone.saturating_sub(plan.reads().count()), plan.counted())?;
    Ok(plan)
}

/// `is_held`: the content of the row is, or may be, that of a file that counts.
fn decide(listed: Option<&Listed>, seen: Option<&Seen>, rules: &Rules, is_held: bool) -> (ReadReason, Read) {
    let (listed, seen) = match (listed, seen) {
        (Some(listed), Some(seen)) => (listed, seen),
        (Some(_), None) => return (ReadReason::New, Read::Whole),
        (None, Some(seen)) if matches!(seen.state, FileState::Gone | FileState::Moved) => {
            return (ReadReason::GoneBefore, Read::Skip);
        }
        (None, _) => return (ReadReason::Gone, Read::Skip),
    };
    if matches!(seen.state, FileState::Gone | FileState::Moved) {
        return (ReadReason::Returned, Read::Whole);
    }
    let tail = match seen.proof {
        Some(proof) if rules.growing && seen.contribution.is_some() => {
            Read::Tail { from: seen.counted_bytes, proof }
        }
        _ => Read::Whole,
    };
    if listed.version.size_bytes > seen.version.size_bytes {
        let cause = if tail == Read::Whole { ReadReason::Changed } else { ReadReason::Grown };
        (cause, tail)
    } else if listed.version.size_bytes < seen.version.size_bytes {
        (ReadReason::Changed, Read::Whole)
    } else if listed.version.stamp != seen.version.stamp {
        (ReadReason::Touched, Read::Whole)
    } else if seen.racy {
        // A file that is only appended to cannot change without growing: the proof is enough.
        (ReadReason::Racy, tail)
    } else if seen.state == FileState::Counted {
        (ReadReason::Same, Read::Skip)
    } else if seen.is_duplicate() || seen.is_in_doubt() {
        let stays = rules.duplicates == Duplicates::Refuse && is_held;
        if stays { (ReadReason::Refused, Read::Skip) } else { (ReadReason::Rules, Read::Whole) }
    } else if seen.refusal == rules.refusal {
        (ReadReason::Refused, Read::Skip)
    } else {
        (ReadReason::Rules, Read::Whole)
    }
}
