//! Codecs: how the bytes of a file are packed.

mod encoding;

pub use encoding::Encoding;
