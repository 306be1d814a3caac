use windrow::EndHashes;
use windrow::Reject;
use windrow::Stop;
use windrow::engine::embedded::Embedded;
use windrow::engine::{Contribution, Engine, FingerprintWish, Receiver, Refusal};
use windrow::source::{InputFile, ends_of};
use windrow::{Job, Result, Settings};

/// An engine that does not see the bytes of files, as one on other machines: it leaves out fingerprints unless they are
/// needed, gives no proof of what it has counted, and reads grown files whole.
#[derive(Debug)]
pub(crate) struct Blind;

impl Engine for Blind {
    fn name(&self) -> &'static str {
        "blind"
    }

    fn count(
        &self,
        job: &Job,
        files: &[InputFile],
        settings: &Settings,
        receiver: &mut dyn Receiver,
    ) -> Result<()> {
        let whole = |file: &InputFile| InputFile { counted: None, ..file.clone() };
        let files: Vec<InputFile> = files.iter().map(whole).collect();
        Embedded.count(job, &files, settings, &mut Unseen(receiver))
    }
}

/// Delivers what a blind engine knows.
struct Unseen<'a>(&'a mut dyn Receiver);

impl Receiver for Unseen<'_> {
    fn rejects_wanted(&self) -> usize {
        self.0.rejects_wanted()
    }

    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish {
        self.0.fingerprint_wish(file)
    }

    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        self.0.rejects(file, rejects)
    }

    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()> {
        let is_needed = self.fingerprint_wish(file) == FingerprintWish::Needed;
        let fingerprint = contribution.fingerprint.filter(|_| is_needed);
        let version = &contribution.opened.version;
        let [head, last] = ends_of(file, contribution.tally.bytes_total, version, false, &Stop::default())?;
        let ends = EndHashes { head: Some(head), last: Some(last) };
        self.0.contribution(file, Contribution { fingerprint, proof: None, ends, ..contribution })
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        self.0.refused(file, refusal)
    }
}
