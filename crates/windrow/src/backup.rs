//! Backups: a copy of a job's output as it was at one moment, in another folder or store; and restoring it.
//!
//! A backup is complete once it has its list. Files are copied first; the list is written last, and never replaces another one. In the same way, a
//! restored ledger exists once the oldest file of its log exists: that file is written last.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::delta::Store;
use crate::error::{Code, Error, Kind, Result};
use crate::fingerprint::Fingerprint;
use crate::job::{Job, Output};
use crate::ledger::{LOG, Ledger};
use crate::run::store_of;
use crate::settings::Stop;
use crate::storage::{FileVersion, ObjectUrl, Put};
use crate::text::escape::{for_people, quoted};
use crate::text::number::{counted, size};
use crate::wait;

/// The file that lists what is in a backup, and the folder of the copied files.
const LIST: &str = "backup.json";
const FILES: &str = "files";
/// Files that are not copied: runs overwrite them, and they only save time.
const LEFT_OUT: [&str; 2] = ["_last_checkpoint", "no-answer.json"];
/// The version of the list's format.
const SCHEMA: u32 = 1;
/// How many files are copied at the same time: a store answers slowly.
const AT_ONCE: usize = 8;
/// How many times copying is tried: a run that commits meanwhile makes another try necessary.
const TURNS: usize = 5;

/// The list of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Backup {
    schema: u32,
    /// The job's name.
    pub job: String,
    /// The version of the ledger.
    pub ledger_version: u64,
    /// The files, by path from the output folder.
    files: BTreeMap<String, CopiedFile>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CopiedFile {
    size: u64,
    /// The hash of the content, in hex.
    hash: String,
}

impl CopiedFile {
    fn of(bytes: &[u8]) -> Self {
        let hash = format!("{:032x}", Fingerprint::of(bytes).0);
        CopiedFile { size: bytes.len() as u64, hash }
    }
}

impl Backup {
    /// The number of files.
    pub fn files(&self) -> u64 {
        self.files.len() as u64
    }

    /// The size of all files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }

    fn told(&self, what: &str, place: &Store) -> String {
        let (files, bytes, place) = (counted(self.files(), "file"), size(self.bytes()), place.place(""));
        format!("ledger version {}: {files}, {bytes}, {what} {place}", self.ledger_version)
    }
}

/// The place of a backup of `job`: a folder, or the address of a folder in a store.
///
/// # Errors
/// Usage: the store cannot be opened, or is a web server. Storage: the path, or a folder above it, is a file.
pub fn place(job: &Job, written: &str) -> Result<Store> {
    match ObjectUrl::parse(written)? {
        Some(url) if url.is_web() => Err(Error::usage("a web server keeps no backups")
            .with_code(Code::Address)
            .with_help("name a folder of this machine, or one in s3://, gs:// or az://")),
        Some(url) if url.is_of_cluster() => Err(Error::usage("nothing is written through Spark")
            .with_code(Code::Address)
            .with_help("name a folder of this machine, or one in s3://, gs:// or az://")),
        Some(_) => store_of(job, &Output { path: written.trim_end_matches('/').into(), events: None }),
        None => store_of(job, &Output { path: written.into(), events: None }),
    }
}

/// Refuses a backup folder that is inside the output folder, or contains it.
///
/// # Errors
/// Usage: one of the folders is inside the other, or they are the same.
pub fn are_apart(output: &Store, backup: &Store) -> Result<()> {
    let (output, backup) = (output.place(""), backup.place(""));
    match backup.starts_with(&output) || output.starts_with(&backup) {
        true => Err(usage(format!("{backup} is in {output}, or around it"), "name a folder beside it")),
        false => Ok(()),
    }
}

/// Copies the output of `job` to the place that is `written`, as [`back_up`] does. Gives a sentence that says what was copied.
///
/// # Errors
/// Usage: the job has no `[output]`. Those of [`place`], [`are_apart`] and [`back_up`].
pub fn back_up_to(job: &Job, written: &str, stop: &Stop) -> Result<String> {
    let (output, to) = output_and(job, written)?;
    Ok(back_up(job, &output, &to, stop)?.told("copied to", &to))
}

/// Copies the backup at the place that is `written` to the output of `job`, as [`restore`] does. Gives a sentence that says what was copied.
///
/// # Errors
/// Usage: the job has no `[output]`. Those of [`place`], [`are_apart`] and [`restore`].
pub fn restore_from(job: &Job, written: &str, stop: &Stop) -> Result<String> {
    let (output, from) = output_and(job, written)?;
    Ok(restore(job, &from, &output, stop)?.told("restored to", &output))
}

fn output_and(job: &Job, written: &str) -> Result<(Store, Store)> {
    let output = store_of(job, job.required_output()?)?;
    let backup = place(job, written)?;
    are_apart(&output, &backup)?;
    Ok((output, backup))
}

/// Copies the output of `job` from `from` to `to`, which is empty or holds an unfinished backup.
///
/// # Errors
/// Usage: there is no ledger, or `to` holds a backup already. Storage: a file cannot be read or written, or runs keep committing.
pub fn back_up(job: &Job, from: &Store, to: &Store, stop: &Stop) -> Result<Backup> {
    wait::outside_runtime(|| {
        let (source, target) = (from.place(""), to.place(""));
        if to.get(LIST)?.is_some() {
            return Err(usage(
                format!("{target} holds a backup already"),
                "name another folder for each backup",
            ));
        }
        let mut copied: BTreeMap<String, (FileVersion, CopiedFile)> = BTreeMap::new();
        for _ in 0..TURNS {
            let before = listed(from)?;
            from.known().clear();
            let ledger = Ledger::open(from)?.ok_or_else(|| {
                usage(format!("there is no ledger in {source}"), "run the job once").with_code(Code::NoLedger)
            })?;
            ledger.check_owner(job)?;
            copied.retain(|path, (version, _)| before.get(path) == Some(version));
            let missing: Vec<&String> = before.keys().filter(|path| !copied.contains_key(*path)).collect();
            let new = at_once(&missing, stop, |path| match from.get(path)? {
                None => Ok(None),
                Some(bytes) => {
                    let file = CopiedFile::of(&bytes);
                    put(to, &format!("{FILES}/{path}"), bytes)?;
                    Ok(Some(file))
                }
            })?;
            for (path, file) in missing.into_iter().zip(new) {
                copied.extend(file.map(|file| (path.clone(), (before[path].clone(), file))));
            }
            // If the list of files is the same after copying as before, the copy is of one moment.
            let has_ledger = before.keys().any(|path| path.starts_with(LOG));
            if listed(from)? == before && copied.len() == before.len() && has_ledger {
                let files = copied.into_iter().map(|(path, (_, file))| (path, file)).collect();
                let backup =
                    Backup { schema: SCHEMA, job: job.name.clone(), ledger_version: ledger.version(), files };
                let list = serde_json::to_vec_pretty(&backup);
                put(to, LIST, list.map_err(|error| Error::bug(format!("as JSON: {error}")))?.into())?;
                to.check_lasting()?;
                return Ok(backup);
            }
        }
        Err(Error::new(Kind::Storage, format!("runs keep committing to {source}"))
            .with_code(Code::StorageFailed)
            .with_help("make the backup while no run is going on"))
    })
}

/// Copies the backup in `from` to `to`, which is empty or holds an unfinished restore.
///
/// # Errors
/// Usage: there is no backup, it is of another job, or `to` holds other files. Attention: the backup is damaged. Storage: a file cannot be
/// read or written.
pub fn restore(job: &Job, from: &Store, to: &Store, stop: &Stop) -> Result<Backup> {
    wait::outside_runtime(|| {
        let backup = list_of(from)?;
        if backup.job != job.name {
            let of = quoted(&backup.job);
            return Err(usage(format!("the backup is of the job {of}"), "name that job, or another backup"));
        }
        let other = listed(to)?.into_keys().find(|path| !backup.files.contains_key(path));
        if let Some(other) = other {
            let message = format!("{} is not empty: {} is there", to.place(""), for_people(&other));
            return Err(usage(message, "move what is there away; it is not overwritten"));
        }
        let (log, rest): (Vec<_>, Vec<_>) = backup.files.keys().partition(|path| path.starts_with(LOG));
        let copy = |path: &String| {
            let bytes = from.get(&format!("{FILES}/{path}"))?;
            match bytes.filter(|bytes| CopiedFile::of(bytes) == backup.files[path]) {
                Some(bytes) => put(to, path, bytes),
                None => Err(damaged(from, path)),
            }
        };
        at_once(&rest, stop, copy)?;
        // The oldest file goes last: without it, the ledger does not exist.
        for path in log.into_iter().rev() {
            stop.check()?;
            copy(path)?;
        }
        to.check_lasting()?;
        Ok(backup)
    })
}

fn list_of(from: &Store) -> Result<Backup> {
    let place = from.place("");
    let Some(list) = from.get(LIST)? else {
        let message = match from.names(FILES)?.is_empty() {
            true => format!("there is no backup in {place}"),
            false => format!("the backup in {place} was not finished: it has no list of its files"),
        };
        return Err(usage(message, "name the folder of a whole backup"));
    };
    let backup: Backup = serde_json::from_slice(&list).map_err(|_| damaged(from, LIST))?;
    let leaves = |path: &&String| {
        path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains(['\\', ':', '\0'])
    };
    match backup.files.keys().find(leaves) {
        _ if backup.schema > SCHEMA => {
            Err(Error::new(Kind::Attention, "the backup was made by a newer windrow")
                .with_code(Code::NewerVersion)
                .with_help("restore it with that version"))
        }
        Some(_) => Err(damaged(from, LIST)),
        None => Ok(backup),
    }
}

/// The files of an output that are backed up, by path.
fn listed(store: &Store) -> Result<BTreeMap<String, FileVersion>> {
    let is_left_out = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        LEFT_OUT.contains(&name) || (name.starts_with('.') && name.ends_with(".part"))
    };
    let entries = store.list("")?.into_iter().filter(|entry| !is_left_out(&entry.path));
    Ok(entries.map(|entry| (entry.path.clone(), entry.version())).collect())
}

/// Writes a file, unless a file with the same content exists. Another file there is an error.
fn put(store: &Store, path: &str, bytes: Bytes) -> Result<()> {
    if store.put_new(path, bytes.clone())? == Put::Taken && store.get(path)?.as_ref() != Some(&bytes) {
        let message = format!("{} is there already, with other content", store.place(path));
        return Err(usage(message, "name an empty folder, or move what is there away"));
    }
    Ok(())
}

/// Does `work` for each path, several at a time, unless the run is stopped.
fn at_once<T: Send>(
    paths: &[&String],
    stop: &Stop,
    work: impl Fn(&String) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    wait::at_once(AT_ONCE, paths, |path| stop.check().and_then(|()| work(path)))
}

fn usage(message: impl Into<String>, help: &'static str) -> Error {
    Error::usage(message).with_code(Code::InvalidValue).with_help(help)
}

fn damaged(from: &Store, path: &str) -> Error {
    Error::new(
        Kind::Attention,
        format!("the backup is damaged: {} is missing or has changed", from.place(path)),
    )
    .with_code(Code::LedgerDamaged)
    .with_help("restore another backup, or run the job without one: it reads all inputs again")
}
