//! Bytes of files that Spark has sent, held until they are read.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use bytes::Bytes;

use crate::storage::FileVersion;

/// Pieces of files, within a bound: those of the file that came first are dropped first.
#[derive(Debug, Default)]
pub(super) struct HeldBytes {
    files: HashMap<String, HeldFile>,
    order: VecDeque<String>,
    bytes: u64,
}

#[derive(Debug)]
struct HeldFile {
    version: FileVersion,
    pieces: Vec<(u64, Bytes)>,
}

/// The most bytes that are held.
const BYTES_MAX: u64 = 256 << 20;

impl HeldBytes {
    /// Adds a piece of this version of a file, which begins at `start`.
    pub(super) fn add(&mut self, path: &str, version: &FileVersion, start: u64, bytes: Bytes) {
        if self.files.get(path).is_none_or(|file| file.version != *version) {
            self.drop_file(path);
            self.order.push_back(path.to_owned());
            self.files.insert(path.to_owned(), HeldFile { version: version.clone(), pieces: Vec::new() });
        }
        let Some(file) = self.files.get_mut(path) else { return };
        self.bytes += bytes.len() as u64;
        file.pieces.push((start, bytes));
        file.pieces.sort_unstable_by_key(|(start, _)| *start);
        while self.bytes > BYTES_MAX
            && let Some(first) = self.order.front().filter(|first| *first != path).cloned()
        {
            self.drop_file(&first);
        }
    }

    /// The bytes in `range` of this version of a file, if all of them are held.
    pub(super) fn get(&self, path: &str, version: &FileVersion, range: Range<u64>) -> Option<Bytes> {
        let file = self.file(path, version)?;
        let mut found = Vec::new();
        let mut at = range.start;
        for (start, bytes) in &file.pieces {
            let end = start + bytes.len() as u64;
            if *start > at || end <= at {
                continue;
            }
            let piece = bytes.slice((at - start) as usize..(end.min(range.end) - start) as usize);
            if piece.len() as u64 == range.end - range.start {
                return Some(piece);
            }
            at += piece.len() as u64;
            found.extend_from_slice(&piece);
            if at == range.end {
                break;
            }
        }
        (at == range.end).then(|| found.into())
    }

    /// The bytes of this version of a file from `byte` on, as far as all of them are held.
    pub(super) fn from(&self, path: &str, version: &FileVersion, byte: u64) -> Option<Bytes> {
        let file = self.file(path, version)?;
        let mut end = byte;
        for (start, bytes) in &file.pieces {
            if *start <= end {
                end = end.max(start + bytes.len() as u64);
            }
        }
        if end == byte { None } else { self.get(path, version, byte..end) }
    }

    fn file(&self, path: &str, version: &FileVersion) -> Option<&HeldFile> {
        self.files.get(path).filter(|file| file.version == *version)
    }

    fn drop_file(&mut self, path: &str) {
        let Some(file) = self.files.remove(path) else { return };
        self.order.retain(|other| other != path);
        self.bytes -= file.pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(size_bytes: u64) -> FileVersion {
        FileVersion { size_bytes, ..FileVersion::default() }
    }

    #[test]
    fn pieces_are_joined_where_they_meet() {
        let mut held = HeldBytes::default();
        let v = version(10);
        for (start, bytes) in [(6, "6789"), (0, "0123"), (2, "2345")] {
            held.add("a", &v, start, Bytes::from(bytes));
        }
        for start in 0..=10 {
            for end in start + 1..=10 {
                let wanted = &"0123456789"[start as usize..end as usize];
                assert_eq!(held.get("a", &v, start..end).as_deref(), Some(wanted.as_bytes()));
            }
        }
        held.add("b", &v, 0, Bytes::from("012"));
        held.add("b", &v, 4, Bytes::from("456"));
        assert_eq!(held.get("b", &v, 1..6), None, "byte 3 is missing");
        assert_eq!(held.get("b", &v, 4..8), None, "byte 7 is missing");
        assert_eq!(held.get("b", &version(11), 0..1), None, "another version");
    }

    #[test]
    fn the_oldest_file_makes_room() {
        let mut held = HeldBytes::default();
        let v = version(BYTES_MAX);
        let half = Bytes::from(vec![0; BYTES_MAX as usize / 2]);
        for (path, are_there) in
            [("a", [true, false, false]), ("b", [true, true, false]), ("c", [false, true, true])]
        {
            held.add(path, &v, 0, half.clone());
            assert_eq!(["a", "b", "c"].map(|path| held.get(path, &v, 0..9).is_some()), are_there);
        }
        held.add("c", &version(1), 0, Bytes::from("0"));
        assert_eq!(held.bytes, BYTES_MAX / 2 + 1);
    }
}
