//! Codecs: the compression and the encoding of a file's bytes.

mod compression;
mod encoding;
mod forward;
mod packed;
mod packer;
mod parallel;
mod parts;
mod pipe;
mod stream;
#[cfg(test)]
mod tests;
mod unpacked;
mod utf16;

pub use compression::Compression;
pub use encoding::Encoding;
pub(crate) use forward::{Expansion, Forward, ROOM_BYTES};
pub use packer::Packer;
pub use pipe::Pipe;
#[cfg(test)]
pub(crate) use tests::pack;
#[cfg(test)]
pub(crate) use unpacked::of_text;
pub(crate) use unpacked::{ReadAt, Unpacked};
