//! Intake: takes what the engine hands on, and keeps it where the ledger may name it later.

use std::collections::BTreeMap;

use crate::delta::{DataWriter, Store, Table};
use crate::engine::{Contribution, Receiver, Refusal};
use crate::error::{Error, Kind, Result};
use crate::increment::{Content, ContributionId, Reading};
use crate::job::Job;
use crate::ledger::{self, Kept, RejectRow};
use crate::reject::Reject;
use crate::source::InputFile;
use crate::tally::Tally;

use super::super::{FIRST_REJECTS, RejectSink};

/// Takes in the readings of one run.
pub(super) struct Intake<'a> {
    job: &'a Job,
    store: &'a Store,
    run: String,
    sink: Option<&'a mut dyn RejectSink>,
    contributions: Option<ledger::Intake>,
    rejects: Vec<RejectRow>,
    reject_files: Option<(Table, DataWriter)>,
    taken: Taken,
}

/// What was taken in.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What each file came to, by identity.
    pub(super) readings: BTreeMap<String, Reading>,
    /// The name of each reading, by identity.
    pub(super) ids: BTreeMap<String, String>,
    pub(super) tally: Tally,
    pub(super) bytes_read: u64,
    pub(super) first_rejects: Vec<(String, Reject)>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(
        job: &'a Job,
        store: &'a Store,
        run: String,
        sink: Option<&'a mut dyn RejectSink>,
    ) -> Self {
        Intake {
            job,
            store,
            run,
            sink,
            contributions: None,
            rejects: Vec::new(),
            reject_files: None,
            taken: Taken::default(),
        }
    }

    /// The name of the reading of the file whose turn it is. No two readings share one.
    fn id(&self) -> String {
        format!("{}-{:06}", self.run, self.taken.readings.len())
    }

    fn read(&mut self, file: &InputFile, tally: &Tally, reading: Reading) {
        self.taken.ids.insert(file.identity.clone(), self.id());
        self.taken.tally.add(tally);
        self.taken.bytes_read += tally.bytes_read;
        self.taken.readings.insert(file.identity.clone(), reading);
    }

    fn write_rejects(&mut self) -> Result<()> {
        let (_, writer) = match &mut self.reject_files {
            Some(open) => open,
            None => {
                let table = ledger::create(self.store, Kept::Rejects, &self.run)?;
                let writer = table.writer(&Default::default())?;
                self.reject_files.insert((table, writer))
            }
        };
        ledger::write_rows(writer, Kept::Rejects, &std::mem::take(&mut self.rejects))
    }

    /// Keeps all of it. Nothing of it counts yet.
    pub(super) fn finish(mut self) -> Result<Taken> {
        if !self.rejects.is_empty() {
            self.write_rejects()?;
        }
        if let Some((mut table, writer)) = self.reject_files.take() {
            ledger::append(&mut table, vec![writer.finish()?], &self.run)?;
        }
        if let Some(contributions) = self.contributions.take() {
            contributions.finish(&self.run)?;
        }
        Ok(self.taken)
    }
}

impl Receiver for Intake<'_> {
    fn rejects_wanted(&self) -> usize {
        usize::MAX
    }

    fn wants_fingerprint(&self, _: &InputFile) -> bool {
        true
    }

    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        let room = FIRST_REJECTS - self.taken.first_rejects.len().min(FIRST_REJECTS);
        let first = rejects.iter().take(room).map(|reject| (file.name.clone(), reject.clone()));
        self.taken.first_rejects.extend(first);
        if let Some(sink) = &mut self.sink {
            sink.write(&file.name, &rejects)?;
        }
        let (id, raw) = (self.id(), self.job.rejects.raw);
        self.rejects.extend(rejects.iter().map(|reject| RejectRow::new(&id, &file.identity, reject, raw)));
        if self.rejects.len() >= ledger::BATCH_ROWS { self.write_rejects() } else { Ok(()) }
    }

    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()> {
        let Contribution { counts, tally, span_us, fingerprint, opened } = contribution;
        let fingerprint = fingerprint.ok_or_else(|| Error::bug("an engine has left out a fingerprint"))?;
        let id = ContributionId(self.id());
        let contributions = match &mut self.contributions {
            Some(contributions) => contributions,
            None => self.contributions.insert(ledger::Intake::new(self.store, &self.run)?),
        };
        contributions.add(&id, &counts)?;
        let content = Content {
            opened,
            fingerprint: fingerprint.0,
            proof: None,
            proven: None,
            counted_bytes: tally.bytes_total,
            tally: tally.clone(),
            span_us,
            contribution: id,
        };
        self.read(file, &tally, Reading::Counted(content));
        Ok(())
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        let Refusal { error, tally, opened } = refusal;
        tracing::warn!(file = file.name, reason = %error, "refused");
        let prefix = format!("{}: ", file.name);
        let reason = error.message().strip_prefix(&prefix).unwrap_or(error.message()).to_owned();
        let tally = tally.unwrap_or_default();
        let reading = match opened {
            // What storage did once it may not do again.
            Some(opened) if error.kind() != Kind::Storage => {
                Reading::Refused { opened, fingerprint: None, tally: tally.clone(), reason }
            }
            _ => Reading::Unread { reason },
        };
        self.read(file, &tally, reading);
        Ok(())
    }
}
