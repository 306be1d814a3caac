//! Changes: records after publishing which numbers changed and why. They are derived from the versions of the report's
//! table, so a run also records what a run that died had published without recording it.

use crate::delta::Store;
use crate::error::{Kind, Result};
use crate::job::{Job, ReportSpec};
use crate::ledger::{Change, Changes, Instant, Ledger, Sums};
use crate::measure::Number;
use crate::publish::delta::{NumberChange, PublishedTable};

use super::causes::{Causes, keys_as_json};
use super::publishing::PublishedChange;

/// Changes that are kept to be shown.
const SHOWN: usize = 10;

/// Attempts while other runs tell changes too.
const ATTEMPTS: usize = 20;

/// Tells every change of the report up to the version that `published` is at; `causes` are those of its last one, if they
/// are known. The first few of that version come back, and how many there are in all.
pub(super) fn tell(
    (job, spec): (&Job, &ReportSpec),
    store: &Store,
    published: &PublishedTable,
    (ledger, sums): (&Ledger, &Sums),
    causes: Option<Causes>,
    run: &str,
) -> Result<(Vec<PublishedChange>, u64)> {
    let (id, version) = (published.table().id(), published.table().version());
    if version <= PublishedTable::FIRST {
        return Ok((Vec::new(), 0));
    }
    let told = ChangeContext { job, spec, ledger, sums, newest: version, causes };
    let mut attempt = 1;
    loop {
        let mut changes = Changes::open(store, run)?;
        let from = changes.told(id).unwrap_or(PublishedTable::FIRST);
        if from >= version {
            return Ok((Vec::new(), 0));
        }
        let mut rows = Vec::new();
        let (mut shown, mut before_rows) = (Vec::new(), 0);
        // What another program has made of the table, and what was published over it, is one change.
        let mut before = from;
        for version in from + 1..=version {
            if told.is_ours(published, version)? {
                before_rows = rows.len();
                shown = told.changes(published, before, version, &mut rows)?;
                before = version;
            }
        }
        match changes.tell(run, (id, version), &rows) {
            Err(error) if error.kind() == Kind::Storage && attempt < ATTEMPTS => {
                tracing::debug!(report = spec.name, %error, "telling changes again");
                attempt += 1;
            }
            told => return told.map(|()| (shown, (rows.len() - before_rows) as u64)),
        }
    }
}

/// What is known for telling.
struct ChangeContext<'a> {
    job: &'a Job,
    spec: &'a ReportSpec,
    ledger: &'a Ledger,
    sums: &'a Sums,
    newest: u64,
    causes: Option<Causes>,
}

impl ChangeContext<'_> {
    /// Whether this program has made `version`, or it is unknown who has.
    fn is_ours(&self, published: &PublishedTable, version: u64) -> Result<bool> {
        Ok(published.at(version)?.is_none_or(|published| !published.table().is_changed_by_others()))
    }

    /// Adds what `version` of the report made others of version `before`; the first few come back.
    fn changes(
        &self,
        published: &PublishedTable,
        before: u64,
        version: u64,
        rows: &mut Vec<Change>,
    ) -> Result<Vec<PublishedChange>> {
        let (Some(before), Some(after)) = (published.at(before)?, published.at(version)?) else {
            return Ok(Vec::new());
        };
        let is_same = before.fingerprint() == after.fingerprint();
        let other;
        let causes = match &self.causes {
            Some(causes) if version == self.newest => causes,
            _ if !is_same => &Causes::default(),
            _ => {
                other = self.causes(&before, &after)?;
                &other
            }
        };
        let unknown = match before.ledger_version(self.ledger.id()) {
            _ if !is_same => "the job or windrow changed",
            None => "the ledger was made anew",
            Some(_) => "cause unknown: earlier counts no longer available",
        };
        let made = after.table().made_by()?;
        let run = made.as_ref().and_then(|made| made.run_id.clone()).unwrap_or_default();
        let at = Instant(made.and_then(|made| made.timestamp_ms).unwrap_or_default().saturating_mul(1_000));
        let ledger_version = after.ledger_version(self.ledger.id()).unwrap_or_default() as i64;
        let mut shown = Vec::new();
        let count = rows.len();
        let told = after.differences(&before, &mut |difference| {
            let NumberChange { window, label, keys, old, new, measured } = difference;
            let values = keys_as_json(keys)?;
            let (cause, file, files) =
                match causes.of(window.start_us..window.end_us, &values, measured.is_some()) {
                    Some((cause, file, files)) => (cause, Some(file.to_owned()), files),
                    None => (unknown, None, 0),
                };
            let written = |number: Number| Some(number.written()).filter(|_| !number.is_null());
            let measured = measured.map(|(name, old, new)| (name.to_owned(), written(old), written(new)));
            if shown.len() < SHOWN {
                shown.push(PublishedChange {
                    window,
                    label: label.to_owned(),
                    keys: keys.iter().map(|key| key.map(str::to_owned)).collect(),
                    old,
                    new,
                    measured: measured.clone(),
                    cause,
                    file: file.clone(),
                    files,
                });
            }
            let (measure, old_value, new_value) =
                measured.map_or((None, None, None), |(name, old, new)| (Some(name), old, new));
            rows.push(Change {
                run: run.clone(),
                at,
                report: self.spec.name.clone(),
                ledger_version,
                window_start: Instant(window.start_us),
                window_end: Instant(window.end_us),
                keys: values,
                old: old as i64,
                new: new as i64,
                measure,
                old_value,
                new_value,
                cause: cause.to_owned(),
                file,
                files: files as i64,
            });
            Ok(())
        });
        match told {
            // What a version was is no longer known: how it came about cannot be told.
            Err(error) if error.kind() == Kind::Attention => {
                tracing::warn!(report = self.spec.name, version, %error, "changes that cannot be told");
                rows.truncate(count);
                Ok(Vec::new())
            }
            told => told.map(|()| shown),
        }
    }

    /// What is different between the versions of the ledger that two versions of the report show.
    fn causes(&self, before: &PublishedTable, after: &PublishedTable) -> Result<Causes> {
        let shown = |published: &PublishedTable| match published.ledger_version(self.ledger.id()) {
            Some(version) => self.sums.known_at(self.ledger, version),
            None => Ok(None),
        };
        match (shown(before)?, shown(after)?) {
            (Some(before), Some(after)) => {
                let causes = Causes::known_between(&before, &after, self.sums, &self.job.cleaning)?;
                Ok(causes.unwrap_or_default())
            }
            _ => Ok(Causes::default()),
        }
    }
}
