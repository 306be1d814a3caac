//! Storage: what is known of files where they are kept.

mod input;
mod version;

pub(crate) use input::Input;
pub(crate) use version::became_shorter;
pub use version::{FileVersion, Listed, Opened, Stamp};
