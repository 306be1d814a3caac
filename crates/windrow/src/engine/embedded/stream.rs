//! Streams: bytes that come in order, counted by one thread.

use super::chunk::{CountedChunk, Filled, Worker};
use super::join::WholeFile;
use crate::codec::{Forward, ROOM_BYTES};
use crate::counts::Partial;
use crate::engine::file::OpenFile;
use crate::error::{Error, Kind, Result};
use crate::fingerprint::{BlockHasher, Fold};

impl Worker<'_> {
    /// Counts the stream `file`, and delivers what it comes to.
    pub(super) fn count_stream(&mut self, file: &OpenFile) -> Result<()> {
        let threads = self.settings.threads.get();
        let ahead = if threads > 1 && self.queue.is_a_thread_free() { threads } else { 0 };
        let forward = match file.forward(&self.job.limits, ahead) {
            Ok(forward) => forward,
            Err(error) => return self.queue.refuse(file, error),
        };
        let name = &self.queue.inputs()[file.at].name;
        match self.count_forward(file, forward)? {
            Ok((part, whole)) => self.queue.finish(self.job, file, vec![part], whole),
            Err(error) => self.queue.refuse(file, file.fault(error).within(name)),
        }
    }

    /// Counts all rows of a stream; the inner error is why it cannot be read to its end.
    fn count_forward(
        &mut self,
        file: &OpenFile,
        mut forward: Forward,
    ) -> Result<Result<(Partial, WholeFile)>> {
        let mut decoder = self.decoder(file);
        self.blocks = file.wants_fingerprint.then(|| BlockHasher::new(0..u64::MAX));
        while forward.position() < file.header.body_start {
            let left = file.header.body_start - forward.position();
            match self.fill_forward(&mut forward, 0, left) {
                Ok(filled) if filled.at_eof => return Err(Error::bug("a stream ended within its header")),
                Ok(_) => {}
                Err(error) => return of_file(error),
            }
        }
        let start = file.header.body_start;
        let mut counted = CountedChunk { end: start, ..CountedChunk::default() };
        let (mut held, mut lines_before, mut ended) = (0, file.header.line_ends, false);
        while !ended {
            let from = counted.end;
            let mut fault = None;
            let mut fill = |worker: &mut Self, _, held| {
                let filled = worker.fill_or_swap(&mut forward, held);
                filled
                    .inspect(|filled| ended |= filled.at_eof)
                    .inspect_err(|error| fault = Some(error.clone()))
            };
            let end = from + self.settings.chunk_size_bytes;
            let rows = self.count_rows(&mut decoder, &mut counted, &mut held, end, &mut fill);
            if let Some(fault) = fault {
                return of_file(fault);
            }
            match rows {
                Err(error) if error.kind() == Kind::Data => return of_file(error),
                rows => rows?,
            }
            // A line that is given up may have taken all that was left.
            ended &= held == 0 || counted.end == from;
            self.queue.deliver_rejects(file.at, lines_before, std::mem::take(&mut counted.rejects))?;
            lines_before += std::mem::take(&mut counted.line_ends);
        }
        let mut fold = Fold::default();
        self.hashes().into_iter().for_each(|hash| fold.add(hash));
        let mut part = decoder.finish();
        part.tally.bytes_total += forward.position() - start;
        Ok(Ok((part, WholeFile { fold, line_ends: lines_before, size: forward.position() })))
    }

    /// As [`fill_forward`](Self::fill_forward), without copying where that is possible.
    fn fill_or_swap(&mut self, forward: &mut Forward, held: usize) -> Result<Filled> {
        let (at, packed) = (forward.position(), forward.packed_bytes_read());
        // Small reads are small.
        let swapped = match self.read_size() >= ROOM_BYTES {
            true => forward.swap(&mut self.buffer, held, &self.settings.stop)?,
            false => None,
        };
        let Some(begin) = swapped else { return self.fill_forward(forward, held, u64::MAX) };
        if let Some(blocks) = &mut self.blocks {
            blocks.read(at, &self.buffer[begin + held..]);
        }
        let progress = Some(forward.packed_bytes_read() - packed);
        Ok(Filled { begin, held: self.buffer.len() - begin, wanted: usize::MAX, at_eof: false, progress })
    }

    /// Puts at most `wanted` of the next bytes of `forward` behind the `held` ones at the start of the buffer.
    fn fill_forward(&mut self, forward: &mut Forward, held: usize, wanted: u64) -> Result<Filled> {
        let more = (self.read_size() as u64).min(wanted) as usize;
        if self.buffer.len() < held + more {
            self.buffer.resize(held + more, 0);
        }
        let (at, packed) = (forward.position(), forward.packed_bytes_read());
        let bytes = &mut self.buffer[held..held + more];
        let read = forward.read(bytes, &self.settings.stop)?;
        if let Some(blocks) = &mut self.blocks {
            blocks.read(at, &bytes[..read]);
        }
        let progress = Some(forward.packed_bytes_read() - packed);
        Ok(Filled { begin: 0, held: held + read, wanted: usize::MAX, at_eof: read == 0, progress })
    }
}

/// An error of one file, so that the others go on; a stop ends them all.
fn of_file<T>(error: Error) -> Result<Result<T>> {
    match error.kind() {
        Kind::Interrupted | Kind::Terminated | Kind::Bug => Err(error),
        _ => Ok(Err(error)),
    }
}
