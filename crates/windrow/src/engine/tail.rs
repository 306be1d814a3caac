//! Growing files: the proof that what was counted before is still there.

use crate::error::Result;
use crate::fingerprint::{Fold, PROOF_BYTES, Proof, ends, hash_of};

use super::file::OpenFile;

impl OpenFile {
    /// The hashes of the first and of the last bytes of the first `counted_bytes`.
    pub(super) fn ends(&self, counted_bytes: u64) -> Result<[u128; 2]> {
        ends(counted_bytes, &|bytes, at| self.read_exact_at(bytes, at))
    }

    /// What a later run knows the counted part by.
    pub(super) fn proof(&self, fold: Fold, line_ends: u64) -> Result<Proof> {
        let [head, last] = match self.counted.filter(|part| part.bytes >= PROOF_BYTES) {
            // The first bytes were hashed to know the part counted before.
            Some(part) => {
                let [_, last] = Proof::ranges(self.size);
                [part.proof.head, hash_of(last, &|bytes, at| self.read_exact_at(bytes, at))?]
            }
            None => self.ends(self.size)?,
        };
        Ok(Proof { head, last, fold: fold.whole_blocks(self.size), line_ends })
    }
}
