//! Packing: a writer that compresses.

use std::io::{self, Write};

use super::compression::Compression;

/// Packs the bytes that are written to it. It writes the last of them when it is finished.
pub enum Packer<W: Write> {
    /// Not packed.
    Plain(W),
    /// One gzip member, without a time or a name, so that the same content gives the same bytes.
    Gzip(flate2::write::GzEncoder<W>),
    /// One Zstandard frame with a checksum.
    Zstd(zstd::stream::write::Encoder<'static, W>),
    /// One bzip2 stream.
    Bzip2(bzip2::write::BzEncoder<W>),
    /// One xz stream with a checksum.
    Xz(liblzma::write::XzEncoder<W>),
}

/// The default level of the `xz` program.
const XZ_LEVEL: u32 = 6;

impl<W: Write> Packer<W> {
    /// Writes to `out`, packed at the default level of each program.
    ///
    /// # Errors
    /// The encoder cannot be made.
    pub fn new(compression: Option<Compression>, out: W) -> io::Result<Self> {
        Ok(match compression {
            None => Packer::Plain(out),
            Some(Compression::Gzip) => {
                Packer::Gzip(flate2::write::GzEncoder::new(out, flate2::Compression::default()))
            }
            Some(Compression::Zstd) => {
                let mut encoder = zstd::stream::write::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Packer::Zstd(encoder)
            }
            Some(Compression::Bzip2) => {
                Packer::Bzip2(bzip2::write::BzEncoder::new(out, bzip2::Compression::best()))
            }
            Some(Compression::Xz) => Packer::Xz(liblzma::write::XzEncoder::new(out, XZ_LEVEL)),
        })
    }

    /// Writes the bytes that it still holds, and returns the inner writer.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Packer::Plain(out) => Ok(out),
            Packer::Gzip(encoder) => encoder.finish(),
            Packer::Zstd(encoder) => encoder.finish(),
            Packer::Bzip2(encoder) => encoder.finish(),
            Packer::Xz(encoder) => encoder.finish(),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Packer::Plain(out) => out,
            Packer::Gzip(encoder) => encoder,
            Packer::Zstd(encoder) => encoder,
            Packer::Bzip2(encoder) => encoder,
            Packer::Xz(encoder) => encoder,
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}
