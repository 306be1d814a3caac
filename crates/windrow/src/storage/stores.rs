//! Stores: from the address of a bucket to its storage, with the access that the environment gives.

use std::collections::HashMap;
use std::sync::Arc;

use super::{ObjectUrl, Storage};
use crate::error::Result;

/// The stores that a run reads, each opened once.
#[derive(Debug, Default)]
pub(crate) struct Stores(HashMap<String, Arc<dyn Storage>>);

impl Stores {
    /// The store that `url` is in.
    ///
    /// # Errors
    /// Usage: this program has no access to stores, or what the environment says of access cannot be used.
    pub(crate) fn of(&mut self, url: &ObjectUrl) -> Result<Arc<dyn Storage>> {
        let root = url.root();
        if let Some(storage) = self.0.get(&root) {
            return Ok(Arc::clone(storage));
        }
        let storage = open(url, "")?;
        self.0.insert(root, Arc::clone(&storage));
        Ok(storage)
    }

    /// One store, which is `storage`.
    #[cfg(test)]
    pub(crate) fn one(root: &str, storage: Arc<dyn Storage>) -> Self {
        Stores(HashMap::from([(root.to_owned(), storage)]))
    }
}

/// The folder that `url` names, as a storage.
///
/// # Errors
/// As [`Stores::of`].
pub(crate) fn storage_at(url: &ObjectUrl) -> Result<Arc<dyn Storage>> {
    open(url, url.key.trim_end_matches('/'))
}

#[cfg(not(feature = "object-store"))]
fn open(url: &ObjectUrl, _: &str) -> Result<Arc<dyn Storage>> {
    use crate::error::{Code, Error};
    let message = format!("this windrow is built without {}:// addresses", url.scheme.name());
    Err(Error::usage(message)
        .with_code(Code::NotBuilt)
        .help("build it with the feature object-store, or copy the files to this machine"))
}

#[cfg(feature = "object-store")]
fn open(url: &ObjectUrl, folder: &str) -> Result<Arc<dyn Storage>> {
    super::access::open(url, folder)
}
