//! Storage: what is known of files where they are kept.

mod version;

pub(crate) use version::became_shorter;
pub use version::{FileVersion, Listed, Opened, Stamp};
