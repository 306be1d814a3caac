//! The log of a table: its files, their names, and how the table is built from them.

use std::sync::Arc;

use bytes::Bytes;

use super::action::Action;
use super::checkpoint;
use super::commit::PastCommit;
use super::folder::remedy;
use super::snapshot::{Snapshot, follows};
use super::store::Store;
use crate::error::{Code, Error, Kind, Result};
use crate::fingerprint::Fingerprint;

/// A file of the log that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFile {
    /// What changed from the version before to this one.
    Commit(u64),
    /// All of the table as of this version.
    Checkpoint(u64),
}

impl LogFile {
    pub(crate) fn version(self) -> u64 {
        let (LogFile::Commit(version) | LogFile::Checkpoint(version)) = self;
        version
    }

    pub(crate) fn commit(self) -> Option<u64> {
        if let LogFile::Commit(version) = self { Some(version) } else { None }
    }

    pub(crate) fn checkpoint(self) -> Option<u64> {
        if let LogFile::Checkpoint(version) = self { Some(version) } else { None }
    }
}

/// Where one table's log is.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) store: Store,
    /// The table's folder, from the root of the store.
    pub(crate) table: String,
    /// What to do if the table is damaged; `{}` stands for its place.
    pub(crate) remedy: &'static str,
}

impl Log {
    /// The path of something in the table's folder.
    pub(crate) fn path(&self, inside: &str) -> String {
        format!("{}/{inside}", self.table)
    }

    pub(crate) fn folder(&self) -> String {
        self.path("_delta_log")
    }

    pub(crate) fn commit_path(&self, version: u64) -> String {
        self.path(&format!("_delta_log/{version:020}.json"))
    }

    pub(crate) fn checkpoint_path(&self, version: u64) -> String {
        self.path(&format!("_delta_log/{version:020}.checkpoint.parquet"))
    }

    /// The place of the table, for people.
    pub(crate) fn place(&self) -> String {
        self.store.place(&self.table)
    }

    /// The error for a damaged table; `path` is the file that shows it.
    pub(crate) fn damaged(&self, path: &str, what: impl std::fmt::Display) -> Error {
        Error::new(Kind::Attention, format!("{}: {what}", self.store.place(path)))
            .with_code(Code::TableDamaged)
            .with_help(remedy(self.remedy, &self.place()))
    }

    /// The error for a version that is no longer kept: other runs have made later ones since it was read.
    pub(crate) fn outdated(&self) -> Error {
        let message = format!("{}: other runs have changed it many times since it was opened", self.place());
        Error::new(Kind::Storage, message)
            .with_code(Code::LostRace)
            .with_help("run again: a new run starts from what they have made")
    }

    /// Which file of the log this is, if it is one that counts.
    pub(crate) fn name(&self, path: &str) -> Option<LogFile> {
        let name = path.strip_prefix(&self.folder())?.strip_prefix('/')?;
        let (digits, rest) = name.split_at_checked(20)?;
        let version = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??;
        match rest {
            ".json" => Some(LogFile::Commit(version)),
            ".checkpoint.parquet" => Some(LogFile::Checkpoint(version)),
            _ => None,
        }
    }

    /// The bytes of a commit, if it exists.
    pub(crate) fn commit_bytes(&self, version: u64) -> Result<Option<Bytes>> {
        self.store.get(&self.commit_path(version))
    }

    /// The actions of a commit, if it exists.
    ///
    /// # Errors
    /// Attention: it is torn, or has actions of a newer protocol.
    pub(crate) fn commit(&self, version: u64) -> Result<Option<Vec<Action>>> {
        let Some(bytes) = self.commit_bytes(version)? else { return Ok(None) };
        read_commit(&bytes).map(Some).map_err(|what| self.damaged(&self.commit_path(version), what))
    }

    /// The commits in the log, newest first.
    pub(crate) fn history(&self) -> Result<Vec<PastCommit>> {
        let mut commits = Vec::new();
        for file in self.files()? {
            if let LogFile::Commit(version) = file
                && let Some(actions) = self.commit(version)?
            {
                commits.push(PastCommit::new(version, &actions));
            }
        }
        commits.sort_by_key(|commit| std::cmp::Reverse(commit.version));
        Ok(commits)
    }

    /// The files of the log that count, by their names.
    pub(crate) fn files(&self) -> Result<Vec<LogFile>> {
        let names = self.store.names(&self.folder())?;
        Ok(names.iter().filter_map(|path| self.name(path)).collect())
    }

    /// The table as of its newest version; `None` if there is no table.
    ///
    /// # Errors
    /// Attention: a version is missing or damaged, or the table is newer than this program. Storage: it cannot be read.
    pub(crate) fn load(&self) -> Result<Option<Arc<Snapshot>>> {
        if let Some(mut snapshot) = self.store.known().newest(&self.table) {
            self.follow(&mut snapshot)?;
            return Ok(Some(snapshot));
        }
        self.load_anew()
    }

    /// The table as of its newest version, without using known versions.
    ///
    /// # Errors
    /// As [`Log::load`].
    pub(crate) fn load_anew(&self) -> Result<Option<Arc<Snapshot>>> {
        let mut files = self.files()?;
        loop {
            match self.load_listed(&files) {
                Err(error) if error.kind() == Kind::Attention => {
                    // A listed file may have been cleaned away before it was read: then there is a later checkpoint.
                    let newest = |files: &[LogFile]| checkpoints(files).into_iter().max();
                    let before = newest(&files);
                    files = self.files()?;
                    if newest(&files) <= before {
                        return Err(error);
                    }
                }
                loaded => return loaded,
            }
        }
    }

    fn load_listed(&self, files: &[LogFile]) -> Result<Option<Arc<Snapshot>>> {
        let checkpoints = checkpoints(files);
        let snapshot = match checkpoints.iter().max() {
            Some(version) => {
                let gone = || self.damaged(&self.checkpoint_path(*version), "it is listed and not there");
                Some(checkpoint::read(self, *version)?.ok_or_else(gone)?)
            }
            None => match self.commit(0)? {
                Some(actions) => Some(Snapshot::begin(self, &actions)?),
                None => None,
            },
        };
        let mut snapshot = snapshot.map(|snapshot| Arc::new(Snapshot { checkpoints, ..snapshot }));
        if let Some(snapshot) = &mut snapshot {
            self.follow(snapshot)?;
        }
        // A version that was listed but not reached is behind a gap. One that was reached but not listed is only new.
        let reached = snapshot.as_ref().map(|snapshot| snapshot.version);
        let beyond = files.iter().any(|file| Some(file.version()) > reached);
        if beyond {
            let missing = self.commit_path(reached.map_or(0, |version| version + 1));
            return Err(self.damaged(&missing, "this version is missing, and later ones are there"));
        }
        Ok(snapshot)
    }

    /// The table as of `version`, which is before that of `now`; `None` if the log no longer has it.
    pub(crate) fn load_before(&self, now: &Snapshot, version: u64) -> Result<Option<Arc<Snapshot>>> {
        if let Some(known) = self.store.known().at(&self.table, version) {
            return Ok(Some(known));
        }
        let from = now.checkpoints.iter().filter(|from| **from <= version).max();
        let snapshot = match from {
            Some(from) => checkpoint::read(self, *from)?,
            None => match self.commit(0)? {
                Some(actions) => Some(Snapshot::begin(self, &actions)?),
                None => None,
            },
        };
        let Some(mut snapshot) = snapshot else { return Ok(None) };
        snapshot.checkpoints.clone_from(&now.checkpoints);
        while snapshot.version < version {
            let actions = self.commit(snapshot.version + 1)?;
            let next = actions.filter(|actions| follows(actions, snapshot.last.as_deref()));
            let Some(actions) = next else { return Ok(None) };
            snapshot.apply(self, &actions)?;
        }
        Ok(Some(Arc::new(snapshot)))
    }

    /// Brings `snapshot` to the newest version. It asks for each next version by name: a list may be out of date.
    pub(crate) fn follow(&self, snapshot: &mut Arc<Snapshot>) -> Result<()> {
        self.store.known().keep(&self.table, snapshot);
        while let Some(actions) = self.commit(snapshot.version + 1)? {
            let forget = |_: &Error| self.store.known().forget(&self.table);
            Arc::make_mut(snapshot).apply(self, &actions).inspect_err(forget)?;
        }
        self.store.known().keep(&self.table, snapshot);
        Ok(())
    }
}

/// The versions of the checkpoints among `files`.
fn checkpoints(files: &[LogFile]) -> Vec<u64> {
    files.iter().filter_map(|file| file.checkpoint()).collect()
}

/// The actions in the bytes of a commit; `Err` says what is wrong with them.
pub(crate) fn read_commit(bytes: &[u8]) -> Result<Vec<Action>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is damaged: not UTF-8".to_owned())?;
    let mut actions = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let action: Action = serde_json::from_str(line)
            .map_err(|error| format!("line {} is damaged or of a newer protocol: {error}", at + 1))?;
        actions.push(action);
    }
    let told = actions.iter().find_map(|action| action.commit_info.as_ref()?.windrow.as_ref());
    if let Some(hash) = told.and_then(|told| told.hash.as_deref())
        && hash != hash_behind_first(bytes)
    {
        return Err("it is damaged: its lines are not those that were written".to_owned());
    }
    match told {
        Some(told) if told.actions != actions.len() => {
            Err(format!("it is torn: {} of {} lines are there", actions.len(), told.actions))
        }
        _ if actions.is_empty() => Err("it is empty".to_owned()),
        _ => Ok(actions),
    }
}

/// The hash of the lines behind the first one, which holds it.
pub(crate) fn hash_behind_first(bytes: &[u8]) -> String {
    let first = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    Fingerprint::of(&bytes[first..]).to_string()
}
