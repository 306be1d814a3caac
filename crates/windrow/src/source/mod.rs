//! Sources: from paths, folders and globs to a sorted list of input files.

mod ahead;
mod ending;
mod glob;
mod identity;
mod list;
mod look_back;
mod output_overlap;
mod path_columns;
mod shown;
mod skip;
mod table;
mod version;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::codec::{Pipe, Unpacked};
use crate::delta::TableColumns;
use crate::error::{Code, Error, Result};
use crate::fingerprint::Proof;
use crate::settings::Stop;
use crate::storage::{FileVersion, Input, Listed, MemoryTable, Object};

#[cfg(feature = "spark")]
pub(crate) use ahead::EXPECTED;
pub(crate) use ahead::{fetch_ahead, fetch_to_count, fetch_to_look, fetched_to_look};
pub use ending::{Endings, NameEnding, Tables};
pub use identity::{Root, identity_shown};
pub use list::{Listing, list, list_present, list_since};
pub use look_back::{LookBack, Unlisted, UnlistedFolder};
pub use output_overlap::would_read;
pub use path_columns::PathColumns;
pub use skip::{Rule, Skipped};
pub(crate) use table::identified;
pub use table::{TablePart, tables};
pub(crate) use version::hashes_of;
#[cfg(feature = "spark")]
pub(crate) use version::head_of;
pub use version::{ends_of, fingerprint_of};

/// One input file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputFile {
    /// The name users see: the path as they would write it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its version when it was listed.
    pub version: FileVersion,
    /// The name by which a ledger knows it: its address, relative to the root if it is below the root.
    pub identity: Arc<str>,
    /// The part of a growing file that was counted before. Of it, only the proof is read.
    pub counted: Option<Box<CountedPart>>,
    /// The pipe that it is, if it is one.
    pub pipe: Option<Pipe>,
    /// If it is part of a Delta table: what the log of the table says about it.
    pub table: Option<Arc<TablePart>>,
    /// The table in memory that it is, if it is one.
    pub memory: Option<MemoryTable>,
    /// The object in a store that it is, if it is one.
    pub object: Option<Object>,
    /// Its bytes, if they are in memory.
    pub held: Option<Arc<[u8]>>,
}

/// The part of a growing file that was counted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountedPart {
    /// Its length.
    pub bytes: u64,
    /// The hash that it must have. If it does not, the file is read whole.
    pub proof: Proof,
}

impl InputFile {
    /// What files are sorted by.
    fn order(&self) -> (&str, &Path) {
        (&self.name, &self.path)
    }

    /// A table in memory, which is called `name`.
    pub fn of_table(name: &str, table: MemoryTable) -> Self {
        InputFile {
            name: name.to_owned(),
            path: name.into(),
            version: table.version(),
            identity: name.into(),
            memory: Some(table),
            ..InputFile::default()
        }
    }

    /// The bytes of a file or an object, as they are stored. Waiting for them ends if the run is stopped.
    ///
    /// # Errors
    /// It cannot be opened, or is something other than a file.
    pub(crate) fn bytes(&self, stop: &Stop) -> Result<Input> {
        match (&self.held, &self.object) {
            (Some(bytes), _) => Ok(Input::of_memory(bytes.clone())),
            (None, Some(object)) => Ok(Input::of_object(object.clone(), stop)),
            (None, None) => Input::open(&self.path, format_args!("cannot read {}", self.name)),
        }
    }

    /// Its present version.
    ///
    /// # Errors
    /// It cannot be looked at, or is gone.
    #[cfg(feature = "spark")]
    pub(crate) fn version_now(&self) -> Result<FileVersion> {
        match &self.object {
            Some(object) => object.version_now(),
            None => {
                let metadata =
                    std::fs::metadata(&self.path).map_err(|error| Error::io("cannot read", &error))?;
                Ok(FileVersion::of(&metadata))
            }
        }
    }

    /// Opens it. Waiting for its bytes ends if the run is stopped.
    ///
    /// # Errors
    /// It cannot be opened, or is neither a file nor a pipe.
    pub(crate) fn open(&self, stop: &Stop) -> Result<Unpacked> {
        if let Some(pipe) = &self.pipe {
            return pipe.open().map_err(|error| error.within(&self.name));
        }
        if let Some(table) = &self.memory {
            return Ok(Unpacked::of_table(table.clone()));
        }
        let cannot = format_args!("cannot read {}", self.name);
        let unpacked = Unpacked::of(self.bytes(stop)?, cannot);
        match &self.object {
            Some(_) => unpacked.map_err(|error| error.within(&self.name)),
            None => unpacked,
        }
    }

    /// The first bytes of its content, unpacked; at most `bytes` of them.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) fn beginning(&self, bytes: u64) -> Result<Vec<u8>> {
        let mut beginning = vec![0; bytes as usize];
        let read = self.open(&Stop::default())?.read_at(&mut beginning, 0)?;
        beginning.truncate(read);
        Ok(beginning)
    }

    /// The file as if its content were these bytes.
    pub(crate) fn holding(&self, bytes: Vec<u8>) -> Self {
        let version = FileVersion { size_bytes: bytes.len() as u64, ..self.version.clone() };
        InputFile { held: Some(bytes.into()), object: None, version, ..self.clone() }
    }

    /// The columns that are not in it: its path has them, or the log of its table.
    pub(crate) fn columns(&self) -> Cow<'_, PathColumns> {
        match &self.table {
            Some(part) => Cow::Borrowed(&part.columns),
            None => Cow::Owned(PathColumns::of(&self.identity)),
        }
    }

    /// What it calls its columns, if it is part of a table that maps them.
    pub(crate) fn mapped_columns(&self) -> Option<&TableColumns> {
        let declared = &*self.table.as_ref()?.declared;
        declared.is_mapped().then_some(declared)
    }

    /// The file as the increment needs it.
    pub fn listed(&self) -> Listed {
        Listed { identity: self.identity.clone(), version: self.version.clone() }
    }
}

/// Why a job that keeps a ledger refuses pipes.
pub const READ_AGAIN: &str = "a job with [output] reads its inputs again when they change";

/// An error if one of `files` is a pipe or a table in memory, where they are read more than once; `why` says what for.
///
/// # Errors
/// Usage: one is.
pub fn are_no_pipes(files: &[InputFile], why: &str) -> Result<()> {
    let Some(file) = files.iter().find(|file| file.pipe.is_some() || file.memory.is_some()) else {
        return Ok(());
    };
    let what = if file.pipe.is_some() { "a pipe, which is read once" } else { "a table in memory" };
    Err(Error::usage(format!("{} is {what}; {why}", file.name))
        .with_code(Code::NotAFile)
        .with_help("write it to a file first"))
}
