//! Hashing: files of which too little is known to compare them, and beginnings of files, where they decide something.

use std::collections::BTreeMap;

use crate::error::{Kind, Result};
use crate::fingerprint::PROOF_BYTES;
use crate::increment::{self, Plan, Prefix, Reading};
use crate::job::Job;
use crate::settings::Settings;
use crate::source::{InputFile, ends_of, fingerprint_of, hashes_of};

use super::intake::Taken;

/// Hashes what has to be hashed before `plan` is reconciled. A file that was read and is another by now is as one that could
/// not be read; one that was not read stays what it is, and the increment decides without its hash.
pub(super) fn hash(
    job: &Job,
    plan: &Plan,
    files: &[InputFile],
    settings: &Settings,
    taken: &mut Taken,
) -> Result<()> {
    let unhashed = increment::unhashed(plan, &taken.readings)?;
    if unhashed.is_empty() {
        return Ok(());
    }
    let files: BTreeMap<&str, &InputFile> = files.iter().map(|file| (&*file.identity, file)).collect();
    for wanted in unhashed {
        let Some(file) = files.get(&*wanted.identity) else { continue };
        let grows = wanted.is_read && job.source.growing;
        let hashed = hashes_of(file, wanted.counted_bytes, &wanted.version, grows, &settings.stop);
        let reading = match or_unread(hashed, file)? {
            Ok((fingerprint, lines)) => {
                taken.bytes_read += wanted.counted_bytes;
                let path = job.source.path_values(file);
                let (fingerprint, lines) = (path.with(fingerprint.0), path.with(lines));
                match taken.readings.get_mut(&wanted.identity) {
                    Some(Reading::Counted(content)) => {
                        (content.fingerprint, content.lines) = (Some(fingerprint), Some(lines));
                        continue;
                    }
                    _ => Reading::Hashed { fingerprint, lines },
                }
            }
            Err(_) if !wanted.is_read => continue,
            Err(unread) => unread,
        };
        taken.readings.insert(wanted.identity, reading);
    }
    Ok(())
}

/// Finds out which files that were read begin with all that counts of another. One that cannot be looked at any more is as
/// one that could not be read.
pub(super) fn begin(
    job: &Job,
    plan: &Plan,
    files: &[InputFile],
    settings: &Settings,
    taken: &mut Taken,
) -> Result<()> {
    let prefixes = increment::prefixes(plan, &taken.readings)?;
    if prefixes.is_empty() {
        return Ok(());
    }
    let files: BTreeMap<&str, &InputFile> = files.iter().map(|file| (&*file.identity, file)).collect();
    for prefix in prefixes {
        let Some(file) = files.get(&*prefix.identity) else { continue };
        let Some(Reading::Counted(content)) = taken.readings.get_mut(&prefix.identity) else { continue };
        match or_unread(is_it(&prefix, file, job, settings, &mut taken.bytes_read), file)? {
            Ok(true) => content.begins_with.push(prefix.of),
            Ok(false) => {}
            Err(unread) => drop(taken.readings.insert(prefix.identity, unread)),
        }
    }
    Ok(())
}

/// What came of hashing `file`; or the reading of a file that cannot be hashed.
fn or_unread<T>(hashed: Result<T>, file: &InputFile) -> Result<Result<T, Reading>> {
    match hashed {
        Err(error) if matches!(error.kind(), Kind::Interrupted | Kind::Terminated) => Err(error),
        Err(error) => {
            tracing::warn!(file = file.name, reason = %error, "not hashed");
            Ok(Err(Reading::Unread { reason: error.message().to_owned(), may_pass: true }))
        }
        Ok(found) => Ok(Ok(found)),
    }
}

/// Whether the file begins with these bytes.
fn is_it(
    prefix: &Prefix,
    file: &InputFile,
    job: &Job,
    settings: &Settings,
    bytes_read: &mut u64,
) -> Result<bool> {
    let (version, grows) = (&prefix.version, job.source.growing);
    let path = job.source.path_values(file);
    if let Some(expected) = prefix.fingerprint {
        *bytes_read += prefix.bytes;
        let found = fingerprint_of(file, prefix.bytes, version, grows, &settings.stop)?;
        return Ok(path.with(found.0) == expected);
    }
    if let (Some(expected), None) = (prefix.lines, prefix.ends.last) {
        *bytes_read += prefix.bytes;
        let (_, lines) = hashes_of(file, prefix.bytes, version, grows, &settings.stop)?;
        return Ok(path.with(lines) == expected);
    }
    *bytes_read += 2 * prefix.bytes.min(PROOF_BYTES);
    let ends = ends_of(file, prefix.bytes, version, grows, &settings.stop)?;
    let [head, last] = ends.map(|end| path.with(end));
    Ok((Some(head), Some(last)) == (prefix.ends.head, prefix.ends.last))
}
