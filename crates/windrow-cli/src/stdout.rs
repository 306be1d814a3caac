//! Standard output, whose reader may leave when it has enough. That is not an error.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write, stdout};

use windrow::{Error, Result};

/// Standard output, and whether its reader has left.
///
/// It is written to directly: the standard library would, at the very end, wait for a reader to take what is left in
/// its own buffer, also in a run that was stopped.
pub(crate) struct Stdout {
    out: BufWriter<File>,
    left: bool,
}

impl Stdout {
    /// Standard output.
    ///
    /// # Errors
    /// Storage: it is closed.
    pub(crate) fn open() -> Result<Stdout> {
        let file = own_stdout().map_err(|error| Error::output("cannot write to stdout", &error))?;
        Ok(Stdout { out: BufWriter::with_capacity(64 << 10, file), left: false })
    }

    /// The result of writing: a reader that has left has what it wants. After an error nothing more is written.
    pub(crate) fn finish(self, written: Result<()>) -> Result<()> {
        if written.is_err() {
            let (_, _unwritten) = self.out.into_parts();
        }
        if self.left { Ok(()) } else { written }
    }

    fn note<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.left |= matches!(&done, Err(error) if error.kind() == ErrorKind::BrokenPipe);
        done
    }
}

fn own_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(stdout().as_fd().try_clone_to_owned()?))
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.out.write(bytes);
        self.note(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.out.flush();
        self.note(done)
    }
}
