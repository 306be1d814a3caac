//! What makes two names the same file.

use std::fs::Metadata;
use std::path::Path;

/// The number of a file.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Inode {
    device: u64,
    number: u64,
}
#[cfg(not(unix))]
pub(super) type Inode = std::path::PathBuf;

#[cfg(unix)]
pub(super) fn inode(_: &Path, metadata: &Metadata) -> Inode {
    use std::os::unix::fs::MetadataExt;
    Inode { device: metadata.dev(), number: metadata.ino() }
}

#[cfg(not(unix))]
pub(super) fn inode(path: &Path, _: &Metadata) -> Inode {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
