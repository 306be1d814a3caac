//! Large files: where their lines are, by the parts in which Spark has read them.

use super::scan::{LINE_BYTES_MAX, SentRun, WantedChunks, cut};
use crate::error::{Code, Error, Kind, Result};
use crate::format::csv::BOM;
use crate::storage::{FileVersion, WantedLine};
use crate::text::number::size;

/// A line's `id` in Spark without so many of its last bits is the number of its chunk.
pub(super) const CHUNK_BITS: u32 = 6;

/// The lines of a chunk.
const CHUNK_LINES: u64 = 1 << CHUNK_BITS;

/// The chunks at the beginning of a file that are sent at first, and the most that are: those cover 128 KiB whatever the lines are.
pub(super) const HEAD_CHUNKS: [u64; 2] = [128, 2048];

/// Bytes that are to follow a line that is sent.
pub(in crate::engine::spark) const AFTER_BYTES: u64 = 1 << 10;

/// How many bits of an `id` are the number of the line in its part; those before are the number of the part.
const LINE_BITS: u32 = 33;

/// A part of a file, which one task has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilePart {
    /// The byte where it begins. Its first line may begin later.
    pub(super) start: i64,
    /// The `id` of its first line.
    pub(super) first_id: i64,
    pub(super) lines: u64,
    /// The bytes of its lines, each with a line end.
    pub(super) bytes: u64,
}

/// A file, as a scan has shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LargeFile {
    pub(super) version: FileVersion,
    /// In the order of the file.
    parts: Vec<FilePart>,
    /// The bytes of its byte order mark, which Spark skips.
    mark: u64,
    /// Whether its last line has a line end.
    ends_whole: bool,
}

impl LargeFile {
    /// The file with these parts. Whether it begins with a byte order mark and ends with a line end follows from its size.
    ///
    /// # Errors
    /// Storage: the parts do not add up to the size.
    pub(super) fn of(version: &FileVersion, parts: Vec<FilePart>) -> Result<Self> {
        let bytes: u64 = parts.iter().map(|part| part.bytes).sum();
        let whole = [(0, true), (0, false), (BOM.len() as u64, true), (BOM.len() as u64, false)];
        let fits =
            |(mark, ends_whole): &(u64, bool)| bytes + mark == version.size_bytes + u64::from(!ends_whole);
        match whole.into_iter().find(fits) {
            Some((mark, ends_whole)) => Ok(LargeFile { version: version.clone(), parts, mark, ends_whole }),
            None => Err(other_bytes(bytes, version.size_bytes)),
        }
    }

    /// The bytes of its byte order mark.
    pub(super) fn mark(&self) -> u64 {
        self.mark
    }

    /// The parts, each with the number of its first line, from 1, and the byte where that begins.
    pub(super) fn places(&self) -> impl Iterator<Item = (FilePart, u64, u64)> {
        self.parts.iter().scan((1, self.mark), |next, part| {
            let (line, byte) = *next;
            *next = (line + part.lines, byte + part.bytes);
            Some((*part, line, byte))
        })
    }

    /// Makes `run` what stands in the file: with the mark at its beginning, and without a line end where it has none.
    pub(super) fn complete(&self, run: &mut SentRun) {
        if run.line == 1 && self.mark > 0 {
            run.bytes.splice(0..0, BOM.iter().copied());
            run.start = 0;
        }
        if run.start + run.bytes.len() as u64 > self.version.size_bytes && !self.ends_whole {
            run.bytes.pop();
        }
    }

    /// The chunks that have the first of these lines, in ascending order, and what follows each: `record_bytes` where it may go on. And
    /// how many lines these are, as all chunks together have about `bytes_max` bytes.
    pub(super) fn chunks(
        &self,
        lines: &[WantedLine],
        record_bytes: u64,
        bytes_max: u64,
    ) -> (WantedChunks, usize) {
        let (mut wanted, mut bytes) = (WantedChunks::default(), 0);
        let mut places: &[(FilePart, u64, u64)] = &self.places().collect::<Vec<_>>();
        for (at, WantedLine { line, may_go_on }) in lines.iter().enumerate() {
            while let Some(((part, first, _), rest)) = places.split_first()
                && first + part.lines <= *line
            {
                places = rest;
            }
            let Some((part, first, _)) = places.first() else { return (wanted, at) };
            let mut within = line - first;
            let after = if *may_go_on { record_bytes.max(AFTER_BYTES) } else { AFTER_BYTES };
            // The line may be the last one of its chunk.
            let mut left = after + part.bytes_of(part.chunk_of(within));
            for (part, ..) in places {
                let last = part.chunk_of(part.lines.saturating_sub(1));
                for chunk in part.chunk_of(std::mem::take(&mut within))..=last {
                    if left == 0 {
                        break;
                    }
                    let chunk_bytes = part.bytes_of(chunk);
                    wanted.parts.insert(part.start);
                    bytes += if wanted.chunks.insert(chunk) { chunk_bytes } else { 0 };
                    left = left.saturating_sub(chunk_bytes);
                }
                if left == 0 {
                    break;
                }
            }
            if bytes > bytes_max {
                return (wanted, at + 1);
            }
        }
        (wanted, lines.len())
    }
}

impl FilePart {
    /// The chunk of line number `at` of the part, from 0.
    fn chunk_of(&self, at: u64) -> i64 {
        (self.first_id + at.cast_signed()) >> CHUNK_BITS
    }

    /// The bytes of what the part has of a chunk, about.
    fn bytes_of(&self, chunk: i64) -> u64 {
        let (begins, ends) = (chunk << CHUNK_BITS, (chunk + 1) << CHUNK_BITS);
        let lines = ends.min(self.first_id + self.lines.cast_signed()) - begins.max(self.first_id);
        (self.bytes * lines.max(0).cast_unsigned() / self.lines.max(1)).max(1)
    }
}

/// The chunks at both ends of a file of this size: so many at its beginning, and all of its last part.
pub(super) fn ends(size_bytes: u64, head_chunks: u64) -> WantedChunks {
    let (part_bytes, parts) = cut(size_bytes);
    let last = (size_bytes - part_bytes * parts) / CHUNK_LINES + 1;
    let first_of_last = parts << (LINE_BITS - CHUNK_BITS);
    let chunks = (0..head_chunks).chain(first_of_last..=first_of_last + last);
    WantedChunks {
        parts: [0, (part_bytes * parts).cast_signed()].into(),
        chunks: chunks.map(u64::cast_signed).collect(),
    }
}

fn other_bytes(read: u64, has: u64) -> Error {
    let line = size(LINE_BYTES_MAX);
    Error::new(Kind::Storage, format!("Spark has read {read} of its {has} bytes, in lines of at most {line}"))
        .with_code(Code::SparkFile)
        .with_help("run again when nothing writes to the file; if a line of it is longer, write it in smaller files, or give windrow access to it")
}
