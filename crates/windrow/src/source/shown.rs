//! Names of inputs as a person may use them from where a command was given.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::Listing;
use crate::text::escape;

impl Listing {
    /// Gives files names by which they can be opened from the working folder.
    pub fn name_from_here(&mut self) {
        let here = Path::new(".").canonicalize().unwrap_or_default();
        let mut folders: HashMap<PathBuf, PathBuf> = HashMap::new();
        for file in self.files.iter_mut().filter(|file| file.object.is_none()) {
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
