//! Storage: where files are kept, and what is known of them there.

mod contract;
mod input;
mod local;
mod memory;
#[cfg(feature = "object-store")]
mod remote;
mod version;

pub use contract::{Entry, Put, Storage};
pub(crate) use input::Input;
pub use local::LocalFolder;
pub use memory::MemoryTable;
#[cfg(feature = "object-store")]
pub use remote::ObjectStorage;
pub(crate) use version::became_shorter;
pub use version::{FileVersion, Listed, Opened, Stamp};
