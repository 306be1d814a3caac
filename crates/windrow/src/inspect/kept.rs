//! What a job keeps: its tables, and the ledger that says what in them counts.

use crate::delta::Store;
use crate::error::{Code, Error, Help, HelpPart, Result};
use crate::job::Job;
use crate::ledger::Ledger;
use crate::run::store_of;
use crate::text::escape;

/// The tables of a job, and its ledger.
#[derive(Debug)]
pub struct Kept {
    /// Where they are.
    pub store: Store,
    /// The ledger.
    pub ledger: Ledger,
}

impl Kept {
    /// What `job` keeps.
    ///
    /// # Errors
    /// Usage: the job has no `[output]`, or no run has made its ledger. Attention: it is the ledger of another job.
    pub fn open(job: &Job) -> Result<Kept> {
        let output = job.required_output()?;
        let store = store_of(job, output)?;
        let ledger = Ledger::open(&store)?.ok_or_else(|| {
            Error::usage(format!("{} has no ledger yet", escape::path(&output.path)))
                .with_code(Code::NoLedger)
                .with_help(Help::default().with(HelpPart::Run))
        })?;
        ledger.check_owner(job)?;
        Ok(Kept { store, ledger })
    }
}
