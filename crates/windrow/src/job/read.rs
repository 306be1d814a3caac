//! Reading a job file.

use std::fs;
use std::path::Path;

use super::span;
use super::{Fault, Job, JobFile};
use crate::error::{Error, Kind, Result};
use crate::format::endings;
use crate::source;
use crate::storage::Stores;
use crate::text::escape;

impl Job {
    /// Reads and checks the job file at `path`, without looking for its inputs.
    ///
    /// # Errors
    /// Usage: there is none, and the nearest name is proposed; it cannot be read; as [`Job::from_toml`].
    pub fn read(path: &Path) -> Result<Self> {
        // Listing it finds out that it is a file, and knows the nearest name if it is none.
        source::list(&[path], Path::new(""), &endings(None), &Stores::default())?;
        let text = fs::read_to_string(path).map_err(|error| {
            Error::io(format!("cannot read {}", escape::path(path)), &error).with_kind(Kind::Usage)
        })?;
        Job::from_toml(&text, path)
    }

    /// Reads and checks the text of the job file at `path`. Relative paths in it start from its folder.
    ///
    /// # Errors
    /// Usage, with file, line and column, and what is allowed there.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let checked = JobFile::from_toml(text, path)?.check(folder);
        checked.map_err(|fault: Fault| span::locate(fault, text, path))
    }
}
