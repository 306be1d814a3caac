//! Versions of a file: hashing one that was read before, without taking another for it.

use std::fs::{File, Metadata};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use twox_hash::XxHash3_128;

use crate::error::{Error, Kind, Result};
use crate::fingerprint::Fingerprint;
use crate::increment::{Proof, Stamp};
use crate::settings::Stop;

use super::stamp_of;

/// A file as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was changed.
    pub stamp: Stamp,
    /// Whether more may have been appended since.
    pub may_have_grown: bool,
}

impl Version {
    fn check(&self, metadata: &Metadata) -> Result<()> {
        let is_same = metadata.size() == self.size_bytes && stamp_of(metadata) == self.stamp;
        if is_same || self.may_have_grown && metadata.size() > self.size_bytes {
            return Ok(());
        }
        Err(Error::new(Kind::Storage, "changed since it was read: its size or time of change differs")
            .help("run again when nothing writes to the file, or give windrow a copy of it"))
    }
}

/// The fingerprint of the first `bytes` bytes of the file at `path`.
///
/// # Errors
/// Storage: it cannot be read, or is not the file of that `version`. The run was stopped.
pub fn fingerprint_of(path: &Path, bytes: u64, version: &Version, stop: &Stop) -> Result<Fingerprint> {
    // It was read before: whatever keeps it from being read now, a later run may read it.
    let cannot = |error| Error::io("cannot read", &error).with_kind(Kind::Storage);
    let mut file = File::open(path).map_err(cannot)?;
    version.check(&file.metadata().map_err(cannot)?)?;
    let fingerprint = Fingerprint::read(&mut file, bytes, &|| stop.check())?;
    version.check(&file.metadata().map_err(cannot)?)?;
    Ok(fingerprint)
}

/// The hashes of the first and the last bytes of the first `bytes` bytes of the file at `path`, as in a [`Proof`].
///
/// # Errors
/// As [`fingerprint_of`].
pub fn ends_of(path: &Path, bytes: u64, version: &Version) -> Result<[u128; 2]> {
    let cannot = |error| Error::io("cannot read", &error).with_kind(Kind::Storage);
    let file = File::open(path).map_err(cannot)?;
    version.check(&file.metadata().map_err(cannot)?)?;
    let hashes = ends(bytes, &|bytes, at| file.read_exact_at(bytes, at).map_err(cannot))?;
    version.check(&file.metadata().map_err(cannot)?)?;
    Ok(hashes)
}

/// The hashes of the first and the last bytes of the first `bytes` bytes of what `read` reads.
///
/// # Errors
/// Those of `read`.
pub fn ends(bytes: u64, read: &dyn Fn(&mut [u8], u64) -> Result<()>) -> Result<[u128; 2]> {
    let [head, last] = Proof::ranges(bytes);
    Ok([hash_of(head, read)?, hash_of(last, read)?])
}

/// The hash of these bytes of a file.
///
/// # Errors
/// Those of `read`.
pub fn hash_of(range: Range<u64>, read: &dyn Fn(&mut [u8], u64) -> Result<()>) -> Result<u128> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    read(&mut bytes, range.start)?;
    Ok(XxHash3_128::oneshot(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_was_read_is_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        let stamp = stamp_of(&path.metadata().unwrap());
        let hashed = |bytes, size_bytes, stamp: &Stamp, may_have_grown| {
            let version = Version { size_bytes, stamp: stamp.clone(), may_have_grown };
            fingerprint_of(&path, bytes, &version, &Stop::default()).map_err(|error| error.kind())
        };
        assert_eq!(hashed(8, 8, &stamp, false), Ok(Fingerprint::of(b"one\ntwo\n")));
        assert_eq!(hashed(4, 8, &stamp, false), Ok(Fingerprint::of(b"one\n")));
        assert_eq!(hashed(4, 7, &stamp, false), Err(Kind::Storage));
        assert_eq!(hashed(4, 7, &Stamp::default(), true), Ok(Fingerprint::of(b"one\n")), "it has grown");
        assert_eq!(hashed(8, 8, &Stamp::default(), false), Err(Kind::Storage));
        assert_eq!(hashed(8, 9, &stamp, true), Err(Kind::Storage));
    }

    #[test]
    fn a_stop_ends_hashing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "one\n").unwrap();
        let stamp = stamp_of(&path.metadata().unwrap());
        let (version, stop) = (Version { size_bytes: 4, stamp, may_have_grown: false }, Stop::default());
        stop.request(false);
        assert_eq!(fingerprint_of(&path, 4, &version, &stop).unwrap_err().kind(), Kind::Interrupted);
    }
}
