//! The pipe: stdout, whose reader may leave when it has enough. That is no error.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write, stdout};

use windrow::Result;

/// Standard output, and whether its reader has left.
pub(crate) struct Pipe {
    out: BufWriter<Stdout>,
    left: bool,
}

impl Pipe {
    /// Standard output.
    pub(crate) fn stdout() -> Pipe {
        Pipe { out: BufWriter::with_capacity(64 << 10, stdout()), left: false }
    }

    /// What became of writing: a reader that has left has what it wants.
    pub(crate) fn settle(self, written: Result<()>) -> Result<()> {
        if self.left { Ok(()) } else { written }
    }

    fn note<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.left |= matches!(&done, Err(error) if error.kind() == ErrorKind::BrokenPipe);
        done
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.out.write(bytes);
        self.note(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.out.flush();
        self.note(done)
    }
}
