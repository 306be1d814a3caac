//! Proofs: hashes of both ends of a file, by which it is known when it has grown.

use std::ops::Range;

use twox_hash::XxHash3_128;

use crate::error::Result;

/// How much of the beginning and of the end of the counted part proves that a file has only grown.
pub const PROOF_BYTES: u64 = 64 << 10;

/// Hashes of the first and the last [`PROOF_BYTES`] of the counted part of a growing file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    /// Of the first bytes.
    pub head: u128,
    /// Of the last bytes.
    pub last: u128,
    /// Of all whole blocks of the counted part, folded: what the fingerprint of a longer file goes on from.
    pub fold: u128,
    /// Line ends in the counted part, by which later lines are numbered.
    pub line_ends: u64,
}

/// Hashes of the first and the last `PROOF_BYTES` of the counted part of any file, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndHashes {
    /// Of the first bytes.
    pub head: Option<u128>,
    /// Of the last bytes: where there is no fingerprint.
    pub last: Option<u128>,
}

impl Proof {
    /// Which bytes are hashed for a counted part of `counted_bytes`: the first and the last, which may overlap.
    pub fn ranges(counted_bytes: u64) -> [Range<u64>; 2] {
        let length = counted_bytes.min(PROOF_BYTES);
        [0..length, counted_bytes - length..counted_bytes]
    }
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
    Ok(hash(&bytes))
}

/// The hash of `bytes`.
pub(crate) fn hash(bytes: &[u8]) -> u128 {
    XxHash3_128::oneshot(bytes)
}
