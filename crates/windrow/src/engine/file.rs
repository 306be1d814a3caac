//! One input file, opened: its header, its bytes, and proof that it did not change while it was read.

use crate::clock;
use crate::codec::{Expansion, Forward, Unpacked};
use crate::engine::Refusal;
use crate::error::{Error, Kind, Result};
use crate::event::TimeReader;
use crate::fingerprint::{BLOCK_BYTES, Fold, Proof};
use crate::format::{Header, NamedColumns};
use crate::job::{Job, Limits, Source};
use crate::settings::Stop;
use crate::source::{CountedPart, InputFile};
use crate::storage::Opened;
use crate::tally::Tally;

/// An input file, open, with its header read.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// Its place in the list of inputs.
    pub(super) at: usize,
    /// Its header.
    pub(super) header: Header,
    /// Its size when it was opened. Bytes that are appended later are not read. 0 for a stream, whose size is not known before its end.
    pub(super) size: u64,
    /// Whether all its bytes are hashed.
    pub(super) wants_fingerprint: bool,
    /// Its version, and when it was opened.
    pub(super) opened: Opened,
    /// Whether it is only ever appended to.
    growing: bool,
    /// The part that was counted before and has not changed.
    pub(super) counted: Option<CountedPart>,
    bytes: Unpacked,
}

impl OpenFile {
    /// Opens input number `at` and reads its header.
    pub(super) fn open(
        at: usize,
        input: &InputFile,
        job: &Job,
        time: &TimeReader,
        stop: &Stop,
    ) -> Result<Self, Box<Refusal>> {
        let refused = |error, opened| Box::new(Refusal { error, tally: None, opened });
        let bytes = input.open(stop).map_err(|error| refused(error, None))?;
        let opened = Opened { version: bytes.version(), at_us: clock::unix_us() };
        let mut open = OpenFile {
            at,
            header: Header::default(),
            size: bytes.size().unwrap_or(0),
            wants_fingerprint: false,
            opened,
            // Appending to a packed file may change the bytes before.
            growing: job.source.growing && bytes.size().is_some() && bytes.table().is_none(),
            counted: None,
            bytes,
        };
        match open.begin(input, job, time) {
            Ok(()) => Ok(open),
            Err(error) => Err(refused(error, Some(open.opened))),
        }
    }

    /// Reads the header, and finds out where counting begins and ends.
    fn begin(&mut self, input: &InputFile, job: &Job, time: &TimeReader) -> Result<()> {
        let source = &job.source;
        let Source { keys, in_path, measured, .. } = source;
        let (column, beside) = (&source.time.column, source.time.beside.as_deref());
        let record = source.records.rules.as_deref();
        let mapped = input.mapped_columns();
        let columns =
            NamedColumns { time: column, beside, keys, measured, in_path, reader: time, mapped, record };
        if let Some(record) = record {
            let in_path = input.columns();
            let checked = record.check_joined(&mut |name| in_path.get(name).is_some());
            checked.map_err(|error| error.within(&input.name))?;
        }
        let grown_to = self.growing.then_some(self.size);
        let (header, ends) =
            Header::read(&input.name, source.format, &source.csv, columns, grown_to, &self.bytes)?;
        self.size = ends.unwrap_or(self.size);
        self.header = header;
        self.header.leave_out_deleted(input)?;
        self.header.tally.bytes_total = if self.is_stream() { self.header.body_start } else { self.size };
        self.go_on_from(input.counted.as_deref().copied()).map_err(|error| error.within(&input.name))
    }

    /// Skips the part that was counted before, if it has not changed.
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

    /// Where hashing begins. The fold of the blocks before is known.
    pub(super) fn hashed_from(&self) -> u64 {
        self.counted.map_or(0, |part| part.bytes / BLOCK_BYTES * BLOCK_BYTES)
    }

    /// The fold of the blocks that are not hashed again.
    pub(super) fn fold(&self) -> Fold {
        self.counted.map_or(Fold::default(), |part| Fold::resumed(part.proof.fold, part.bytes / BLOCK_BYTES))
    }

    /// The proof by which a later run recognises the counted part. `None` for a file that may change anywhere.
    pub(super) fn proof_of(&self, fold: Fold, line_ends: u64) -> Result<Option<Proof>> {
        (self.growing && self.wants_fingerprint).then(|| self.proof(fold, line_ends)).transpose()
    }

    /// Says that its rows are read next, in order, by so many threads. What is in pieces is read here and there.
    pub(super) fn fetch(&self, readers: usize) {
        if self.header.pieces().is_none() {
            self.bytes.fetch_from(self.header.body_start, readers);
        }
    }

    /// Fills `bytes` from `offset` on. The caller must stay below [`size`](Self::size).
    pub(super) fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        self.bytes.read_exact_at(bytes, offset)
    }

    /// Fills `bytes` with its first bytes from `offset` on, or fewer at their end.
    #[cfg(feature = "spark")]
    pub(super) fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        self.bytes.read_at(bytes, offset)
    }

    /// The size of its content modulo 2^32, if it is text packed by gzip and has one member.
    #[cfg(feature = "spark")]
    pub(super) fn gzip_size(&self) -> Result<Option<u32>> {
        self.bytes.gzip_size()
    }

    /// Whether its bytes can only be read in order, not in chunks.
    pub(super) fn is_stream(&self) -> bool {
        self.bytes.size().is_none()
    }

    /// All its bytes, in order. Up to `ahead` threads may unpack bytes in advance.
    pub(super) fn forward(&self, limits: &Limits, ahead: usize) -> Result<Forward> {
        let expansion = Expansion { ratio: limits.expansion, bytes: limits.unpacked_bytes };
        self.bytes.forward(expansion, ahead)
    }

    /// `error`, or the error that the file changed while it was read, which explains any other.
    pub(super) fn fault(&self, error: Error) -> Error {
        self.bytes.fault(error)
    }

    /// Fails if the file has changed since it was opened. A growing file may have grown.
    pub(super) fn ensure_unchanged(&self) -> Result<()> {
        self.bytes.ensure_unchanged(self.growing)
    }
}

/// Whether an error is about one file only, so that the run can go on with the others.
pub(super) fn is_of_file(error: &Error) -> bool {
    matches!(error.kind(), Kind::Data | Kind::Storage | Kind::Usage)
}
