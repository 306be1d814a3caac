//! What a person gives: a job or a question, and inputs. They are listed first, and looked into after that.

use std::path::{Path, PathBuf};

use super::{list_inputs, store_of};
use crate::engine::choice::{EngineChoice, reaching};
use crate::error::{Help, Result};
use crate::job::{Fault, Job};
use crate::ledger::Ledger;
use crate::sniff::{Answerable, Question};
use crate::source::{self, Listing, fetch_to_count};

/// A job and its inputs, which are listed. Nothing of them is read yet.
#[derive(Debug)]
pub struct GivenJob {
    /// The job; of a question, its [draft](Question::draft).
    pub job: Job,
    /// The inputs.
    pub listing: Listing,
    question: Option<Question>,
    choice: Option<EngineChoice>,
}

impl GivenJob {
    /// The inputs that `job` names, or those in `paths`, of which no ledger is kept. The engine of `choice` says how files are reached that only a
    /// cluster sees. Unless `lists_old_folders`, folders are left out as in [`list_inputs`].
    ///
    /// # Errors
    /// As [`list_inputs`] and [`source::list`].
    pub fn of_job(
        job: &Job,
        paths: Option<&[PathBuf]>,
        choice: Option<EngineChoice>,
        lists_old_folders: bool,
    ) -> Result<Self> {
        let mut job = reaching(job, choice.as_ref()).into_owned();
        job.output = job.output.filter(|_| paths.is_none());
        let mut listing = match paths {
            Some(paths) => source::list(paths, Path::new(""), &job.source.endings(), &job.stores())?,
            None => {
                let store = job.output.as_ref().map(|output| store_of(&job, output)).transpose()?;
                list_inputs(&job, store.as_ref(), lists_old_folders)?
            }
        };
        listing.name_from_here();
        Ok(GivenJob { job, listing, question: None, choice })
    }

    /// The inputs in `paths`, about which a question is asked.
    ///
    /// # Errors
    /// As [`Question::draft`] and [`source::list`]. With a ledger, all inputs may be gone.
    pub fn of_question(
        question: Question,
        paths: &[PathBuf],
        choice: Option<EngineChoice>,
    ) -> Result<Self, Fault> {
        let job = reaching(&question.draft()?, choice.as_ref()).into_owned();
        let listing = listed(paths, &job)?;
        Ok(GivenJob { job, listing, question: Some(question), choice })
    }

    /// Begins to fetch the first input, if it is looked into and counted after that. Of what a job names, nothing may be left to count.
    pub fn fetch(&self) {
        if self.question.is_some() {
            fetch_to_count(&self.listing.files);
        }
    }

    /// Looks into the inputs for what a question leaves open, and says what was chosen.
    ///
    /// # Errors
    /// As [`Question::answerable`]. Usage: a ledger is to be kept of a pipe.
    pub fn complete(self) -> Result<(Answerable, Listing), Fault> {
        let GivenJob { job, listing, question, choice } = self;
        let Some(question) = question else {
            return Ok((Answerable { job, chosen: Vec::<Help>::new() }, listing));
        };
        if job.output.is_some() {
            source::are_no_pipes(&listing.files, source::READ_AGAIN)?;
        }
        let Answerable { job, chosen } = question.answerable(&job, &listing.files)?;
        Ok((Answerable { job: reaching(&job, choice.as_ref()).into_owned(), chosen }, listing))
    }
}

/// Lists `paths` for `job`. If all files that its ledger knows are gone, the run reports that.
fn listed(paths: &[PathBuf], job: &Job) -> Result<Listing> {
    let remembers = match &job.output {
        Some(output) => Ledger::is_there(&store_of(job, output)?)?,
        None => false,
    };
    let list = if remembers { source::list_present } else { source::list };
    list(paths, Path::new(""), &job.source.endings(), &job.stores())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::InputFile;
    use crate::storage::{LocalFolder, Object, Storage};

    #[test]
    fn only_what_is_counted_next_is_fetched_ahead() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let text = "time,action\n".to_owned() + &"2024-01-31T09:05:00Z,Open\n".repeat(2_000);
        std::fs::write(&path, text).unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(64 << 20).unwrap();
        let store = Arc::new(LocalFolder::new(folder.path()));
        let object = Object::new(store.clone(), &store.stat("a.csv").unwrap().unwrap());
        for (is_job, is_counted, blocks) in [(true, true, 0), (false, false, 1), (false, true, 9)] {
            let file =
                InputFile { name: "a.csv".into(), object: Some(object.clone()), ..InputFile::default() };
            let listing = Listing { files: vec![file], ..Listing::default() };
            let mut question = Question::default();
            question.said.source.path = vec!["a.csv".to_owned()];
            let job = question.draft().unwrap();
            let given = GivenJob { job, listing, question: (!is_job).then_some(question), choice: None };
            if is_counted {
                given.fetch();
            }
            let (answerable, _) = given.complete().unwrap();
            assert_eq!(answerable.job.source.keys.is_empty(), is_job);
            assert_eq!(object.blocks_fetched(), blocks);
        }
    }
}
