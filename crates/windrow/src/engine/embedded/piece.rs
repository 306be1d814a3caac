//! Pieces: the parts into which a format divides a file, such as the row groups of Parquet.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::chunk::{CountedChunk, Worker};
use super::join::WholeFile;
use crate::counts::Partial;
use crate::engine::file::{OpenFile, is_of_file};
use crate::error::Result;
use crate::format::Decoder;

impl Worker<'_> {
    /// Counts the rows of piece number `piece`, which stands for the bytes in `range`. All of these count as read, as the format
    /// decides which of them it needs. They are all read if their hash is wanted.
    pub(super) fn count_piece(
        &mut self,
        file: &OpenFile,
        piece: u64,
        range: Range<u64>,
        decoder: &mut Decoder<'_>,
    ) -> Result<CountedChunk> {
        let mut read = range.start;
        while self.blocks.is_some() && read < range.end {
            self.settings.stop.check()?;
            read += self.fill(file, read, 0, range.end)? as u64;
        }
        decoder.events().rejects_wanted = self.queue.rejects_wanted();
        let (stop, progress) = (&self.settings.stop, &self.settings.progress);
        let of_file = |error| file.fault(error).within(&self.queue.inputs()[file.at].name);
        let mut halt = None;
        let counted = decoder.count_piece(piece, &mut |events, rows| {
            progress.rows_done.fetch_add(rows, Ordering::Relaxed);
            let checked = stop.check().and_then(|()| events.counter.check_limit());
            checked.inspect_err(|error| halt = Some(error.clone()))
        });
        match halt {
            Some(error) => return Err(error),
            None => counted.map_err(of_file)?,
        }
        decoder.events().tally.bytes_read += range.end - range.start;
        progress.bytes_done.fetch_add(range.end - range.start, Ordering::Relaxed);
        let rejects = decoder.take_rejects(0, &[]);
        Ok(CountedChunk { start: Some(range.start), end: range.end, rejects, ..CountedChunk::default() })
    }

    /// Counts all pieces of a file in order. The inner error says why the file cannot be read to its end.
    pub(super) fn count_pieces(
        &mut self,
        file: &OpenFile,
        pieces: u64,
        decoder: &mut Decoder<'_>,
    ) -> Result<Result<()>> {
        for piece in 0..pieces {
            let range = self.queue.range(file, piece);
            match self.count_piece(file, piece, range, decoder) {
                Err(error) if is_of_file(&error) => return Ok(Err(error)),
                counted => self.queue.deliver_rejects(file.at, 0, counted?.rejects)?,
            }
        }
        Ok(Ok(()))
    }

    /// Counts a whole file of pieces in order. The inner error says why the file cannot be read to its end.
    pub(super) fn count_pieces_again(
        &mut self,
        file: &OpenFile,
        pieces: u64,
    ) -> Result<Result<(Partial, WholeFile)>> {
        let mut decoder = self.decoder(file);
        match self.hash(file, 0..file.size) {
            Err(error) if is_of_file(&error) => return Ok(Err(error)),
            hashing => hashing?,
        }
        if let Err(error) = self.count_pieces(file, pieces, &mut decoder)? {
            return Ok(Err(error));
        }
        let mut fold = file.fold();
        self.hashes().into_iter().for_each(|hash| fold.add(hash));
        Ok(Ok((decoder.finish(), WholeFile { fold, line_ends: 0, size: file.size })))
    }
}
