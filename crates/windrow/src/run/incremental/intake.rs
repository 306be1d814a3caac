//! Intake: takes what the engine delivers, and keeps it where the ledger may name it later.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::delta::{ColumnRange, DeltaTable, StatsValue, Store};
use crate::engine::{Contribution, EventSink, FingerprintWish, Receiver, Refusal, union};
use crate::error::{Error, Kind, Location, Result};
use crate::format::csv::RECORD_BYTES_MAX;
use crate::increment::{ContributionId, CountedContent, Plan, Read, Reading, Seen};
use crate::job::Job;
use crate::ledger::{self, Additions, Compaction, KeptTable, Ledger, RejectRow, RowIntake, StagedRow, Sums};
use crate::publish::events::{self as publish, EventWriter};
use crate::reject::{Reason, Reject, RejectSink};
use crate::source::InputFile;
use crate::tally::Tally;

use super::super::FIRST_REJECTS;
use super::super::outcome::reason_of;

/// The times of the first and the last event.
type EventSpan = Option<(i64, i64)>;

/// Takes in the readings of one run.
pub(super) struct Intake<'a, 's> {
    job: &'a Job,
    store: &'a Store,
    run: String,
    sink: Option<&'s mut (dyn RejectSink + 's)>,
    contributions: Option<ledger::SumIntake>,
    /// The folder of their table.
    folder: String,
    /// What was counted before of the files whose tails are read, by identity.
    counted: BTreeMap<Arc<str>, Box<Seen>>,
    /// Whether the file whose turn it is ends in a quote that may yet be closed.
    is_open: bool,
    rejects: RowIntake<RejectRow>,
    /// What writes the events themselves, where they are published.
    events: Option<Arc<EventWriter>>,
    staged: RowIntake<StagedRow>,
    taken: Taken,
}

/// What was taken in.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What each file came to, by identity.
    pub(super) readings: BTreeMap<Arc<str>, Reading>,
    /// The name of each reading, by identity.
    pub(super) ids: BTreeMap<Arc<str>, String>,
    /// Where the rows went that were read of files whose tails alone were, by identity.
    pub(super) tails: BTreeMap<Arc<str>, Tally>,
    pub(super) bytes_read: u64,
    /// Why files are refused or were not read, by identity.
    pub(super) refusals: BTreeMap<Arc<str>, Error>,
    pub(super) first_rejects: Vec<(String, Reject)>,
    /// The contributions, if there are any.
    contributions: Option<Additions>,
    /// The rejects, if there are any.
    rejects: Option<Additions>,
    /// The events that are published once the ledger names their contributions, if there are any.
    staged: Option<Additions>,
}

/// The tables that have what was kept, where anything was.
#[derive(Debug, Default)]
pub(super) struct KeptTables {
    pub(super) contributions: Option<DeltaTable>,
    pub(super) staged: Option<DeltaTable>,
}

impl Taken {
    /// Keeps what was counted and rejected, where the ledger may name it.
    pub(super) fn keep(&mut self, run: &str) -> Result<KeptTables> {
        let keep = |additions: &mut Option<Additions>| {
            additions.take().map(|additions| additions.keep(run)).transpose()
        };
        keep(&mut self.rejects)?;
        let staged = keep(&mut self.staged)?;
        Ok(KeptTables { contributions: keep(&mut self.contributions)?, staged })
    }

    /// Leaves nothing of it.
    pub(super) fn discard(&mut self) {
        let all = [self.rejects.take(), self.staged.take(), self.contributions.take()];
        all.into_iter().flatten().for_each(Additions::discard);
    }

    /// Where the rows went that were read of the file `identity`.
    pub(super) fn tally(&self, identity: &str) -> Option<&Tally> {
        self.tails.get(identity).or_else(|| match self.readings.get(identity)? {
            Reading::Counted(content) => Some(&content.tally),
            Reading::Refused { tally, .. } => Some(tally),
            Reading::Unread { .. } | Reading::Hashed { .. } => None,
        })
    }
}

/// Events, as far as they can be told, of the contributions that are made of others in one run: their counts are in memory.
const FOLDED_EVENTS_MAX: u64 = 4 << 20;

impl<'a, 's> Intake<'a, 's> {
    pub(super) fn new(
        job: &'a Job,
        store: &'a Store,
        folder: String,
        run: String,
        plan: &Plan,
        (sink, events): (Option<&'s mut (dyn RejectSink + 's)>, Option<Arc<EventWriter>>),
    ) -> Self {
        let tails = plan.reads().filter(|file| matches!(file.read, Read::Tail { .. }));
        let counted = tails.filter_map(|file| Some((file.identity.clone(), file.seen.clone()?)));
        Intake {
            counted: counted.collect(),
            is_open: false,
            job,
            store,
            sink,
            contributions: None,
            folder,
            rejects: RowIntake::new(store, KeptTable::Rejects, &run),
            staged: RowIntake::new(store, KeptTable::Events, &run),
            events,
            run,
            taken: Taken::default(),
        }
    }

    /// The name of the reading of the file whose turn it is. No two readings share one.
    fn id(&self) -> String {
        format!("{}-{:06}", self.run, self.taken.readings.len())
    }

    fn read(&mut self, file: &InputFile, bytes_read: u64, reading: Reading) {
        let id = match &reading {
            Reading::Counted(content) => content.contribution.0.clone(),
            _ => self.id(),
        };
        self.taken.ids.insert(file.identity.clone(), id);
        self.taken.bytes_read += bytes_read;
        self.taken.readings.insert(file.identity.clone(), reading);
        self.is_open = false;
    }

    /// The name, the tally and the span of the counted part of `file` together with what was appended, which is counted
    /// under a name of its own.
    fn with_counted_part(&self, file: &InputFile, tail: &Contribution) -> Result<(String, Tally, EventSpan)> {
        let lost = || Error::bug(format!("{}: the part counted before is not known", file.name));
        let seen = self.counted.get(&file.identity).ok_or_else(lost)?;
        let before = seen.contribution.as_ref().ok_or_else(lost)?;
        let mut tally = seen.tally.clone();
        tally.add(&tail.tally);
        Ok((ledger::with(&before.0, &self.id()), tally, union(seen.span_us, tail.span_us)))
    }

    /// Makes one contribution of several last ones of files that were appended to often: all of them are read at once.
    pub(super) fn fold(&mut self, ledger: &Ledger) -> Result<()> {
        let names: Vec<(Arc<str>, String, u64)> = self
            .counted
            .values()
            .filter_map(|seen| {
                Some((seen.identity.clone(), seen.contribution.clone()?.0, seen.tally.counted))
            })
            .collect();
        let parts = |name: &str| ledger::parts(name).count() as u64;
        let mut folds: Vec<(&Arc<str>, Compaction<'_>, u64, u64)> = names
            .iter()
            .filter_map(|(file, name, events)| {
                let fold = Compaction::of(name)?;
                // How many of the events are in which part is not known.
                let share = events / parts(name) * parts(fold.parts);
                let events = if fold.is_all() { *events } else { share };
                Some((file, fold, parts(name), events.max(1)))
            })
            .collect();
        folds.sort_by_key(|(.., parts, _)| std::cmp::Reverse(*parts));
        let mut events = 0;
        let within = folds.iter().take_while(|(.., of)| {
            let is_first = events == 0;
            events += of;
            is_first || events <= FOLDED_EVENTS_MAX
        });
        let within = within.count();
        folds.truncate(within);
        if folds.is_empty() {
            return Ok(());
        }
        let folded: Vec<String> =
            folds.iter().enumerate().map(|(at, (_, fold, ..))| fold.part(&self.run, at)).collect();
        let of: HashMap<&str, usize> = folds
            .iter()
            .enumerate()
            .flat_map(|(at, (_, fold, ..))| ledger::parts(fold.parts).map(move |part| (part, at)))
            .collect();
        let mut rejects = Vec::new();
        if let (Some(from), Some(to)) = (of.keys().min(), of.keys().max()) {
            let bound = |part: &str| StatsValue::Text(part.to_owned());
            let range = ColumnRange { column: "reading".to_owned(), from: bound(from), to: bound(to) };
            ledger::read_rows::<RejectRow>(self.store, KeptTable::Rejects, Some(&range), &mut |row| {
                if let Some(at) = of.get(row.reading.as_str()) {
                    rejects.push(RejectRow { reading: folded[*at].clone(), ..row });
                }
                Ok(())
            })?;
        }
        self.rejects.extend(rejects)?;
        let wanted: Vec<&str> = folds.iter().map(|(_, fold, ..)| fold.parts).collect();
        let counts = Sums::open(self.store, ledger)?.by_file(&wanted, self.job)?;
        let contributions = self.contributions()?;
        for (part, counts) in folded.iter().zip(&counts) {
            contributions.add(&ContributionId(part.clone()), counts)?;
        }
        if let Some(events) = &self.events {
            let names: Vec<_> = wanted.iter().copied().zip(folded.iter().map(String::as_str)).collect();
            self.staged.extend(events.fold(self.store, &names)?)?;
        }
        for ((file, fold, ..), part) in folds.iter().zip(&folded) {
            if let Some(seen) = self.counted.get_mut(*file) {
                seen.contribution = Some(ContributionId(fold.whole(part)));
            }
        }
        Ok(())
    }

    fn contributions(&mut self) -> Result<&mut ledger::SumIntake> {
        let open = match self.contributions.take() {
            Some(open) => open,
            None => ledger::SumIntake::new(self.store, ledger::contributions_in(&self.folder), &self.run)?,
        };
        Ok(self.contributions.insert(open))
    }

    /// Writes all of it. Nothing of it is kept yet. `is_anew`: its table takes the place of a damaged one, even empty.
    pub(super) fn finish(mut self, is_anew: bool) -> Result<Taken> {
        if let Some(events) = &self.events {
            events.finish()?;
        }
        if is_anew {
            self.contributions()?;
        }
        self.taken.rejects = self.rejects.finish()?;
        self.taken.staged = self.staged.finish()?;
        self.taken.contributions = self.contributions.take().map(ledger::SumIntake::finish).transpose()?;
        Ok(self.taken)
    }
}

impl Receiver for Intake<'_, '_> {
    fn rejects_wanted(&self) -> usize {
        usize::MAX
    }

    /// What decides something and is not free is hashed once that is known.
    fn fingerprint_wish(&self, _: &InputFile) -> FingerprintWish {
        FingerprintWish::IfFree
    }

    fn events(&self) -> Option<Arc<dyn EventSink>> {
        self.events.clone().map(|events| events as Arc<dyn EventSink>)
    }

    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        let room = FIRST_REJECTS - self.taken.first_rejects.len().min(FIRST_REJECTS);
        let first = rejects.iter().take(room).map(|reject| (file.name.clone(), reject.clone()));
        self.taken.first_rejects.extend(first);
        if let Some(sink) = &mut self.sink {
            sink.write(&file.name, &rejects)?;
        }
        // Where a quote is not closed by the end, more bytes might have closed it.
        let may_be_closed = |reject: &Reject| {
            reject.reason == Reason::UnclosedQuote
                && reject.place.order() + RECORD_BYTES_MAX as u64 >= file.version.size_bytes
        };
        self.is_open |= rejects.iter().any(may_be_closed);
        let (id, raw) = (self.id(), self.job.rejects.raw);
        self.rejects.extend(rejects.iter().map(|reject| RejectRow::new(&id, &file.identity, reject, raw)))
    }

    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()> {
        let part = self.id();
        let whole = match contribution.proven {
            Some(_) => Some(self.with_counted_part(file, &contribution)?),
            None => None,
        };
        let Contribution {
            counts,
            tally: read,
            span_us,
            fingerprint,
            lines,
            opened,
            proof,
            ends,
            proven,
            events,
        } = contribution;
        let (id, tally, span_us) = whole.unwrap_or_else(|| (part.clone(), read.clone(), span_us));
        self.staged.extend(publish::staged(&part, events)?)?;
        self.contributions()?.add(&ContributionId(part), &counts)?;
        let content = CountedContent {
            opened,
            fingerprint: fingerprint.map(|fingerprint| fingerprint.0),
            lines,
            proof: proof.filter(|_| !self.is_open),
            ends,
            begins_with: Vec::new(),
            proven,
            counted_bytes: tally.bytes_total,
            tally,
            span_us,
            contribution: ContributionId(id),
        };
        let bytes_read = read.bytes_read;
        if content.proven.is_some() {
            self.taken.tails.insert(file.identity.clone(), read);
        }
        self.read(file, bytes_read, Reading::Counted(Box::new(content)));
        Ok(())
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        let Refusal { error, tally, opened } = refusal;
        let error = error.at(Location::of(&file.name));
        tracing::warn!(file = file.name, code = error.code().name(), reason = %error, "refused");
        let reason = reason_of(&file.name, &error).into_owned();
        let tally = tally.unwrap_or_default();
        let bytes_read = tally.bytes_read;
        let reading = match opened {
            // What storage did once it may not do again.
            Some(opened) if error.kind() != Kind::Storage => {
                Reading::Refused { opened, fingerprint: None, tally: Box::new(tally), reason }
            }
            _ => Reading::Unread { reason, may_pass: error.kind() == Kind::Storage },
        };
        self.taken.refusals.insert(file.identity.clone(), error);
        self.read(file, bytes_read, reading);
        Ok(())
    }
}
