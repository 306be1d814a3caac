//! Storage: where files are kept, and what is known of them there.

#[cfg(feature = "object-store")]
mod access;
mod cluster_url;
mod contract;
#[cfg(feature = "object-store")]
mod folder_markers;
mod input;
#[cfg(feature = "object-store")]
mod list_answers;
mod local;
mod memory;
mod object;
mod object_url;
mod pieces;
#[cfg(feature = "object-store")]
mod remote;
#[cfg(feature = "object-store")]
mod said;
mod stores;
mod upload;
mod version;

pub use contract::{ExpectedBytes, Fetched, FolderLevel, Put, Storage, StoredFile, StoredLines, WantedLine};
pub(crate) use input::Input;
pub use local::LocalFolder;
pub use memory::MemoryTable;
pub use object::Object;
#[cfg(feature = "spark")]
pub(crate) use object::ObjectLines;
pub(crate) use object_url::{ObjectUrl, Scheme};
pub use pieces::BytePieces;
#[cfg(feature = "object-store")]
pub use remote::ObjectStorage;
pub use stores::{Cluster, ClusterStores, KindAccess, ProxyAddress, StoreAccess, Stores};
pub(crate) use upload::Upload;
pub use upload::UploadParts;
pub(crate) use version::became_shorter;
pub use version::{FileVersion, Listed, Opened, Stamp};
#[cfg(feature = "spark")]
pub(crate) use version::{changed, vanished};
