//! The owner: the job of a ledger, and whether its counting rules are still the same.

use hashbrown::HashMap;

use super::Ledger;
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::job::{Counting, Job};

/// The property with the name of the ledger's job.
pub(super) const PROPERTY: &str = "windrow.job";

impl Ledger {
    /// Checks that it was counted by the rules of `job`.
    ///
    /// # Errors
    /// Attention: the job file was changed since, or the rules of windrow were.
    pub fn check_job(&self, job: &Job) -> Result<()> {
        let counted = self.rows().filter(|row| row.contribution.is_some());
        check_counting(&job.counting(), counted.map(|row| (&*row.counted_by, row.first_us())))
    }

    /// The name of the ledger's job, if a commit has set it.
    pub(super) fn owner(&self) -> Option<&str> {
        self.table.properties().get(PROPERTY)?.as_deref()
    }

    /// Checks that it is the ledger of `job`.
    ///
    /// # Errors
    /// Attention: it belongs to a job of another name.
    pub fn check_owner(&self, job: &Job) -> Result<()> {
        match self.owner().filter(|owner| *owner != job.name && self.rows().next().is_some()) {
            None => Ok(()),
            Some(owner) => {
                let message = format!(
                    "{}: it is the ledger of job {owner:?}, not of {:?}",
                    self.table.place(),
                    job.name
                );
                Err(Error::new(Kind::Attention, message).with_code(Code::OtherJob).with_help(Help::from(format!(
                    "give each job an [output] path of its own; if the job was renamed, write name = {owner:?} again, or count \
                     every file again under the new name with "
                )).set(Setting::Again, "all")))
            }
        }
    }
}

/// Checks that existing counts are valid for `counting`. `counted` gives the fingerprint of their rules and their first time.
fn check_counting<'r>(counting: &Counting, counted: impl Iterator<Item = (&'r str, i64)>) -> Result<()> {
    let mut others: HashMap<&str, i64> = HashMap::new();
    for (counted_by, first_us) in counted {
        let first = others.entry(counted_by).or_insert(i64::MAX);
        *first = first_us.min(*first);
    }
    others.retain(|counted_by, first_us| !counting.is_served_by(counted_by, *first_us));
    if others.is_empty() {
        return Ok(());
    }
    if others.keys().any(|counted_by| Counting::is_older(counted_by)) {
        let message = "an older version of windrow counted this ledger, and its counting rules differ";
        return Err(Error::new(Kind::Attention, message)
            .with_code(Code::OtherRules)
            .with_help(read_all("; the counts of files that are gone cannot be brought over")));
    }
    if others.keys().all(|counted_by| counting.has_events_of(counted_by)) {
        let message = "a report has narrower windows, or another zone, than what the ledger has counted can be divided into";
        return Err(Error::new(Kind::Attention, message)
            .with_code(Code::OtherRules)
            .with_help(read_all("; or undo the change of the job file")));
    }
    Err(Error::new(
        Kind::Attention,
        "the counting rules of the job file differ from those of the ledger (source, time, keys or measures)",
    )
    .with_code(Code::OtherRules)
    .with_help(read_all("; or undo the change of the job file")))
}

/// What to do if everything was counted by other rules.
fn read_all(rest: &str) -> Help {
    Help::from("read every file again with ").set(Setting::Again, "all").and(rest)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_differs_is_told() {
        let job =
            "name = 'j'\nversion = 1\n[source]\npath = 'a.csv'\ntime = 't'\n[reports.r]\nevery = '1h'\n";
        let counting = Job::from_toml(job, Path::new("job.toml")).unwrap().counting();
        let same = counting.to_string();
        let (hash, widths) = same.split_once('/').unwrap();
        let (hash, other) = (hash.to_owned(), format!("{}/{widths}", hash.replace(|_| true, "0")));
        assert!(check_counting(&counting, [(same.as_str(), 0)].into_iter()).is_ok());
        for (counted_by, said) in [(hash, "an older version of windrow"), (other, "of the job file differ")] {
            let error =
                check_counting(&counting, [(same.as_str(), 0), (&counted_by, 0)].into_iter()).unwrap_err();
            assert_eq!(error.kind(), Kind::Attention);
            assert!(
                error.message().contains(said) && error.help_text().unwrap().contains("again = \"all\""),
                "{error}"
            );
        }
    }
}
