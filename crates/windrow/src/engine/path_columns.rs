//! Files whose paths give columns, for any engine. The engine counts what is in the files, and this module adds the values from the
//! path to the counts of each file. It reads no rows for that.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Contribution, Engine, EventSink, FingerprintWish, Receiver, Refusal};
use crate::counts::Counts;
use crate::error::{Code, Error, Result};
use crate::event::Cleaning;
use crate::fingerprint::{EndHashes, Fingerprint};
use crate::job::{Job, PathValues};
use crate::reject::Reject;
use crate::settings::Settings;
use crate::source::InputFile;
use crate::text::escape::quoted;

/// Lets `engine` count `files` by the rules of `job`, in the order given.
///
/// # Errors
/// Those of the engine.
pub(crate) fn count(
    engine: &dyn Engine,
    job: &Job,
    files: &[InputFile],
    settings: &Settings,
    receiver: &mut dyn Receiver,
) -> Result<()> {
    if job.source.records.rules.as_ref().is_some_and(|rules| rules.lacks_tables()) {
        return Err(Error::bug("rows are counted before look-ups are read"));
    }
    let values: Vec<PathValues> = files.iter().map(|file| job.source.path_values(file)).collect();
    check_measured(job, &values)?;
    if values.iter().all(PathValues::is_empty) {
        return engine.count(job, files, settings, receiver);
    }
    let mut counted = 0;
    for alike in values.chunk_by(PathValues::is_counted_like) {
        let files = &files[counted..counted + alike.len()];
        counted += alike.len();
        let of_files = in_files(job, &alike[0]);
        engine.count(&of_files, files, settings, &mut WithPaths { job, receiver: &mut *receiver })?;
    }
    Ok(())
}

/// Checks that no path gives a measured column: such columns have to be in the files.
fn check_measured(job: &Job, values: &[PathValues]) -> Result<()> {
    let in_path = values.iter().flat_map(|values| values.keys.iter().map(|(at, _)| at));
    let is_measured = |name: &&String| job.source.measured.iter().any(|column| column.name == **name);
    match in_path.map(|at| &job.source.keys[*at]).find(is_measured) {
        None => Ok(()),
        Some(name) => Err(Error::not_built(format!(
            "the column {} is named by folders, and only columns in the files can be measured",
            quoted(name)
        ))
        .with_help("measure another column")),
    }
}

/// The job for one file, whose path may give columns.
#[cfg(feature = "spark")]
pub(super) fn job_of(job: &Job, file: &InputFile) -> Job {
    in_files(job, &job.source.path_values(file))
}

/// The job for files whose paths give these values.
fn in_files(job: &Job, values: &PathValues) -> Job {
    let mut job = job.clone();
    let may_lack = values.keys.iter().map(|(at, _)| at).chain(&values.nullable);
    job.source.in_path = may_lack.map(|at| job.source.keys[*at].clone()).collect();
    job.source.in_path.extend(values.records.iter().map(|(name, _)| name.clone()));
    job.source.records.in_path.clone_from(&values.records);
    job.source.time_in_path.clone_from(&values.time);
    if values.has_whole_time {
        job.source.time.beside = None;
    }
    job
}

/// A receiver that adds the values from the paths to the contributions of files, and passes them on.
struct WithPaths<'a> {
    job: &'a Job,
    receiver: &'a mut dyn Receiver,
}

impl Receiver for WithPaths<'_> {
    fn rejects_wanted(&self) -> usize {
        self.receiver.rejects_wanted()
    }

    fn fingerprint_wish(&self, file: &InputFile) -> FingerprintWish {
        self.receiver.fingerprint_wish(file)
    }

    fn events(&self) -> Option<Arc<dyn EventSink>> {
        self.receiver.events()
    }

    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        self.receiver.rejects(file, rejects)
    }

    fn contribution(&mut self, file: &InputFile, contribution: Contribution) -> Result<()> {
        let values = self.job.source.path_values(file);
        let Contribution { fingerprint, lines, ends, .. } = &contribution;
        match with_values(self.job, &contribution.counts, &values) {
            Ok(counts) => {
                let fingerprint = fingerprint.map(|fingerprint| Fingerprint(values.with(fingerprint.0)));
                let lines = lines.map(|lines| values.with(lines));
                let end = |end: Option<u128>| end.map(|end| values.with(end));
                let ends = EndHashes { head: end(ends.head), last: end(ends.last) };
                let counts = counts.unwrap_or(contribution.counts);
                let contribution = Contribution { counts, fingerprint, lines, ends, ..contribution };
                self.receiver.contribution(file, contribution)
            }
            Err(error) => {
                let Contribution { tally, opened, .. } = contribution;
                let error = error.within(&file.name);
                self.receiver.refused(file, Refusal { error, tally: Some(tally), opened: Some(opened) })
            }
        }
    }

    fn refused(&mut self, file: &InputFile, refusal: Refusal) -> Result<()> {
        self.receiver.refused(file, refusal)
    }
}

/// The counts of a file with the keys that its path gives. `None` if the path gives no keys.
///
/// # Errors
/// Data: the file has another value for such a key.
fn with_values(job: &Job, counts: &Counts, values: &PathValues) -> Result<Option<Counts>> {
    if values.keys.is_empty() {
        return Ok(None);
    }
    let mut contradicted = None;
    let counts = counts.with_tuples(|tuple| {
        let mut tuple: Vec<Cow<'_, [u8]>> = tuple.into_iter().map(Cow::Borrowed).collect();
        for (at, value) in &values.keys {
            if !is_said_by(&job.cleaning[*at], &tuple[*at], value) {
                contradicted.get_or_insert_with(|| (*at, value.clone(), tuple[*at].to_vec()));
            }
            tuple[*at] = Cow::Owned(value.clone().into_bytes());
        }
        tuple
    });
    let Some((at, value, found)) = contradicted else { return Ok(Some(counts)) };
    let shown = |value: &str| if value.is_empty() { "null".to_owned() } else { quoted(value) };
    let column = quoted(&job.source.keys[at]);
    let (found, value) = (shown(&String::from_utf8_lossy(&found)), shown(&value));
    Err(Error::data(format!("column {column} is {found} in the file and {value} in its path"))
        .with_code(Code::RepeatedColumn)
        .with_help("move the file into the folder of its rows, or give the column another name"))
}

/// Whether the value `found` in a file is empty or agrees with the value from the path.
fn is_said_by(cleaning: &Cleaning, found: &[u8], value: &str) -> bool {
    let clean =
        |text: &[u8]| std::str::from_utf8(text).ok().map(|text| cleaning.clean(text).map(Cow::into_owned));
    found.trim_ascii().is_empty() || found == value.as_bytes() || clean(found) == clean(value.as_bytes())
}
