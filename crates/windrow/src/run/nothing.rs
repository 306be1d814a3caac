//! Nothing counted: why a run that read rows has no answer, and what to change.

use crate::error::{Error, Kind};
use crate::event::TimeReader;
use crate::format::csv::mismatch;
use crate::job::Job;
use crate::reject::{Reason, Reject};
use crate::sniff::source_lines;
use crate::source::InputFile;
use crate::tally::Tally;
use crate::text::escape::{quoted, visible_bytes};
use crate::text::number::{counted, grouped};

/// Whether times were read, and none of them reads in the declared format.
pub(super) fn has_no_readable_time(tally: &Tally) -> bool {
    let rejected = |reason: Reason| tally.rejected[reason as usize];
    let readable =
        [Reason::OutOfRange, Reason::LocalGap, Reason::LocalFold].map(rejected).iter().sum::<u64>();
    rejected(Reason::BadTime) > 0 && tally.counted + tally.filtered + readable == 0
}

/// Bytes of a value that a message shows.
const SAMPLE_BYTES_MAX: usize = 80;

pub(super) fn no_readable_time(job: &Job, first_rejects: &[(String, Reject)]) -> Error {
    let sample = first_rejects.iter().find_map(|(_, reject)| reject.value.as_deref()).unwrap_or_default();
    Error::new(
        Kind::Usage,
        format!(
            "no row has a readable time: column {} has, for example, \"{}\"",
            quoted(&job.source.time.column),
            visible_bytes(&sample[..sample.len().min(SAMPLE_BYTES_MAX)])
        ),
    )
    .help("say how the times are written:")
    .set("source.time_format", "\"%d/%m/%Y %H:%M:%S\"")
}

/// Whether lines were read, and each of them is a reject or left out by a rule, which may be no answer: see [`counted_nothing`].
pub(super) fn has_counted_nothing(tally: &Tally) -> bool {
    tally.counted + tally.filtered == 0 && tally.rejected_total() + tally.skipped + tally.comment > 0
}

/// The error for a run that [has counted nothing](has_counted_nothing); the cause is looked for in the first of the `files` that
/// has a reject. None if the files hold no row, whatever the rules leave out.
pub(super) fn counted_nothing(
    job: &Job,
    files: &[InputFile],
    tally: &Tally,
    first_rejects: &[(String, Reject)],
) -> Option<Error> {
    let time = TimeReader::new(&job.source.time).ok();
    let cause = |file: &InputFile| {
        let lines = |changes: &[(&str, &str)]| format!("write in {}", source_lines(changes));
        mismatch(file, &job.source.csv, time.as_ref()?, &lines)
    };
    if tally.rejected_total() == 0 {
        return files.iter().find_map(cause);
    }
    let name = first_rejects.first().map(|(name, _)| name);
    let file = files.iter().find(|file| Some(&file.name) == name);
    Some(file.and_then(cause).unwrap_or_else(|| {
        let all = Reason::ALL.iter().zip(tally.rejected).filter(|(_, n)| *n > 0);
        let reasons: Vec<String> =
            all.map(|(reason, n)| format!("{} {}", reason.name(), grouped(n))).collect();
        let rows = counted(tally.rejected_total(), "row");
        Error::data(format!("no row was counted: {rows} read, and all are rejects ({})", reasons.join(", ")))
            .help("look at the rejects above, and correct the rules or the files")
    }))
}
