//! One input file, opened: positioned reads, and proof that it did not change while it was read.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::clock;
use crate::engine::Refusal;
use crate::error::{Error, Result};
use crate::event::TimeReader;
use crate::fingerprint::{BLOCK_BYTES, Fold, Proof};
use crate::format::csv::{Head, later_header, line_end_of};
use crate::job::Source;
use crate::source::{CountedPart, InputFile};
use crate::storage::{FileVersion, Opened, became_shorter};
use crate::tally::Tally;

use super::header::Header;

/// An input file, open, with its header read.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// Its place in the list of inputs.
    pub(super) at: usize,
    /// Its header.
    pub(super) header: Header,
    /// Its size when it was opened; what is appended later is not read.
    pub(super) size: u64,
    /// Whether all its bytes are hashed.
    pub(super) wants_fingerprint: bool,
    /// What it was when it was opened.
    pub(super) opened: Opened,
    /// Whether it is only ever appended to.
    growing: bool,
    /// The part that was counted before, and is as it was.
    pub(super) counted: Option<CountedPart>,
    file: File,
}

impl OpenFile {
    /// Opens input number `at` and reads its header.
    pub(super) fn open(
        at: usize,
        input: &InputFile,
        source: &Source,
        time: &TimeReader,
    ) -> Result<Self, Box<Refusal>> {
        let refused = |error, opened| Box::new(Refusal { error, tally: None, opened });
        let cannot = |error| refused(Error::io(format!("cannot read {}", input.name), &error), None);
        let file = File::open(&input.path).map_err(cannot)?;
        let metadata = file.metadata().map_err(cannot)?;
        if !metadata.is_file() {
            return Err(refused(Error::usage(format!("{} is not a file", input.name)), None));
        }
        let opened = Opened { version: FileVersion::of(&metadata), at_us: clock::unix_us() };
        let header = Header::default();
        let mut open = OpenFile {
            at,
            header,
            size: opened.version.size_bytes,
            wants_fingerprint: false,
            opened,
            growing: source.growing,
            counted: None,
            file,
        };
        match open.begin(input, source, time) {
            Ok(()) => Ok(open),
            Err(error) => Err(refused(error, Some(open.opened))),
        }
    }

    /// Reads the header, and finds out where counting begins and ends.
    fn begin(&mut self, input: &InputFile, source: &Source, time: &TimeReader) -> Result<()> {
        let within = |error: Error| error.within(&input.name);
        let read_at = |bytes: &mut [u8], offset: u64| self.read_exact_at(bytes, offset).map_err(within);
        let line_end = line_end_of(&source.csv, self.size, &read_at)?;
        let size = match self.growing {
            true => self.end_of_lines(line_end.byte()).map_err(within)?,
            false => self.size,
        };
        let head = Head::read(&input.name, &source.csv, line_end, size, &read_at)?;
        let header = Header::of(head, source, time).map_err(|error| {
            let columns: Vec<&str> =
                source.keys.iter().chain([&source.time.column]).map(String::as_str).collect();
            within(match later_header(&source.csv, &columns, size, &read_at) {
                Some((key, value)) => {
                    error.help(format!("a later line names these columns: {key} = {value} in [source]"))
                }
                None => error,
            })
        })?;
        (self.size, self.header) = (size, header);
        self.header.tally.bytes_total = self.size;
        self.header.tally.bytes_read = self.header.body_start;
        self.go_on_from(input.counted).map_err(|error| error.within(&input.name))
    }

    /// Leaves out what was counted before, if that part is as it was.
    fn go_on_from(&mut self, counted: Option<CountedPart>) -> Result<()> {
        let Some(part) = counted.filter(|_| self.growing) else { return Ok(()) };
        let CountedPart { bytes, proof } = part;
        if bytes < self.header.body_start
            || bytes > self.size
            || self.ends(bytes)? != [proof.head, proof.last]
        {
            return Ok(());
        }
        self.header.body_start = bytes;
        self.header.line_ends = proof.line_ends;
        self.header.tally = Tally { bytes_total: self.size - bytes, ..Tally::default() };
        self.counted = Some(part);
        Ok(())
    }

    /// Where hashing begins: the blocks before are known by their fold.
    pub(super) fn hashed_from(&self) -> u64 {
        self.counted.map_or(0, |part| part.bytes / BLOCK_BYTES * BLOCK_BYTES)
    }

    /// The fold of the blocks that are not hashed again.
    pub(super) fn fold(&self) -> Fold {
        self.counted.map_or(Fold::default(), |part| Fold::resumed(part.proof.fold, part.bytes / BLOCK_BYTES))
    }

    /// What a later run knows the counted part by; none of files that may change anywhere.
    pub(super) fn proof_of(&self, fold: Fold, line_ends: u64) -> Result<Option<Proof>> {
        (self.growing && self.wants_fingerprint).then(|| self.proof(fold, line_ends)).transpose()
    }

    /// Fills `bytes` from `offset` on; the caller stays below [`size`](Self::size).
    pub(super) fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_exact_at(bytes, offset).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => became_shorter(),
            _ => Error::io("cannot read", &error),
        })
    }

    /// An error when the file is not what it was when it was opened; one that grows may have grown.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let metadata = self.file.metadata().map_err(|error| Error::io("cannot read", &error))?;
        self.opened.version.ensure_unchanged(&FileVersion::of(&metadata), self.growing)
    }
}
