//! CSV bytes to records.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod dialect;
mod fault;
pub mod record;

pub use dialect::Dialect;
pub use fault::Fault;

/// Longest record, in bytes, without its line end.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
