//! The owner: the job whose ledger it is, and whether that still counts as it did.

use hashbrown::HashMap;

use super::Ledger;
use crate::error::{Error, Kind, Result};
use crate::job::Job;

/// The property with the name of the job whose ledger it is.
pub(super) const PROPERTY: &str = "windrow.job";

impl Ledger {
    /// Whether it has counted what `job` counts.
    ///
    /// # Errors
    /// Person: the job file was changed since.
    pub fn check_job(&self, job: &Job) -> Result<()> {
        let counting = job.counting();
        let mut others: HashMap<&str, i64> = HashMap::new();
        for row in self.rows().filter(|row| row.contribution.is_some()) {
            let first_us = others.entry(&row.counted_by).or_insert(i64::MAX);
            *first_us = row.first_us().min(*first_us);
        }
        others.retain(|counted_by, first_us| !counting.is_served_by(counted_by, *first_us));
        if others.is_empty() {
            return Ok(());
        }
        if others.keys().all(|counted_by| counting.has_events_of(counted_by)) {
            let message = "a report has narrower windows, or another zone, than what the ledger has counted can be divided into";
            return Err(Error::new(Kind::Person, message)
                .help("read every file again with --again all; or undo the change of the job file"));
        }
        Err(Error::new(
            Kind::Person,
            "the counting rules of the job file differ from those of the ledger (source, time or keys)",
        )
        .help("read every file again with --again all; or undo the change of the job file"))
    }

    /// The name of the job whose ledger it is, if a commit has said it.
    pub(super) fn owner(&self) -> Option<&str> {
        self.table.properties().get(PROPERTY)?.as_deref()
    }

    /// Whether it is the ledger of `job`.
    ///
    /// # Errors
    /// Person: it is that of a job of another name.
    pub fn check_owner(&self, job: &Job) -> Result<()> {
        match self.owner().filter(|owner| *owner != job.name && self.rows().next().is_some()) {
            None => Ok(()),
            Some(owner) => {
                let message = format!(
                    "{}: it is the ledger of job {owner:?}, not of {:?}",
                    self.table.place(),
                    job.name
                );
                Err(Error::new(Kind::Person, message).help(format!(
                    "give each job an [output] path of its own; if the job was renamed, write name = {owner:?} again, or count \
                     every file again under the new name with --again all"
                )))
            }
        }
    }
}
