//! The rows of the ledger: one per input file.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::rows::{Instant, row};
use crate::error::{Code, Error, Kind, Result};
use crate::fingerprint::{EndHashes, Proof};
use crate::increment::{ContributionId, FileState, Seen};
use crate::reject::Reason;
use crate::storage::{FileVersion, Stamp};
use crate::tally::Tally;

/// A row of the ledger, with a field per column of its table.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRow {
    /// The identity of the file: its address, relative to the source's root if it is below it.
    pub file: Arc<str>,
    /// `counted`, `refused`, `gone` or `moved`.
    pub state: Arc<str>,
    /// Its size in bytes when it was read.
    pub size: i64,
    /// The time of its last change, as seen when it was read.
    pub changed: Option<Instant>,
    /// The tag that its store gave it, in place of a time.
    pub etag: Option<String>,
    /// The hash of its content, in hex.
    pub fingerprint: Option<String>,
    /// The hash of its first bytes. `last` is the hash of the last counted bytes of a growing file, or of one without a fingerprint.
    pub head: Option<String>,
    /// See `head`.
    pub last: Option<String>,
    /// Of a growing file: the hash of all whole blocks of the counted part, folded.
    pub fold: Option<String>,
    /// Of a growing file: line ends in the counted part.
    pub line_ends: Option<i64>,
    /// The number of bytes that its contribution covers.
    pub counted_bytes: i64,
    /// The number of its rows: counted, filtered, rejected and ignored ones.
    pub rows: i64,
    /// Rows that count.
    pub counted: i64,
    /// Rows that `where` leaves out.
    pub filtered: i64,
    /// Rows that are rejects.
    pub rejected: i64,
    /// Rejects by reason, as JSON.
    pub rejected_by_reason: Arc<str>,
    /// Lines that are not rows: blank, comment, repeated header.
    pub blank: i64,
    /// See `blank`.
    pub comment: i64,
    /// See `blank`.
    pub repeated_header: i64,
    /// Counted rows whose time had no offset.
    pub without_offset: i64,
    /// The time of its first event.
    pub first_event: Option<Instant>,
    /// The time of its last event.
    pub last_event: Option<Instant>,
    /// The contribution that counts for it; `None`: none of its rows count.
    pub contribution: Option<String>,
    /// The reading that found its rejects.
    pub reading: Option<String>,
    /// Why it is refused.
    pub reason: Option<Arc<str>>,
    /// The file that counts in its place.
    pub other: Option<Arc<str>>,
    /// The fingerprint of the rules for refusing files that were applied to it.
    pub refusal: Arc<str>,
    /// The fingerprint of the job's part that decides what is counted.
    pub counted_by: Arc<str>,
    /// Whether it changed so shortly before it was read that the next run must read it again.
    pub racy: bool,
    /// The run that wrote this row.
    pub run: Arc<str>,
    /// The engine that read it.
    pub engine: Arc<str>,
    /// The hash of its lines, in hex, if an engine read the file that does not see its bytes, or if it was compared with such a file.
    pub lines: Option<String>,
}

row!(FileRow: file state size changed etag fingerprint head last fold line_ends counted_bytes rows
    counted filtered rejected rejected_by_reason blank comment repeated_header without_offset
    first_event last_event contribution reading reason other refusal counted_by racy run engine lines);

/// The fields of a row that the increment does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOrigin {
    /// See [`FileRow::reading`].
    pub reading: Option<String>,
    /// See [`FileRow::counted_by`].
    pub counted_by: Arc<str>,
    /// See [`FileRow::run`].
    pub run: Arc<str>,
    /// See [`FileRow::engine`].
    pub engine: Arc<str>,
}

impl FileRow {
    /// The row of `seen`.
    pub fn new(seen: Seen, origin: FileOrigin) -> Result<Self> {
        let hex = |number: u128| format!("{number:032x}");
        let tally = &seen.tally;
        let rejected_by_reason = by_reason(tally)?;
        let (changed, etag) = match seen.version.stamp {
            Stamp::Mtime { us } => (Some(Instant(us)), None),
            Stamp::Etag(tag) => (None, Some(tag)),
        };
        Ok(FileRow {
            file: seen.identity,
            state: word(seen.state),
            size: seen.version.size_bytes as i64,
            changed,
            etag,
            fingerprint: seen.fingerprint.map(hex),
            head: seen.proof.map(|proof| proof.head).or(seen.ends.head).map(hex),
            last: seen.proof.map(|proof| proof.last).or(seen.ends.last).map(hex),
            fold: seen.proof.map(|proof| hex(proof.fold)),
            line_ends: seen.proof.map(|proof| proof.line_ends as i64),
            counted_bytes: seen.counted_bytes as i64,
            rows: tally.read as i64,
            counted: tally.counted as i64,
            filtered: tally.filtered as i64,
            rejected: tally.rejected_total() as i64,
            rejected_by_reason,
            blank: tally.blank as i64,
            // The table has no column of its own for skipped lines.
            comment: (tally.comment + tally.skipped) as i64,
            repeated_header: tally.repeated_header as i64,
            without_offset: tally.without_offset as i64,
            first_event: seen.span_us.map(|(first, _)| Instant(first)),
            last_event: seen.span_us.map(|(_, last)| Instant(last)),
            contribution: seen.contribution.map(|id| id.0),
            reading: origin.reading,
            reason: seen.reason,
            other: seen.other,
            refusal: seen.refusal,
            counted_by: origin.counted_by,
            racy: seen.racy,
            run: origin.run,
            engine: origin.engine,
            lines: seen.lines.map(hex),
        })
    }

    /// The time of its first event, in microseconds UTC; `i64::MAX` without one.
    pub fn first_us(&self) -> i64 {
        self.first_event.map_or(i64::MAX, |first| first.0)
    }

    /// Whether its content is known to be that of `other`.
    pub(crate) fn has_content_of(&self, other: &FileRow) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        same(&self.fingerprint, &other.fingerprint) || same(&self.lines, &other.lines)
    }

    /// What the increment knows of its file.
    ///
    /// # Errors
    /// Attention: the row is not one that this program writes.
    pub fn seen(&self) -> Result<Seen> {
        self.try_seen().ok_or_else(|| {
            Error::new(Kind::Attention, format!("the ledger's row of {} is damaged", self.file))
                .with_code(Code::LedgerDamaged)
                .with_help(super::REMEDY.replace("{}", "the state"))
        })
    }

    fn try_seen(&self) -> Option<Seen> {
        let number = |text: &Option<String>| match text {
            Some(text) => u128::from_str_radix(text, 16).ok().map(Some),
            None => Some(None),
        };
        let size = |n: i64| u64::try_from(n).ok();
        let stamp = match (&self.changed, &self.etag) {
            (Some(changed), None) => Stamp::Mtime { us: changed.0 },
            (None, Some(tag)) => Stamp::Etag(tag.clone()),
            _ => return None,
        };
        let ends = EndHashes { head: number(&self.head)?, last: number(&self.last)? };
        let proof = match (ends.head, ends.last, number(&self.fold)?, self.line_ends) {
            (Some(head), Some(last), Some(fold), Some(lines)) => {
                Some(Proof { head, last, fold, line_ends: size(lines)? })
            }
            _ => None,
        };
        let span_us = self.first_event.zip(self.last_event).map(|(first, last)| (first.0, last.0));
        Some(Seen {
            identity: self.file.clone(),
            version: FileVersion { size_bytes: size(self.size)?, stamp },
            fingerprint: number(&self.fingerprint)?,
            lines: number(&self.lines)?,
            proof,
            ends,
            counted_bytes: size(self.counted_bytes)?,
            tally: self.tally()?,
            span_us,
            contribution: self.contribution.clone().map(ContributionId),
            state: state(&self.state)?,
            reason: self.reason.clone(),
            other: self.other.clone(),
            refusal: self.refusal.clone(),
            racy: self.racy,
            // The job that is run sets it.
            other_table: None,
        })
    }

    fn tally(&self) -> Option<Tally> {
        let size = |n: i64| u64::try_from(n).ok();
        let by_reason: BTreeMap<String, u64> = serde_json::from_str(&self.rejected_by_reason).ok()?;
        let mut tally = Tally {
            counted: size(self.counted)?,
            filtered: size(self.filtered)?,
            blank: size(self.blank)?,
            comment: size(self.comment)?,
            repeated_header: size(self.repeated_header)?,
            read: size(self.rows)?,
            bytes_read: size(self.counted_bytes)?,
            bytes_total: size(self.counted_bytes)?,
            without_offset: size(self.without_offset)?,
            ..Tally::default()
        };
        for (name, n) in by_reason {
            let reason = Reason::ALL.iter().find(|reason| reason.name() == name)?;
            tally.rejected[*reason as usize] = n;
        }
        Some(tally)
    }
}

/// The rejects of a tally by reason, as JSON. Most files have none.
fn by_reason(tally: &Tally) -> Result<Arc<str>> {
    static NONE: LazyLock<Arc<str>> = LazyLock::new(|| "{}".into());
    let counts = Reason::ALL.iter().map(|reason| (reason.name(), tally.rejected[*reason as usize]));
    let by_reason: BTreeMap<&str, u64> = counts.filter(|(_, n)| *n > 0).collect();
    if by_reason.is_empty() {
        return Ok(NONE.clone());
    }
    let json = serde_json::to_string(&by_reason);
    json.map(Arc::from).map_err(|error| Error::bug(format!("a tally as JSON: {error}")))
}

/// Each word is stored once, as there may be rows of very many files.
static STATES: LazyLock<[(FileState, Arc<str>); 4]> = LazyLock::new(|| {
    [
        (FileState::Counted, "counted".into()),
        (FileState::Refused, "refused".into()),
        (FileState::Gone, "gone".into()),
        (FileState::Moved, "moved".into()),
    ]
});

fn word(state: FileState) -> Arc<str> {
    STATES.iter().find(|(other, _)| *other == state).map_or_else(|| "".into(), |(_, word)| word.clone())
}

fn state(word: &str) -> Option<FileState> {
    STATES.iter().find(|(_, other)| **other == *word).map(|(state, _)| *state)
}
