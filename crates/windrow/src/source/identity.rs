//! Identities: the one address of a file, whatever the way it was written, and whatever the folder it is below is called.
//!
//! A file below the root is `logs/a.csv`, any other `file:///srv/logs/a.csv`, an object `s3://bucket/logs/a.csv`. Text stands
//! for itself; `%`, control characters and bytes that are not UTF-8 are written `%25`, `%0A`, `%FF`, so that no two files
//! have one identity and each leads back to its file.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::text::escape::{visible, visible_bytes};
use crate::text::percent::{decoded, encoded};

/// The folder that identities are relative to.
#[derive(Clone, Debug)]
pub struct Root {
    absolute: PathBuf,
    /// Without links, for paths that come another way.
    canonical: PathBuf,
    /// The folder that was looked up last. Files come folder by folder.
    last: Arc<Mutex<Option<FoundFolder>>>,
}

/// A folder as it was written, and with symbolic links resolved. `None` if it does not exist.
#[derive(Debug)]
struct FoundFolder {
    written: PathBuf,
    canonical: Option<PathBuf>,
}

impl Root {
    /// The root `folder`; a relative one starts from the current folder.
    pub fn new(folder: &Path) -> Self {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let canonical = absolute.canonicalize().unwrap_or_else(|_| absolute.clone());
        let absolute = if goes_up(&absolute) { canonical.clone() } else { absolute };
        Root { absolute, canonical, last: Arc::default() }
    }

    /// The identity of the file at `path`. A link is a file of its own name.
    pub fn identity(&self, path: &Path) -> String {
        let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if goes_up(&path) {
            // What is above a link depends on where it leads.
            path = self.without_links(&path);
        }
        if let Ok(below) = path.strip_prefix(&self.absolute) {
            return encoded_path(below);
        }
        match self.without_links(&path).strip_prefix(&self.canonical) {
            Ok(below) => encoded_path(below),
            Err(_) => format!("file:///{}", encoded_path(&path)),
        }
    }

    /// The path with symbolic links in its folder resolved, or the path unchanged if the folder does not exist.
    fn without_links(&self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last.take().filter(|known| known.written == folder);
        let looked_up = || FoundFolder { written: folder.to_owned(), canonical: folder.canonicalize().ok() };
        let found = last.insert(known.unwrap_or_else(looked_up));
        found.canonical.as_ref().map_or_else(|| path.to_owned(), |found| found.join(name))
    }

    /// The beginning of the identities of the files below `folder`: with a `/` behind its own, or nothing where it is the root.
    pub(super) fn folder(&self, folder: &Path) -> String {
        let below = self.identity(&folder.join("x"));
        below.strip_suffix('x').map(str::to_owned).unwrap_or(below)
    }

    /// The path of the file with this identity; none for objects.
    pub fn path(&self, identity: &str) -> Option<PathBuf> {
        match identity.split_once("://") {
            None => Some(self.absolute.join(path_of(decoded(identity)?)?)),
            Some(("file", path)) => path_of(decoded(path)?),
            Some(_) => None,
        }
    }
}

fn goes_up(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

/// The names of a path, each encoded, with `/` between them.
fn encoded_path(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(encoded(name.as_encoded_bytes())),
        Component::Prefix(prefix) => Some(encoded(prefix.as_os_str().as_encoded_bytes())),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

/// An identity as people are shown the name of its file everywhere else.
pub fn identity_shown(identity: &str) -> String {
    decoded(identity).map_or_else(|| visible(identity).into_owned(), |bytes| visible_bytes(&bytes))
}

fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(test)]
mod tests;
