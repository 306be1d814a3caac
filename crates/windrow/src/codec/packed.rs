//! Packed bytes: a file as it is on the disk, read in order and counted.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::storage::Input;

/// Reads a file in order, up to the size that it had when it was opened.
pub(super) struct PackedFile {
    input: Arc<Input>,
    at: u64,
    /// How far it has read, for those who wait for its content.
    read: Arc<AtomicU64>,
}

impl PackedFile {
    /// Reads from the byte `at` on.
    pub(super) fn from(input: Arc<Input>, read: Arc<AtomicU64>, at: u64) -> Self {
        PackedFile { input, at, read }
    }
}

impl Read for PackedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = self.input.size().saturating_sub(self.at).min(into.len() as u64) as usize;
        let read = self.input.read_at(&mut into[..wanted], self.at)?;
        self.at += read as u64;
        self.read.store(self.at, Ordering::Relaxed);
        Ok(read)
    }
}
