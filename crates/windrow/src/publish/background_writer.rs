//! Writing behind: what a sink makes is written by a thread of its own, while the sink makes more.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::{Out, failed};
use crate::error::Result;

/// Bytes that are written at once. What is shorter is written without a thread.
const BLOCK_BYTES: usize = 256 << 10;

/// Blocks that may wait to be written.
const BLOCKS_WAITING: usize = 4;

/// Has `make` write, writes that to `out` at the same time, in order, and flushes `out` at the end.
///
/// # Errors
/// What the system says of `out`, rather than what `make` says, which may only follow from it. After an error nothing
/// more is made, and what has been made already need not be written.
pub(super) fn write_behind(out: &mut Out<'_>, make: impl FnOnce(&mut Out<'_>) -> Result<()>) -> Result<()> {
    let out: Shared<'_> = Mutex::new(out as &mut Out<'_>);
    std::thread::scope(|scope| {
        let mut behind = SinkTarget { scope, out: &out, block: Vec::new(), thread: None };
        let made = make(&mut behind);
        behind.finish(made)
    })
}

/// What is written to, by one thread at a time.
type Shared<'o> = Mutex<&'o mut Out<'o>>;

/// Where a sink writes.
struct SinkTarget<'scope, 'env, 'o> {
    scope: &'scope Scope<'scope, 'env>,
    out: &'scope Shared<'o>,
    /// What is gathered for the next block.
    block: Vec<u8>,
    /// The thread that writes, once there is a whole block.
    thread: Option<Thread<'scope>>,
}

struct Thread<'scope> {
    blocks: SyncSender<Vec<u8>>,
    /// Blocks that are written and may be filled again.
    written: Receiver<Vec<u8>>,
    handle: ScopedJoinHandle<'scope, io::Result<()>>,
}

impl<'scope> SinkTarget<'scope, '_, '_> {
    /// Has the gathered block written.
    fn write_block(&mut self) -> io::Result<()> {
        if self.thread.is_none() {
            self.thread = self.start();
        }
        let Some(thread) = &self.thread else {
            lock(self.out).write_all(&self.block)?;
            self.block.clear();
            return Ok(());
        };
        let emptied = thread.written.try_recv().unwrap_or_default();
        let block = std::mem::replace(&mut self.block, emptied);
        thread.blocks.send(block).map_err(|_| io::Error::other("writing has failed"))
    }

    /// Starts the thread; none: the system refuses one.
    fn start(&self) -> Option<Thread<'scope>> {
        let (blocks, to_write) = sync_channel(BLOCKS_WAITING);
        let (emptied, written) = channel();
        let out = self.out;
        let write = move || write_blocks(out, &to_write, &emptied);
        match Builder::new().spawn_scoped(self.scope, write) {
            Ok(handle) => Some(Thread { blocks, written, handle }),
            Err(error) => {
                tracing::warn!("writing without a thread: {error}");
                None
            }
        }
    }

    /// Waits for the thread and writes what is left.
    fn finish(self, made: Result<()>) -> Result<()> {
        if let Some(Thread { blocks, handle, .. }) = self.thread {
            drop(blocks);
            handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map_err(failed)?;
        }
        made?;
        let mut out = lock(self.out);
        out.write_all(&self.block).and_then(|()| out.flush()).map_err(failed)
    }
}

impl Write for SinkTarget<'_, '_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK_BYTES {
            self.write_block()?;
        }
        Ok(bytes.len())
    }

    /// Only the end is flushed.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_blocks(out: &Shared<'_>, to_write: &Receiver<Vec<u8>>, emptied: &Sender<Vec<u8>>) -> io::Result<()> {
    for mut block in to_write {
        lock(out).write_all(&block)?;
        block.clear();
        // A sink that has come to its end fills no more blocks.
        let _ = emptied.send(block);
    }
    Ok(())
}

fn lock<'m, 'o>(out: &'m Shared<'o>) -> MutexGuard<'m, &'o mut Out<'o>> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::error::{Error, Kind};

    /// Takes some bytes at a time, slowly, and fails after so many.
    struct Slow {
        taken: Vec<u8>,
        flushed: usize,
        room: usize,
    }

    impl Slow {
        fn with_room(room: usize) -> Self {
            Slow { taken: Vec::new(), flushed: 0, room }
        }
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            std::thread::sleep(Duration::from_micros(50));
            let most = bytes.len().min(100_000).min(self.room - self.taken.len());
            self.taken.extend_from_slice(&bytes[..most]);
            if most == 0 && !bytes.is_empty() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(most) }
        }

        fn flush(&mut self) -> io::Result<()> {
            self.flushed = self.taken.len();
            Ok(())
        }
    }

    /// Pieces of many sizes, `bytes` in all.
    fn pieces(bytes: usize) -> impl Iterator<Item = Vec<u8>> {
        let mut left = bytes;
        (1..).map_while(move |n: usize| {
            let len = (n * 7919 % 90_000).min(left);
            left -= len;
            (len > 0).then(|| (0..len).map(|at| (at * n / 3) as u8).collect())
        })
    }

    fn write_pieces(bytes: usize, out: &mut Slow) -> (usize, Result<()>) {
        let mut made = 0;
        let written = write_behind(out, |out| {
            pieces(bytes).try_for_each(|piece| {
                made += piece.len();
                out.write_all(&piece).map_err(failed)
            })
        });
        (made, written)
    }

    #[test]
    fn everything_is_written_in_order_and_flushed() {
        for bytes in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 1, 40 * BLOCK_BYTES + 17] {
            let mut out = Slow::with_room(usize::MAX);
            write_pieces(bytes, &mut out).1.unwrap();
            assert!(out.taken == pieces(bytes).collect::<Vec<_>>().concat(), "{bytes} bytes");
            assert_eq!(out.flushed, bytes);
        }
    }

    #[test]
    fn what_the_system_says_comes_back_and_ends_the_making() {
        const ALL: usize = 100 * BLOCK_BYTES;
        for room in [0, BLOCK_BYTES / 2, 5 * BLOCK_BYTES + 3] {
            let mut out = Slow::with_room(room);
            let (made, written) = write_pieces(ALL, &mut out);
            let error = written.unwrap_err();
            assert!(error.kind() == Kind::Limit || error.kind() == Kind::Storage, "{error:?}");
            assert!(!error.to_string().contains("writing has failed"), "{error}");
            assert!(made < room + (BLOCKS_WAITING + 4) * BLOCK_BYTES, "{made} bytes made, room for {room}");
            assert_eq!(out.taken.len(), room);
        }
    }

    #[test]
    fn what_the_sink_says_comes_back() {
        for bytes in [0, 5 * BLOCK_BYTES] {
            let mut out = Slow::with_room(usize::MAX);
            let written = write_behind(&mut out, |out| {
                out.write_all(&vec![b'x'; bytes]).map_err(failed)?;
                Err(Error::limit("a grid"))
            });
            assert_eq!(written.unwrap_err().kind(), Kind::Limit);
            assert_eq!(out.flushed, 0, "it is not flushed as if it were whole");
        }
    }

    /// Tells how much it has taken.
    struct SinkProgress<'t>(&'t AtomicUsize);

    impl Write for SinkProgress<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            std::thread::sleep(Duration::from_millis(2));
            self.0.fetch_add(bytes.len(), Ordering::Relaxed);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_fast_sink_waits_for_a_slow_writer() {
        let taken = AtomicUsize::new(0);
        let (mut made, mut ahead_most) = (0, 0);
        write_behind(&mut SinkProgress(&taken), |out| {
            (0..60).try_for_each(|_| {
                out.write_all(&[b'x'; BLOCK_BYTES]).map_err(failed)?;
                made += BLOCK_BYTES;
                ahead_most = ahead_most.max(made - taken.load(Ordering::Relaxed));
                Ok(())
            })
        })
        .unwrap();
        assert_eq!(taken.load(Ordering::Relaxed), made);
        assert!(ahead_most > BLOCK_BYTES, "more is made while a block is written");
        assert!(ahead_most <= (BLOCKS_WAITING + 2) * BLOCK_BYTES, "{ahead_most} bytes ahead");
    }
}
