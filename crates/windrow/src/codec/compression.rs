//! Compression: how the bytes of a file are packed, recognised by its first bytes, and how to unpack them.

use std::fmt;
use std::io::{self, BufRead, Read};

use crate::error::{Code, Error};

/// How the bytes of a file are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip, of any number of members (RFC 1952).
    Gzip,
    /// Zstandard, of any number of frames (RFC 8878).
    Zstd,
    /// bzip2, of any number of streams.
    Bzip2,
    /// xz, of any number of streams.
    Xz,
}

/// Bytes of a file's start that [`Compression::of`] looks at.
pub(crate) const MAGIC_BYTES: usize = 10;

/// The most memory for the window of a stream, as in the `zstd` program; a decompression bomb may ask for more.
const WINDOW_BYTES_MAX: u64 = 128 << 20;

/// The number of libzstd's error for a larger window (`ZSTD_error_frameParameter_windowTooLarge`).
const ZSTD_WINDOW_TOO_LARGE: usize = 16;

/// Memory that an xz stream needs beside its window.
const XZ_OVERHEAD_BYTES: u64 = 1 << 20;

impl Compression {
    /// All kinds, each with the ending of its files.
    pub const ALL: [(Compression, &'static str); 4] = [
        (Compression::Gzip, ".gz"),
        (Compression::Zstd, ".zst"),
        (Compression::Bzip2, ".bz2"),
        (Compression::Xz, ".xz"),
    ];

    /// How a file that begins with `head` is packed; `None`: it is not packed.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstd),
            // A skippable frame, which some programs write before the first one.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            // A column may be called BZh; so also look for pi, with which a block begins, or its root, with which an empty file ends.
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
                if rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17\x72\x45\x38\x50\x90") =>
            {
                Some(Compression::Bzip2)
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            _ => None,
        }
    }

    /// The name `name` without the ending of a packed file, if it has one.
    pub fn without_ending(name: &str) -> &str {
        let cut = Compression::ALL.iter().find_map(|(_, ending)| {
            let cut = name.len().checked_sub(ending.len())?;
            name.is_char_boundary(cut)
                .then(|| name.split_at(cut))
                .filter(|(_, end)| end.eq_ignore_ascii_case(ending))
        });
        cut.map_or(name, |(name, _)| name)
    }

    /// A reader that unpacks all of `packed`: nothing may follow after the last member, frame or stream.
    ///
    /// # Errors
    /// The decoder cannot be made.
    pub(crate) fn unpack(self, packed: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
            Compression::Xz => {
                let memory = WINDOW_BYTES_MAX + XZ_OVERHEAD_BYTES;
                let stream =
                    liblzma::stream::Stream::new_stream_decoder(memory, liblzma::stream::CONCATENATED)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(packed, stream))
            }
        })
    }

    /// Whether `error` says that the window of a stream is larger than the most memory for it.
    pub(super) fn is_too_wide(self, error: &io::Error) -> bool {
        let inner = error.get_ref();
        match self {
            // An error of libzstd is its name; its code is the negative of this number.
            Compression::Zstd => inner.is_some_and(|inner| {
                inner.to_string()
                    == zstd::zstd_safe::get_error_name(0_usize.wrapping_sub(ZSTD_WINDOW_TOO_LARGE))
            }),
            Compression::Xz => inner
                .and_then(|inner| inner.downcast_ref::<liblzma::stream::Error>())
                .is_some_and(|error| *error == liblzma::stream::Error::MemLimit),
            Compression::Gzip | Compression::Bzip2 => false,
        }
    }

    /// The error for a stream whose window is too large.
    pub(super) fn too_wide(self) -> Error {
        let most = WINDOW_BYTES_MAX >> 20;
        let unpack = if self == Compression::Zstd { "zstd -dc -M2GiB" } else { "xz -dc" };
        Error::data(format!("its {self} data has a window of more than {most} MiB, which is the limit"))
            .with_code(Code::UnreadableFormat)
            .with_help(format!("compress it again with a smaller window: {unpack} FILE | zstd > events.zst"))
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        Compression::ALL.iter().find(|(other, _)| *other == self).map_or("", |(_, ending)| ending)
    }

    /// The command that unpacks a file of this kind and keeps it.
    pub fn command(self) -> &'static str {
        match self {
            Compression::Gzip => "gunzip -k",
            Compression::Zstd => "zstd -d",
            Compression::Bzip2 => "bunzip2 -k",
            Compression::Xz => "unxz -k",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "Zstandard",
            Compression::Bzip2 => "bzip2",
            Compression::Xz => "xz",
        })
    }
}
