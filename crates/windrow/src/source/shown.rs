//! Inputs for people: under names that can be used from where a command was given, and as a list.

use std::collections::HashMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::{InputFile, Listing};
use crate::codec::Pipe;
use crate::text::escape;
use crate::text::number::{counted, grouped, size};

/// Files that are listed by name.
const LISTED_MAX: usize = 50;

impl Listing {
    /// Gives files names by which they can be opened from the working folder.
    pub fn name_from_here(&mut self) {
        let here = Path::new(".").canonicalize().unwrap_or_default();
        let mut folders: HashMap<PathBuf, PathBuf> = HashMap::new();
        let is_stdin = |file: &InputFile| file.pipe.as_ref().is_some_and(Pipe::is_stdin);
        for file in self.files.iter_mut().filter(|file| file.object.is_none() && !is_stdin(file)) {
            let (Some(folder), Some(name)) = (file.path.parent(), file.path.file_name()) else { continue };
            if !folder.components().any(|part| part == Component::ParentDir) {
                file.name = escape::path(&file.path);
                continue;
            }
            // `app/../logs` is `logs`, unless `app` is a link: the system knows.
            let shown = folders.entry(folder.to_owned()).or_insert_with(|| {
                let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
                real.strip_prefix(&here).map_or(real.clone(), Path::to_owned)
            });
            file.name = escape::path(shown.join(name));
        }
    }
}

impl fmt::Display for Listing {
    /// The inputs, and what is skipped by which rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: u64 = self.files.iter().map(|file| file.version.size_bytes).sum();
        writeln!(f, "{}, {}", counted(self.files.len() as u64, "input file"), size(bytes))?;
        for file in self.files.iter().take(LISTED_MAX) {
            writeln!(f, "  {} ({})", file.name, size(file.version.size_bytes))?;
        }
        if let Some(more @ 1..) = self.files.len().checked_sub(LISTED_MAX) {
            writeln!(f, "  and {} more", grouped(more as u64))?;
        }
        self.skipped.iter().try_for_each(|skipped| writeln!(f, "  skipped: {skipped}"))
    }
}
