//! Nothing counted: why a run that read rows has no answer, and what to change.

use crate::error::{Code, Error};
use crate::event::TimeReader;
use crate::format::csv::{Sample, mismatch};
use crate::job::{Job, Source};
use crate::reject::{Reason, Reject};
use crate::sniff::no_time;
use crate::source::InputFile;
use crate::tally::Tally;
use crate::text::number::{counted, grouped};

/// Whether times were read, and none of them reads in the declared format.
pub(super) fn has_no_readable_time(tally: &Tally) -> bool {
    let rejected = |reason: Reason| tally.rejected[reason as usize];
    let readable =
        [Reason::OutOfRange, Reason::LocalGap, Reason::LocalFold].map(rejected).iter().sum::<u64>();
    rejected(Reason::BadTime) > 0 && tally.counted + tally.filtered + readable == 0
}

/// The error of a run in which [no time reads](has_no_readable_time): how the times in a sample of the `files` might be declared.
pub(super) fn no_readable_time(job: &Job, files: &[InputFile], first_rejects: &[(String, Reject)]) -> Error {
    let Source { time, csv, keys, .. } = &job.source;
    let columns = || time.columns().chain(keys);
    let has_columns = |header: &[String]| columns().all(|column| header.contains(column));
    let sample = Sample::of_first(files, job.source.format, csv, &has_columns).ok();
    let values = first_rejects.iter().filter_map(|(_, reject)| reject.value.as_deref());
    let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.trim_ascii())).collect();
    let values: Vec<&str> = values.iter().map(|value| &**value).filter(|value| !value.is_empty()).collect();
    no_time(&time.column, &values, sample.as_ref(), time)
}

/// Whether lines were read, and each of them is a reject or left out by a rule, which may be no answer: see [`counted_nothing`].
pub(super) fn has_counted_nothing(tally: &Tally) -> bool {
    tally.counted + tally.filtered == 0 && tally.rejected_total() + tally.skipped + tally.comment > 0
}

/// How to correct a cast, if it is the likely reason why expressions have no value for some rows.
pub(super) fn what_to_cast(job: &Job, tally: &Tally) -> Option<String> {
    let (time, rules) = (&job.source.time.column, job.source.records.rules.as_ref()?);
    let is_likely = rules.casts_to_date(time) && tally.rejected[Reason::BadExpression as usize] > 0;
    is_likely.then(|| {
        format!("a text with a time of day is not a DATE: write CAST(CAST({time} AS TIMESTAMP) AS DATE)")
    })
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
    let cause = |file: &InputFile| mismatch(file, &job.source.csv, time.as_ref()?);
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
            .with_code(Code::NothingCounted)
            .with_help(what_to_cast(job, tally).unwrap_or_else(|| {
                "look at the rejects above, and correct the rules or the files".to_owned()
            }))
    }))
}
