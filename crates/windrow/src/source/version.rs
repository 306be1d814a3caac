//! Versions of a file: hashing one that was read before, without taking another for it.

use super::InputFile;
use crate::codec::{Expansion, Unpacked};
use crate::error::{Kind, Result};
use crate::fingerprint::{Fingerprint, LineHasher, PROOF_BYTES, Proof, ends, hash};
use crate::settings::Stop;
use crate::storage::{FileVersion, became_shorter};

/// The fingerprint of the first `bytes` bytes of `file`, unpacked; one that `grows` may have grown.
///
/// # Errors
/// Storage: it cannot be read, or is not the file of that `version`. The run was stopped.
pub fn fingerprint_of(
    file: &InputFile,
    bytes: u64,
    version: &FileVersion,
    grows: bool,
    stop: &Stop,
) -> Result<Fingerprint> {
    fingerprint_and(file, bytes, version, grows, stop, &mut |_| {})
}

/// [`fingerprint_of`], and the hash of the lines of the same bytes.
///
/// # Errors
/// As [`fingerprint_of`].
pub(crate) fn hashes_of(
    file: &InputFile,
    bytes: u64,
    version: &FileVersion,
    grows: bool,
    stop: &Stop,
) -> Result<(Fingerprint, u128)> {
    let mut lines = LineHasher::default();
    let fingerprint = fingerprint_and(file, bytes, version, grows, stop, &mut |piece| lines.read(piece))?;
    Ok((fingerprint, lines.finish(bytes)))
}

/// [`fingerprint_of`]; `each` is given the bytes too.
fn fingerprint_and(
    file: &InputFile,
    bytes: u64,
    version: &FileVersion,
    grows: bool,
    stop: &Stop,
    each: &mut dyn FnMut(&[u8]),
) -> Result<Fingerprint> {
    unchanged(file, version, grows, stop, |file| {
        let mut content = file.forward(Expansion::ANY, 0)?;
        let mut read = |into: &mut [u8]| {
            stop.check()?;
            content.read(into, stop)
        };
        Fingerprint::of_next(bytes, &mut read, each)
    })
}

/// The hashes of the first and the last bytes of the first `bytes` bytes of `file`, unpacked, as in a proof.
///
/// # Errors
/// As [`fingerprint_of`].
pub fn ends_of(
    file: &InputFile,
    bytes: u64,
    version: &FileVersion,
    grows: bool,
    stop: &Stop,
) -> Result<[u128; 2]> {
    unchanged(file, version, grows, stop, |file| match file.size() {
        Some(_) => ends(bytes, &|bytes, at| file.read_exact_at(bytes, at)),
        None => {
            let mut stream = file.forward(Expansion::ANY, 0)?;
            let [head, last] = Proof::ranges(bytes);
            let (mut first, mut held, mut at) = (Vec::new(), Vec::new(), 0);
            let mut piece = vec![0; PROOF_BYTES as usize];
            while at < bytes {
                let wanted = (bytes - at).min(PROOF_BYTES) as usize;
                let read = stream.read(&mut piece[..wanted], stop)?;
                if read == 0 {
                    return Err(became_shorter());
                }
                at += read as u64;
                held.extend_from_slice(&piece[..read]);
                if first.is_empty() && at >= head.end {
                    first = held[..head.end as usize].to_vec();
                }
                // Before the last bytes nothing is needed any more.
                let needed = last.start.saturating_sub(at - held.len() as u64).min(held.len() as u64);
                if !first.is_empty() {
                    held.drain(..needed as usize);
                }
            }
            Ok([first, held].map(|bytes| hash(&bytes)))
        }
    })
}

/// The hash of the first bytes of `file`, whose content has `bytes` bytes, as [`ends_of`] has it. The rest is not unpacked.
///
/// # Errors
/// As [`fingerprint_of`].
#[cfg(feature = "spark")]
pub(crate) fn head_of(file: &InputFile, bytes: u64, version: &FileVersion, stop: &Stop) -> Result<u128> {
    unchanged(file, version, false, stop, |file| {
        let [head, _] = Proof::ranges(bytes);
        let mut first = vec![0; head.end as usize];
        file.read_exact_at(&mut first, 0)?;
        Ok(hash(&first))
    })
}

/// What `read` reads in `file`, which is of that `version` before and after.
fn unchanged<T>(
    file: &InputFile,
    version: &FileVersion,
    grows: bool,
    stop: &Stop,
    read: impl FnOnce(&Unpacked) -> Result<T>,
) -> Result<T> {
    let file = file.open(stop).map_err(|error| match error.kind() {
        Kind::Interrupted | Kind::Terminated => error,
        _ => error.with_kind(Kind::Storage),
    })?;
    version.ensure_unchanged(&file.version(), grows)?;
    let found = read(&file)?;
    file.ensure_unchanged(grows)?;
    Ok(found)
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
        let file = InputFile { path, ..InputFile::default() };
        let hashed = |bytes, size_bytes, stamp: &Stamp, grows| {
            let version = FileVersion { size_bytes, stamp: stamp.clone() };
            fingerprint_of(&file, bytes, &version, grows, &Stop::default()).map_err(|error| error.kind())
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
        let file = InputFile { path, ..InputFile::default() };
        stop.request(false);
        assert_eq!(fingerprint_of(&file, 4, &version, false, &stop).unwrap_err().kind(), Kind::Interrupted);
    }
}
