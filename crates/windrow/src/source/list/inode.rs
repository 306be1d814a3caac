//! What makes two names the same file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// The number of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Inode {
    device: u64,
    number: u64,
}

pub(super) fn inode(metadata: &Metadata) -> Inode {
    Inode { device: metadata.dev(), number: metadata.ino() }
}
