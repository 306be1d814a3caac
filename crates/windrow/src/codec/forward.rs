//! Forward: the bytes of a stream from first to last, within limits, unpacked ahead if a thread is free.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use super::stream::{StreamOrigin, read_some};
use crate::error::{Code, Error, Result, Setting};
use crate::settings::Stop;
use crate::text::number::grouped;

/// The limits on how far packed bytes may expand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expansion {
    /// The most bytes of content per packed byte, once there are more than [`FREE_BYTES`].
    pub(crate) ratio: u64,
    /// The most bytes of content.
    pub(crate) bytes: u64,
}

impl Expansion {
    /// Without limits, for a file that was read before.
    pub(crate) const ANY: Expansion = Expansion { ratio: u64::MAX, bytes: u64::MAX };

    /// Whether a file of `packed` bytes may have a content of `bytes` bytes.
    #[cfg(feature = "spark")]
    pub(crate) fn allows(self, packed: u64, bytes: u64) -> bool {
        bytes <= self.bytes && bytes <= self.dense(packed)
    }

    /// The most bytes of content that `packed` bytes may have by their ratio.
    fn dense(self, packed: u64) -> u64 {
        packed.saturating_mul(self.ratio).max(FREE_BYTES)
    }
}

/// The size of the content, in bytes, that every file may have, however small it is packed.
const FREE_BYTES: u64 = 1 << 30;

/// Bytes of a piece that is unpacked ahead: many, as each piece wakes a thread.
const PIECE_BYTES: usize = 1 << 20;

/// Bytes of room before a piece, for the rest of the previous one.
pub(crate) const ROOM_BYTES: usize = 64 << 10;

/// The most pieces that may wait: more than a thread uses up while the system runs another one, so that neither the writer
/// of a pipe nor the counting code has to wait for the other.
const PIECES_AHEAD: usize = 12;

/// How often a wait for bytes checks whether the run must stop.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// The bytes of a stream, in order.
pub(crate) struct Forward {
    head: Vec<u8>,
    /// How many bytes of the head were given out.
    given: usize,
    rest: Rest,
    position: u64,
    origin: StreamOrigin,
    expansion: Expansion,
}

enum Rest {
    Here(Box<dyn Read + Send>),
    Ahead {
        pieces: Receiver<io::Result<Vec<u8>>>,
        /// Takes back the buffers of used pieces, to fill them again: fresh memory costs as much as unpacking into it.
        emptied: Sender<Vec<u8>>,
        piece: Vec<u8>,
        /// The end of the part that was given out; the bytes before that are room.
        given: usize,
    },
}

impl Forward {
    /// `head` and then `rest`.
    pub(super) fn new(
        head: Vec<u8>,
        rest: Box<dyn Read + Send>,
        origin: StreamOrigin,
        expansion: Expansion,
        ahead: bool,
    ) -> Result<Self> {
        let rest = if ahead { Rest::ahead(rest)? } else { Rest::Here(rest) };
        Ok(Forward { head, given: 0, rest, position: 0, origin, expansion })
    }

    /// The number of bytes that were given out.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The number of packed bytes that were read.
    pub(crate) fn packed_bytes_read(&self) -> u64 {
        self.origin.bytes_read()
    }

    /// Reads the next bytes into `bytes` and returns how many; 0 only at the end. `bytes` must not be empty.
    ///
    /// # Errors
    /// Data: they are damaged. Limit: they expand too far. Storage: they cannot be read. The run was stopped.
    pub(crate) fn read(&mut self, bytes: &mut [u8], stop: &Stop) -> Result<usize> {
        let head = &self.head[self.given..];
        let read = match head.len().min(bytes.len()) {
            0 => {
                self.head = Vec::new();
                self.given = 0;
                self.rest.read(bytes, stop)?.map_err(|error| self.origin.fault(&error))?
            }
            held => {
                bytes[..held].copy_from_slice(&head[..held]);
                self.given += held;
                held
            }
        };
        self.position += read as u64;
        match read {
            0 => self.end()?,
            _ => self.check_expansion(self.origin.size)?,
        }
        Ok(read)
    }

    /// Replaces `buffer` by the next bytes, which another thread has read, behind the first `held` bytes of `buffer`. Returns where
    /// these begin. Only the held bytes are copied. `None` if that is not possible, or if nothing follows.
    ///
    /// # Errors
    /// As [`Forward::read`].
    pub(crate) fn swap(&mut self, buffer: &mut Vec<u8>, held: usize, stop: &Stop) -> Result<Option<usize>> {
        if self.given < self.head.len() || held > ROOM_BYTES {
            return Ok(None);
        }
        let waited = self.rest.wait(stop)?.map_err(|error| self.origin.fault(&error))?;
        let Rest::Ahead { piece, given, .. } = &mut self.rest else { return Ok(None) };
        if !waited {
            return Ok(None);
        }
        let begin = *given - held;
        piece[begin..*given].copy_from_slice(&buffer[..held]);
        self.position += (piece.len() - *given) as u64;
        std::mem::swap(piece, buffer);
        *given = piece.len();
        self.check_expansion(self.origin.size)?;
        Ok(Some(begin))
    }

    /// Checks at the end that no packed bytes are left. The size of a pipe is known now.
    fn end(&self) -> Result<()> {
        let read = self.origin.bytes_read();
        match self.origin.size.map_or(0, |size| size.saturating_sub(read)) {
            0 => self.check_expansion(Some(read)),
            left => Err(Error::data(format!("{} bytes follow its content", grouped(left)))
                .with_code(Code::DamagedData)
                .with_help("no row of it counts; fetch or write the file again")),
        }
    }

    /// Checks that the content is not larger than `packed` bytes may become. It must not depend on how much was read so far:
    /// another thread reads ahead.
    fn check_expansion(&self, packed: Option<u64>) -> Result<()> {
        let (Some(compression), Expansion { ratio, bytes }) = (self.origin.compression, self.expansion)
        else {
            return Ok(());
        };
        let dense = packed.map_or(u64::MAX, |packed| self.expansion.dense(packed));
        if self.position > bytes {
            return Err(Error::limit(format!(
                "its {compression} data expands past {} bytes",
                grouped(bytes)
            ))
            .with_code(Code::ExpandsTooFar)
            .with_help("if it is meant to be so large, allow it:")
            .set(Setting::UnpackedBytesMax, bytes.saturating_mul(10).to_string()));
        }
        if self.position > dense {
            return Err(Error::limit(format!(
                "its {compression} data expands more than {} times",
                grouped(ratio)
            ))
            .with_code(Code::ExpandsTooFar)
            .with_help("if it is meant to be so dense, allow it:")
            .set(Setting::ExpansionMax, ratio.saturating_mul(10).to_string()));
        }
        Ok(())
    }
}

impl Rest {
    /// Reads `reader` in a thread of its own, until it ends or no more is taken.
    fn ahead(mut reader: Box<dyn Read + Send>) -> Result<Self> {
        let (sender, pieces) = sync_channel(PIECES_AHEAD);
        let (emptied, buffers) = channel::<Vec<u8>>();
        let work = move || {
            while send_piece(&mut *reader, buffers.try_recv().unwrap_or_default(), &sender) {}
        };
        std::thread::Builder::new()
            .name("unpack".to_owned())
            .spawn(work)
            .map_err(|error| Error::io("cannot unpack", &error))?;
        Ok(Rest::Ahead { pieces, emptied, piece: Vec::new(), given: 0 })
    }

    fn read(&mut self, bytes: &mut [u8], stop: &Stop) -> Result<io::Result<usize>> {
        if let Rest::Here(reader) = self {
            return Ok(read_some(reader, bytes));
        }
        match self.wait(stop)? {
            Ok(true) => {}
            ended => return Ok(ended.map(|_| 0)),
        }
        let Rest::Ahead { piece, given, .. } = self else { return Ok(Ok(0)) };
        let len = bytes.len().min(piece.len() - *given);
        bytes[..len].copy_from_slice(&piece[*given..*given + len]);
        *given += len;
        Ok(Ok(len))
    }
}

impl Rest {
    /// Waits for bytes that another thread has read; false at the end of the bytes, or if no other thread reads.
    fn wait(&mut self, stop: &Stop) -> Result<io::Result<bool>> {
        let Rest::Ahead { pieces, emptied, piece, given } = self else { return Ok(Ok(false)) };
        while *given == piece.len() {
            match pieces.recv_timeout(STOP_CHECK) {
                Ok(Ok(next)) => {
                    *given = ROOM_BYTES;
                    // The thread that fills them may have ended.
                    let _ = emptied.send(std::mem::replace(piece, next));
                }
                Ok(Err(error)) => return Ok(Err(error)),
                Err(RecvTimeoutError::Timeout) => stop.check()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(Ok(false)),
            }
        }
        Ok(Ok(true))
    }
}

/// Sends the next piece; false: it was the last one, or is not wanted.
fn send_piece(reader: &mut dyn Read, mut piece: Vec<u8>, sender: &SyncSender<io::Result<Vec<u8>>>) -> bool {
    piece.resize(ROOM_BYTES + PIECE_BYTES, 0);
    let mut have = ROOM_BYTES;
    let failed = loop {
        match read_some(reader, &mut piece[have..]) {
            Ok(0) => break None,
            Ok(read) => have += read,
            Err(error) => break Some(error),
        }
        if have == piece.len() {
            return sender.send(Ok(piece)).is_ok();
        }
    };
    piece.truncate(have);
    // It may not be wanted any more.
    let _ = if have > ROOM_BYTES { sender.send(Ok(piece)) } else { Ok(()) };
    if let Some(error) = failed {
        let _ = sender.send(Err(error));
    }
    false
}
