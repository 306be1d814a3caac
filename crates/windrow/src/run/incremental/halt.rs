//! Halts: errors that keep a run from being committed, and the note that tells the next run of them, so that it does not read the
//! same inputs again.

use std::fmt::Write;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::delta::Store;
use crate::error::{Code, Error, Help, Kind, Location, Result, Setting};
use crate::fingerprint::Fingerprint;
use crate::increment::{Became, FileState, Plan, ReadReason, Reconciled, Seen};
use crate::job::Job;
use crate::ledger::Ledger;
use crate::source::InputFile;
use crate::text::number::counted;

use super::super::nothing::{counted_nothing, has_counted_nothing, has_no_readable_time, no_readable_time};
use super::{Again, Outcome, RunRequest};

/// The error that keeps a run from being committed. `is_first`: the ledger has no files yet.
pub(super) fn why_not(
    job: &Job,
    files: &[InputFile],
    done: &Outcome,
    is_first: bool,
    asked: &RunRequest,
) -> Option<Error> {
    // A wrong time format shows as too many rejects; then the format has to be corrected.
    if is_first && has_no_readable_time(&done.read()) {
        return Some(no_readable_time(job, files, &done.first_rejects).within("nothing was kept"));
    }
    // A refusal is reported as such. Without one, an empty answer would replace the present one.
    if has_counted_nothing(&done.read())
        && (is_first || done.refused().next().is_none())
        && is_empty(&done.reconciled)
        && let Some(error) = counted_nothing(job, files, &done.read(), &done.first_rejects)
    {
        return Some(error.within("nothing was kept or published"));
    }
    if let Some(error) = nothing_left(&done.reconciled) {
        return Some(error);
    }
    if let Some(error) = other_columns(done) {
        return Some(error.within("nothing was kept or published"));
    }
    if job.limits.strict
        && let Some(error) = done.partly_refused()
    {
        return Some(error.within("the job is strict: nothing was kept or published"));
    }
    // A file that cannot be read keeps its old counts, unless all files are to be counted again.
    let unread = done.reconciled.iter().find_map(|file| match &file.became {
        Became::Unread { reason, .. } => Some((&file.identity, reason)),
        _ => None,
    });
    let (file, reason) = unread.filter(|_| asked.again == Some(Again::All))?;
    Some(
        Error::new(Kind::Storage, format!("{file}: {reason}; nothing was counted again"))
            .with_code(Code::FilesRefused)
            .with_help("run it again when every file can be read"),
    )
}

/// The error if files are refused because a look-up now has other columns: the table has to be corrected, not the files.
fn other_columns(done: &Outcome) -> Option<Error> {
    let rejoined = done.plan.files.iter().filter(|file| matches!(file.cause, ReadReason::OtherTable(_)));
    let mut refusals = rejoined.filter_map(|file| done.refusals.get(&file.identity));
    refusals.find(|error| matches!(error.code(), Code::MissingColumn | Code::RepeatedColumn)).cloned()
}

/// Whether no event counts.
fn is_empty(reconciled: &[Reconciled]) -> bool {
    let counts = |row: &Seen| row.contribution.is_some() && row.tally.counted > 0;
    !reconciled.iter().filter_map(|file| file.row.as_deref()).any(counts)
}

/// The error if the files with events are gone, and the others have only rejects: a single run over these would end with it. None
/// if a file is refused, which is reported as such.
pub(crate) fn nothing_left(reconciled: &[Reconciled]) -> Option<Error> {
    let rows = || reconciled.iter().filter_map(|file| file.row.as_deref());
    let is_refused = rows().any(|row| row.state == FileState::Refused);
    if is_refused || !reconciled.iter().any(|file| file.leaves.is_some()) || !is_empty(reconciled) {
        return None;
    }
    let stay = || rows().filter(|row| row.state == FileState::Counted);
    let rejected: u64 = stay().map(|row| row.tally.rejected_total()).sum();
    let filtered: u64 = stay().map(|row| row.tally.filtered).sum();
    (rejected > 0 && filtered == 0).then(|| {
        let (files, rows) = (stay().count() as u64, counted(rejected, "row"));
        let are = if files == 1 { "is" } else { "are" };
        let files = counted(files, "file");
        Error::data(format!(
            "nothing was kept or published: the files with events are gone, and of the {files} that {are} there no row counts: \
             {rows} read, and all are rejects"
        )).with_code(Code::NothingCounted)
        .with_help("bring the files back, or correct those that are there")
    })
}

/// Where the note is, from the output folder.
const PATH: &str = "state/no-answer.json";

/// The note that a run without an answer leaves.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The fingerprint of all that the error depends on.
    of: String,
    is_usage: bool,
    code: Code,
    message: String,
    location: Location,
    help: Option<Help>,
}

impl Note {
    /// The note in `store`; none if there is none that can be read.
    ///
    /// # Errors
    /// Storage.
    pub(crate) fn open(store: &Store) -> Result<Option<Note>> {
        Ok(store.get(PATH)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// The error that a run with this plan would end with, if nothing has changed since the note was written.
    pub(crate) fn error(
        &self,
        job: &Job,
        plan: &Plan,
        ledger: Option<&Ledger>,
        asked: &RunRequest,
    ) -> Option<Error> {
        if asked.again.is_some() || self.of != fingerprint(job, plan, ledger, asked) {
            return None;
        }
        let kind = if self.is_usage { Kind::Usage } else { Kind::Data };
        let error = Error::new(kind, &self.message).with_code(self.code).at(self.location.clone());
        let help = self.help.clone().map_or_else(Help::default, |help| help.and("\n    "));
        let error = error.with_help(help.and("or read them again with ").set(Setting::Again, "all"));
        Some(error.within("the inputs were not read again, as none has another size or time"))
    }

    /// Writes a note of `error` for the next run, if that would end with the same.
    pub(super) fn leave(
        store: &Store,
        error: &Error,
        (job, done): (&Job, &Outcome),
        ledger: Option<&Ledger>,
        asked: &RunRequest,
    ) -> Result<()> {
        let may_be_other = |file: &Reconciled| {
            let is_racy = file.row.as_deref().is_some_and(|row| row.racy);
            is_racy || matches!(file.became, Became::Unread { .. })
        };
        let is_of_data = matches!(error.kind(), Kind::Usage | Kind::Data);
        if asked.again.is_some() || !is_of_data || done.reconciled.iter().any(may_be_other) {
            return Ok(());
        }
        let note = Note {
            of: fingerprint(job, &done.plan, ledger, asked),
            is_usage: error.kind() == Kind::Usage,
            code: error.code(),
            message: error.message().to_owned(),
            location: error.location().clone(),
            help: error.help().cloned(),
        };
        let json =
            serde_json::to_vec(&note).map_err(|error| Error::bug(format!("a note as JSON: {error}")))?;
        store.put(PATH, Bytes::from(json))
    }

    /// Deletes the note, as there is an answer.
    pub(super) fn remove(store: &Store) -> Result<()> {
        store.delete(PATH)
    }
}

/// The fingerprint of all that the end of a run depends on: the rules, the job, the options, the ledger and the files.
fn fingerprint(job: &Job, plan: &Plan, ledger: Option<&Ledger>, asked: &RunRequest) -> String {
    let ledger = ledger.map(|ledger| (ledger.id(), ledger.version()));
    let mut text = format!("{} {job:?} {asked:?} {ledger:?}", rules(job));
    for file in plan.files.iter().filter_map(|file| file.listed.as_ref()) {
        // Writing to a String does not fail.
        let _ = write!(text, "\n{file:?}");
    }
    Fingerprint::of(text.as_bytes()).to_string()
}

/// The rules by which the job reads and counts, with their versions, and the zones: in another version of the program they may differ.
fn rules(job: &Job) -> String {
    let reports = job.reports.iter().filter_map(|report| job.report_fingerprint(&report.name));
    [job.count_fingerprint(), job.refusal_fingerprint()]
        .into_iter()
        .chain(reports)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::rules;
    use crate::job::Job;

    #[test]
    fn a_note_is_of_the_rules_and_of_the_zones_as_they_are_known() {
        let toml = "name = 'j'\nversion = 1\n[source]\npath = 'in'\ntime = 'time'\nkeys = ['action']\nzone = 'Europe/Berlin'\n\
                    [reports.r]\nevery = '1d'\nzone = 'Asia/Tokyo'\n";
        let job = Job::from_toml(toml, Path::new("job.toml")).unwrap();
        let rules = rules(&job);
        // Versions of rules and the offsets of zones are in these, as tests of theirs show.
        let report = job.report_fingerprint("r").unwrap();
        for part in [job.count_fingerprint(), job.refusal_fingerprint(), report] {
            assert!(rules.split(' ').any(|rule| rule == part), "{rules}");
        }
    }
}
