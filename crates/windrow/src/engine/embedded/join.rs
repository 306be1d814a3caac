//! Joining: what threads have counted of a file, as its contribution.

use super::queue::Queue;
use crate::counts::{KeptPart, Partial};
use crate::delta::DataFile;
use crate::engine::file::OpenFile;
use crate::engine::{Contribution, Refusal, union};
use crate::error::{Error, Result};
use crate::fingerprint::{BLOCK_BYTES, EndHashes, Fold};
use crate::job::Job;

/// What is known of a file when all of it is counted.
pub(super) struct WholeFile {
    /// The hashes of its blocks.
    pub(super) fold: Fold,
    /// Its line ends.
    pub(super) line_ends: u64,
    /// Its bytes.
    pub(super) size: u64,
}

/// What the threads have counted of one file, as one contribution, and what they have kept of its events.
pub(super) fn join(
    file: &OpenFile,
    parts: Vec<Partial>,
    whole: &WholeFile,
) -> Result<(Contribution, Vec<KeptPart>)> {
    let mut parts = parts.into_iter();
    let Partial { mut counts, mut tally, mut span_us, kept } =
        parts.next().ok_or_else(|| Error::bug("a file was counted by no thread"))?;
    tally.add(&file.header.tally);
    let mut all_kept: Vec<_> = kept.into_iter().map(|kept| *kept).collect();
    for part in parts {
        counts.merge(part.counts);
        tally.add(&part.tally);
        span_us = union(span_us, part.span_us);
        all_kept.extend(part.kept.map(|kept| *kept));
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
    let ends = EndHashes { head, last: None };
    let (lines, proof, events) = (None, None, Vec::new());
    let contribution =
        Contribution { counts, tally, span_us, fingerprint, lines, opened, proof, ends, proven, events };
    Ok((contribution, all_kept))
}

impl Queue<'_> {
    /// Hands the contribution of `file` on, or why it is refused.
    pub(super) fn finish(
        &self,
        job: &Job,
        file: &OpenFile,
        parts: Vec<Partial>,
        whole: WholeFile,
    ) -> Result<()> {
        let name = &self.inputs()[file.at].name;
        let (contribution, kept) = join(file, parts, &whole)?;
        let tally = &contribution.tally;
        contribution.check(name)?;
        let end = match file.ensure_unchanged() {
            Err(error) => {
                Err(Refusal { error: error.within(name), tally: None, opened: Some(file.opened.clone()) })
            }
            Ok(()) if Refusal::is_due(job, &contribution) => {
                Err(Refusal::for_rejects(name, tally, file.opened.clone()))
            }
            Ok(()) => match file.proof_of(whole.fold, whole.line_ends) {
                Ok(proof) => {
                    let events = self.write_events(file, &kept)?;
                    contribution.check_events(name, &events, self.events.is_some())?;
                    Ok(Contribution { proof, events, ..contribution })
                }
                Err(error) => {
                    Err(Refusal { error: error.within(name), tally: None, opened: Some(file.opened.clone()) })
                }
            },
        };
        self.end(file.at, end)
    }

    /// Writes the events of `file`, where they are wanted.
    fn write_events(&self, file: &OpenFile, kept: &[KeptPart]) -> Result<Vec<DataFile>> {
        let events = self.events.as_ref();
        events.map_or(Ok(Vec::new()), |events| events.write(&self.inputs()[file.at], kept))
    }
}
