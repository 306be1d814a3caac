//! Versions of a file: hashing one that was read before, without taking another for it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::fingerprint::{Fingerprint, ends};
use crate::settings::Stop;
use crate::storage::FileVersion;

/// The fingerprint of the first `bytes` bytes of the file at `path`; one that `grows` may have grown.
///
/// # Errors
/// Storage: it cannot be read, or is not the file of that `version`. The run was stopped.
pub fn fingerprint_of(
    path: &Path,
    bytes: u64,
    version: &FileVersion,
    grows: bool,
    stop: &Stop,
) -> Result<Fingerprint> {
    unchanged(path, version, grows, |file| Fingerprint::read(file, bytes, &|| stop.check()))
}

/// The hashes of the first and the last bytes of the first `bytes` bytes of the file at `path`, as in a proof.
///
/// # Errors
/// As [`fingerprint_of`].
pub fn ends_of(path: &Path, bytes: u64, version: &FileVersion, grows: bool) -> Result<[u128; 2]> {
    unchanged(path, version, grows, |file| {
        ends(bytes, &|bytes, at| file.read_exact_at(bytes, at).map_err(cannot))
    })
}

/// What `read` reads in the file at `path`, which is of that `version` before and after.
fn unchanged<T>(
    path: &Path,
    version: &FileVersion,
    grows: bool,
    read: impl FnOnce(&mut File) -> Result<T>,
) -> Result<T> {
    let mut file = File::open(path).map_err(cannot)?;
    let check =
        |file: &File| version.ensure_unchanged(&FileVersion::of(&file.metadata().map_err(cannot)?), grows);
    check(&file)?;
    let found = read(&mut file)?;
    check(&file)?;
    Ok(found)
}

/// It was read before: whatever keeps it from being read now, a later run may read it.
fn cannot(error: std::io::Error) -> Error {
    Error::io("cannot read", &error).with_kind(Kind::Storage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Stamp;

    #[test]
    fn only_the_version_that_was_read_is_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        let stamp = FileVersion::of(&path.metadata().unwrap()).stamp;
        let hashed = |bytes, size_bytes, stamp: &Stamp, grows| {
            let version = FileVersion { size_bytes, stamp: stamp.clone() };
            fingerprint_of(&path, bytes, &version, grows, &Stop::default()).map_err(|error| error.kind())
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
        let (version, stop) = (FileVersion::of(&path.metadata().unwrap()), Stop::default());
        stop.request(false);
        assert_eq!(fingerprint_of(&path, 4, &version, false, &stop).unwrap_err().kind(), Kind::Interrupted);
    }
}
